"""From weighed pairs to decisions: link, review or none.

>>> # two thresholds, a margin over the second best, and two vetoes that no weight overcomes
>>> LINK, REVIEW, MARGIN
(3.0, -8.0, 3.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.linkage.comparisons import COMPARISONS

LINK: Final = 3.0
"""Weight (log2 of the odds) from which a candidate is linked without a person: odds of 8 to 1 before the margin and
the vetoes are asked."""
REVIEW: Final = -8.0
"""Weight from which a candidate is shown to a person."""
MARGIN: Final = 3.0
"""How far above the second best candidate a link must be."""


class Decision(StrEnum):
    """What is done with a record."""

    LINK = "link"
    REVIEW = "review"
    NONE = "none"


class Reason(StrEnum):
    """Why; a closed family."""

    ABOVE = "above"
    BELOW = "below"
    MARGIN = "margin"
    OTHER_DIVISION = "other_division"
    OTHER_BRANCH = "other_branch"
    OTHER_NAME = "other_name"
    OTHER_IDENTIFIER = "other_identifier"
    NO_CANDIDATE = "no_candidate"


def level_number(comparison: str, level: str) -> int:
    """The number by which Splink names a level; -1 for the one that says nothing."""
    levels = next(c.levels for c in COMPARISONS if c.code == comparison)
    telling = [one.code for one in levels if one.m is not None]
    return len(telling) - 1 - telling.index(level) if level in telling else -1


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Weights from which candidates are linked and shown, and the margin over the second best."""

    link: float = LINK
    review: float = REVIEW
    margin: float = MARGIN

    @property
    def least(self) -> float:
        """Pairs below it cannot change a decision."""
        return min(self.review, self.link - self.margin)


def _is(comparison: str, *levels: str) -> str:
    numbers = ", ".join(str(level_number(comparison, level)) for level in levels)
    return f"level_{comparison} IN ({numbers})"


_AT_NUMBER: Final = _is("address", "same", "road_number")
_NEAR: Final = _is("address", "same", "road_number", "akin", "contained", "vague")

VETOED: Final = _is("code", "different")
ELSEWHERE: Final = (
    f"NOT ({_is('code', 'same')}) AND ({_is('place', 'different')} "
    f"OR {_is('place', 'other_prefecture')} AND NOT ({_AT_NUMBER}) "
    f"OR {_is('place', 'other_named')} AND NOT ({_NEAR}) "
    f"OR {_is('place', 'other_district')} AND {_is('address', 'road', 'different')})"
)
"""A namesake in another division: the name alone does not link it. Within one city the districts and the addresses must
both differ."""


OTHER_BRANCH: Final = (
    f"({_is('branch', 'one_only', 'different', 'slip', 'other_character')}) AND NOT ({_is('code', 'same')}) "
    f"AND NOT ({_is('branch', 'slip')} AND {_NEAR} OR {_is('branch', 'other_character')} AND {_AT_NUMBER})"
)
"""A branch is another organisation than its head office and than other branches; where one character of the whole name
differs the address tells."""
OTHER_NAME: Final = (
    f"NOT latin AND NOT ({_is('code', 'same')}) "
    f"AND ({_is('name', 'brand', 'contained', 'initials', 'akin', 'different', 'unlike')} "
    f"OR {_is('name', 'one_short', 'two')} AND NOT ({_AT_NUMBER}) "
    f"OR {_is('name', 'one', 'lost_whole', 'lost')} AND NOT ({_NEAR}))"
)
"""Sister companies share brand and address; of Chinese names, which are unique where they are registered, so much must
agree, and more where the slip is in the brand itself."""


def decide(
    pairs: pa.Table, *, record_keys: pa.Array, entity_keys: pa.Array, thresholds: Thresholds
) -> pa.Table:
    """The decision for every record.

    Args:
        pairs: from `score`.
        record_keys, entity_keys: the keys of the rows of both tables, as text.
        thresholds: weights in log2.
    Returns:
        One row for each record, in their order: `record`, `entity` (null but for a link), `decision`, `reason`,
        `candidate` (the best), `weight`, `probability`, `second` (the second best), `second_weight`, and for every
        comparison of the best candidate `level_` and `weight_`.
    """
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.register("pairs", pairs)
    connection.register("records", pa.table({"owner": range(len(record_keys)), "key": record_keys}))
    connection.register("entities", pa.table({"owner": range(len(entity_keys)), "key": entity_keys}))
    return connection.sql(_decisions(thresholds)).to_arrow_table()


def _decisions(thresholds: Thresholds) -> str:
    parts = [f"{kind}_{c.code}" for c in COMPARISONS for kind in ("level", "weight")]
    return f"""
    WITH best_faces AS (  -- an entity counts by its best name
        SELECT * FROM pairs QUALIFY row_number() OVER (
            PARTITION BY owner_l, owner_r ORDER BY {VETOED}, weight DESC, {", ".join(parts)}) = 1
    ), ranked AS (
        SELECT p.*, e.key AS candidate, coalesce({VETOED}, false) AS vetoed,
            row_number() OVER candidates AS place_in_order,
            lead(e.key) OVER candidates AS next_key,
            lead(p.weight) OVER candidates AS next_weight,
            lead({VETOED}) OVER candidates AS next_vetoed
        FROM best_faces AS p JOIN entities AS e ON p.owner_r = e.owner
        WINDOW candidates AS (PARTITION BY p.owner_l ORDER BY {VETOED}, p.weight DESC, e.key)
    ), best AS (
        SELECT * EXCLUDE (next_key, next_weight), CASE WHEN next_vetoed THEN NULL ELSE next_key END AS second,
            CASE WHEN next_vetoed THEN NULL ELSE next_weight END AS second_weight
        FROM ranked WHERE place_in_order = 1
    ), reasoned AS (
        SELECT r.key AS record, b.*,
            CASE WHEN candidate IS NULL THEN '{Reason.NO_CANDIDATE}'
                 WHEN vetoed THEN '{Reason.OTHER_IDENTIFIER}'
                 WHEN weight < {thresholds.link} THEN '{Reason.BELOW}'
                 WHEN {ELSEWHERE} THEN '{Reason.OTHER_DIVISION}'
                 WHEN {OTHER_BRANCH} THEN '{Reason.OTHER_BRANCH}'
                 WHEN {OTHER_NAME} THEN '{Reason.OTHER_NAME}'
                 WHEN weight - second_weight < {thresholds.margin} THEN '{Reason.MARGIN}'
                 ELSE '{Reason.ABOVE}' END AS reason, r.owner AS row_number
        FROM records AS r LEFT JOIN best AS b ON r.owner = b.owner_l
    ), decided AS (
        SELECT *, CASE WHEN reason = '{Reason.ABOVE}' THEN '{Decision.LINK}'
                       WHEN reason IN ('{Reason.NO_CANDIDATE}', '{Reason.OTHER_IDENTIFIER}')
                           OR weight < {thresholds.review} THEN '{Decision.NONE}'
                       ELSE '{Decision.REVIEW}' END AS decision FROM reasoned
    )
    SELECT record, CASE WHEN decision = '{Decision.LINK}' THEN candidate END AS entity, decision, reason, candidate,
        weight, 1 / (1 + pow(2, -weight)) AS probability, second, second_weight, {", ".join(parts)}
    FROM decided ORDER BY row_number
    """


def cluster_rows(pairs: pa.Table, *, keys: list[str], codes: list[dict[str, str]], least: float) -> list[int]:
    """Put rows that are one organisation together, strongest pairs first.

    Two clusters that hold different identifiers of one scheme never join, nor do namesakes of other divisions.

    Args:
        pairs: from `score` on one table.
        keys: of the rows, to decide between equal weights.
        codes: the valid identifiers of each row, by scheme.
        least: weight from which a pair joins.
    Returns:
        For each row the number of the row that stands for its cluster: the one with the first key.
    """
    import duckdb

    connection = duckdb.connect()
    connection.register("pairs", pairs)
    edges = connection.execute(
        f"SELECT owner_l, owner_r, max(weight) FROM pairs WHERE weight >= ? AND NOT coalesce({VETOED}, false) "
        f"AND NOT ({ELSEWHERE}) AND NOT ({OTHER_BRANCH}) "
        f"AND NOT ({OTHER_NAME}) AND owner_l <> owner_r GROUP BY ALL",
        [least],
    ).fetchall()
    edges.sort(key=lambda edge: (-round(edge[2], 6), *sorted((keys[edge[0]], keys[edge[1]]))))
    head = list(range(len(keys)))
    known: list[dict[str, Any]] = [dict(one) for one in codes]

    def find(row: int) -> int:
        while head[row] != row:
            head[row] = head[head[row]]
            row = head[row]
        return row

    for left, right, _ in edges:
        a, b = find(left), find(right)
        if a == b or any(known[b].get(scheme, code) != code for scheme, code in known[a].items()):
            continue
        first, second = (a, b) if keys[a] <= keys[b] else (b, a)
        head[second] = first
        known[first] |= known[second]
    return [find(row) for row in range(len(keys))]
