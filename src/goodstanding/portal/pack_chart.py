"""The publication windows of a law pack on one scale of months: from the shortest period to the longest."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from goodstanding.law import Pack
from goodstanding.law.rows import PublicationRow

from .language import said
from .lengths import length, unset
from .pack_cells import names


@dataclass(frozen=True, slots=True)
class Window:
    """One row of the publication table. Positions are in percent; the words say the same beside the drawing.

    locked: up to where it cannot be restored; open_at, open: where and how long it can; end: where publication
    ends, None where it has no end or none is known.
    """

    anchor: str
    who: str
    words: str
    locked: str
    open_at: str
    open: str
    end: str | None
    published: bool


def windows(pack: Pack) -> list[Window]:
    """The windows in the order of the table."""
    months = [pack.months(row.maximum) or 0 for row in pack.publication if row.maximum]
    months += [pack.months(row.minimum) or 0 for row in pack.publication if row.minimum]
    # Windows without an end run over the edge of the longest one that has an end.
    scale = 1.15 * max(1, *months)
    return [_window(row, scale, pack) for row in pack.publication]


def _window(row: PublicationRow, scale: float, pack: Pack) -> Window:
    maximum = pack.months(row.maximum) if row.maximum else None
    minimum = pack.months(row.minimum) if row.minimum else None
    end = 100 * maximum / scale if maximum is not None else 100.0
    turn = end if minimum is None else min(end, 100 * minimum / scale)
    who = [names(row.when.severity, pack.severities).text]
    if row.when.kind is not None:
        who.append(names(row.when.kind, pack.kinds).text)
    return Window(
        anchor=f"publication-{row.id}",
        who=" · ".join(who),
        words=_words(row, pack),
        locked=f"{turn:.2f}%",
        open_at=f"{turn:.2f}%",
        open=f"{end - turn:.2f}%",
        end=None if maximum is None else f"{end:.2f}%",
        published=row.published,
    )


def _words(row: PublicationRow, pack: Pack) -> str:
    if not row.published:
        return said(row, "note") if row.note_en else _("not published")
    longest = _("without end")
    if row.maximum is not None and not row.never_ends:
        longest = length(row.maximum, pack=pack) or unset()
    if row.minimum is None:
        return _("no restoration by application, longest {longest}").format(longest=longest)
    shortest = length(row.minimum, pack=pack) or unset()
    return _("shortest {shortest}, longest {longest}").format(shortest=shortest, longest=longest)
