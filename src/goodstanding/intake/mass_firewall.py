"""The tombstone firewall for mass facts: removed records do not come back by the million either.

The accepted rows of a batch are joined with the entities and natural keys near anything that was removed; the few that
are found go through the firewall of single rows. What it stops is taken out of the batch before the lake sees it: out
of the files, the digests and the counts, and in among the rejected rows, with the reasons that the row path gives.

New files stand beside the old ones under names of their own, so that whoever is killed here finds the batch as it was.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from django.conf import settings

from goodstanding.registry import journal, tombstones
from goodstanding.registry.models import Entity, Record
from goodstanding.registry.removed_near import Near, near_removed
from goodstanding.registry.tombstones import Suspicion

from .bulk.job import Job
from .bulk.outcome import BulkOutcome
from .bulk.rows import RowCode, Subjects
from .bulk.slices import File, slices
from .lake.schema import ORDER_SQL
from .lake.write import copy
from .mass_made import Made, Stopped

#: Rows that are looked at together, and rows of a slice of the file that is read again.
_AT_ONCE, _SLICE = 10_000, 1_000_000
_LOOKED_AT = (
    "row, entity, issuer, source, document_no, natural_key, content_digest, content, legal_basis, found_on,"
    " amount_yuan, version"
)


@dataclass(frozen=True, slots=True)
class LakeReport:
    """A row of the lake as the firewall looks at it (``tombstones.Reported``)."""

    row: int
    entity_id: int
    authority_id: int
    source_id: int
    document_no: str
    natural_key: bytes
    content_digest: bytes
    content: dict[str, Any]
    legal_basis: str
    found_on: date
    amount_yuan: Decimal | None
    version: int


def screen(made: Made, *, job: Job, file: File) -> Made:
    """Take out of a batch what the firewall stops of what was removed since it was looked at last.

    Args:
        made: what was made of it so far.
        job: the run that made it. file: the file that it was made of, read again for rows that wait for the operator.

    Returns:
        The batch without the stopped rows, and with the position up to which every removal has been asked.
    """
    seen = journal.head()
    near = near_removed(since=made.seen)
    files = [str(path) for path in made.outcome.accepted_files]
    if not near or not files:
        return replace(made, seen=seen)
    with duckdb.connect(config={"memory_limit": settings.BULK_MEMORY}) as engine:
        stopped = [
            (report, suspicion)
            for reports in _reports(engine, files, near, job)
            for report, suspicion in zip(reports, _suspicions(reports, job.sender.pk), strict=True)
            if suspicion is not None
        ]
        if not stopped:
            return replace(made, seen=seen)
        outcome = _Removal(engine, made.outcome, mark=str(len(made.stopped))).take_out(
            stopped, job=job, file=file
        )
    noted = tuple(
        Stopped(report.row, report.source_id, report.natural_key, report.content_digest, suspicion)
        for report, suspicion in stopped
    )
    return replace(made, outcome=outcome, seen=seen, stopped=(*made.stopped, *noted))


def _reports(
    engine: duckdb.DuckDBPyConnection, files: list[str], near: Near, job: Job
) -> Iterator[list[LakeReport]]:
    """The rows of the files that are near anything removed, in pieces."""
    engine.register("near_entities", pa.table({"entity": pa.array(near.entities, pa.string())}))
    engine.register("near_keys", pa.table({"natural_key": pa.array(near.natural_keys, pa.binary())}))
    # Narrow first: contents are read only where there is something to look at.
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE near AS SELECT row FROM read_parquet($files) WHERE entity IN (FROM near_entities)"
        " OR natural_key IN (FROM near_keys)",
        {"files": files},
    )
    if engine.execute("SELECT count(*) FROM near").fetchone() == (0,):
        return
    found = engine.execute(
        f"SELECT {_LOOKED_AT} FROM read_parquet($files) SEMI JOIN near USING (row) ORDER BY row",
        {"files": files},
    )
    names = [name.strip() for name in _LOOKED_AT.split(",")]
    while rows := [dict(zip(names, row, strict=True)) for row in found.fetchmany(_AT_ONCE)]:
        ids = dict(
            Entity.objects.filter(public_id__in={row["entity"] for row in rows}).values_list(
                "public_id", "pk"
            )
        )
        yield [_report(row, ids, job) for row in rows]


def _report(row: dict[str, Any], ids: dict[uuid.UUID, int], job: Job) -> LakeReport:
    entity = uuid.UUID(row.pop("entity"))
    return LakeReport(
        entity_id=ids.get(entity, 0),  # 0: this batch brings it, so nothing of it was removed
        authority_id=job.authorities[row.pop("issuer")].pk,
        source_id=job.authorities[row.pop("source")].pk,
        content=orjson.loads(row.pop("content")),
        **row,
    )


def _suspicions(reports: Sequence[LakeReport], sender_id: int) -> list[Suspicion | None]:
    """Why each row is stopped: by its very key, or as the firewall compares it."""
    held = Record.objects.filter(
        natural_key__in=[r.natural_key for r in reports], state__in=tombstones.REMOVED
    )
    same = {
        bytes(key): Suspicion("same", pk, state)
        for key, pk, state in held.values_list("natural_key", "pk", "state")
    }
    others = [report for report in reports if report.natural_key not in same]
    found = {
        report.row: suspicion
        for report, suspicion in zip(others, tombstones.check(others, sender_id=sender_id), strict=True)
    }
    return [same.get(report.natural_key) or found.get(report.row) for report in reports]


@dataclass(frozen=True, slots=True)
class _Removal:
    """One taking out of rows. ``mark`` goes into the names of the new files."""

    engine: duckdb.DuckDBPyConnection
    outcome: BulkOutcome
    mark: str

    def take_out(
        self, stopped: Sequence[tuple[LakeReport, Suspicion]], *, job: Job, file: File
    ) -> BulkOutcome:
        """The outcome without these rows."""
        self._name(stopped)
        removed = self._count("digests SEMI JOIN stopped USING (row)")
        first = self._count("digests JOIN moved USING (row) WHERE moved.version = 1")["superseding"]
        rejected, waiting = self._rejected(stopped, job=job, file=file)
        before = self.outcome
        return replace(
            before,
            committed=before.committed - removed["committed"] + first,
            superseding=before.superseding - removed["superseding"] - first,
            rejected=before.rejected + len(stopped),
            quarantined=before.quarantined + waiting,
            accepted_files=tuple(self._accepted()),
            digests_file=self._digests(),
            rejected_file=rejected,
        )

    def _name(self, stopped: Sequence[tuple[LakeReport, Suspicion]]) -> None:
        """Make the tables ``stopped``, ``digests``, and ``moved``: later states of a stopped row's key, renumbered."""
        columns = {
            "row": pa.array([report.row for report, _ in stopped], pa.int64()),
            "natural_key": pa.array([report.natural_key for report, _ in stopped], pa.binary()),
            "version": pa.array([report.version for report, _ in stopped], pa.int32()),
        }
        self.engine.register("stopped", pa.table(columns))
        self.engine.execute(
            f"CREATE TEMP VIEW digests AS FROM read_parquet({_text(self.outcome.digests_file)})"
        )
        self.engine.execute(
            "CREATE TEMP TABLE moved AS SELECT d.row, (any_value(d.version) - count(*))::INTEGER AS version"
            " FROM digests d JOIN stopped s ON s.natural_key = d.natural_key AND s.version < d.version"
            " WHERE d.row NOT IN (SELECT row FROM stopped) GROUP BY d.row"
        )

    def _count(self, rows: str) -> Counter[str]:
        found = self.engine.execute(f"SELECT disposition, count(*) FROM {rows} GROUP BY 1").fetchall()
        return Counter(dict(found))

    def _accepted(self) -> Iterator[Path]:
        """The files of the lake: as they are, or written anew where they hold a stopped or renumbered row."""
        touched = self.engine.execute(
            "SELECT DISTINCT filename FROM read_parquet($files, filename = true)"
            " WHERE row IN (SELECT row FROM stopped UNION SELECT row FROM moved)",
            {"files": [str(path) for path in self.outcome.accepted_files]},
        ).fetchall()
        names = {name for (name,) in touched}
        for path in self.outcome.accepted_files:
            fresh = self._fresh(path)
            if str(path) not in names:
                yield path
            elif copy(
                self.engine,
                "SELECT held.* REPLACE (coalesce(moved.version, held.version) AS version)"
                f" FROM read_parquet({_text(path)}) AS held LEFT JOIN moved USING (row)"
                f" WHERE held.row NOT IN (SELECT row FROM stopped) ORDER BY {ORDER_SQL}",
                fresh,
            ):
                yield fresh

    def _digests(self) -> Path:
        return self._written(
            "SELECT d.* REPLACE (coalesce(moved.version, d.version) AS version,"
            " CASE WHEN moved.version = 1 THEN 'committed' ELSE d.disposition END AS disposition)"
            " FROM digests d LEFT JOIN moved USING (row) WHERE d.row NOT IN (SELECT row FROM stopped) ORDER BY seq",
            self._fresh(self.outcome.digests_file),
        )

    def _rejected(
        self, stopped: Sequence[tuple[LakeReport, Suspicion]], *, job: Job, file: File
    ) -> tuple[Path, int]:
        """The rejected rows with the stopped ones, as the row code rejects them; and how many of these wait."""
        codes = {report.row: suspicion.code for report, suspicion in stopped}
        places = self.engine.execute(
            "SELECT seq, row FROM digests SEMI JOIN stopped USING (row) ORDER BY seq"
        ).fetchall()
        tables = []
        for part in slices([file], contract=job.contract, layout=job.layout, rows=_SLICE):
            here = [(seq, row) for seq, row in places if part.first <= seq < part.first + len(part.raw)]
            if here:
                code = RowCode(
                    job, part.found, file=part.file, find=lambda _: {}, subjects=Subjects(job.secret)
                )
                rows = part.rows([seq for seq, _ in here])
                tables.append(code.refused(rows, [codes[row] for _, row in here]))
            if part.first + len(part.raw) > places[-1][0]:
                break
        more = pa.concat_tables(tables)
        self.engine.register("more", more)
        old = self.outcome.rejected_file
        path = self._written(f"FROM read_parquet({_text(old)}) UNION ALL BY NAME FROM more", self._fresh(old))
        return path, sum(more["quarantined"].to_pylist())

    def _fresh(self, path: Path) -> Path:
        return path.with_name(f"{path.name.split('.')[0]}.{self.mark}.parquet")

    def _written(self, query: str, path: Path) -> Path:
        self.engine.execute(f"COPY ({query}) TO {_text(path)} (FORMAT parquet, COMPRESSION zstd)")
        return path


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
