"""The decision tables of a law pack, laid out for a reader: who falls where, for how long, on what conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from goodstanding.law import Pack
from goodstanding.law.model import Severity
from goodstanding.law.rows import (
    AdverseWhen,
    AtMaximumRow,
    ClassificationRow,
    ConditionRow,
    EventRow,
    ExemptionRow,
    MaterialRow,
    PublicationRow,
)

from .language import said
from .pack_cells import (
    Cell,
    Line,
    Row,
    Table,
    amount,
    both,
    cited,
    coded,
    marks_of,
    names,
    number,
    plain,
    sentence,
    switches,
    yes_or_no,
)

Cells = Callable[[Any, Pack], tuple[Cell, ...]]


def table_of(
    pack: Pack,
    code: str,
    cells: Cells,
    *,
    title: str,
    heads: Iterable[str],
    lead: str = "",
    more: Iterable[Row] = (),
) -> Table:
    """A table of a pack, row by row as it stands in the file.

    Args:
        pack: the pack.
        code: the pack's field that holds the rows.
        cells: the cells of one row, one for each head.
        title, heads, lead: what the page says above the rows.
        more: rows that stand elsewhere in the pack and belong to this table.
    """
    heads = tuple(heads)
    rows = tuple(row_of(pack, code, row, cells, heads=heads) for row in getattr(pack, code))
    return Table(code, title, lead, heads, (*rows, *more))


def row_of(pack: Pack, table: str, row: Any, cells: Cells, *, heads: tuple[str, ...], code: str = "") -> Row:
    """One row: its cells, its citation, what is weak about it and what the pack notes beside it."""
    code = code or getattr(row, "id", "") or row.code
    note = said(row, "note") if getattr(row, "note_en", None) else ""
    return Row(
        anchor=f"{table}-{code}",
        code=code,
        cells=tuple(zip(heads, cells(row, pack), strict=True)),
        cited=cited(row.citation, pack=pack),
        marks=marks_of(row, pack=pack),
        notes=(note,) if note else (),
    )


def decision_tables(pack: Pack) -> Iterator[Table]:
    """Classification, publication, its end, what keeps out or removes, conditions and materials."""
    yield table_of(
        pack,
        "severities",
        _term,
        title=_("Classes"),
        lead=_("From mild to severe. Where several apply, the most serious governs the whole record."),
        heads=[_("Class")],
    )
    yield table_of(
        pack,
        "classification",
        _classification,
        title=_("Which class a record falls into"),
        lead=_("For every measure the rows are read from the top; the first that fits holds."),
        heads=[_("When"), _("Class")],
    )
    yield table_of(
        pack,
        "publication",
        _publication,
        title=_("How long it is published"),
        lead=_("Between the shortest and the longest period a record can be restored. Exactly one row fits."),
        heads=[_("When"), _("Counted from"), _("Shortest"), _("Longest")],
    )
    yield table_of(
        pack,
        "at_maximum",
        _at_maximum,
        title=_("At the longest period, while the duty is not performed"),
        lead=_("The first row that is in effect holds."),
        heads=[_("When"), _("What happens"), _("In words")],
    )
    if pack.exemptions:
        title = _("Uses to which the longest period does not apply")
        yield table_of(pack, "exemptions", _exemption, title=title, heads=[_("When"), _("In words")])
    if pack.events or pack.shield:
        yield _events(pack)
    yield table_of(
        pack,
        "conditions",
        _condition,
        title=_("Conditions of restoration"),
        lead=_("All that fit must be met."),
        heads=[_("Condition"), _("For"), _("While it is not met")],
    )
    if pack.materials:
        heads = [_("Material"), _("For"), _("Asked for")]
        yield table_of(pack, "materials", _material, title=_("Materials of an application"), heads=heads)


def _term(row: Severity, pack: Pack) -> tuple[Cell, ...]:
    return ((both(row),),)


def _classification(row: ClassificationRow, pack: Pack) -> tuple[Cell, ...]:
    when = row.when
    lines = [names(when.kind, pack.kinds, name=_("kind"))]
    if when.measure is not None:
        lines.append(names(when.measure, pack.measures, name=_("measure")))
    if when.simple_procedure is not None:
        lines.append(yes_or_no(when.simple_procedure, name=_("by simple procedure")))
    if when.amount_yuan is not None:
        lines += amount(when.amount_yuan, pack=pack)
    if when.sector is not None:
        lines.append(names(when.sector, pack.sectors, name=_("sector")))
    if when.conduct is not None:
        lines.append(names(when.conduct, pack.conducts, name=_("what was done")))
    if when.stated is not None:
        lines.append(names(when.stated, pack.severities, name=_("class stated by the authority")))
    return (*lines, *switches(when.switch, pack=pack)), (names([row.severity], pack.severities),)


def _publication(row: PublicationRow, pack: Pack) -> tuple[Cell, ...]:
    lines = [names(row.when.severity, pack.severities, name=_("class"))]
    if row.when.kind is not None:
        lines.append(names(row.when.kind, pack.kinds, name=_("kind")))
    if row.when.publication_necessary is not None:
        lines.append(yes_or_no(row.when.publication_necessary, name=_("publication truly necessary")))
    return tuple(lines), (coded("anchor", row.anchor),), _shortest(row, pack), _longest(row, pack)


def _shortest(row: PublicationRow, pack: Pack) -> Cell:
    if row.minimum is None:
        return plain(_("none: nothing can be restored by application"))
    return (number(row.minimum, pack=pack),)


def _longest(row: PublicationRow, pack: Pack) -> Cell:
    if not row.published:
        return plain(_("not published"))
    if row.never_ends or row.maximum is None:
        return plain(_("without end: the law sets none"))
    longest = number(row.maximum, pack=pack)
    if row.or_until is None:
        return (longest,)
    return longest, Line(_("or until the end of the limitation period, whichever is later"))


def _at_maximum(row: AtMaximumRow, pack: Pack) -> tuple[Cell, ...]:
    when = switches(row.when.switch, pack=pack) or plain(_("always"))
    return when, (coded("at_maximum", row.effect),), sentence(row)


def _exemption(row: ExemptionRow, pack: Pack) -> tuple[Cell, ...]:
    lines = [names(row.when.use, pack.uses, name=_("used for"))]
    if row.when.kind is not None:
        lines.append(names(row.when.kind, pack.kinds, name=_("kind")))
    if row.when.use_amount is not None:
        lines += amount(row.when.use_amount, pack=pack)
    return tuple(lines), sentence(row)


def _events(pack: Pack) -> Table:
    heads = (_("For"), _("When this happens"), _("What follows"), _("In words"))
    shield = []
    if pack.shield is not None:
        shield.append(row_of(pack, "shield", pack.shield, _shield, heads=heads, code="shield"))
    return table_of(
        pack,
        "events",
        _event,
        title=_("Events that change a record without an application"),
        heads=heads,
        more=shield,
    )


def _event(row: EventRow, pack: Pack) -> tuple[Cell, ...]:
    day = [coded("event_day", row.event)]
    if row.within is not None:
        day.append(number(row.within, pack=pack, name=_("within")))
    return applies(row.when, pack), tuple(day), (coded("event_effect", row.effect),), sentence(row)


def _shield(row: Any, pack: Pack) -> tuple[Cell, ...]:
    return (
        plain(_("every published record")),
        plain(_("a reorganisation plan or settlement is being carried out")),
        plain(_("publication pauses")),
        with_unset(row),
    )


def with_unset(row: Any) -> Cell:
    """The sentence of a row, and what is not seen of it."""
    unseen = [Line(said(row, "unset"), name=_("unset"), unset=True)] if row.unset_en else []
    return (*sentence(row), *unseen)


def applies(when: AdverseWhen, pack: Pack) -> Cell:
    """For which kinds and classes a row holds."""
    lines = []
    if when.kind is not None:
        lines.append(names(when.kind, pack.kinds, name=_("kind")))
    if when.severity is not None:
        lines.append(names(when.severity, pack.severities, name=_("class")))
    return tuple(lines) or plain(_("every adverse record"))


def _condition(row: ConditionRow, pack: Pack) -> tuple[Cell, ...]:
    remedy = said(row, "remedy").replace("{date}", _("the day on which the period ends"))
    return sentence(row), applies(row.when, pack), plain(remedy)


def _material(row: MaterialRow, pack: Pack) -> tuple[Cell, ...]:
    asked = _("always") if row.required else _("only where another law asks for it")
    return (both(row),), applies(row.when, pack), plain(asked)
