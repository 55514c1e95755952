"""Proof that a sector's or a place's pack is nowhere harsher than its base, or a case in which it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from goodstanding.law.model import Pack
from goodstanding.law.prove.base import Counterpart
from goodstanding.law.prove.cases import Search, confirmed
from goodstanding.law.prove.dates import not_later
from goodstanding.law.prove.numbers import deadlines_checked, sanctions_checked
from goodstanding.law.prove.result import Check, Finding, Note, Proof, Side
from goodstanding.law.prove.tables import SymbolicPack
from goodstanding.law.prove.terms import Model, Term, both, implies, negated

Code = Literal["publication", "wait", "earliest", "eligibility", "material", "mark"]
Choices = Literal["in_effect", "every"]
"""Which choices of an operator: those in effect (the defaults, unset numbers unset), or every one."""

AS_CHOSEN = Note(
    en="Both packs as they are chosen: open questions by the option in effect, unset numbers unset.",
    zh="两个规则包均按现有选项：有争议的问题采用现行选项，未设定的数值保持未设定。",
)


@dataclass(frozen=True, slots=True)
class _Words:
    """A check and its finding, in words; {day}, {local}, {base} and {what} are filled in."""

    en: str
    zh: str
    found_en: str
    found_zh: str


WORDS: dict[Code, _Words] = {
    "publication": _Words(
        "never published where the base does not publish",
        "基准不公示时也不公示",
        "Longer publication: on {day} {local} publishes the record and {base} does not.",
        "公示更长：{day}，“{local}”公示而“{base}”不公示。",
    ),
    "wait": _Words(
        "the minimum never ends later",
        "最短期限不晚于基准届满",
        "Longer wait: on {day} the minimum of {base} has passed and that of {local} has not.",
        "等待更久：{day}，“{base}”的最短期限已满，“{local}”的未满。",
    ),
    "earliest": _Words(
        "the earliest day of restoration is never later",
        "最早可修复日不晚于基准",
        "Longer wait: asked on {day}, the earliest day of restoration is later in {local} than in {base}.",
        "等待更久：于 {day} 询问，“{local}”的最早可修复日晚于“{base}”。",
    ),
    "eligibility": _Words(
        "whoever is eligible in the base is eligible",
        "按基准可修复的均可修复",
        "Narrower eligibility: on {day} the record can be restored by {base} and not by {local}.",
        "修复范围更窄：{day}，按“{base}”可修复，按“{local}”不可修复。",
    ),
    "material": _Words(
        "no material is required that the base does not require",
        "不要求基准以外的申请材料",
        "One material more: {local} requires {what} and {base} does not.",
        "材料更多：“{local}”要求 {what}，“{base}”不要求。",
    ),
    "mark": _Words(
        "what the base marks is marked or removed",
        "基准予以标注的也予以标注或删除",
        "Mark missing: on {day} {base} marks the record for {what} and {local} shows it without.",
        "缺少标注：{day}，“{base}”对 {what} 作出标注，“{local}”未作标注。",
    ),
}


def harsher(local: Pack, base: Pack, *, readings: bool = True, choices: Choices = "in_effect") -> Proof:
    """Whether a pack is anywhere harsher than its base, on the same facts and under the same choices.

    Arguments: readings, whether the pack's readings are taken as given; choices, those in effect or every one.
    Returns a proof whose findings, if any, were replayed on the evaluator for one case.
    Raises NotComparable.
    """
    return Proof(
        pack_id=local.id,
        base_id=base.id,
        assumptions=assumptions(local, base, readings=readings, choices=choices),
        checks=tuple(checks_against(local, base, readings=readings, choices=choices)),
    )


def assumptions(
    local: Pack, base: Pack, *, readings: bool = True, choices: Choices = "in_effect"
) -> tuple[Note, ...]:
    """What `harsher` takes as given: choices, readings with their citation, and what the base does not know."""
    found = tuple(Counterpart(local, base).assumptions(readings=readings))
    return found if choices == "every" else (AS_CHOSEN, *found)


def checks_against(
    local: Pack, base: Pack, *, readings: bool = True, choices: Choices = "in_effect"
) -> Iterator[Check]:
    """The checks of `harsher`, one after the other as they are done."""
    yield from _Comparison(Counterpart(local, base), readings=readings, choices=choices).checks()


class _Comparison:
    """Two packs over the same facts that are to be found."""

    def __init__(self, counterpart: Counterpart, *, readings: bool, choices: Choices) -> None:
        self.counterpart = counterpart
        local, base = counterpart.local, counterpart.base
        self.search = Search([local, base], seen_as=[lambda facts: facts, counterpart.facts_in_base])
        facts, settings = self.search.facts, self.search.settings
        self.local = SymbolicPack(
            local, facts=facts, settings=settings, not_applied=counterpart.bars_not_compared()
        )
        self.base = SymbolicPack(base, facts=facts, settings=settings, kinds=counterpart.kinds)
        given = [self.local.answered, self.base.answered, not_later(facts.found_on, facts.on)]
        given += [negated(facts.carried(measure)) for measure in counterpart.measures_here_only()]
        given += [
            implies(self.base.carried(measure), facts.natural_person)
            for measure in counterpart.measures_on_persons()
        ]
        if readings:
            flags = [(facts.flags[reading.fact], reading.value) for reading in local.readings]
            given += [flag if value else negated(flag) for flag, value in flags]
        if choices == "in_effect":
            given += settings.plain([local, base])
        self.search.questions.assume(*given)

    def checks(self) -> Iterator[Check]:
        yield self._kinds()
        for code in WORDS:
            questions = self._questions(code)
            findings = tuple(self._ask(code, what, wanted) for what, wanted in questions)
            yield Check(
                code=code,
                en=WORDS[code].en,
                zh=WORDS[code].zh,
                findings=tuple(finding for finding in findings if finding is not None),
            )
        yield deadlines_checked(self.search)
        yield sanctions_checked(self.search)

    def _questions(self, code: Code) -> Iterator[tuple[str, Term]]:
        local, base, facts = self.local, self.base, self.search.facts
        on, by = facts.on, facts.by
        if code == "publication":
            yield "", both(local.visible(on), negated(base.visible(on)))
        elif code == "wait":
            yield "", both(base.restorable_by(on), negated(local.restorable_by(on)))
        elif code == "earliest":
            earlier = base.earliest_by(by, asked_on=on)
            yield "", both(earlier, negated(local.earliest_by(by, asked_on=on)))
        elif code == "eligibility":
            yield "", both(base.eligible(on), negated(local.eligible(on)))
        elif code == "material":
            for material in dict.fromkeys(row.id for row in local.pack.materials if row.required):
                needless = negated(base.required(material))
                yield material, both(base.restorable, local.required(material), needless)
        else:
            shown = both(local.visible(on), base.visible(on))
            for event in dict.fromkeys(row.event for row in base.pack.events if row.effect == "marked"):
                yield event, both(shown, base.marked(event, on), negated(local.marked(event, on)))

    def _ask(self, code: Code, what: str, wanted: Term) -> Finding | None:
        model = self.search.case(wanted)
        if model is None:
            return None
        sides, words = self.search.sides(model), WORDS[code]
        said = {
            "day": sides[0].on.isoformat(),
            "local": sides[0].pack.id,
            "base": sides[1].pack.id,
            "what": what,
        }
        finding = Finding(
            code=_FINDING[code],
            en=words.found_en.format(**said),
            zh=words.found_zh.format(**said),
            sides=sides,
        )
        return confirmed(finding, shows=_shows(code, what, sides[0], sides[1]))

    def _kinds(self) -> Check:
        """Kinds that only the pack takes as adverse (they are outside the comparison of the others)."""
        findings = []
        for kind in self.counterpart.adverse_here_only():
            model = self._adverse_here(kind.code)
            if model is None:
                continue
            sides = self.search.sides(model)
            finding = Finding(
                code="adverse_kind",
                en=f"The kind {kind.code} is adverse in {sides[0].pack.id} and mere information in {sides[1].pack.id}.",
                zh=f"“{kind.name_zh}”在“{sides[0].pack.id}”中为失信信息，在“{sides[1].pack.id}”中仅为一般信息。",
                sides=sides,
            )
            verdicts = [side.verdict for side in sides]
            classes = [v.classification.severity if v else None for v in verdicts]
            findings.append(confirmed(finding, shows=classes[0] is not None and classes[1] is None))
        return Check(
            code="kinds",
            en="no kind is adverse that is mere information in the base",
            zh="基准中的一般信息不作为失信信息",
            findings=tuple(findings),
        )

    def _adverse_here(self, kind: str) -> Model | None:
        search = Search(
            [self.counterpart.local, self.counterpart.base],
            seen_as=[lambda facts: facts, self.counterpart.facts_in_base],
        )
        here = SymbolicPack(self.counterpart.local, facts=search.facts, settings=search.settings)
        model = search.case(
            here.answered, here.kind_is([kind]), *map(negated, search.facts.measures.values())
        )
        if model is not None:
            self.search = search
        return model


_FINDING: dict[Code, str] = {
    "publication": "longer_publication",
    "wait": "longer_wait",
    "earliest": "later_earliest_day",
    "eligibility": "narrower_eligibility",
    "material": "one_material_more",
    "mark": "mark_missing",
}


def _shows(code: Code, what: str, here: Side, there: Side) -> bool:
    """Whether the verdicts of the evaluator for one case show the finding."""
    local, base = here.verdict, there.verdict
    if local is None or base is None:
        return False
    if code == "publication":
        return local.publication == "published" and base.publication != "published"
    if code == "wait":
        mine, theirs = local.classification.restorable_from, base.classification.restorable_from
        return theirs is not None and theirs <= here.on and (mine is None or mine > here.on)
    if code == "earliest":
        return base.earliest_on is not None and (
            local.earliest_on is None or local.earliest_on > base.earliest_on
        )
    if code == "eligibility":
        return base.eligible and not local.eligible
    if code == "material":
        required = [{row.id for row in verdict.materials if row.required} for verdict in (local, base)]
        return what in required[0] and what not in required[1]
    marks = [{row.event for row in verdict.marks} for verdict in (local, base)]
    return local.publication == base.publication == "published" and what in marks[1] and what not in marks[0]
