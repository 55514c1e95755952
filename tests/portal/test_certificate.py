"""The certificate of a restoration: what the platform makes of one, to whom it is given, and what it leaves out."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from goodstanding import proof
from goodstanding.casework import commands as casework
from goodstanding.casework import forwarding, mandates
from goodstanding.casework.certified import decision_of
from goodstanding.casework.models import Case, Forwarding, Mandate
from goodstanding.exchange import certificate_paper, certificates
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.federation.onward import take_onward
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.proof.certificate import MEDIA_TYPE
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Account, Record

from ..registry.test_foreign import document_of, neighbour_of, take_over, told
from .certified import certificate_of, certified, sealed
from .stories import PDF, Town, build_town, signed_in

KEY = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET).verifier


@pytest.fixture(scope="module")
def shown(module_database: str) -> Iterator[tuple[Town, Case]]:
    town = build_town()
    yield town, certified(town)


def test_it_proves_decision_map_and_receipt_and_names_who_has_not_answered(shown: tuple[Town, Case]) -> None:
    _, case = shown
    checked = proof.check_certificate(certificate_of(case), key=KEY)
    assert checked.holds and checked.key_was_given
    told = checked.certificate
    assert told.entity["name"] == "临湖市天成商贸有限公司"
    assert told.removal.content["record"] == str(case.record.public_id)
    assert told.decision.content["case"] == str(case.public_id)
    by_name = {item.name_zh: item for item in told.recipients}
    assert {name: item.state for name, item in by_name.items()} == {
        "明鉴征信": "dropped",
        "迟缓数据服务": "waiting",
    }
    assert told.recipients[0].state == "waiting", "who has not answered stands first"
    assert by_name["明鉴征信"].receipt == Receipt.objects.get().signed
    assert by_name["迟缓数据服务"].due is not None
    opened = {item.check for item in checked.findings if item.status == "open"}
    # The firm has another public penalty, so the map cannot say that there is none.
    assert opened == {"witnesses", "absence", "receipt"}


def test_it_does_not_say_what_the_record_said(shown: tuple[Town, Case]) -> None:
    _, case = shown
    text = certificate_of(case).decode()
    for word in (case.record.document_no, "超范围经营", "王小明", "fine", "缴款", "罚款", "义务已履行"):
        assert word not in text, word
    assert proof.check_certificate(text.encode()).certificate.removal.content["public_digest"] in text


def test_who_is_late_is_said_from_the_day_after_the_last(shown: tuple[Town, Case]) -> None:
    _, case = shown
    decision = decision_of(case)
    assert decision is not None
    states = [
        proof.check_certificate(certificates.make(decision, at=timezone.now() + timedelta(days=days)))
        .certificate.recipients[0]
        .state
        for days in (0, 30)
    ]
    assert states == ["waiting", "late"]


@pytest.mark.parametrize("form", ["json", "pdf"])
def test_the_page_gives_it_to_the_entity_alone(shown: tuple[Town, Case], form: str) -> None:
    _, case = shown
    address = f"/case/{case.public_id}/certificate.{form}"
    answer = signed_in("firm").get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == (MEDIA_TYPE if form == "json" else "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="restoration-certificate.{form}"'
    assert answer["Cache-Control"] == "no-store"
    assert proof.check_certificate(proof.certificate_in(answer.content), key=KEY).holds
    assert f'href="{address}"' in signed_in("firm").get(f"/case/{case.public_id}").content.decode()
    expected = {"galaxy": 404, "market": 403, "operator": 403, "bank": 403, "mirror": 403, None: 302}
    assert {name: signed_in(name).get(address).status_code for name in expected} == expected
    assert "certificate.pdf" not in signed_in("market").get(f"/case/{case.public_id}").content.decode()


def token(username: str) -> dict[str, str]:
    account = Account.objects.get(user__username=username)
    secret = registry.create_token(account=account, name="t", scopes=["cases:read"], at=timezone.now())
    return {"Authorization": f"Bearer {secret}"}


def test_the_api_gives_it_to_the_entity_and_to_its_agent_under_a_mandate(shown: tuple[Town, Case]) -> None:
    town, case = shown
    client, address = Client(SERVER_NAME="localhost"), f"/api/v1/cases/{case.public_id}/certificate"
    answer = client.get(address, headers=token("firm"))
    assert (answer.status_code, answer["Content-Type"]) == (200, MEDIA_TYPE)
    assert proof.check_certificate(answer.content, key=KEY).holds
    paper = client.get(f"{address}.pdf", headers=token("firm"))
    assert proof.check_certificate(proof.certificate_in(paper.content), key=KEY).holds
    refused = client.get(address, headers=token("market"))
    assert (refused.status_code, refused.json()["code"]) == (403, "certificate.forbidden")
    assert client.get(address, headers=token("galaxy")).status_code == 404
    acting = token("galaxy") | {"Goodstanding-For": str(town.firm.public_id)}
    assert client.get(address, headers=acting).status_code == 404
    day = timezone.localdate()
    given = {"agent": "galaxy", "until": day, "at": timezone.now(), "today": day}
    mandate = mandates.give_mandate(actor=town.actor("firm"), scope=Mandate.Scope.OBJECT, **given)
    assert client.get(address, headers=acting).status_code == 403, "a mandate for objections is none for this"
    mandates.revoke_mandate(actor=town.actor("firm"), mandate=mandate.public_id, at=timezone.now())
    mandates.give_mandate(actor=town.actor("firm"), scope=Mandate.Scope.APPLY, **given)
    assert client.get(address, headers=acting).status_code == 200


def test_the_page_that_verifies_states_the_key_and_the_way_without_a_script(shown: tuple[Town, Case]) -> None:
    answer = signed_in().get("/certificate")
    page = answer.content.decode()
    assert f'value="{KEY.encode()}"' in page
    assert "which is off or has not come" in page and "goodstanding certificate verify" in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "'unsafe" not in answer["Content-Security-Policy"]


def test_without_a_chinese_font_the_remedy_is_named(
    shown: tuple[Town, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, case = shown
    monkeypatch.setattr(certificate_paper, "FONTS", ("No Such Family",))
    with pytest.raises(ExchangeError) as caught:
        certificate_paper.paper(certificate_of(case))
    assert caught.value.code == "certificate.no_font" and "fonts-noto-cjk" in caught.value.en


def test_the_words_of_the_script_are_those_that_the_page_gives_it(shown: tuple[Town, Case]) -> None:
    folder = Path(certificate_paper.__file__).parents[1] / "portal/static/portal/certificate"
    used = set(re.findall(r"\bwords\.(\w+)", (folder / "page.js").read_text(encoding="utf-8")))
    page = signed_in().get("/certificate").content.decode()
    told = json.loads(page.split('<script id="words" type="application/json">')[1].split("</script>")[0])
    assert used == set(told)


def test_of_an_instance_the_answers_from_further_down_stand_in_it_with_those_still_awaited(
    shown: tuple[Town, Case],
) -> None:
    _, case = shown
    subscriber = Subscriber.objects.get(account__user__username="mirror")
    own = Receipt.objects.get()
    subscriber.instance_url, key = "https://province.example", proof.generate_private_key()
    subscriber.public_key = proof.public_key(key)
    subscriber.save()
    (silent,) = further_down(case)
    assert (silent.path, silent.state, silent.statement) == (("临湖分中心",), "waiting", None)
    assert silent.due is not None, "the recipient answers for it by its own last day"
    answer = proof.Receipt(
        subscriber="as the province knows it",
        position=77,
        record=str(case.record.public_id),
        action="dropped",
        removed=1,
        onward=(),
        applied_at="2026-06-01T10:00:00+08:00",
        checkpoint_size=80,
    )
    signed = proof.sign_receipt(answer, private_key=proof.generate_private_key()).to_json().decode()
    for holder, via in (("临湖分中心", ()), ("湖滨区中心", ("临湖分中心",))):
        said = proof.Onward(
            subscriber=str(subscriber.public_id),
            position=own.removal_position,
            record=answer.record,
            holder=holder,
            via=via,
            receipt=signed,
        )
        statement = proof.sign_onward(said, private_key=key)
        take_onward(subscriber=subscriber, signed=statement, at=timezone.now())
    sealed()
    found = further_down(case)
    assert [(one.path, one.state) for one in found] == [
        (("临湖分中心",), "dropped"),
        (("临湖分中心", "湖滨区中心"), "dropped"),
    ]
    checked = proof.check_certificate(certificate_of(case), key=KEY)
    assert checked.holds and checked.certificate.totals["dropped"] == 3
    way = [item for item in checked.findings if item.check == "way"]
    assert [item.status for item in way] == ["proved", "proved"]
    assert all(one.journaled is not None for one in found)


def further_down(case: Case) -> tuple[proof.FurtherDown, ...]:
    """Those further down of the recipient that has them."""
    told = proof.check_certificate(certificate_of(case)).certificate
    (found,) = [item.further_down for item in told.recipients if item.further_down]
    return found


def test_what_was_handed_in_here_and_granted_elsewhere_is_certified_from_its_page(
    shown: tuple[Town, Case],
) -> None:
    town, _ = shown
    uscc = town.firm.identifiers.get(scheme="uscc", until=None).value
    city, document = neighbour_of(), document_of(uscc)
    take_over(city, told(7, document))
    record, now = Record.objects.get(public_id=document["id"]), timezone.now()
    assert record.entity == town.firm
    application = casework.apply(
        actor=town.actor("firm"),
        records=[record.public_id],
        commitment_name="王小明",
        statement="罚款已缴清。",
        performed_on=record.found_on,
        evidence=[casework.NewEvidence("缴款凭证.pdf", "application/pdf", PDF, "proof_of_performance")],
        key=uuid.uuid4(),
        at=now,
        today=timezone.localdate(now),
    )
    one = Forwarding.objects.get(application=application)
    page, address = f"/record/{record.public_id}", f"/case/{one.public_id}/certificate.pdf"
    assert address not in signed_in("firm").get(page).content.decode()
    assert signed_in("firm").get(address).status_code == 404

    granted = {
        "state": "ended",
        "taken": True,
        "case_state": "granted",
        "state_en": "granted",
        "state_zh": "准予",
    }
    forwarding.note_answer(one, granted, at=now)
    take_over(city, told(8, document, kind="record.restored", state="restored", removed=True))
    assert address in signed_in("firm").get(page).content.decode()
    expected = {"galaxy": 404, "market": 403, "operator": 403, None: 302}
    assert {name: signed_in(name).get(address).status_code for name in expected} == expected
    # No token for the city lies here, so the certificate cannot be fetched; the page says so.
    client = signed_in("firm")
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert "token" in client.get(page).content.decode()
    asked = Client(SERVER_NAME="localhost").get(
        f"/api/v1/cases/{one.public_id}/certificate", headers=token("firm")
    )
    assert asked.json()["code"] == "federation.token"
    assert (
        Client(SERVER_NAME="localhost")
        .get(f"/api/v1/cases/{one.public_id}/certificate", headers=token("operator"))
        .json()["code"]
        == "certificate.forbidden"
    )
