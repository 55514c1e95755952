"""The columns: which rows are plain, and what a plain row becomes. One set of expressions for every engine.

A row is plain where each of its cells is in a form for which these expressions give exactly what the row code gives.
Nothing is refused here: what is not plain goes through the row code, which alone knows reasons.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any

import ibis  # type: ignore[import-untyped]
import ibis.expr.types as ir  # type: ignore[import-untyped]

from goodstanding.intake.build import Layout as Parts

from .facts import NO_AMOUNT
from .job import PREPARED, Job

#: Numbers of at most twelve digits and six places, without zeros before them; of yuan, none beyond the fen.
_NUMBER = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$"
_YUAN = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2}0{0,4})?$"
#: What the keyed hash of a personal part is made for; a zero byte follows.
PURPOSE = "goodstanding/personal-part"
#: Signs of lost characters (`identity.has_lost_characters`), and a few more texts that are merely like them.
_LOST = "[?\uff1f\ufffd\u25a1\u25af\u3013\ue000-\uf8ff\U000f0000-\U0010ffff]|&#"


@ibis.udf.scalar.builtin(name="gs_octets", signature=(("string",), "int64"))
def _octets(text: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_sha256", signature=(("binary",), "binary"))
def _sha256(data: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_then", signature=(("binary", "string"), "binary"))
def _then(data: Any, text: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_end", signature=(("binary", "binary"), "binary"))
def _end(data: Any, more: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_without_zeros", signature=(("string",), "string"))
def _without_zeros(number: Any) -> Any:
    """A number with a point, without zeros at its end, and without the point if nothing follows."""


@ibis.udf.scalar.builtin(name="gs_utf8", signature=(("string",), "binary"))
def _utf8(text: Any) -> Any: ...


@ibis.udf.scalar.builtin(name="gs_tail", signature=(("string",), "binary"))
def _tail(entity: Any) -> Any:
    """A zero byte and the bytes of an entity's public id."""


@ibis.udf.scalar.builtin(name="gs_nul", signature=(("binary",), "binary"))
def _nul(data: Any) -> Any: ...


#: Texts are put together so many at a time, or twice, three times as many.
TOGETHER = 16


def concat(*parts: Any) -> Any:
    """Texts put together at once; a chain of `+`, which `concat` becomes on its way to DuckDB, would copy the first
    as often as others follow."""
    count = -(-len(parts) // TOGETHER) * TOGETHER
    return _concat_of(count)(*parts, *[""] * (count - len(parts)))


def concat_functions(columns: int, *, types: str = "") -> list[tuple[str, str, str]]:
    """For an engine the functions that put texts together, for a contract of so many columns: name, parameters (with
    ``types`` after each) and body."""
    found = []
    for count in range(TOGETHER, 3 * columns + 2 * TOGETHER, TOGETHER):
        names = [f"p{at}" for at in range(count)]
        parameters = ", ".join(name + types for name in names)
        found.append((f"gs_concat_{count}", parameters, f"concat({', '.join(names)})"))
    return found


@cache
def _concat_of(count: int) -> Callable[..., Any]:
    def function(*parts: Any) -> Any: ...

    names = [inspect.Parameter(f"p{at}", inspect.Parameter.POSITIONAL_ONLY) for at in range(count)]
    function.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    function.__name__ = function.__qualname__ = f"concat_{count}"
    found: Callable[..., Any] = ibis.udf.scalar.builtin(
        name=f"gs_concat_{count}", signature=(("string",) * count, "string")
    )(function)
    return found


def every(conditions: Sequence[Any]) -> Any:
    """All of the conditions."""
    return reduce(lambda one, other: one & other, conditions)


#: Makes the digest of a record's content from its row and the JSON of its public and its personal part.
Digest = Callable[[ir.Table, Any, Any], Any]


@ibis.udf.scalar.builtin(name="gs_record_digest", signature=(("string", "string"), "binary"))
def _record_digest(public: Any, personal: Any) -> Any: ...


def duckdb_digest(rows: ir.Table, public: Any, personal: Any) -> Any:
    """By a function of DuckDB that holds the key, which so stands in no query."""
    return _record_digest(public, personal)


def spark_digest(rows: ir.Table, public: Any, personal: Any) -> Any:
    """By HMAC-SHA256 out of SHA-256 (RFC 2104); the pads stand in columns of the rows, never in a query."""
    inner = _sha256(_then(_nul(_then(rows.ipad, PURPOSE)), personal))
    keyed = _sha256(_end(rows.opad, inner))
    said = _nul(_utf8(public))
    return _sha256((personal == "{}").ifelse(said, _end(said, keyed)))


class Columns:
    """The expressions for one job."""

    def __init__(self, job: Job, *, digest: Digest) -> None:
        self._job, self._digest = job, digest
        contract, record = job.contract, job.record
        self._places = contract.places
        self._subject = contract.clauses.subject
        self._publication = contract.clauses.publication
        self._unit = (record.amount and contract.column(record.amount).clauses.unit) or "元"

    def linked(self, rows: ir.Table, tables: dict[int, ir.Table], known: ir.Table) -> ir.Table:
        """The rows with what their cells come to, and the entity that their code leads to (null for none)."""
        found = rows
        for at, table in tables.items():
            found = found.inner_join(table, found[f"c{at}"] == table[f"t{at}_cell"])
        code = next(at for at, place in enumerate(self._job.layout.places) if place.part == "subject_code")
        return found.left_join(known, found[f"c{code}"] == known.k_value)

    def cases(self, rows: ir.Table, tables: dict[int, ir.Table], thresholds: Sequence[int]) -> ir.Table:
        """The distinct cases that the law is to be asked about: l_measures, l_amount, l_found_on."""
        record = self._job.record
        wanted = {self._places[name] for name in (record.measures, record.found_on) if name}
        found = rows
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
        if not self._job.record.amount:
            return ibis.literal(NO_AMOUNT, "int64")
        amount = self._amount(rows)
        reached = [(amount >= bound, ibis.literal(bound, "int64")) for bound in reversed(thresholds)]
        none = (amount.isnull(), ibis.literal(NO_AMOUNT, "int64"))
        return ibis.cases(none, *reached, else_=ibis.literal(0, "int64"))

    def _amount(self, rows: ir.Table) -> Any:
        """The amount in yuan, null for a blank cell."""
        if not self._job.record.amount:
            return ibis.null("decimal(20, 2)")
        stated = self._number(rows, self._places[self._job.record.amount])
        if self._unit == "万元":
            stated = stated.cast("decimal(24, 6)") * 10_000
        return stated.cast("decimal(20, 2)")

    def _number(self, rows: ir.Table, at: int) -> Any:
        return rows[f"c{at}"].nullif("").try_cast("decimal(18, 6)")

    def _text(self, rows: ir.Table, at: int) -> Any:
        """A cell in its one way of writing."""
        part = self._job.layout.places[at].part
        if part == "table":
            return rows[f"t{at}_text"]
        cell = rows[f"c{at}"]
        if part == "number":
            return cell.contains(".").ifelse(_without_zeros(cell), cell)
        return cell

    def said(self, linked: ir.Table, law: ir.Table, thresholds: Sequence[int]) -> ir.Table:
        """The rows with what the law says of them, and the JSON of both parts: ``public`` and ``personal``."""
        case = self._case(linked, thresholds)
        rows = linked.left_join(law, [value == law[name] for name, value in case.items()])
        return rows.mutate(public=self._public(rows), personal=self._personal(rows))

    def prepared(self, rows: ir.Table) -> ir.Table:
        """Every row with whether it is plain and, where it is, its record: the columns of `PREPARED` and ``plain``.

        Args:
            rows: a view of `said`, so that both parts are made once.
        """
        public, personal = rows.public, rows.personal
        record, places = self._job.record, self._places
        issuer, source = self._authority(rows, record.issuer), self._authority(rows, record.source)
        said = concat('{"law":', rows.l_said, ',"personal":', personal, ',"public":', public, "}")
        measures = rows[f"t{places[record.measures]}_value"] if record.measures else rows.l_no_measures
        found = {
            "seq": rows.seq,
            "row": rows.row,
            "bucket": rows.k_bucket,
            "entity": rows.k_entity,
            "natural_key": self._natural_key(rows),
            "content_digest": self._digest(rows, public, personal),
            "content": said,
            "document_no": self._text(rows, places[record.document_no])
            if record.document_no
            else ibis.literal(""),
            "issuer": issuer,
            "source": source,
            "legal_basis": self._text(rows, places[record.legal_basis])
            if record.legal_basis
            else ibis.literal(record.legal_basis_stated or ""),
            "found_on": rows[f"t{places[record.found_on]}_value"],
            "measures": measures,
            "amount_yuan": self._amount(rows),
            "pack": rows.l_pack,
            "severity": rows.l_severity,
            "published": rows.l_published & self._shown(rows),
            "publish_from": rows.l_publish_from,
            "restorable_from": rows.l_restorable_from,
            "publish_until": self._until(rows),
            "restorable": rows.l_restorable,
        }
        assert list(found) == PREPARED.names
        return rows.select(**found, plain=self._plain(rows, public).fill_null(False))

    def _authority(self, rows: ir.Table, column: str | None) -> Any:
        return rows[f"t{self._places[column]}_authority"] if column else ibis.literal(self._job.sender.code)

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

    def _natural_key(self, rows: ir.Table) -> Any:
        record, contract = self._job.record, self._job.contract
        if record.issuer:
            data = rows[f"t{self._places[record.issuer]}_prefix"]
        else:
            data = _nul(_then(_nul(_utf8(contract.clauses.item)), str(self._job.sender.pk)))
        for step, name in enumerate(contract.key_columns):
            at = self._places[name]
            ready = bool(contract.column(name).clauses.scheme)
            part = self._text(rows, at) if ready else rows[f"d{at}"]
            data = _then(_nul(data) if step else data, part)
        return _sha256(_end(data, rows.k_tail))

    def _public(self, rows: ir.Table) -> Any:
        """The public part as JSON, keys in order, blank cells left out."""
        parts = self._job.builder.layouts["organisation"]
        organisation = rows.k_kind == "organisation"
        names = sorted(name for name, _ in parts.public)
        first = next((name for name in names if self._always(name)), None)
        pieces: list[Any] = ["{"]
        for name in names:
            filled = self._text(rows, self._places[name])
            there = organisation if name == self._subject.name else filled != ""
            if name == first:
                pieces += [f'"{name}":"', filled, '"']
            else:
                before, after = ("", ",") if first is not None and name < first else (",", "")
                shown = there.ifelse(filled, "") if name == self._subject.name else filled
                pieces += [there.ifelse(f'{before}"{name}":"', ""), shown, there.ifelse(f'"{after}', "")]
        found = concat(*pieces, "}")
        return found if first is not None else found.re_replace(r"^\{,", "{")

    def _always(self, name: str) -> bool:
        """Whether a column of a plain row is never blank, nor sometimes personal."""
        return self._job.contract.column(name).required and name != self._subject.name

    def _personal(self, rows: ir.Table) -> Any:
        """The personal part as JSON. Hashed columns of plain rows are blank."""
        parts: dict[str, Parts] = self._job.builder.layouts
        organisation = rows.k_kind == "organisation"
        pieces: list[Any] = []
        for name, place in sorted({*parts["organisation"].kept, *parts["individual_business"].kept}):
            filled = self._text(rows, place)
            there = filled != ""
            if name not in {kept for kept, _ in parts["organisation"].kept}:
                there = ~organisation
                filled = there.ifelse(filled, "")
            pieces += [there.ifelse(f',"{name}":"', ""), filled, there.ifelse('"', "")]
        if not pieces:
            return ibis.literal("{}")
        return concat("{", *pieces, "}").re_replace(r"^\{,", "{")

    def _plain(self, rows: ir.Table, public: Any) -> Any:
        layout, subject = self._job.layout, self._subject
        assert subject.name is not None
        tests = [~rows.odd, rows.l_pack.notnull(), rows.k_entity.notnull()]
        tests.append(self._text(rows, self._places[subject.name]) == rows.k_name)
        for at, place in enumerate(layout.places):
            tests += self._cell_tests(rows, at, place.part)
        if subject.kind_column is not None:
            persons = [value for value, kind in subject.kinds.items() if kind == "natural_person"]
            if persons:
                tests.append(rows[f"t{self._places[subject.kind_column]}_value"].notin(persons))
        tests += self._person_tests(rows, public)
        return every(tests)

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
                short = _octets(cell) <= options.max_length
                tests.append(short | (cell.length() <= options.max_length))
            if options.pattern is not None:
                tests.append((cell == "") | cell.re_search(options.pattern))
        return tests

    def _person_tests(self, rows: ir.Table, public: Any) -> list[Any]:
        """No hashed column is filled, and no person's name stands in the public part, where it would be masked."""
        parts: dict[str, Parts] = self._job.builder.layouts
        hashed = {
            place for kind in ("organisation", "individual_business") for _, place in parts[kind].hashed
        }
        tests = [rows[f"c{at}"] == "" for at in sorted(hashed)]
        names = set(parts["organisation"].names)
        for at in sorted(names):
            name = self._text(rows, at)
            tests.append((name == "") | ~public.contains(name))
        for at in sorted(set(parts["individual_business"].names) - names):
            name = self._text(rows, at)
            tests.append((rows.k_kind == "organisation") | ~public.contains(name))
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
        k_tail=_tail(found.entity),
    )
