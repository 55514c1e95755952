"""The operator's commands for batches: lists, decisions on held ones, scores of sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from django.utils import timezone

from goodstanding.cli.batches import batches
from goodstanding.intake.contract import SHIPPED
from goodstanding.intake.errors import IntakeError
from goodstanding.intake.models import Batch
from tests.intake.files import penalty, take_in, write_csv
from tests.own_contracts import contracts_folder
from tests.registry.factories import make_authority, make_entity

REASON = "The source confirmed the file by telephone."


@pytest.fixture
def held(database: str, tmp_path: Path) -> Iterator[Batch]:
    """A batch under a contract of the installation's own that holds faulty files."""
    text = (SHIPPED / "double-publicity-penalties.yaml").read_text(encoding="utf-8")
    contract: Any = yaml.safe_load(text) | {"id": "strict-penalties"}
    contract["customProperties"].append({"property": "quality", "value": {"hold": {"validity": 90}}})
    bureau, entity = make_authority(), make_entity("临湖市天成商贸有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    rows = [penalty(n, code, entity.name, bureau, **({"CF_JDRQ": "soon"} if n < 2 else {})) for n in range(5)]
    path = write_csv(tmp_path / "bad.csv", "double-publicity-penalties", rows)
    with contracts_folder() as folder:
        (folder / "strict-penalties.yaml").write_text(yaml.safe_dump(contract, allow_unicode=True))
        yield take_in(path, "strict-penalties", bureau)


def run(*words: str) -> Any:
    result = CliRunner().invoke(batches, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_held_batch_is_listed_released_and_scored(held: Batch) -> None:
    assert held.state == Batch.State.HELD
    assert [item["batch"] for item in run("list", "--state", "held")] == [str(held.public_id)]
    assert run("list", "--state", "done") == []
    done = run("release", str(held.public_id), "--reason", REASON)
    assert (done["state"], done["committed"], done["rejected"]) == ("done", 3, 2)
    Batch.objects.update(received_at=timezone.now())  # sources are scored by the last days before now
    (source,) = run("sources")
    assert source["measures"]["validity"] == 60.0 and source["counts"]["rejected"] == 2


def test_a_refused_batch_enters_nothing_and_a_decision_needs_a_reason(held: Batch) -> None:
    with pytest.raises(IntakeError, match="reason"):
        run("refuse", str(held.public_id), "--reason", "no")
    refused = run("refuse", str(held.public_id), "--reason", REASON)
    assert (refused["state"], refused["committed"]) == ("refused", 0)
    with pytest.raises(IntakeError, match="not wait"):
        run("release", str(held.public_id), "--reason", REASON)
