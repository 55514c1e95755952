"""The mirror as a program of its own: what it needs, its command, and its reference page."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from goodstanding.exchange.mirror import program
from goodstanding.exchange.mirror.errors import CODES
from goodstanding.exchange.models import Subscriber

from ..registry.factories import make_authority, make_entity
from .stage import live_record, make_subscriber, seal_all, token_of

pytestmark = pytest.mark.usefixtures("database")


def test_the_mirror_needs_nothing_of_the_platform_but_the_proofs() -> None:
    code = (
        "import sys, goodstanding.exchange.mirror\n"
        "names = {n for n in sys.modules if n.startswith(('goodstanding', 'django'))}\n"
        "allowed = ('goodstanding.proof', 'goodstanding.exchange.mirror')\n"
        "print(sorted(n for n in names if not n.startswith(allowed)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['goodstanding', 'goodstanding.exchange']"


def test_the_command_follows_once_and_says_what_it_did(url: str, tmp_path: Path) -> None:
    live_record(make_entity(), make_authority())
    command = [sys.executable, "-m", "goodstanding.exchange.mirror", "--store", str(tmp_path / "m.sqlite3")]
    shown = subprocess.run([*command, "--show-key"], capture_output=True, text=True, check=True).stdout
    subscriber, _ = make_subscriber()
    Subscriber.objects.filter(pk=subscriber.pk).update(public_key=bytes.fromhex(shown.strip()))
    seal_all()
    (tmp_path / "token").write_text(token_of(subscriber) + "\n")
    command += ["--url", url, "--token-file", str(tmp_path / "token"), "--once", "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["held"] == 1
    (tmp_path / "token").write_text("wrong")
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1 and json.loads(refused.stdout)["error"] == "platform.token"


def test_every_command_line_of_the_reference_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "mirror.md").read_text(encoding="utf-8")
    found = re.findall(r"goodstanding mirror((?: [^\n)`#|]+)+)", text)
    assert len(found) >= 6
    for line in found:
        words = shlex.split(line)
        context = program.mirror.make_context("mirror", words, resilient_parsing=False)
        rest = [*context._protected_args, *context.args]
        if rest:
            name, command, given = program.mirror.resolve_command(context, rest)
            assert command is not None
            command.make_context(name, given)


def test_every_code_and_option_of_the_mirror_is_in_the_reference() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "mirror.md").read_text(encoding="utf-8")
    for code in CODES:
        assert f"`{code}`" in text, code
    for parameter in program.mirror.params:
        assert f"`{parameter.opts[0]}`" in text, parameter.name
