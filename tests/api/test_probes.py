"""Places to be looked at, for programs of the operator: added, listed, looked at, ended, and by nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from goodstanding.exchange import awaiting, canaries, probe_places, probes
from goodstanding.exchange.models import AwaitedReceipt, ProbePlace, Subscriber
from goodstanding.registry import commands
from goodstanding.registry.calendars import known_calendar
from goodstanding.registry.models import Account
from goodstanding.site.worker import seal_all
from tests.portal.late import canary_of, removed_and_late
from tests.portal.stories import Town, build_town
from tests.showcase import showing

PLACES = "/api/v1/probes/places"


@pytest.fixture
def town(database: str, private_allowed: None) -> Town:
    made = build_town()
    removed_and_late(made, "open", "others")
    return made


def ask(username: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    account = Account.objects.get(user__username=username)
    scopes = ["status:read", "recipients:write"]
    token = commands.create_token(account=account, name="t", scopes=scopes, at=timezone.now())
    client: Any = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})
    answer = client.get(path) if body is None else client.post(path, body, content_type="application/json")
    return answer.status_code, answer.json()


def test_the_operator_adds_a_place_reads_what_was_found_there_and_ends_it(town: Town) -> None:
    recipient = Subscriber.objects.get(account__user__username="lantern")
    record = town.records["open"]
    with showing() as site:
        site.else_ = record.document_no
        given = {"recipient": str(recipient.public_id), "address": f"{site.url}/{{code}}"}
        status, made = ask("operator", PLACES, given)
        assert (status, made["marker"], made["looks"]) == (201, "{document_no}", 0)
        assert ask("operator", PLACES, given)[0] == 409, "it is known"
        probes.look(probe_places.places(), at_clock=timezone.now, record=record, pause=0)
    status, found = ask("operator", f"{PLACES}/{made['place']}")
    (finding,), (look,) = found["findings"], found["seen"]
    assert (finding["record"], finding["answered"], finding["ended_at"]) == (
        str(record.public_id),
        True,
        None,
    )
    assert (look["result"], look["status"], look["canary"]) == ("shown", 200, False)
    assert (found["looks"], found["last_look"]) == (1, look["at"])
    assert ask("operator", f"{PLACES}/{made['place']}?offset=1")[1]["seen"] == []
    assert [each["place"] for each in ask("operator", PLACES)[1]] == [made["place"]]
    assert ask("operator", f"{PLACES}/{made['place']}/end", {})[1]["ended_at"] is not None
    assert ask("operator", f"{PLACES}/{made['place']}/end", {})[0] == 404
    assert ask("operator", PLACES)[1] == [] and len(ask("operator", f"{PLACES}?ended=true")[1]) == 1
    assert ask("operator", f"{PLACES}/{made['place']}")[1]["findings"][0]["ended_by"] == "place_ended"


def test_a_place_that_makes_no_sense_is_refused_and_says_why(town: Town) -> None:
    recipient = Subscriber.objects.get(account__user__username="lantern")
    known, nobody = str(recipient.public_id), str(town.records["open"].public_id)
    for given, status, code in (
        ({"recipient": known, "address": "ftp://x/{record}"}, 422, "probe.address"),
        ({"recipient": known, "address": "https://x.example/{code}", "marker": "y"}, 422, "probe.marker"),
        ({"recipient": nobody, "address": "https://x.example/{record}"}, 404, "not_found"),
        ({"recipient": known}, 422, "request.invalid"),
    ):
        answered, problem = ask("operator", PLACES, given)
        assert (answered, problem["type"].rpartition(":")[2]) == (status, code)
    assert not ProbePlace.objects.exists()


def test_nobody_else_reads_or_changes_places(town: Town) -> None:
    recipient = Subscriber.objects.get(account__user__username="lantern")
    at, address = timezone.now(), "https://lantern.example/{record}"
    place = probe_places.add(subscriber=recipient, address=address, marker="{document_no}", at=at)
    given = {"recipient": str(recipient.public_id), "address": "https://lantern.example/2/{record}"}
    for stranger in ("firm", "market", "bank", "mirror", "lantern"):
        assert ask(stranger, PLACES)[0] == 403 and ask(stranger, f"{PLACES}/{place.public_id}")[0] == 403
        assert ask(stranger, PLACES, given)[0] == 403
        assert ask(stranger, f"{PLACES}/{place.public_id}/end", {})[0] == 403
    assert Client(SERVER_NAME="localhost").get(PLACES).status_code == 401
    assert ProbePlace.objects.get().ended_at is None


def test_the_operator_alone_reads_which_look_was_for_a_canary(town: Town) -> None:
    recipient, at = Subscriber.objects.get(account__user__username="lantern"), timezone.now()
    made = canaries.remove(canary=canary_of(recipient).public_id, at=at)
    seal_all()
    while awaiting.follow(at=at, calendar=known_calendar()):
        pass
    due_on = timezone.localdate(at) - timedelta(days=5)
    AwaitedReceipt.objects.filter(canary=made).update(due_on=due_on, remind_on=due_on)
    with showing() as site:
        site.pages[f"/{made.code}"] = made.document_no
        place = probe_places.add(
            subscriber=recipient, address=f"{site.url}/{{code}}", marker="{document_no}", at=at
        )
        probes.look([place], at_clock=timezone.now, pause=0)
    _, found = ask("operator", f"{PLACES}/{place.public_id}")
    (finding,) = found["findings"]
    assert (finding["record"], finding["canary"], finding["answered"]) == (str(made.record_id), True, False)
    _, own = ask("lantern", f"/api/v1/recipients/{recipient.public_id}")
    (shown,) = own["still_shown"]
    assert shown["record"] == str(made.record_id) and "canary" not in str(own)
