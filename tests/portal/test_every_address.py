"""Every address of the portal, for every role: nobody reaches what is not theirs, and no address is forgotten."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from goodstanding.casework.models import Evidence, Notice
from goodstanding.casework.notices import follow
from goodstanding.exchange.models import Agreement, Subscriber
from goodstanding.intake import commands as intake
from goodstanding.intake.models import Batch
from goodstanding.portal.urls import urlpatterns

from .stories import PDF, Town, apply_for, signed_in

READERS = [None, "firm", "galaxy", "lisi", "market", "environment", "operator", "bank", "mirror"]
PARTIES = {"firm": 200, "market": 200, "operator": 200}

COUNT = "jurisdiction=CN&start=2026-09-30&number=10&unit=working_days"

#: name -> (path, status by reader; who is not named gets the last figure). The public is sent to sign in (302)
#: wherever a page belongs to a role.
Expectation = tuple[str, dict[str | None, int], int]


def expectations(town: Town) -> dict[str, Expectation]:
    """Everything here belongs to the firm and the market authority; the others are strangers."""
    (case,) = apply_for(town, "open")
    firm = signed_in("firm")
    draft = firm.post("/apply", {"records": [str(town.records["open_too"].public_id)]}).headers["Location"]
    form = {"agreed": "on", "commitment_name": "王", "more": "yes"}
    proof = SimpleUploadedFile("a.pdf", PDF, "application/pdf")
    firm.post(draft.replace("conditions", "commitment"), form | {"file_proof_of_performance": proof})
    file = SimpleUploadedFile("a.csv", b"MC\r\n\r\n", "text/csv")
    delivery = signed_in("market").post("/deliveries", {"contract": "abnormal-list", "file": file})
    batch = delivery.headers["Location"]
    intake.run(Batch.objects.get().pk, today=timezone.localdate(), at_clock=timezone.now)
    evidence = f"/evidence/{Evidence.objects.get().public_id}"
    entities = {"firm", "galaxy", "lisi"}
    authorities = {"market", "environment"}
    contract_readers = authorities | {"operator", "mirror"}
    other_roles = {"bank": 403, "mirror": 403}
    hidden = town.records["unpublished"].public_id

    def only(allowed: set[str]) -> dict[str | None, int]:
        return {None: 302} | {name: 200 if name in allowed else 403 for name in READERS if name}

    follow()
    letter = Notice.objects.get(record=town.records["open"], event="record.committed").public_id
    nobodys = uuid.uuid4()
    agreement = Agreement.objects.get().reference
    recipient = Subscriber.objects.get().public_id
    strangers = {None: 302, "operator": 403, "market": 403, "environment": 403} | other_roles
    return {
        "home": ("/", {}, 200),
        "entity": (f"/entity/{town.person.public_id}", {"lisi": 200, "market": 200, "operator": 200}, 404),
        "record": (f"/record/{hidden}", {"firm": 200, "market": 200, "operator": 200}, 404),
        "verify": ("/verify", {}, 200),
        "check": ("/check/", {}, 200),
        "check-receipt": ("/check/receipt.json?kind=penalty&found_on=2026-05-31", {}, 200),
        "check-text": ("/check/court.txt?kind=penalty&found_on=2026-05-31", {}, 200),
        "law-packs": ("/law/", {}, 200),
        "law-pack": ("/law/cn-ndrc-36-2025/", {}, 200),
        "law-pack-json": ("/law/cn-ndrc-36-2025/pack.json", {}, 200),
        "law-pack-yaml": ("/law/cn-ndrc-36-2025/pack.yaml", {}, 200),
        "catalogue": ("/catalogue/", {}, 200),
        "fact-proof": (f"/fact/{nobodys}/2/proof.json", {}, 404),
        "fact-promote": (f"/fact/{nobodys}/2/promote", {None: 302} | other_roles, 405),
        "league": ("/league", {}, 200),
        "league-csv": ("/league.csv", {}, 200),
        "league-json": ("/league.json", {}, 200),
        "propagation": (f"/record/{hidden}/propagation", PARTIES, 404),
        "record-receipt": (f"/record/{hidden}/receipt/1.json", {}, 404),
        "recipient": (f"/feed/{recipient}", only({"operator", "mirror"}), 403),
        "decide-suspension": (f"/feed/{recipient}/suspension", only(set()) | {"operator": 405}, 403),
        "calendar": ("/calendar/", {}, 200),
        "calendar-receipt": (f"/calendar/receipt.json?{COUNT}", {}, 200),
        "sign-in": ("/sign-in", {None: 200}, 302),
        "sign-out": ("/sign-out", {}, 405),
        "set_language": ("/language", {}, 405),
        "my": ("/my", only(entities), 403),
        "readings": ("/my/readings", only(entities), 403),
        "apply": ("/apply", only(entities), 403),
        "apply-done": (f"/apply/done/{case.application.public_id}", strangers | {"firm": 200}, 404),
        "apply-remove-file": (f"{draft.removesuffix('conditions')}file/1/remove", strangers, 405),
        "apply-step": (draft, strangers | {"firm": 200}, 404),
        "object": (f"/record/{hidden}/object", strangers | {"firm": 200}, 404),
        "decision": (
            f"/record/{hidden}/decision",
            {None: 302} | dict.fromkeys(authorities, 404) | {"market": 200},
            403,
        ),
        "statement": (f"/record/{hidden}/statement", strangers, 404),
        "remove-statement": (f"/record/{hidden}/statement/remove", strangers, 405),
        "appeal": (f"/case/{case.public_id}/appeal", strangers, 404),
        "reopen": (f"/case/{case.public_id}/reopen", {None: 302} | dict.fromkeys(authorities, 404), 403),
        "agents": ("/my/agents", only(entities), 403),
        "act-for-oneself": ("/my/agents/oneself", only(entities) | dict.fromkeys(entities, 405), 403),
        "act-for": (f"/my/agents/{nobodys}/act", only(entities) | dict.fromkeys(entities, 405), 403),
        "revoke-mandate": (
            f"/my/agents/{nobodys}/revoke",
            only(entities) | dict.fromkeys(entities, 405),
            403,
        ),
        "shield": ("/shield", only(entities), 403),
        "case": (f"/case/{case.public_id}", {None: 302} | other_roles | PARTIES, 404),
        "case-move": (f"/case/{case.public_id}/move", {None: 302} | other_roles, 405),
        "case-receipt": (f"/case/{case.public_id}/receipt.json", {None: 302} | other_roles, 404),
        "certificate": ("/certificate", {}, 200),
        "case-certificate": (f"/case/{case.public_id}/certificate.json", strangers, 404),
        "case-certificate-pdf": (f"/case/{case.public_id}/certificate.pdf", strangers, 404),
        "evidence": (evidence, {None: 302} | other_roles | PARTIES, 404),
        "evidence-redact": (f"{evidence}/redact", {None: 302} | other_roles, 405),
        "work": ("/work", only(authorities | {"operator"}), 403),
        "work-decide": (
            "/work/decide",
            {None: 302} | dict.fromkeys(authorities, 405),
            403,
        ),
        "absence": ("/work/absence", only(authorities), 403),
        "templates": ("/work/templates", only(authorities), 403),
        "case-note": (
            f"/case/{case.public_id}/note",
            {None: 302} | dict.fromkeys(authorities, 405),
            403,
        ),
        "deliveries": ("/deliveries", only(authorities | {"operator"}), 403),
        "decide-delivery": (f"{batch}/decide", only({"operator"}) | {"operator": 405}, 403),
        "quality": ("/quality/", {}, 200),
        "quality-source": (f"/quality/{town.market.code}/", {}, 200),
        "delivery": (batch, only({"market", "operator"}) | {"environment": 404}, 403),
        "returned-file": (f"{batch}/returned.csv", only({"market", "operator"}) | {"environment": 404}, 403),
        "overview": ("/overview", only({"operator"}), 403),
        "supervision": ("/supervision", only({"operator"}), 403),
        "findings": ("/findings/", only({"operator"}), 403),
        "early-removals": ("/findings/early/", only({"operator"}), 403),
        "decide-finding": (f"/findings/{hidden}/decide", only({"operator"}) | {"operator": 405}, 403),
        "full-lists": ("/lists/", only({"operator"}), 403),
        "settle-list": (f"/lists/{hidden}/settle", only({"operator"}) | {"operator": 405}, 403),
        "agreements": ("/agreements/", only({"operator", "mirror"}), 403),
        "agreement": (f"/agreements/{agreement}/", only({"operator", "mirror"}), 403),
        "agreement-step": (f"/agreements/{agreement}/step", only({"operator"}) | {"operator": 405}, 403),
        "decide-request": (
            f"/agreements/requests/{nobodys}",
            only({"operator"}) | {"operator": 405},
            403,
        ),
        "withdraw-request": (
            f"/agreements/requests/{nobodys}/withdraw",
            only(set()) | {"mirror": 405},
            403,
        ),
        "request-items": ("/catalogue/request", only({"mirror"}), 403),
        "feed-status": ("/feed-status", only({"operator", "mirror"}), 403),
        "links": ("/links/", only({"operator"}), 403),
        "link-reviews": ("/links/review/", only({"operator"}), 403),
        "decide-link": (f"/links/review/{nobodys}", only({"operator"}) | {"operator": 405}, 403),
        "withdraw-link": (f"/links/{nobodys}/withdraw", only({"operator"}) | {"operator": 405}, 403),
        "notices": ("/notices", {None: 302}, 200),
        "notices-mail": ("/notices/mail", {None: 302}, 405),
        "notices-push": ("/notices/push", {None: 302}, 405),
        "uses": ("/uses", only(authorities | {"operator", "bank", "mirror"}), 403),
        "outcomes": ("/outcomes", only(authorities | {"operator", "bank", "mirror"}), 403),
        "restoration-notice": (
            f"/notices/{letter}",
            only(entities) | dict.fromkeys(entities, 404) | {"firm": 200},
            403,
        ),
        "notices-confirm": ("/notices/confirm/nonsense", {}, 404),
        "notices-leave": ("/notices/leave/nonsense", {}, 404),
        "contracts": ("/contracts/", only(contract_readers), 403),
        "contract": ("/contracts/registration/", only(contract_readers), 403),
        "contract-version": ("/contracts/abnormal-list/1.0.0/", only(contract_readers), 403),
        "propose-contract": ("/contracts/registration/propose", only({"operator"}) | {"operator": 405}, 403),
        "answer-contract": (
            "/contracts/abnormal-list/1.0.0/answer",
            only(set()) | dict.fromkeys(("market", "environment", "mirror"), 405),
            403,
        ),
        "activate-contract": (
            "/contracts/abnormal-list/1.0.0/activate",
            only({"operator"}) | {"operator": 405},
            403,
        ),
    }


def test_every_address_answers_each_reader_as_it_should(town: Town) -> None:
    table = expectations(town)
    assert set(table) == {pattern.name for pattern in urlpatterns}, "an address is missing from this table"
    for reader in READERS:
        client = signed_in(reader)
        for name, (path, by_reader, otherwise) in table.items():
            assert client.get(path).status_code == by_reader.get(reader, otherwise), (name, reader)


@pytest.mark.parametrize("reader", READERS)
def test_an_unknown_thing_and_a_hidden_one_look_the_same(town: Town, reader: str | None) -> None:
    (case,) = apply_for(town, "open_too")
    client = signed_in(reader)
    hidden = {
        "/case/": (case.public_id, {"firm", "environment", "operator"}),
        "/entity/": (town.person.public_id, {"lisi", "market", "operator"}),
        "/record/": (town.records["unpublished"].public_id, {"firm", "market", "operator"}),
    }
    for prefix, (public_id, knows) in hidden.items():
        if reader in knows:
            continue
        shown, unknown = client.get(f"{prefix}{public_id}"), client.get(f"{prefix}{uuid.uuid4()}")
        assert shown.status_code == unknown.status_code
        assert str(public_id) not in shown.content.decode().replace(f"{prefix}{public_id}", "")


def test_what_changes_state_refuses_strangers(town: Town) -> None:
    (case,) = apply_for(town, "open")
    for reader in READERS:
        if reader == "market":
            continue
        response = signed_in(reader).post(
            f"/case/{case.public_id}/move", {"event": "accept", "version": case.version}
        )
        assert response.status_code in (302, 403, 404, 409, 422), reader
        case.refresh_from_db()
        assert case.state == "submitted"
