"""The log as it lies in the database, read tile by tile."""

from __future__ import annotations

from goodstanding.proof import bundle
from goodstanding.proof.tiles import TILE_WIDTH
from goodstanding.registry.models import Event, Tile


class StoredLog:
    """Tiles from ``registry_tile``, entries from the commitments of ``registry_event``."""

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile. Raises LookupError."""
        data = Tile.objects.values_list("data", flat=True).filter(level=level, index=index).first()
        if data is None:
            raise LookupError(self.place(level, index, width, None))
        return bytes(data)[: 32 * width]

    def entries(self, index: int, width: int) -> bytes:
        """The bundle of ``width`` commitments. Raises LookupError where one is missing."""
        first = TILE_WIDTH * index
        found = (
            Event.objects.filter(position__gt=first, position__lte=first + width)
            .order_by("position")
            .values_list("commitment", flat=True)
        )
        commitments = [bytes(item) for item in found]
        if len(commitments) != width:
            raise LookupError(self.place(None, index, width, None))
        return bundle(commitments)

    def place(self, level: int | None, index: int, width: int, number: int | None) -> str:
        """The table, and the position or the hash in it."""
        if level is None:
            first = TILE_WIDTH * index + 1
            if number is not None:
                return f"registry_event.commitment, position {first + number}"
            return f"registry_event, positions {first} to {first + width - 1}"
        place = f"registry_tile, level {level}, index {index}"
        return place if number is None else f"{place}, hash {number}"
