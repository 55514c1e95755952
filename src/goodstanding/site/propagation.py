"""The worker's watch over removals: whose receipts are awaited, who is reminded, marked, suspended and resumed, and
what recipients still show to the public."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.utils import timezone

from goodstanding.exchange import awaiting, canaries, league, probes
from goodstanding.exchange.probe_places import places
from goodstanding.exchange.staying_behind import escalate
from goodstanding.registry.calendars import known_calendar

log = logging.getLogger(__name__)

#: Seconds between two looks at the days, and between two countings of all of them by the calendar known then.
LOOK_EVERY = 60.0
REDATE_EVERY = 86_400.0
#: Seconds between two looks at the journal.
PATIENCE = 1.0


def follow_removals() -> None:
    """Note whose receipts and corrections are awaited, up to the sealed end of the journal."""
    while awaiting.follow(at=timezone.now(), calendar=known_calendar()):
        pass


def look_at_recipients() -> None:
    """Do what today asks for of recipients that have not answered, and close the weeks of the league table."""
    calendar, today = known_calendar(), timezone.localdate()
    done = escalate(on=today, at=timezone.now(), calendar=calendar, propose_after=settings.SUSPEND_AFTER)
    if done.reminded or done.late:
        log.info("%d unanswered removals reminded of, %d marked as late", done.reminded, done.late)
    if done.corrections_reminded or done.corrections_late:
        log.info(
            "%d corrections that were not taken over reminded of, %d marked as late",
            *(done.corrections_reminded, done.corrections_late),
        )
    if done.proposed or done.suspended or done.resumed:
        log.info(
            "recipients: %d suspensions proposed, %d suspended, %d resumed",
            *(done.proposed, done.suspended, done.resumed),
        )
    if weeks := league.close_weeks(on=today):
        log.info("%d weeks closed for the league table", weeks)


def watch_recipients(url: str, stop: threading.Event) -> None:
    """The worker's loop. It keeps no state."""
    looked, redated = -LOOK_EVERY, -REDATE_EVERY
    while not stop.is_set():
        if time.monotonic() - redated >= REDATE_EVERY:
            awaiting.redate(calendar=known_calendar())
            redated = time.monotonic()
        follow_removals()
        if time.monotonic() - looked >= LOOK_EVERY:
            look_at_recipients()
            looked = time.monotonic()
        stop.wait(PATIENCE)


def look_outside(url: str, stop: threading.Event) -> None:
    """The worker's loop that looks at the public pages of recipients; other people's servers may be slow. No state."""
    while not stop.is_set():
        probes.void_findings(at=timezone.now())
        looked = probes.look(places(), at_clock=timezone.now, stop=stop)
        if shown := sum(each.finding is not None for each in looked):
            log.warning("%d removed records are still shown by their recipients", shown)
        canaries.end_due(on=timezone.localdate(), at=timezone.now())
        stop.wait(LOOK_EVERY)
