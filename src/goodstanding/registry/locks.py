"""The advisory locks of the database, each under a number of its own, and the two ways of holding one.

They stand together so that no two share one: who held the one would hold up the other, which has nothing to do with it.
Some are of one thing among many: such a lock is held by its number and by the thing, its key or the words that name it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection


def until_committed(number: int, of: int | str | None = None) -> None:
    """Wait for a lock, and hold it until the transaction ends.

    Args:
        number: one of those below.
        of: which thing, where the lock is of one among many.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_places(of)})", _values(number, of))


@contextmanager
def alone(number: int, of: int | str | None = None, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock for this database session, over any number of transactions; a process that dies lets go of it.

    Args:
        number: one of those below.
        of: which thing, where the lock is of one among many.
        wait: for whoever holds it; else it is taken only where nobody does.

    Yields:
        Whether it is held.
    """
    places, values = _places(of), _values(number, of)
    with connection.cursor() as cursor:
        if wait:
            cursor.execute(f"SELECT pg_advisory_lock({places})", values)
            held = True
        else:
            cursor.execute(f"SELECT pg_try_advisory_lock({places})", values)
            held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({places})", values)


def _places(of: int | str | None) -> str:
    if of is None:
        return "%s"
    return "%s, hashtext(%s)" if isinstance(of, str) else "%s, %s"


def _values(number: int, of: int | str | None) -> list[int | str]:
    return [number] if of is None else [number, of]


#: Of one batch: by whoever takes it in.
BATCH: Final = 7_036_001
#: Of one file, by its digest: by whoever makes a batch of it or removes it.
FILE: Final = 7_036_002
#: Of one item of the catalogue: by whoever commits a batch of it to the lake.
ITEM: Final = 7_036_003
#: Of one full list, by its authority and contract: by whoever settles what it lacks.
LIST: Final = 7_036_004
#: Of one batch of the lake: by whoever announces it.
ANNOUNCEMENT: Final = 7_036_005
#: Of one key that a client chose: by whoever makes an application under it.
APPLICATION: Final = 7_036_006
#: Of one address, by its digest: by whoever asks for notices to it.
NOTICE_ADDRESS: Final = 7_036_007

#: By the worker that brings the journal into the lake.
LAKE_FOLLOWER: Final = 7_036_874_417_780
#: By whoever removes files of the lake; shared by whoever commits some.
LAKE_FILES: Final = 7_036_874_417_781
#: By whoever makes the lake's tables.
LAKE_TABLES: Final = 7_036_874_417_782
#: By whoever moves clocks because the calendar has changed.
REDATING: Final = 7_036_874_417_783
#: Held by whoever writes tiles and checkpoints of the log.
SEALER: Final = 7_036_874_417_766
#: By whoever changes which entities are one.
LINKS: Final = 7_036_874_417_767
#: By whoever changes what recipients must hold; shared by whoever compares with it.
HELD_SETS: Final = 7_036_874_417_768
#: By whoever brings the verifiable map up to the journal.
MAP: Final = 7_036_874_417_769
#: By whoever keeps a section of the status filter.
STATUS_FILTER: Final = 7_036_874_417_770
#: By the worker that makes snapshots.
SNAPSHOTS: Final = 7_036_874_417_771
#: By whoever looks at recipients from outside, so that no host is asked twice at the same time.
PROBES: Final = 7_036_874_417_772
