"""From rows of organisations to what linkage compares: one row for each name that an organisation bears or bore."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from operator import itemgetter
from typing import Any, Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from goodstanding.identity import IdentifierError, Scheme, parse
from goodstanding.intake.linkage import addresses, blocks, names
from goodstanding.intake.linkage.errors import LinkageError
from goodstanding.intake.linkage.text import LOST, fold

SCHEMES: Final = (Scheme.USCC, Scheme.ORG_CODE, Scheme.REGISTRATION_NO, Scheme.LEI)
_READ: Final = ("name", "address", "division", "former_names", *(scheme.value for scheme in SCHEMES))
_NO_CODES: Final = (None,) * len(SCHEMES)
_ROWS_AT_ONCE: Final = 50_000
_NUMERALS: Final = "[一二三四五六七八九十]+"
_COUNTED: Final = "分公厂场店部队号所院校中小库站社矿处建期区组车门"
_ORDINALS: Final = re.compile(f"[0-9]+|第{_NUMERALS}|{_NUMERALS}(?=[{_COUNTED}])")
_SEPARATORS: Final = re.compile(r"[;；|\n]")


class Face(NamedTuple):
    """One name of one organisation with all else that is known of it; null where nothing is known.

    `owner` is the number of the row in its table, `former` whether the name is a former one. `whole` is the name
    without signs, `letters` its characters in their order, `ordinals` the numbers that count something in it. What
    ends in `folded` has one ASCII character for each character, so that an edit distance counts characters on every
    engine; `refolded` is the same by another rule, since two characters in sixty fold alike. `places` are the divisions
    in the name, largest first, `name_place` the smallest. `branch` and `form` are empty, not null, where the name has
    none.
    """

    owner: int
    former: bool
    whole: str | None
    core: str | None
    brand: str | None
    trade: str | None
    form: str
    branch: str
    initials: str | None
    word_set: str | None
    letters: str | None
    ordinals: str
    lost: int
    latin: bool
    places: str | None
    name_place: str | None
    province: str | None
    prefecture: str | None
    district: str | None
    road: str | None
    numbers: str | None
    address: str | None
    uscc: str | None
    org_code: str | None
    registration_no: str | None
    lei: str | None
    whole_folded: str | None = None
    whole_refolded: str | None = None
    folded: str | None = None
    refolded: str | None = None
    brand_folded: str | None = None
    address_folded: str | None = None


_ONCE, _AGAIN = 2654435761, 1597334677
_FOLDED: Final = {
    "whole_folded": ("whole", _ONCE),
    "whole_refolded": ("whole", _AGAIN),
    "folded": ("core", _ONCE),
    "refolded": ("core", _AGAIN),
    "brand_folded": ("brand", _ONCE),
    "address_folded": ("address", _ONCE),
}
"""Columns that are folded from others, whole columns at once, and by which factor."""
_TYPES: Final = {"owner": pa.int64(), "former": pa.bool_(), "lost": pa.int32(), "latin": pa.bool_()}
FACES: Final = pa.schema(
    [("face", pa.int64())] + [(name, _TYPES.get(name, pa.string())) for name in Face._fields]
)
KEYS: Final = pa.schema([("face", pa.int64()), ("key", pa.string())])


def make_faces(table: pa.Table, *, title: str, processes: int = 1) -> tuple[pa.Table, pa.Table]:
    """Features of every row, and the keys by which candidates are found.

    Args:
        table: columns `key` and `name`, and where there are any `address`, `division` (a place, if it is known
            beside the address), `former_names` (a list, or text separated by ; or |), `uscc`, `org_code`,
            `registration_no`, `lei`.
        title: what the table holds, for errors.
        processes: how many work at once; more than one pays from about a hundred thousand rows on.
    Returns:
        Faces (`FACES`), and the block keys of Latin names (`KEYS`): both name a face by its number, from 0 in the
        order of rows.
    Raises:
        LinkageError: a needed column is missing, a key stands twice, opencc is missing.
    """
    for column in ("key", "name"):
        if column not in table.column_names:
            raise LinkageError.column_missing(title, column)
    _require_unique(table["key"], title)
    chosen = table.select([column for column in _READ if column in table.column_names])
    parts = [(chosen.slice(at, _ROWS_AT_ONCE), at) for at in range(0, max(len(chosen), 1), _ROWS_AT_ONCE)]
    if processes > 1 and len(parts) > 1:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            made = list(pool.map(_of_part, parts))
    else:
        made = [_of_part(part) for part in parts]
    return _numbered(made)


def _require_unique(keys: pa.ChunkedArray, title: str) -> None:
    counts = keys.combine_chunks().value_counts()
    repeated = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(repeated):
        raise LinkageError.key_repeated(title, str(repeated[0]["values"].as_py()))


def _numbered(made: Sequence[tuple[pa.Table, pa.Table]]) -> tuple[pa.Table, pa.Table]:
    faces, keys, first = [], [], 0
    for part_faces, part_keys in made:
        numbers = pa.array(range(first, first + len(part_faces)), pa.int64())
        faces.append(part_faces.add_column(0, FACES.field("face"), numbers))
        shifted = pc.add(part_keys["face"], first)
        keys.append(pa.table([shifted, part_keys["key"]], schema=KEYS))
        first += len(part_faces)
    return pa.concat_tables(faces), pa.concat_tables(keys)


def _of_part(part: tuple[pa.Table, int]) -> tuple[pa.Table, pa.Table]:
    table, first = part
    faces: list[Face] = []
    key_faces: list[int] = []
    key_texts: list[str] = []
    columns = {name: _values(table[name]) for name in table.column_names}
    nothing = [None] * len(table)
    rows = zip(*(columns.get(name, nothing) for name in _READ), strict=True)
    for owner, (name, address, division, former, *codes) in enumerate(rows, start=first):
        for face in _faces_of(owner, name, address, division, former, codes):
            if face.latin and face.core and face.brand:
                keys = blocks.latin_keys(face.core, face.brand, face.initials or "", face.numbers or "")
                key_texts.extend(keys)
                key_faces.extend([len(faces)] * len(keys))
            faces.append(face)
    schema = pa.schema([field for field in FACES if field.name != "face"])
    made = {field.name: pa.array(map(itemgetter(at), faces), field.type) for at, field in enumerate(schema)}
    for column, (text, factor) in _FOLDED.items():
        made[column] = fold(made[text], factor=factor)
    keys_made = [pa.array(key_faces, pa.int64()), pa.array(key_texts, pa.string())]
    return pa.table(made, schema=schema), pa.table(keys_made, schema=KEYS)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Values of a column; texts by way of NumPy, which is five times as fast."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return texts
    values: list[Any] = column.to_pylist()
    return values


def _faces_of(
    owner: int,
    name: str | None,
    address: str | None,
    division: str | None,
    former: Sequence[str] | str | None,
    codes: Sequence[str | None],
) -> list[Face]:
    """The faces of one row: its name and every former name of it that is another."""
    if isinstance(former, str):
        former = _SEPARATORS.split(former)
    place = addresses.take_apart(address) if address else addresses.NOTHING
    stated = addresses.take_apart(division) if division else addresses.NOTHING
    valid = _codes(codes) if any(codes) else _NO_CODES
    faces = [_face(owner, False, names.take_apart(name or ""), place, stated, valid)]
    for other in former or ():
        parts = names.take_apart(other)
        if parts.core and all(face.core != parts.core or face.branch != parts.branch for face in faces):
            faces.append(_face(owner, True, parts, place, stated, valid))
    return faces


def _face(
    owner: int,
    former: bool,
    parts: names.NameParts,
    place: addresses.AddressParts,
    stated: addresses.AddressParts,
    codes: Sequence[str | None],
) -> Face:
    province = prefecture = ""
    for name in parts.divisions:
        province = province or names.province_code(name)
        within = names.words.PREFECTURES.get(name)
        if not prefecture and within and name not in names.words.PROVINCE_OF_NAME and within == province:
            prefecture = name
    known = [name for name in parts.divisions if name != "中国"]
    whole, core = parts.whole, parts.core
    return Face(
        owner=owner,
        former=former,
        whole=whole or None,
        core=core or None,
        brand=parts.brand or None,
        trade=parts.trade or None,
        form=parts.form,
        branch=parts.branch,
        initials=(names.initials(parts) or None) if parts.latin else None,
        word_set=" ".join(sorted(set(core.split()))) if parts.latin and core else None,
        letters="".join(sorted(whole)) or None,
        ordinals="".join(_ORDINALS.findall(whole)),
        lost=whole.count(LOST),
        latin=parts.latin,
        places=" ".join(known) or None,
        name_place=known[-1] if known else None,
        province=stated.province or place.province or province or None,
        prefecture=stated.prefecture or place.prefecture or prefecture or None,
        district=stated.district or place.district or None,
        road=place.road or None,
        numbers=place.numbers or None,
        address=place.text or None,
        uscc=codes[0],
        org_code=codes[1],
        registration_no=codes[2],
        lei=codes[3],
    )


def _codes(texts: Sequence[str | None]) -> list[str | None]:
    """The valid identifiers of a row; a USCC says the organisation code too."""
    codes: list[str | None] = []
    for scheme, text in zip(SCHEMES, texts, strict=True):
        try:
            codes.append(parse(text, scheme=scheme).value if text else None)
        except IdentifierError:
            codes.append(None)  # only valid identifiers say anything; checking tells the sender of others
    uscc = codes[0]
    if uscc and not codes[1]:
        codes[1] = uscc[8:17]
    return codes
