"""Board, recipient's page and league table, at both sizes and in both languages, with no barrier that axe finds."""

from __future__ import annotations

import re
import uuid

from django.utils import timezone
from playwright.sync_api import expect

from goodstanding.casework import uses
from goodstanding.exchange import probe_places, probes
from goodstanding.exchange.models import Subscriber, Suspension
from goodstanding.registry.actor import actor_of
from goodstanding.registry.models import Account
from tests.portal.late import canary_of, found_keeping, removed_and_late
from tests.showcase import showing

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


def test_who_keeps_a_record_is_shown_and_who_used_it_looks_again(walk: Walk) -> None:
    town, now = walk.town, timezone.now()
    record = town.records["open"]
    uses.report_use(
        actor=actor_of(Account.objects.get(user__username="bank")),
        record=record.public_id,
        kind="credit",
        on=timezone.localdate(),
        reference="贷审2026-17",
        key=uuid.uuid4(),
        at=now,
        today=timezone.localdate(),
    )
    found_keeping(town, "open")
    firm = walk.person("firm", f"/record/{record.public_id}/propagation")
    expect(
        firm.get_by_text(walk.say("It had signed that the record was gone; it has to answer again."))
    ).to_be_visible()
    firm.get_by_text(walk.say("What it signed that it holds")).click()
    walk.look(firm)
    keeping = Subscriber.objects.get(account__user__username="lantern")
    operator = walk.person("operator", f"/feed/{keeping.public_id}")
    expect(operator.get_by_role("heading", name=walk.say("Found by reconciliation"))).to_be_visible()
    bank = walk.person("bank", "/uses")
    bank.get_by_label(walk.say("Result"), exact=True).select_option("nothing")
    bank.get_by_role("button", name=walk.say("Report")).click()
    expect(bank.get_by_text(walk.say("There is no such decision."))).to_be_visible()
    walk.go(bank, "/uses?state=answered")
    walk.go(operator, "/uses?state=all")
    expect(operator.get_by_text(walk.say("not applicable")).first).to_be_visible()


def test_what_was_seen_from_outside_stands_beside_the_receipt(walk: Walk, private_allowed: None) -> None:
    town, now = walk.town, timezone.now()
    removed_and_late(town, "open", "others")
    record, quick = town.records["open"], Subscriber.objects.get(account__user__username="lantern")
    canary = canary_of(quick)
    with showing() as site:
        site.else_ = record.document_no
        address = f"{site.url}/companies/by-unified-social-credit-code/{{code}}"
        place = probe_places.add(subscriber=quick, address=address, marker="{document_no}", at=now)
        probes.look([place], at_clock=timezone.now, record=record, pause=0)
    firm = walk.person("firm", f"/record/{record.public_id}/propagation")
    expect(firm.get_by_text(walk.say("Its signed receipt says that the record is gone."))).to_be_visible()
    operator = walk.person("operator", f"/feed/{quick.public_id}")
    expect(operator.get_by_role("heading", name=walk.say("Looked at from outside"))).to_be_visible()
    expect(operator.get_by_text(canary.name)).to_be_visible()
