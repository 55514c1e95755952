"""Rows without a usable code: linked where it is safe, decided on by a clerk where it may be, never guessed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from goodstanding.intake import review
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import Batch, LinkReview
from goodstanding.registry import commands
from goodstanding.registry.models import Account, Authority, Entity, Record
from tests.intake.files import AT, TODAY, penalty, registration, take_in, write_csv
from tests.registry.factories import make_authority, uscc

pytestmark = pytest.mark.usefixtures("database")

NAMES = [
    "临湖市天成商贸有限公司",
    "临湖市远大建筑工程有限公司",
    "临湖市远大建筑装饰工程有限公司",
    "临湖市春晖食品有限公司",
]


@pytest.fixture
def bureau(tmp_path: Path) -> Authority:
    authority = make_authority()
    rows = [registration(uscc(), name) for name in NAMES]
    take_in(write_csv(tmp_path / "r.csv", "registration", rows), "registration", authority)
    return authority


def penalties(folder: Path, bureau: Authority, *names: str, first: int = 1) -> Batch:
    rows = [penalty(number, "", name, bureau) for number, name in enumerate(names, start=first)]
    path = write_csv(folder / f"p{first}.csv", "double-publicity-penalties", rows)
    return take_in(path, "double-publicity-penalties", bureau)


def propose(batch: Batch) -> review.Proposed:
    return review.propose(batch.pk, today=TODAY, at=AT)


def clerk() -> Account:
    return Account.objects.create(user=User.objects.create_user("clerk"), role="operator")


def test_every_row_without_a_code_is_linked_or_waits_with_its_reasons(
    tmp_path: Path, bureau: Authority
) -> None:
    batch = penalties(tmp_path, bureau, NAMES[0], "临湖市远大建筑有限公司", "省外某某集团")
    assert batch.rejected == 3
    found = propose(batch)
    assert found.linked + found.waiting + found.none == 3
    for item in batch.link_reviews.all():
        if item.state == LinkReview.State.LINKED:
            assert item.record is not None and item.record.entity == item.entity
            assert item.candidates[0]["entity"] == str(item.entity.public_id)
        for candidate in item.candidates[:1]:
            assert candidate["explanation"]["en"] and candidate["explanation"]["zh"]
    assert not Record.objects.exclude(entity__name=NAMES[0]).exists(), "what is not sure has not entered"
    assert propose(batch) == review.Proposed(0, 0, 0), "a row is looked at once"


def test_the_command_looks_at_every_batch_once(tmp_path: Path, bureau: Authority, database: str) -> None:
    batch = penalties(tmp_path, bureau, NAMES[0], "临湖市远大建筑有限公司")
    assert review.unlinked() == [batch.pk]
    command = [sys.executable, "-m", "goodstanding", "link", "--json"]
    environment = os.environ | {"DATABASE_URL": database}
    first, second = (
        json.loads(
            subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
        )
        for _ in range(2)
    )
    assert sum(first[str(batch.public_id)].values()) == 2 and second == {}
    assert review.unlinked() == []


def test_a_clerk_lets_a_row_in_and_the_batch_still_adds_up(tmp_path: Path, bureau: Authority) -> None:
    batch = penalties(tmp_path, bureau, "临湖市远大建筑有限公司")
    assert propose(batch).waiting == 1
    (item,) = review.queue()
    account, chosen = clerk(), Entity.objects.get(name=NAMES[1])
    with pytest.raises(IntakeError, match="not one of the candidates"):
        review.decide(
            public_id=item.public_id,
            entity=Entity.objects.get(name=NAMES[3]).public_id,
            account_id=account.pk,
            today=TODAY,
            at=AT,
        )
    done = review.decide(
        public_id=item.public_id, entity=chosen.public_id, account_id=account.pk, today=TODAY, at=AT
    )
    record = Record.objects.get()
    assert (done.record, record.entity, record.document_no) == (record, chosen, "临市监罚〔2026〕1号")
    batch.refresh_from_db()
    assert (batch.committed, batch.rejected, batch.next_row) == (1, 0, 1)
    assert not batch.rejected_rows.exists()
    with pytest.raises(IntakeError, match="already"):
        review.decide(public_id=item.public_id, entity=None, account_id=account.pk, today=TODAY, at=AT)


def test_a_clerk_cannot_bring_back_what_was_restored(tmp_path: Path, bureau: Authority) -> None:
    chosen = Entity.objects.get(name=NAMES[1])
    code = chosen.identifiers.get(scheme="uscc").value
    path = write_csv(
        tmp_path / "q.csv", "double-publicity-penalties", [penalty(7, code, chosen.name, bureau)]
    )
    take_in(path, "double-publicity-penalties", bureau)
    commands.restore(record_id=Record.objects.get().pk, at=AT)
    batch = penalties(tmp_path, bureau, "临湖市远大建筑有限公司", first=7)
    propose(batch)
    (item,) = review.queue()
    with pytest.raises(IntakeError):
        review.decide(
            public_id=item.public_id,
            entity=chosen.public_id,
            account_id=clerk().pk,
            today=TODAY,
            at=AT + timedelta(hours=1),
        )
    assert Record.objects.get().state == "restored"
    assert LinkReview.objects.get().state == LinkReview.State.WAITING


def test_the_queue_is_worked_in_the_portal(tmp_path: Path, bureau: Authority) -> None:
    batch = penalties(tmp_path, bureau, "临湖市远大建筑有限公司", "临湖市远大建筑公司", first=1)
    propose(batch)
    waiting = list(review.queue())
    assert waiting
    client = Client(headers={"host": "localhost"})
    assert client.get("/links/review/").status_code == 302
    client.force_login(clerk().user)
    page = client.get("/links/review/").content.decode()
    assert NAMES[1] in page and "weight" in page
    chosen = Entity.objects.get(name=NAMES[1])
    for item in waiting:
        client.post(f"/links/review/{item.public_id}", {"entity": str(chosen.public_id)})
    assert Record.objects.filter(entity=chosen).count() == len(waiting)
    page = client.get("/links/review/?state=linked").content.decode()
    assert "the record" in page
