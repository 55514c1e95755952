"""The records that the registry holds, as facts: what a change of law is tried on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from goodstanding.casework.eligibility import facts_of
from goodstanding.casework.held import held_facts
from goodstanding.cli.law_facts import facts as command
from goodstanding.law.records import Record as Read
from goodstanding.law.records import read_records

from .stories import PERFORMED, Town, apply

pytestmark = pytest.mark.usefixtures("database")


def test_every_record_is_there_with_what_its_open_case_states() -> None:
    town = Town()
    waiting, idle = town.record(), town.record()
    apply(town.firm, waiting)
    found = {record.pk: facts for record, facts in held_facts()}
    assert found == {
        waiting.pk: facts_of(waiting, performed_on=PERFORMED, committed=True),
        idle.pk: facts_of(idle),
    }
    assert [record.pk for record, _ in held_facts(open_cases=True)] == [waiting.pk]


def test_the_file_reads_back_to_the_same_facts_and_names_nobody(tmp_path: Path) -> None:
    town = Town()
    record = town.record()
    apply(town.firm, record)
    out = tmp_path / "facts.jsonl"
    done = CliRunner().invoke(command, [str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["records"] == 1
    read = list(read_records(out))
    assert all(isinstance(each, Read) for each in read)
    assert [(each.id, each.facts) for each in read if isinstance(each, Read)] == [
        (str(record.public_id), facts_of(record, performed_on=PERFORMED, committed=True))
    ]
    text = out.read_text(encoding="utf-8")
    assert record.entity.name and record.entity.name not in text
    assert record.document_no and record.document_no not in text
