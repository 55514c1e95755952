"""A file below its contract's thresholds waits: nothing of it enters until the operator lets it in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from goodstanding.intake import commands, inbox
from goodstanding.intake.contract import SHIPPED
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import Batch, Hold
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Authority, Event, Record
from tests.intake.files import AT, TODAY, clock, outcomes, penalty, receive, take_in, write_csv
from tests.own_contracts import contracts_folder
from tests.registry.factories import make_authority, make_entity

PENALTIES = "double-publicity-penalties"
OPERATOR = Actor(role="operator")
REASON = "The source confirmed the file by telephone."


@pytest.fixture
def bureau(database: str) -> Authority:
    return make_authority()


@pytest.fixture
def strict() -> Iterator[None]:
    """The penalties contract with thresholds, as an installation's own."""
    contract: Any = yaml.safe_load((SHIPPED / f"{PENALTIES}.yaml").read_text(encoding="utf-8"))
    value = {"hold": {"validity": 90, "uniqueness": 99, "short": True}}
    contract["customProperties"].append({"property": "quality", "value": value})
    text = yaml.safe_dump(contract, allow_unicode=True, sort_keys=False)
    with contracts_folder() as folder:
        (folder / f"{PENALTIES}.yaml").write_text(text, encoding="utf-8")
        yield


def decide(decision: Hold.Decision, batch: Batch, *, actor: Actor = OPERATOR, reason: str = REASON) -> Batch:
    return commands.decide_held(
        actor=actor, public_id=batch.public_id, decision=decision, reason=reason, at=AT
    )


def kinds() -> list[str]:
    return [event.kind for event in Event.objects.order_by("position") if event.kind != "entity.registered"]


def lines(bureau: Authority, count: int, *, faulty: int = 0) -> list[dict[str, str]]:
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    return [
        penalty(n, code, entity.name, bureau, **({"CF_JDRQ": "soon"} if n < faulty else {}))
        for n in range(count)
    ]


def held(tmp_path: Path, bureau: Authority) -> Batch:
    path = write_csv(tmp_path / "bad.csv", PENALTIES, lines(bureau, 10, faulty=2))
    batch = take_in(path, PENALTIES, bureau, chunk=3)
    assert batch.state == Batch.State.HELD
    return batch


def test_nothing_of_a_held_batch_enters(tmp_path: Path, bureau: Authority, strict: None) -> None:
    batch = held(tmp_path, bureau)
    assert outcomes(batch) == (0, 0, 0, 0) and batch.next_row == 0
    assert Record.objects.count() == 0 and not batch.rejected_rows.exists()
    hold = Hold.objects.get()
    assert [ground["code"] for ground in hold.grounds] == ["quality.validity"]
    assert "Validity is 80.0" in hold.grounds[0]["en"] and "80.0" in hold.grounds[0]["zh"]
    assert kinds() == ["batch.held"]
    assert inbox.path_of(batch.sha256).exists()
    commands.resume_unfinished(today=TODAY, at_clock=clock)
    commands.run(batch.pk, today=TODAY, at_clock=clock)
    assert Batch.objects.get().state == Batch.State.HELD


def test_a_released_batch_enters_as_it_is(tmp_path: Path, bureau: Authority, strict: None) -> None:
    batch = held(tmp_path, bureau)
    decide(Hold.Decision.RELEASED, batch)
    assert commands.resume_unfinished(today=TODAY, at_clock=clock) == 1
    batch.refresh_from_db()
    assert (batch.state, outcomes(batch)) == (Batch.State.DONE, (8, 0, 0, 2))
    assert Hold.objects.get().reason == REASON
    assert kinds() == ["batch.held", "batch.released", *["record.committed"] * 8]
    assert REASON not in str([*Event.objects.values_list("content", flat=True)])
    assert not inbox.path_of(batch.sha256).exists()


def test_a_refused_batch_never_enters_and_its_file_goes(
    tmp_path: Path, bureau: Authority, strict: None
) -> None:
    batch = held(tmp_path, bureau)
    decide(Hold.Decision.REFUSED, batch)
    assert commands.resume_unfinished(today=TODAY, at_clock=clock) == 0
    batch.refresh_from_db()
    assert (batch.state, batch.next_row, Record.objects.count()) == (Batch.State.REFUSED, 0, 0)
    assert not inbox.path_of(batch.sha256).exists()


def test_only_the_operator_decides_once_and_with_a_reason(
    tmp_path: Path, bureau: Authority, strict: None
) -> None:
    batch = held(tmp_path, bureau)
    tries = [
        (PUBLIC, REASON, "batch.forbidden"),
        (Actor(role="authority", authority_id=bureau.pk), REASON, "batch.forbidden"),
        (OPERATOR, "because", "batch.reason"),
        (OPERATOR, "x" * 2_001, "batch.reason"),
    ]
    for actor, reason, code in tries:
        with pytest.raises(IntakeError) as caught:
            decide(Hold.Decision.RELEASED, batch, actor=actor, reason=reason)
        assert caught.value.code == code
    decide(Hold.Decision.REFUSED, batch)
    with pytest.raises(IntakeError, match="not wait"):
        decide(Hold.Decision.RELEASED, batch)
    assert kinds() == ["batch.held", "batch.refused"]


def test_good_and_short_files_under_thresholds(tmp_path: Path, bureau: Authority, strict: None) -> None:
    """Files that meet the thresholds enter by themselves; one that is oddly short waits."""
    entity = make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    for number in range(6):
        rows = [penalty(100 * number + n, code, entity.name, bureau) for n in range(20 if number < 5 else 2)]
        path = write_csv(tmp_path / f"{number}.csv", PENALTIES, rows)
        batch = take_in(path, PENALTIES, bureau)
        assert batch.state == (Batch.State.DONE if number < 5 else Batch.State.HELD)
    assert [ground["code"] for ground in Hold.objects.get().grounds] == ["sending.short"]


def test_repeated_keys_hold(tmp_path: Path, bureau: Authority, strict: None) -> None:
    rows = lines(bureau, 10)
    batch = take_in(write_csv(tmp_path / "r.csv", PENALTIES, [*rows, rows[0]]), PENALTIES, bureau)
    assert batch.state == Batch.State.HELD
    assert [ground["code"] for ground in Hold.objects.get().grounds] == ["quality.uniqueness"]


def test_two_batches_of_the_same_bytes_one_held(tmp_path: Path, bureau: Authority, strict: None) -> None:
    """The file of a held batch stays while another of the same bytes ends."""
    batch = held(tmp_path, bureau)
    again = receive(tmp_path / "bad.csv", PENALTIES, bureau)
    commands.run(again.pk, today=TODAY, at_clock=clock)
    decide(Hold.Decision.REFUSED, batch)
    assert inbox.path_of(batch.sha256).exists()
    decide(Hold.Decision.RELEASED, again)
    assert commands.run(again.pk, today=TODAY, at_clock=clock).state == Batch.State.DONE
