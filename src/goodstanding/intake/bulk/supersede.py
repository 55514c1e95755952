"""What becomes of prepared rows beside each other and beside what is there: the rule of `registry.records.take_in`.

Rows of one natural key are taken in their order: the first commits, an equal one is unchanged, a different one
supersedes. A restored, withdrawn or redacted record is a tombstone: only its own content is unchanged, everything else
refused.
"""

from __future__ import annotations

from typing import Final

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]

#: What the lake or the registry holds: every version, or the last one, of each natural key.
HELD: Final = pa.schema(
    [
        ("natural_key", pa.binary()),
        ("content_digest", pa.binary()),
        ("version", pa.int32()),
        ("state", pa.string()),
    ]
)
GONE: Final = ("restored", "withdrawn", "redacted")


def last_versions(held: ir.Table) -> ir.Table:
    """Of every key the last version: h_key, h_digest, h_version, h_state."""
    found = held.group_by(h_key=held.natural_key).aggregate(
        h_digest=held.content_digest.argmax(held.version),
        h_state=held.state.argmax(held.version),
        h_version=held.version.max(),
    )
    return found.select("h_key", "h_digest", "h_version", "h_state")


def refused(prepared: ir.Table, last: ir.Table, held: ir.Table, *, repeated: bool) -> ir.Table:
    """The rows that a tombstone refuses: seq and state."""
    dead = last.filter(last.h_state.isin(GONE))
    rows = prepared.inner_join(dead, prepared.natural_key == dead.h_key)
    rows = rows.filter(rows.content_digest != rows.h_digest)
    if repeated:
        rows = rows.anti_join(held, ["natural_key", "content_digest"])
    return rows.select("seq", state=rows.h_state)


def settled(prepared: ir.Table, last: ir.Table, held: ir.Table, *, repeated: bool) -> ir.Table:
    """Every row that no tombstone refuses, with its disposition and its version.

    Args:
        prepared: plain rows and rows of the row code.
        last: `last_versions` of what is held.
        held: all that is held.
        repeated: the same file was taken in before; what a record has said in any version changes nothing again.
    """
    rows = prepared.left_join(last, prepared.natural_key == last.h_key)
    rows = rows.mutate(
        dead=rows.h_state.isin(GONE).fill_null(False) & (rows.content_digest != rows.h_digest),
        before=ibis.literal(False),
    )
    if repeated:
        said = held.select(s_key=held.natural_key, s_digest=held.content_digest).distinct()
        rows = rows.left_join(said, [rows.natural_key == said.s_key, rows.content_digest == said.s_digest])
        rows = rows.mutate(dead=rows.dead & rows.s_key.isnull(), before=rows.s_key.notnull())
    rows = rows.filter(~rows.dead)
    # What was said before changes nothing, so it stands aside from the rows that follow each other.
    window = ibis.window(group_by=[rows.natural_key, rows.before], order_by=rows.seq)
    earlier = ibis.coalesce(rows.content_digest.lag().over(window), rows.h_digest)
    rows = rows.mutate(
        disposition=ibis.cases(
            (rows.before, "unchanged"),
            (earlier.isnull(), "committed"),
            (earlier == rows.content_digest, "unchanged"),
            else_="superseding",
        )
    )
    running = ibis.cumulative_window(group_by=[rows.natural_key, rows.before], order_by=rows.seq)
    changes = (rows.disposition != "unchanged").cast("int32").sum().over(running)
    version = (rows.h_version.fill_null(0) + changes).cast("int32")
    return rows.mutate(version=version).select(*prepared.columns, "disposition", "version")
