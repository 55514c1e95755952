"""The option ``--engine`` of the commands that take files in."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, TypeVar

import click

_SPARK = re.compile(r"spark://([^\s:/]+):(\d{1,5})")
_SECONDS = 5.0
Command = TypeVar("Command", bound=Callable[..., Any])


class EngineUnavailable(click.ClickException):
    """An engine that was asked for and is not there; said before anything is received."""

    exit_code = 3

    def __init__(self, *, en: str, zh: str) -> None:
        super().__init__(f"{en}\n{zh}")


class Engine(click.ParamType):
    """``duckdb``, ``rows`` or ``spark://HOST:PORT``."""

    name = "duckdb|rows|spark://HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The engine as the setting BULK_ENGINE knows it."""
        if value in ("duckdb", "rows"):
            return str(value)
        found = _SPARK.fullmatch(value)
        if found is None or not 0 < int(found[2]) < 65_536:
            self.fail(f"{value!r} is none of duckdb, rows and spark://HOST:PORT", param, ctx)
        return str(value)


def engine_option(command: Command) -> Command:
    """Give a command the option ``--engine``."""
    return click.option(
        "--engine",
        type=Engine(),
        help="What takes the rows in, for this run: over the setting GOODSTANDING_ENGINE.",
    )(command)


@contextlib.contextmanager
def used(engine: str | None, *, contract: str | None = None) -> Iterator[None]:
    """Use an engine for the length of a block, instead of the one of the settings.

    Args:
        engine: what the option said, None where it was not given.
        contract: the contract of all files, where there is one; it must be one that the engine can take in.

    Raises:
        EngineUnavailable: it is not installed, or does not answer.
        NotInBulk: the contract's rows do more than report records, so only ``rows`` takes them in.
    """
    from django.conf import settings

    if engine is None:
        yield
        return
    if engine != "rows":
        _require(engine)
        if contract is not None:
            from goodstanding.intake.bulk.errors import refuse_others
            from goodstanding.intake.contract import load_contract

            refuse_others(load_contract(contract))
    before = settings.BULK_ENGINE
    settings.BULK_ENGINE = engine
    try:
        yield
    finally:
        settings.BULK_ENGINE = before


def _require(engine: str) -> None:
    """Raises EngineUnavailable unless an engine is installed and answers."""
    needed = ["duckdb", "ibis", "pyarrow", "pyiceberg", "sqlalchemy"]
    needed += ["pyspark"] if engine.startswith("spark") else []
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        extras = "bulk,spark" if engine.startswith("spark") else "bulk"
        raise EngineUnavailable(
            en=f"The engine {engine} needs {', '.join(missing)}: pip install 'goodstanding[{extras}]', or use"
            " --engine rows.",
            zh=f"引擎 {engine} 缺少 {'、'.join(missing)}：请执行 pip install 'goodstanding[{extras}]'，"
            "或使用 --engine rows。",
        )
    found = _SPARK.fullmatch(engine)
    if found is None:
        return
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise EngineUnavailable(
            en="Spark needs Java 17 or newer here, and there is no `java` on the path. Install it, or use"
            " --engine duckdb.",
            zh="本机使用 Spark 需要 Java 17 或更高版本，但路径中没有 `java`。请安装，或使用 --engine duckdb。",
        )
    try:
        socket.create_connection((found[1], int(found[2])), timeout=_SECONDS).close()
    except OSError as error:
        raise EngineUnavailable(
            en=f"No Spark master answers at {engine} ({error.strerror or error}). Start it, or use --engine duckdb.",
            zh=f"{engine} 处没有 Spark 主节点应答（{error.strerror or error}）。请启动该节点，或使用 --engine duckdb。",
        ) from error
