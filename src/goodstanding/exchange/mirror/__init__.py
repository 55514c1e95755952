"""The subscriber's side: follows the feed, holds exactly what it may hold, and proves what it dropped.

It needs ``httpx``, ``sqlite3`` and ``goodstanding.proof``, nothing else of the platform; a third party can run
it as it is, or read it as the reference for a program of its own.

What it promises:

- Every page is proved before it is applied: no gap, every commitment recomputed, the tree of all leaf hashes leads
  to the checkpoint that the log signed. The log's key is trusted at first use and pinned.
- A page is applied in one transaction, with its removals' signed receipts. SIGKILL at any point loses nothing and
  doubles nothing: what is not sent yet is sent again, and the platform takes it once.
- It stops, with a precise error, at the first thing that is not proved.

``Mirror`` is all that a program needs; ``python -m goodstanding.exchange.mirror --help`` is the command.
"""

from .errors import MirrorError
from .follower import Mirror, Progress
from .store import Holding, Store, open_store

__all__ = ["Holding", "Mirror", "MirrorError", "Progress", "Store", "open_store"]
