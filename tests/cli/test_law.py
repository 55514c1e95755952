"""The law on the command line: one case and many, receipts, changes of law, pack files; every error has its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from goodstanding.cli import group
from goodstanding.cli.law import law
from goodstanding.law.load import PACKS
from goodstanding.law.receipts.documents import DecisionDocument, ReceiptDocument
from goodstanding.law.schema import SCHEMA_FILE

from .conftest import Run, Said

ROOT = Path(__file__).resolve().parents[2]
FINE = ("--kind", "penalty", "--measure", "fine", "--found-on", "2026-04-10", "--on", "2026-09-01")
ORDER_36 = PACKS / "cn/ndrc-36/2026-04-01.yaml"


def with_input(text: str, *arguments: object) -> Said:
    """Runs a command with something on its standard input."""
    done = CliRunner().invoke(group, [str(item) for item in arguments], prog_name="goodstanding", input=text)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def commands() -> list[tuple[str, click.Command]]:
    """Every command of the group, those of its groups too."""
    context = click.Context(law)
    found = []
    for name in law.list_commands(context):
        command = law.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", one) for inner, one in command.commands.items()]
    return found


@pytest.mark.parametrize(
    ("name", "command"), commands(), ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_every_command_has_an_example_json_and_its_options_documented(
    name: str, command: click.Command
) -> None:
    assert f"goodstanding law {name}" in (command.help or ""), f"law {name} shows no example"
    text = (ROOT / "docs/reference/commands.md").read_text()
    assert f"`law {name}" in text, f"docs/reference/commands.md does not name law {name}"
    options = [option for item in command.params if isinstance(item, click.Option) for option in item.opts]
    if not isinstance(command, click.Group):
        assert "--json" in options
    for option in options:
        assert f"`{option}`" in text, f"law {name} {option} is not documented"


def test_a_case_is_decided_in_words_of_both_languages(run: Run) -> None:
    said = run("law", "decide", *FINE)
    assert said.status == 0, said.errors
    assert said.out.startswith(
        "Measures for the Administration of Credit Restoration (NDRC Order 36) [cn-ndrc-36-2025"
    )
    assert "“ordinary dishonesty information”" in said.out
    assert "一般失信信息" in run("law", "decide", *FINE, "--lang", "zh").out


def test_a_case_is_decided_as_the_document_of_the_schema(run: Run, tmp_path: Path) -> None:
    facts = tmp_path / "case.json"
    facts.write_text('{"kind": "penalty", "measures": ["fine"], "found_on": "2026-04-10", "id": "a"}')
    arguments = ("--facts", facts, "--on", "2026-09-01", "--pack", "cn-ndrc-36-2025", "--json")
    said = run("law", "decide", *arguments, "--parameter", "large_fine_from_yuan=5000")
    found = DecisionDocument.model_validate_json(said.out, strict=True)
    assert (found.id, found.pack.id, found.publish_until and found.publish_until.isoformat()) == (
        "a",
        "cn-ndrc-36-2025",
        "2027-04-10",
    )
    assert found.pack.digest != run("law", "decide", *arguments).document["pack"]["digest"]


def test_the_pack_in_force_governs_and_a_transition_row_is_named(run: Run) -> None:
    older = ("--kind", "penalty", "--measure", "fine", "--found-on", "2025-06-01")
    assert (
        run("law", "decide", *older, "--on", "2025-09-01", "--json").document["pack"]["id"]
        == "cn-ndrc-58-2023"
    )
    today = run("law", "decide", *older, "--on", "2026-09-01", "--json").document
    assert (today["pack"]["id"], today["transition"]) == ("cn-ndrc-36-2025", "earlier-this-pack")


LINES = """{"id": "a", "kind": "penalty", "measures": ["fine"], "found_on": "2026-04-10"}
{"id": "b", "kind": "penalty", "found_on": "2026-13-10", "committed": 1}

{"id": "c", "kind": "gossip", "found_on": "2026-04-10"}
{"id": "d", "kind": "permit", "found_on": "2026-04-10", "on": "2026-04-01"}
nonsense
"""


def test_lines_are_answered_one_by_one_and_bad_ones_named(tmp_path: Path, run: Run) -> None:
    said = with_input(LINES, "law", "decide", "--facts", "-", "--on", "2026-09-01")
    assert said.status == 1
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert [(one["id"], one["line"], one["on"]) for one in answers] == [
        ("a", 1, "2026-09-01"),
        ("d", 5, "2026-04-01"),
    ]
    for line in said.out.splitlines():
        DecisionDocument.model_validate_json(line, strict=True)
    errors = said.errors.splitlines()
    assert [error.split(": ")[0] for error in errors] == ["stdin:2", "stdin:4", "stdin:6"]
    assert "found_on: " in errors[0] and "committed: " in errors[0] and "'gossip'" in errors[1]
    file = tmp_path / "facts.jsonl"
    file.write_text(LINES)
    named = run("law", "decide", "--facts", file, "--on", "2026-09-01", "--json")
    assert (named.status, named.out) == (1, said.out)
    documents = [json.loads(line) for line in named.errors.splitlines()]
    assert [one["place"] for one in documents] == ["facts.jsonl:2", "facts.jsonl:4", "facts.jsonl:6"]
    assert documents[0]["fields"][0] == {
        "field": "found_on",
        "en": documents[0]["fields"][0]["en"],
        "zh": "应为 YYYY-MM-DD 日期",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--on", "2026-09-01"), "say the facts"),
        (FINE[:-2], "--on"),
        ((*FINE[:-1], "9999-12-31"), "lies outside"),
        ((*FINE, "--switch", "suspension_class=serious"), "name it with --pack"),
        ((*FINE, "--pack", "cn-ndrc-36-2025", "--switch", "suspension_class"), "CODE=VALUE"),
        ((*FINE, "--pack", "cn-ndrc-36-2025", "--parameter", "bar_months=six"), "not a whole number"),
        ((*FINE, "--pack", "cn-ndrc-36-2025", "--switch", "weather=fine"), "does not offer the setting"),
        ((*FINE, "--pack", "cn-nothing"), "no law pack 'cn-nothing'"),
        ((*FINE, "--jurisdiction", "FR"), "No law pack for FR"),
        ((*FINE, "--measure", "shaming"), "no measure 'shaming'"),
        ((*FINE, "--amount-yuan", "much"), "amount_yuan"),
        (("--facts", ORDER_36, *FINE), "not from both"),
        (("--facts", ORDER_36, "--on", "2026-09-01"), "JSON"),
    ],
)  # fmt: skip
def test_wrong_use_and_bad_input_are_refused_with_their_reason(
    run: Run, arguments: tuple[object, ...], words: str
) -> None:
    said = run("law", "decide", *arguments)
    assert (said.status, said.out) == (2, "")
    assert words in " ".join(said.errors.split())


def test_an_error_is_said_in_chinese_and_as_json(run: Run) -> None:
    assert (
        "没有编号为“cn-nothing”的规则包"
        in run("law", "decide", *FINE, "--pack", "cn-nothing", "--lang", "zh").errors
    )
    found = json.loads(run("law", "decide", *FINE, "--measure", "shaming", "--json").errors)
    assert (found["error"], set(found)) == (
        "unknown_measure",
        {"error", "place", "en", "zh", "remedy_en", "remedy_zh"},
    )


def test_an_officer_sees_when_each_deadline_ends(run: Run) -> None:
    said = run("law", "explain", *FINE, "--audience", "officer", "--start", "receipt=2026-09-28")
    assert "(3 working days), due on 8 October 2026" in said.out
    early = run(
        "law", "explain", *FINE, "--audience", "officer", "--start", "receipt=1999-09-28", "--lang", "zh"
    )
    assert early.status == 2 and "1999" in early.errors


@pytest.mark.parametrize("audience", ["entity", "officer", "court"])
def test_a_decision_is_explained_to_each_reader(run: Run, audience: str) -> None:
    words = run("law", "explain", *FINE, "--audience", audience)
    sections = json.loads(run("law", "explain", *FINE, "--audience", audience, "--json").out)
    assert words.status == 0
    assert all(section["title"] in words.out for section in sections)
    assert "规" in run("law", "explain", *FINE, "--audience", audience, "--lang", "zh").out


def test_the_least_repair_is_said_and_a_hopeless_one_ends_with_1(run: Run) -> None:
    said = run("law", "repair", *FINE[:-1], "2026-04-20")
    assert (
        said.status == 0
        and said.out.splitlines()[1] == "1. Perform what is still owed and hand in the proof."
    )
    found = run("law", "repair", *FINE[:-1], "2026-04-20", "--json").document
    assert (found["status"], found["earliest_on"]) == ("possible", "2026-07-10")
    assert [action["code"] for action in found["actions"]] == ["perform_duty", "commit", "wait"]
    hopeless = run("law", "repair", *FINE, "--excluded-by-law", "--lang", "zh")
    assert hopeless.status == 1 and hopeless.out.startswith("信用主体无论采取何种行动")


def receipt_file(run: Run, folder: Path) -> Path:
    """A receipt with a dated deadline, its pack archived beside it."""
    out = folder / "receipt.json"
    chosen = ("--pack", "cn-ndrc-36-2025", "--parameter", "bar_months=6", "--start", "receipt=2026-09-28")
    said = run("law", "receipt", *FINE, *chosen, "--out", out, "--with-pack", folder / "packs", "--json")
    assert said.status == 0, said.errors
    assert (folder / "packs" / f"{said.document['pack_digest']}.json").is_file()
    return out


def test_a_receipt_replays_and_a_changed_one_does_not(run: Run, tmp_path: Path) -> None:
    out = receipt_file(run, tmp_path)
    ReceiptDocument.model_validate_json(out.read_bytes(), strict=True)
    said = run("law", "replay", out, "--audience", "court")
    assert said.status == 0 and said.out.startswith("SAME: decided again by cn-ndrc-36-2025 for 2026-09-01")
    assert "8 October 2026" in said.out
    assert run("law", "replay", out, "--archive", tmp_path / "packs", "--json").document["same"] is True
    out.write_bytes(out.read_bytes().replace(b'"eligible":false', b'"eligible":true'))
    changed = run("law", "replay", out, "--json")
    assert (changed.status, changed.document["error"]) == (1, "receipt_differs")
    assert changed.document["differences"] == [{"path": "result.eligible", "recorded": True, "now": False}]
    assert "不一致" in run("law", "replay", out, "--lang", "zh").errors
    out.write_text("{}")
    assert run("law", "replay", out).status == 1


def test_a_receipt_goes_to_standard_output_as_it_is(run: Run, tmp_path: Path) -> None:
    said = run("law", "receipt", *FINE)
    document = json.loads(said.out)
    assert said.out == json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for wrong in ("tomorrow=2026-09-28", "receipt=soon"):
        assert run("law", "receipt", *FINE, "--start", wrong).status == 2


def test_a_change_of_law_is_counted_with_examples(run: Run, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    lines: list[dict[str, Any]] = [
        {"id": "a", "kind": "penalty", "measures": ["suspension"], "found_on": "2026-04-10",
         "performed_on": "2026-05-01", "committed": True},
        {"id": "b", "kind": "penalty", "measures": ["warning"], "found_on": "2026-04-10"},
    ]  # fmt: skip
    records.write_text("\n".join(json.dumps(line) for line in lines))
    arguments = ("cn-ndrc-36-2025", "cn-ndrc-36-2025", "--switch-b", "suspension_class=serious")
    said = run("law", "diff", *arguments, "--over", records, "--on", "2026-09-01")
    assert said.status == 0, said.errors
    assert "ceases to be eligible on the day" in said.out and "a: A ordinary" in said.out
    found = run("law", "diff", *arguments, "--over", records, "--on", "2026-09-01", "--json").document
    assert (found["records"], found["outcomes"], found["unread"]) == (2, {"loses": 1, "same": 1}, 0)
    records.write_text(records.read_text() + '\n{"kind": "penalty"}\n')
    bad = run("law", "diff", *arguments, "--over", records, "--on", "2026-09-01", "--lang", "zh")
    assert bad.status == 1 and "受损" in bad.out and "records.jsonl:3: found_on：缺少" in bad.errors


def test_shipped_packs_pass_and_a_bad_one_is_refused_with_its_line(run: Run, tmp_path: Path) -> None:
    said = run("law", "lint", "--json")
    assert said.status == 0, said.out
    assert all(one["sound"] and one["situations"] for one in json.loads(said.out))
    pack = tmp_path / "2026-04-01.yaml"
    text = ORDER_36.read_text()
    pack.write_text(text.replace("adverse: true", "adverse: true\n    score: 7", 1))
    line = pack.read_text().splitlines().index("    score: 7") + 1
    refused = run("law", "lint", pack)
    assert refused.status == 1
    assert refused.out.startswith(f"2026-04-01.yaml:{line}: kinds.penalty: kinds.0.score: unknown field")
    pack.write_text(text)
    situations = ORDER_36.with_name("2026-04-01.situations.yaml").read_text()
    beside = tmp_path / "2026-04-01.situations.yaml"
    beside.write_text(situations.replace("expected: {severity: minor", "expected: {severity: serious", 1))
    failed = run("law", "lint", beside, "--json")
    (one,) = json.loads(failed.out)
    assert failed.status == 1 and not one["sound"] and one["failed"][0]["situation"] == "warning-only"
    assert "情形 warning-only" in run("law", "lint", pack, "--lang", "zh").out


def test_the_schema_of_packs_is_the_file_for_editors(run: Run) -> None:
    assert run("law", "schema", "pack").out == SCHEMA_FILE.read_text()
    for name in ("facts", "decision", "receipt"):
        found = run("law", "schema", name).document
        assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert found["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "library", "room"), [("columns", "ibis", "columns"), ("prove", "z3", "prove")]
)
def test_a_command_whose_extra_is_missing_names_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, library: str, room: str
) -> None:
    if name not in law.list_commands(click.Context(law)):
        pytest.skip(f"there is no command law {name}")
    for module in [
        one for one in sys.modules if one.startswith((f"goodstanding.law.{room}", "goodstanding.cli.law_"))
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    said = run("law", name, "cn-ndrc-36-2025")
    assert said.status == 2
    assert f'pip install "goodstanding[{room}]"' in said.errors
    assert name in run("law", "--help").out
