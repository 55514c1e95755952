"""From rows of organisations to what linkage compares: one row for each name that an organisation bears or bore."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from multiprocessing import get_context
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from goodstanding.identity import IdentifierError, Scheme, parse
from goodstanding.intake.linkage import addresses, blocks, names
from goodstanding.intake.linkage.errors import LinkageError
from goodstanding.intake.linkage.text import LOST

SCHEMES: Final = (Scheme.USCC, Scheme.ORG_CODE, Scheme.REGISTRATION_NO, Scheme.LEI)
_ROWS_AT_ONCE: Final = 50_000
_NUMERALS: Final = "[一二三四五六七八九十]+"
_COUNTED: Final = "分厂店部队号所院校中小库站社矿处建期区"
_ORDINALS: Final = re.compile(f"[0-9]+|第{_NUMERALS}|{_NUMERALS}(?=[{_COUNTED}])")
_SEPARATORS: Final = re.compile(r"[;；|\n]")


@dataclass(frozen=True, slots=True)
class Face:
    """One name of one organisation with all else that is known of it; null where nothing is known.

    `owner` is the number of the row in its table, `former` whether the name is a former one. `whole` is the name
    without signs, `letters` its characters in their order, `ordinals` the numbers that count something in it. What
    ends in `folded` has one ASCII character for each character, so that an edit distance counts characters on every
    engine. `branch` and `form` are empty, not null, where the name has none.
    """

    owner: int
    former: bool
    whole: str | None
    whole_folded: str | None
    core: str | None
    brand: str | None
    trade: str | None
    form: str
    branch: str
    folded: str | None
    initials: str | None
    word_set: str | None
    letters: str | None
    ordinals: str
    brand_folded: str | None
    lost: int
    latin: bool
    name_place: str | None
    name_province: str | None
    province: str | None
    prefecture: str | None
    district: str | None
    road: str | None
    numbers: str | None
    address: str | None
    address_folded: str | None
    uscc: str | None
    org_code: str | None
    registration_no: str | None
    lei: str | None


_TYPES: Final = {"owner": pa.int64(), "former": pa.bool_(), "lost": pa.int32(), "latin": pa.bool_()}
FACES: Final = pa.schema(
    [("face", pa.int64())] + [(f.name, _TYPES.get(f.name, pa.string())) for f in fields(Face)]
)
KEYS: Final = pa.schema([("face", pa.int64()), ("key", pa.string())])


class _Folds(dict[int, str]):
    """ASCII letters, digits and blanks stay; every other character becomes one of 62, always the same."""

    alphabet: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$+,-:;<>@"

    def __missing__(self, number: int) -> str:
        character = chr(number)
        kept = character.isascii() and (character.isalnum() or character in (" ", LOST))
        form = self[number] = character if kept else self.alphabet[number * 2654435761 % 4294967291 % 61]
        return form


_FOLDS: Final = _Folds()


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
    wanted = ["name", "address", "division", "former_names", *(scheme.value for scheme in SCHEMES)]
    chosen = table.select([column for column in wanted if column in table.column_names])
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
    columns: list[list[Any]] = [[] for _ in fields(Face)]
    names_of_fields = [f.name for f in fields(Face)]
    key_faces: list[int] = []
    key_texts: list[str] = []
    number = 0
    for owner, row in enumerate(_rows(table), start=first):
        for face in faces_of(owner, row):
            for column, name in zip(columns, names_of_fields, strict=True):
                column.append(getattr(face, name))
            if face.latin and face.core and face.brand:
                keys = blocks.latin_keys(face.core, face.brand, face.initials or "", face.numbers or "")
                key_texts.extend(keys)
                key_faces.extend([number] * len(keys))
            number += 1
    schema = pa.schema([field for field in FACES if field.name != "face"])
    faces = pa.table(columns, schema=schema)
    return faces, pa.table([pa.array(key_faces, pa.int64()), pa.array(key_texts, pa.string())], schema=KEYS)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    columns = [column.to_pylist() for column in table.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(table.column_names, values, strict=True))


def faces_of(owner: int, row: dict[str, Any]) -> list[Face]:
    """The faces of one row: its name and every former name of it that is another."""
    former = row.get("former_names") or []
    if isinstance(former, str):
        former = _SEPARATORS.split(former)
    place = addresses.take_apart(row.get("address") or "")
    stated = addresses.take_apart(row["division"]) if row.get("division") else addresses.AddressParts()
    codes = _codes(row)
    faces: list[Face] = []
    for number, name in enumerate([row["name"] or "", *former]):
        parts = names.take_apart(name)
        if number and (
            not parts.core or any(face.core == parts.core and face.branch == parts.branch for face in faces)
        ):
            continue
        faces.append(_face(owner, bool(number), parts, place, stated, codes))
    return faces


def _face(
    owner: int,
    former: bool,
    parts: names.NameParts,
    place: addresses.AddressParts,
    stated: addresses.AddressParts,
    codes: dict[str, str | None],
) -> Face:
    provinces = [code for name in parts.divisions if (code := names.province_code(name))]
    prefectures = [name for name in parts.divisions if name in names.words.PREFECTURES]
    known = [name for name in parts.divisions if name != "中国"]
    return Face(
        owner=owner,
        former=former,
        whole=parts.whole or None,
        whole_folded=parts.whole.translate(_FOLDS) or None,
        core=parts.core or None,
        brand=parts.brand or None,
        trade=parts.trade or None,
        form=parts.form,
        branch=parts.branch,
        folded=parts.core.translate(_FOLDS) or None,
        initials=names.initials(parts) or None,
        word_set=" ".join(sorted(set(parts.core.split()))) if parts.latin and parts.core else None,
        letters="".join(sorted(parts.whole)) or None,
        ordinals="".join(_ORDINALS.findall(parts.whole)),
        brand_folded=parts.brand.translate(_FOLDS) or None,
        lost=parts.whole.count(LOST),
        latin=parts.latin,
        name_place=known[0] if known else None,
        name_province=provinces[0] if provinces else None,
        province=stated.province or place.province or (provinces[0] if provinces else None),
        prefecture=stated.prefecture or place.prefecture or (prefectures[0] if prefectures else None),
        district=stated.district or place.district or None,
        road=place.road or None,
        numbers=place.numbers or None,
        address=place.text or None,
        address_folded=place.text.translate(_FOLDS)[:48] or None,
        **codes,
    )


def _codes(row: dict[str, Any]) -> dict[str, str | None]:
    """The valid identifiers of a row; a USCC says the organisation code too."""
    codes: dict[str, str | None] = {}
    for scheme in SCHEMES:
        text = row.get(scheme.value)
        try:
            codes[scheme.value] = parse(text, scheme=scheme).value if text else None
        except IdentifierError:
            codes[scheme.value] = (
                None  # only valid identifiers say anything; checking tells the sender of others
            )
    uscc = codes["uscc"]
    if uscc and not codes["org_code"]:
        codes["org_code"] = uscc[8:17]
    return codes
