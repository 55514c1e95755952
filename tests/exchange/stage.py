"""Makers for tests of the exchange: subscribers, agreements, sealing, and a real server to follow."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections

from goodstanding import proof
from goodstanding.exchange import agreements, commands
from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import seal
from goodstanding.registry.models import Account, Authority, Entity, Record
from goodstanding.registry.queries import history_of
from goodstanding.registry.reported import Outcome, ReportedRecord
from goodstanding.site.serve import free_port

from ..registry.factories import make_record, take_in

SIGNER = proof.SignerKey(name=settings.LOG_ORIGIN, private_key=settings.LOG_SECRET)
KINDS = ["penalty", "serious_list", "abnormal_list", "other", "permit", "commitment"]
_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The day in China, as the platform reckons."""
    return (now() + timedelta(hours=8)).date()


def seal_all() -> int:
    """Seal all that the journal holds. The log's size."""
    while seal.seal(signer=SIGNER, origin=settings.LOG_ORIGIN, at=now()):
        pass
    checkpoint = seal.latest()
    return checkpoint.size if checkpoint else 0


def make_subscriber(
    *, kinds: list[str] | None = None, divisions: list[str] | None = None, **more: Any
) -> tuple[Subscriber, bytes]:
    """A subscriber with one agreement (unless ``kinds`` is empty), and its private key."""
    number = next(_numbers)
    key = proof.generate_private_key()
    account = registry.create_account(
        username=f"subscriber{number}", password=None, role=Account.Role.SUBSCRIBER
    )
    subscriber = commands.subscribe(
        account=account,
        name_zh=f"第{number}征信机构",
        public_key=proof.public_key(key),
        push_url=(address := more.pop("push_url", "")),
        at=now(),
    )
    if kinds != []:
        agreements.agree(
            subscriber=subscriber,
            kinds=kinds or ["penalty"],
            divisions=divisions,
            purpose="credit services",
            legal_basis="《社会信用体系建设条例》",
            methods=more.pop("methods", ["push" if address else "feed"]),
            valid_from=more.pop("valid_from", date(2026, 1, 1)),
            at=now(),
            **more,
        )
    return subscriber, key


def token_of(subscriber: Subscriber, *scopes: str) -> str:
    return registry.create_token(
        account=subscriber.account,
        name="test",
        scopes=list(scopes) or ["feed:read", "receipts:write"],
        at=now(),
    )


def live_record(entity: Entity, authority: Authority, **more: Any) -> Record:
    """A record that is published on the real day of the test."""
    dates = {
        "found_on": today() - timedelta(days=100),
        "publish_from": today() - timedelta(days=100),
        "restorable_from": today() - timedelta(days=10),
        "publish_until": today() + timedelta(days=200),
    }
    return make_record(entity, authority, **(dates | more))


def last_position(record: Record) -> int:
    """The position of the record's last event."""
    return history_of(record)[-1].position


def live_take_in(*rows: ReportedRecord) -> list[Outcome]:
    return take_in(*rows, today=today())


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """The platform's own application behind a real socket. Its address."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.daemon_threads = True
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        connections.close_all()


@contextlib.contextmanager
def streaming(**environment: str) -> Iterator[str]:
    """The process that serves streams. The stream's address."""
    port = free_port("127.0.0.1", 18_400)
    command = [str(Path(sys.executable).with_name("granian")), "--interface", "asginl", "--port", str(port)]
    command += [
        "--workers-kill-timeout",
        "1",
        "--log-level",
        "warning",
        "goodstanding.site.streams:application",
    ]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/api/v1/feed/stream"
    finally:
        process.terminate()
        process.wait(20)


def covered(entries: list[dict[str, Any]]) -> list[int]:
    """The positions that entries of the feed cover, one by one."""
    return [
        position
        for entry in entries
        for position in range(entry["position"], entry.get("until", entry["position"]) + 1)
    ]
