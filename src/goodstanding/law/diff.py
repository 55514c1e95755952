"""What a change of law would do before it is law: two packs over the same records, record by record.

Each record is decided by both packs on the same day. Who gains has something milder and nothing harsher; who
loses the other way round. An end that never comes, and a restoration that is never possible, count as the latest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from goodstanding.law.decide import Verdict, decide
from goodstanding.law.errors import FactsRefused
from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.receipts.plain import plain_day, plain_facts

Effect = Literal[
    "no_longer_published",
    "ends_earlier",
    "leaves_publication",
    "restorable_earlier",
    "becomes_eligible",
    "newly_published",
    "ends_later",
    "enters_publication",
    "restorable_later",
    "ceases_to_be_eligible",
    "class_changed",
    "refused_before",
    "refused_after",
]
"""leaves_publication, enters_publication, becomes_eligible and ceases_to_be_eligible: on the day asked about."""

Outcome = Literal["gains", "loses", "mixed", "same"]

MILDER: Final[frozenset[Effect]] = frozenset(
    ("no_longer_published", "ends_earlier", "leaves_publication", "restorable_earlier", "becomes_eligible")
)
HARSHER: Final[frozenset[Effect]] = frozenset(
    ("newly_published", "ends_later", "enters_publication", "restorable_later", "ceases_to_be_eligible")
)


@dataclass(frozen=True, slots=True)
class Change:
    """One record under both packs. before and after are None where the pack refuses the facts (the code of
    the refusal is in `refused`).
    """

    id: str
    facts: Facts
    before: Verdict | None
    after: Verdict | None
    refused: str | None
    effects: tuple[Effect, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Total:
    """How many records of a kind move from a class to a class with an outcome. A class is None where there is
    none or the pack refuses.
    """

    kind: str
    severity_before: str | None
    severity_after: str | None
    outcome: Outcome
    count: int


@dataclass(slots=True)
class Difference:
    """What changes over all records: totals, how often each effect, and examples of each effect."""

    before: Pack
    after: Pack
    on: date
    records: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    effects: Counter[Effect] = field(default_factory=Counter)
    examples: dict[Effect, list[Change]] = field(default_factory=dict)
    groups: Counter[tuple[str, str | None, str | None, Outcome]] = field(default_factory=Counter)

    @property
    def totals(self) -> tuple[Total, ...]:
        """The groups, the largest first."""
        ordered = sorted(self.groups.items(), key=lambda item: (-item[1], str(item[0])))
        return tuple(Total(*group, count) for group, count in ordered)


def compare(
    records: Iterable[tuple[str, Facts]], *, before: Pack, after: Pack, on: date, examples: int = 3
) -> Difference:
    """Every record decided by both packs.

    Arguments: records, id and facts of each; before and after, the packs; on, the day on which a case is open
    or not; examples, how many to keep of each effect.
    """
    found = Difference(before, after, on)
    for name, facts in records:
        change = changed(name, facts, before=before, after=after, on=on)
        found.records += 1
        found.outcomes[change.outcome] += 1
        group = (facts.kind, _severity(change.before), _severity(change.after), change.outcome)
        found.groups[group] += 1
        for effect in change.effects:
            found.effects[effect] += 1
            kept = found.examples.setdefault(effect, [])
            if len(kept) < examples:
                kept.append(change)
    return found


def changed(name: str, facts: Facts, *, before: Pack, after: Pack, on: date) -> Change:
    """One record decided by both packs."""
    old, old_refusal = _decided(facts, before, on)
    new, new_refusal = _decided(facts, after, on)
    effects: list[Effect] = []
    if old is not None and new is not None:
        effects = _effects(old, new)
    elif old_refusal != new_refusal:
        effects = ["refused_after" if old is not None else "refused_before"]
    milder, harsher = MILDER.intersection(effects), HARSHER.intersection(effects)
    outcome: Outcome = (
        "mixed" if milder and harsher else "gains" if milder else "loses" if harsher else "same"
    )
    return Change(name, facts, old, new, old_refusal or new_refusal, tuple(effects), outcome)


def _decided(facts: Facts, pack: Pack, on: date) -> tuple[Verdict | None, str | None]:
    try:
        return decide(facts, pack=pack, on=on), None
    except FactsRefused as error:
        return None, error.code


def _effects(old: Verdict, new: Verdict) -> list[Effect]:
    was, now = old.classification, new.classification
    effects: list[Effect] = []
    if was.severity != now.severity:
        effects.append("class_changed")
    if was.published and not now.published:
        effects.append("no_longer_published")
    elif now.published and not was.published:
        effects.append("newly_published")
    elif was.published:
        ends, would_end = was.publish_until or date.max, now.publish_until or date.max
        if would_end != ends:
            effects.append("ends_earlier" if would_end < ends else "ends_later")
    if (old.publication == "published") != (new.publication == "published"):
        effects.append("leaves_publication" if old.publication == "published" else "enters_publication")
    opens, would_open = was.restorable_from or date.max, now.restorable_from or date.max
    if would_open != opens and was.severity is not None and now.severity is not None:
        effects.append("restorable_earlier" if would_open < opens else "restorable_later")
    if old.eligible != new.eligible:
        effects.append("becomes_eligible" if new.eligible else "ceases_to_be_eligible")
    return effects


def _severity(verdict: Verdict | None) -> str | None:
    return None if verdict is None else verdict.classification.severity


def plain_difference(found: Difference) -> dict[str, Any]:
    """A difference as data."""
    return {
        "before": {"id": found.before.id, "digest": found.before.digest},
        "after": {"id": found.after.id, "digest": found.after.digest},
        "on": found.on.isoformat(),
        "records": found.records,
        "outcomes": dict(sorted(found.outcomes.items())),
        "effects": dict(sorted(found.effects.items())),
        "totals": [
            {
                "kind": total.kind,
                "severity_before": total.severity_before,
                "severity_after": total.severity_after,
                "outcome": total.outcome,
                "count": total.count,
            }
            for total in found.totals
        ],
        "examples": {
            effect: [plain_change(change) for change in kept]
            for effect, kept in sorted(found.examples.items())
        },
    }


def plain_change(change: Change) -> dict[str, Any]:
    """One record under both packs as data."""
    return {
        "id": change.id,
        "facts": plain_facts(change.facts),
        "outcome": change.outcome,
        "effects": list(change.effects),
        "refused": change.refused,
        "before": change.before and _side(change.before),
        "after": change.after and _side(change.after),
    }


def _side(verdict: Verdict) -> dict[str, Any]:
    found = verdict.classification
    return {
        "severity": found.severity,
        "published": found.published,
        "publish_until": plain_day(found.publish_until),
        "restorable_from": plain_day(found.restorable_from),
        "eligible": verdict.eligible,
        "earliest_on": plain_day(verdict.earliest_on),
    }
