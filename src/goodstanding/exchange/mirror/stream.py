"""News by the platform's stream (Server-Sent Events), where it offers one.

The stream only says sooner what the feed would say: its pages are proved like any other, one that does not continue the
store is passed over, and a round by request comes every minute whatever the stream brings. A mirror whose stream is
refused, lost or silent is as right as one without.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import httpx
import orjson

from .errors import MirrorError
from .platform import Platform

#: Seconds after which a stream that was refused or lost is asked for again.
AGAIN: Final = 60.0
#: Seconds after which a round is due though the stream brought nothing.
ROUND_EVERY: Final = 60.0
_LOOK_EVERY: Final = 0.2


class Stream:
    """An open stream. A thread of its own reads it; one page at a time waits to be taken."""

    def __init__(self, answer: httpx.Response) -> None:
        """Begin to read.

        Args:
            answer: the open answer, which is closed at the end.
        """
        self._answer = answer
        self._changed = threading.Condition()
        self._page: dict[str, Any] | None = None
        self._closing = self.is_over = False
        self._thread = threading.Thread(target=self._read, name="mirror-stream", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next page; None where none came in time, or none will come any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._page is not None or self.is_over, seconds)
            page, self._page = self._page, None
            self._changed.notify_all()
        return page

    def close(self) -> None:
        """End it, also while it waits for the platform."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        with contextlib.suppress(OSError):  # raised where it has ended by itself
            self._answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _read(self) -> None:
        try:
            for page in pages(self._answer.iter_bytes()):
                with self._changed:
                    self._changed.wait_for(lambda: self._page is None or self._closing)
                    if self._closing:
                        return
                    self._page = page
                    self._changed.notify_all()
        except (httpx.HTTPError, httpx.StreamError):
            pass  # lost: the next round asks, and the stream is opened anew later
        finally:
            self._answer.close()
            with self._changed:
                self.is_over = True
                self._changed.notify_all()


class Bell:
    """Opens the stream, keeps it, and opens it again after a while where it is refused or lost."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stream: Stream | None = None
        self._again_at = 0.0

    @property
    def is_missing(self) -> bool:
        """Whether a stream was asked for and is not there."""
        return self._stream is None and self._again_at > 0

    def opened(self, *, after: int) -> bool:
        """Whether there is a stream, which is opened after a position where it is time for that."""
        if self._stream is not None and self._stream.is_over:
            self.close()
            self._again_at = time.monotonic() + AGAIN
        if self._stream is None and time.monotonic() >= self._again_at:
            try:
                self._stream = Stream(self._platform.stream(after=after))
            except MirrorError:
                # Whatever keeps the stream away, the next round asks the feed and meets it there, if it is one.
                self._again_at = time.monotonic() + AGAIN
        return self._stream is not None

    def wait(self, stop: threading.Event, *, after: int) -> dict[str, Any] | None:
        """The next page that leads beyond a position; None once a round is due without one."""
        due = time.monotonic() + ROUND_EVERY
        while self._stream is not None and not stop.is_set() and time.monotonic() < due:
            page = self._stream.next(_LOOK_EVERY)
            if page is None and self._stream.is_over:
                break
            position = page and page.get("position")
            if isinstance(position, int) and position > after:
                return page
        return None

    def close(self) -> None:
        """Close the stream."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def pages(chunks: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The pages of a stream, until the platform ends it or something comes that is no page."""
    event, data = b"", list[bytes]()
    for line in _lines(chunks):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if line and name == b"event":
            event = value
        elif line and name == b"data":
            data.append(value)
        elif not line:
            if event == b"end":
                return
            if event == b"page":
                try:
                    page = orjson.loads(b"\n".join(data))
                except orjson.JSONDecodeError:
                    return
                if not isinstance(page, dict):
                    return
                yield page
            event, data = b"", []


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines; only line feeds end one, which text in JSON never has as such."""
    begun = b""
    for chunk in chunks:
        *whole, begun = (begun + chunk).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in whole)
