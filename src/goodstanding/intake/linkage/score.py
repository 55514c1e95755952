"""Candidate pairs and their weights, by Splink."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from goodstanding.intake.linkage import blocks, model
from goodstanding.intake.linkage.comparisons import COMPARISONS
from goodstanding.intake.linkage.engines import Engine
from goodstanding.intake.linkage.errors import LinkageError

_TABLES: Final = (
    "linkage_pairs",
    "linkage_rare",
    "linkage_keys_l",
    "linkage_keys_r",
    "linkage_words_l",
    "linkage_words_r",
    "linkage_faces",
)
_FREQUENT: Final = ("core", "brand")


def score(
    engine: Engine,
    *,
    records: tuple[pa.Table, pa.Table],
    entities: tuple[pa.Table, pa.Table] | None,
    least: float,
    row_by_row: bool = False,
) -> pa.Table:
    """Weigh every candidate pair.

    Args:
        engine: where.
        records: faces and keys of the records, from `make_faces`.
        entities: those of the entities; None to compare the records with one another.
        least: pairs of less weight (log2) are left out.
        row_by_row: compare each record with the entity of the same row, and with no other.
    Returns:
        Columns `owner_l` and `owner_r` (rows of the records' and of the entities' table), `weight`, and for every
        comparison `level_` (its code's number from the last, Splink's gamma) and `weight_` (with term frequency).
    """
    faces, keys = records
    others, other_keys = entities or records
    shift = len(faces) if entities else 0
    owners = len(pc.unique(others["owner"]))
    if shift:
        moved = others.set_column(0, "face", pc.add(others["face"], shift))
        engine.put("linkage_faces", pa.concat_tables([faces, moved]))
        other_keys = other_keys.set_column(0, "face", pc.add(other_keys["face"], shift))
    else:
        engine.put("linkage_faces", faces)
    if row_by_row:
        engine.make("linkage_pairs", _ROW_BY_ROW.format(first=shift))
    else:
        _make_pairs(engine, keys, other_keys, shift)
    for column in _FREQUENT:
        engine.make(f"linkage_frequency_{column}", _frequencies(column, first=shift, owners=owners))
    scored = _linker(engine, owners).inference.predict(threshold_match_weight=least, warning_mode="never")
    result = engine.fetch(_answers(scored.physical_name))
    engine.drop(*_TABLES, *(f"linkage_frequency_{column}" for column in _FREQUENT))
    return result


_ROW_BY_ROW: Final = """
    SELECT '0' AS match_key, l.face AS join_key_l, r.face AS join_key_r FROM linkage_faces AS l
    JOIN linkage_faces AS r ON l.owner = r.owner WHERE l.face < {first} AND r.face >= {first}
"""


def _make_pairs(engine: Engine, keys: pa.Table, other_keys: pa.Table, shift: int) -> None:
    engine.put("linkage_words_l", keys)
    engine.put("linkage_words_r", other_keys)
    shared = "WHERE key IN (SELECT key FROM linkage_keys_l)"
    for side, chosen, which in (
        ("l", f"face < {shift}" if shift else "true", ""),
        ("r", f"face >= {shift}", shared),
    ):
        query = blocks.keys_query(f"(SELECT * FROM linkage_faces WHERE {chosen}) AS faces")
        query = f"{query} UNION ALL SELECT face, key FROM linkage_words_{side}"
        engine.make(
            f"linkage_keys_{side}",
            f"SELECT * FROM (SELECT face, {engine.number_of_text}(key) AS key FROM ({query})) {which}",
        )
    engine.make(
        "linkage_rare",
        f"SELECT key FROM linkage_keys_r GROUP BY key HAVING count(*) <= {blocks.MOST_IN_BLOCK}",
    )
    once = "" if shift else "AND l.face < r.face"
    engine.make(
        "linkage_pairs",
        f"""SELECT '0' AS match_key, l.face AS join_key_l, r.face AS join_key_r
        FROM linkage_keys_l AS l JOIN linkage_rare AS rare ON l.key = rare.key
        JOIN linkage_keys_r AS r ON r.key = rare.key {once}
        GROUP BY l.face, r.face""",
    )


def _frequencies(column: str, *, first: int, owners: int) -> str:
    """How frequent each term is among the entities; a batch of records does not change it."""
    return (
        f"SELECT {column}, count(DISTINCT owner) / {max(owners, model.FEWEST)}e0 AS tf_{column} "
        f"FROM linkage_faces WHERE face >= {first} AND {column} IS NOT NULL GROUP BY {column}"
    )


def _linker(engine: Engine, owners: int) -> Any:
    try:
        from splink import Linker
    except ImportError as error:
        raise LinkageError.extra_missing("splink") from error
    api = engine.api()
    linker = Linker(
        api.register("linkage_faces"),
        model.settings(entities=owners),
        log_level=None,
        validate_settings=False,
    )
    for column in _FREQUENT:
        linker.table_management.register_term_frequency_lookup(
            api.register(f"linkage_frequency_{column}"), column
        )
    linker.table_management.register_blocked_pairs_for_predict(api.register("linkage_pairs"))
    return linker


def _answers(scored: str) -> str:
    parts = []
    for comparison in COMPARISONS:
        code = comparison.code
        frequency = f" + mw_tf_adj_{code}" if any(level.frequency_of for level in comparison.levels) else ""
        parts += [f"gamma_{code} AS level_{code}", f"mw_{code}{frequency} AS weight_{code}"]
    return (
        f"SELECT l.owner AS owner_l, r.owner AS owner_r, l.latin AS latin, match_weight AS weight, {', '.join(parts)} "
        f"FROM {scored} AS p JOIN linkage_faces AS l ON p.face_l = l.face JOIN linkage_faces AS r ON p.face_r = r.face"
    )
