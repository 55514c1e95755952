"""What the rows of a file do: report, correct, annul, redact. A file without a change column only reports.

A row that takes a finding back is read for what names it and for nothing else: the key columns, the subject's code, the
bodies. So a file may hold only keys, and a mistyped amount does not keep a removal from being heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from goodstanding.registry.entities import Linked, entities_by_identifier
from goodstanding.registry.removals import Removing, ReportedRemoval
from goodstanding.registry.reported import ReportedRecord

from .build import RecordBuilder
from .checks import Chunk
from .contract import Contract
from .link import Link, Sender, kinds_of, link
from .reasons import reason

#: Stands for a name where a removal states none: codes decide, as a person's number does.
_NAMELESS = "·"


def split(chunk: Chunk, contract: Contract) -> tuple[Chunk, Chunk | None]:
    """A chunk's rows that say something of a finding, and those that take one back (None where no row may).

    Reasons that a removal need not mind are dropped. What is added to the parts' reasons goes back by ``join``.
    """
    clause = contract.clauses.change
    if clause is None:
        return chunk, None
    does = chunk.values[contract.places[clause.column]]
    removing = [place for place, change in enumerate(does) if change in ("annul", "redact")]
    if not removing:
        return chunk, None
    names = contract.naming_columns
    for place in removing:
        if place in chunk.reasons and place not in chunk.unfit:
            kept = [why for why in chunk.reasons[place] if why.column is None or why.column in names]
            if kept:
                chunk.reasons[place] = kept
            else:
                del chunk.reasons[place]
    gone = frozenset(removing)
    reporting = [place for place in range(len(does)) if place not in gone]
    return _part(chunk, reporting), _part(chunk, removing)


def _part(chunk: Chunk, places: Sequence[int]) -> Chunk:
    new = {old: at for at, old in enumerate(places)}
    return Chunk(
        numbers=[chunk.numbers[place] for place in places],
        raw=[chunk.raw[place] for place in places],
        values=[[column[place] for place in places] for column in chunk.values],
        texts=[[column[place] for place in places] for column in chunk.texts],
        reasons={new[place]: list(why) for place, why in chunk.reasons.items() if place in new},
        unfit=frozenset(new[place] for place in chunk.unfit if place in new),
    )


def join(chunk: Chunk, parts: Sequence[Chunk | None]) -> None:
    """Take the reasons of a chunk's parts over into the chunk."""
    by_number = {number: place for place, number in enumerate(chunk.numbers)}
    for part in parts:
        if part is not None and part is not chunk:
            for place, reasons in part.reasons.items():
                chunk.reasons[by_number[part.numbers[place]]] = reasons


def corrected(made: Sequence[ReportedRecord], chunk: Chunk, contract: Contract) -> list[ReportedRecord]:
    """The records of a chunk, those of rows that correct marked so."""
    clause = contract.clauses.change
    if clause is None:
        return list(made)
    does = dict(zip(chunk.numbers, chunk.values[contract.places[clause.column]], strict=True))
    return [replace(item, change="correct") if does[item.row] == "correct" else item for item in made]


def removals(
    chunk: Chunk, *, contract: Contract, sender: Sender, builder: RecordBuilder
) -> list[ReportedRemoval]:
    """The removals of a part's rows; rows that name no finding get their reason.

    Args:
        chunk: rows that annul or redact (``split``).
        contract: their contract.
        sender: who sends them.
        builder: makes the natural keys, as it does for reports.
    """
    clause = contract.clauses.change
    assert clause is not None
    _give_a_name(chunk, contract)
    issuers, sources = builder.bodies(chunk)
    subjects = _known_subjects(chunk, link(chunk, contract=contract, authority=sender))
    does: list[Removing] = chunk.values[contract.places[clause.column]]
    found = []
    for at, texts in enumerate(zip(*chunk.texts, strict=True)):
        subject = subjects[at]
        if at in chunk.reasons or subject is None:
            continue
        found.append(
            ReportedRemoval(
                row=chunk.numbers[at],
                change=does[at],
                entity_id=subject.id,
                authority_id=issuers[at],
                source_id=sources[at],
                natural_key=builder.natural_key(texts, subject, issuers[at]),
            )
        )
    return found


def _give_a_name(chunk: Chunk, contract: Contract) -> None:
    """A person's removal may leave the name out; linking asks for one and compares it with nothing."""
    subject = contract.clauses.subject
    if subject.name is not None:
        names = chunk.texts[contract.places[subject.name]]
        for at, kind in enumerate(kinds_of(chunk, contract)):
            if kind == "natural_person" and not names[at]:
                names[at] = _NAMELESS


def _known_subjects(chunk: Chunk, links: Sequence[Link]) -> list[Linked | None]:
    """The entities that the rows name. A removal registers nobody: whoever is not here has nothing to take back."""
    wanted = {
        place: item.entity.identifiers[0]
        for place, item in enumerate(links)
        if item is not None and not isinstance(item, Linked)
    }
    known = entities_by_identifier(sorted(set(wanted.values()))) if wanted else {}
    found: list[Linked | None] = []
    for at, item in enumerate(links):
        subject = item if isinstance(item, Linked) else None
        if at in wanted:
            held = known.get(wanted[at], ())
            subject = held[0] if len(held) == 1 else None
        if subject is None and at not in chunk.reasons:
            chunk.refuse(at, reason("change.unknown"))
        found.append(subject)
    return found
