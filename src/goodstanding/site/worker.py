"""The worker: what happens without anybody asking, driven by the journal and by the clock.

- seals new events as soon as the journal tells of them,
- ends publications that reached their maximum and takes up intake that a crash interrupted, every minute,
- pushes to subscribers that asked for it.

It holds no state: kill it at any moment and start it again. Two workers do no harm (locks in the database).
"""

from __future__ import annotations

import logging
import threading
import time

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from goodstanding.exchange import push
from goodstanding.intake import commands as intake
from goodstanding.proof import SignerKey
from goodstanding.registry import commands as registry
from goodstanding.registry import seal

log = logging.getLogger(__name__)

#: Seconds between two looks at the clock's work (ending publications, interrupted intake).
SWEEP_EVERY = 60.0
#: The longest wait for news before looking anyway, in seconds.
PATIENCE = 1.0


def log_key() -> SignerKey:
    """The log's signing key, made from this installation's secret."""
    return SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET)


def seal_all() -> int:
    """Seal everything that the journal holds. Returns how many events were sealed."""
    before = seal.latest()
    start = before.size if before else 0
    sealed = start
    while checkpoint := seal.seal(signer=log_key(), origin=settings.LOG_ORIGIN, at=timezone.now()):
        sealed = checkpoint.size
    return sealed - start


def sweep() -> None:
    """The work of the clock: what is due is a query on an index."""
    while registry.end_due_publications(today=timezone.localdate(), at=timezone.now()):
        pass
    intake.resume_unfinished(today=timezone.localdate(), at_clock=timezone.now)


def _listen(url: str) -> psycopg.Connection:
    listener = psycopg.connect(url, autocommit=True)
    listener.execute("LISTEN goodstanding_journal")
    return listener


def work(url: str, stop: threading.Event) -> None:
    """Work until ``stop`` is set; a lost database is waited for, everything else is an error of ours."""
    last_sweep = -SWEEP_EVERY
    listener: psycopg.Connection | None = None
    while not stop.is_set():
        try:
            if listener is None or listener.closed:
                listener = _listen(url)
            seal_all()
            push.dispatch(at=timezone.now())
            if time.monotonic() - last_sweep >= SWEEP_EVERY:
                sweep()
                last_sweep = time.monotonic()
            for _ in listener.notifies(timeout=PATIENCE, stop_after=1):
                pass
        except (DatabaseError, psycopg.OperationalError) as error:
            log.warning("the database is away (%s); trying again in a second", type(error).__name__)
            connection.close()
            if listener is not None:
                listener.close()
            listener = None
            stop.wait(1.0)
    if listener is not None:
        listener.close()
