"""The receipt of a decision: it replays to the same bytes, stays as it was, and goes with the record's content."""

from __future__ import annotations

import orjson
import pytest
from django.db import DatabaseError, transaction

from goodstanding.casework.models import DecisionReceipt
from goodstanding.casework.receipts import receipt_of
from goodstanding.law.receipts.replay import replay
from goodstanding.registry.packs import packs
from goodstanding.registry.removals import ReportedRemoval, remove

from .stories import AT, PERFORMED, TODAY, Town, apply, object_to, take

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("step", ["grant", "deny"])
def test_a_decision_can_be_made_again_from_its_receipt(step: str) -> None:
    town = Town()
    record = town.record()
    case = apply(town.firm, record).cases.get()
    assert receipt_of(case) is None
    case = take(step, town.market_officer, take("accept", town.market_officer, case))
    content = receipt_of(case)
    assert content is not None
    again = replay(content, packs=packs())
    assert again.content == content
    said = orjson.loads(content)
    assert said["inputs"]["on"] == TODAY.isoformat()
    assert said["inputs"]["facts"]["performed_on"] == PERFORMED.isoformat()
    assert said["pack"]["id"] == record.pack
    assert again.verdict.classification.restorable_from == record.restorable_from
    assert again.verdict.classification.publish_until == record.publish_until


def test_what_is_no_decision_on_the_law_has_none() -> None:
    town = Town()
    withdrawn = take("withdraw", town.firm, apply(town.firm, town.record()).cases.get())
    objection = take("accept", town.market_officer, object_to(town.firm, town.record()))
    objection = take("grant", town.market_officer, objection)
    assert [receipt_of(case) for case in (withdrawn, objection)] == [None, None]


def test_it_stays_as_it_was_and_goes_with_the_content_of_the_record() -> None:
    town = Town()
    record = town.record()
    case = take("accept", town.market_officer, apply(town.firm, record).cases.get())
    case = take("grant", town.market_officer, case)
    with pytest.raises(DatabaseError, match="stays as it was written"), transaction.atomic():
        DecisionReceipt.objects.update(content=b"{}")
    with transaction.atomic():
        removal = ReportedRemoval(
            row=1,
            change="redact",
            natural_key=bytes(record.natural_key),
            authority_id=town.market.pk,
            source_id=town.market.pk,
            entity_id=town.entity.pk,
        )
        remove([removal], batch=None, at=AT, sender_id=town.market.pk)
    record.refresh_from_db()
    assert (record.state, receipt_of(case)) == ("redacted", None)
