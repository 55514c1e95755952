"""The open streams, and what feeds them. Everything here runs in one event loop; the database is asked in threads."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection

from ..problems import Problem
from . import pages
from .pages import Event, Reader

log = logging.getLogger(__name__)

#: The most streams of one subscriber.
MOST_EACH = 4
#: Entries of all the pages that are made at a time, which bounds the memory that they take.
AT_ONCE = 20_000
#: Seconds between two looks whether readers are still admitted.
LOOK_EVERY = 20.0
#: The longest wait for news of the log, and the wait for a database that is away, in seconds.
PATIENCE = 1.0

_T = TypeVar("_T")


class Stream:
    """One open stream: how far it is, and the event that waits to be sent, never more than one."""

    def __init__(self, reader: Reader, after: int) -> None:
        self.reader, self.position = reader, after
        self.waiting_since = time.monotonic()
        #: It wants an event, whether or not there is news: the first says how far the log is.
        self.wants, self.first = True, True
        self.ended = False
        self._event: Event | None = None
        self._news = asyncio.Event()

    def give(self, event: Event | None) -> None:
        """Hand over the next event; None ends the stream."""
        self.ended = event is None
        if event is not None:
            self._event, self.position, self.first = event, event.position, False
        self._news.set()

    async def next(self) -> Event | None:
        """The next event, as soon as there is one; None once the stream has ended."""
        await self._news.wait()
        self._news.clear()
        event, self._event = self._event, None
        return event


class Hub:
    """Every open stream of this process."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._of: Counter[int] = Counter()
        self._size = 0
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        # One thread makes pages, another lets readers in, so that a long page keeps nobody at the door.
        self._making = ThreadPoolExecutor(1, "stream-pages")
        self._door = ThreadPoolExecutor(1, "stream-door")
        self._tasks = [self._loop.create_task(self._feed()), self._loop.create_task(self._look())]
        threading.Thread(target=self._listen, name="stream-news", daemon=True).start()

    async def admit(self, request: Any) -> tuple[Reader, int]:
        """Let a reader in, see ``pages.admit``."""
        return await self._loop.run_in_executor(self._door, pages.admit, request)

    def open(self, reader: Reader, after: int) -> Stream:
        """Open a stream.

        Raises:
            Problem: feed.streams, this process holds as many as it may; feed.streams_yours, this subscriber does.
        """
        if len(self._streams) >= settings.FEED_STREAMS:
            raise Problem(
                503,
                "feed.streams",
                "As many streams are open as this platform holds. Try later, or read the feed page by page.",
                "平台上打开的数据流已达上限，请稍后再试，或逐页读取数据流。",
                detail=str(settings.FEED_STREAMS),
            )
        if self._of[reader.subscriber_id] >= MOST_EACH:
            raise Problem(
                429,
                "feed.streams_yours",
                "This subscriber has as many streams open as it may. Close one of them.",
                "该接收方打开的数据流已达上限，请先关闭其中一个。",
                detail=str(MOST_EACH),
            )
        stream = Stream(reader, after)
        self._streams.add(stream)
        self._of[reader.subscriber_id] += 1
        self._wake.set()
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream."""
        self._streams.discard(stream)
        self._of[stream.reader.subscriber_id] -= 1

    def more(self, stream: Stream) -> None:
        """A stream's event is sent; it may have the next."""
        stream.wants, stream.waiting_since = True, time.monotonic()
        self._wake.set()

    def _due(self) -> list[Stream]:
        """The streams that get their events next: whoever waits longest, and those at the same position."""
        due = [one for one in self._streams if one.wants and (one.first or one.position < self._size)]
        if not due:
            return []
        after = min(due, key=lambda one: one.waiting_since).position
        many = max(1, AT_ONCE // max(1, min(pages.LIMIT, self._size - after)))
        return list(itertools.islice((one for one in due if one.position == after), many))

    async def _feed(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while due := self._due():
                for one in due:
                    one.wants = False
                readers, after = [one.reader for one in due], due[0].position
                found = await self._ask(
                    self._making, lambda r=readers, a=after: pages.events(r, after=a, limit=pages.LIMIT)
                )
                for one in due:
                    one.give(found.get(one.reader))

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            readers = {one.reader for one in self._streams}
            admitted = await self._ask(self._door, lambda r=readers: pages.still_admitted(r))
            for one in self._streams:
                if one.reader in readers and one.reader not in admitted:
                    one.give(None)

    async def _ask(self, pool: ThreadPoolExecutor, question: Callable[[], _T]) -> _T:
        """Ask the database, and again as long as it is away."""
        while True:
            try:
                return await self._loop.run_in_executor(pool, question)
            except (DatabaseError, psycopg.OperationalError) as error:
                log.warning("the database is away (%s); trying again in a second", type(error).__name__)
                await asyncio.sleep(PATIENCE)

    def _listen(self) -> None:
        """Hear how far the log is sealed, in a thread of its own."""
        while True:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("LISTEN goodstanding_sealed")
                while True:
                    self._loop.call_soon_threadsafe(self._advance, pages.sealed_size())
                    for _ in connection.connection.notifies(timeout=PATIENCE, stop_after=1):
                        pass
            except (DatabaseError, psycopg.OperationalError) as error:
                log.warning("the database is away (%s); trying again in a second", type(error).__name__)
                connection.close()
                time.sleep(PATIENCE)

    def _advance(self, size: int) -> None:
        if size > self._size:
            self._size = size
            self._wake.set()
