"""The worker: what happens without anybody asking, driven by the journal and by the clock.

Some loops, each a thread with its own database connection, so that neither a long file nor a slow server of somebody
else's holds up a seal:

- seal new events as soon as the journal tells of them;
- push to the subscribers that asked for it, each for itself;
- take in received files and what a crash interrupted; each minute, end publications that reached their maximum,
  tell of records that became restorable, link rows that came without a code, bring into the lake what the
  journal tells, seal the verifiable map, and add up what recipients must hold; every few hours, issue the status
  filter; at the start and each day, re-date the open clocks by the notices of working days known now, erase what cases
  hold about what was erased, remind the makers of decisions that used a removed record and, where the setting says
  so, find who is restorable although nobody applied.
- write the notices of what the journal tells, push them to those who asked for it, and mail that there are some.
- make the snapshots that subscribers ask for, where the extra ``columns`` is installed, and remove old ones; make files
  at the frequencies of agreements, and tell who has not fetched them;
- note whose receipts of removals are awaited; each minute remind, mark as late, suspend and resume recipients;
- each minute, look at the public pages of recipients for what was removed from them.
- fetch what the government holds and open cases want from the bodies that hold it.
- follow the feeds of the neighbours in the federation, reconcile with each at the start and once a day, hand up the
  receipts from further down, and hand on what was applied for here and is decided there.
- where there is a policy of witnesses, ask them to cosign the newest checkpoint, and publish it once enough have.
- where there are anchors, give them the published checkpoint, each at its own pace.

It holds no state: kill it at any moment and start it again. Two workers do no harm (locks in the database).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import date, timedelta
from importlib.util import find_spec

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from goodstanding.casework import notice_hooks, own_motion, uses
from goodstanding.casework.clocks import known_calendar
from goodstanding.casework.erasing import erase_evidence_of_erased_records, erase_words_of_erased_records
from goodstanding.casework.escalation import escalate
from goodstanding.casework.fetching import fetch_due
from goodstanding.casework.lapsing import lapse_cases_of_removed_records
from goodstanding.casework.notice_mail import Addresses, deliver
from goodstanding.casework.notices import follow as follow_with_notices
from goodstanding.casework.redating import redate_clocks
from goodstanding.exchange import agreed_files, held_sets, proofs, push, snapshots, status_filter, vmap
from goodstanding.exchange import queries as exchange
from goodstanding.exchange.anchors import rounds
from goodstanding.exchange.federation.recover import recover
from goodstanding.exchange.federation.rounds import follow_due
from goodstanding.exchange.log import witnesses
from goodstanding.intake import commands as intake
from goodstanding.intake import review
from goodstanding.intake.engine import ROWS, engine
from goodstanding.proof import SignerKey
from goodstanding.registry import seal, sweep
from goodstanding.site.forwarding import forward_due
from goodstanding.site.propagation import look_outside, watch_recipients

log = logging.getLogger(__name__)

#: Seconds between two sweeps.
SWEEP_EVERY = 60.0
#: Seconds between two looks at the calendar of working days.
REDATE_EVERY = 86_400.0
#: Seconds between two looks for mails to write or to send, and notices to push.
MAIL_EVERY = 10.0
#: Seconds between two looks at witnesses that hold a later state of the log than its tables.
CONTRADICTED_EVERY = 60.0
#: Seconds between two pushes to one subscriber, while there is always news.
PUSH_EVERY = 0.2
#: The longest wait for news of the journal, and the time between two looks for received files, in seconds.
PATIENCE = 1.0


def log_key() -> SignerKey:
    """The log's signing key, made from this installation's secret."""
    return SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET)


def seal_all() -> int:
    """Seal everything that the journal holds. Returns how many events were sealed."""
    start = sealed = seal.sealed_size()
    key, beside = log_key(), proofs.signers_beside()
    while checkpoint := seal.seal(signer=key, origin=settings.LOG_ORIGIN, at=timezone.now(), beside=beside):
        sealed = checkpoint.size
    return sealed - start


def sweep_today() -> None:
    """End the publications that are due today and tell of the records that became restorable."""
    done = sweep.sweep(on=timezone.localdate(), at_clock=timezone.now)
    if done.ended or done.told:
        overdue = done.found.overdue
        log.info("%d publications ended, %d late; %d records restorable", done.ended, overdue, done.told)


def find_restorable(on: date) -> bool:
    """Open the cases of restoration without applying of a day. Returns whether the day is done."""
    if not settings.OWN_MOTION:
        return True
    found = own_motion.sweep(on=on, at_clock=timezone.now)
    if found.opened:
        log.info("%d of %d records found restorable without applying", found.opened, found.looked_at)
    return found.opened < own_motion.LIMIT


def follow_with_the_lake() -> None:
    """Bring what the journal tells into the lake, where the extra ``bulk`` is installed."""
    if engine() == ROWS:
        return
    from goodstanding.intake.lake_follow import follow  # needs the extra

    while followed := follow():
        log.info("%d positions of the journal followed into the lake", followed)


def seal_map() -> None:
    """Bring the verifiable map up to the journal and append its root."""
    while done := vmap.advance(at=timezone.now()):
        log.info("map sealed up to position %d, %d entries changed", done.until, done.changed)


def follow_held_sets() -> None:
    """Add up what recipients must hold, so that reconciliation has little left to follow."""
    while held_sets.advance() >= held_sets.PORTION:
        pass


def remind_makers() -> None:
    """Remind the makers of decisions that used a removed record, where the setting says so."""
    if settings.USE_REMINDER_DAYS is None:
        return
    after = timedelta(days=settings.USE_REMINDER_DAYS)
    while reminded := uses.remind_makers(after=after, at=timezone.now()):
        log.info("makers reminded of %d decisions that used a removed record", reminded)


def issue_filter() -> None:
    """Issue the status filter where it is time."""
    if issued := status_filter.issue_due(at=timezone.now()):
        log.info("status filter issued as of position %d, %d bytes", issued.size, len(issued.data))


def lapse() -> None:
    """End the applications whose records their sources took back."""
    while ended := lapse_cases_of_removed_records(at=timezone.now(), today=timezone.localdate()):
        log.info("%d applications lapsed because their records were taken back", ended)


def escalate_last_days() -> None:
    """Tell of the open cases whose last day is near or has passed."""
    done = escalate(on=timezone.localdate(), at=timezone.now())
    if done.due or done.late:
        log.info("%d cases near their last day, %d past it: their parties are told", done.due, done.late)


def link_waiting_rows() -> None:
    """Look for the subjects of quarantined rows by name, where the extra ``linkage`` is installed."""
    if settings.LINKING == "off" or find_spec("splink") is None or find_spec("opencc") is None:
        return
    for batch_id in review.unlinked():
        done = review.propose(batch_id, today=timezone.localdate(), at=timezone.now())
        log.info("%d rows linked by name, %d wait for a clerk", done.linked, done.waiting)


def redate() -> None:
    """Re-date the open clocks whose days a notice has changed since they were dated."""
    done = redate_clocks(calendar=known_calendar(), at=timezone.now())
    if done.moved:
        log.info("%d of %d open clocks re-dated by %s", done.moved, done.looked_at, done.calendar_version)


def erase() -> None:
    """Erase the files and the words of cases about records which their sources erased."""
    while erased := erase_evidence_of_erased_records(at=timezone.now()):
        log.info("%d files erased with the records that they were about", erased)
    while erased := erase_words_of_erased_records(at=timezone.now()):
        log.info("the words of %d cases erased with the records that they were about", erased)


def mail_news() -> None:
    """Write and send the mails that say that there is news."""
    site = settings.PORTAL_URL
    addresses = Addresses(
        notices=site + reverse("notices"),
        confirm=lambda token: site + reverse("notices-confirm", args=[token]),
        leave=lambda token: site + reverse("notices-leave", args=[token]),
    )
    done = deliver(at=timezone.now(), addresses=addresses)
    if done.sent or done.failed:
        log.info("%d mails sent, %d to be tried again", done.sent, done.failed)


def push_news() -> None:
    """Push the notices to the systems of those who asked for it."""
    site = settings.PORTAL_URL
    done = notice_hooks.dispatch(
        at=timezone.now(),
        link=lambda notice: site + reverse("api-v1:notice", args=[str(notice.public_id)]),
    )
    if done.sent or done.failed:
        log.info(
            "%d notices pushed, %d addresses failed, %d switched off",
            done.sent,
            done.failed,
            done.switched_off,
        )


def _wait_while_contradicted(stop: threading.Event) -> None:
    """Hold the first seal back while a witness or a follower holds a later state of this log than its tables."""
    while names := (*witnesses.contradicting(at=timezone.now()), *recover(at=timezone.now()).contradicted):
        log.error(
            "nothing is sealed: %s hold a checkpoint of this log that its tables do not lead to",
            ", ".join(names),
        )
        if stop.wait(CONTRADICTED_EVERY):
            return


def _seal(url: str, stop: threading.Event) -> None:
    _wait_while_contradicted(stop)
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN goodstanding_journal")
        while not stop.is_set():
            seal_all()
            for _ in listener.notifies(timeout=PATIENCE, stop_after=1):
                pass


def _push(url: str, stop: threading.Event) -> None:
    pusher = push.Pusher()
    try:
        with psycopg.connect(url, autocommit=True) as listener:
            listener.execute("LISTEN goodstanding_sealed")
            while not stop.is_set():
                done = pusher.round(at=timezone.now())
                if done.failed:
                    log.info("%d subscribers told of news, %d could not be", done.sent, done.failed)
                # What the journal brings meanwhile is told of together.
                stop.wait(PUSH_EVERY)
                if pusher.busy:
                    pusher.wait(PUSH_EVERY)
                    continue
                for _ in listener.notifies(timeout=PATIENCE, stop_after=1):
                    pass
    finally:
        pusher.close()


def _make_snapshots(url: str, stop: threading.Event) -> None:
    last_look = -SWEEP_EVERY
    while not stop.is_set():
        if snapshots.asked_for() or time.monotonic() - last_look >= SWEEP_EVERY:
            snapshots.work(at_clock=timezone.now)
            done = agreed_files.work(at_clock=timezone.now)
            if done.made or done.stale:
                log.info("%d sets of files made, %d recipients have become stale", done.made, done.stale)
            last_look = time.monotonic()
        stop.wait(PATIENCE)


def _take_in_and_sweep(url: str, stop: threading.Event) -> None:
    last_sweep, last_redating = -SWEEP_EVERY, -REDATE_EVERY
    found_on: date | None = None
    while not stop.is_set():
        if time.monotonic() - last_redating >= REDATE_EVERY:
            redate()
            erase()
            remind_makers()
            last_redating = time.monotonic()
        intake.resume_unfinished(today=timezone.localdate(), at_clock=timezone.now)
        if time.monotonic() - last_sweep >= SWEEP_EVERY:
            sweep_today()
            lapse()
            escalate_last_days()
            today = timezone.localdate()
            if found_on != today and find_restorable(today):
                found_on = today
            link_waiting_rows()
            follow_with_the_lake()
            seal_map()
            follow_held_sets()
            issue_filter()
            last_sweep = time.monotonic()
        stop.wait(PATIENCE)


def _tell(url: str, stop: threading.Event) -> None:
    last_mail = -MAIL_EVERY
    while not stop.is_set():
        while follow_with_notices(recipients=exchange.accounts()) and not stop.is_set():
            pass
        if time.monotonic() - last_mail >= MAIL_EVERY:
            mail_news()
            push_news()
            last_mail = time.monotonic()
        stop.wait(PATIENCE)


def _fetch(url: str, stop: threading.Event) -> None:
    while not stop.is_set():
        if not fetch_due(at_clock=timezone.now, limit=5):
            stop.wait(PATIENCE)


def _follow(url: str, stop: threading.Event) -> None:
    started_at = timezone.now()
    while not stop.is_set():
        read = follow_due(at_clock=timezone.now, started_at=started_at)
        if read:
            log.info("%d positions of neighbours followed", read)
        forward_due(at_clock=timezone.now)
        stop.wait(PATIENCE)


def _witness(url: str, stop: threading.Event) -> None:
    told = None
    while not stop.is_set():
        found = witnesses.gather(at=timezone.now())
        if found is not None and not found.published:
            state = (found.cosigned, tuple(found.silent), found.contradicted)
            if state != told:
                level = logging.ERROR if found.contradicted else logging.WARNING
                log.log(
                    level,
                    "checkpoint %d is not published: cosigned by %s; silent: %s; contradicted by: %s",
                    found.size,
                    ", ".join(found.cosigned) or "nobody",
                    ", ".join(f"{name} ({why})" for name, why in found.silent.items()) or "nobody",
                    ", ".join(found.contradicted) or "nobody",
                )
            told = state
        elif found is not None:
            told = None
        stop.wait(PATIENCE)


def _anchor(url: str, stop: threading.Event) -> None:
    anchors = rounds.configured()
    told: dict[str, str] = {}
    while not stop.is_set():
        for done in rounds.anchor_due(anchors, at=timezone.now()):
            said = str(done.error) if done.error else ""
            if said and told.get(done.anchor) != said:
                contradicted = done.error is not None and done.error.code in rounds.CONTRADICTIONS
                level = logging.ERROR if contradicted else logging.WARNING
                log.log(level, "checkpoint %d is not anchored by %s: %s", done.size, done.anchor, said)
            told[done.anchor] = said
        stop.wait(PATIENCE)


def _patiently(loop: Callable[[str, threading.Event], None], url: str, stop: threading.Event) -> None:
    """Run a loop until ``stop``; a lost database is waited for, everything else is an error of ours."""
    while not stop.is_set():
        try:
            loop(url, stop)
        except (DatabaseError, psycopg.OperationalError) as error:
            log.warning("the database is away (%s); trying again in a second", type(error).__name__)
            stop.wait(1.0)
        finally:
            connection.close()


def work(url: str, stop: threading.Event) -> None:
    """Work until ``stop`` is set. An error that is ours stops all loops and is raised."""
    recover(at=timezone.now())  # before anything is appended
    loops = [_seal, _push, _take_in_and_sweep, _tell, _fetch, _follow, watch_recipients, look_outside]
    if find_spec("pyarrow"):
        loops.append(_make_snapshots)
    if settings.WITNESS_POLICY:
        loops.append(_witness)
    if rounds.configured():
        loops.append(_anchor)
    with ThreadPoolExecutor(max_workers=len(loops)) as threads:
        running = [threads.submit(_patiently, loop, url, stop) for loop in loops]
        wait(running, return_when=FIRST_COMPLETED)
        stop.set()
    for finished in running:
        finished.result()
