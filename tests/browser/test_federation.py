"""Records of another instance on the pages: where they come from, where what one hands in goes, who is followed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from goodstanding.casework import objections
from goodstanding.casework.forwarding import note_answer
from goodstanding.casework.models import Forwarding
from goodstanding.exchange.content import record_document
from goodstanding.registry.actor import PUBLIC
from goodstanding.registry.models import Neighbour, Record
from tests.registry.test_foreign import neighbour_of, take_over, told

from .conftest import Axe, Site
from .walking import small_targets

HOME = "city.example/log"


@pytest.fixture
def foreign(site: Site) -> Record:
    """A penalty of the firm that lives in the city, objected to here."""
    town, now = site.town, timezone.now()
    own = town.records["too_early"]
    code = town.firm.identifiers.get(scheme="uscc").value
    document = record_document(own, PUBLIC) | {"id": str(uuid.uuid4()), "document_no": "临市监罚〔2026〕77号"}
    document["entity"] |= {"identifiers": [{"scheme": "uscc", "value": code}]}
    take_over(neighbour_of(HOME), told(1, document))
    Neighbour.objects.update(position=41, confirmed=41, followed_at=now)
    made = objections.object_elsewhere(
        actor=town.actor("firm"),
        record=document["id"],
        grounds="facts_wrong",
        statement="The fine was paid in full before the decision.",
        key=uuid.uuid4(),
        at=now,
        today=timezone.localdate(now),
    )
    said = {
        "state": "open",
        "taken": True,
        "home": HOME,
        "case": str(uuid.uuid4()),
        "case_state": "submitted",
        "state_en": "Submitted, waiting for acceptance",
        "state_zh": "已提交，等待受理",
        "reasons": "",
        "due_on": (timezone.localdate(now) + timedelta(days=5)).isoformat(),
    }
    note_answer(Forwarding.objects.get(application=made), said, at=now)
    return Record.objects.get(public_id=document["id"])


def test_a_record_of_another_instance_says_where_it_is_decided(site: Site, foreign: Record, axe: Axe) -> None:
    done = f"/apply/done/{Forwarding.objects.get().application.public_id}"
    for language, width in (("en-GB", 1440), ("zh-CN", 390)):
        more = {"language": language, "width": width}
        for username, paths in (
            ("", [f"/record/{foreign.public_id}"]),
            ("firm", [f"/record/{foreign.public_id}", done]),
            ("operator", ["/feed-status"]),
        ):
            page = site.user(username, **more) if username else site.visitor(**more)
            for path in paths:
                page.goto(path)
                expect(page.get_by_text(HOME).first).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                assert axe(page) == [], path
                assert small_targets(page) == [], path
    page = site.user("firm")
    page.goto(f"/record/{foreign.public_id}")
    expect(page.get_by_text("Submitted, waiting for acceptance")).to_be_visible()
