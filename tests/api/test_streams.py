"""Streams of the feed from the real process: whole pages with their proofs, resumed, bounded, ended when they must."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings

from goodstanding.exchange import agreements, queries
from goodstanding.exchange.mirror.page import prove
from goodstanding.proof import CompactRange
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.models import Account, ApiToken

from ..exchange.stage import (
    SIGNER,
    covered,
    live_record,
    make_subscriber,
    now,
    seal_all,
    serving,
    streaming,
    token_of,
)
from ..registry.factories import make_authority, make_entity

pytestmark = pytest.mark.usefixtures("database")


class Reading:
    """An open stream and its events."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer, self._lines = answer, answer.iter_lines()

    def next(self) -> dict[str, str]:
        """The next event; comments and ``retry`` are passed over."""
        event: dict[str, str] = {}
        for line in self._lines:
            if not line and event.keys() - {"retry"}:
                return event
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value
        raise EOFError

    def page(self) -> dict[str, Any]:
        event = self.next()
        assert event["event"] == "page"
        page: dict[str, Any] = json.loads(event["data"])
        assert event["id"] == str(page["position"])
        return page


@contextlib.contextmanager
def read(url: str, token: str, **more: Any) -> Iterator[Reading]:
    headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
    with (
        httpx.Client(timeout=60, trust_env=False) as client,
        client.stream("GET", url, headers=headers, **more) as answer,
    ):
        yield Reading(answer)


def refusal(url: str, token: str, **more: Any) -> tuple[int, str]:
    with read(url, token, **more) as reading:
        assert reading.answer.status_code != 200
        reading.answer.read()
        return reading.answer.status_code, reading.answer.json()["code"]


def _unasked(*, old: int, new: int) -> list[str]:
    raise AssertionError(f"from the first page on nothing has to be proved of {old} and {new}")


def test_a_stream_brings_the_pages_of_the_feed_and_each_is_proved(database: str) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority) for _ in range(3)]
    subscriber, _ = make_subscriber()
    size, token = seal_all(), token_of(subscriber)
    with streaming() as url, read(url, token) as reading:
        assert reading.answer.headers["content-type"].startswith("text/event-stream")
        first = reading.page()
        with serving() as feed:
            asked = httpx.get(
                f"{feed}/api/v1/feed", headers={"Authorization": f"Bearer {token}"}, timeout=60
            ).json()
        assert first == asked and first["position"] == size
        proved = prove(
            first,
            tree=CompactRange(),
            last=None,
            key=SIGNER.verifier,
            origin=settings.LOG_ORIGIN,
            consistency=_unasked,
        )
        assert proved is not None and len(proved.changes) == 3
        begun = time.monotonic()
        registry.restore(record_id=records[0].pk, at=now())
        seal_all()
        removal = reading.page()
        assert time.monotonic() - begun < 5
        again = prove(
            removal,
            tree=proved.tree,
            last=proved.checkpoint,
            key=SIGNER.verifier,
            origin=settings.LOG_ORIGIN,
            consistency=_unasked,
        )
        assert again is not None and [change.record for change in again.changes] == [None]
        (status,) = queries.subscriber_status(at=now())
        assert status.last_seen is not None and status.position == 0, "reading confirms nothing"


def test_a_lost_stream_goes_on_where_its_reader_was(database: str) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    subscriber, _ = make_subscriber()
    size, token = seal_all(), token_of(subscriber)
    live_record(entity, authority)
    last = seal_all()
    with streaming() as url:
        with read(url, token, headers={"Last-Event-ID": str(size)}, params={"after": "0"}) as reading:
            page = reading.page()
            assert (page["after"], page["position"]) == (size, last)
        with read(url, token, params={"after": str(last)}) as reading:
            page = reading.page()
            assert (page["after"], page["position"], page["entries"]) == (last, last, []), (
                "the log is no longer"
            )
        for wrong in ({"Last-Event-ID": "x"}, {"Last-Event-ID": "-1"}, {"Last-Event-ID": "9" * 17}):
            assert refusal(url, token, headers=wrong) == (422, "request.invalid")


def test_who_may_not_read_the_feed_gets_no_stream(database: str) -> None:
    subscriber, _ = make_subscriber()
    operator = registry.create_account(username="operator", password=None, role=Account.Role.OPERATOR)
    foreign = registry.create_token(account=operator, name="x", scopes=["feed:read"], at=now())
    with streaming() as url:
        assert refusal(url, "wrong") == (401, "auth.invalid")
        assert refusal(url, token_of(subscriber, "receipts:write")) == (403, "auth.scope")
        assert refusal(url, foreign) == (403, "auth.role")
        assert httpx.get(url, timeout=60).json()["code"] == "auth.missing"
        assert httpx.post(url, timeout=60).status_code == 405
        assert httpx.get(url + "/x", timeout=60).status_code == 404
    with serving() as web:
        answer = httpx.get(
            f"{web}/api/v1/feed/stream",
            headers={"Authorization": f"Bearer {token_of(subscriber)}"},
            timeout=60,
        )
    assert (answer.status_code, answer.json()["code"]) == (421, "feed.stream_elsewhere")


def test_streams_are_bounded_and_a_closed_one_makes_room(database: str) -> None:
    seal_all()
    tokens = [token_of(make_subscriber()[0]) for _ in range(2)]
    with streaming(GOODSTANDING_STREAMS="6") as url, contextlib.ExitStack() as stack:
        opened = [stack.enter_context(read(url, tokens[0])) for _ in range(4)]
        for reading in opened:
            reading.page()
        assert refusal(url, tokens[0]) == (429, "feed.streams_yours")
        others = [stack.enter_context(read(url, tokens[1])) for _ in range(2)]
        for reading in others:
            reading.page()
        assert refusal(url, tokens[1]) == (503, "feed.streams")
        opened[0].answer.close()
        deadline = time.monotonic() + 20
        while refused(url, tokens[1]):
            assert time.monotonic() < deadline, "the closed stream still counts"
            time.sleep(0.1)


def refused(url: str, token: str) -> bool:
    with read(url, token) as reading:
        return reading.answer.status_code != 200


def test_what_may_not_be_read_any_more_is_not_streamed(database: str) -> None:
    """A suspended agreement takes effect with the next page, a revoked token ends the stream."""
    entity, authority = make_entity(), make_authority()
    subscriber, _ = make_subscriber()
    token = token_of(subscriber)
    seal_all()
    with streaming() as url, read(url, token) as reading:
        reading.page()
        agreement = subscriber.agreements.get()
        agreements.suspend(reference=agreement.reference, reason="under review", at=now())
        live_record(entity, authority, public={"word": "kept-from-them"})
        seal_all()
        assert "kept-from-them" not in json.dumps(reading.page())
        ApiToken.objects.update(revoked_at=now() - timedelta(seconds=1))
        live_record(entity, authority)
        seal_all()
        assert reading.next()["event"] == "end"
        with pytest.raises(EOFError):
            reading.next()
        assert refusal(url, token) == (401, "auth.invalid")


def test_many_readers_at_many_places_all_come_to_the_end(database: str) -> None:
    entity, authority = make_entity(), make_authority()
    tokens = [token_of(make_subscriber(kinds=kinds)[0]) for kinds in (["penalty"], ["permit"], None)]
    for _ in range(12):
        live_record(entity, authority)
    seal_all()
    ends: list[int] = []
    last = [0]

    def follow(url: str, token: str, after: int) -> None:
        with read(url, token, params={"after": str(after)}) as reading:
            while (page := reading.page())["position"] < last[0] or not last[0]:
                assert covered(page["entries"]) == list(range(page["after"] + 1, page["position"] + 1))
            ends.append(page["position"])

    with streaming() as url:
        threads = [threading.Thread(target=follow, args=(url, tokens[n % 3], n % 4)) for n in range(12)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            live_record(entity, authority)
            seal_all()
        live_record(entity, authority)
        last[0] = seal.sealed_size() + 1
        assert seal_all() == last[0]
        for thread in threads:
            thread.join(60)
    assert ends == [last[0]] * 12


def test_a_reader_that_does_not_read_costs_no_memory(database: str) -> None:
    """Its pages wait to be made, not to be sent: what the process takes does not grow with the log."""
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": "x" * 500_000}) for _ in range(2)]
    subscriber, _ = make_subscriber()
    token = token_of(subscriber)
    seal_all()
    with streaming() as url:
        host, port = url.split("/")[2].split(":")
        with socket.create_connection((host, int(port))) as idle:
            idle.sendall(
                f"GET /api/v1/feed/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
            sent = 0
            for number in range(20):
                registry.mark_disputed(record_id=records[number % 2].pk, disputed=number % 4 < 2, at=now())
                sent = seal_all()
            with read(url, token) as reading:
                while reading.page()["position"] < sent:
                    pass
            idle.settimeout(5)
            with idle.makefile("rb") as lines:
                pages = 0
                for line in lines:
                    pages += line.startswith(b"event: page")
                    if line == f"id: {sent}\n".encode():
                        break
    print(pages, "pages")
    assert pages < 20, "what came while it did not read, came together"
