"""An operator states which entities are one and whose code has changed, by command."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from goodstanding.cli import group
from goodstanding.registry.commands import create_account
from goodstanding.registry.entities import entities_by_identifier
from goodstanding.registry.models import Entity, EntityLink, Identifier

from ..registry.factories import make_entity, uscc

pytestmark = pytest.mark.usefixtures("database")


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(group, ["entities", *arguments])
    return done.exit_code, done.output


def test_two_entities_are_stated_to_be_one_and_contradictions_are_refused() -> None:
    create_account(username="supervisor", password=None, role="operator")
    known, rival = make_entity(), make_entity()
    named = make_entity("天成商贸", identifiers=(("name_at_source", "X|天成|"),), known_by_name_only=True)
    by = ("--account", "supervisor", "--reason", "same licence")
    code = known.identifiers.get(scheme="uscc").value
    status, said = run("link", code, str(named.public_id), *by, "--json")
    assert status == 0 and json.loads(said)["same"] is True
    assert Entity.objects.get(pk=named.pk).head == known
    other = rival.identifiers.get(scheme="uscc").value
    assert run("link", code, other, *by)[0] == 2
    assert run("link", code, "nobody", *by)[0] == 2
    assert run("link", code, other, "--account", "nobody", "--reason", "x")[0] == 2
    assert run("link", code, other, "--different", *by)[0] == 0
    assert EntityLink.objects.count() == 2


def test_a_code_changes_and_the_old_one_still_leads_to_its_entity() -> None:
    old, new = uscc(), uscc()
    entity = make_entity(identifiers=(("uscc", old),))
    assert run("change-code", old, new, "--on", "2026-11-01")[0] == 0
    assert [item.id for item in entities_by_identifier([("uscc", old)])[("uscc", old)]] == [entity.pk]
    assert Identifier.objects.get(value=old).until == date(2026, 11, 1)
    assert run("change-code", old, uscc(), "--on", "2026-11-02")[0] == 2
    assert run("change-code", new, "91", "--on", "2026-11-02")[0] == 2
