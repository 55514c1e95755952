"""Connections that are kept for the next request to the same place: a thousand webhooks cost a thousand requests, not
a thousand handshakes.

Certificates are always checked. A connection goes to an address that was checked when it was opened, so it cannot lead
elsewhere; after a minute it is closed and the name is looked up anew.
"""

from __future__ import annotations

import contextlib
import http.client
import resource
import socket
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpx

from .outbound import OutboundError, pinned

#: Seconds for each step of a request: to connect, to shake hands, to answer.
STEP = 5.0
#: Seconds after which a connection is no longer used, and after which a request is cut off, however it drips.
LIFE = 60.0
LONGEST = 10.0
#: The most of an answer that is read to keep its connection; what is longer is not worth it.
_WORTH_READING = 65_536
_TOO_LONG = f"no whole answer within {LONGEST:g} seconds"

_Place = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with: its status, its content type, and what was read of its body.

    ``whole``: whether that is all of it, in no encoding but its own.
    """

    status: int
    content_type: str
    body: bytes
    whole: bool


class _Pinned(http.client.HTTPConnection):
    """A connection to a checked address, under the host's own name."""

    def __init__(self, host: str, port: int, *, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=STEP)
        self._address, self._context = address, context
        self.opened = time.monotonic()
        #: Whether its request lasted too long and was ended from here.
        self.cut_off = False

    def connect(self) -> None:
        """Connect to the address, and shake hands under the name."""
        self.sock = socket.create_connection((self._address, self.port), STEP)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            # Shaken by hand, so that the socket can be cut off meanwhile.
            self.sock = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()


class Connections:
    """Connections by place, each used by one request at a time. Safe between threads."""

    def __init__(self, *, most: int | None = None, authorities: str = "") -> None:
        """
        Args:
            most: how many idle ones are kept; by default half of what the process may open, up to 1,000.
            authorities: file with further certificate authorities (PEM) to trust.
        """
        self._most = most if most is not None else _half_of_the_files()
        self._authorities = authorities
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._idle: OrderedDict[_Place, list[_Pinned]] = OrderedDict()
        self._count = 0
        self._busy: dict[_Pinned, float] = {}

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str], private: bool) -> int:
        """Send one request. Its answer's status.

        Args:
            url: http or https. private: whether it may lead to loopback and private addresses.

        Raises:
            OutboundError: an address that may not be called or is not known.
            OSError, http.client.HTTPException: no answer; a certificate that is not good is an ``ssl.SSLError``.
        """
        return self._ask("POST", url, body, headers, private=private, most=_WORTH_READING).status

    def get(self, url: str, *, headers: Mapping[str, str], private: bool, most: int) -> Answer:
        """Ask for a page. No redirect is followed.

        Args:
            url: http or https. private: whether it may lead to loopback and private addresses.
            most: bytes that are read of it at the most.

        Raises:
            OutboundError, OSError, http.client.HTTPException: as ``post`` does.
        """
        return self._ask("GET", url, None, headers, private=private, most=most)

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        private: bool,
        most: int,
    ) -> Answer:
        scheme, host, path = _parts(url)
        place = (scheme, host, private)
        kept = self._take(place)
        if kept is not None:
            # What idled may have been closed by the other side meanwhile.
            with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
                return self._send(kept, place, method, path, body, headers, most=most)
        return self._send(self._open(url, private=private), place, method, path, body, headers, most=most)

    def cut_off(self) -> int:
        """End the requests that have lasted too long, however their servers drip. How many."""
        late = time.monotonic() - LONGEST
        with self._lock:
            slow = [each for each, since in self._busy.items() if since < late and each.sock]
        for each in slow:
            each.cut_off = True
            with contextlib.suppress(OSError):
                each.sock.shutdown(socket.SHUT_RDWR)
        return len(slow)

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            kept, self._idle, self._count = self._idle, OrderedDict(), 0
        for connections in kept.values():
            for each in connections:
                each.close()

    def _open(self, url: str, *, private: bool) -> _Pinned:
        target = pinned(url, private=private)
        context = self._trust() if target.url.scheme == "https" else None
        host = target.extensions["sni_hostname"]
        port = target.url.port or (443 if context else 80)
        return _Pinned(host, port, address=target.url.host, context=context)

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            context = httpx.create_ssl_context(trust_env=False)
            if self._authorities:
                context.load_verify_locations(cafile=self._authorities)
            self._context = context
        return self._context

    def _send(
        self,
        connection: _Pinned,
        place: _Place,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        most: int,
    ) -> Answer:
        with self._lock:
            self._busy[connection] = time.monotonic()
        keep = False
        try:
            connection.request(method, path, body=body, headers={"host": place[1], **headers})
            with connection.getresponse() as answer:
                rest = answer.read(most)
                # What is left of a stated length was not sent, or was too much to read.
                whole = len(rest) < most and not answer.length
                keep = not answer.will_close and whole
                plain = answer.headers.get("content-encoding", "identity") == "identity"
                content_type = answer.headers.get("content-type", "")
                found = Answer(answer.status, content_type, rest, whole and plain)
        except (OSError, http.client.HTTPException) as error:
            if connection.cut_off:
                raise TimeoutError(_TOO_LONG) from error
            raise
        else:
            # Half an answer that is cut off reads as a whole one without its end.
            if connection.cut_off:
                raise TimeoutError(_TOO_LONG)
            return found
        finally:
            with self._lock:
                del self._busy[connection]
            if keep and not connection.cut_off:
                self._keep(connection, place)
            else:
                connection.close()

    def _take(self, place: _Place) -> _Pinned | None:
        old = []
        found = None
        with self._lock:
            idle = self._idle.get(place, [])
            while idle and found is None:
                one = idle.pop()
                self._count -= 1
                if time.monotonic() - one.opened < LIFE:
                    found = one
                else:
                    old.append(one)
            if not idle:
                self._idle.pop(place, None)
        for one in old:
            one.close()
        return found

    def _keep(self, connection: _Pinned, place: _Place) -> None:
        dropped = None
        with self._lock:
            self._idle.setdefault(place, []).append(connection)
            self._idle.move_to_end(place)
            self._count += 1
            if self._count > self._most:
                longest, connections = next(iter(self._idle.items()))
                dropped = connections.pop(0)
                self._count -= 1
                if not connections:
                    del self._idle[longest]
        if dropped is not None:
            dropped.close()


@lru_cache(maxsize=4096)  # reading one costs a tenth of a webhook, and each address is asked again and again
def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host with its port, and path of an address."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise OutboundError(f"the address cannot be read: {error}") from error
    return parts.scheme, parts.netloc.decode("ascii"), parts.raw_path.decode("ascii")


def _half_of_the_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1000 if soft == resource.RLIM_INFINITY else min(1000, soft // 2)
