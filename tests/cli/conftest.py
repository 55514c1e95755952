"""The command line, run as a person runs it, against the database of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from goodstanding.cli import group


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit status, and what it wrote where."""

    status: int
    out: str
    errors: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Run = Callable[..., Said]


@pytest.fixture
def run() -> Run:
    """Runs a command with its arguments."""

    def call(*arguments: object) -> Said:
        done = CliRunner().invoke(
            group, [str(item) for item in arguments], prog_name="goodstanding", standalone_mode=True
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    return call
