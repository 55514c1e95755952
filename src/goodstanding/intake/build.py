"""From a checked chunk to what the registry takes: entities of registration rows, records of all other rows.

A record's content has the columns of its contract in two parts: ``public`` may leave the registry, ``personal``
never does. Its digest covers both, the personal part under the platform's key, so that nobody who sees the digest
and the public part can find out a name by trying.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.conf import settings

from goodstanding import law
from goodstanding.identity import IdentifierError, latin, normalise, organisation_code_of, person_key
from goodstanding.registry.catalogue import catalogue_on
from goodstanding.registry.entities import ReportedEntity
from goodstanding.registry.events import content_digest
from goodstanding.registry.models import Authority, Entity, Record
from goodstanding.registry.reported import ReportedRecord

from .checks import Chunk
from .classify import Classifier, Window
from .contract import Contract
from .link import Sender, kinds_of, lost_characters, read_code
from .personal import mask_names
from .reasons import law_refusal, reason
from .standardise import document_key, in_yuan


def entities(chunk: Chunk, *, contract: Contract, authority: Authority) -> list[ReportedEntity | None]:
    """The entities that registration rows report, None for rows with a reason."""
    layout, clauses = contract.places, contract.clauses
    subject, registration = clauses.subject, clauses.registration
    assert registration is not None and subject.name is not None
    code_column = subject.codes[0].column
    codes = [code or "" for code in chunk.values[layout[code_column]]]
    names = chunk.texts[layout[subject.name]]
    kinds = kinds_of(chunk, contract)
    empty = [""] * len(names)

    def texts(column: str | None) -> list[str]:
        return chunk.texts[layout[column]] if column else empty

    days = (
        chunk.values[layout[registration.registered_on]]
        if registration.registered_on
        else [None] * len(names)
    )
    former = texts(registration.former_names)
    separators = (
        contract.column(registration.former_names).clauses.separators if registration.former_names else None
    )
    found: list[ReportedEntity | None] = []
    for at, (code, name) in enumerate(zip(codes, names, strict=True)):
        pair, en, zh = read_code(code, "uscc")
        if not code or (pair is None and not en):
            chunk.refuse(at, reason("link.no_identifier", column=code_column))
        else:
            if pair is None:
                chunk.refuse(at, reason("link.invalid_identifier", column=code_column, why=en, why_zh=zh))
            elif pair[0] != "uscc":
                why = "this is an older number; an entity is registered under its unified social credit code."
                zh = "这是旧代码；主体应以统一社会信用代码登记。"
                chunk.refuse(at, reason("link.invalid_identifier", column=code_column, why=why, why_zh=zh))
        if name and lost_characters(name):
            chunk.refuse(at, reason("link.name_lost_characters", column=subject.name, value=name))
        if at in chunk.reasons:
            found.append(None)
            continue
        older = [("org_code", organisation_code_of(code))]
        older.append(("org_code", texts(registration.org_code)[at]))
        older.append(("registration_no", texts(registration.registration_no)[at]))
        identifiers = dict.fromkeys([("uscc", code), *((scheme, value) for scheme, value in older if value)])
        found.append(
            ReportedEntity(
                row=chunk.numbers[at],
                identifiers=tuple(identifiers),
                kind=kinds[at] or "organisation",
                name=name,
                name_key=normalise(name) or name,
                name_latin=texts(registration.name_latin)[at] or latin(name),
                entity_type=texts(registration.entity_type)[at],
                division=texts(registration.division)[at],
                address=texts(registration.address)[at],
                registered_on=days[at],
                status=texts(registration.status)[at],
                capital=texts(registration.capital)[at],
                former_names=_split(former[at], separators),
                registered_by_id=authority.pk,
            )
        )
    return found


def _split(text: str, separators: str | None) -> tuple[str, ...]:
    for separator in (separators or "")[1:]:
        text = text.replace(separator, separators[0])  # type: ignore[index]
    parts = text.split(separators[0]) if separators else [text]
    return tuple(dict.fromkeys(part for raw in parts if (part := raw.strip())))


class Subject(Protocol):
    """The entity of a row once it is registered."""

    @property
    def id(self) -> int: ...
    @property
    def public_id(self) -> uuid.UUID: ...


@dataclass(frozen=True, slots=True)
class Registered:
    """An entity that was registered with the row that names it."""

    id: int
    public_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class KnownAuthority:
    """An authority as the registry holds it: its id, and what kind of source it is."""

    pk: int
    source_kind: str


#: Names of columns with their places in a row.
Places = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a row's content stand. ``names`` are places of persons' names, ``keep`` of a firm's."""

    public: Places
    free: Places
    kept: Places
    hashed: Places
    names: tuple[int, ...]
    keep: int | None


class RecordBuilder:
    """Makes records of the rows of one file."""

    def __init__(
        self,
        contract: Contract,
        *,
        authority: Sender,
        today: date,
        authorities: Mapping[str, KnownAuthority] | None = None,
    ) -> None:
        """``authorities``: those that there are by code, where they are not to be looked up in the registry."""
        assert contract.clauses.record is not None and contract.clauses.publication is not None
        self._known_authorities = authorities
        self._contract = contract
        self._record = contract.clauses.record
        self._publication = contract.clauses.publication
        self._subject = contract.clauses.subject
        self._authority = authority
        self._providers = catalogue_on(today).item(contract.clauses.item).providers
        self._classifier = Classifier(contract, today=today)
        self.adverse = self._record.kind in Record.ADVERSE
        self._secret: bytes = settings.PERSON_SECRET
        change = contract.clauses.change
        # What a row does is no part of what it says.
        columns = tuple(c for c in contract.columns if change is None or c.name != change.column)
        self._columns = columns
        self._free = frozenset(
            c.name
            for c in columns
            if c.public and c.logical_type == "string" and not c.clauses.scheme and not c.clauses.code_list
        ) - {self._subject.name}
        self.layouts = {kind: self._layout(kind) for kind in Entity.Kind.values}
        # A code column is standardised already; any other part of the key is brought to one spelling.
        self._keys = [
            (contract.places[n], bool(contract.column(n).clauses.scheme)) for n in contract.key_columns
        ]

    def refuse_what_law_or_issuer_forbid(
        self, chunk: Chunk
    ) -> tuple[list[Window | None], list[int], list[int]]:
        """Class every row and find its issuer and source; reasons are added to the chunk.

        Returns:
            For each row its window (None with a reason), the issuer's id and the source's id.
        """
        issuers, sources = self.bodies(chunk)
        if self._record.source is not None:
            self._refuse_other_sources(chunk, self._record.source)
        return self._windows(chunk), issuers, sources

    def bodies(self, chunk: Chunk) -> tuple[list[int], list[int]]:
        """The ids of each row's issuer and source, 0 with a reason where it is not registered."""
        return (
            self._authorities(chunk, self._record.issuer),
            self._authorities(chunk, self._record.source),
        )

    def _authorities(self, chunk: Chunk, column: str | None) -> list[int]:
        size = len(chunk.numbers)
        if column is None:
            return [self._authority.pk] * size
        codes = chunk.texts[self._contract.places[column]]
        if self._known_authorities is not None:
            known = {code: authority.pk for code, authority in self._known_authorities.items()}
        else:
            known = dict(Authority.objects.filter(code__in=set(codes)).values_list("code", "pk"))
        found = []
        for at, code in enumerate(codes):
            pk = known.get(code, 0)
            if not pk and code:
                pair, en, zh = read_code(code, "uscc")
                if pair is None:
                    chunk.refuse(at, reason("link.invalid_identifier", column=column, why=en, why_zh=zh))
                else:
                    chunk.refuse(at, reason("link.not_registered", column=column, value=code))
            found.append(pk)
        return found

    def _refuse_other_sources(self, chunk: Chunk, column: str) -> None:
        """Refuse rows whose source is of a kind that may not provide the contract's item."""
        codes = chunk.texts[self._contract.places[column]]
        barred = self.barred(set(codes))
        for at, code in enumerate(codes) if barred else ():
            if code in barred:
                providers = ", ".join(self._providers)
                item = self._contract.clauses.item
                why = reason(
                    "column.source_may_not_provide", column=column, value=code, providers=providers, item=item
                )
                chunk.refuse(at, why)

    def barred(self, codes: set[str]) -> set[str]:
        """Of the codes those of authorities that may not provide the contract's item."""
        if self._known_authorities is not None:
            known = {code: self._known_authorities[code] for code in codes & self._known_authorities.keys()}
            return {code for code, found in known.items() if found.source_kind not in self._providers}
        found = Authority.objects.filter(code__in=codes).exclude(source_kind__in=self._providers)
        return set(found.values_list("code", flat=True))

    def _windows(self, chunk: Chunk) -> list[Window | None]:
        record, clause, places = self._record, self._publication, self._contract.places
        size = len(chunk.numbers)
        days = chunk.values[places[record.found_on]]
        nothing: list[Any] = [None] * size
        measures = chunk.values[places[record.measures]] if record.measures else nothing
        amounts = chunk.values[places[record.amount]] if record.amount else nothing
        unit = (record.amount and self._contract.column(record.amount).clauses.unit) or "元"
        kinds = kinds_of(chunk, self._contract)
        starts = chunk.values[places[clause.from_]] if clause.from_ else nothing
        ends = chunk.values[places[clause.until]] if clause.until else nothing
        found: list[Window | None] = []
        for at in range(size):
            if at in chunk.reasons:
                found.append(None)
            elif clause.decided == "not_published":
                found.append(self._classifier.not_published(adverse=self.adverse))
            elif clause.decided == "as_stated":
                found.append(self._classifier.as_stated(start=starts[at], last=ends[at]))
            else:
                try:
                    window = self._classifier.by_law(
                        measures=measures[at] or (),
                        amount=None if amounts[at] is None else in_yuan(amounts[at], unit=unit),
                        found_on=days[at],
                        person=kinds[at] == "natural_person",
                    )
                except law.FactsRefused as error:
                    column = record.measures or record.found_on
                    value = chunk.texts[places[column]][at]
                    why = law_refusal(column=column, value=value, en=error.message_en, zh=error.message_zh)
                    chunk.refuse(at, why)
                    window = None
                found.append(window)
        return found

    def records(
        self,
        chunk: Chunk,
        *,
        subjects: Sequence[Subject | None],
        kinds: Sequence[str],
        windows: Sequence[Window | None],
        issuers: Sequence[int],
        sources: Sequence[int],
    ) -> list[ReportedRecord]:
        """The records of all rows without a reason, in file order."""
        contract, record, places = self._contract, self._record, self._contract.places
        rows = zip(*chunk.texts, strict=True)
        days = chunk.values[places[record.found_on]]
        amounts = chunk.values[places[record.amount]] if record.amount else None
        unit = (record.amount and contract.column(record.amount).clauses.unit) or "元"
        measures = chunk.values[places[record.measures]] if record.measures else None
        document = places[record.document_no] if record.document_no else None
        basis = places[record.legal_basis] if record.legal_basis else None
        ends = chunk.values[places[self._publication.ends_on]] if self._publication.ends_on else None
        only = self._publication.only_where
        shown = chunk.values[places[only.column]] if only else None
        found: list[ReportedRecord] = []
        for at, texts in enumerate(rows):
            subject, window = subjects[at], windows[at]
            if at in chunk.reasons or subject is None or window is None:
                continue
            content, digest = self._content(texts, kind=kinds[at], window=window)
            until, published = window.publish_until, window.published
            if ends is not None and ends[at] is not None and window.publish_from is not None:
                last = max(ends[at], window.publish_from)
                until = last if until is None else min(until, last)
            if shown is not None and only is not None and shown[at] != only.is_:
                published = False
            amount = amounts[at] if amounts is not None else None
            found.append(
                ReportedRecord(
                    row=chunk.numbers[at],
                    kind=record.kind,
                    item=contract.clauses.item,
                    entity_id=subject.id,
                    entity_public_id=subject.public_id,
                    authority_id=issuers[at],
                    source_id=sources[at],
                    contract=contract.reference,
                    document_no=texts[document] if document is not None else "",
                    natural_key=self.natural_key(texts, subject, issuers[at]),
                    content_digest=digest,
                    content=content,
                    legal_basis=texts[basis] if basis is not None else record.legal_basis_stated or "",
                    found_on=days[at],
                    measures=(measures[at] or ()) if measures is not None else (),
                    amount_yuan=None if amount is None else in_yuan(amount, unit=unit),
                    pack=window.pack,
                    severity=window.severity,
                    published=published,
                    publish_from=window.publish_from,
                    restorable_from=window.restorable_from,
                    publish_until=until,
                    restorable=window.restorable,
                )
            )
        return found

    def _layout(self, kind: str) -> Layout:
        """Which columns are public, personal and names of persons in rows on subjects of a kind."""
        columns, subject = self._columns, self._subject
        private = {column.name for column in columns if not column.public}
        names = [column.name for column in columns if column.clauses.personal == "name"]
        hashed = {column.name for column in columns if column.clauses.keep == "key"}
        dropped = {column.name for column in columns if column.clauses.keep == "drop"}
        if kind != "organisation" and subject.name is not None:
            private.add(subject.name)  # the name of an individual business is often a person's
            names.append(subject.name)
        if kind == "natural_person":
            codes = {code.column for code in subject.codes}  # a person has none of these
            private |= codes
            dropped |= codes - {subject.person_number}
            if subject.person_number is not None:
                private.add(subject.person_number)
                hashed |= {subject.person_number} - dropped
        places = self._contract.places
        return Layout(
            public=tuple((c.name, places[c.name]) for c in columns if c.name not in private),
            free=tuple((name, places[name]) for name in sorted(self._free - private)),
            kept=tuple((name, places[name]) for name in sorted(private - hashed - dropped)),
            hashed=tuple((name, places[name]) for name in sorted(hashed)),
            names=tuple(places[name] for name in names),
            keep=places[subject.name] if kind == "organisation" and subject.name is not None else None,
        )

    def _content(self, texts: Sequence[str], *, kind: str, window: Window) -> tuple[dict[str, Any], bytes]:
        layout = self.layouts[kind]
        public = {name: text for name, place in layout.public if (text := texts[place])}
        names = [name for place in layout.names if (name := texts[place])]
        if names:
            free = "\n".join([texts[place] for _, place in layout.free])
            if any(name in free for name in names):
                keep = texts[layout.keep] if layout.keep is not None else ""
                for name in public.keys() & self._free:
                    public[name] = mask_names(public[name], names, keep=keep)
        personal = {name: text for name, place in layout.kept if (text := texts[place])}
        for name, place in layout.hashed:
            with suppress(IdentifierError):  # a word that stands for nothing (无, N/A) is no number
                if texts[place]:
                    personal[name] = person_key(texts[place], secret=self._secret)
        content = {"public": public, "personal": personal, "law": {"chosen": window.chosen}}
        return content, content_digest(content, secret=self._secret)

    def natural_key(self, texts: Sequence[str], subject: Subject, issuer: int) -> bytes:
        """Which finding a row speaks of: SHA-256 over item of the catalogue, issuer, key columns and subject."""
        parts = [self._contract.clauses.item, str(issuer)]
        parts += [texts[place] if ready else document_key(texts[place]) for place, ready in self._keys]
        return hashlib.sha256("\0".join(parts).encode() + b"\0" + subject.public_id.bytes).digest()
