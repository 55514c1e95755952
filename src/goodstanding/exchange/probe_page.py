"""One look at one page of somebody else's: whom it is asked for, how it is asked, what its answer says.

The page is read as anybody reads it, once, politely and at an address that was checked. Only what is plainly there or
plainly not there counts: a page that cannot be read says nothing, and never that a record is gone.
"""

from __future__ import annotations

import html
import http.client
import json
import re
import ssl
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import Final
from urllib.parse import quote, urlsplit

from django.conf import settings

from goodstanding.registry.document_numbers import plainly
from goodstanding.registry.kept_connections import Answer, Connections
from goodstanding.registry.models import Record
from goodstanding.registry.outbound import OutboundError

from .probe_tables import ProbeLook, ProbePlace

#: What stands in an address or a marker for something of the record: the entity's current code, the document's public
#: number, and the public id.
PLACEHOLDERS: Final = ("code", "document_no", "record")
#: Those that tell one record from another of the same entity.
TELLING: Final = ("{document_no}", "{record}")
#: The most of a page that is read, in bytes.
MOST: Final = 1_000_000
_HOLE: Final = re.compile(r"\{([^{}]*)\}")
_GONE: Final = (404, 410)
_TAGS: Final = re.compile(r"<[^<>]*>")
Result = ProbeLook.Result


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a look. ``reason``: why nothing is known.

    ``no_number``: the record has not what address or marker ask for, so nothing was asked; ``address``: it may not be
    called or is not known; ``certificate``; ``no_answer``; ``redirect``; ``status``: any but 200, 404 and 410;
    ``unreadable``: cut short, too long, or in an encoding that is not told; ``unlike``: without the text that is always
    there.
    """

    result: str
    reason: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A place asked for one record: the full address, and what is there while the record is shown."""

    address: str
    marker: str
    always: str

    @property
    def host(self) -> str:
        """Whose server it is."""
        return urlsplit(self.address).netloc.lower()


def holes(text: str) -> set[str]:
    """The names of the placeholders in an address or a marker."""
    return set(_HOLE.findall(text))


def question(place: ProbePlace, record: Record, *, code: str) -> Question | None:
    """What to ask a place about a record; None where the record has not what the place asks for.

    Args:
        place: where. record: of what. code: the current code of the record's entity, empty for none.
    """
    values = {"code": code, "document_no": record.document_no.strip(), "record": str(record.public_id)}
    wanted = holes(place.address) | holes(place.marker)
    if any(not values[name] for name in wanted):
        return None

    def filled(text: str, *, escaped: bool) -> str:
        return _HOLE.sub(lambda hole: quote(values[hole[1]], safe="") if escaped else values[hole[1]], text)

    return Question(filled(place.address, escaped=True), filled(place.marker, escaped=False), place.always)


@cache
def connections() -> Connections:
    """The connections of this process to pages; none is kept after its one request."""
    return Connections(most=0, authorities=settings.PUSH_AUTHORITIES)


def look(asked: Question) -> Seen:
    """Ask once, and say what was seen. Touches no database."""
    headers = {
        "user-agent": f"goodstanding-probe (+{settings.PORTAL_URL}; {settings.LOG_ORIGIN})",
        "accept": "text/html, application/json, text/plain;q=0.9",
        "accept-encoding": "identity",
        "connection": "close",
    }
    try:
        answer = connections().get(
            asked.address, headers=headers, private=settings.PUSH_TO_PRIVATE_ADDRESSES, most=MOST
        )
    except OutboundError:
        return Seen(Result.UNKNOWN, "address")
    except ssl.SSLCertVerificationError:
        return Seen(Result.UNKNOWN, "certificate")
    except (OSError, http.client.HTTPException):
        return Seen(Result.UNKNOWN, "no_answer")
    return read(answer, asked)


def read(answer: Answer, asked: Question) -> Seen:
    """What an answer says. Pure."""
    status = answer.status
    if status in _GONE:
        return Seen(Result.ABSENT, status=status)
    if 300 <= status < 400:
        return Seen(Result.UNKNOWN, "redirect", status)
    if status != 200:
        return Seen(Result.UNKNOWN, "status", status)
    text = _text(answer)
    if text is None:
        return Seen(Result.UNKNOWN, "unreadable", status)
    if _says(text, asked.marker):
        return Seen(Result.SHOWN, status=status)
    if not answer.whole:
        return Seen(Result.UNKNOWN, "unreadable", status)
    if asked.always and not _says(text, asked.always):
        return Seen(Result.UNKNOWN, "unlike", status)
    return Seen(Result.ABSENT, status=status)


def _text(answer: Answer) -> str | None:
    """The page as it is compared, with and without its tags; None where it cannot be decoded or says nothing."""
    header = Message()
    header["content-type"] = answer.content_type or "text/html"
    text = _decoded(answer.body, header.get_content_charset())
    if text is None or not text.strip():
        return None
    if header.get_content_type().endswith("json"):
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return None
        return _compared(text)
    return _compared(html.unescape(_TAGS.sub("", text))) + "\n" + _compared(html.unescape(text))


def _decoded(body: bytes, charset: str | None) -> str | None:
    for name in [charset] if charset else ["utf-8", "gb18030"]:
        try:
            return body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def _compared(text: str) -> str:
    return "".join(plainly(text).split())


def _says(text: str, wanted: str) -> bool:
    """Whether a text occurs, and not as part of a longer number or word in Latin letters."""
    return bool(re.search(rf"(?<![0-9A-Z]){re.escape(_compared(wanted))}(?![0-9A-Z])", text))
