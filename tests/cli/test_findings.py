"""The operator's commands for findings against sources and for full lists that wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from goodstanding.intake.models import Batch
from goodstanding.registry.commands import create_account
from goodstanding.registry.models import SourceFinding
from tests.portal.sent_again import sent_again
from tests.registry.factories import make_authority

from .conftest import Run


@pytest.fixture
def waiting(database: str) -> Iterator[Batch]:
    create_account(username="supervisor", password=None, role="operator")
    create_account(username="clerk", password=None, role="bank")
    with sent_again(make_authority()) as batch:
        yield batch


def listed(run: Run, *words: object) -> list[dict[str, Any]]:
    said = run(*words, "--json")
    assert said.status == 0, said.errors
    found: list[dict[str, Any]] = json.loads(said.out)
    return found


def test_findings_are_listed_and_decided(waiting: Batch, run: Run) -> None:
    found = listed(run, "findings", "list")
    assert sorted(item["kind"] for item in found) == ["alike", "same"]
    assert {item["file"] for item in found} == {"六月处罚重报.csv"}
    alike, same = sorted(found, key=lambda item: str(item["kind"]))
    given = ["--reasons", "It is another decision.", "--account"]
    assert run("findings", "decide", alike["finding"], "cleared", *given, "clerk").status == 2
    refused = run("findings", "decide", same["finding"], "cleared", *given, "supervisor")
    assert refused.status == 2 and "不得放行" in refused.errors
    assert not SourceFinding.objects.exclude(decision="").exists()
    assert run(
        "findings", "decide", alike["finding"], "cleared", *given, "supervisor", "--json"
    ).document == {
        "finding": alike["finding"],
        "decision": "cleared",
        "reasons": "It is another decision.",
    }
    assert [item["finding"] for item in listed(run, "findings", "list", "--decision", "cleared")] == [
        alike["finding"]
    ]
    assert f"{same['finding']}  same" in run("findings", "list").out


def test_a_list_that_waits_is_settled_once(waiting: Batch, run: Run) -> None:
    (item,) = listed(run, "snapshots", "list")
    assert (item["batch"], item["missing"], item["listed_before"]) == (str(waiting.public_id), 10, 10)
    done = run("snapshots", "settle", item["batch"], "--account", "supervisor")
    assert done.status == 0 and "10 records left the list" in done.out
    assert run("snapshots", "settle", item["batch"], "--account", "supervisor").status == 2
    assert listed(run, "snapshots", "list") == []
