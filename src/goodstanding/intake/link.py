"""Tying a row to its entity: by a valid code, by an older code, by a person's keyed number. Never by a guess.

    1. a valid unified social credit code: the entity registered under it, or link.not_registered;
    2. otherwise a valid organisation code, then a valid registration number: older codes were given twice in
       reality, so several entities make link.ambiguous;
    3. a natural person by the keyed hash of a valid number;
    4. a source without codes (identify_by name_at_source): the entity of that source, name and place only.

The name must agree with the entity's name, or be one of its former names: neither a code alone nor a name alone
decides. A name that lost characters agrees with nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

from goodstanding.identity import (
    IdentifierError,
    Problem,
    Scheme,
    disagree,
    has_lost_characters,
    normalise,
    parse,
    person_key,
    recognise,
)
from goodstanding.registry.entities import Linked, ReportedEntity, entities_by_identifier

from .checks import Chunk
from .clauses import Subject
from .contract import Contract
from .reasons import Reason, reason


@dataclass(frozen=True, slots=True)
class NewSubject:
    """An entity that is registered only because a record names it: a natural person, or a name at its source."""

    entity: ReportedEntity


Link = Linked | NewSubject | None

#: What a written code comes to: the (scheme, value) to look up, or why it is not valid, in both languages. A word
#: that stands for nothing (无, N/A) comes to nothing: no pair and no reason.
Code = tuple[tuple[str, str] | None, str, str]


@lru_cache(maxsize=200_000)
def read_code(text: str, scheme: str) -> Code:
    """A standardised code checked by its scheme; an older valid code in the column of the new one is taken too."""
    try:
        found = recognise(text) if scheme == "uscc" else parse(text, scheme=Scheme(scheme))
    except IdentifierError as error:
        return (None, "", "") if error.code == Problem.EMPTY else (None, error.en, error.zh)
    return (found.scheme.value, found.value), "", ""


@lru_cache(maxsize=200_000)
def names_disagree(reported: str, held: str) -> bool:
    """`identity.disagree`, kept for names that come again."""
    return disagree(reported, held)


lost_characters: Callable[[str], bool] = lru_cache(maxsize=200_000)(has_lost_characters)


class Sender(Protocol):
    """The authority that sends a file, as linking and building ask for it."""

    @property
    def pk(self) -> int: ...
    @property
    def code(self) -> str: ...


#: Finds the entities under each (scheme, value), as ``registry.entities.entities_by_identifier`` does.
Find = Callable[[Sequence[tuple[str, str]]], dict[tuple[str, str], list[Linked]]]


def link(
    chunk: Chunk, *, contract: Contract, authority: Sender, find: Find = entities_by_identifier
) -> list[Link]:
    """Find the subject of every row of a chunk; reasons are added to the chunk where there is none.

    Args:
        chunk: checked rows.
        contract: its contract, which says how subjects are identified.
        authority: who sent the file; names at its source are known by its code.
        find: where entities are looked up; the registry unless said otherwise.

    Returns:
        One entry a row: the registered entity, a subject still to be registered, or None.
    """
    subject = contract.clauses.subject
    size = len(chunk.numbers)
    if subject.identify_by == "not_in_source":
        for at in range(size):
            chunk.refuse(at, reason("link.no_identifier"))
        return [None] * size
    assert subject.name is not None
    names = chunk.texts[contract.places[subject.name]]
    if subject.identify_by == "name_at_source":
        return _by_name_at_source(chunk, names, subject, contract, authority)
    kinds = kinds_of(chunk, contract)
    wanted = _wanted_codes(chunk, kinds, subject, contract)
    found = find(sorted({pair for pairs in wanted for pair in pairs[0]}))
    links: list[Link] = []
    for at in range(size):
        pairs, bad = wanted[at]
        if kinds[at] == "natural_person":
            links.append(_person(chunk, at, names[at], subject, contract))
            continue
        held = found.get(pairs[0], ()) if len(pairs) == 1 else ()
        if len(held) == 1 and held[0].name == names[at] and not lost_characters(names[at]):
            links.append(held[0])  # the way of almost every row
            continue
        links.append(_by_codes(chunk, at, names[at], pairs, bad, found, subject))
    return links


def kinds_of(chunk: Chunk, contract: Contract) -> list[str | None]:
    """The kind of each row's subject as the row states it, None where the contract has no such column."""
    subject = contract.clauses.subject
    if subject.kind_column is None:
        return [None] * len(chunk.numbers)
    kinds = subject.kinds
    return [kinds.get(value) for value in chunk.values[contract.places[subject.kind_column]]]


def _wanted_codes(
    chunk: Chunk, kinds: list[str | None], subject: Subject, contract: Contract
) -> list[tuple[list[tuple[str, str]], tuple[str, Code] | None]]:
    """For each row its codes to look up, the best first, and the first invalid one with its column."""
    columns = [
        (code.column, code.scheme, chunk.values[contract.places[code.column]]) for code in subject.codes
    ]
    _, first_scheme, first_values = columns[0]
    table = {text: read_code(text, first_scheme) for text in set(first_values) if text}
    wanted: list[tuple[list[tuple[str, str]], tuple[str, Code] | None]] = []
    for at, kind in enumerate(kinds):
        first = table.get(first_values[at])
        if kind == "natural_person":
            wanted.append(([], None))
        elif first is not None and first[0] is not None and first[0][0] == "uscc":
            wanted.append(([first[0]], None))
        else:
            wanted.append(_older_codes(at, columns))
    return wanted


def _older_codes(
    at: int, columns: Sequence[tuple[str, str, list[Any]]]
) -> tuple[list[tuple[str, str]], tuple[str, Code] | None]:
    pairs: list[tuple[str, str]] = []
    bad: tuple[str, Code] | None = None
    for column, scheme, values in columns:
        if not (text := values[at]):
            continue
        code = read_code(text, scheme)
        if code[0] is not None:
            pairs.append(code[0])
        elif bad is None and code[1]:
            bad = (column, code)
    return pairs, bad


def _by_codes(
    chunk: Chunk,
    at: int,
    name: str,
    pairs: list[tuple[str, str]],
    bad: tuple[str, Code] | None,
    found: dict[tuple[str, str], list[Linked]],
    subject: Subject,
) -> Link:
    first = subject.codes[0].column
    if name and lost_characters(name):
        chunk.refuse(at, reason("link.name_lost_characters", column=subject.name, value=name))
        return None
    for pair in pairs:
        held = found.get(pair)
        if not held:
            continue
        if len(held) > 1:
            chunk.refuse(at, reason("link.ambiguous", column=_column_of(subject, pair[0]), value=pair[1]))
            return None
        if name and name != held[0].name and _disagrees(name, held[0]):
            chunk.refuse(at, reason("link.code_and_name_disagree", column=subject.name, value=name))
            return None
        return held[0]
    if pairs:
        chunk.refuse(
            at, reason("link.not_registered", column=_column_of(subject, pairs[0][0]), value=pairs[0][1])
        )
    elif bad is not None:
        chunk.refuse(at, _invalid(chunk, at, bad))
    else:
        chunk.refuse(at, reason("link.no_identifier", column=first))
    return None


def _disagrees(name: str, held: Linked) -> bool:
    if not names_disagree(name, held.name):
        return False
    key = normalise(name)
    return all(normalise(former) != key for former in held.former_names)


def _invalid(chunk: Chunk, at: int, bad: tuple[str, Code]) -> Reason:
    column, (_, en, zh) = bad
    return reason("link.invalid_identifier", column=column, why=en, why_zh=zh)


def _column_of(subject: Subject, scheme: str) -> str:
    return next((code.column for code in subject.codes if code.scheme == scheme), subject.codes[0].column)


def _person(chunk: Chunk, at: int, name: str, subject: Subject, contract: Contract) -> Link:
    """A natural person by the keyed hash of a number that is valid for its kind of document."""
    column = subject.person_number
    number = chunk.texts[contract.places[column]][at] if column else ""
    document: Any = "citizen"
    if subject.person_document is not None:
        document = chunk.values[contract.places[subject.person_document]][at] or "citizen"
    scheme = Scheme.CITIZEN_NO if document == "citizen" else Scheme.OTHER_PERSON_NO
    try:
        value = parse(number, scheme=scheme).value
    except IdentifierError:
        chunk.refuse(at, reason("link.no_identifier", column=column))
        return None
    if not name:
        return None
    if lost_characters(name):
        chunk.refuse(at, reason("link.name_lost_characters", column=subject.name))
        return None
    key = person_key(value, secret=settings.PERSON_SECRET)
    return NewSubject(
        ReportedEntity(
            row=chunk.numbers[at],
            identifiers=(("person_key", key),),
            kind="natural_person",
            name=name,
            name_key=normalise(name) or name,
        )
    )


def _by_name_at_source(
    chunk: Chunk, names: list[str], subject: Subject, contract: Contract, authority: Sender
) -> list[Link]:
    columns = [chunk.texts[contract.places[column]] for column in subject.columns]
    links: list[Link] = []
    for at, name in enumerate(names):
        key = normalise(name)
        if name and (lost_characters(name) or not key):
            chunk.refuse(at, reason("link.name_lost_characters", column=subject.name, value=name))
            links.append(None)
            continue
        place = "|".join(normalise(column[at]) for column in columns[1:])
        links.append(
            NewSubject(
                ReportedEntity(
                    row=chunk.numbers[at],
                    identifiers=(("name_at_source", f"{authority.code}|{key}|{place}"),),
                    kind="organisation",
                    name=name,
                    name_key=key,
                    address=columns[1][at] if len(columns) > 1 else "",
                    known_by_name_only=True,
                )
            )
            if name
            else None
        )
    return links
