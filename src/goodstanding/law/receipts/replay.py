"""Replaying a receipt: decide again from what it says alone, and give the same bytes or say what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from goodstanding.law.calendar import WorkingCalendar, calendar_of_version
from goodstanding.law.decide import Verdict, decide
from goodstanding.law.errors import FactsRefused, LawError
from goodstanding.law.load import all_packs
from goodstanding.law.model import Pack
from goodstanding.law.receipts.archive import archived_pack, shipped_pack
from goodstanding.law.receipts.documents import CalendarReceipt, ReceiptDocument
from goodstanding.law.receipts.plain import read_document
from goodstanding.law.receipts.receipt import ENGINE, canonical, digest_of, receipt


class ReplayFailed(LawError):
    """A receipt that cannot be replayed, or whose replay differs.

    differences: for "receipt_differs" the path of each value that differs, as recorded and as decided now.
    """

    differences: tuple[tuple[str, object, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A receipt that was replayed to the same bytes: the verdict made again, its pack and the digest."""

    verdict: Verdict
    pack: Pack
    starts: dict[str, date]
    calendar: WorkingCalendar | None
    content: bytes
    digest: str


def replay(content: bytes, *, packs: Iterable[Pack] | None = None, archive: Path | None = None) -> Replayed:
    """Decide again from a receipt.

    Arguments: content, the bytes of the receipt; packs, to look the pack up by its digest (the shipped ones
    unless given); archive, a folder of archived packs to look in as well.
    Returns what was made again, its bytes the same. Raises Unreadable for what is no receipt, ReplayFailed
    with a `receipt_*` code for what cannot be replayed or differs.
    """
    document = read_document(content, ReceiptDocument, place="receipt")
    _refuse_other_bytes(content)
    if document.engine > ENGINE:
        raise ReplayFailed(
            code="receipt_engine_newer",
            en=f"The receipt is of engine {document.engine}; this release has engine {ENGINE}.",
            zh=f"该凭据由第 {document.engine} 版引擎作出，本版本为第 {ENGINE} 版。",
            place="engine",
            remedy_en="Update Goodstanding and replay again.",
            remedy_zh="请升级后重放。",
        )
    pack = _pack(document, all_packs() if packs is None else packs, archive)
    calendar = None if document.calendar is None else _calendar(document.calendar)
    starts = {str(name): day for name, day in document.inputs.starts.items()}
    try:
        verdict = decide(document.inputs.facts.facts(), pack=pack, on=document.inputs.on)
    except FactsRefused as error:
        raise _differs((("result", "an answer", f"refused: {error.message_en}"),)) from error
    # The digest is that of the bytes by which the pack was found, whatever this release would write for it.
    verdict = replace(verdict, pack_digest=document.pack.digest)
    again = receipt(verdict, pack=pack, starts=starts, calendar=calendar, engine=document.engine)
    if again != content:
        raise _differs(tuple(_differences(orjson.loads(content), orjson.loads(again), "")))
    return Replayed(verdict, pack, starts, calendar, again, digest_of(again))


def _refuse_other_bytes(content: bytes) -> None:
    if canonical(orjson.loads(content)) != content:
        raise ReplayFailed(
            code="receipt_not_canonical",
            en="The receipt is not canonical JSON: its bytes were changed, perhaps by an editor.",
            zh="该凭据不是规范化 JSON：字节已被改动，可能经过编辑器。",
            place="receipt",
            remedy_en="Use the file as it was written.",
            remedy_zh="请使用原始文件。",
        )


def _pack(document: ReceiptDocument, packs: Iterable[Pack], archive: Path | None) -> Pack:
    named = document.pack
    found = shipped_pack(
        named.id, named.digest, switches=named.switches, parameters=named.parameters, packs=packs
    )
    if found is None and archive is not None:
        found = archived_pack(named.digest, archive)
    if found is not None:
        return found
    raise ReplayFailed(
        code="receipt_pack_unknown",
        en=f"No pack {named.id} with the digest {named.digest} is known.",
        zh=f"没有摘要为 {named.digest} 的规则包 {named.id}。",
        place="pack.digest",
        remedy_en="Give the folder in which the pack was archived.",
        remedy_zh="请提供归档该规则包的文件夹。",
    )


def _calendar(named: CalendarReceipt) -> WorkingCalendar:
    found = calendar_of_version(named.jurisdiction, named.version)
    if found is not None and found.digest == named.digest:
        return found
    raise ReplayFailed(
        code="receipt_calendar_unknown",
        en=f"No calendar {named.version} with the digest {named.digest} is known.",
        zh=f"没有摘要为 {named.digest} 的工作日历 {named.version}。",
        place="calendar",
        remedy_en="Use a release that holds the notices of that version.",
        remedy_zh="请使用收录该版本通知的版本。",
    )


def _differs(differences: tuple[tuple[str, object, object], ...]) -> ReplayFailed:
    listed_en = "; ".join(f"{path}: recorded {was}, decided now {now}" for path, was, now in differences)
    listed_zh = "；".join(f"{path}：原为 {was}，现为 {now}" for path, was, now in differences)
    error = ReplayFailed(
        code="receipt_differs",
        en=f"The replay differs: {listed_en}.",
        zh=f"重放结果不同：{listed_zh}。",
        place="receipt",
        remedy_en="The receipt was changed, or the engine decides otherwise than it did.",
        remedy_zh="该凭据已被改动，或者引擎的判断与当时不同。",
    )
    error.differences = differences
    return error


def _differences(was: Any, now: Any, path: str) -> Iterator[tuple[str, object, object]]:
    """The paths at which two JSON values differ."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(was.keys() | now.keys()):
            yield from _differences(was.get(key), now.get(key), f"{path}.{key}" if path else key)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif was != now:
        yield path, was, now
