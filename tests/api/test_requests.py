"""Requests that make no sense, and the API's description of itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stage import Caller, Town, calling


@pytest.fixture(scope="module")
def callers(module_database: str) -> Iterator[dict[str, Caller]]:
    with calling(Town()) as found:
        yield found


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "/feed?after=-1", {}),
        ("GET", "/feed?limit=0", {}),
        ("GET", "/feed?limit=100000", {}),
        ("GET", "/feed?wait=999", {}),
        ("GET", "/feed?after=x", {}),
        ("POST", "/feed/position", {"json": {"position": "x"}}),
        ("POST", "/feed/position", {"json": {"position": -1}}),
        ("POST", "/feed/position", {"content": b"{"}),
        ("POST", "/receipts", {"content": b""}),
        ("POST", "/receipts", {"content": b"\x00\xff"}),
        ("POST", "/receipts", {"json": {"receipt": {}, "public_key": "", "signature": ""}}),
        ("POST", "/cases", {"json": {"kind": "gossip"}}),
        ("POST", "/cases", {"content": b"[" * 100_000}),
        ("POST", "/batches", {"data": {"contract": "registration"}}),
        ("GET", "/entities", {}),
        ("GET", "/entities?q=" + "x" * 300, {}),
        ("GET", "/log/inclusion?position=0&size=1", {}),
    ],
)
def test_a_malformed_request_is_a_problem_and_never_a_crash(
    callers: dict[str, Caller], method: str, path: str, more: dict[str, object]
) -> None:
    answer = callers["subscriber"](method, path, **more)
    assert answer.status_code in (400, 403, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title_zh"]


def test_search_survives_odd_input(callers: dict[str, Caller]) -> None:
    for text in ("%00", "%25_%5C", "%F0%9F%98%80", "'%20OR%201=1", "%20"):
        assert callers["public"].get(f"/entities?q={text}").status_code == 200


def test_the_description_is_openapi_3_1_and_loads_nothing_from_elsewhere(
    callers: dict[str, Caller],
) -> None:
    schema = callers["public"].get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert callers["public"].get("/docs").status_code == 404
