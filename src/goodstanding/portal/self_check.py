"""The answer of the public self-check: one record as the law sees it, ready for a page. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from goodstanding import law
from goodstanding.law.repair import Repair, repair
from goodstanding.law.rows import TransitionRow
from goodstanding.registry.packs import packs

from .explained import DatedFact
from .language import day as in_words
from .language import language, said
from .lengths import length
from .timeline import Axis, Bar, axis_of
from .words import label

#: The jurisdiction whose law is asked where the reader chooses none.
HOME = "CN"


@dataclass(frozen=True, slots=True)
class Window:
    """The window of the facts, as a time line draws it."""

    found_on: date
    publish_from: date | None
    restorable_from: date | None
    publish_until: date | None
    restorable: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the law that was used. anchor: its place on the pack's page."""

    table: str
    row: str
    anchor: str
    citation: str
    confidence: str
    weak: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of the authority: what is due, counted from what, how long and for how much longer; a length that
    nobody has seen is None.
    """

    text: str
    counted_from: str
    length: str | None
    extends: bool
    extension: str | None
    anchor: str


@dataclass(frozen=True, slots=True)
class Todo:
    """What to do, or what stands in the way: the deed in words, the condition that it meets, and where that stands."""

    deed: str
    condition: str
    article: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that the page says.

    standing: "information", "ended", "never", "now", "open" (as soon as what is missing is done) or "later";
    repair: the least that must be done, and when it then succeeds; todo: the same, each with its condition;
    transition: by which rule this law holds for a record that is older than the law of today.
    """

    pack: law.Pack
    verdict: law.Verdict
    standing: str
    transition: TransitionRow | None
    dates: list[DatedFact]
    axis: Axis | None
    bar: Bar | None
    repair: Repair
    todo: tuple[Todo, ...]
    deadlines: tuple[Due, ...]
    doubts: tuple[Step, ...]
    steps: tuple[Step, ...]


def law_of(today: date) -> law.Pack:
    """The law that is asked where the reader chooses none. Raises PackNotFound."""
    return law.choose(packs(), jurisdiction=HOME, on=today)


def sectors_of(today: date) -> list[tuple[str, str]]:
    """The sectors that have a law of their own for kinds of record of the general one, each with its law's name."""
    general = set(law_of(today).tables.kinds)
    return [
        (pack.sector, f"{label('sector', pack.sector)} ({said(pack, 'name')})")
        for pack in packs()
        if pack.sector is not None
        and pack.jurisdiction == HOME
        and pack.in_force.from_ <= today
        and (pack.in_force.to is None or today <= pack.in_force.to)
        and general & set(pack.tables.kinds)
    ]


def answer(facts: law.Facts, *, chosen: law.Pack | None, on: date) -> Answer:
    """What the law says of the facts on a day.

    Args:
        facts: as the form gave them.
        chosen: the law to ask; None leaves the choice to the dates and the sector.
        on: the day asked about.

    Raises:
        law.FactsRefused: the law does not list what the facts name.
        law.PackNotFound: no law is in force on the day.
    """
    transition = None
    if chosen is None:
        own = tuple(pack for pack in packs() if pack.jurisdiction == HOME)
        governing = law.govern(facts, packs=own, jurisdiction=HOME, on=on)
        pack, transition = governing.pack, governing.transition
    else:
        pack = chosen
    found = repair(facts, pack=pack, on=on)
    verdict = found.verdict
    window = _window(verdict)
    adverse = verdict.classification.severity is not None
    axis = axis_of([window], today=on) if adverse and window.publish_from is not None else None
    steps = tuple(_step(step) for step in verdict.trace)
    return Answer(
        pack=pack,
        verdict=verdict,
        standing=_standing(found),
        transition=transition,
        dates=_dates(verdict) if adverse else [],
        axis=axis,
        bar=axis.bar(window) if axis else None,
        repair=found,
        todo=tuple(_todo(found)),
        deadlines=tuple(_due(rule, pack) for rule in verdict.deadlines),
        doubts=tuple(step for step in steps if _open(step)),
        steps=steps,
    )


def _standing(found: Repair) -> str:
    if found.verdict.publication in ("information", "ended"):
        return found.verdict.publication
    if found.earliest_on is None:
        return "never"
    if found.status == "ready":
        return "now"
    return "later" if found.earliest_on > found.verdict.on else "open"


def _todo(found: Repair) -> Iterator[Todo]:
    """The actions of a repair, or where none helps the conditions that stand in the way."""
    conditions = {condition.code: condition for condition in found.verdict.conditions}
    for action in found.actions:
        deed = said(action, "text")
        if action.code == "wait":
            deed = _("Apply on {day} or later.").format(day=in_words(action.on))
        yield _met_by(deed, conditions.get(action.condition))
    for condition in found.blocked_by:
        yield _met_by(said(condition, "remedy"), condition)


def _met_by(deed: str, condition: law.Condition | None) -> Todo:
    if condition is None:
        return Todo(deed, "", "", "")
    article = condition.article_zh if language() == "zh" else condition.article
    return Todo(deed, said(condition, "text"), article, f"conditions-{condition.code}")


def _window(verdict: law.Verdict) -> Window:
    found = verdict.classification
    return Window(
        verdict.facts.found_on,
        found.publish_from,
        found.restorable_from,
        found.publish_until,
        found.restorable_from is not None,
    )


def _dates(verdict: law.Verdict) -> list[DatedFact]:
    found = verdict.classification
    source = next((said(step, "citation") for step in verdict.trace if step.table == "publication"), "")
    facts = [
        DatedFact(
            _("Date of finding"),
            "认定日期",
            verdict.facts.found_on,
            _("The date of the decision itself."),
            "",
        )
    ]
    if found.restorable_from is not None:
        reason = _("The shortest period of publication ends.")
        if found.restorable_from == verdict.facts.found_on:
            reason = _("It can be restored as soon as every duty is performed; there is no shortest period.")
        day = found.restorable_from
        facts.append(DatedFact(_("Shortest period ends"), "最短公示期届满", day, reason, source))
    if not found.published:
        reason = _("Records of this class are in principle not published.")
        facts.append(DatedFact(_("Publication"), "公示", None, reason, source))
    elif found.publish_until is not None:
        reason = _("From this day on it is no longer published. Nobody has to apply.")
        facts.append(DatedFact(_("Publication ends"), "最长公示期届满", found.publish_until, reason, source))
    elif verdict.clock_started:
        reason = _("No end is fixed: it is published until something changes, such as a duty performed.")
        facts.append(DatedFact(_("Publication ends"), "最长公示期届满", None, reason, source))
    return facts


def _due(rule: law.DeadlineRule, pack: law.Pack) -> Due:
    longer = rule.extension
    return Due(
        said(rule, "text"),
        label("counted_from", rule.from_),
        length(rule.length, pack=pack),
        longer is not None,
        None if longer is None else length(longer.length, pack=pack),
        f"deadlines-{rule.code}",
    )


def _step(step: law.TraceStep) -> Step:
    return Step(
        table=step.table,
        row=step.row,
        anchor=f"{step.table}-{step.row}",
        citation=said(step, "citation"),
        confidence=step.confidence,
        weak=tuple(name for name in ("contested", "assumed") if getattr(step, name)),
        note=said(step, "note"),
    )


def _open(step: Step) -> bool:
    """Whether a step leaves something open that the reader should know."""
    return bool(step.weak) or (step.table in ("conditions", "shield") and bool(step.note))
