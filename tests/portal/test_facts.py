"""Facts on the pages: seen by those whose they are, objected to, proved; and the catalogue for everyone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from goodstanding import proof
from goodstanding.casework.models import Case
from goodstanding.intake import commands as intake
from goodstanding.intake import facts
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.models import Authority, Entity, Reading, Record
from goodstanding.site.worker import seal_all
from tests.intake.files import receive, write_csv

from .stories import Town, signed_in
from .test_public_pages import counted_queries

CONTRACT = "utility-payments"
pytestmark = pytest.mark.usefixtures("own_lake")


def deliver(folder: Path, authority: Authority, entity: Entity, *, first: int, count: int) -> None:
    """Bills of an entity, one a day back from yesterday."""
    Authority.objects.filter(pk=authority.pk).update(source_kind="utility")
    authority.refresh_from_db()
    rows = []
    for number in range(first, first + count):
        day = timezone.localdate() - timedelta(days=number)
        rows.append(
            {
                "MC": entity.name,
                "TYSHXYDM": entity.identifiers.get(scheme="uscc").value,
                "ZDBH": f"W{number}",
                "YWLX": "水",
                "ZQ": f"{day:%Y-%m}",
                "ZDRQ": day.isoformat(),
                "JE": "12.50",
                "JFZT": "欠缴" if number == 1 else "已缴",
            }
        )
    batch = receive(write_csv(folder / f"{first}.csv", CONTRACT, rows), CONTRACT, authority)
    done = intake.run(batch.pk, today=timezone.localdate(), at_clock=timezone.now)
    assert (done.state, done.committed) == ("done", count), done.error


def test_a_firm_sees_its_facts_and_objects_to_one(town: Town, tmp_path: Path) -> None:
    deliver(tmp_path, town.environment, town.firm, first=1, count=60)
    firm = signed_in("firm")
    for path in ("/my", f"/entity/{town.firm.public_id}"):
        page = firm.get(path).content.decode()
        assert "W1<" in page and "欠缴" in page and "W60<" not in page and "?facts=2" in page
        assert "W60<" in firm.get(f"{path}?facts=2").content.decode()
        assert "W60<" in firm.get(f"{path}?facts=99").content.decode(), "beyond the end is the last page"
    address = re.search(r'action="(/fact/[^"]+/promote)"', page)
    assert address is not None
    form = firm.post(address[1])
    record = Record.objects.get(kind="fact")
    assert form.headers["Location"] == f"/record/{record.public_id}/object"
    asked = firm.get(form.headers["Location"]).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', asked)
    assert key is not None
    told = {"key": key[1], "grounds": "facts_wrong", "statement": "该账单不是本公司的，用户编号有误。"}
    assert firm.post(form.headers["Location"], told).status_code == 302
    record.refresh_from_db()
    assert record.disputed and Case.objects.get().record == record
    assert firm.get(f"/record/{record.public_id}").status_code == 200
    assert facts.facts_of(town.actor("firm"), town.firm, on=timezone.localdate()).total == 59


def test_nobody_else_sees_or_promotes_a_fact_and_who_looks_is_noted(town: Town, tmp_path: Path) -> None:
    deliver(tmp_path, town.environment, town.firm, first=1, count=3)
    seal_all()
    page = signed_in("firm").get("/my").content.decode()
    promote = re.search(r'action="(/fact/[^"]+/promote)"', page)
    proved = re.search(r'href="(/fact/[^"]+/proof.json)"', page)
    assert promote is not None and proved is not None
    entity = f"/entity/{town.firm.public_id}"
    for reader in (None, "galaxy", "market", "bank"):
        client = signed_in(reader)
        assert "W1<" not in client.get(entity).content.decode(), reader
        assert client.get(proved[1]).status_code == 404
        assert client.post(promote[1]).status_code in (302, 403, 404)
    assert not Record.objects.filter(kind="fact").exists()
    before = Reading.objects.filter(entity=town.firm, reader__user__username="environment").count()
    assert "W1<" in signed_in("environment").get(entity).content.decode()
    assert Reading.objects.filter(reader__user__username="environment").count() == before + 1
    assert "W1<" in signed_in("operator").get(entity).content.decode()
    document = signed_in("firm").get(proved[1])
    assert "attachment" in document.headers["Content-Disposition"]
    assert proof.verify_fact_proof(document.content).content["ZDBH"] in ("W1", "W2", "W3")
    taken = signed_in("operator").post(promote[1])
    assert taken.headers["Location"] == f"/record/{Record.objects.get(kind='fact').public_id}"


def test_a_proof_waits_for_the_seal(town: Town, tmp_path: Path) -> None:
    deliver(tmp_path, town.environment, town.firm, first=1, count=1)
    firm = signed_in("firm")
    proved = re.search(r'href="(/fact/[^"]+/proof.json)"', firm.get("/my").content.decode())
    assert proved is not None
    assert "sealed in the log shortly" in firm.get(proved[1], follow=True).content.decode()
    for path in (
        "/fact/00000000-0000-4000-8000-000000000000/2/proof.json",
        proved[1].replace("/2/", f"/{2**70}/"),
    ):
        assert firm.get(path).status_code == 404


def test_the_queries_do_not_grow_with_the_facts(town: Town, tmp_path: Path) -> None:
    deliver(tmp_path, town.environment, town.firm, first=1, count=1)
    firm = signed_in("firm")
    with counted_queries() as few:
        assert firm.get("/my").status_code == 200
    deliver(tmp_path, town.environment, town.firm, first=2, count=30)
    deliver(tmp_path, town.environment, town.firm, first=40, count=5)
    with counted_queries() as many:
        assert "W31<" in firm.get("/my").content.decode()
    assert len(many) == len(few)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_everyone_reads_the_catalogue(town: Town, language: str) -> None:
    page = signed_in(language=language).get("/catalogue/").content.decode()
    for entry in catalogue_on(timezone.localdate()).listed:
        name = entry.item.name_zh if language == "zh-hans" else entry.item.name_en
        assert f'id="{entry.item.id}"' in page and name[1:] in page
        assert (entry.list.name_zh if language == "zh-hans" else entry.list.name_en) in page
    assert 'href="/catalogue/"' in signed_in(language=language).get("/").content.decode()
