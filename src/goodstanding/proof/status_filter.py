"""The status filter: whoever holds old copies checks them offline, and nobody learns whom he checks.

A file answers for every record ever published up to a position of the log whether it may still be held. It is exact
for those records, and lists none of them: one can only ask for an id that one has. Two levels, after CRLite and its
clubcards: an approximate one that lets few of the common answer through, then an exact one for what it let through.

A file is one section, or several in their order: the first stands by itself, each later one (a delta) says for which
records the answer so far is to be turned round. Each is signed with the log's key. docs/reference/status-filter.md is
the format; `status_filter_make` makes them.
"""

import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any, Final, Literal
from uuid import UUID

from goodstanding.proof.canonical import Json, canonical
from goodstanding.proof.document import read_json, require_fields
from goodstanding.proof.errors import ProofError
from goodstanding.proof.keys import SIGNATURE_BYTES, sign_bytes, verify_bytes
from goodstanding.proof.note import SignerKey, VerifierKey

FILTER_NAME: Final = "goodstanding.status/1"
#: How records are told apart into cells: not at all, or by catalogue item and year of publication.
PARTITIONS: Final = ("", "item/year")
MAGIC: Final = b"gsfilter"
Answer = Literal["removed", "published", "not_covered"]

_CONTEXT: Final = b"goodstanding/status-filter/v1\n"
_FIELDS: Final[dict[str, type]] = {
    "filter": str,
    "origin": str,
    "size": int,
    "issued_at": str,
    "after": str,
    "partition": str,
    "bytes": int,
    "digest": str,
}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_MASK: Final = 2**64 - 1
GAMMA: Final = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """The finaliser of splitmix64: 64 bits to 64 bits, each bit of the input in all of the output."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def cell_of(*, partition: str, item: str, published_on: date) -> str:
    """The name of the cell that a copy belongs to: its catalogue item and the year of its first day of publication."""
    return f"{item}/{published_on.year:04d}" if partition else ""


@dataclass(frozen=True)
class Header:
    """What is signed of a section. `after`: the digest of the section that it continues, empty for the first."""

    origin: str
    size: int
    issued_at: str
    after: str
    partition: str

    def encode(self, body: bytes) -> bytes:
        """The header of a body as canonical JSON."""
        told: dict[str, Json] = {"filter": FILTER_NAME, **vars(self)}
        return canonical(told | {"bytes": len(body), "digest": hashlib.sha256(body).hexdigest()})


@dataclass(frozen=True)
class Lookup:
    """A function from keys to `bits` bits, defined for the keys that it was made of and arbitrary elsewhere."""

    bits: int
    starts: Sequence[int]
    widths: Sequence[int]
    data: bytes

    def bit(self, key: int, index: int) -> int:
        """Bit `index` of the value at a key's hash."""
        bucket = ((key >> 32) * len(self.widths)) >> 32
        width = self.widths[bucket]
        start = self.starts[bucket] + index * width
        end = start + width
        plane = int.from_bytes(self.data[start >> 3 : (end + 7) >> 3], "big") >> (-end & 7)
        words = b"".join(
            mix((key + j * GAMMA) & _MASK).to_bytes(8, "big") for j in range(1, (width + 63) // 64 + 1)
        )
        row = int.from_bytes(words, "big") >> (-width % 64)
        return (row & plane).bit_count() & 1


@dataclass(frozen=True)
class Cell:
    """`number` enters the hash. `common`: the answer of most; `rare`: who is not among them, None where nobody is."""

    number: int
    common: bool
    rare: Lookup | None


@dataclass(frozen=True)
class Section:
    """One verified section: its header, the SHA-256 of all its bytes, how many these are, and its answers."""

    header: Header
    digest: str
    bytes: int
    seed: int
    exact: Lookup
    cells: dict[str, Cell]

    def covers(self, cell: str) -> bool:
        """Whether the section says anything of a cell."""
        return cell in self.cells

    def answer(self, record: UUID, cell: str) -> bool:
        """Of the first section, whether a record is removed; of a later one, whether the answer so far turns round."""
        found = self.cells.get(cell)
        if found is None or found.rare is None:
            return found is not None and found.common
        high, low = record.int >> 64, record.int & _MASK
        key = hash_id(high, low, seed=self.seed, function=2 * found.number)
        print_ = mix(key)
        if any(found.rare.bit(key, index) != print_ >> index & 1 for index in range(found.rare.bits)):
            return found.common
        exact = hash_id(high, low, seed=self.seed, function=2 * found.number + 1)
        return found.common != bool(self.exact.bit(exact, 0))


def hash_id(high: int, low: int, *, seed: int, function: int) -> int:
    """The 64 bits under which a function knows an id, of which `high` and `low` are the halves."""
    return mix(low ^ mix(high ^ mix((seed + function) & _MASK)))


@dataclass(frozen=True)
class StatusFilter:
    """A verified file: its sections in their order."""

    sections: tuple[Section, ...]

    @property
    def header(self) -> Header:
        """The header of the newest section: what the file is of."""
        return self.sections[-1].header

    @property
    def digest(self) -> str:
        """The digest of the newest section: what a delta to this file must continue."""
        return self.sections[-1].digest

    def check(self, record: UUID | str, *, cell: str = "", published_on: date | None = None) -> Answer:
        """Whether a copy of a record may still be held.

        Arguments: `record`, its public id; `cell`, of `cell_of`; `published_on`, its first day of publication, where
        it is known. Returns `removed` or `published`: exact for every record ever published up to the filter's
        position; of another id the answer means nothing, since nothing is listed. `not_covered`: the filter has no
        such cell, or the record was published on a day after the filter was issued. Raises ProofError `filter_id`.
        """
        try:
            asked = record if isinstance(record, UUID) else UUID(record)
        except ValueError:
            raise ProofError("filter_id", place=str(record)[:200]) from None
        newer = published_on is not None and published_on.isoformat() > self.header.issued_at[:10]
        if newer or not any(section.covers(cell) for section in self.sections):
            return "not_covered"
        removed = False
        for section in self.sections:
            removed ^= section.answer(asked, cell)
        return "removed" if removed else "published"


def sign_section(header: Header, body: bytes, *, signer: SignerKey) -> bytes:
    """Write a section with the signature of the log's key. Its SHA-256 is what the journal announces."""
    told = header.encode(body)
    signature = sign_bytes(_CONTEXT + told, private_key=signer.private_key)
    return MAGIC + struct.pack(">I", len(told)) + told + signature + body


def read_filter(data: bytes, *, key: VerifierKey, after: StatusFilter | None = None) -> StatusFilter:
    """Check a file, or a delta to one: signatures, digests, and that each section continues the one before it.

    Arguments: `data`, not trusted; `key`, the log's verifier key, whose name is the log's origin; `after`, the file
    held so far, where `data` is a delta to it. Returns the filter, with the sections of `after` first. Raises
    ProofError `filter_malformed` (also where a byte was changed), `filter_order` (another section is missing between,
    or it is an older one), `origin_mismatch`, `signature_invalid`.
    """
    sections = list(after.sections) if after else []
    at = 0
    while at < len(data) or not sections:
        section, at = _section(data, at, key=key)
        before, header = (sections[-1] if sections else None), section.header
        if header.after != (before.digest if before else ""):
            raise ProofError(
                "filter_order", place=f"section {len(sections) + 1}: after {header.after or 'none'}"
            )
        if before and (header.size, header.partition) < (before.header.size, before.header.partition):
            raise ProofError("filter_order", place=f"section {len(sections) + 1}: size {header.size}")
        if before and header.partition != before.header.partition:
            raise ProofError("filter_order", place=f"section {len(sections) + 1}: partition")
        sections.append(section)
    return StatusFilter(tuple(sections))


def _section(data: bytes, at: int, *, key: VerifierKey) -> tuple[Section, int]:
    place = f"byte {at}"
    start, lead = at, at + len(MAGIC) + 4
    _require(data[at : at + len(MAGIC)] == MAGIC and len(data) >= lead, place)
    (length,) = struct.unpack_from(">I", data, lead - 4)
    told = data[lead : lead + length]
    at = lead + length + SIGNATURE_BYTES
    _require(len(data) >= at, place)
    verify_bytes(_CONTEXT + told, signature=data[lead + length : at], public_key=key.public_key, place=place)
    header = _header(told, key=key)
    body = data[at : at + header["bytes"]]
    _require(len(body) == header["bytes"], f"{place}: body is cut off")
    _require(hashlib.sha256(body).hexdigest() == header["digest"], f"{place}: body")
    end = at + len(body)
    seed, exact, cells = _body(body, f"{place}: body")
    names = ("origin", "size", "issued_at", "after", "partition")
    digest = hashlib.sha256(data[start:end]).hexdigest()
    return Section(Header(*(header[name] for name in names)), digest, end - start, seed, exact, cells), end


def _header(told: bytes, *, key: VerifierKey) -> dict[str, Any]:
    try:
        header = require_fields(read_json(told), _FIELDS)
    except ProofError as error:
        raise ProofError("filter_malformed", place=f"header: {error.place}") from None
    if header["origin"] != key.name:
        raise ProofError("origin_mismatch", place=f"header: {header['origin'][:200]}")
    _require(header["filter"] == FILTER_NAME, "header: filter")
    _require(header["partition"] in PARTITIONS, "header: partition")
    _require(header["after"] == "" or bool(_DIGEST.fullmatch(header["after"])), "header: after")
    _require(bool(_INSTANT.fullmatch(header["issued_at"])), "header: issued_at")
    return header


def _body(body: bytes, place: str) -> tuple[int, Lookup, dict[str, Cell]]:
    try:
        seed, count = struct.unpack_from(">QH", body, 0)
        exact, at = _lookup(body, 10)
        cells: dict[str, Cell] = {}
        for number in range(count):
            length = body[at]
            name = body[at + 1 : at + 1 + length].decode("ascii")
            flags = body[at + 1 + length]
            rare, at = _lookup(body, at + 2 + length)
            _require(flags in (0, 1, 2, 3) and name not in cells, f"{place}, cell {number}")
            cells[name] = Cell(number, bool(flags & 1), rare if flags & 2 else None)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise ProofError("filter_malformed", place=place) from None
    _require(at == len(body), place)
    _require(bool(exact.widths) or all(cell.rare is None for cell in cells.values()), place)
    return seed, exact, cells


def _lookup(body: bytes, at: int) -> tuple[Lookup, int]:
    bits, base, buckets = struct.unpack_from(">BHI", body, at)
    at += 7
    widths = [base + width for width in body[at : at + buckets]]
    _require(len(widths) == buckets and (buckets > 0 or bits == 0), "lookup")
    at += buckets
    starts = [0, *accumulate(width * bits for width in widths)]
    end = at + (starts[-1] + 7) // 8
    _require(end <= len(body), "lookup")
    return Lookup(bits, starts, widths, body[at:end]), end


def _require(condition: bool, place: str) -> None:
    if not condition:
        raise ProofError("filter_malformed", place=place)
