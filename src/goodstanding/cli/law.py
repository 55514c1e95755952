"""``goodstanding law``: packs, decisions, receipts and the calendar. Each command is loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

COMMANDS: Final[Mapping[str, str]] = {
    "decide": "law_decide",
    "explain": "law_decide",
    "repair": "law_decide",
    "receipt": "law_receipts",
    "replay": "law_receipts",
    "facts": "law_facts",
    "diff": "law_diff",
    "lint": "law_packs",
    "schema": "law_packs",
    "calendar": "law_calendar",
    "columns": "law_columns",
    "prove": "law_prove",
}
"""The module of each command, beside this one; the command has its own name there."""

EXTRAS: Final[Mapping[str, str]] = {
    "duckdb": "columns",
    "ibis": "columns",
    "pyarrow": "columns",
    "pyspark": "spark",
    "z3": "prove",
}
"""Which extra brings what may not be installed."""


class LawGroup(click.Group):
    """A group that imports a command's module only when the command is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [name for name, module in COMMANDS.items() if find_spec(f"{__package__}.{module}")]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        try:
            found = getattr(import_module(f"{__package__}.{COMMANDS[name]}"), name)
        except ModuleNotFoundError as error:
            extra = EXTRAS.get((error.name or "").split(".")[0])
            if extra is None:
                raise
            return _without(name, extra)
        assert isinstance(found, click.Command)
        return found


def _without(name: str, extra: str) -> click.Command:
    """The command while its extra is missing: one sentence, exit code 2."""

    @click.command(
        name,
        help=f"Needs the extra `{extra}`, which is not installed.",
        context_settings={"ignore_unknown_options": True},
    )
    @click.argument("anything", nargs=-1, type=click.UNPROCESSED)
    def command(anything: tuple[str, ...]) -> None:
        raise click.UsageError(
            f"this needs the extra `{extra}`, which is not installed: run `make law` in a checkout, "
            f'or pip install "goodstanding[{extra}]"'
        )

    return command


@click.command(cls=LawGroup)
def law() -> None:
    """Decide cases by the law packs, explain, prove and compare them.

    \b
    Examples:
      goodstanding law decide --kind penalty --measure fine --found-on 2026-04-10 --on 2026-11-22
      goodstanding law explain --facts case.json --on 2026-11-22 --audience court --lang zh
    """
