"""Every reader shows exactly what is left: 1,000 inserted, 100 corrected, 50 taken back, everything sent twice.

Of the 50, 5 are named by their key only, 5 have children (versions, a case, a reading) and 5 are sent in again. What
is left is told from the plan alone; each reader gives what it shows as a set of (number, amount).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from goodstanding.casework import objections
from goodstanding.exchange import queries as exchange
from goodstanding.exchange.envelope import feed_document
from goodstanding.exchange.mirror import Mirror
from goodstanding.exchange.models import Subscriber
from goodstanding.intake import queries as intake
from goodstanding.intake.models import Batch
from goodstanding.registry import commands, queries
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Account, Authority, Entity, Record, RecordVersion
from goodstanding.registry.report import report_for
from tests.exchange.stage import make_subscriber, seal_all, serving, today, token_of
from tests.intake.change_files import key_of, own_contracts, send
from tests.intake.files import AT, TODAY, outcomes, penalty
from tests.registry.factories import make_authority, make_entity, uscc

Shown = set[tuple[str, Decimal]]
INSERTED, CORRECTED, FIRMS = 1_000, 100, 50
#: Numbers that are taken back: by full row, by key only, with children, and those of them that are sent again.
BY_ROW, BY_KEY, WITH_CHILDREN = range(100, 140), range(140, 145), range(0, 5)
AGAIN = range(100, 105)
ERASED = range(120, 130)


@dataclass
class Story:
    """The files in their order, and who reads."""

    folder: Path
    bureau: Authority
    firms: list[Entity]
    codes: list[str]
    subscriber: Subscriber
    key: bytes

    def row(self, number: int, **more: str) -> dict[str, str]:
        at = number % FIRMS
        return penalty(number, self.codes[at], self.firms[at].name, self.bureau, **more)

    def files(self) -> list[list[dict[str, str]]]:
        taken_back = [self.row(n, BGLX="屏蔽" if n in ERASED else "撤销") for n in BY_ROW]
        taken_back += [key_of(self.row(n), "撤销") for n in BY_KEY]
        taken_back += [self.row(n, BGLX="撤销") for n in WITH_CHILDREN]
        return [
            [self.row(n) for n in range(INSERTED)],
            [self.row(n, CF_NR_FK="0.7", BGLX="更正") for n in range(CORRECTED)],
            taken_back,
            [self.row(n) for n in AGAIN],
        ]


def left(story: Story) -> Shown:
    """What the plan leaves."""
    gone = {*BY_ROW, *BY_KEY, *WITH_CHILDREN}
    assert len(gone) == 50
    return {
        (story.row(n)["CF_WSH"], Decimal("7000.00") if n < CORRECTED else Decimal("2000.00"))
        for n in range(INSERTED)
        if n not in gone
    }


def _give_children(story: Story) -> None:
    for number in WITH_CHILDREN:
        record = Record.objects.get(document_no=story.row(number)["CF_WSH"])
        account = commands.create_account(
            username=f"firm{number}", password=None, role=Account.Role.ENTITY, entity=record.entity
        )
        actor = Actor(role="entity", account_id=account.pk, entity_id=record.entity_id)
        objections.object_to(
            actor=actor,
            record=record.public_id,
            grounds="facts_wrong",
            statement="认定的事实与实际情况不符，请予以核查。",
            key=uuid.uuid4(),
            at=AT,
            today=TODAY,
        )
        commands.note_reading(
            actor=actor, entity=record.entity, purpose="credit", legal_basis="own", at=AT, records=[record]
        )


@pytest.fixture(scope="module", params=[1, 2], ids=["once", "twice"])
def story(
    request: pytest.FixtureRequest, module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("conformance")
    with own_contracts():
        if request.param == 1:
            codes = [uscc() for _ in range(FIRMS)]
            firms = [
                make_entity(f"临湖市第{n}商贸有限公司", identifiers=(("uscc", code),))
                for n, code in enumerate(codes)
            ]
            subscriber, key = make_subscriber()
            made = Story(folder, make_authority(), firms, codes, subscriber, key)
            request.session.stash[_STORY] = made
        made = request.session.stash[_STORY]
        before = Record.objects.count(), RecordVersion.objects.count(), queries.counts()["records"]
        for number, rows in enumerate(made.files()):
            batch = send(made.folder / f"{number}.csv", rows, made.bureau)
            assert batch.state == "done", batch.error
            if request.param == 1:
                expected = [(1_000, 0, 0, 0), (0, 0, 100, 0), (0, 0, 50, 0), (0, 0, 0, 5)][number]
                assert outcomes(batch) == expected, intake.counts_by_reason(batch)
            if request.param == 1 and number == 1:
                _give_children(made)
        if request.param == 2:
            after = Record.objects.count(), RecordVersion.objects.count(), queries.counts()["records"]
            assert before == after
        seal_all()
        yield made


_STORY = pytest.StashKey[Story]()


def _of(records: list[Record]) -> Shown:
    return {(record.document_no, record.amount_yuan or Decimal(0)) for record in records}


def by_query(story: Story, folder: Path) -> Shown:
    return _of(list(queries.records_visible_to(PUBLIC, on=TODAY)))


def by_operator(story: Story, folder: Path) -> Shown:
    """The operator sees removed records too, as removed; redacted ones hold nothing."""
    seen = list(queries.records_visible_to(Actor(role="operator", account_id=1), on=TODAY))
    assert all(not r.content["public"] and not r.document_no for r in seen if r.state == "redacted")
    assert sum(record.state == "redacted" for record in seen) == len(ERASED)
    return _of([record for record in seen if record.state == "published"])


def by_report(story: Story, folder: Path) -> Shown:
    shown: Shown = set()
    for firm in story.firms:
        shown |= _of(report_for(PUBLIC, firm.public_id, on=TODAY).records)
    return shown


def by_search(story: Story, folder: Path) -> Shown:
    """Search counts what it shows; the report names it."""
    hits = [queries.search(code, on=TODAY)[0] for code in story.codes]
    assert sum(hit.records for hit in hits) == INSERTED - 50
    return by_report(story, folder)


def by_feed(story: Story, folder: Path) -> Shown:
    held: dict[str, dict[str, str]] = {}
    after = 0
    while True:
        page = exchange.feed(subscriber=story.subscriber, after=after, limit=700, on=today())
        if not page.entries:
            break
        document = feed_document(page, subscriber=story.subscriber, origin=settings.LOG_ORIGIN)
        for entry in json.loads(json.dumps(document))["entries"]:
            if entry.get("removal"):
                held.pop(entry["event"]["subject"], None)
            elif "record" in entry:
                held[entry["record"]["id"]] = entry["record"]
        after = page.position
    return {(record["document_no"], Decimal(record["amount_yuan"])) for record in held.values()}


def by_mirror(story: Story, folder: Path) -> Shown:
    with serving() as url:
        mirror = Mirror(url, token_of(story.subscriber), folder / "mirror.sqlite3", story.key)
        mirror.follow_once()
        documents = [holding.document for holding in mirror.holdings() if holding.document]
        mirror.close()
    return {(document["document_no"], Decimal(document["amount_yuan"])) for document in documents}


def by_lake(story: Story, folder: Path) -> Shown:
    """The lake's own way: what was reported in each file, each file appended twice, what was erased redacted."""
    lake_package = pytest.importorskip("goodstanding.intake.lake", reason="the extra lake is not installed")
    duckdb = pytest.importorskip("duckdb", reason="the extra columns is not installed")
    pa = pytest.importorskip("pyarrow", reason="the extra columns is not installed")
    from tests.intake import lake_rows

    lake = lake_package.open_lake(folder=folder / "lake", buckets=16)
    versions: dict[int, int] = {}
    changes = {"更正": "correct", "撤销": "annul", "屏蔽": "redact"}
    for file, rows in enumerate(story.files()[:3]):
        batch = lake_rows.batch_id(file + 1)
        table = []
        for at, row in enumerate(rows):
            number = int(row["CF_WSH"].split("〕")[1].removesuffix("号"))
            versions[number] = versions.get(number, 0) + 1
            entity = lake_rows.entity_id(number % FIRMS)
            change = changes.get(row.get("BGLX", ""), "report")
            made = lake_rows.row(
                entity=entity, record=number, version=versions[number], batch=batch, at=at, change=change
            )
            amount = Decimal(row.get("CF_NR_FK") or 0) * 10_000
            table.append(made | {"document_no": row["CF_WSH"], "amount_yuan": amount})
        connection = duckdb.connect()
        connection.register("given", pa.Table.from_pylist(table, schema=lake_package.SCHEMA))
        connection.execute("CREATE TABLE reported AS SELECT * FROM given")
        files = lake_package.write_batch(
            connection, table="reported", folder=lake_package.new_folder(lake, batch)
        )
        for _ in range(2):
            lake_package.append(lake, batch=batch, files=files)
    keys = [row["natural_key"] for row in table if row["change"] == "redact"]
    lake_package.redact(lake, keys)
    connection = duckdb.connect()
    everything = lake_package.duckdb_relation(connection, lake_package.plan(lake))
    connection.register("everything", everything.to_arrow_table())
    held = connection.execute(lake_package.current_sql("everything")).to_arrow_table().to_pylist()
    return {(row["document_no"], Decimal(row["amount_yuan"])) for row in held}


def _asked() -> Client:
    return Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE="zh-hans")


def by_api_report(story: Story, folder: Path) -> Shown:
    client, shown = _asked(), set()
    for firm in story.firms:
        document = client.get(f"/api/v1/entities/{firm.public_id}").json()
        assert document["total"] == len(document["records"])
        shown |= {(each["document_no"], Decimal(each["amount_yuan"])) for each in document["records"]}
    return shown


def by_api_record(story: Story, folder: Path) -> Shown:
    """Each record under its own address."""
    client, shown = _asked(), set()
    for public_id in Record.objects.values_list("public_id", flat=True):
        answer = client.get(f"/api/v1/records/{public_id}")
        if answer.status_code == 200:
            document = answer.json()
            shown.add((document["document_no"], Decimal(document["amount_yuan"])))
    return shown


def _on_page(page: str) -> Shown:
    """The records of a page in Chinese: each number as a heading, its amount in the list below."""
    pairs = re.findall(
        r">(临市监罚〔2026〕\d+号)</(?:a|h1)>.*?<dt>罚款金额</dt><dd>([\d,]+) 元</dd>", page, re.S
    )
    assert len(pairs) == len(re.findall(r"<dt>罚款金额</dt>", page))
    return {(number, Decimal(amount.replace(",", ""))) for number, amount in pairs}


def by_page_of_the_entity(story: Story, folder: Path) -> Shown:
    client, shown = _asked(), set()
    for firm in story.firms:
        shown |= _on_page(client.get(f"/entity/{firm.public_id}").content.decode())
    return shown


READERS: tuple[Callable[[Story, Path], Shown], ...] = (
    by_query,
    by_operator,
    by_report,
    by_search,
    by_feed,
    by_mirror,
    by_lake,
    by_api_report,
    by_api_record,
    by_page_of_the_entity,
)


@pytest.mark.parametrize("reader", READERS, ids=[reader.__name__ for reader in READERS])
def test_a_reader_shows_exactly_what_is_left(
    story: Story, tmp_path: Path, reader: Callable[[Story, Path], Shown]
) -> None:
    assert reader(story, tmp_path) == left(story)


def test_nothing_is_at_the_addresses_of_what_was_taken_back(story: Story) -> None:
    client = _asked()
    gone = Record.objects.filter(state__in=("withdrawn", "redacted")).values_list("public_id", flat=True)
    assert len(gone) == 50
    for public_id in gone:
        for address in (
            f"/record/{public_id}",
            f"/api/v1/records/{public_id}",
            f"/api/v1/records/{public_id}/proof",
        ):
            assert client.get(address).status_code == 404


def test_no_file_that_is_given_out_holds_what_was_taken_back(story: Story) -> None:
    """Records leave as CSV only as rows that came back; a removed record that was sent again is not among them."""
    again = Batch.objects.filter(name="3.csv")
    assert len(AGAIN) in [batch.rejected for batch in again]
    gone = [story.row(number)["CF_WSH"] for number in (*BY_ROW, *BY_KEY, *WITH_CHILDREN)]
    for batch in Batch.objects.all():
        given = b"".join(intake.returned_file(batch)).decode("utf-8-sig")
        assert not [number for number in gone if number in given]


def test_children_of_what_was_taken_back_stay(story: Story) -> None:
    for number in WITH_CHILDREN:
        record = Record.objects.get(document_no=story.row(number)["CF_WSH"])
        assert record.state == "withdrawn" and not record.disputed
        assert record.versions.count() == 1 and record.cases.count() == 1
