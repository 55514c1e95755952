"""The verifiable map in the database: reading it as it was at a seal, and writing what changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.db.models import Q

from goodstanding import proof
from goodstanding.proof.vmap import KEY_BYTES
from goodstanding.proof.vmap_tree import (
    FEW,
    Entry,
    Part,
    new_entry,
    root_of,
    tile_part,
    tile_parts,
    update_tiles,
)

from .models import MapEntry, MapTile
from .vmap_function import Made

#: OFFSET 0 keeps each prefix a search of its own: as one join, all entries would be compared with all prefixes.
_UNDER = """
    SELECT asked.prefix, held.key, held.commitment, held.linked
    FROM unnest(%s::text[], %s::bytea[], %s::bytea[]) AS asked (prefix, low, high)
    CROSS JOIN LATERAL (
        SELECT key, commitment, linked FROM exchange_mapentry
        WHERE key BETWEEN asked.low AND asked.high AND since <= %s AND (gone IS NULL OR gone > %s) OFFSET 0
    ) held
    ORDER BY held.key
"""
_HELD = """
    SELECT held.key, held.commitment FROM unnest(%s::bytea[]) AS asked (key)
    JOIN exchange_mapentry held ON held.key = asked.key AND held.gone IS NULL
"""
_END = """
    UPDATE exchange_mapentry held SET gone = %s FROM unnest(%s::bytea[]) AS asked (key)
    WHERE held.key = asked.key AND held.gone IS NULL
"""
_DIGITS = 2 * KEY_BYTES


class DatabaseMap:
    """The map in the tables, as it was at the seal of the events up to a position."""

    def __init__(self, until: int) -> None:
        self._until = until

    def tiles(self, prefixes: Collection[str]) -> Mapping[str, bytes]:
        """The tiles at some prefixes, of those that have one."""
        found = MapTile.objects.filter(held_at(self._until), prefix__in=list(prefixes))
        return {prefix: bytes(data) for prefix, data in found.values_list("prefix", "data")}

    def entries(self, prefixes: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """All entries under each of some prefixes, in the order of their keys."""
        found: dict[str, list[Entry]] = {prefix: [] for prefix in prefixes}
        lows = [bytes.fromhex(prefix.ljust(_DIGITS, "0")) for prefix in found]
        highs = [bytes.fromhex(prefix.ljust(_DIGITS, "f")) for prefix in found]
        with connection.cursor() as cursor:
            cursor.execute(_UNDER, [list(found), lows, highs, self._until, self._until])
            for prefix, key, commitment, linked in cursor.fetchall():
                found[prefix].append(Entry(bytes(key), bytes(commitment), bytes(linked)))
        return found


def held_at(until: int) -> Q:
    """Rows as they stood at the seal of the events up to a position."""
    return Q(since__lte=until) & (Q(gone__isnull=True) | Q(gone__gt=until))


def write_entries(wanted: Mapping[bytes, Made], keys: list[bytes], *, until: int) -> set[bytes]:
    """Make the entries under `keys` those that are wanted. Returns the keys whose commitment changed."""
    made = {key: item.commitment for key, item in wanted.items()}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [keys])
        held = {bytes(key): bytes(value) for key, value in cursor.fetchall()}
        changed = {key for key in held.keys() | made.keys() if held.get(key) != made.get(key)}
        cursor.execute(_END, [until, [key for key in changed if key in held]])
    MapEntry.objects.bulk_create(
        [
            MapEntry(
                key=key,
                commitment=made[key],
                linked=new_entry(key, made[key]).linked,
                salt=wanted[key].salt,
                state=wanted[key].state,
                since=until,
            )
            for key in sorted(changed)
            if key in made
        ],
        batch_size=5_000,
    )
    return changed


def write_tiles(changed: Collection[bytes], *, until: int) -> bytes:
    """Bring the tiles above changed keys up to date. Returns the root."""
    made = update_tiles(DatabaseMap(until), changed)
    MapTile.objects.filter(gone__isnull=True, prefix__in=list(made.tiles)).update(gone=until)
    MapTile.objects.bulk_create(
        [MapTile(prefix=prefix, data=data, since=until) for prefix, data in made.tiles.items() if data],
        batch_size=5_000,
    )
    return made.root


def forget(until: int) -> None:
    """Delete what only proofs against earlier seals than the one of the events up to a position would need."""
    MapEntry.objects.filter(gone__lte=until).delete()
    MapTile.objects.filter(gone__lte=until).delete()


def stored_root(until: int) -> bytes:
    """The root that the tables have as of a seal; empty bytes where entries, tiles and the tiles above them differ."""
    entries = MapEntry.objects.filter(held_at(until)).order_by("key").values_list("key", "commitment")
    root = proof.map_root_in_order((bytes(key), bytes(value)) for key, value in entries.iterator())
    few = entries[: FEW + 1].count() <= FEW
    expected: dict[str, Part] = {}
    tiles = MapTile.objects.filter(held_at(until)).order_by("prefix").values_list("prefix", "data")
    for prefix, data in tiles.iterator():
        found = tile_part(prefix, bytes(data))
        if (prefix and expected.pop(prefix, None) != found) or (not prefix and found.hash != root):
            return b""
        below = tile_parts(prefix, bytes(data))
        expected |= {longer: part for longer, part in below.items() if part.number > FEW}
    missing = expected or few == tiles.exists()
    return b"" if missing or root_of(DatabaseMap(until)) != root else root
