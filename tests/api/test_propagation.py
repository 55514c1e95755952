"""Propagation for programs: a record's board, recipients, each for those who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from goodstanding.exchange import probe_places, probes
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands
from goodstanding.registry.models import Account
from tests.portal.late import corrected_and_late, removed_and_late
from tests.portal.stories import Town, build_town
from tests.showcase import showing


@pytest.fixture
def town(database: str) -> Town:
    made = build_town()
    removed_and_late(made, "open", "others")
    return made


@pytest.fixture
def plain_town(database: str) -> Town:
    return build_town()


def ask(username: str, path: str) -> tuple[int, dict[str, object]]:
    account = Account.objects.get(user__username=username)
    token = commands.create_token(
        account=account, name="t", scopes=["records:read", "status:read"], at=timezone.now()
    )
    answer = Client(SERVER_NAME="localhost").get(
        f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code, answer.json()


def test_a_records_board(town: Town) -> None:
    path = f"/records/{town.records['open'].public_id}/propagation"
    for reader in ("firm", "market", "operator"):
        status, found = ask(reader, path)
        assert (status, found["recipients"], found["answered"], found["late"]) == (200, 2, 1, 1)
        late, gone = found["lines"]  # type: ignore[misc]
        assert late["state"] == "told" and late["suspension"] == "proposed" and late["receipt"] is None
        assert gone["state"] == "gone" and gone["onward"] == ["临湖银行"] and "signature" in gone["receipt"]
    for stranger in ("galaxy", "environment", "mirror", "bank"):
        assert ask(stranger, path)[0] == 404


def test_what_is_still_shown(town: Town, private_allowed: None) -> None:
    record = town.records["open"]
    other = Subscriber.objects.get(account__user__username="lantern")
    with showing() as site:
        site.else_ = record.document_no
        now, address = timezone.now(), f"{site.url}/{{code}}"
        place = probe_places.add(subscriber=other, address=address, marker="{document_no}", at=now)
        probes.look([place], at_clock=timezone.now, record=record, pause=0)
    _, found = ask("firm", f"/records/{record.public_id}/propagation")
    since = {line["name_en"]: line["still_shown_since"] for line in found["lines"]}  # type: ignore[attr-defined]
    assert since["Lantern Credit"] is not None and since["Mingjian Credit Service"] is None
    _, one = ask("lantern", f"/recipients/{other.public_id}")
    (shown,) = one["still_shown"]  # type: ignore[misc]
    assert (shown["record"], shown["answered"]) == (str(record.public_id), True)
    place_ended = probe_places.end(public_id=place.public_id, at=timezone.now())
    assert place_ended.ended_at is not None
    assert ask("operator", f"/recipients/{other.public_id}")[1]["still_shown"] == []


def decide(username: str, path: str, decision: str, reason: str = "") -> tuple[int, dict[str, object]]:
    account = Account.objects.get(user__username=username)
    token = commands.create_token(account=account, name="d", scopes=["recipients:write"], at=timezone.now())
    answer = Client(SERVER_NAME="localhost").post(
        f"/api/v1{path}",
        {"decision": decision, "reason": reason},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status_code, answer.json()


def test_the_operator_decides_on_a_suspension_and_another_one_confirms_what_he_proposed(town: Town) -> None:
    own = Subscriber.objects.get(account__user__username="mirror")
    path = f"/recipients/{own.public_id}/suspension"
    for stranger in ("mirror", "market", "bank", "firm"):
        assert decide(stranger, path, "confirm")[0] == 403
    assert decide("operator", path, "decline", "no")[0] == 422
    status, found = decide("operator", path, "decline", "its server burnt down")
    assert (status, found["state"], found["reason"]) == (200, "declined", "its server burnt down")
    status, found = decide("operator", path, "propose", "and again")
    assert (status, found["state"], found["proposed_by"]) == (200, "proposed", "operator")
    status, found = decide("operator", path, "confirm")
    assert (status, found["code"]) == (403, "suspension.same_operator")
    authority = Account.objects.get(user__username="operator").authority
    commands.create_account(username="second", password=None, role="operator", authority=authority)
    status, found = decide("second", path, "confirm")
    assert (status, found["state"]) == (200, "suspended") and own.agreements.get().suspended_on is not None
    assert decide("operator", path, "resume", "answered on paper")[1]["state"] == "declined"
    status, one = ask("mirror", f"/recipients/{own.public_id}")
    (suspension,) = one["suspensions"]  # type: ignore[misc]
    assert suspension["proposed_by"] is None and suspension["proposed_because"] == "and again"
    nobody = "/recipients/00000000-0000-0000-0000-000000000000/suspension"
    assert decide("operator", nobody, "confirm")[0] == 404
    assert decide("operator", path, "maybe")[0] == 422


def test_recipients(town: Town) -> None:
    own = Subscriber.objects.get(account__user__username="mirror").public_id
    other = Subscriber.objects.get(account__user__username="lantern").public_id
    status, found = ask("operator", "/recipients")
    assert status == 200 and len(found["recipients"]) == 2  # type: ignore[arg-type]
    assert ask("mirror", "/recipients")[0] == 403
    status, one = ask("mirror", f"/recipients/{own}")
    assert status == 200 and one["unanswered"]["late"] == 2  # type: ignore[index]
    assert one["suspensions"][0]["state"] == "proposed"  # type: ignore[index]
    assert ask("mirror", f"/recipients/{other}")[0] == 404
    assert ask("operator", f"/recipients/{other}")[0] == 200
    assert ask("operator", "/recipients/00000000-0000-0000-0000-000000000000")[0] == 404
    assert ask("bank", f"/recipients/{own}")[0] == 403


def test_corrections_and_the_pace_of_a_recipient(plain_town: Town) -> None:
    silent = corrected_and_late(plain_town, "open")
    record = plain_town.records["open"]
    status, found = ask("firm", f"/records/{record.public_id}/propagation")
    assert status == 200 and found["corrected_at"] is not None
    assert [found[name] for name in ("corrected", "not_corrected", "late", "answered")] == [1, 1, 1, 0]
    (first, second) = found["lines"]  # type: ignore[misc]
    assert (first["state"], first["late"], second["state"]) == ("not_corrected", True, "corrected")
    assert first["due_on"] and first["late_at"] and first["reminded_at"] and not second["due_on"]
    status, one = ask("mirror", f"/recipients/{silent.public_id}")
    assert one["corrections"] == {"all": 1, "late": 1, "due_today": 0, "reminded": 1}
    assert (one["silent"], one["frequency_seconds"], one["freshness_seconds"]) == (True, 3600, 86400)
    (own,) = ask("mirror", "/status")[1]["subscribers"]  # type: ignore[misc]
    assert (own["corrections"], own["corrections_late"], own["silent"]) == (1, 1, True)
