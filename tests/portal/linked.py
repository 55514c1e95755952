"""Rows without a code of which some wait for a clerk, a link that stands, and one that was taken back with notice."""

from __future__ import annotations

import tempfile
from pathlib import Path

from goodstanding.intake import review
from goodstanding.registry import merges
from goodstanding.registry.models import Account, Authority, Entity, Reading
from tests.intake.files import AT, TODAY, penalty, registration, take_in, write_csv
from tests.registry.factories import make_entity, uscc

NAMES = ["临湖市宏图建筑工程有限公司", "临湖市宏图建筑装饰工程有限公司", "临湖市春晖食品有限公司"]
PENALTIES = "double-publicity-penalties"
WHY = {"en": ["the same brand and road"], "zh": ["字号、道路相同"]}


def links_and_reviews(sender: Authority, *, bank: str, operator: str) -> None:
    """Make them as of the tests' day.

    Args:
        sender: the authority that sends the files.
        bank: the login that has read one of two entities that were one. operator: who took their link back.
    """
    with tempfile.TemporaryDirectory() as scratch:
        companies = [registration(uscc(), name) for name in NAMES]
        path = write_csv(Path(scratch) / "登记.csv", "registration", companies)
        take_in(path, "registration", sender)
        named = [NAMES[2], "临湖市宏图建筑有限公司", "省外某某集团"]
        rows = [penalty(number, "", name, sender) for number, name in enumerate(named, start=301)]
        batch = take_in(write_csv(Path(scratch) / "无代码处罚.csv", PENALTIES, rows), PENALTIES, sender)
    review.propose(batch.pk, today=TODAY, at=AT)
    known = Entity.objects.get(name=NAMES[2])
    for name in ("春晖食品", "春晖食品（北门店）"):
        shop = make_entity(name, identifiers=(("name_at_source", f"X|{name}|"),), known_by_name_only=True)
        merges.link_entities(
            one_id=shop.pk, other_id=known.pk, same=True, by="rule", explanation=WHY, account_id=None, at=AT
        )
    reader = Account.objects.get(user__username=bank)
    Reading.objects.create(at=AT, entity=known, reader=reader, purpose="lending", legal_basis="consent")
    link = merges.all_links().first()
    assert link is not None
    clerk = Account.objects.get(user__username=operator)
    merges.withdraw_link(link_id=link.pk, account_id=clerk.pk, reason="两家门店，经营者不同", at=AT)
