"""The recipient's side: follows the feed, holds exactly what it may hold, and proves what it dropped.

    mirror = Mirror("https://credit.example.cn", token, "mirror.sqlite3", private_key)
    mirror.follow_once()
    for holding in mirror.holdings():
        ...

It needs ``httpx``, ``cryptography``, ``orjson`` and ``goodstanding.proof`` (``psycopg`` where the store is in
PostgreSQL, ``pyarrow`` for a quick first load), nothing else of the platform; a third party can run it as it is, build
on it, or read it as the reference for a program of its own.

What it promises:

- Every page is proved before it is applied: no gap, every commitment recomputed, the tree of all leaf hashes leads
  to the checkpoint that the log signed. The log's key is pinned: that of the recipient's policy, or the first one seen.
- A page is applied in one transaction, with its removals' signed receipts. SIGKILL at any point loses nothing and
  doubles nothing: what is not sent yet is sent again, and the platform takes it once.
- It holds nothing outside the agreements, each of which is proved to be the provider's; under one that has ended
  it deletes, and states the deletion.
- A receipt goes out when the record is gone here and everyone to whom it was passed on has been told.
- At its start and once a day it signs a digest of all that it holds; what the platform finds to differ is mended.
- It stops, with a precise error, at the first thing that is not proved. What is amiss beside the feed (an agreement,
  the witnesses) holds no removal up; it is alarmed.

``python -m goodstanding.exchange.mirror --help`` is the command.
"""

from . import conformance
from .agreed import Agreed, Waiting
from .errors import MirrorError
from .keeper import Changed
from .library import Mirror, Onward
from .progress import FromBeginning, Loaded, MirrorAlarm, Progress
from .reconcile import Reconciled
from .standing import Standing
from .store import Holding, State, Store, ToTell, open_store

__all__ = [
    "Agreed",
    "Changed",
    "FromBeginning",
    "Holding",
    "Loaded",
    "Mirror",
    "MirrorAlarm",
    "MirrorError",
    "Onward",
    "Progress",
    "Reconciled",
    "Standing",
    "State",
    "Store",
    "ToTell",
    "Waiting",
    "conformance",
    "open_store",
]
