"""What the lake knows: one entity's history and current records, now or on a day, and the states of the table.

Two ways lead back. `on` asks which rows were known by the end of a day; it works for ever, and what has been
redacted since stays redacted. `snapshot` asks for the table as it stood, until `expire` ends that state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]
from django.conf import settings

from .catalog import Lake, answering
from .errors import SnapshotGone
from .plan import plan
from .schema import GONE, ORDER, SCHEMA


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of the table that can be travelled to."""

    id: int
    at: datetime
    operation: str
    batch: str | None
    rows: int
    files: int


def history(lake: Lake, *, entity: str, on: date | None = None, snapshot: int | None = None) -> pa.Table:
    """Every reported state of every record of one entity, by record and version.

    Args:
        lake: the lake.
        entity: public id.
        on: leave out what became known after this day, in the installation's zone.
        snapshot: id of an earlier state of the table.

    Raises:
        SnapshotGone: there is no such state.
    """
    files = plan(lake, entity=entity, snapshot=snapshot)
    if not files:
        return SCHEMA.empty_table()
    wanted = pc.field("entity") == entity
    if on is not None:
        wanted &= pc.field("known_from") < pa.scalar(end_of(on), pa.timestamp("us", tz="UTC"))
    # A dataset of the plain schema: the ids of the fields would have to agree otherwise.
    with answering():
        found = ds.dataset([str(file.path) for file in files], schema=PLAIN).to_table(filter=wanted)
    return found.sort_by([(name, "ascending") for name in ORDER]).cast(SCHEMA)


def current(lake: Lake, *, entity: str, on: date | None = None, snapshot: int | None = None) -> pa.Table:
    """One entity's current records: of each the highest version, unless that says annul or redact.

    Arguments and errors are those of `history`. For whole tables there is `current_sql`.
    """
    rows = history(lake, entity=entity, on=on, snapshot=snapshot)
    keys = rows["natural_key"].to_pylist()
    last = [at for at, key in enumerate(keys) if at + 1 == len(keys) or keys[at + 1] != key]
    newest = rows.take(pa.array(last, pa.int64()))
    return newest.filter(pc.invert(pc.is_in(newest["change"], pa.array(GONE))))


def snapshots(lake: Lake) -> tuple[Snapshot, ...]:
    """The states of the table that are kept, oldest first."""
    found = []
    for state in lake.table().metadata.snapshots:
        summary = state.summary
        assert summary is not None  # Iceberg's format 2 requires it
        found.append(
            Snapshot(
                id=state.snapshot_id,
                at=datetime.fromtimestamp(state.timestamp_ms / 1000, UTC),
                operation=summary["goodstanding.operation"] or summary.operation.value,
                batch=summary["goodstanding.batch"],
                rows=int(summary["total-records"] or 0),
                files=int(summary["total-data-files"] or 0),
            )
        )
    return tuple(found)


def snapshot_at(lake: Lake, *, on: date) -> Snapshot:
    """The state of the table at the end of a day, in the installation's zone. Raises SnapshotGone."""
    before = [state for state in snapshots(lake) if state.at < end_of(on)]
    if not before:
        raise SnapshotGone(on)
    return before[-1]


def end_of(day: date) -> datetime:
    """The first instant after a day in the installation's zone."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(settings.TIME_ZONE))


PLAIN = pa.schema([pa.field(field.name, field.type) for field in SCHEMA]).remove_metadata()
