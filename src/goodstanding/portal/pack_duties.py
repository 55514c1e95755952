"""The duties that a law pack sets and the lists it is made of, laid out for a reader."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from goodstanding.law import DeadlineRule, Pack
from goodstanding.law.rows import (
    Decides,
    HolderDuty,
    Kind,
    Listed,
    Measure,
    NoticeDuty,
    Parameter,
    Pause,
    Reading,
    Sanction,
    Statement,
    Switch,
    TransitionRow,
)

from .language import said
from .lengths import in_words, unset
from .pack_cells import Cell, Line, Table, both, cited, coded, names, number, plain, sentence, switches
from .pack_tables import row_of, table_of, with_unset


def duty_tables(pack: Pack) -> Iterator[Table]:
    """Deadlines, pauses, who decides, sanctions, notices, holders, transition and statements."""
    if pack.deadlines:
        yield table_of(
            pack,
            "deadlines",
            _deadline,
            title=_("Deadlines"),
            lead=_("Working days are those of the jurisdiction. The day of receipt is day zero."),
            heads=[_("Who"), _("What"), _("Counted from"), _("How long"), _("Extension, once")],
        )
    if pack.pauses:
        yield table_of(
            pack,
            "pauses",
            _pause,
            title=_("Pauses of deadlines"),
            lead=_("The days of a pause do not count."),
            heads=[_("Ground"), _("Which deadline")],
        )
    words = (_("In words"),)
    decides = row_of(pack, "decides", pack.decides, _decides, heads=words, code=pack.decides.body)
    yield Table("decides", _("Who decides"), "", words, (decides,))
    if pack.sanctions:
        heads = [_("Ground"), _("The sanction is published for"), _("No new application for")]
        title = _("Sanctions for false commitments")
        yield table_of(pack, "sanctions", _sanction, title=title, heads=heads)
    if pack.notices:
        heads = [_("On which occasion"), _("Who"), _("What")]
        yield table_of(pack, "notices", _notice, title=_("Who must tell whom"), heads=heads)
    if pack.holders:
        heads = [_("Holder"), _("What"), _("By when")]
        title = _("Who must stop using a removed record")
        yield table_of(pack, "holders", _holder, title=title, heads=heads)
    yield table_of(
        pack,
        "transition",
        _transition,
        title=_("Records found before it was in force"),
        lead=_("The first row that is in effect holds."),
        heads=[_("When"), _("Rule"), _("In words")],
    )
    if pack.statements:
        yield table_of(
            pack,
            "statements",
            _statement,
            title=_("Further rules"),
            lead=_("Stated for readers; no table computes them."),
            heads=[_("In words")],
        )


def setting_tables(pack: Pack) -> Iterator[Table]:
    """What is open and what an operator may set: switches, parameters, readings."""
    if pack.switches:
        yield table_of(
            pack,
            "switches",
            _switch,
            title=_("Open questions"),
            lead=_(
                "The sources disagree or are silent. An operator may choose; the default is stated with its "
                "reason."
            ),
            heads=[_("Question"), _("Options"), _("In effect here"), _("Reason of the default")],
        )
    if pack.parameters:
        yield table_of(
            pack,
            "parameters",
            _parameter,
            title=_("Numbers that an operator may set"),
            lead=_("A row that needs a number which is unset does not apply."),
            heads=[_("Number"), _("Value"), _("Limit")],
        )
    if pack.readings:
        yield _readings(pack)


def list_tables(pack: Pack) -> Iterator[Table]:
    """The terms that rows ask for: kinds, measures, sectors, conducts, uses."""
    heads = [_("Term"), _("Particulars")]
    yield table_of(pack, "kinds", _kind, title=_("Kinds of record"), heads=heads)
    if pack.measures:
        yield table_of(pack, "measures", _measure, title=_("Measures"), heads=heads)
    for code, title in (
        ("sectors", _("Sectors")),
        ("conducts", _("What was done")),
        ("uses", _("What a record is read for")),
    ):
        if getattr(pack, code):
            yield table_of(pack, code, _listed, title=title, heads=[_("Term")])


def _deadline(row: DeadlineRule, pack: Pack) -> tuple[Cell, ...]:
    return (
        (both(row, "actor"),),
        sentence(row),
        (coded("counted_from", row.from_),),
        (number(row.length, pack=pack),),
        _extension(row, pack),
    )


def _extension(row: DeadlineRule, pack: Pack) -> Cell:
    if row.extension is None:
        return plain(_("none stated"))
    found = cited(row.extension.citation, pack=pack)
    lines = [number(row.extension.length, pack=pack), Line(said(row.extension, "ground"), name=_("ground"))]
    if row.extension.notice_first:
        lines.append(Line(_("the applicant is told beforehand")))
    return (*lines, Line(found.text, confidence=found.confidence))


def _pause(row: Pause, pack: Pack) -> tuple[Cell, ...]:
    rules = {rule.code: said(rule, "text") for rule in pack.deadlines}
    which = tuple(Line(rules.get(code, code), link=f"deadlines-{code}") for code in row.deadlines)
    return sentence(row, "ground"), which


def _decides(row: Decides, pack: Pack) -> tuple[Cell, ...]:
    return (sentence(row),)


def _sanction(row: Sanction, pack: Pack) -> tuple[Cell, ...]:
    return sentence(row, "grounds"), (number(row.published, pack=pack),), (number(row.bar, pack=pack),)


def _notice(row: NoticeDuty, pack: Pack) -> tuple[Cell, ...]:
    return (coded("occasion", row.at),), (both(row, "actor"),), sentence(row)


def _holder(row: HolderDuty, pack: Pack) -> tuple[Cell, ...]:
    when = plain(_("no deadline stated"))
    if row.deadline is not None:
        when = (number(pack.deadline(row.deadline).length, pack=pack),)
    return (both(row, "holder"),), sentence(row), when


def _transition(row: TransitionRow, pack: Pack) -> tuple[Cell, ...]:
    when = switches(row.when.switch, pack=pack) or plain(_("always"))
    return when, (coded("transition", row.rule),), sentence(row)


def _statement(row: Statement, pack: Pack) -> tuple[Cell, ...]:
    return (with_unset(row),)


def _switch(row: Switch, pack: Pack) -> tuple[Cell, ...]:
    options = []
    for option in row.options:
        name = said(option, "name")
        options.append(
            Line(_("{option} (default)").format(option=name) if option.code == row.default else name)
        )
    chosen = names([pack.switch(row.code)], row.options)
    return sentence(row, "question"), tuple(options), (chosen,), sentence(row, "reason")


def _parameter(row: Parameter, pack: Pack) -> tuple[Cell, ...]:
    value = Line(unset(), unset=True) if row.value is None else Line(in_words(row.value, row.unit))
    limit = plain(_("none"))
    if row.not_below is not None:
        lower = next(parameter for parameter in pack.parameters if parameter.code == row.not_below)
        limit = (Line(said(lower, "name"), name=_("not below"), link=f"parameters-{lower.code}"),)
    return (both(row),), (value,), limit


def _readings(pack: Pack) -> Table:
    heads = (_("Fact"), _("Value"), _("Reason"))
    rows = [row_of(pack, "readings", row, _reading, heads=heads, code=row.fact) for row in pack.readings]
    return Table(
        "readings",
        _("Taken as given when held against its base"),
        _("This pack may nowhere be harsher than its base. For that comparison these facts are fixed."),
        heads,
        tuple(rows),
    )


def _reading(row: Reading, pack: Pack) -> tuple[Cell, ...]:
    return (coded("fact", row.fact),), plain(_("yes") if row.value else _("no")), sentence(row, "reason")


def _kind(row: Kind, pack: Pack) -> tuple[Cell, ...]:
    lines = [Line(_("adverse") if row.adverse else _("not adverse: nothing to restore"))]
    if row.measures:
        lines.append(Line(_("carries measures")))
    return (both(row),), tuple(lines)


def _measure(row: Measure, pack: Pack) -> tuple[Cell, ...]:
    return (both(row),), plain(_("on anyone") if row.on_organisations else _("never on organisations"))


def _listed(row: Listed, pack: Pack) -> tuple[Cell, ...]:
    return ((both(row),),)
