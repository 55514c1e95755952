"""The settings given to Splink: the comparisons, the prior, and nothing that it would have to learn."""

from __future__ import annotations

from typing import Any, Final

from goodstanding.intake.linkage.comparisons import COMPARISONS
from goodstanding.intake.linkage.levels import Comparison, Level

FEWEST: Final = 1_000_000
"""Names count as being as rare as among this many entities at least: in a small table every name occurs once, which
says nothing."""


def settings(*, entities: int, frequencies: bool = True) -> Any:
    """Splink's settings.

    Args:
        entities: how many there are; the chance that two at random are one is 1 in so many (`FEWEST` at least).
        frequencies: whether levels are weighed by term frequency.
    Returns:
        A SettingsCreator for one table of faces; candidate pairs are registered, not blocked by Splink.
    """
    from splink import SettingsCreator

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="face",
        comparisons=[_for_splink(comparison, frequencies) for comparison in COMPARISONS],
        blocking_rules_to_generate_predictions=[],
        probability_two_random_records_match=1 / max(entities, FEWEST),
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        linker_uid="linkage",
    )


def _for_splink(comparison: Comparison, frequencies: bool) -> dict[str, Any]:
    return {
        "output_column_name": comparison.code,
        "comparison_levels": [_level(level, frequencies) for level in comparison.levels],
    }


def _level(level: Level, frequencies: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.en}
    if level.sql != "ELSE":
        made["base_dialect_str"] = "duckdb"  # translated for Spark
    if level.m is None:
        return made | {"is_null_level": True}
    made |= {"m_probability": level.m, "u_probability": level.u}
    if frequencies and level.frequency_of:
        made |= {"tf_adjustment_column": level.frequency_of, "tf_adjustment_weight": 1.0}
    return made
