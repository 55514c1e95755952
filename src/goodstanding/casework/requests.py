"""Checking what a person sends before anything is written."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from goodstanding.proof import Json, canonical
from goodstanding.registry.models import Record

from . import placeholders
from .chart import Event
from .errors import CaseworkError
from .evidence import NewEvidence, safe_name

TEXT_LIMIT = 4000
REASONS_MINIMUM = 10
RECORDS_LIMIT = 200


def public_ids(records: Sequence[uuid.UUID | str]) -> list[uuid.UUID]:
    """The public ids of 1 to 200 records, each once. Raises CaseworkError."""
    try:
        wanted = sorted({value if isinstance(value, uuid.UUID) else uuid.UUID(value) for value in records})
    except ValueError as error:
        raise CaseworkError("record.not_found", "There is no such record.", "没有该记录。") from error
    if not wanted or len(wanted) > RECORDS_LIMIT:
        raise CaseworkError(
            "application.empty",
            f"Choose 1 to {RECORDS_LIMIT} records.",
            f"请选择 1 至 {RECORDS_LIMIT} 条记录。",
            place="records",
        )
    return wanted


def checked_reasons(event: Event, reasons: str) -> str:
    """The reasons of a decision as the chart asks for them; empty where it takes none. Raises CaseworkError."""
    if event.reasons == "none":
        return ""
    reasons = checked_text(reasons, 0, TEXT_LIMIT, "reasons")
    placeholders.refuse_unfilled(reasons)
    if event.reasons == "required" and len(reasons) < REASONS_MINIMUM:
        raise CaseworkError(
            "reasons.missing",
            f"This decision needs reasons of at least {REASONS_MINIMUM} characters; the applicant reads them.",
            f"作出该决定应当说明理由，不少于 {REASONS_MINIMUM} 个字；申请人可以看到。",
            place="reasons",
        )
    return reasons


def checked_text(text: str, least: int, most: int, place: str) -> str:
    """A text without control characters and of ``least`` to ``most`` characters. Raises CaseworkError."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise CaseworkError(
            "text.characters", "The text has control characters.", "文字中含有控制字符。", place=place
        )
    if not least <= len(text) <= most:
        raise CaseworkError(
            "text.length",
            f"Write {least} to {most} characters; these are {len(text)}.",
            f"请填写 {least} 至 {most} 个字，现为 {len(text)} 个字。",
            place=place,
        )
    return text


def checked_claim(record: Record, claim: Mapping[str, str]) -> list[dict[str, str]]:
    """What an objection claims, field by field, with what the record says beside it. Raises CaseworkError."""
    held = record.content.get("public", {})
    found = []
    for field, new in claim.items():
        if field not in held:
            raise CaseworkError(
                "claim.unknown",
                f"The record has no public field {field!r}.",
                f"该记录没有公开字段“{field}”。",
                place="claim",
            )
        text = checked_text(new, 0, TEXT_LIMIT, f"claim.{field}")
        if text != held[field]:
            found.append({"field": field, "old": held[field], "new": text})
    if claim and not found:
        raise CaseworkError(
            "claim.same", "The claim says what the record says.", "主张内容与记录一致。", place="claim"
        )
    return found


def request_digest(
    kind: str,
    records: Sequence[uuid.UUID],
    commitment_name: str,
    statement: str,
    grounds: str,
    performed_on: date | None,
    evidence: Sequence[NewEvidence],
    *,
    claim: Mapping[str, str] | None = None,
) -> bytes:
    """What was asked, as one digest: tells a repeated request from another one under the same key."""
    said: dict[str, Json] = {
        "kind": str(kind),
        "records": [str(value) for value in records],
        "commitment_name": commitment_name,
        "statement": statement,
        "grounds": grounds,
        "performed_on": performed_on.isoformat() if performed_on else None,
        "evidence": [
            [
                safe_name(file.name),
                ascii(file.material),
                str(file.record or ""),
                hashlib.sha256(file.content).hexdigest(),
            ]
            for file in evidence
        ],
        "claim": dict(claim or {}),
    }
    return hashlib.sha256(canonical(said)).digest()
