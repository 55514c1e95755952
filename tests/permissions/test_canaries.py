"""A canary is nowhere but with the recipient for which it was made, and with the operator: addresses, tables, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from pyarrow import parquet

from goodstanding import proof
from goodstanding.casework.notices import follow
from goodstanding.exchange import (
    agreements,
    awaiting,
    canaries,
    commands,
    held_sets,
    queries,
    snapshots,
    status_filter,
    staying_behind,
    vmap,
)
from goodstanding.exchange.models import AwaitedReceipt, Canary, Subscriber, Suspension
from goodstanding.registry import commands as registry
from goodstanding.registry.calendars import known_calendar
from goodstanding.site.worker import seal_all

from . import town as towns
from .test_every_path import addresses, patterns, text_of

#: What the recipient itself reads, as of any record that is removed and not answered.
ITS_OWN = ("/api/v1/feed", "/api/v1/notices", "/feed/")
#: What the operator reads.
OPERATORS = ("/api/v1/notices", "/feed/")
#: Tables that know of a canary: itself, its events (ids and digests), the code that nobody is given.
KNOWING = {"exchange_canary", "registry_event", "registry_reservedcode"}


@pytest.fixture
def town(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> towns.Town:
    monkeypatch.setattr(settings, "LAKE_FOLDER", str(tmp_path / "lake"))
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path / "snapshots")
    return towns.build(tmp_path)


def agree(subscriber: Subscriber) -> None:
    agreements.agree(
        subscriber=subscriber,
        kinds=["penalty"],
        purpose="credit services",
        legal_basis="paper no. 2",
        canaries=True,
        valid_from=timezone.localdate() - timedelta(days=1),
        at=timezone.now(),
    )


def other_recipient() -> Subscriber:
    account = registry.create_account(username="another", password=None, role="subscriber")
    made = commands.subscribe(
        account=account,
        name_zh="另一征信机构",
        public_key=proof.public_key(proof.generate_private_key()),
        at=timezone.now(),
    )
    agree(made)
    return made


def words_of(canary: Canary) -> list[str]:
    trade = canary.name.removesuffix("有限公司")
    return [
        *(canary.name, trade, canary.code, canary.document_no),
        *(str(canary.record_id), str(canary.entity_id), canary.record_id.hex, canary.entity_id.hex),
    ]


def tables(words: list[str]) -> Iterator[str]:
    """The tables with a row in which one of the words stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (name,) in cursor.fetchall():
            condition = " OR ".join(["position(%s IN t::text) > 0"] * len(words))
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}" t WHERE {condition})', words)
            if cursor.fetchone()[0]:
                yield name


def test_a_canary_is_nowhere_but_in_the_feed_of_its_recipient(town: towns.Town) -> None:
    now, own = timezone.now(), Subscriber.objects.get()
    agree(own)
    another = other_recipient()
    standing, removed = (canaries.plant(subscriber=own, at=now) for _ in range(2))
    canaries.remove(canary=removed.public_id, at=now)
    seal_all()
    while vmap.advance(at=now):
        pass
    seal_all()
    _leave_unanswered(removed, at=now)
    seal_all()
    held_sets.advance()
    status_filter.issue(at=now)
    for subscriber in (own, another):
        snapshots.ask(subscriber=subscriber, at=now)
    snapshots.work(at_clock=timezone.now)
    seal_all()
    words = [word for canary in (standing, removed) for word in words_of(canary)]
    assert set(tables(words)) == KNOWING
    audited = vmap.audit()
    assert audited is not None and audited[1] == audited[2], "the map made anew from the journal is the same"
    readers = _everywhere(town, words, standing)
    assert {role for role, _ in readers} == {"subscriber", "operator"}
    assert {(role, kind) for role, address in readers for kind in ITS_OWN if address.startswith(kind)} == {
        *(("subscriber", kind) for kind in ITS_OWN),
        *(("operator", kind) for kind in OPERATORS),
    }
    for role, address in readers:
        assert address.startswith(ITS_OWN if role == "subscriber" else OPERATORS), (role, address)
    assert _other_feed(another, words) == set()
    for folder, of in ((snapshots.current(subscriber=each, at=now), each) for each in (own, another)):
        assert folder is not None
        rows = [
            str(row)
            for file in folder.files
            if file["holds"] == "records"
            for row in parquet.read_table(snapshots.folder_of(folder) / file["sha256"]).to_pylist()
        ]
        found = {word for word in words if any(word in row for row in rows)}
        assert bool(found) == (of == own) and not found & set(words_of(removed))


def _leave_unanswered(canary: Canary, *, at: datetime) -> None:
    """Nobody answers its removal: it is reminded of, late, and suspension is proposed; everybody is told what he is."""
    calendar, own = known_calendar(), AwaitedReceipt.objects.filter(canary=canary)
    while awaiting.follow(at=at, calendar=calendar):
        pass
    today = timezone.localdate(at)
    for due_on in (today, today - timedelta(days=30)):
        assert own.update(due_on=due_on, remind_on=due_on) == 1
        staying_behind.escalate(on=today, at=at, calendar=calendar, propose_after=1)
    assert own.get().reminded_at is not None and own.get().late_at is not None
    assert Suspension.objects.get(subscriber=canary.subscriber).removals == 1
    follow(recipients=queries.accounts())


def _everywhere(town: towns.Town, words: list[str], standing: Canary) -> set[tuple[str, str]]:
    """Who reads one of the words, and where: each role at every address, for its ids too, and by searching for them."""
    found = set()
    searches = [f"?q={word}" for word in words_of(standing)[:4]]
    entity = town.accounts["firm"].entity
    assert entity is not None
    others = [entity.public_id, entity.records.all()[0].public_id, standing.subscriber.public_id]
    town.ids = [standing.record_id, standing.entity_id, standing.public_id, *others]
    for role in ("public", "firm", "market", "operator", "bank", "subscriber"):
        for route in sorted(set(patterns())):
            ask = towns.caller(town, role, api=route.startswith("/api/"))
            for address in addresses(route, town):
                for query in searches if route in ("/", "/api/v1/entities") else [""]:
                    asked = [part for part in re.split(r"[/?=]", address + query) if part]
                    text = text_of(ask("GET", address + query))
                    for word in asked:
                        text = text.replace(word, "")
                    if any(word in text for word in words):
                        found.add((role, address))
    return found


def _other_feed(subscriber: Subscriber, words: list[str]) -> set[str]:
    token = registry.create_token(
        account=subscriber.account,
        name="t",
        scopes=["feed:read", "receipts:write", "records:read"],
        at=timezone.now(),
    )
    client: Any = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})
    texts = [
        client.get(path).content.decode()
        for path in (ITS_OWN[0], "/api/v1/reconciliation", "/api/v1/agreements")
    ]
    asked = client.post(
        "/api/v1/reconciliation/entries",
        {"records": [word for word in words if re.fullmatch(r"[0-9a-f-]{36}", word)], "size": 1},
        content_type="application/json",
    )
    assert all(item["entry"] is None for item in asked.json()["entries"])
    return {word for word in words for text in texts if word in text}
