"""The columns: which rows are plain, and what a plain row becomes. One set of expressions for every engine.

A row is plain where each of its cells is in a form for which these expressions give exactly what the row code gives.
Nothing is refused here: what is not plain goes through the row code, which alone knows reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]

from goodstanding.intake.build import Layout as Parts

from .facts import NO_AMOUNT
from .functions import concat, end, every, nul, octets, public_of, sha256, tail, utf8, without_zeros
from .job import PREPARED, Job

#: Numbers of at most twelve digits and six places, without zeros before them; of yuan, none beyond the fen.
_NUMBER = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$"
_YUAN = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2}0{0,4})?$"
#: What the keyed hash of a personal part is made for; a zero byte follows.
PURPOSE = "goodstanding/personal-part"
#: Signs of lost characters (`identity.has_lost_characters`), and a few more texts that are merely like them.
_LOST = "[?\uff1f\ufffd\u25a1\u25af\u3013\ue000-\uf8ff\U000f0000-\U0010ffff]|&#"
#: The columns of `PREPARED` before anything is hashed: what the natural key is the digest of, how many bytes of the
#: content precede its public part, and the personal part as JSON, null for none.
UNHASHED: Final = ("seq", "row", "bucket", "entity", "key_data", "public_at", "personal", *PREPARED.names[6:])


_BEFORE_PUBLIC: Final = ',"public":'


def hashed(rows: ir.Table) -> ir.Table:
    """`PREPARED` out of `UNHASHED` by expressions; the pads of HMAC-SHA256 (RFC 2104) stand in columns of the rows.

    For engines that have their own SHA-256; in this process `hashing` is faster.
    """
    inner = sha256(end(rows.ipad, utf8(concat(PURPOSE, nul(), rows.personal))))
    keyed = sha256(end(rows.opad, inner))
    said = end(public_of(rows.content, rows.public_at), utf8(nul()))
    digest = sha256(rows.personal.isnull().ifelse(said, end(said, keyed)))
    made = {"natural_key": sha256(rows.key_data), "content_digest": digest}
    return rows.select(**{name: made[name] if name in made else rows[name] for name in PREPARED.names})


class Columns:
    """The expressions for one job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        contract, record = job.contract, job.record
        self._places = contract.places
        self._subject = contract.clauses.subject
        self._publication = contract.clauses.publication
        self._unit = (record.amount and contract.column(record.amount).clauses.unit) or "元"
        self._public = sorted(name for name, _ in job.builder.layouts["organisation"].public)
        self._first = next((name for name in self._public if self._always(name)), None)
        kinds = ("organisation", "individual_business")
        kept = [dict(job.builder.layouts[kind].kept) for kind in kinds]
        self._kept = sorted((kept[0] | kept[1]).items())
        self._kept_of_all = set(kept[0])
        stated = {"issuer": record.issuer, "source": record.source, "legal_basis": record.legal_basis}
        texts = dict.fromkeys(stated, job.sender.code) | {"legal_basis": record.legal_basis_stated or ""}
        #: The columns of `UNHASHED` that say the same in every row, and what.
        self.stated = {name: texts[name] for name, column in stated.items() if not column}

    def known(self, known: ir.Table, buckets: ir.Table) -> ir.Table:
        """`known_table` with what an entity's name becomes in both parts: k_public and k_personal."""
        found, name = known_table(known, buckets), self._subject.name
        organisation = found.k_kind == "organisation"
        public = self._piece(name, found.k_name) if name in self._public else ibis.literal("")
        kept = name in dict(self._kept) and name not in self._kept_of_all
        personal = concat(f',"{name}":"', found.k_name, '"') if kept else ibis.literal("")
        return found.mutate(
            k_public=organisation.ifelse(public, ""), k_personal=organisation.ifelse("", personal)
        )

    def linked(self, rows: ir.Table, tables: dict[int, ir.Table], known: ir.Table) -> ir.Table:
        """The rows with what their cells come to, and the entity that their code leads to (null for none)."""
        found = self._with_amount(rows)
        for at, table in tables.items():
            name = self._job.layout.places[at].name
            if name in self._public:
                text = table[f"t{at}_text"]
                table = table.mutate(**{f"t{at}_said": (text != "").ifelse(self._piece(name, text), "")})
            found = found.inner_join(table, found[f"c{at}"] == table[f"t{at}_cell"])
        return found.left_join(known, found[self._code] == known.k_value)

    def near(self, known: ir.Table, rows: ir.Table) -> ir.Table:
        """Of the known entities those whose code stands in the rows."""
        return known.semi_join(rows, known.k_value == rows[self._code])

    @property
    def _code(self) -> str:
        """The column of the unified codes."""
        places = enumerate(self._job.layout.places)
        return next(f"c{at}" for at, place in places if place.part == "subject_code")

    def cases(self, rows: ir.Table, tables: dict[int, ir.Table], thresholds: Sequence[int]) -> ir.Table:
        """The distinct cases that the law is to be asked about: l_measures, l_amount, l_found_on."""
        record = self._job.record
        wanted = {self._places[name] for name in (record.measures, record.found_on) if name}
        found = self._with_amount(rows)
        for at in sorted(wanted):
            found = found.inner_join(tables[at], found[f"c{at}"] == tables[at][f"t{at}_cell"])
        fine = every([found[f"t{at}_fine"] for at in sorted(wanted)])
        return found.filter(fine & ~found.odd).select(**self._case(found, thresholds)).distinct()

    def _case(self, rows: ir.Table, thresholds: Sequence[int]) -> dict[str, Any]:
        record = self._job.record
        measures = (
            rows[f"t{self._places[record.measures]}_place"] if record.measures else ibis.literal(0, "int32")
        )
        return {
            "l_measures": measures,
            "l_amount": self._band(rows, thresholds),
            "l_found_on": rows[f"t{self._places[record.found_on]}_value"],
        }

    def _band(self, rows: ir.Table, thresholds: Sequence[int]) -> Any:
        publication = self._publication
        assert publication is not None
        if not self._job.record.amount or publication.decided == "not_published":
            return ibis.literal(NO_AMOUNT, "int64")
        reached = [(rows.amount >= bound, ibis.literal(bound, "int64")) for bound in reversed(thresholds)]
        none = (rows.amount.isnull(), ibis.literal(NO_AMOUNT, "int64"))
        return ibis.cases(none, *reached, else_=ibis.literal(0, "int64"))

    def _with_amount(self, rows: ir.Table) -> ir.Table:
        """The rows with the amount in yuan, null for a blank cell: before any join, so that it is read once and not
        again for each threshold."""
        if not self._job.record.amount:
            return rows.mutate(amount=ibis.null("decimal(20, 2)"))
        stated = self._number(rows, self._places[self._job.record.amount])
        if self._unit == "万元":
            stated = stated.cast("decimal(24, 6)") * 10_000
        return rows.mutate(amount=stated.cast("decimal(20, 2)"))

    def _number(self, rows: ir.Table, at: int) -> Any:
        return rows[f"c{at}"].nullif("").try_cast("decimal(18, 6)")

    def text(self, rows: ir.Table, at: int) -> Any:
        """A cell in its one way of writing."""
        part = self._job.layout.places[at].part
        if part == "table":
            return rows[f"t{at}_text"]
        cell = rows[f"c{at}"]
        if part == "number":
            return cell.contains(".").ifelse(without_zeros(cell), cell)
        return cell

    def unhashed(self, linked: ir.Table, law: ir.Table, thresholds: Sequence[int]) -> ir.Table:
        """The record of every plain row: the columns of `UNHASHED`.

        Args:
            linked: `linked` rows.
            law: what the law says of their cases.
            thresholds: the amounts that tell cases apart.
        """
        case = self._case(linked, thresholds)
        rows = linked.left_join(law, [value == law[name] for name, value in case.items()])
        record, places = self._job.record, self._places
        before = ('{"law":', rows.l_said, ',"personal":')
        sizes = sum(len(part.encode()) for part in (before[0], before[2], _BEFORE_PUBLIC))
        personal = self._personal(rows)
        found = {
            "seq": rows.seq,
            "row": rows.row,
            "bucket": rows.k_bucket,
            "entity": rows.k_entity,
            "key_data": self._key_data(rows),
            "public_at": octets(rows.l_said) + (octets(personal) + sizes if self._kept else sizes + 2),
            "personal": personal.nullif("{}") if self._kept else ibis.null("string"),
            "content": concat(*before, personal, _BEFORE_PUBLIC, *self._public_part(rows), "}"),
            "document_no": self.text(rows, places[record.document_no])
            if record.document_no
            else ibis.literal(""),
            "issuer": self._authority(rows, "issuer", record.issuer),
            "source": self._authority(rows, "source", record.source),
            "legal_basis": self.text(rows, places[record.legal_basis])
            if record.legal_basis
            else ibis.literal(self.stated["legal_basis"]),
            "found_on": rows[f"t{places[record.found_on]}_value"],
            "measures": rows[f"t{places[record.measures]}_value"] if record.measures else rows.l_no_measures,
            "amount_yuan": rows.amount,
            "pack": rows.l_pack,
            "severity": rows.l_severity,
            "published": rows.l_published & self._shown(rows),
            "publish_from": rows.l_publish_from,
            "restorable_from": rows.l_restorable_from,
            "publish_until": self._until(rows),
            "restorable": rows.l_restorable,
        }
        assert tuple(found) == UNHASHED
        return rows.filter(*self._plain(rows)).select(**found)

    def _authority(self, rows: ir.Table, name: str, column: str | None) -> Any:
        return rows[f"t{self._places[column]}_authority"] if column else ibis.literal(self.stated[name])

    def _until(self, rows: ir.Table) -> Any:
        """The last day of publication, which a day of the row may bring forward."""
        publication = self._publication
        assert publication is not None
        until, start = rows.l_publish_until, rows.l_publish_from
        if publication.ends_on is None:
            return until
        ends = rows[f"t{self._places[publication.ends_on]}_value"]
        last = (ends > start).ifelse(ends, start)
        earlier = (until.isnull() | (last < until)).ifelse(last, until)
        return (ends.notnull() & start.notnull()).ifelse(earlier, until)

    def _shown(self, rows: ir.Table) -> Any:
        assert self._publication is not None
        only = self._publication.only_where
        if only is None:
            return ibis.literal(True)
        return (rows[f"t{self._places[only.column]}_value"] == only.is_).fill_null(False)

    def _key_data(self, rows: ir.Table) -> Any:
        """What the natural key is the digest of."""
        record, contract = self._job.record, self._job.contract
        if record.issuer:
            pieces: list[Any] = [rows[f"t{self._places[record.issuer]}_prefix"]]
        else:
            pieces = [contract.clauses.item, nul(), str(self._job.sender.pk), nul()]
        for step, name in enumerate(contract.key_columns):
            at = self._places[name]
            ready = bool(contract.column(name).clauses.scheme)
            pieces += [nul()] if step else []
            pieces.append(self.text(rows, at) if ready else rows[f"d{at}"])
        return end(utf8(concat(*pieces)), rows.k_tail)

    def _public_part(self, rows: ir.Table) -> list[Any]:
        """The public part as JSON in pieces, keys in order, blank cells left out."""
        pieces: list[Any] = []
        for name in self._public:
            at = self._places[name]
            if name == self._subject.name:
                pieces.append(rows.k_public)
            elif self._job.layout.places[at].part == "table":
                pieces.append(rows[f"t{at}_said"])
            elif self._always(name):
                pieces += self._around(name, self.text(rows, at))
            else:
                piece = self._piece(name, self.text(rows, at))
                pieces.append((rows[f"c{at}"] != "").ifelse(piece, ""))
        if self._first is None:
            pieces = [concat(*pieces).substr(1)]
        return ["{", *pieces, "}"]

    def _piece(self, name: str, text: Any) -> Any:
        """A filled column of the public part, with the comma that parts it from the first that is always there."""
        return concat(*self._around(name, text))

    def _around(self, name: str, text: Any) -> list[Any]:
        if name == self._first:
            return [f'"{name}":"', text, '"']
        before = self._first is not None and name < self._first
        return [f'"{name}":"' if before else f',"{name}":"', text, '",' if before else '"']

    def _always(self, name: str) -> bool:
        """Whether a column of a plain row is never blank, nor sometimes personal."""
        return self._job.contract.column(name).required and name != self._subject.name

    def _personal(self, rows: ir.Table) -> Any:
        """The personal part as JSON. Hashed columns of plain rows are blank."""
        pieces: list[Any] = []
        for name, at in self._kept:
            if name == self._subject.name and name not in self._kept_of_all:
                pieces.append(rows.k_personal)
                continue
            filled = self.text(rows, at)
            there = filled != ""
            if name not in self._kept_of_all:
                there = there & (rows.k_kind != "organisation")
            pieces.append(there.ifelse(concat(f',"{name}":"', filled, '"'), ""))
        if not pieces:
            return ibis.literal("{}")
        said = concat(*pieces) if len(pieces) > 1 else pieces[0]
        return (said == "").ifelse("{}", concat("{", said.substr(1), "}"))

    def _plain(self, rows: ir.Table) -> list[Any]:
        """What is true of plain rows."""
        layout, subject = self._job.layout, self._subject
        assert subject.name is not None
        tests = [~rows.odd, rows.l_pack.notnull(), rows.k_entity.notnull()]
        tests.append(self.text(rows, self._places[subject.name]) == rows.k_name)
        for at, place in enumerate(layout.places):
            tests += self._cell_tests(rows, at, place.part)
        if subject.kind_column is not None:
            persons = [value for value, kind in subject.kinds.items() if kind == "natural_person"]
            if persons:
                tests.append(rows[f"t{self._places[subject.kind_column]}_value"].notin(persons))
        return tests + self._person_tests(rows)

    def _cell_tests(self, rows: ir.Table, at: int, part: str) -> list[Any]:
        column = self._job.contract.columns[at]
        if part == "table":
            return [rows[f"t{at}_fine"]]
        cell, options = rows[f"c{at}"], column.logical_type_options
        tests: list[Any] = [cell != ""] if column.required else []
        if part == "number":
            shape = _YUAN if column.name == self._job.record.amount and self._unit == "元" else _NUMBER
            tests.append((cell == "") | cell.re_search(shape))
            if options.minimum is not None and options.minimum > 0:
                tests.append((cell == "") | (self._number(rows, at) >= options.minimum))
        elif part == "text":
            if options.max_length is not None:
                short = octets(cell) <= options.max_length
                tests.append(short | (cell.length() <= options.max_length))
            if options.pattern is not None:
                tests.append((cell == "") | cell.re_search(options.pattern))
        return tests

    def _person_tests(self, rows: ir.Table) -> list[Any]:
        """No hashed column is filled, and no person's name stands in free text, where it would be masked."""
        parts: dict[str, Parts] = self._job.builder.layouts
        firm, business = parts["organisation"], parts["individual_business"]
        hidden = {place for part in (firm, business) for _, place in part.hashed}
        tests = [rows[f"c{at}"] == "" for at in sorted(hidden)]
        for part, is_firm in ((firm, True), (business, False)):
            names = set(part.names) - (set() if is_firm else set(firm.names))
            for at in sorted(names):
                name = self.text(rows, at)
                apart = [~self.text(rows, free).contains(name) for _, free in part.free]
                if apart:
                    there = name == "" if is_firm else (name == "") | (rows.k_kind == "organisation")
                    tests.append(there.ifelse(True, every(apart)))
        return tests


def known_table(known: ir.Table, buckets: ir.Table) -> ir.Table:
    """Of the known identifiers those that lead to exactly one entity whose name is whole and no person's.

    Arguments: known, the identifiers (scheme, value, entity, kind, name); buckets, by the first two digits of an
    entity. The columns are k_value, k_entity, k_kind, k_name, k_bucket and k_tail
    (the end of its records' natural keys).
    """
    codes = known.filter(known.scheme == "uscc")
    once = codes.group_by("value").aggregate(how_many=codes.count()).filter(ibis._.how_many == 1)
    codes = codes.semi_join(once.select("value"), "value")
    codes = codes.filter((codes.kind != "natural_person") & ~codes.name.re_search(_LOST))
    found = codes.inner_join(buckets, codes.entity.substr(0, 2) == buckets.prefix)
    return found.select(
        k_value=found["value"],
        k_entity=found.entity,
        k_kind=found.kind,
        k_name=found.name,
        k_bucket=found.bucket,
        k_tail=tail(found.entity),
    )
