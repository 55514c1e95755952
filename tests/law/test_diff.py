"""What a change of law would do, equal to deciding every record again by both packs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.law import Facts, FactsRefused, all_packs, classify, decide, load_pack
from goodstanding.law.diff import changed, compare, plain_difference
from goodstanding.law.errors import LawError
from goodstanding.law.receipts.plain import Unreadable
from goodstanding.law.records import Record, read_records
from tests.law.any_case import DAYS, any_case

OLD, NEW = load_pack("cn-ndrc-58-2023"), load_pack("cn-ndrc-36-2025")
SERIOUS = load_pack(NEW.id, switches={"suspension_class": "serious"})
ON = date(2026, 9, 1)


@settings(deadline=None)
@given(st.data())
def test_the_totals_equal_deciding_every_record_again(data: st.DataObject) -> None:
    packs = st.sampled_from([*all_packs(), SERIOUS])
    before, after, on = data.draw(packs), data.draw(packs), data.draw(DAYS)
    records = data.draw(st.lists(any_case(before) | any_case(after), max_size=12))
    found = compare(
        [(str(number), facts) for number, facts in enumerate(records)], before=before, after=after, on=on
    )
    effects: Counter[str] = Counter()
    flips: list[str] = []
    for number, facts in enumerate(records):
        try:
            old, new = decide(facts, pack=before, on=on), decide(facts, pack=after, on=on)
        except FactsRefused:
            continue
        one, other = classify(facts, pack=before), classify(facts, pack=after)
        last = date.max
        effects["class_changed"] += one.severity != other.severity
        effects["no_longer_published"] += one.published and not other.published
        effects["newly_published"] += other.published and not one.published
        if one.published and other.published:
            effects["ends_earlier"] += (other.publish_until or last) < (one.publish_until or last)
            effects["ends_later"] += (other.publish_until or last) > (one.publish_until or last)
        if one.severity and other.severity:
            effects["restorable_earlier"] += (other.restorable_from or last) < (one.restorable_from or last)
            effects["restorable_later"] += (other.restorable_from or last) > (one.restorable_from or last)
        public, would_be = old.publication == "published", new.publication == "published"
        effects["leaves_publication"] += public and not would_be
        effects["enters_publication"] += would_be and not public
        effects["becomes_eligible"] += new.eligible and not old.eligible
        effects["ceases_to_be_eligible"] += old.eligible and not new.eligible
        if old.eligible != new.eligible:
            flips.append(str(number))
    counted = {name: count for name, count in found.effects.items() if not name.startswith("refused")}
    assert counted == {name: count for name, count in effects.items() if count}
    assert found.records == len(records) == sum(found.outcomes.values()) == sum(t.count for t in found.totals)
    shown = found.examples.get("becomes_eligible", []) + found.examples.get("ceases_to_be_eligible", [])
    assert {change.id for change in shown} <= set(flips)
    assert json.loads(json.dumps(plain_difference(found)))["records"] == len(records)


@settings(deadline=None)
@given(st.data())
def test_the_other_way_round_gains_are_losses(data: st.DataObject) -> None:
    facts, on = data.draw(any_case(NEW)), data.draw(DAYS)
    forth = changed("1", facts, before=OLD, after=NEW, on=on)
    back = changed("1", facts, before=NEW, after=OLD, on=on)
    turned = {"gains": "loses", "loses": "gains", "mixed": "mixed", "same": "same"}
    assert back.outcome == turned[forth.outcome]
    assert changed("1", facts, before=NEW, after=NEW, on=on).effects == ()


def test_a_harsher_reading_of_suspensions_is_a_loss_with_its_example() -> None:
    suspension = Facts(
        kind="penalty",
        measures=frozenset({"suspension"}),
        found_on=date(2026, 4, 10),
        performed_on=date(2026, 5, 1),
        committed=True,
    )
    warning = replace(suspension, measures=frozenset({"warning"}))
    found = compare([("a", suspension), ("b", warning)], before=NEW, after=SERIOUS, on=ON)
    assert dict(found.outcomes) == {"loses": 1, "same": 1}
    assert set(found.effects) == {"class_changed", "ends_later", "restorable_later", "ceases_to_be_eligible"}
    (flipped,) = found.examples["ceases_to_be_eligible"]
    assert (flipped.id, flipped.before and flipped.before.eligible) == ("a", True)
    assert [
        (total.kind, total.severity_before, total.severity_after, total.count) for total in found.totals
    ] == [
        ("penalty", "minor", "minor", 1),
        ("penalty", "ordinary", "serious", 1),
    ]


def test_a_record_that_only_one_pack_knows_is_counted_as_refused() -> None:
    permit = Facts(kind="abnormal_list", found_on=date(2026, 4, 10))
    found = compare([("a", permit)], before=load_pack("us-fcra"), after=NEW, on=ON)
    assert dict(found.effects) == {"refused_before": 1}
    assert found.examples["refused_before"][0].refused == "unknown_kind"


def test_records_of_parquet_and_of_json_lines_are_the_same(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="needs the extra columns")
    from pyarrow.parquet import write_table

    rows = [
        {"id": "a", "kind": "penalty", "measures": ["fine"], "found_on": date(2026, 4, 10),
         "amount_yuan": Decimal("5000.50"), "committed": None, "town": "Linhu"},
        {"id": "b", "kind": "penalty", "measures": None, "found_on": date(2026, 4, 11),
         "amount_yuan": None, "committed": True, "town": "Linhu"},
        {"id": "c", "kind": "Penalty", "measures": [], "found_on": date(2026, 4, 11),
         "amount_yuan": None, "committed": True, "town": None},
        {"id": "d", "kind": "penalty", "measures": [], "found_on": None,
         "amount_yuan": None, "committed": True, "town": None},
    ]  # fmt: skip
    write_table(arrow.Table.from_pylist(rows), tmp_path / "records.parquet")
    (tmp_path / "records.jsonl").write_text(
        '{"id": "a", "kind": "penalty", "measures": ["fine"], "found_on": "2026-04-10", "amount_yuan": "5000.5"}\n'
        "\n"
        '{"id": "b", "kind": "penalty", "found_on": "2026-04-11", "committed": true}\n'
        '{"id": "c", "kind": "Penalty", "found_on": "2026-04-11"}\n'
        '{"id": "d", "kind": "penalty"}\n'
    )
    columns, lines = (list(read_records(tmp_path / name)) for name in ("records.parquet", "records.jsonl"))
    assert [one.facts for one in columns if isinstance(one, Record)] == [
        one.facts for one in lines if isinstance(one, Record)
    ]
    assert [one.id for one in columns if isinstance(one, Record)] == ["a", "b"]
    bad = [one for one in columns if isinstance(one, Unreadable)]
    assert [(one.place, one.fields[0][0]) for one in bad] == [
        ("records.parquet: row 3", "kind"),
        ("records.parquet: row 4", "found_on"),
    ]
    assert [one.place for one in lines if isinstance(one, Unreadable)] == [
        "records.jsonl:4",
        "records.jsonl:5",
    ]


def test_what_is_no_parquet_and_a_missing_extra_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "records.parquet"
    path.write_bytes(b"kind,found_on\n")
    with pytest.raises(LawError) as refused:
        list(read_records(path))
    assert refused.value.code == "not_parquet"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LawError) as refused:
        list(read_records(path))
    assert refused.value.code == "extra_missing" and "goodstanding[columns]" in str(refused.value)
