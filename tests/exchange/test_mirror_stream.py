"""A mirror and the platform's stream: news at once where there is one, and nothing lost or believed where it fails."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.exchange.mirror import Mirror, MirrorError, stream
from goodstanding.exchange.mirror.platform import Platform
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .places import Place, mirror_of
from .stage import live_record, make_subscriber, now, seal_all, streaming, token_of
from .test_mirror import state_of, until


class Counting(httpx.BaseTransport):
    """Counts requests by path, of feeds and streams those that were answered."""

    def __init__(self) -> None:
        self.real, self.asked = httpx.HTTPTransport(), dict[str, int]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.real.handle_request(request)
        if answer.status_code == 200:
            self.asked[request.url.path] = self.asked.get(request.url.path, 0) + 1
        return answer


@contextlib.contextmanager
def following(mirror: Mirror, **more: Any) -> Iterator[list[Any]]:
    """A mirror that follows in a thread; what it tells of."""
    stop, told = threading.Event(), list[Any]()
    thread = threading.Thread(
        target=mirror.follow, args=(stop, 0.01), kwargs={"wait": 0.2, "told": told.append, **more}
    )
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive(), "it ends when it is told to"
        mirror.close()


def watched(url: str, subscriber: Subscriber, key: bytes, place: Place) -> tuple[Mirror, dict[str, int]]:
    counting = Counting()
    client = httpx.Client(transport=counting, timeout=60)
    return mirror_of(url, subscriber, key, place, client=client), counting.asked


@pytest.mark.usefixtures("database")
def test_a_removal_comes_by_the_stream_without_a_request_for_the_feed(
    url: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror, asked = watched(url, subscriber, key, place)
    with streaming() as address:
        monkeypatch.setattr(settings, "STREAM_URL", address)  # the web server sends its readers there
        with following(mirror):
            until(lambda: "/api/v1/feed/stream" in asked)
            before = asked["/api/v1/feed"]
            registry.restore(record_id=record.pk, at=now())
            seal_all()
            until(Receipt.objects.exists)
            assert asked["/api/v1/feed"] == before
    assert state_of(record, subscriber) == "dropped"


@pytest.mark.usefixtures("database")
def test_a_mirror_whose_stream_is_lost_goes_on_by_request_until_it_is_back(
    url: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "AGAIN", 0.3)
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority) for _ in range(3)]
    subscriber, key = make_subscriber()
    seal_all()
    mirror, asked = watched(url, subscriber, key, place)

    def removed(number: int) -> None:
        registry.restore(record_id=records[number].pk, at=now())
        seal_all()
        until(lambda: Receipt.objects.count() == number + 1)

    with following(mirror):
        until(lambda: position_of(subscriber) > 0)
        removed(0)
        assert "/api/v1/feed/stream" not in asked
        for number in (1, 2):
            with streaming() as address:
                monkeypatch.setattr(settings, "STREAM_URL", address)
                until(lambda: asked.get("/api/v1/feed/stream", 0) == number)  # noqa: B023
            removed(number)
    assert {state_of(record, subscriber) for record in records} == {"dropped"}


@contextlib.contextmanager
def saying(script: Callable[[], Iterable[bytes]]) -> Iterator[tuple[str, list[str | None]]]:
    """A server that streams what a script gives, and then ends. Its address, and the tokens that it was shown."""
    tokens: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.end_headers()
            for part in script():
                self.wfile.write(part)
                self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/feed/stream", tokens
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def event(page: Any) -> bytes:
    return b"event: page\ndata: " + json.dumps(page).encode() + b"\n\n"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_a_stream_brings_in_whatever_order_the_same_is_held(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(stream, "AGAIN", 0.05)
    monkeypatch.setattr(stream, "ROUND_EVERY", 0.3)
    chance = random.Random(seed)
    authority, live = make_authority(), list[int]()
    subscriber, key = make_subscriber()
    token = token_of(subscriber)
    seal_all()
    # Nobody but the streams' reader asks for these pages.
    reader = Platform(url, token)

    def script() -> Iterator[bytes]:
        """Pages of the real feed, early, late, twice and never, among what is none."""
        size = reader.feed(after=0, limit=1, wait=0)["size"]
        for _ in range(chance.randrange(6)):
            page = reader.feed(after=chance.randrange(size + 1), limit=chance.randrange(1, 9), wait=0)
            yield chance.choice([b": comment\n\n", b"event: other\ndata: {}\n\n", b"data: {}\n\n", b"\n"])
            yield event(page)
            if chance.random() < 0.3:
                yield event({"after": size, "position": chance.choice([size + 5, "many", None])})
        yield chance.choice(
            [b"event: end\ndata: {}\n\n", b"event: page\ndata: [1]\n\n", b"event: page\ndat", b""]
        )

    with saying(script) as (address, tokens):
        monkeypatch.setattr(settings, "STREAM_URL", address)
        mirror = Mirror(url, token, tmp_path / "m.sqlite3", key)
        with following(mirror):
            for _ in range(12):
                live.append(live_record(make_entity(), authority).pk)
                if chance.random() < 0.5:
                    registry.restore(record_id=live.pop(chance.randrange(len(live))), at=now())
                size = seal_all()
            until(lambda: position_of(subscriber) == size)
        assert set(tokens) == {f"Bearer {token}"}
    after = Mirror(url, token, tmp_path / "m.sqlite3", key)
    held = {each.record for each in after.holdings()}
    assert held == {str(each.public_id) for each in Record.objects.filter(state="published")}
    assert after.reconcile().result == "equal"
    after.close()


def position_of(subscriber: Subscriber) -> int:
    subscriber.refresh_from_db()
    return subscriber.position


@pytest.mark.usefixtures("database")
def test_a_page_of_a_stream_is_proved_like_any_other(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = make_authority()
    record = live_record(make_entity(), authority)
    subscriber, key = make_subscriber()
    before, token = seal_all(), token_of(subscriber)
    platform = Platform(url, token)
    mirror = Mirror(url, token, tmp_path / "m.sqlite3", key)
    mirror.follow_once()
    registry.restore(record_id=record.pk, at=now())

    def forged() -> Iterator[bytes]:
        seal_all()
        page = platform.feed(after=before, limit=1000, wait=0)
        page["entries"] = [entry for entry in page["entries"] if not entry.get("removal")]
        yield event(page)

    with saying(forged) as (address, _):
        monkeypatch.setattr(settings, "STREAM_URL", address)
        with pytest.raises(MirrorError, match=r"feed\.gap"):
            mirror.follow(threading.Event(), 0.01)
    assert mirror.holds(str(record.public_id)), "nothing of the page was applied"
    assert mirror.follow_once().dropped == 1
    mirror.close()


@pytest.mark.usefixtures("database")
def test_the_token_goes_to_no_other_host(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber, _ = make_subscriber()
    seal_all()
    with saying(lambda: [b": hello\n\n"]) as (address, tokens):
        platform = Platform(url, token_of(subscriber))
        for elsewhere in (address.replace("127.0.0.1", "localhost"), "ftp://127.0.0.1/", "", "no address"):
            monkeypatch.setattr(settings, "STREAM_URL", elsewhere)
            with pytest.raises(MirrorError, match=r"platform\.refused"):
                platform.stream(after=0)
        assert not tokens
        monkeypatch.setattr(settings, "STREAM_URL", address)
        platform.stream(after=0).close()
        assert len(tokens) == 1
        platform.close()


def test_a_stream_that_hangs_is_closed_at_once() -> None:
    go_on = threading.Event()

    def silent() -> Iterator[bytes]:
        yield b"retry: 3000\n\n"
        go_on.wait(30)

    with saying(silent) as (address, _):
        platform = Platform(address.removesuffix("/api/v1/feed/stream"), "token")
        reading = stream.Stream(platform.stream(after=0))
        assert reading.next(0.1) is None and not reading.is_over
        reading.close()
        assert reading.is_over
        go_on.set()
        platform.close()


def test_a_port_where_nothing_listens_is_no_stream() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        platform = Platform(f"http://127.0.0.1:{taken.getsockname()[1]}", "token")
        bell = stream.Bell(platform)
        assert not bell.is_missing
        assert not bell.opened(after=0)
        assert bell.is_missing and bell.wait(threading.Event(), after=0) is None
        bell.close()


_page = st.fixed_dictionaries({"position": st.integers(0, 99), "text": st.text(max_size=20)})


@given(
    st.lists(st.one_of(_page, st.sampled_from([": a comment", "id: 5", "retry: 3000"])), max_size=20),
    st.integers(1, 40),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_pages_are_read_out_of_a_stream_among_everything_else(
    items: list[Any], size: int, ending: str
) -> None:
    lines: list[str] = []
    for item in items:
        if isinstance(item, str):
            lines += [item, ""]
        else:
            text = json.dumps(item, indent=1, ensure_ascii=False)
            lines += ["id: 1", "event: page", *(f"data: {line}" for line in text.split("\n")), ""]
    lines += ["event: end", "data: {}", "", "event: page", "data: {}", ""]
    data = "".join(line + ending for line in lines).encode()
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert list(stream.pages(chunks)) == [item for item in items if not isinstance(item, str)]
