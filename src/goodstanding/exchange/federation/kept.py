"""Keeping a neighbour's log beside what was followed, and giving the end of it back to a neighbour that lost it.

An instance whose database was put back to an earlier state must not sign a second history. Its followers have verified
its later checkpoints, and hold the commitments under them; from these it goes on where it was (``recover``).
"""

from __future__ import annotations

from typing import Any

from goodstanding import proof
from goodstanding.exchange.errors import ExchangeError
from goodstanding.exchange.mirror import MirrorError
from goodstanding.proof.keys import to_base64
from goodstanding.proof.tiles import TILE_WIDTH, entries_path
from goodstanding.registry.models import Neighbour

from .links import Connection
from .tables import KeptEntries

#: Commitments given in one answer.
PORTION = 50_000


def keep(neighbour: Neighbour, connection: Connection) -> int:
    """Keep the entries of a neighbour's log up to where it was followed, as far as it publishes them.

    Returns:
        How many entries are kept.
    """
    size = kept_size(neighbour)
    while size < neighbour.position:
        index = size // TILE_WIDTH
        width = min(TILE_WIDTH, neighbour.position - index * TILE_WIDTH)
        try:
            data = connection.tile(entries_path(index=index, width=width))
        except MirrorError as error:
            if error.passing:
                raise
            return size  # its witnesses have not seen it yet; the next round asks again
        proof.parse_bundle(data, width=width)
        KeptEntries.objects.update_or_create(
            neighbour=neighbour, index=index, defaults={"width": width, "data": data}
        )
        size = index * TILE_WIDTH + width
    return size


def kept_size(neighbour: Neighbour) -> int:
    """How many entries of a neighbour's log are kept, from the first one on."""
    last = KeptEntries.objects.filter(neighbour=neighbour).order_by("-index").first()
    return last.index * TILE_WIDTH + last.width if last is not None else 0


def given_back(*, origin: str, after: int) -> dict[str, Any]:
    """The checkpoint of a neighbour's log that was verified last, and the commitments after a position.

    Raises:
        ExchangeError: federation.unknown, its log is not followed here.
    """
    neighbour = Neighbour.objects.filter(origin=origin).exclude(checkpoint="").first()
    if neighbour is None:
        raise ExchangeError("federation.unknown", place=origin)
    commitments: list[bytes] = []
    first = after // TILE_WIDTH
    for one in KeptEntries.objects.filter(neighbour=neighbour, index__gte=first).order_by("index"):
        commitments += proof.parse_bundle(bytes(one.data), width=one.width)
        if len(commitments) >= PORTION + TILE_WIDTH:
            break
    commitments = commitments[after - first * TILE_WIDTH :][:PORTION]
    return {
        "checkpoint": neighbour.checkpoint,
        "after": after,
        "commitments": [to_base64(item) for item in commitments],
    }
