"""Records without a usable identifier, linked to entities by name, division and address.

What the room promises: two different valid identifiers never link; namesakes in other divisions are not linked by
name alone; a link stands well above its second best candidate; the same input gives the same output, in whatever
order the rows come; every decision can be read in English and Chinese. Needs the extra `linkage`.

Begin with `link`, `cluster`, `compare` and `explain`.
"""

from goodstanding.intake.linkage.decide import Decision, Reason, Thresholds
from goodstanding.intake.linkage.engines import Engine, OnDuckDB, OnSpark
from goodstanding.intake.linkage.errors import LinkageError
from goodstanding.intake.linkage.explain import Explanation, Part, explain
from goodstanding.intake.linkage.link import cluster, compare, link

__all__ = [
    "Decision",
    "Engine",
    "Explanation",
    "LinkageError",
    "OnDuckDB",
    "OnSpark",
    "Part",
    "Reason",
    "Thresholds",
    "cluster",
    "compare",
    "explain",
    "link",
]
