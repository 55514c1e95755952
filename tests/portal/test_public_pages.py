"""What the public sees, and what it does not."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from goodstanding.exchange.models import MapSeal, WitnessedCheckpoint
from goodstanding.registry import commands, decisions, seal, statements
from goodstanding.registry.models import Identifier, Reading
from tests.registry import factories

from ..proof.certificates import WITNESS
from .certified import sealed
from .stories import Town, signed_in, window


@contextmanager
def counted_queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as context:
        yield context


def test_public_pages_set_no_cookie(town: Town) -> None:
    record = town.records["open"].public_id
    for path in ("/", "/?q=天成", f"/entity/{town.firm.public_id}", f"/record/{record}", "/verify"):
        response = signed_in().get(path)
        assert response.status_code == 200, path
        assert not response.cookies, path


@pytest.mark.parametrize(
    ("policy", "said", "not_said"),
    [
        ("", "Nobody but this platform signs them yet", "enough witnesses have cosigned it"),
        ("policy", "enough witnesses have cosigned it", "Nobody but this platform signs them yet"),
    ],
)
def test_it_is_said_whether_witnesses_sign(
    town: Town, monkeypatch: pytest.MonkeyPatch, policy: str, said: str, not_said: str
) -> None:
    monkeypatch.setattr(settings, "WITNESS_POLICY", policy)
    page = signed_in().get("/verify").content.decode()
    assert said in page
    assert not_said not in page


def test_what_proofs_rest_upon_is_shown_beside_what_is_sealed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = sealed()
    page = signed_in().get("/verify").content.decode()
    assert "The last signed state" in page and "The last witnessed state" not in page
    assert f"<dt>As of line</dt><dd>{MapSeal.objects.order_by('-until')[0].until}</dd>" in page
    monkeypatch.setattr(settings, "WITNESS_POLICY", "policy")
    page = signed_in().get("/verify").content.decode()
    assert "nothing can be proved yet" in page and "No root of the map" in page
    latest = seal.latest()
    assert latest is not None
    WitnessedCheckpoint.objects.create(
        size=size,
        root=latest.root,
        note=latest.note,
        signed_at=latest.signed_at,
        witnesses=[WITNESS.verifier.encode()],
    )
    days = window(timezone.localdate() - timedelta(days=100), minimum=3, maximum=12)
    factories.take_in(
        factories.reported(town.firm, town.environment, document_no="新增1号", **days),
        today=timezone.localdate(),
    )
    more = sealed() - size
    page = signed_in().get("/verify").content.decode()
    assert more > 0 and f"<dt>Not yet witnessed</dt><dd>{more}</dd>" in page
    assert f"<dt>Cosigned by</dt><dd><code>{WITNESS.name}</code></dd>" in page
    assert latest.note.splitlines()[2] in page


@pytest.mark.parametrize("text", ["天成", "临湖市天成商贸有限公司", "tiancheng", "Tiancheng Trading"])
def test_a_firm_is_found_by_chinese_and_latin_names(town: Town, text: str) -> None:
    response = signed_in().get("/", {"q": text})
    assert f"/entity/{town.firm.public_id}" in response.content.decode()


def test_a_firm_is_found_by_its_code(town: Town) -> None:
    code = town.firm.identifiers.get(scheme="uscc").value
    assert f"/entity/{town.firm.public_id}" in signed_in().get("/", {"q": code.lower()}).content.decode()


@pytest.mark.parametrize(
    "text", ["x' OR 1=1 --", "%", "_", "\\", "<script>alert(1)</script>", "a" * 5000, "\x00", " "]
)
def test_odd_searches_are_answered(town: Town, text: str) -> None:
    response = signed_in().get("/", {"q": text})
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_an_individual_business_is_found_by_exact_code_only_and_masked(town: Town) -> None:
    by_name = signed_in().get("/", {"q": "张三小吃店"}).content.decode()
    assert str(town.shop.public_id) not in by_name
    code = town.shop.identifiers.get(scheme="uscc").value
    for path in (
        f"/?q={code}",
        f"/entity/{town.shop.public_id}",
        f"/record/{town.records['shops'].public_id}",
    ):
        page = signed_in().get(path).content.decode()
        assert str(town.shop.public_id) in page
        assert "张三" not in page


def test_a_natural_person_does_not_exist_for_others(town: Town) -> None:
    record = town.records["persons"].public_id
    for username in (None, "galaxy", "bank", "mirror", "environment"):
        client = signed_in(username)
        assert client.get(f"/entity/{town.person.public_id}").status_code == 404
        assert client.get(f"/record/{record}").status_code == 404
        assert str(town.person.public_id) not in client.get("/", {"q": "李四光"}).content.decode()
    for username in ("lisi", "market", "operator"):
        page = signed_in(username).get(f"/entity/{town.person.public_id}").content.decode()
        key = Identifier.objects.get(entity=town.person).value
        assert "临市监罚〔2026〕15号" in page
        assert key not in page


def test_what_the_law_does_not_publish_is_not_shown(town: Town) -> None:
    hidden = town.records["unpublished"]
    assert signed_in().get(f"/record/{hidden.public_id}").status_code == 404
    assert hidden.document_no not in signed_in().get(f"/entity/{town.firm.public_id}").content.decode()
    assert hidden.document_no in signed_in("firm").get(f"/entity/{town.firm.public_id}").content.decode()


def test_the_personal_part_is_for_those_it_concerns(town: Town) -> None:
    path = f"/record/{town.records['open'].public_id}"
    for username in (None, "galaxy", "environment", "bank", "mirror"):
        assert "王小明" not in signed_in(username).get(path).content.decode()
    for username in ("firm", "market", "operator"):
        assert "王小明" in signed_in(username).get(path).content.decode()


def test_the_entity_page_says_who_why_and_until_when(town: Town) -> None:
    page = signed_in().get(f"/entity/{town.firm.public_id}").content.decode()
    record = town.records["open"]
    assert "Linhu Market Regulation" in page
    assert record.document_no in page
    assert record.legal_basis in page
    assert record.publish_until is not None
    assert f'datetime="{record.publish_until.isoformat()}"' in page
    assert "NDRC Order 36" in page
    assert 'class="today"' in page


def test_a_disputed_record_says_so_to_everyone(town: Town) -> None:
    record = town.records["open"]
    commands.mark_disputed(record_id=record.pk, disputed=True, at=timezone.now())
    for path in (f"/entity/{town.firm.public_id}", f"/record/{record.public_id}"):
        assert "Disputed" in signed_in().get(path).content.decode()


def test_a_statement_is_shown_to_everyone_with_the_name_masked_where_it_is(town: Town) -> None:
    record, shops = town.records["open"], town.records["shops"]
    statements.attach_statement(
        record_id=record.pk, text="An action <b>is</b> pending.", account_id=None, at=timezone.now()
    )
    statements.attach_statement(
        record_id=shops.pk, text=f"{town.shop.name}已提起诉讼。", account_id=None, at=timezone.now()
    )
    for path in (f"/entity/{town.firm.public_id}", f"/record/{record.public_id}"):
        page = signed_in().get(path).content.decode()
        assert "Statement attached to this record" in page
        assert "An action &lt;b&gt;is&lt;/b&gt; pending." in page
    assert "An action &lt;b&gt;" in signed_in("firm").get("/my").content.decode()
    page = signed_in().get(f"/record/{shops.public_id}").content.decode()
    assert "已提起诉讼" in page and "张三" not in page
    assert town.shop.name in signed_in("market").get(f"/record/{shops.public_id}").content.decode()
    chinese = signed_in().get(f"/record/{record.public_id}", headers={"accept-language": "zh-Hans"})
    assert "附加声明" in chinese.content.decode()


def test_a_shielded_record_is_for_its_parties_with_the_ruling_beside_it(town: Town) -> None:
    record = town.records["open"]
    decisions.shield(record_id=record.pk, statement="裁定批准重整计划。", account_id=None, at=timezone.now())
    for username in ("firm", "market", "operator"):
        for path in (f"/entity/{town.firm.public_id}", f"/record/{record.public_id}"):
            page = signed_in(username).get(path).content.decode()
            assert "裁定批准重整计划。" in page and "Publication suspended while a reorganisation" in page
            assert "this record is not shown to the public and nobody may use it" in page
    assert "裁定批准重整计划。" in signed_in("firm").get("/my").content.decode()
    for client in (signed_in(), signed_in("galaxy"), signed_in("environment"), signed_in("bank")):
        assert record.document_no not in client.get(f"/entity/{town.firm.public_id}").content.decode()
        assert client.get(f"/record/{record.public_id}").status_code == 404


def test_the_entity_page_asks_a_constant_number_of_queries(town: Town) -> None:
    path = f"/entity/{town.firm.public_id}"
    with counted_queries() as few:
        assert signed_in().get(path).status_code == 200
    found = timezone.localdate() - timedelta(days=100)
    rows = [
        factories.reported(
            town.firm, town.environment, document_no=f"批量{number}号", **window(found, minimum=3, maximum=12)
        )
        for number in range(40)
    ]
    factories.take_in(*rows, today=timezone.localdate())
    with counted_queries() as many:
        page = signed_in().get(path).content.decode()
    assert "批量39号" in page
    assert len(many) == len(few) <= 6


def test_a_long_list_is_paged(town: Town) -> None:
    found = timezone.localdate() - timedelta(days=100)
    rows = [
        factories.reported(
            town.firm, town.environment, document_no=f"批量{number}号", **window(found, minimum=3, maximum=12)
        )
        for number in range(60)
    ]
    factories.take_in(*rows, today=timezone.localdate())
    first = signed_in().get(f"/entity/{town.firm.public_id}").content.decode()
    second = signed_in().get(f"/entity/{town.firm.public_id}?page=2").content.decode()
    assert "?page=2" in first
    shown = sum(f"批量{number}号</a>" in first for number in range(60))
    assert shown + sum(f"批量{number}号</a>" in second for number in range(60)) == 60


def test_unknown_and_malformed_addresses_are_404_in_words(town: Town) -> None:
    for path in (f"/entity/{uuid.uuid4()}", f"/record/{uuid.uuid4()}", "/entity/1", "/nowhere"):
        response = signed_in().get(path)
        assert response.status_code == 404
        assert "There is nothing here for you" in response.content.decode()


def test_looking_at_what_is_not_public_leaves_a_reading(town: Town) -> None:
    signed_in("environment").get(f"/entity/{town.firm.public_id}")
    signed_in("firm").get(f"/entity/{town.firm.public_id}")
    assert not Reading.objects.exists()
    signed_in("market").get(f"/entity/{town.firm.public_id}")
    signed_in("operator").get(f"/record/{town.records['unpublished'].public_id}")
    readings = signed_in("firm").get("/my/readings").content.decode()
    assert Reading.objects.filter(entity=town.firm).count() == 2
    assert "Linhu Market Regulation" in readings
    assert "The operator supervised the platform" in readings


def test_security_headers_forbid_inline_script_and_style(town: Town) -> None:
    response = signed_in().get(f"/entity/{town.firm.public_id}")
    assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
    page = response.content.decode()
    assert " style=" not in page
    assert "<script" not in page
    assert "<style" not in page
