"""``goodstanding law columns``: verdicts over files of facts, from Parquet to Parquet."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from goodstanding.law.columns import ColumnsRefused, duckdb, encode, keep, spark, verdicts
from goodstanding.law.errors import LawError
from goodstanding.law.model import Pack

from .law_case import JSON, ON, choices, chosen_pack, refuse


@click.command()
@click.argument("source", metavar="IN.parquet")
@click.argument("target", metavar="OUT.parquet", type=click.Path(path_type=Path))
@click.option("--pack", "pack_id", required=True, help="The pack that decides, by id or file.")
@ON
@choices()[0]
@choices()[1]
@click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    metavar="duckdb|spark|spark://HOST:PORT",
    help="Where it is computed: in this process, in a local Spark, or in a Spark cluster.",
)
@JSON
def columns(
    source: str,
    target: Path,
    pack_id: str,
    on: date,
    switches: tuple[str, ...],
    parameters: tuple[str, ...],
    engine: str,
    as_json: bool,
) -> None:
    """Judge every row of IN (a file, or several as a quoted pattern) on one day and write the verdicts to OUT.

    The columns of IN are facts, named as in `goodstanding law schema facts`; every other column is passed
    through. With Spark OUT is a folder of Parquet files. Exit status 1 when rows were refused: they stand in
    OUT with the reason in `refused`.

    \b
    Examples:
      goodstanding law columns --pack cn-ndrc-36-2025 --on 2026-11-22 facts.parquet verdicts.parquet
      goodstanding law columns --pack cn-ndrc-36-2025 --on 2026-11-22 --engine spark 'facts/*.parquet' verdicts
    """
    started = time.perf_counter()
    try:
        pack = chosen_pack(pack_id, switches, parameters)
        connection = _engine(engine)
        summary = judge(connection, source, target, pack=pack, on=on, say=_silent if as_json else _say)
    except LawError as error:
        if isinstance(error, ColumnsRefused):
            error.place = f"{source}, column {error.place}"
        refuse(error, lang="en", as_json=as_json)
    summary["seconds"] = round(time.perf_counter() - started, 2)
    click.echo(json.dumps(summary, ensure_ascii=False, indent=2) if as_json else _words(summary))
    sys.exit(1 if summary["refused"] else 0)


def judge(
    engine: Any, source: str, target: Path, *, pack: Pack, on: date, say: Callable[[str], None]
) -> dict[str, Any]:
    """Read, encode, judge and write; what was done, for people and scripts. Raises LawError."""
    facts = _read(engine, source)
    encoded = keep(engine, "encoded_facts", encode(facts, pack=pack))
    rows = int(encoded.count().to_pyarrow().as_py())
    say(f"{source}: {rows:,} rows read and encoded")
    found = verdicts(encoded, pack=pack, on=on)
    _write(engine, found, target)
    say(f"{target}: verdicts of {on} written")
    written = engine.read_parquet(str(target))
    return {
        "pack": pack.id,
        "digest": pack.digest,
        "on": on.isoformat(),
        "rows": rows,
        "refused": _counts(written.filter(written.refused.notnull()), "refused"),
        "severity": _counts(written.filter(written.severity.notnull()), "severity"),
        "publication": _counts(written.filter(written.publication.notnull()), "publication"),
        "eligible": int(written.eligible.sum().fill_null(0).to_pyarrow().as_py()),
        "file": str(target),
    }


def _engine(name: str) -> Any:
    if name == "duckdb":
        return duckdb()
    if name != "spark" and not name.startswith("spark://"):
        raise click.BadParameter("is duckdb, spark or spark://HOST:PORT", param_hint="--engine")
    try:
        return spark(master="local[*]" if name == "spark" else name)
    except ModuleNotFoundError as error:
        raise click.UsageError(
            "this needs the extra `spark`, which is not installed: pip install 'goodstanding[spark]'"
        ) from error


def _read(engine: Any, source: str) -> Any:
    """The facts as a table of the engine. Raises LawError where they cannot be read as Parquet."""
    try:
        return engine.read_parquet(source)
    except Exception as error:
        # Each engine has errors of its own; whatever it says of reading these files is said on.
        raise LawError(
            code="unreadable",
            en=f"It cannot be read as Parquet: {str(error).splitlines()[0]}",
            zh=f"无法作为 Parquet 读取：{str(error).splitlines()[0]}",
            place=source,
            remedy_en="Name a Parquet file, or several by a quoted pattern.",
            remedy_zh="请指定 Parquet 文件，或用引号括起的通配模式指定多个文件。",
        ) from error


def _write(engine: Any, found: Any, target: Path) -> None:
    query = engine.compile(found)
    if engine.name == "pyspark":
        engine._session.sql(query).write.mode("overwrite").parquet(str(target))
    else:
        quoted = str(target).replace("'", "''")
        engine.con.execute(f"COPY ({query}) TO '{quoted}' (FORMAT parquet)")


def _counts(table: Any, name: str) -> dict[str, int]:
    rows = table.group_by(name).aggregate(rows=table.count()).order_by(name).to_pyarrow().to_pylist()
    return {row[name]: row["rows"] for row in rows}


def _say(text: str) -> None:
    click.echo(text, err=True)


def _silent(text: str) -> None:
    """Scripts read the summary only."""


def _words(summary: dict[str, Any]) -> str:
    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"

    return "\n".join(
        [
            f"{summary['rows']:,} rows on {summary['on']} by {summary['pack']} in {summary['seconds']} s",
            f"  refused:     {listed(summary['refused'])}",
            f"  class:       {listed(summary['severity'])}",
            f"  publication: {listed(summary['publication'])}",
            f"  eligible:    {summary['eligible']:,}",
        ]
    )
