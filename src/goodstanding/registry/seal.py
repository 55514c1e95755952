"""Sealing: the journal as a Merkle log in tiles, with signed checkpoints.

The sealer is the only writer of tiles and checkpoints (an advisory lock keeps it alone) and writes both in one
transaction, so a crash leaves the last checkpoint and its tiles, whole. Sealing again continues from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from goodstanding import proof
from goodstanding.proof import SignerKey
from goodstanding.proof.beside import BesideSigner, sign_checkpoint_beside

from . import locks
from .models import Checkpoint, Tile


class DatabaseTiles:
    """The tiles of the log in the registry's own table."""

    def read(self, level: int, index: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile, 32 bytes each."""
        data = bytes(Tile.objects.values_list("data", flat=True).get(level=level, index=index))
        return data[: 32 * width]

    def write(self, written: list[proof.Tile]) -> None:
        """Store tiles, a longer partial tile over a shorter one."""
        Tile.objects.bulk_create(
            [Tile(level=tile.level, index=tile.index, width=tile.width, data=tile.data) for tile in written],
            update_conflicts=True,
            unique_fields=["level", "index"],
            update_fields=["width", "data"],
        )


def latest() -> Checkpoint | None:
    """The last signed checkpoint."""
    return Checkpoint.objects.order_by("-size").first()


def sealed_size() -> int:
    """How many positions of the journal are sealed, and with that on the feed."""
    return Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0


@transaction.atomic
def seal(
    *,
    signer: SignerKey,
    origin: str,
    at: datetime,
    limit: int = 50_000,
    beside: Sequence[BesideSigner] = (),
) -> Checkpoint | None:
    """Bring up to ``limit`` further events into the log and sign its new state.

    Args:
        signer: the log's signing key.
        origin: the log's name in its checkpoints.
        at: the instant of signing.
        limit: the most events to seal in this transaction.
        beside: further keys of the log that sign too.

    Returns:
        The new checkpoint, or None where nothing was left to seal.
    """
    locks.until_committed(locks.SEALER)
    with connection.cursor() as cursor:
        before = latest()
        size = before.size if before else 0
        cursor.execute(
            "SELECT commitment FROM registry_event WHERE position > %s ORDER BY position LIMIT %s",
            [size, limit],
        )
        leaves = [proof.leaf_hash(bytes(row[0])) for row in cursor.fetchall()]
    if not leaves:
        return None
    store = DatabaseTiles()
    store.write(list(proof.new_tiles(old_size=size, new_leaf_hashes=leaves, store=store)))
    new_size = size + len(leaves)
    root = proof.root_at(size=new_size, store=store)
    state = proof.Checkpoint(origin=origin, size=new_size, root=root)
    text = sign_checkpoint_beside(state, signer=signer, beside=beside, timestamp=int(at.timestamp()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('goodstanding_sealed', %s)", [str(new_size)])
    return Checkpoint.objects.create(size=new_size, root=root, note=text, signed_at=at)
