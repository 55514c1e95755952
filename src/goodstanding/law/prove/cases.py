"""From a model of the logic to a case that a person can read, replayed on the evaluator for one case."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from goodstanding.law.facts import Facts
from goodstanding.law.model import Pack
from goodstanding.law.prove.dates import this_day
from goodstanding.law.prove.errors import ReplayDisagrees
from goodstanding.law.prove.facts import UnknownFacts
from goodstanding.law.prove.result import Finding, Side, replay
from goodstanding.law.prove.settings import Settings
from goodstanding.law.prove.terms import Model, Questions, Term
from goodstanding.law.receipts.plain import plain_facts


class Search:
    """Looks for cases of one pack, or of two that are compared; the first is the one examined.

    seen_as: what each pack is given of the facts of a case.
    """

    def __init__(
        self, packs: Sequence[Pack], *, seen_as: Sequence[Callable[[Facts], Facts]] | None = None
    ) -> None:
        self.packs = packs
        self.facts = UnknownFacts(packs)
        self.settings = Settings(packs)
        self._seen_as = seen_as or [lambda facts: facts for _ in packs]
        self._around = this_day(packs[0].in_force.from_)
        self.questions = Questions(self.facts.valid, self.settings.valid, self.facts.not_refused(packs[0]))

    def possible(self, *wanted: Term) -> bool:
        """Whether there is such a case at all."""
        return self.questions.example(*wanted) is not None

    def case(self, *wanted: Term, preferring: Sequence[Term] = ()) -> Model | None:
        """The plainest model in which everything wanted holds; None: proved that there is none."""
        plain = (*preferring, *self.settings.plain(self.packs), *self.facts.plain(self._around))
        return self.questions.example(*wanted, preferring=plain)

    def sides(self, model: Model) -> tuple[Side, ...]:
        """What every pack says of the case of a model."""
        facts, on = self.facts.read(model), self.facts.on.read(model)
        sides = []
        for pack, seen_as in zip(self.packs, self._seen_as, strict=True):
            switches, parameters = self.settings.read(model, pack)
            sides.append(replay(pack, seen_as(facts), on=on, switches=switches, parameters=parameters))
        return tuple(sides)


def confirmed(finding: Finding, *, shows: bool) -> Finding:
    """The finding, once the replay has shown it. Raises ReplayDisagrees where it does not."""
    if not shows:
        first = finding.sides[0]
        raise ReplayDisagrees(
            check=finding.code, pack=first.pack.id, case=f"{plain_facts(first.facts)} on {first.on}"
        )
    return finding
