"""Sources annul, redact and correct: in order, once, their own records only, and with an event each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from goodstanding.intake import snapshot
from goodstanding.intake.contract import load_contract
from goodstanding.intake.models import Batch, Snapshot
from goodstanding.registry.commands import create_account
from goodstanding.registry.models import EarlyRemoval, Event, Record, RecordVersion, SourceFinding, Tombstone
from goodstanding.registry.queries import public_on
from tests.intake.change_files import LIST, key_of, own_contracts, send
from tests.intake.files import AT, TODAY, outcomes, penalty, reasons, take_in, write_csv
from tests.registry.factories import make_authority, make_entity, uscc

pytestmark = pytest.mark.usefixtures("database", "contracts")


@pytest.fixture
def contracts() -> Iterator[None]:
    with own_contracts():
        yield


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.bureau = make_authority()
        self.code = uscc()
        self.firm = make_entity(identifiers=(("uscc", self.code),))

    def row(self, number: int, **more: str) -> dict[str, str]:
        return penalty(number, self.code, self.firm.name, self.bureau, **more)

    def send(self, *rows: dict[str, str], **more: object) -> Batch:
        self.number += 1
        return send(self.folder / f"{self.number}.csv", rows, self.bureau, **more)  # type: ignore[arg-type]


@pytest.fixture
def stage(database: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def kinds(record: Record) -> list[str]:
    return list(Event.objects.filter(record=record).order_by("position").values_list("kind", flat=True))


def test_a_correction_of_a_correction_keeps_every_version(stage: Stage) -> None:
    batch = stage.send(
        stage.row(1, CF_NR_FK="0.2"),
        stage.row(1, CF_NR_FK="0.3", BGLX="更正"),
        stage.row(1, CF_NR_FK="0.4", BGLX="更正"),
    )
    assert outcomes(batch) == (1, 0, 2, 0), reasons(batch)
    record = Record.objects.get()
    assert kinds(record) == ["record.committed", "record.corrected", "record.corrected"]
    assert (record.version, record.amount_yuan) == (3, Decimal(4000))
    assert "BGLX" not in record.content["public"]
    assert [v.content["public"]["CF_NR_FK"] for v in RecordVersion.objects.order_by("version")] == [
        "0.2",
        "0.3",
    ]


def test_an_annulled_record_is_withdrawn_by_its_key_alone(stage: Stage) -> None:
    stage.send(stage.row(1), stage.row(2))
    only_keys = [key_of(stage.row(1), "撤销")]
    batch = stage.send(*only_keys, header=list(only_keys[0]))
    assert (batch.state, outcomes(batch)) == ("done", (0, 0, 1, 0)), (batch.error, reasons(batch))
    record = Record.objects.get(document_no__contains="〕1号")
    assert record.state == "withdrawn" and kinds(record) == ["record.committed", "record.withdrawn"]
    assert Tombstone.objects.get().record == record
    assert Record.objects.filter(public_on(TODAY)).count() == 1


def test_the_same_file_twice_changes_nothing(stage: Stage) -> None:
    rows = [
        stage.row(1),
        stage.row(2),
        stage.row(2, CF_NR_FK="0.9", BGLX="更正"),
        stage.row(3),
        stage.row(1, BGLX="撤销"),
        stage.row(3, BGLX="屏蔽"),
    ]
    first = stage.send(*rows)
    assert outcomes(first) == (3, 0, 3, 0), reasons(first)
    before = (
        list(Record.objects.order_by("pk").values()),
        Event.objects.count(),
        SourceFinding.objects.count(),
    )
    assert outcomes(stage.send(*rows)) == (0, 6, 0, 0)
    assert before == (
        list(Record.objects.order_by("pk").values()),
        Event.objects.count(),
        SourceFinding.objects.count(),
    )


def test_the_order_inside_a_file_is_kept(stage: Stage) -> None:
    batch = stage.send(stage.row(1), stage.row(1, BGLX="撤销"), stage.row(1, BZ="again"))
    assert outcomes(batch) == (1, 0, 1, 1)
    assert reasons(batch) == {4: ["tombstone.withdrawn"]}
    finding = SourceFinding.objects.get()
    assert (finding.kind, finding.row, finding.source) == ("same", 4, stage.bureau)
    assert batch.rejected_rows.get().values == [""] * len(batch.header), "nothing of it is kept"


def test_a_redacted_record_holds_nothing_and_its_history_can_still_be_proved(stage: Stage) -> None:
    stage.send(stage.row(1, CF_SY="甲乙丙丁的事实"), stage.row(1, CF_SY="戊己庚辛的事实", BGLX="更正"))
    before = Record.objects.get()
    batch = stage.send(key_of(stage.row(1), "删除"))
    assert outcomes(batch) == (0, 0, 1, 0), reasons(batch)
    record = Record.objects.get()
    assert record.state == "redacted" and record.content == {"public": {}, "personal": {}, "law": {}}
    assert (record.document_no, record.amount_yuan, record.measures) == ("", None, [])
    assert not RecordVersion.objects.exists()
    assert bytes(record.content_digest) == bytes(before.content_digest)
    events = Event.objects.filter(record=record).order_by("position")
    assert [event.kind for event in events] == ["record.committed", "record.corrected", "record.redacted"]
    assert all(event.salt for event in events), "no event holds content, so every one stays provable"
    assert "事实" not in str(list(Event.objects.values())) + str(list(Tombstone.objects.values()))
    again = stage.send(stage.row(1, CF_SY="甲乙丙丁的事实", CF_WSH="临市监罚(2026)1号-1"))
    assert reasons(again) == {2: ["tombstone.redacted"]}


def test_a_removal_that_comes_first_does_not_let_its_finding_in_silently(stage: Stage) -> None:
    batch = stage.send(key_of(stage.row(1), "撤销"))
    assert reasons(batch) == {2: ["change.unknown"]}
    assert EarlyRemoval.objects.get().source == stage.bureau
    batch = stage.send(stage.row(1), stage.row(2))
    assert reasons(batch) == {2: ["tombstone.early"]} and batch.committed == 1
    assert batch.rejected_rows.get().quarantined
    assert SourceFinding.objects.get().kind == "early"


def test_nobody_else_takes_a_record_back_or_corrects_it(stage: Stage) -> None:
    stage.send(stage.row(1))
    stranger = make_authority("别处市场监督管理局")
    row = stage.row(1)
    batch = send(
        stage.folder / "x.csv",
        [key_of(row, "撤销"), key_of(row, "删除"), row | {"BGLX": "更正", "CF_NR_FK": "9"}],
        stranger,
    )
    assert reasons(batch) == {row: ["change.not_yours"] for row in (2, 3, 4)}
    assert Record.objects.get().state == "published"
    batch = send(stage.folder / "y.csv", [key_of(stage.row(7), "撤销")], stranger)
    assert reasons(batch) == {2: ["change.unknown"]} and not EarlyRemoval.objects.exists()


def test_a_correction_of_nothing_is_refused(stage: Stage) -> None:
    batch = stage.send(stage.row(1, BGLX="更正"))
    assert reasons(batch) == {2: ["change.unknown"]}


def test_a_full_row_without_its_required_cells_is_still_refused(stage: Stage) -> None:
    batch = stage.send(key_of(stage.row(1), "新增"), key_of(stage.row(1), "也许"))
    assert "column.missing_value" in reasons(batch)[2]
    assert "column.not_in_code_list" in reasons(batch)[3]


def test_what_is_missing_from_a_list_ends_and_comes_back_as_a_new_spell(stage: Stage) -> None:
    rows = [stage.row(n) for n in range(1, 7)]
    assert outcomes(stage.send(*rows, contract=LIST)) == (6, 0, 0, 0)
    assert outcomes(stage.send(*rows[1:], contract=LIST)) == (0, 5, 0, 0)
    gone = Record.objects.get(state="ended")
    assert gone.publish_until == TODAY and not Record.objects.filter(public_on(TODAY), pk=gone.pk).exists()
    assert outcomes(stage.send(*rows[1:], contract=LIST)) == (0, 5, 0, 0)
    back = stage.send(*rows, contract=LIST)
    assert outcomes(back) == (0, 5, 1, 0), reasons(back)
    gone.refresh_from_db()
    assert (gone.state, gone.version) == ("published", 2)
    assert kinds(gone) == ["record.committed", "record.ended", "record.relisted"]
    other = take_in(
        write_csv(stage.folder / "o.csv", "double-publicity-penalties", rows),
        "double-publicity-penalties",
        stage.bureau,
    )
    assert outcomes(other) == (0, 6, 0, 0)


def test_a_much_shorter_list_is_held_and_ends_nothing(stage: Stage) -> None:
    rows = [stage.row(n) for n in range(1, 11)]
    stage.send(*rows, contract=LIST)
    batch = stage.send(*rows[:4], contract=LIST)
    assert batch.state == "held" and batch.next_row == 0
    assert Record.objects.filter(state="published").count() == 10


def test_a_list_of_other_findings_waits_until_the_operator_settles_it(stage: Stage) -> None:
    stage.send(*[stage.row(n) for n in range(1, 11)], contract=LIST)
    batch = stage.send(*[stage.row(n) for n in range(101, 111)], contract=LIST)
    (waiting,) = snapshot.waiting()
    assert (batch.state, waiting.batch, waiting.missing) == ("done", batch, 10)
    assert Record.objects.filter(state="published").count() == 20
    operator = create_account(username="operator", password=None, role="operator")
    settled = snapshot.settle(batch, contract=load_contract(LIST), today=TODAY, at=AT, account_id=operator.pk)
    assert settled is not None and settled.state == "settled"
    assert Record.objects.filter(state="published").count() == 10


def test_a_rejected_row_is_on_the_list_nevertheless(stage: Stage) -> None:
    rows = [stage.row(n) for n in range(1, 7)]
    stage.send(*rows, contract=LIST)
    batch = stage.send(rows[0] | {"CF_YJ": ""}, *rows[2:], contract=LIST)
    settled = Snapshot.objects.get(batch=batch)
    assert (batch.rejected, settled.spared, settled.missing) == (1, 1, 1)
    assert Record.objects.filter(state="ended").get().document_no == rows[1]["CF_WSH"]
