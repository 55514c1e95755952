"""Restoration without applying on the pages: the officer reads which proof is missing, the entity that it may wait."""

from __future__ import annotations

import pytest
from django.utils import timezone

from goodstanding.casework import own_motion
from goodstanding.casework.models import Case, Kind

from .stories import Town, signed_in


@pytest.mark.parametrize(
    ("language", "missing", "rest"),
    [
        ("en", "One proof is missing", "Nothing needs to be done"),
        ("zh-hans", "尚缺一项证明", "您无需办理"),
    ],
)
def test_the_officer_reads_what_is_missing_and_the_entity_that_nothing_needs_to_be_done(
    town: Town, language: str, missing: str, rest: str
) -> None:
    record = town.records["open"]
    record.restorable_from = timezone.localdate()
    record.save(update_fields=["restorable_from"])
    own_motion.sweep(on=timezone.localdate(), at_clock=timezone.now)
    case = Case.objects.get(record=record, kind=Kind.OWN_MOTION)
    officer = signed_in("market").get(f"/case/{case.public_id}", headers={"accept-language": language})
    page = officer.content.decode()
    assert missing in page and town.market.name_zh in page
    firm = signed_in("firm").get(f"/record/{record.public_id}", headers={"accept-language": language})
    assert "case.found" not in firm.content.decode(), "the history says in words what happened"
    assert rest in firm.content.decode() and f"/case/{case.public_id}" in firm.content.decode()
    assert (
        rest
        not in signed_in()
        .get(f"/record/{record.public_id}", headers={"accept-language": language})
        .content.decode()
    )
