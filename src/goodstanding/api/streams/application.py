"""The ASGI application of the stream: ``GET /api/v1/feed/stream`` and nothing else."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse

from ..problems import Problem, not_found, problem_response
from .hub import Hub, Stream

PATH = "/api/v1/feed/stream"
#: Seconds between two comments on a stream without news, so that nobody on the way takes it for dead.
HEARTBEAT = 15.0
#: Milliseconds after which a reader that lost its stream should come again.
RETRY = 3_000

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # asks nginx to pass each event on at once
    (b"x-content-type-options", b"nosniff"),
]
_hub: Hub | None = None


async def application(scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
    """Answer one request."""
    global _hub
    if scope["type"] != "http":
        return
    _hub = _hub or Hub()
    try:
        stream = await _opened(_hub, scope)
    except Problem as problem:
        await _refuse(problem, send)
        return
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _send_events(_hub, stream, receive, send)
    finally:
        _hub.close(stream)


async def _opened(hub: Hub, scope: dict[str, Any]) -> Stream:
    if scope["path"] != PATH:
        raise not_found()
    if scope["method"] != "GET":
        raise Problem(
            405, "request.refused", "A stream is only read.", "数据流只能读取。", detail=scope["method"]
        )
    reader, after = await hub.admit(ASGIRequest(scope, io.BytesIO()))
    return hub.open(reader, after)


async def _refuse(problem: Problem, send: _Send) -> None:
    answer: HttpResponse = problem_response(problem)
    if problem.status in (429, 503):
        answer["Retry-After"] = "30"
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


async def _send_events(hub: Hub, stream: Stream, receive: _Receive, send: _Send) -> None:
    gone = asyncio.ensure_future(_gone(receive))
    news = asyncio.ensure_future(stream.next())

    async def write(text: bytes, *, more: bool = True) -> None:
        await send({"type": "http.response.body", "body": text, "more_body": more})

    try:
        await write(b"retry: %d\n\n" % RETRY)
        while True:
            await asyncio.wait({gone, news}, timeout=HEARTBEAT, return_when="FIRST_COMPLETED")
            if gone.done():
                return
            if not news.done():
                await write(b": %d\n\n" % stream.position)
                continue
            event = news.result()
            if event is None:
                await write(b"event: end\ndata: {}\n\n", more=False)
                return
            await write(b"id: %d\nevent: page\ndata: %b\n\n" % (event.position, event.page))
            news = asyncio.ensure_future(stream.next())
            hub.more(stream)
    finally:
        gone.cancel()
        news.cancel()


async def _gone(receive: _Receive) -> None:
    """Return once the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
