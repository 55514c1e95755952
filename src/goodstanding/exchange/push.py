"""Telling subscribers that the feed has advanced: Standard Webhooks, signed, thin, safe to point anywhere.

The body says only up to which position the log is sealed; what happened is read from the feed, so pushes may be lost,
doubled and reordered without harm. Nothing is stored per delivery: a subscriber's row knows the size last announced
and when to try again.

Pushed to is who gave an address and has an agreement that names ``push``.

Who does not answer is tried again by the table of Standard Webhooks. After five failures in a row its circuit is open:
it is shown as paused, and each pause ends with one probe. It is never given up: it is told only where the log is.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from goodstanding.registry import seal, webhooks
from goodstanding.registry.models import Event

from .locks import lock_subscribers
from .models import Agreement, AgreementTerm, Subscriber

#: How long to wait after the first, second, third ... failure in a row (Standard Webhooks 1.0.0).
DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: Failures in a row after which a subscriber is paused.
PAUSED_AFTER: Final = 5
#: A push that is on its way is nobody else's for so long; if its sender dies, another takes it up after that.
CLAIM: Final = timedelta(seconds=15)
#: Subscribers taken up in one round.
ROUND: Final = 1_000
_STEADY, _PROBES = 24, 8
#: What is news to a subscriber. Receipts, seals of the map and the like are events too; were they pushed, each removal
#: would call everyone once more for every receipt that comes of it.
NEWS: Final = Q(kind__startswith="record.") | Q(kind__startswith="entity.") | Q(kind__startswith="agreement.")
#: Seconds that `dispatch` waits for its pushes.
PATIENCE: Final = 10.0

State = Literal["none", "on", "failing", "paused"]


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What pushes came to: how many subscribers were told, and how many could not be."""

    sent: int
    failed: int

    def __add__(self, other: Dispatched) -> Dispatched:
        return Dispatched(self.sent + other.sent, self.failed + other.failed)


def state_of(subscriber: Subscriber) -> State:
    """How pushes to a subscriber go: it gave no address, they arrive, fail and are tried again, are paused. Whether its
    agreements name them is another question, see ``told``.
    """
    if not subscriber.push_url:
        return "none"
    if subscriber.push_failures >= PAUSED_AFTER:
        return "paused"
    return "failing" if subscriber.push_failures else "on"


def push(subscriber: Subscriber, *, position: int, at: datetime) -> None:
    """Send one push.

    Raises:
        webhooks.NotDelivered: the address may not be used, cannot be reached, or did not answer with a 2xx status.
    """
    said = {"type": "feed.advanced", "timestamp": at.isoformat(), "data": {"position": position}}
    webhooks.send(subscriber.push_url, said, identifier=f"{subscriber.public_id}.{position}", at=at)


@dataclass(frozen=True, slots=True)
class _Sent:
    subscriber: Subscriber
    size: int
    at: datetime


class Pusher:
    """Pushes what is due, each subscriber for itself: one that is slow holds up nobody, nor does one that fails.

    Several may run, also in several processes: a push is claimed in the database before it is sent.
    """

    def __init__(self) -> None:
        self._steady = ThreadPoolExecutor(_STEADY, "push")
        self._probes = ThreadPoolExecutor(_PROBES, "push-probe")
        self._under_way: dict[Future[None], _Sent] = {}
        #: The sealed size at the last look, and the newest position up to it that is news.
        self._seen: int | None = None
        self._news = 0

    @property
    def busy(self) -> bool:
        """Whether pushes are on their way or their outcome is not written down yet."""
        return bool(self._under_way)

    def round(self, *, at: datetime, limit: int = ROUND) -> Dispatched:
        """Write down what has come of the pushes on their way, and send those that are due.

        Args:
            at: the instant; it decides who is due and is the pushes' time.
            limit: the most subscribers on their way at the same time.

        Returns:
            What has come of the earlier ones.
        """
        webhooks.connections().cut_off()
        done = self._note()
        size = seal.sealed_size()
        self._look(size)
        for subscriber in _claim(news=self._news, at=at, limit=limit - len(self._under_way)):
            pool = self._probes if subscriber.push_failures else self._steady
            sent = pool.submit(push, subscriber, position=size, at=at)
            self._under_way[sent] = _Sent(subscriber, size, at)
        return done

    def _look(self, size: int) -> None:
        if self._seen is None:
            self._news = size  # what came before is not known, so everyone who is behind is told once
        elif size > self._seen:
            fresh = Event.objects.filter(NEWS, position__gt=self._seen, position__lte=size)
            self._news = fresh.aggregate(last=Max("position"))["last"] or self._news
        self._seen = size

    def wait(self, seconds: float) -> None:
        """Wait until a push has come to something, up to so many seconds."""
        if self._under_way:
            wait(self._under_way, timeout=seconds, return_when="FIRST_COMPLETED")

    def settle(self) -> Dispatched:
        """Wait for all pushes on their way, up to ten seconds, and write down what came of them."""
        wait(self._under_way, timeout=PATIENCE)
        return self._note(late=True)

    def close(self) -> None:
        """Send no more. What is on its way comes to its end; what waits is taken up again when its claim is over."""
        self._steady.shutdown(wait=False, cancel_futures=True)
        self._probes.shutdown(wait=False, cancel_futures=True)

    def _note(self, *, late: bool = False) -> Dispatched:
        told: dict[int, list[int]] = {}
        failed: list[tuple[_Sent, str]] = []
        for sent in [each for each in self._under_way if late or each.done()]:
            what = self._under_way.pop(sent)
            failure = f"no answer within {PATIENCE:g} seconds" if not sent.done() else _failure(sent)
            if failure is None:
                told.setdefault(what.size, []).append(what.subscriber.pk)
            else:
                failed.append((what, failure))
        for size, keys in told.items():
            with transaction.atomic():
                lock_subscribers(keys)
                Subscriber.objects.filter(pk__in=keys).update(
                    pushed_position=Greatest(F("pushed_position"), size),
                    push_failures=0,
                    push_after=None,
                    push_error="",
                )
        _note_failures(failed)
        return Dispatched(sum(map(len, told.values())), len(failed))


def dispatch(*, at: datetime, limit: int = ROUND) -> Dispatched:
    """Tell the subscribers that want to be told and are behind, all at once, within ten seconds.

    Args:
        at: the instant; it decides who is due and is the pushes' time.
        limit: the most subscribers to tell.
    """
    pusher = Pusher()
    try:
        pusher.round(at=at, limit=limit)
        return pusher.settle()
    finally:
        pusher.close()


@transaction.atomic
def _claim(*, news: int, at: datetime, limit: int) -> list[Subscriber]:
    """Take up who is due, so that nobody else pushes to them meanwhile; who must be waited for is left for later."""
    if limit <= 0:
        return []
    due = told(on=timezone.localdate(at)).filter(
        Q(push_after__isnull=True) | Q(push_after__lte=at), position__lt=news, pushed_position__lt=news
    )
    chosen = list(
        due.select_for_update(skip_locked=True, no_key=True).order_by(
            F("push_after").asc(nulls_first=True), "pk"
        )[:limit]
    )
    Subscriber.objects.filter(pk__in=[each.pk for each in chosen]).update(push_after=at + CLAIM)
    return chosen


def told(*, on: date) -> QuerySet[Subscriber]:
    """Who is told by push on a day: whoever gave an address and has an agreement whose last version names the method.

    An agreement that is suspended or has ended counts until the deletion is shown: of removals it is told all the same.
    """
    last = AgreementTerm.objects.filter(agreement=OuterRef("pk"), first__lte=on).order_by("-pk")
    method = last.values("version__document__customProperties__0__value__method")[:1]
    named = Agreement.objects.annotate(method=Subquery(method)).filter(
        subscriber=OuterRef("pk"), deletion="", method__contains="push"
    )
    return Subscriber.objects.filter(Exists(named)).exclude(push_url="")


def _failure(sent: Future[None]) -> str | None:
    error = sent.exception()
    if error is None:
        return None
    if not isinstance(error, webhooks.NotDelivered):
        raise error
    return str(error)


def _note_failures(failed: Iterable[tuple[_Sent, str]]) -> None:
    for what, failure in failed:
        delay = DELAYS[min(what.subscriber.push_failures, len(DELAYS) - 1)]
        # One whose address was given anew meanwhile starts afresh.
        Subscriber.objects.filter(pk=what.subscriber.pk, push_url=what.subscriber.push_url).update(
            push_failures=F("push_failures") + 1, push_after=what.at + delay, push_error=failure[:500]
        )
