"""Processes to be killed: children of a test, with database connections of their own."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial

from django.db import connection, connections


def forked(action: Callable[[], object]) -> int:
    """Run an action in a process of its own. Its number; it exits with 0, or with 1 where the action failed."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        action()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def ended(child: int) -> int:
    """Wait for a child. Its exit status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill(child: int) -> bool:
    """Kill a child; whether it was still at work."""
    os.kill(child, signal.SIGKILL)
    return ended(child) == -signal.SIGKILL


def settled() -> None:
    """Wait until the server has noticed that its clients are dead."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.01)
    raise AssertionError("a killed client is still connected")


def keep_forking(action: Callable[[str], object]) -> None:
    """For each line on the standard input run an action of it in a fork of this process, which spares it the imports.

    The child's number is printed, and once it is dead its exit status.
    """
    for line in sys.stdin:
        child = forked(partial(action, line.strip()))
        print(child, flush=True)
        print(ended(child), flush=True)
