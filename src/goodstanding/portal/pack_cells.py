"""What stands in a cell of a law pack's page: lines of text, the term in the other language, what is unset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from goodstanding.law import Pack
from goodstanding.law.attested import Citation, Quantity
from goodstanding.law.rows import Amount, Switch

from .language import language, said
from .lengths import length, money, unset
from .words import label


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cell. name: what it states, where the cell has several; other: the same term in the other
    language; confidence: how well a number is attested, where it is one; link: the anchor that it refers to.
    """

    text: str
    name: str = ""
    other: str = ""
    unset: bool = False
    confidence: str = ""
    link: str = ""


Cell = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """Where a row stands, how well that is attested, and in what it was seen."""

    text: str
    confidence: str
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table on the page. anchor: its address within the page; code: its name in the file; cells: each
    with the head of its column; marks: (style, word) of what is weak about it; notes: what the pack says
    beside it.
    """

    anchor: str
    code: str
    cells: tuple[tuple[str, Cell], ...]
    cited: Cited
    marks: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the pack: code as in the file and the trace, title, what it says, column heads and rows."""

    code: str
    title: str
    lead: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


def plain(text: str) -> Cell:
    """A cell of one line."""
    return (Line(text),)


def both(thing: object, field: str = "name") -> Line:
    """A term in the page's language with the other one beside it."""
    other = "en" if language() == "zh" else "zh"
    return Line(said(thing, field), other=str(getattr(thing, f"{field}_{other}")))


def sentence(thing: object, field: str = "text") -> Cell:
    """A sentence in the page's language."""
    return plain(said(thing, field))


def number(quantity: Quantity, *, pack: Pack, name: str = "") -> Line:
    """A number of the law with its attestation, or that it is unset."""
    words = length(quantity, pack=pack)
    if words is None:
        return Line(unset(), name=name, unset=True, confidence=quantity.confidence, link=_parameter(quantity))
    return Line(words, name=name, confidence=quantity.confidence, link=_parameter(quantity))


def _parameter(quantity: Quantity) -> str:
    return f"parameters-{quantity.parameter}" if quantity.parameter else ""


def names(codes: Iterable[str] | None, listed: Iterable[object], *, name: str = "") -> Line:
    """The terms behind codes; where a row names none, that any will do."""
    if codes is None:
        return Line(_("any"), name=name)
    known = {str(getattr(thing, "code", "")): thing for thing in listed}
    terms = [both(known[code]) if code in known else Line(code) for code in codes]
    joined, other = ("、", ", ") if language() == "zh" else (", ", "、")
    return Line(
        joined.join(term.text for term in terms),
        name=name,
        other=other.join(term.other for term in terms if term.other),
    )


def amount(band: Amount, *, pack: Pack) -> Cell:
    """The bounds of a band of money; a bound that is a parameter is named, with its value or that it is unset."""
    bounds = ((_("at least"), band.at_least), (_("below"), band.below))
    return tuple(_bound(name, bound, pack) for name, bound in bounds if bound is not None)


def _bound(name: str, bound: int | str, pack: Pack) -> Line:
    value = pack.bound(bound)
    shown = unset() if value is None else money(value, pack.currency)
    if isinstance(bound, int):
        return Line(shown, name=name)
    parameter = next(parameter for parameter in pack.parameters if parameter.code == bound)
    text = f"{said(parameter, 'name')} ({shown})"
    return Line(text, name=name, unset=value is None, link=f"parameters-{bound}")


def switches(when: dict[str, str], *, pack: Pack) -> Cell:
    """The settings that a row asks for."""
    return tuple(
        Line(
            _option(switch, when[switch.code]),
            name=_("open question"),
            link=f"switches-{switch.code}",
        )
        for switch in pack.switches
        if switch.code in when
    )


def _option(switch: Switch, code: str) -> str:
    option = next(said(option, "name") for option in switch.options if option.code == code)
    return f"{said(switch, 'question')} → {option}"


def marks_of(row: object, *, pack: Pack) -> tuple[tuple[str, str], ...]:
    """What is weak about a row: contested, assumed, or out of effect by the operator's settings."""
    asked = getattr(getattr(row, "when", None), "switch", {})
    found = []
    if any(pack.switch(code) != option for code, option in asked.items()):
        found.append(("off", _("not in effect here")))
    weak = [name for name in ("contested", "assumed") if getattr(row, name, False)]
    return (*found, *((name, label("weak", name)) for name in weak))


def cited(citation: Citation, *, pack: Pack) -> Cited:
    """A citation in words with its sources."""
    return Cited(
        pack.cite(citation, language()),
        citation.confidence,
        tuple((code, pack.sources[code]) for code in citation.source),
    )


def yes_or_no(value: bool, *, name: str) -> Line:
    """A yes or no that a row asks for."""
    return Line(_("yes") if value else _("no"), name=name)


def coded(family: str, code: str, *, name: str = "") -> Line:
    """A code of the packs' format in words."""
    return Line(label(family, code), name=name)
