"""Every read of intake: whose batches an actor sees, and the file of rejected rows that goes back."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from goodstanding.registry.actor import Actor

from .models import Batch, RejectedRow

#: Columns that follow the original ones in a returned file.
ADDED = ("原因代码 reason code", "列 column", "值 value", "说明", "explanation")


def batches_visible_to(actor: Actor) -> QuerySet[Batch]:
    """The batches an actor may see, newest first: an authority its own, the operator all, others none."""
    batches = Batch.objects.select_related("authority", "account__user", "quality", "hold").order_by(
        "-received_at", "-pk"
    )
    if actor.is_operator:
        return batches
    if actor.role == "authority" and actor.authority_id is not None:
        return batches.filter(authority_id=actor.authority_id)
    return batches.none()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which batches are asked for; what is empty does not narrow. ``since`` and ``until`` are days of receipt."""

    state: str = ""
    contract: str = ""
    authority: str = ""
    since: date | None = None
    until: date | None = None


def batches_asked_for(actor: Actor, asked: Asked) -> QuerySet[Batch]:
    """Of the batches that an actor may see, those asked for, newest first, with their quality."""
    found = batches_visible_to(actor)
    if asked.state:
        found = found.filter(state=asked.state)
    if asked.contract:
        found = found.filter(contract=asked.contract)
    if asked.authority:
        found = found.filter(authority__code=asked.authority)
    if asked.since is not None:
        found = found.filter(received_at__date__gte=asked.since)
    if asked.until is not None:
        found = found.filter(received_at__date__lte=asked.until)
    return found


def rejected_rows(batch: Batch, *, reason: str = "") -> QuerySet[RejectedRow]:
    """The rejected rows of a batch in their order, all or those with one reason's code."""
    found = batch.rejected_rows.order_by("row")
    return found.filter(reasons__contains=[{"code": reason}]) if reason else found


def batch_for(actor: Actor, public_id: uuid.UUID | str) -> Batch:
    """The batch that an actor asks for.

    Raises:
        Batch.DoesNotExist: there is none, or the actor may not know of it; the two look the same.
    """
    try:
        return batches_visible_to(actor).get(public_id=uuid.UUID(str(public_id)))
    except ValueError as error:
        raise Batch.DoesNotExist from error


def returned_file(batch: Batch) -> Iterator[bytes]:
    """The rejected rows as a CSV file (UTF-8 with a byte order mark), one line for each reason.

    The first column is the row's number in the file that was sent, then come its own columns, then what was wrong.
    Personal numbers are hidden. A cell that a spreadsheet would read as a formula begins with an apostrophe.
    """
    header = [str(cell) for cell in batch.header]
    width = len(header)
    yield b"\xef\xbb\xbf" + _line(["行号 row", *header, *ADDED])
    for rejected in batch.rejected_rows.order_by("row").iterator(chunk_size=2000):
        cells = [str(cell) for cell in rejected.values]
        # Cells beyond the header stay in the last of its columns, so that nothing that was sent is left out.
        if len(cells) > width > 0:
            cells = [*cells[: width - 1], " | ".join(cells[width - 1 :])]
        cells += [""] * (width - len(cells))
        for why in rejected.reasons:
            added = [why["code"], why["column"] or "", why["value"] or "", why["zh"], why["en"]]
            yield _line([str(rejected.row), *cells, *added])


def counts_by_reason(batch: Batch) -> dict[str, int]:
    """How many rows of a batch were rejected, by the code of their first reason."""
    counts: dict[str, int] = {}
    for reasons in batch.rejected_rows.values_list("reasons", flat=True).iterator():
        code = reasons[0]["code"]
        counts[code] = counts.get(code, 0) + 1
    return dict(sorted(counts.items()))


def _line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return out.getvalue().encode()


def _harmless(cell: str) -> str:
    return "'" + cell if cell.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r") else cell
