"""Link records to entities, or rows to one another."""

from __future__ import annotations

import math

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from goodstanding.intake.linkage.decide import Thresholds, cluster_rows, decide
from goodstanding.intake.linkage.engines import Engine, OnDuckDB
from goodstanding.intake.linkage.features import SCHEMES, make_faces
from goodstanding.intake.linkage.model import FEWEST
from goodstanding.intake.linkage.score import score


def link(
    records: pa.Table,
    entities: pa.Table,
    *,
    engine: Engine | None = None,
    thresholds: Thresholds | None = None,
    processes: int = 1,
) -> pa.Table:
    """Find for each record the entity it is about, when the record has no usable identifier.

    Args:
        records, entities: Arrow tables with the columns `key` and `name`, and where known `address`, `division`,
            `former_names`, `uscc`, `org_code`, `registration_no`, `lei` (see `make_faces`).
        engine: `OnDuckDB()` (the default) or `OnSpark(session)`.
        thresholds: weights from which candidates are linked and shown, and the margin.
        processes: how many read names and addresses at once.
    Returns:
        One row for each record, in the records' order: `record`, `entity` (null but for a link), `decision` (link,
        review, none), `reason`, `candidate`, `weight`, `probability`, `second`, `second_weight`, and the parts:
        `level_` and `weight_` of every comparison. `explain` puts a row into words.
    Raises:
        LinkageError: a column is missing, a key stands twice, the extra `linkage` is not installed.
    """
    limits = thresholds or Thresholds()
    pairs = score(
        engine or OnDuckDB(),
        records=make_faces(records, title="records", processes=processes),
        entities=make_faces(entities, title="entities", processes=processes),
        least=limits.least,
    )
    return decide(
        pairs,
        record_keys=pc.cast(records["key"], pa.string()),
        entity_keys=pc.cast(entities["key"], pa.string()),
        thresholds=limits,
    )


def compare(left: pa.Table, right: pa.Table, *, engine: Engine | None = None) -> pa.Table:
    """What speaks for and against each row of one table being the organisation in the same row of another.

    Args:
        left, right: tables of equally many rows, with columns as for `link`.
        engine: as for `link`.
    Returns:
        For each row `evidence` (log2; without the prior of `link`, which is against every pair: at even odds a pair
        is one from 0 on) and the parts, of the names that fit best.
    Raises:
        LinkageError: as `link`; ValueError: tables of different length.
    """
    if len(left) != len(right):
        raise ValueError(f"The tables have {len(left)} and {len(right)} rows.")
    pairs = score(
        engine or OnDuckDB(),
        records=make_faces(left, title="left"),
        entities=make_faces(right, title="right"),
        least=-1e9,
        row_by_row=True,
    )
    best = pairs.sort_by([("owner_l", "ascending"), ("weight", "descending")])
    owners = best["owner_l"].to_pylist()
    best = best.take([at for at, owner in enumerate(owners) if not at or owners[at - 1] != owner])
    evidence = pc.add(best["weight"], math.log2(max(len(right), FEWEST)))
    return best.drop_columns(["owner_l", "owner_r", "latin", "weight"]).add_column(0, "evidence", evidence)


def cluster(
    rows: pa.Table, *, engine: Engine | None = None, thresholds: Thresholds | None = None, processes: int = 1
) -> pa.Table:
    """Find the rows that are one organisation, when there is no list of entities.

    Args: as for `link`.
    Returns:
        `key` and `cluster` (the first key of the rows that belong together), in the order of the rows.
    Raises:
        LinkageError: as `link`.
    """
    limits = thresholds or Thresholds()
    made = make_faces(rows, title="rows", processes=processes)
    pairs = score(engine or OnDuckDB(), records=made, entities=None, least=limits.link)
    keys = pc.cast(rows["key"], pa.string()).to_pylist()
    codes: list[dict[str, str]] = [{} for _ in keys]
    for scheme in SCHEMES:
        for owner, code in zip(made[0]["owner"].to_pylist(), made[0][scheme.value].to_pylist(), strict=True):
            if code:
                codes[owner][scheme.value] = code
    heads = cluster_rows(pairs, keys=keys, codes=codes, least=limits.link)
    return pa.table({"key": keys, "cluster": [keys[head] for head in heads]})
