"""Receipts: canonical bytes, found again by the pack's digest, replayed to the same bytes or told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law import Facts, all_packs, decide, load_pack
from goodstanding.law.calendar import china_calendar
from goodstanding.law.errors import LawError
from goodstanding.law.facts import FactsDocument
from goodstanding.law.receipts.archive import ArchiveRefused, archive_pack, archived_pack
from goodstanding.law.receipts.documents import DecisionDocument, ReceiptDocument
from goodstanding.law.receipts.plain import Unreadable, plain_decision, plain_facts
from goodstanding.law.receipts.receipt import ENGINE, digest_of, receipt
from goodstanding.law.receipts.replay import ReplayFailed, replay
from goodstanding.law.records import read_record
from tests.law.any_case import DAYS, any_case
from tests.vectors.make_receipts import FOLDER, PACKS

VECTORS = sorted(FOLDER.glob("*.json"))
PACK = load_pack("cn-ndrc-36-2025", switches={"suspension_class": "serious"}, parameters={"bar_months": 6})
ON = date(2026, 9, 1)
FACTS = Facts(
    kind="penalty", measures=frozenset({"fine", "suspension"}), found_on=date(2026, 4, 10), committed=True
)
DATED = receipt(
    decide(FACTS, pack=PACK, on=ON),
    pack=PACK,
    starts={"receipt": date(2026, 9, 28)},
    calendar=china_calendar(),
)


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_every_golden_receipt_replays_to_the_same_bytes(file: Path) -> None:
    content = file.read_bytes()
    assert rfc8785.dumps(json.loads(content)) == content
    again = replay(content, packs=(), archive=PACKS)
    assert (again.content, again.digest) == (content, digest_of(content))


def test_every_shipped_pack_has_golden_receipts_of_this_engine() -> None:
    written = [json.loads(file.read_bytes()) for file in VECTORS]
    anew = "run python -m tests.vectors.make_receipts and read the diff"
    assert {one["pack"]["id"] for one in written} == {pack.id for pack in all_packs()}, anew
    assert {one["engine"] for one in written} == {ENGINE}, anew


@settings(deadline=None)
@given(st.data())
def test_any_decision_is_its_document_and_its_receipt_replays(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from([*all_packs(), PACK]))
    facts = data.draw(any_case(pack))
    verdict = decide(facts, pack=pack, on=data.draw(DAYS))
    document = DecisionDocument.model_validate_json(orjson.dumps(plain_decision(verdict)), strict=True)
    assert document.facts.facts() == facts
    assert document.publish_until == verdict.classification.publish_until
    content = receipt(verdict, pack=pack)
    assert rfc8785.dumps(json.loads(content)) == content
    assert replay(content).content == content


def test_every_fact_that_is_stated_is_written_and_read_again() -> None:
    stated: dict[str, Any] = {"kind": "penalty", "measures": ["fine"], "found_on": "2026-04-10"}
    for name, field in FactsDocument.model_fields.items():
        if name in stated:
            continue
        kind = str(field.annotation)
        stated[name] = (
            "2026-05-31" if "date" in kind else "12.5" if "Decimal" in kind
            else True if "bool" in kind or "StrictBool" in str(field) else "ordinary"
        )  # fmt: skip
    stated["subject"] = "natural_person"
    facts = read_record(json.dumps(stated), number=1, place="case").facts
    assert plain_facts(facts) == stated
    least = {"kind": "permit", "found_on": "2026-04-10"}
    assert plain_facts(read_record(json.dumps(least), number=1, place="").facts) == least


@pytest.mark.parametrize(
    ("amount", "written"), [("5000.00", "5000"), ("5E+3", "5000"), ("0.10", "0.1"), ("0", "0")]
)
def test_equal_amounts_make_equal_receipts(amount: str, written: str) -> None:
    facts = Facts(kind="penalty", found_on=date(2026, 4, 10), amount_yuan=Decimal(amount))
    assert plain_facts(facts)["amount_yuan"] == written


@pytest.mark.parametrize(
    ("text", "field", "en", "zh"),
    [
        ('{"kind": "penalty"}', "found_on", "missing", "缺少"),
        ('{"kind": "penalty", "found_on": "2026-04-10", "score": 3}', "score", "unknown field", "未知字段"),
        ('{"kind": "penalty", "found_on": 20260410}', "found_on", "valid date", "YYYY-MM-DD"),
        ('{"kind": "penalty", "found_on": "9999-12-31"}', "found_on", "lies outside", "不在"),
        ('{"kind": "penalty", "found_on": "2026-04-10", "amount_yuan": NaN}', "amount_yuan", "finite", "有限"),
        ('{"kind": "penalty", "found_on": "2026-04-10", "committed": "yes"}', "committed", "boolean", "true"),
        ("{", "", "JSON", "JSON"),
    ],
)  # fmt: skip
def test_unreadable_facts_are_refused_by_field_in_both_languages(
    text: str, field: str, en: str, zh: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read_record(text, number=1, place="facts.json")
    assert refused.value.fields[0][0] == field
    assert en in refused.value.message_en and zh in refused.value.message_zh
    assert str(refused.value).startswith("facts.json: ")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value that is no list and no object."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(value: object) -> object:
    """Another value of the same shape."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and value.startswith("20"):
        return value[:-1] + ("1" if value[-1] != "1" else "2")
    return f"{value}x"


ANSWERS = [path for path in leaves(json.loads(DATED)) if path[0] != "inputs"]


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: ".".join(map(str, path)))
def test_no_value_that_answers_can_be_changed_unseen(path: tuple[Any, ...]) -> None:
    document = json.loads(DATED)
    within = document
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = changed(within[path[-1]])
    with pytest.raises((ReplayFailed, Unreadable)) as failed:
        replay(rfc8785.dumps(document))
    assert failed.value.message_en and failed.value.message_zh


def test_another_question_with_the_same_answer_is_another_receipt() -> None:
    document = json.loads(DATED)
    document["inputs"]["on"] = "2026-09-02"
    assert replay(rfc8785.dumps(document)).digest != digest_of(DATED)


def test_what_differs_is_named_with_both_values() -> None:
    document = json.loads(DATED)
    document["result"]["eligible"] = True
    document["result"]["due"][0]["due_on"] = "2026-10-09"
    with pytest.raises(ReplayFailed) as failed:
        replay(rfc8785.dumps(document))
    assert failed.value.code == "receipt_differs"
    assert failed.value.differences == (
        ("result.due[0].due_on", "2026-10-09", "2026-10-08"),
        ("result.eligible", True, False),
    )


def test_bytes_that_an_editor_changed_are_refused() -> None:
    for content in (DATED + b"\n", json.dumps(json.loads(DATED), indent=1).encode()):
        with pytest.raises(ReplayFailed) as failed:
            replay(content)
        assert failed.value.code == "receipt_not_canonical"


def test_a_receipt_of_a_newer_engine_is_not_replayed() -> None:
    newer = receipt(decide(FACTS, pack=PACK, on=ON), pack=PACK, engine=ENGINE + 1)
    with pytest.raises(ReplayFailed) as failed:
        replay(newer)
    assert failed.value.code == "receipt_engine_newer"


def test_an_unknown_calendar_is_named() -> None:
    document = json.loads(DATED)
    document["calendar"]["version"] = "CN notices 2004-2099 sha256:00"
    with pytest.raises(ReplayFailed) as failed:
        replay(rfc8785.dumps(document))
    assert failed.value.code == "receipt_calendar_unknown"


def test_a_pack_that_is_no_longer_shipped_is_found_in_the_archive(tmp_path: Path) -> None:
    with pytest.raises(ReplayFailed) as failed:
        replay(DATED, packs=())
    assert failed.value.code == "receipt_pack_unknown"
    file = archive_pack(PACK, tmp_path / "archive")
    again = replay(DATED, packs=(), archive=tmp_path / "archive")
    assert (again.content, again.pack, again.starts) == (DATED, PACK, {"receipt": date(2026, 9, 28)})
    file.write_bytes(file.read_bytes().replace(b"S13", b"S14"))
    with pytest.raises(ArchiveRefused) as refused:
        archived_pack(PACK.digest, tmp_path / "archive")
    assert refused.value.code == "archive_digest"


def test_an_archived_pack_that_this_release_cannot_read_is_refused(tmp_path: Path) -> None:
    content = PACK.canonical.replace(b'"chosen":', b'"chosen_by_lot":')
    digest = digest_of(content)
    (tmp_path / f"{digest}.json").write_bytes(content)
    with pytest.raises(ArchiveRefused) as refused:
        archived_pack(digest, tmp_path)
    assert refused.value.code == "archive_unreadable"


def test_a_receipt_names_the_pack_that_decided() -> None:
    with pytest.raises(LawError) as refused:
        receipt(decide(FACTS, pack=PACK, on=ON), pack=load_pack("cn-ndrc-58-2023"))
    assert refused.value.code == "receipt_of_another_pack"


def test_the_schema_of_receipts_is_what_is_written() -> None:
    fields = ReceiptDocument.model_validate_json(DATED, strict=True).model_dump(
        mode="json", by_alias=True, exclude_unset=True
    )
    assert fields["result"] == json.loads(DATED)["result"]
