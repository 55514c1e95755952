"""Following for ever: round after round as news come, reconciled once a day, tried again where the platform is away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from .doors import READ
from .errors import MirrorError
from .follower import Follower, News
from .progress import MirrorAlarm
from .reconcile import Reconciled, Reconciler
from .store import State
from .stream import Bell

#: The time between two reconciliations of a mirror that follows.
RECONCILE_EVERY: Final = timedelta(days=1)
#: What holds a reconciliation up and not the feed.
UNRECONCILED: Final = frozenset({"platform.refused", "platform.scope", "key.unregistered", "store.busy"})


class Steady(Follower):
    """A follower that goes on by itself."""

    _reconciled_at: datetime | None = None

    def follow(
        self,
        stop: threading.Event,
        interval: float = 1.0,
        *,
        wait: float = 20.0,
        told: Callable[[News], None] | None = None,
    ) -> None:
        """Follow until told to stop, reconciling at the start and once a day.

        News come by the platform's stream where it has one; else the platform holds the requests until there are
        some. When it cannot be reached, try again at growing intervals; soon after a round that got on.

        Args:
            stop: set it to end after the present round.
            interval: seconds between rounds without a stream.
            wait: seconds that the platform may hold a request until there is news.
            told: called with what a new store was loaded with; after each round with what it did, with what
                reconciling found, if anything, with the error that it will try again after, and, once for each, with
                an alarm.

        Raises:
            MirrorError: what is not proved; nothing of the page was applied. Or log.contradiction.
        """
        failures, alarmed, page = 0, "", None
        with closing(Bell(self._platform)) as bell:
            while not stop.is_set():
                news: list[News] = []
                before = self._position()
                try:
                    news += self._reconcile_if_due()
                    # A snapshot that is still being made is asked for again like a platform that is away.
                    hold = wait if bell.is_missing else 0
                    news.append(self.follow_once(wait=hold, page=page, patience=0, told=told))
                    failures, alarmed = 0, ""
                except MirrorAlarm as alarm:
                    if alarm.code == "log.contradiction":
                        raise
                    news.append(alarm.progress)
                    if str(alarm) != alarmed:
                        news.append(alarm)
                    failures, alarmed = 0, str(alarm)
                except MirrorError as error:
                    if not error.passing:
                        raise
                    # Far behind on a poor line each round breaks off, and gets on: that is no reason to wait.
                    failures = 1 if self._position() > before else failures + 1
                    news.append(error)
                if told:
                    for item in news:
                        told(item)
                page = None
                if failures:
                    stop.wait(min(60.0, max(interval, 0.5) * 2 ** min(failures, 7)))
                elif bell.opened(after=self._position()):
                    page = bell.wait(stop, after=self._position())
                else:
                    stop.wait(interval)

    def reconcile(self) -> Reconciled:
        """Claim what is held, find with the platform what differs, and mend it.

        Raises:
            MirrorError: what is not proved, or the platform cannot be reached.
        """
        reconciler = Reconciler(
            platform=self._platform,
            store=self._store,
            held=self._held,
            private_key=self._private_key,
            clock=self._clock,
            refresh=self._duties.refresh,
            apply=lambda change, state: self._keeper.apply(
                change, state=state, agreements=self._duties.lasting("feed")
            ),
            drop=self._not_on_the_feed,
            lacking=lambda record: self._files.fetch_again(),
            position=self._files.position,
        )
        found = reconciler.run(follow=self._follow_past_alarms, answer=self._answer_anew)
        self._word.reconciled(found)
        return found

    def _not_on_the_feed(self, record: str, state: State) -> int:
        """A record that differs and of which the feed gives nothing: drop it, or read it anew where it was read."""
        doors = [door for door, _ in self._keeper.doors.of(record)]
        if READ in doors:
            self._reads.stale.add(record)
            return 0
        if doors:
            self._files.fetch_again()
        return self._keeper.drop(record, state=state)

    def _answer_anew(self) -> None:
        """Read anew what was found older than it stands, and send the receipts that are owed."""
        if (state := self._store.state()) is not None:
            self._reads.read_anew(state)
        self._answer()

    def _follow_past_alarms(self) -> None:
        try:
            self.follow_once()
        except MirrorAlarm as alarm:
            if alarm.code == "log.contradiction":
                raise

    def _reconcile_if_due(self) -> list[Reconciled | MirrorError]:
        """Reconcile at the start and once a day. What it came to, where there was anything to find."""
        now, last = self._clock(), self._reconciled_at
        if self._store.state() is None or (last is not None and now - last < RECONCILE_EVERY):
            return []
        try:
            found = self.reconcile()
        except MirrorError as error:
            if error.code not in UNRECONCILED:
                raise
            self._reconciled_at = now
            return [error]
        self._reconciled_at = now
        return [] if found.rounds == 1 else [found]

    def _position(self) -> int:
        state = self._store.state()
        return state.tree.size if state else 0
