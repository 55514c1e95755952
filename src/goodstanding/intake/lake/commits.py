"""One way to commit: stage on the newest state, commit if it is still the newest, else stage again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.table import Table, Transaction

from .catalog import Lake, answering
from .errors import LakeBusy

T = TypeVar("T")
#: Tries before a commit is given up; the pauses between them add up to about twenty seconds.
TRIES = 24


def commit(lake: Lake, *, what: str, stage: Callable[[Table, Transaction], T]) -> T:
    """Change the table exactly once.

    Args:
        lake: the lake.
        what: the operation's name for the reason of a failure.
        stage: called with the table's newest state and a transaction on it, again after each conflict; what it stages
            is committed only if no other commit came between. Staging nothing commits nothing.

    Returns:
        What `stage` returned at the try that held.

    Raises:
        LakeBusy: others were faster at every try.
        LakeUnavailable: the database does not answer.
    """
    for attempt in range(TRIES):
        if attempt:
            time.sleep(random.uniform(0.5, 1.0) * min(1.0, 0.03 * 2**attempt))
        table = lake.table()
        transaction = table.transaction()
        try:
            with answering():
                made = stage(table, transaction)
                transaction.commit_transaction()
            return made
        except (CommitFailedException, ValidationException) as error:
            reason = str(error).splitlines()[0]
    raise LakeBusy(what=what, tries=TRIES, reason=reason)
