"""Reading the lists of the catalogue, and the catalogue that is in force on a day.

Shipped lists lie in ``lists/``. National and market lists are in use; a local supplement is when the setting
CATALOGUE_SUPPLEMENTS names it. An installation's own lists lie in the folder ``catalogue`` of its data folder, and are
in use all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from goodstanding.law.errors import PackRefused
from goodstanding.law.yaml_lines import line_of, read

from .errors import CatalogueProblem, CatalogueRefused
from .model import CatalogueList, Item
from .supplement import wider

SHIPPED = Path(__file__).parent / "lists"


@dataclass(frozen=True, slots=True)
class Listed:
    """An item and the list that holds it."""

    item: Item
    list: CatalogueList


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items in force on one day."""

    on: date
    listed: tuple[Listed, ...]

    def find(self, code: str) -> Listed | None:
        """The item of this id with its list, or None."""
        return next((found for found in self.listed if found.item.id == code), None)

    def item(self, code: str) -> Item:
        """The item of this id. Raises KeyError."""
        found = self.find(code)
        if found is None:
            raise KeyError(code)
        return found.item


def read_list(path: Path) -> CatalogueList:
    """Read one list.

    Raises:
        CatalogueRefused: with file, line and reason for every fault found.
    """
    try:
        value, lines = read(path.read_text(encoding="utf-8"), file=path.name)
    except PackRefused as error:
        problems = tuple(CatalogueProblem(item.line, item.reason) for item in error.problems)
        raise CatalogueRefused(file=path.name, problems=problems) from error
    except UnicodeDecodeError as error:
        problem = CatalogueProblem(1, f"not UTF-8: {error.reason}")
        raise CatalogueRefused(file=path.name, problems=(problem,)) from error
    faults: list[tuple[tuple[str | int, ...], str]]
    try:
        found = CatalogueList.model_validate(value)
    except ValidationError as error:
        faults = [(item["loc"], f"{_dotted(item['loc'])}: {item['msg']}") for item in error.errors()]
    else:
        faults = [*found.faults()]
        if not faults:
            return found
    raise _refused(path, faults, lines)


def _dotted(place: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in place) or "the file"


def _refused(
    path: Path, faults: list[tuple[tuple[str | int, ...], str]], lines: dict[tuple[str | int, ...], int]
) -> CatalogueRefused:
    problems = tuple(CatalogueProblem(line_of(place, lines), reason) for place, reason in faults)
    return CatalogueRefused(file=path.name, problems=problems)


@lru_cache(maxsize=256)
def _read_once(path: Path, changed: int) -> CatalogueList:
    return read_list(path)


def _lists_of(folder: Path) -> Iterator[tuple[Path, CatalogueList]]:
    for path in sorted(folder.rglob("*.yaml")):
        yield path, _read_once(path, path.stat().st_mtime_ns)


def all_lists() -> tuple[CatalogueList, ...]:
    """Every shipped list, those not in use too."""
    return tuple(found for _, found in _lists_of(SHIPPED))


def lists_in_use() -> tuple[CatalogueList, ...]:
    """The lists of this installation, national ones first, each supplement held against its national list.

    Raises:
        CatalogueRefused: a list is faulty, or a supplement goes beyond what it may.
    """
    shipped = [*_lists_of(SHIPPED)]
    chosen = set(settings.CATALOGUE_SUPPLEMENTS)
    if unknown := sorted(chosen - {found.id for _, found in shipped}):
        problem = CatalogueProblem(1, f"no shipped list has the id {', '.join(unknown)}")
        raise CatalogueRefused(file="GOODSTANDING_CATALOGUE", problems=(problem,))
    used = [(path, found) for path, found in shipped if found.level != "local" or found.id in chosen]
    used += _lists_of(_own())
    order = ("national", "local", "market")
    used.sort(key=lambda entry: (order.index(entry[1].level), entry[1].id))
    return tuple(found for _, found in used if _fits(_, found, used))


def _fits(path: Path, found: CatalogueList, used: list[tuple[Path, CatalogueList]]) -> bool:
    """Whether a list may stand beside the others. Raises CatalogueRefused."""
    faults: list[tuple[tuple[str | int, ...], str]] = []
    if sum(other.id == found.id for _, other in used) > 1:
        faults.append((("id",), f"two lists have the id {found.id}"))
    if found.supplements is not None:
        national = next((o for _, o in used if (o.id, o.level) == (found.supplements, "national")), None)
        if national is None or national.jurisdiction != found.jurisdiction:
            faults.append(
                (("supplements",), f"{found.jurisdiction} has no national list {found.supplements} in use")
            )
        else:
            faults += wider(found, national)
    if faults:
        _, lines = read(path.read_text(encoding="utf-8"), file=path.name)
        raise _refused(path, faults, lines)
    return True


def catalogue_on(on: date) -> Catalogue:
    """The catalogue in force on a day. Where a supplement narrows a national item, the supplement's holds.

    Raises:
        CatalogueRefused: see ``lists_in_use``.
    """
    found: dict[str, Listed] = {}
    for one in lists_in_use():
        for item in one.items:
            if one.in_force_of(item).covers(on):
                found[item.id] = Listed(item, one)
    return Catalogue(on=on, listed=tuple(found[code] for code in sorted(found)))


def latest_catalogue() -> Catalogue:
    """Every item that a list in use has or had, in its latest version. It is on the last day that there is.

    Raises:
        CatalogueRefused: see ``lists_in_use``.
    """
    found: dict[str, Listed] = {}
    for one in lists_in_use():
        for item in one.items:
            held = found.get(item.id)
            if held is None or one.in_force_of(item).from_ >= held.list.in_force_of(held.item).from_:
                found[item.id] = Listed(item, one)
    return Catalogue(on=date.max, listed=tuple(found[code] for code in sorted(found)))


def lists_changed() -> tuple[tuple[str, int], ...]:
    """Files of the lists with the instant of their last change, by which whoever keeps a reading knows its age."""
    files = [*SHIPPED.rglob("*.yaml"), *_own().rglob("*.yaml")]
    return (
        *((str(path), path.stat().st_mtime_ns) for path in sorted(files)),
        *((chosen, 0) for chosen in settings.CATALOGUE_SUPPLEMENTS),
    )


def _own() -> Path:
    return Path(settings.INTAKE_FOLDER).parent / "catalogue"


def contents(listed: Item) -> dict[str, Any]:
    """An item as it stands in the database."""
    return listed.model_dump(mode="json", by_alias=True, exclude={"id", "in_force"})
