"""The advisory locks of the database, each under a number of its own.

They stand together so that no two share one: who held the one would hold up the other, which has nothing to do with it.
"""

from __future__ import annotations

from typing import Final

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
