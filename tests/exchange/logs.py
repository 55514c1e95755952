"""Logs for tests: grown by events of no importance, spoiled behind the triggers' back, waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import connection, transaction

from goodstanding import proof
from goodstanding.exchange.log.audit import audit_database
from goodstanding.registry import journal

from .stage import now, seal_all


def append_some(count: int = 1) -> None:
    """Append events of no importance."""
    with transaction.atomic():
        journal.append([journal.NewEvent("tested", {"number": number}) for number in range(count)], at=now())


def grow(count: int = 1) -> int:
    """Append events of no importance, and seal them. The log's size."""
    append_some(count)
    return seal_all()


def spoiled(statement: str, values: list[object]) -> tuple[proof.Fault, ...]:
    """What an audit finds after a change behind the triggers' back, which is taken back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, values)
        found = audit_database().faults
        transaction.set_rollback(True)
    return found


def until(condition: Callable[[], bool]) -> None:
    """Wait for what a thread or another process does, for a minute at most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
