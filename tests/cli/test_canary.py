"""Canaries from the command line: planted, listed, recognised in a copy, removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..exchange.stage import live_record, make_subscriber
from ..registry.factories import make_authority, make_entity
from .conftest import Run

pytestmark = pytest.mark.usefixtures("database")


def test_a_canary_is_planted_listed_recognised_and_removed(run: Run, tmp_path: Path) -> None:
    live_record(make_entity(), make_authority())
    login = make_subscriber(canaries=True)[0].account.user.username
    other = make_subscriber()[0].account.user.username
    refused = run("canary", "plant", other)
    assert refused.status == 2 and "No agreement in force" in refused.errors and "没有生效" in refused.errors
    assert run("canary", "plant", "nobody").status == 2
    planted = run("canary", "plant", login, "--json")
    assert planted.status == 0 and planted.document["recipient"] == login
    assert planted.document["code"] in run("canary", "list").out
    (known,) = run("canary", "list", "--recipient", login, "--json").document
    assert (known["held"], known["removed_at"]) == (False, None)
    assert run("canary", "list", "--recipient", other).out == ""
    copy = tmp_path / "copy.csv"
    copy.write_text(f"甲公司,1\n{planted.document['name']},2\n", encoding="gb18030")
    found = run("canary", "check", copy, "--json")
    assert found.status == 1 and found.document["recipients"] == [login]
    assert found.document["canaries"][0]["by"] == ["name"]
    copy.write_text("甲公司,1\n")
    clean = run("canary", "check", copy)
    assert (clean.status, clean.out) == (0, "no canary is in it\n")
    copy.write_bytes(b"\xff\xfe\xff\xff")
    assert run("canary", "check", copy).status == 2
    removed = run("canary", "remove", planted.document["canary"])
    assert removed.status == 0 and "removed from" in removed.out
    assert run("canary", "remove", planted.document["canary"]).status == 2
