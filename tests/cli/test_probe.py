"""Looking from outside from the command line: a place is named, looked at, and ended."""

from __future__ import annotations

import pytest

from goodstanding.registry import commands as registry

from ..exchange.clock import answer_at
from ..exchange.stage import last_position, live_record, make_subscriber, now, seal_all
from ..registry.factories import make_authority, make_entity
from ..showcase import showing
from .conftest import Run

pytestmark = pytest.mark.usefixtures("database", "private_allowed")


def test_a_place_is_named_looked_at_and_ended(run: Run) -> None:
    subscriber, key = make_subscriber()
    record = live_record(make_entity(), make_authority())
    login = subscriber.account.user.username
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    answer_at(subscriber, key, record, last_position(record), now())
    with showing() as site:
        site.else_ = f"<td>{record.document_no}</td>"
        address = f"{site.url}/company/{{code}}"
        added = run("probe", "place", "add", login, "--address", address, "--always", "", "--json")
        assert added.status == 0 and added.document["marker"] == "{document_no}"
        assert run("probe", "place", "add", login, "--address", address).status == 2
        assert "no recipient" in run("probe", "place", "add", "nobody", "--address", address).errors
        nothing = run("probe", "look", "--recipient", login)
        assert (nothing.status, nothing.out) == (0, "nothing is due\n"), "the receipt is not an hour old"
        looked = run("probe", "look", "--record", record.public_id, "--json")
        assert looked.status == 1
        assert [each["result"] for each in looked.document["looked"]] == ["shown"]
        assert looked.document["still_shown"][0]["answered"] is True
        again = run("probe", "look")
        assert again.status == 1 and "STILL SHOWN" in again.out and record.document_no not in again.out
        site.else_ = 410
        gone = run("probe", "look", "--record", record.public_id)
        assert gone.status == 0 and gone.out.startswith("absent")
    assert login in run("probe", "place", "list").out
    assert run("probe", "place", "end", added.document["place"], "--json").document["ended_at"]
    assert run("probe", "place", "list").out == ""
    assert "ended" in run("probe", "place", "list", "--ended").out
    assert run("probe", "place", "end", added.document["place"]).status == 2
    assert run("probe", "look", "--record", added.document["place"]).status == 2
