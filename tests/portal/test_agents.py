"""An entity lets an agent act for it and takes that back; the agent sees what is its principal's, and nothing else."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from goodstanding.casework import mandates
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case, Mandate
from goodstanding.casework.notices import follow, unread
from goodstanding.portal.acting import FOR_THE_PRINCIPAL
from goodstanding.portal.urls import urlpatterns
from goodstanding.registry import commands
from goodstanding.registry.models import Event, Record

from .stories import Town, apply_for, signed_in
from .test_remedies import key_in, step


def give(town: Town, *, principal: str = "firm", agent: str = "galaxy", **more: Any) -> Mandate:
    """A mandate of the firm for the agent, through its page."""
    until = timezone.localdate() + timedelta(days=30)
    form = {"agent": agent, "scope": "all", "until": until} | more
    response = signed_in(principal).post("/my/agents", form)
    assert response.status_code == 302, response.content.decode()
    return Mandate.objects.get(agent__user__username=agent, revoked_at__isnull=True)


def acting(mandate: Mandate, agent: str = "galaxy") -> Client:
    """The agent, having chosen to act for its principal."""
    client = signed_in(agent)
    assert client.post(f"/my/agents/{mandate.public_id}/act").status_code == 302
    return client


def object_as(client: Client, record: Record) -> int:
    """The status of an objection to a record by a reader."""
    path = f"/record/{record.public_id}/object"
    form = {"key": str(uuid.uuid4()), "grounds": "facts_wrong", "statement": "记载的内容有误，请予核查更正。"}
    return int(client.post(path, form).status_code)


def test_an_agent_objects_and_withdraws_for_its_principal(town: Town) -> None:
    client = acting(give(town))
    page = client.get("/my").content.decode()
    assert "You act for" in page
    assert "临市监罚〔2026〕12号" in page
    path = f"/record/{town.records['too_early'].public_id}/object"
    form = {
        "grounds": "facts_wrong",
        "statement": "记载的内容有误，请予核查更正。",
        "key": key_in(client, path),
    }
    made = client.post(path, form).headers["Location"]
    case = Case.objects.get()
    assert case.entity == town.firm
    for reader in ("firm", "market"):
        shown = signed_in(reader).get(made).content.decode()
        assert "by the agent" in shown
        assert town.other_firm.name in shown
    step(client, case, "withdraw")
    assert case.state == "withdrawn"
    assert client.post("/my/agents/oneself").status_code == 302
    page = client.get("/my").content.decode()
    assert "You act for" not in page
    assert "临市监罚〔2026〕12号" not in page
    assert client.get(made).status_code == 404


def test_an_agent_applies_for_its_principal(town: Town) -> None:
    client = acting(give(town, scope="apply"))
    record = town.records["open"]
    draft = client.post("/apply", {"records": [str(record.public_id)]}).headers["Location"]
    client.post(draft, {"performed_on": record.found_on + timedelta(days=10)})
    commitment = draft.replace("conditions", "commitment")
    client.post(commitment, {"agreed": "on", "commitment_name": "王小明"})
    done = client.post(draft.replace("conditions", "review")).headers["Location"]
    assert "临市监罚〔2026〕11号" in client.get(done).content.decode()
    assert Case.objects.get().application.entity == town.firm


def test_revoking_ends_everything_at_once(town: Town) -> None:
    mandate, (case,) = give(town), apply_for(town, "open")
    client = acting(mandate)
    assert client.get(f"/case/{case.public_id}").status_code == 200
    assert signed_in("firm").post(f"/my/agents/{mandate.public_id}/revoke").status_code == 302
    assert client.get(f"/case/{case.public_id}").status_code == 404
    body = {"event": "withdraw", "version": case.version}
    assert client.post(f"/case/{case.public_id}/move", body).status_code == 404
    assert client.post(f"/my/agents/{mandate.public_id}/act").status_code == 404
    assert "临市监罚〔2026〕11号" not in client.get("/my").content.decode()
    case.refresh_from_db()
    assert case.state == "submitted"
    kinds = list(
        Event.objects.filter(kind__startswith="mandate.").order_by("position").values("kind", "content")
    )
    assert [item["kind"] for item in kinds] == ["mandate.given", "mandate.revoked"]
    assert "galaxy" not in str(kinds)


def test_a_mandate_that_runs_out_lives_no_more(town: Town) -> None:
    mandate = give(town)
    client = acting(mandate)
    Mandate.objects.update(until=timezone.localdate() - timedelta(days=1))
    assert client.get("/my").status_code == 404
    assert "You act for" not in client.get("/my").content.decode()
    assert "run out" in signed_in("firm").get("/my/agents").content.decode()
    assert give(town).pk != mandate.pk, "one that ran out makes room"


@pytest.mark.parametrize(("scope", "applies", "objects"), [("apply", True, False), ("object", False, True)])
def test_a_mandate_covers_what_it_says(town: Town, scope: str, applies: bool, objects: bool) -> None:
    client, (case,) = acting(give(town, scope=scope)), apply_for(town, "open")
    page = client.get(f"/case/{case.public_id}").content.decode()
    assert ('value="withdraw"' in page) is applies
    body = {"event": "withdraw", "version": case.version}
    status = client.post(f"/case/{case.public_id}/move", body).status_code
    assert (status == 302) is applies
    assert (object_as(client, town.records["too_early"]) == 302) is objects


def test_an_agent_sees_and_does_nothing_beyond_its_principals(town: Town) -> None:
    mandate = give(town)
    client = acting(mandate)
    hidden = town.records["unpublished"].public_id
    assert client.get(f"/record/{hidden}").status_code == 200
    assert signed_in("lisi").post(f"/my/agents/{mandate.public_id}/act").status_code == 404
    assert signed_in("lisi").get(f"/record/{hidden}").status_code == 404
    assert client.get(f"/entity/{town.person.public_id}").status_code == 404
    for name in ("shops", "persons"):
        assert object_as(client, town.records[name]) == 404
    readings = client.get("/my/readings").content.decode()
    assert "临湖市天成商贸有限公司" not in readings.replace("You act for", "").split("</form></div>", 1)[1]
    client.post("/my/agents", {"agent": "lisi", "scope": "all", "until": mandate.until})
    assert not Mandate.objects.filter(entity=town.firm).exclude(pk=mandate.pk).exists()
    assert {pattern.name for pattern in urlpatterns} >= FOR_THE_PRINCIPAL
    agent = mandates.acting(mandate.public_id, account_id=mandate.agent_id, on=timezone.localdate())
    with pytest.raises(CaseworkError, match=r"mandate\.forbidden"):
        mandates.revoke_mandate(actor=agent, mandate=mandate.public_id, at=timezone.now())


def test_only_its_own_entity_revokes_a_mandate(town: Town) -> None:
    mandate = give(town)
    for stranger in ("galaxy", "lisi"):
        assert signed_in(stranger).post(f"/my/agents/{mandate.public_id}/revoke").status_code == 404
    mandate.refresh_from_db()
    assert mandate.revoked_at is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"agent": "nobody"}, "No other organisation has an account"),
        ({"agent": "firm"}, "No other organisation has an account"),
        ({"agent": "lisi"}, "No other organisation has an account"),
        ({"agent": "market"}, "No other organisation has an account"),
        ({"until": "2020-01-01"}, "The last day lies in the past"),
        ({"scope": "own"}, "Please mend this"),
        ({"until": ""}, 'href="#id_until"'),
        ({}, "has a mandate already"),
    ],
)
def test_a_mandate_that_cannot_be_given_says_why(town: Town, more: dict[str, str], said: str) -> None:
    if not more:
        give(town)
    until = str(timezone.localdate() + timedelta(days=30))
    form = {"agent": "galaxy", "scope": "all", "until": until} | more
    assert said in signed_in("firm").post("/my/agents", form).content.decode()
    assert Mandate.objects.count() == (not more)


def test_the_database_keeps_one_living_mandate_per_pair(town: Town) -> None:
    mandate = give(town)
    again = Mandate(
        entity=town.firm, agent=mandate.agent, scope="all", until=mandate.until, given_at=timezone.now()
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_an_agent_names_its_principal_to_the_api(town: Town) -> None:
    (case,) = apply_for(town, "open")
    mandate = give(town, scope="object")
    scopes = ["cases:read", "cases:write", "records:read", "entities:read"]
    token = commands.create_token(account=mandate.agent, name="agent", scopes=scopes, at=timezone.now())
    bearer = {"Authorization": f"Bearer {token}"}
    principal = bearer | {"Goodstanding-For": str(town.firm.public_id)}
    client = Client(SERVER_NAME="localhost", headers=principal)
    alone = Client(SERVER_NAME="localhost", headers=bearer)
    path = f"/api/v1/cases/{case.public_id}"
    assert alone.get(path).status_code == 404
    assert client.get(path).json()["moves"] == [], "the mandate does not cover applications"
    refused = client.post(f"{path}/moves/withdraw", data={}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "mandate.none")
    hidden = f"/api/v1/records/{town.records['unpublished'].public_id}"
    assert client.get(hidden).status_code == 200
    mandates.revoke_mandate(actor=town.actor("firm"), mandate=mandate.public_id, at=timezone.now())
    for address in (path, hidden, "/api/v1/cases"):
        assert client.get(address).status_code == 404, "a mandate that is revoked opens nothing"


def test_an_agent_reads_its_principals_notices_and_marks_none(town: Town) -> None:
    mandate = give(town)
    apply_for(town, "open")
    follow()
    actor, agents_own = town.actor("firm"), town.actor("galaxy")
    assert unread(actor) > unread(agents_own)

    def count(client: Client) -> int:
        menu = re.search(r'<a href="/notices"[^>]*>.*?</a>', client.get("/check/").content.decode(), re.S)
        assert menu is not None
        return int((re.search(r"count\">(\d+)", menu[0]) or [0, 0])[1])

    alone = signed_in("galaxy")
    assert count(alone) == unread(agents_own)
    client = acting(mandate)
    assert count(client) == unread(actor)
    page = client.get("/notices").content.decode()
    assert "临市监罚〔2026〕11号" in page and "Mark as read" not in page and "E-mail address" not in page
    letter = re.search(r"/notices/[0-9a-f-]{36}", page)
    assert letter is not None and client.get(letter[0]).status_code == 200
    assert client.post("/notices", {"until": 2**40}).status_code == 403
    assert unread(actor) == count(client)
    signed_in("firm").post(f"/my/agents/{mandate.public_id}/revoke")
    assert count(client) == unread(agents_own)
    assert client.get("/notices").status_code == 404
    assert "临市监罚〔2026〕11号" not in client.get("/notices").content.decode()
