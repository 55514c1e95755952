"""Recipients that stay behind, from the command line."""

from __future__ import annotations

import pytest

from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands
from goodstanding.registry.models import Account

from ..portal.late import corrected_and_late, removed_and_late
from ..portal.stories import build_town
from .conftest import Run


@pytest.fixture
def town(database: str) -> None:
    removed_and_late(build_town(), "open", "others")


@pytest.mark.usefixtures("town")
def test_who_is_late_is_listed_declined_proposed_confirmed_and_resumed(run: Run) -> None:
    listed = run("recipient", "list", "--json")
    rows = {row["username"]: row for row in listed.document}
    assert listed.status == 1 and (rows["mirror"]["late"], rows["mirror"]["suspension"]) == (2, "proposed")
    assert (
        rows["lantern"]["late"] == 0
        and "mirror  2 unanswered, 2 late, 0 kept, proposed" in run("recipient", "list").out
    )
    me, why = ("--account", "operator"), ("--reason", "its server burnt down")
    assert (
        "Say why in 4 to 500 characters"
        in run("recipient", "decline", "mirror", *me, "--reason", "no").errors
    )
    assert run("recipient", "decline", "mirror", *me, *why).out == "mirror  declined\n"
    assert run("recipient", "suspend", "mirror", *me).status == 1
    proposed = run("recipient", "suspend", "mirror", *me, "--reason", "no answer", "--json").document
    assert (proposed["state"], proposed["removals"], proposed["reason"]) == ("proposed", 2, "no answer")
    refused = run("recipient", "suspend", "mirror", *me)
    assert refused.status == 1 and "suspension.same_operator" in refused.errors
    authority = Account.objects.get(user__username="operator").authority
    commands.create_account(username="second", password=None, role="operator", authority=authority)
    assert run("recipient", "suspend", "mirror", "--account", "second", "--json").document["agreements"]
    assert Subscriber.objects.get(account__user__username="mirror").agreements.get().suspended_on is not None
    assert run("recipient", "resume", "mirror", *me, *why).out == "mirror  declined\n"
    assert run("recipient", "resume", "mirror", "--account", "market", *why).status == 1
    assert run("recipient", "suspend", "nobody", *me).status == 2
    assert run("recipient", "suspend", "mirror", "--account", "nobody").status == 2


def test_who_has_not_taken_over_a_correction_in_time_is_listed(database: str, run: Run) -> None:
    corrected_and_late(build_town(), "open")
    listed = run("recipient", "list")
    assert listed.status == 1
    assert "mirror  0 unanswered, 0 late, 0 kept, corrections late: 1, asks too seldom\n" in listed.out
    rows = {row["username"]: row for row in run("recipient", "list", "--json").document}
    assert [rows["mirror"][name] for name in ("corrections", "corrections_late", "silent")] == [1, 1, True]
    assert [rows["lantern"][name] for name in ("corrections", "corrections_late", "silent")] == [0, 0, False]
