"""Files for the registry through the columns: whatever they hold, they end as row by row, and exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from goodstanding.intake import commands, engine
from goodstanding.intake.contract import load_contract
from goodstanding.intake.models import Batch
from goodstanding.registry.commands import create_authority, mark_disputed, restore, withdraw
from goodstanding.registry.models import Authority, Entity, Event, Record, RecordVersion, Salt
from goodstanding.site.embedded_postgres import Cluster
from goodstanding.world import generate
from tests.intake.files import AT, TODAY, clock, header_of, outcomes, penalty, receive, take_in, write_csv
from tests.intake.two_ways import assert_same, both_ways, through
from tests.registry.factories import make_authority, make_entity, uscc

ON = date(2026, 6, 1)
PENALTIES, LIST = "double-publicity-penalties", "abnormal-list"
PERSON = "11010519491231002X"


def sender(file: dict[str, Any]) -> Authority:
    return Authority.objects.get(code=file["authority"])


def name_of(address: str) -> str:
    """The name of the database at an address, with nobody connected to it any more."""
    connections["default"].close()
    return address.rsplit("/", 1)[1].split("?")[0]


def test_a_city_ends_the_same_both_ways(server: Cluster, database: str, tmp_path: Path) -> None:
    """Every file of it, of every form, cut into portions; then one of them once more."""
    generate(tmp_path, entities=300, seed=20261123, on=ON, records=1_200)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for authority in manifest["authorities"]:
        create_authority(**authority)
    register, *files = [file for file in manifest["files"] if file["contract"] != "utility-payments"]
    take_in(tmp_path / register["path"], register["contract"], sender(register), today=ON)
    entities = Entity.objects.order_by("-pk")[0].pk

    def story() -> None:
        for file in [*files, files[0]]:
            batch = take_in(tmp_path / file["path"], file["contract"], sender(file), today=ON, chunk=170)
            assert batch.state == "done", batch.error

    rows, columns, plain = both_ways(server, name_of(database), story, entities=entities)
    assert_same(rows, columns)
    assert rows["records"] and rows["rejected rows"]
    taken = sum(file["rows"] for file in [*files, files[0]])
    assert sum(plain) > 0.6 * taken, (plain, taken)


class Town:
    """Organisations, a shop and a bureau, and the rows that the bureau writes of them."""

    def __init__(self) -> None:
        self.bureau = make_authority()
        names = ("天成商贸有限公司", "张建国建材有限公司", "云泽食品有限公司", "宏达运输有限公司")
        self.firms = [make_entity(f"临湖市{name}") for name in names]
        self.shop = make_entity("临湖市王小明修理铺", kind="individual_business")
        self.renamed = make_entity("临湖市新名贸易有限公司", former_names=("临湖市旧名贸易有限公司",))
        older = (("uscc", uscc()), ("registration_no", "980102000000017"))
        self.old = make_entity("临湖市老号码有限公司", identifiers=older)
        self.last = Entity.objects.order_by("-pk")[0].pk

    def row(self, number: int, about: Entity | None = None, **more: str) -> dict[str, str]:
        entity = about or self.firms[number % len(self.firms)]
        kind = {} if entity.kind == "organisation" else {"CF_XDR_LB": "个体工商户"}
        code = entity.identifiers.get(scheme="uscc").value
        return penalty(number, code, entity.name, self.bureau, **(kind | more))

    def person(self, number: int, name: str, **more: str) -> dict[str, str]:
        cells = {"CF_XDR_LB": "自然人", "CF_XDR_ZJHM": PERSON, "CF_FRDB": "", "CF_FR_ZJHM": ""}
        return penalty(number, "", name, self.bureau, **(cells | more))

    def mixed(self) -> list[dict[str, str]]:
        """Rows of every kind: plain ones, odd ones, wrong ones, the same again, and others for the same key."""
        row, firm = self.row, self.firms[0]
        return [
            *(row(number) for number in range(1, 9)),
            row(1),  # the same again
            row(2, CF_NR_FK="9"),  # another amount under the same key
            row(2),  # and back
            row(3, CF_WSH="临市监罚〔2026〕３号"),  # the same document in full width
            row(10, CF_JDRQ="2026年5月3日", CF_NR_FK="0.20"),
            row(11, CF_JDRQ="soon"),
            row(12, CF_CFLB="行政拘留"),
            row(13, CF_WFXW=""),
            row(14, CF_SY="=1+1"),
            row(15, CF_SY='他说"好"，\n又说\\不好'),
            row(16, CF_XDR_MC="临湖市别的公司"),
            row(17, CF_XDR_SHXYM=uscc(999_001)),
            row(18, CF_XDR_SHXYM=firm.identifiers.get(scheme="uscc").value.lower() + " "),
            row(19, self.renamed, CF_XDR_MC="临湖市旧名贸易有限公司"),
            row(20, self.old, CF_XDR_SHXYM="980102000000017"),
            row(21, self.shop, CF_SY="临湖市王小明修理铺占道。"),
            row(22, self.shop, CF_SY="占道经营。"),
            row(23, self.firms[1], CF_FRDB="张建国", CF_SY="张建国经营。"),
            row(24, CF_SY=f"身份证号{PERSON}。"),
            row(25, CF_CFJGDM=uscc(999_002)),
            row(26, CF_YXQ="2020-01-01"),
            row(27, CF_YXQ="", CF_NR_FK=""),
            self.person(30, "王小明"),
            self.person(31, "王 小明"),
            self.person(32, "李大有"),
            self.person(33, "赵四方", CF_XDR_ZJHM="440524188001010014", CF_CFLB="行政拘留"),
            self.person(34, "无名氏", CF_XDR_ZJHM="1"),
        ]


def test_rows_of_every_kind_and_files_of_every_fate(server: Cluster, database: str, tmp_path: Path) -> None:
    town = Town()
    first = write_csv(tmp_path / "first.csv", PENALTIES, town.mixed())
    with first.open("a", encoding="utf-8") as file:
        file.write("too,few\n" + ",".join(["x"] * (len(header_of(PENALTIES)) + 1)) + "\n")
    changed = [town.row(number, CF_NR_FK="7") for number in (8, 7, 6)] + [town.row(40)]
    second = write_csv(tmp_path / "second.csv", PENALTIES, changed, encoding="gb18030")
    firms = [
        town.row(5),  # restored
        town.row(5, CF_NR_FK="3"),
        town.row(5, CF_WSH="临市监罚〔2026〕5号-1"),
        town.row(5, CF_WSH="临市监罚字〔2026〕第5号", CF_SY="别的说法。"),
        town.row(6, CF_NR_FK="7"),  # withdrawn
        town.row(7, CF_NR_FK="8"),  # disputed
        town.row(5, CF_WSH="临市监罚〔2026〕5号-1", CF_JDRQ="2026-05-02"),  # of another day
        town.row(41, town.firms[2], CF_SY="占用消防通道。", CF_WFXW="占用消防通道", CF_JDRQ="2026-04-07"),
    ]
    third = write_csv(tmp_path / "third.csv", PENALTIES, firms)
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"CF_XDR_MC,CF_XDR_SHXYM\n\xff\xfe\xff")

    def story() -> None:
        taken = [take_in(first, PENALTIES, town.bureau, chunk=7)]
        taken.append(take_in(first, PENALTIES, town.bureau, chunk=7))
        stated = commands.receive(
            path=second,
            name=second.name,
            contract=PENALTIES,
            authority_id=town.bureau.pk,
            account_id=None,
            at=AT,
            encoding="gb18030",
        )
        taken.append(commands.run(stated.pk, today=TODAY, at_clock=clock, chunk=2))
        numbered = {record.document_no: record.pk for record in Record.objects.order_by("pk")}
        restore(record_id=numbered["临市监罚〔2026〕5号"], at=AT)
        withdraw(record_id=numbered["临市监罚〔2026〕6号"], at=AT)
        mark_disputed(record_id=numbered["临市监罚〔2026〕7号"], disputed=True, at=AT)
        taken.append(take_in(third, PENALTIES, town.bureau, chunk=3))
        taken.append(take_in(third, PENALTIES, town.bureau))
        assert [batch.state for batch in taken] == ["done"] * 5
        assert take_in(broken, PENALTIES, town.bureau).state == "failed"

    rows, columns, plain = both_ways(server, name_of(database), story, entities=town.last)
    assert_same(rows, columns)
    kinds = {event[1] for event in rows["events"]}
    assert {"record.committed", "record.superseded", "entity.registered", "source.finding"} <= kinds
    assert plain[0] >= 15 and plain[2] == 4 and plain[3] == 8, plain
    codes = {why["code"] for row in rows["rejected rows"] for why in json.loads(row[3])}
    assert {"tombstone.restored", "tombstone.withdrawn", "tombstone.alike", "row.column_count"} <= codes, (
        codes
    )


def test_only_files_worth_it_of_contracts_that_report_go_through_the_columns() -> None:
    reports, registers = load_contract(PENALTIES), load_contract("registration")
    assert engine.through_columns(reports, rows=engine.WORTH_COLUMNS)
    assert not engine.through_columns(reports, rows=engine.WORTH_COLUMNS - 1)
    assert not engine.through_columns(registers, rows=10**9)


def test_without_the_columns_everything_goes_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BULK_ENGINE", "rows")
    assert not engine.through_columns(load_contract(PENALTIES), rows=10**9)


RUN = """
import os, sys
import django
from django.conf import settings
import goodstanding.site.settings
os.environ["DJANGO_SETTINGS_MODULE"] = "goodstanding.site.settings"
django.setup()
settings.INTAKE_FOLDER = __import__("pathlib").Path(sys.argv[2])
from goodstanding.intake import commands, engine
from tests.intake.files import TODAY, clock
engine.WORTH_COLUMNS = 0
print("up", flush=True)
commands.run(int(sys.argv[1]), today=TODAY, at_clock=clock, chunk=int(sys.argv[3]))
"""


def start(batch: Batch, database: str, *, chunk: int) -> subprocess.Popen[str]:
    given = [str(batch.pk), str(settings.INTAKE_FOLDER), str(chunk)]
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *given],
        env=os.environ | {"DATABASE_URL": database},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def own_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "INTAKE_FOLDER", tmp_path / "inbox")


def many(town: Town, rows: int, **more: str) -> list[dict[str, str]]:
    """Rows of which every tenth is about a person and every twentieth is wrong."""
    found = []
    for number in range(1, rows + 1):
        made = town.person(number, "王小明") if number % 10 == 0 else town.row(number, **more)
        found.append(made | ({"CF_JDRQ": "soon"} if number % 20 == 3 else {}))
    return found


@pytest.mark.crash
def test_a_batch_that_is_killed_at_any_point_is_taken_in_once(
    tmp_path: Path, database: str, own_inbox: None
) -> None:
    town, rows = Town(), 3_000
    batch = receive(write_csv(tmp_path / "a.csv", PENALTIES, many(town, rows)), PENALTIES, town.bureau)
    dice, before, amid = random.Random(7), 0, 0
    for turn in range(8):
        child = start(batch, database, chunk=100)
        assert child.stdout is not None and child.stdout.readline() == "up\n"
        taken = batch.next_row
        while turn % 4 and child.poll() is None and batch.next_row == taken:  # at least one commit of its own
            time.sleep(0.02)
            batch.refresh_from_db()
        time.sleep(dice.uniform(0.0, 0.3 if turn % 4 else 2.0))
        child.send_signal(signal.SIGKILL)
        child.wait()
        batch.refresh_from_db()
        before, amid = before + (batch.next_row == taken), amid + (taken < batch.next_row < rows)
    with through("duckdb") as plain:
        done = commands.run(batch.pk, today=TODAY, at_clock=clock)
    assert (done.state, outcomes(done)) == ("done", (2_850, 0, 0, 150)), done.error
    assert before >= 1 and amid >= 3, "kills must hit the batch before and between its commits"
    assert len(plain) <= 1
    assert done.rejected_rows.count() == 150 and Record.objects.count() == 2_850
    assert not RecordVersion.objects.exists()
    kinds = list(Event.objects.filter(batch_events(town)).values_list("kind", flat=True))
    assert kinds.count("record.committed") == 2_850 and kinds.count("entity.registered") == 1
    assert Salt.objects.count() == Event.objects.count()
    assert not list((Path(settings.INTAKE_FOLDER).parent / "making").glob("*")), "nothing is left behind"


def batch_events(town: Town) -> Any:
    from django.db.models import Q

    return Q(record__isnull=False) | Q(entity_id__gt=town.last)


@pytest.mark.concurrency
def test_two_batches_at_once_with_the_same_findings_hold_each_once(
    tmp_path: Path, database: str, own_inbox: None
) -> None:
    town = Town()
    both = [
        receive(
            write_csv(tmp_path / f"{n}.csv", PENALTIES, many(town, 400, CF_NR_FK=str(n))),
            PENALTIES,
            town.bureau,
        )
        for n in (1, 2)
    ]
    children = [start(batch, database, chunk=50) for batch in both]
    assert [child.wait(120) for child in children] == [0, 0]
    for batch in both:
        batch.refresh_from_db()
        assert batch.state == "done" and batch.rejected == 20
    assert sum(batch.committed for batch in both) == Record.objects.count() == 380
    superseding = sum(batch.superseding for batch in both)
    assert superseding == RecordVersion.objects.count() > 0
    assert Event.objects.filter(record__isnull=False).count() == 380 + superseding
