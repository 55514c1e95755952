"""Board, recipient's page and league table, at both sizes and in both languages, with no barrier that axe finds."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from goodstanding.exchange.models import Subscriber, Suspension
from tests.portal.late import removed_and_late

from .walking import Walk


def test_a_removal_is_followed_to_the_recipient_that_stays_behind(walk: Walk) -> None:
    town = walk.town
    removed_and_late(town, "open", "others")
    firm = walk.person("firm", f"/record/{town.records['open'].public_id}")
    firm.get_by_role("link", name=walk.say("How far it has come with each of them, step by step")).click()
    expect(firm.get_by_role("heading", level=1)).to_contain_text(walk.say("How far the removal has come"))
    walk.look(firm)
    silent = Subscriber.objects.get(account__user__username="mirror")
    operator = walk.person("operator", "/feed-status")
    operator.locator(f'a[href="/feed/{silent.public_id}"]').click()
    walk.look(operator)
    operator.get_by_role("button", name=walk.say("Suspend its agreements")).click()
    expect(
        operator.get_by_text(walk.say("Its agreements are suspended until it has answered."))
    ).to_be_visible()
    walk.look(operator)
    assert Suspension.objects.get().state == "suspended"
    anyone = walk.person(None, "/")
    anyone.get_by_role("link", name=walk.say("Time to gone")).click()
    expect(anyone.get_by_role("heading", level=1)).to_contain_text(walk.say("Time to gone"))
    expect(anyone.get_by_role("row").last).to_contain_text(re.compile("Mingjian|明鉴"))
    walk.look(anyone)
