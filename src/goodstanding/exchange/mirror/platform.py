"""The platform as the mirror sees it: a handful of requests over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson

from .errors import MirrorError, ReadTooSoon
from .page import from_base64

_TIMEOUT = httpx.Timeout(30.0, read=60.0)
#: A stream without a comment for so long, three times their interval, is lost.
_STREAM_TIMEOUT = httpx.Timeout(10.0, read=45.0)
_EVENTS = "text/event-stream"
#: What the platform's refusals mean to a mirror; any other is platform.refused.
_REFUSALS = {
    "auth.missing": "platform.token",
    "auth.invalid": "platform.token",
    "auth.scope": "platform.scope",
    "auth.role": "platform.scope",
    "receipt.signature": "key.unregistered",
    "deletion.signature": "key.unregistered",
    "agreement.signature": "key.unregistered",
    "reconciliation.claim": "key.unregistered",
}
#: How far apart the clocks may be.
_APART = timedelta(minutes=5)


class Platform:
    """The API of one platform, read with one token."""

    def __init__(self, url: str, token: str, *, client: httpx.Client | None = None) -> None:
        self._base = url.rstrip("/") + "/api/v1"
        self._client = client or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._ahead = timedelta(0)

    def clock_fault(self) -> MirrorError | None:
        """That the clocks are far apart, as of the last answer."""
        if abs(self._ahead) <= _APART:
            return None
        seconds = int(self._ahead.total_seconds())
        way = "ahead of" if seconds > 0 else "behind"
        return MirrorError("clock.off", place=f"this machine is {abs(seconds)} seconds {way} the platform")

    def log_key(self) -> str:
        """The verifier key that the log publishes, one line."""
        return self._ask("GET", "/log/key").text.strip()

    def feed(self, *, after: int, limit: int, wait: float) -> dict[str, Any]:
        """A page of the feed; the platform waits up to ``wait`` seconds for news."""
        params = {"after": str(after), "limit": str(limit), "wait": str(wait)}
        return json_object(self._ask("GET", "/feed", params=params))

    def size(self, *, after: int) -> int:
        """How many positions are sealed, as one who has followed up to ``after`` is told."""
        size = self.feed(after=after, limit=1, wait=0).get("size")
        if not isinstance(size, int):
            raise MirrorError("platform.answer", place="/feed: no size")
        return size

    def stream(self, *, after: int) -> httpx.Response:
        """The open stream of the feed after a position; whoever asks closes it.

        A platform may serve it at another port of its own: then it says where. The token goes to no other host.

        Raises:
            MirrorError: platform.unreachable, platform.refused.
        """
        address = self._base + "/feed/stream"
        for _ in range(2):
            answer = self._opened(address, after=after)
            if answer.status_code == 200 and answer.headers.get("content-type", "").startswith(_EVENTS):
                return answer
            with contextlib.closing(answer):
                elsewhere = _said(answer, "detail") if answer.status_code == 421 else ""
            if not _same_host(elsewhere, self._base):
                break
            address = elsewhere
        raise MirrorError("platform.refused", place=f"/feed/stream: {answer.status_code}")

    def snapshot(self, *, ask: bool) -> dict[str, Any] | None:
        """What there is to load at first, which ``ask`` asks for; None while the platform makes it."""
        answer = self._ask("POST" if ask else "GET", "/feed/snapshot")
        return json_object(answer) if answer.status_code == 200 else None

    def snapshot_file(self, sha256: str) -> bytes | None:
        """A file of it by its SHA-256 in hex; None where it is no longer part of it."""
        answer = self._ask("GET", f"/feed/snapshot/{sha256}", absent=True)
        return None if answer.status_code == 404 else answer.content

    def file_sets(self, reference: str) -> list[dict[str, Any]]:
        """The sets of files that may be fetched under an agreement."""
        path = f"/agreements/{quote(reference, safe='')}/files"
        found = _json(self._ask("GET", path))
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise MirrorError("platform.answer", place=path)
        return found

    def agreement_file(self, reference: str, sha256: str) -> bytes | None:
        """A file of them by its SHA-256 in hex; None where it is no longer there."""
        answer = self._ask("GET", f"/agreements/{quote(reference, safe='')}/files/{sha256}", absent=True)
        return None if answer.status_code == 404 else answer.content

    def read_agreed(self, *path: str) -> dict[str, Any]:
        """What agreements let be read of ``entities``, a scheme and a code, or of ``records`` and an id.

        Raises:
            MirrorError: read.unknown; ReadTooSoon.
        """
        asked = "/".join(["/agreed", *(quote(part, safe="") for part in path)])
        answer = self._ask("GET", asked, absent=True)
        if answer.status_code == 404:
            raise MirrorError("read.unknown", place=asked)
        return json_object(answer)

    def send_receipt(self, signed: bytes) -> None:
        """Hand in a signed receipt."""
        headers = {"Content-Type": "application/json"}
        self._ask("POST", "/receipts", content=signed, headers=headers)

    def confirm(self, position: int) -> list[tuple[int, str]]:
        """Say up to where the feed is applied. Position and record of removals up to there that wait for a receipt."""
        answer = json_object(self._ask("POST", "/feed/position", json={"position": position}))
        try:
            return [(int(each["position"]), str(each["record"])) for each in answer.get("due", ())]
        except (KeyError, TypeError, ValueError) as error:
            raise MirrorError("platform.answer", place="/feed/position") from error

    def inclusion(self, *, position: int, size: int) -> list[str]:
        """The inclusion proof of a position in the log of a size, as base64 hashes."""
        return self._hashes("/log/inclusion", {"position": str(position), "size": str(size)})

    def checkpoint(self) -> str | None:
        """The published checkpoint with its cosignatures; None while there is none."""
        answer = self._ask("GET", "/log/checkpoint", absent=True)
        return None if answer.status_code == 404 else answer.text

    def consistency(self, *, old: int, new: int) -> list[str]:
        """The proof that the log of one size begins with that of another, as base64 hashes."""
        return self._hashes("/log/consistency", {"old": str(old), "new": str(new)})

    def agreements(self) -> list[dict[str, Any]]:
        """The subscriber's agreements."""
        found = _json(self._ask("GET", "/agreements"))
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise MirrorError("platform.answer", place="/agreements")
        return found

    def sign_agreement(self, reference: str, *, version: str, signature: str) -> dict[str, Any]:
        """Hand in the recipient's signature (base64) over a version. The agreement then."""
        path = f"/agreements/{quote(reference, safe='')}/signature"
        return json_object(self._ask("POST", path, json={"version": version, "signature": signature}))

    def state_deletion(self, reference: str, signed: bytes) -> dict[str, Any]:
        """Hand in the signed statement that nothing is left. The agreement then."""
        path = f"/agreements/{quote(reference, safe='')}/deletion"
        headers = {"Content-Type": "application/json"}
        return json_object(self._ask("POST", path, content=signed, headers=headers))

    def claim(self, signed: dict[str, Any], sums: str) -> dict[str, Any]:
        """Begin a round of reconciliation with a signed claim and the sums of its buckets (base64)."""
        return json_object(self._ask("POST", "/reconciliation", json={"claim": signed, "sums": sums}))

    def buckets(self, reconciliation: str, numbers: Sequence[int]) -> dict[int, bytes]:
        """The short forms of what must be held in some buckets."""
        path = f"/reconciliation/{reconciliation}/buckets"
        params = {"numbers": ",".join(str(number) for number in numbers)}
        given = json_object(self._ask("GET", path, params=params))
        try:
            return {number: from_base64(given[str(number)], f"bucket {number}") for number in numbers}
        except KeyError as error:
            raise MirrorError("platform.answer", place=path) from error

    def differ(self, reconciliation: str, buckets: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
        """List what differs in some buckets; ``last`` ends the round."""
        path = f"/reconciliation/{reconciliation}/differences"
        return json_object(self._ask("POST", path, json={"buckets": buckets, "last": last}))

    def entries(self, records: Sequence[str], *, size: int) -> list[dict[str, Any]]:
        """How records stand after the first events of the log, one answer each in their order."""
        path = "/reconciliation/entries"
        given = json_object(self._ask("POST", path, json={"records": list(records), "size": size})).get(
            "entries"
        )
        if not isinstance(given, list) or len(given) != len(records):
            raise MirrorError("platform.answer", place=path)
        return given

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _opened(self, address: str, *, after: int) -> httpx.Response:
        request = self._client.build_request(
            "GET", address, params={"after": str(after)}, headers=self._headers, timeout=_STREAM_TIMEOUT
        )
        try:
            return self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise MirrorError("platform.unreachable", place=f"/feed/stream: {error!r}") from error

    def _hashes(self, path: str, params: dict[str, str]) -> list[str]:
        hashes = json_object(self._ask("GET", path, params=params)).get("hashes")
        if not isinstance(hashes, list) or not all(isinstance(item, str) for item in hashes):
            raise MirrorError("platform.answer", place=path)
        return hashes

    def _ask(self, method: str, path: str, *, absent: bool = False, **more: Any) -> httpx.Response:
        """The answer to a request; ``absent``: that there is nothing is an answer too."""
        headers = self._headers | more.pop("headers", {})
        try:
            answer = self._client.request(method, self._base + path, headers=headers, **more)
        except httpx.HTTPError as error:
            raise MirrorError("platform.unreachable", place=f"{path}: {error!r}") from error
        if answer.status_code == 429 and _said(answer, "code") == "agreement.too_soon":
            after = answer.headers.get("Retry-After", "")
            raise ReadTooSoon(int(after) if after.isdecimal() else 1, place=path)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise MirrorError("platform.unreachable", place=f"{path}: status {answer.status_code}")
        if answer.status_code >= 300 and not (absent and answer.status_code == 404):
            code = _REFUSALS.get(_said(answer, "code"), "platform.refused")
            raise MirrorError(code, place=f"{path}: {answer.status_code} {answer.text[:500]}")
        self._compare_clocks(answer.headers.get("Date", ""))
        return answer

    def _compare_clocks(self, date: str) -> None:
        with contextlib.suppress(ValueError):  # what is no date says nothing
            self._ahead = datetime.now(UTC) - parsedate_to_datetime(date)


def _json(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise MirrorError("platform.answer", place=answer.url.path) from error


def _said(answer: httpx.Response, name: str) -> str:
    """What a refusal says under a name (``code``, ``detail``); empty where it says nothing."""
    try:
        answer.read()
        return str(json_object(answer).get(name, ""))
    except (httpx.HTTPError, MirrorError):
        return ""


def _same_host(address: str, other: str) -> bool:
    one, two = urlsplit(address), urlsplit(other)
    return bool(one.hostname) and (one.scheme, one.hostname) == (two.scheme, two.hostname)


def json_object(answer: httpx.Response) -> dict[str, Any]:
    """An answer that is an object. Raises MirrorError platform.answer."""
    value = _json(answer)
    if not isinstance(value, dict):
        raise MirrorError("platform.answer", place=answer.url.path)
    return value
