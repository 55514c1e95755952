"""Files at the frequency of an agreement: what they hold, what leaves them, when they are made, and who is stale."""

from __future__ import annotations

import hashlib
import io
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from pyarrow import parquet

from goodstanding import proof
from goodstanding.exchange import agreed_files, agreements
from goodstanding.exchange.agreement import checked
from goodstanding.exchange.agreement_queries import agreement as standing_of
from goodstanding.exchange.errors import AgreementRefused, ExchangeError
from goodstanding.exchange.models import AgreedFiles, Subscriber
from goodstanding.proof.checkpoint import verify_checkpoint
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Event

from ..registry.factories import make_authority, make_entity
from .stage import SIGNER, live_record, make_subscriber, now, seal_all, today, token_of
from .test_agreed_scope import oracle, random_terms, record_with_everything
from .test_methods import next_version

pytestmark = pytest.mark.usefixtures("database")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "SNAPSHOT_FOLDER", tmp_path / "snapshots")
    return tmp_path / "snapshots"


def work(at: datetime) -> agreed_files.Done:
    return agreed_files.work(at_clock=lambda: at)


def sets(subscriber: Subscriber, at: datetime) -> list[AgreedFiles]:
    reference = subscriber.agreements.get().reference
    return agreed_files.sets(subscriber=subscriber, reference=reference, at=at)


def rows_of(files: AgreedFiles, at: datetime) -> list[dict[str, Any]]:
    """The rows of a set, as its recipient fetches them."""
    found: list[dict[str, Any]] = []
    for each in files.files:
        path = agreed_files.give(files, each["sha256"], at=at)
        assert path is not None
        found += parquet.read_table(path).to_pylist()
    return found


def words(files: AgreedFiles, at: datetime) -> set[str]:
    return {json.loads(row["document"])["content"]["word"] for row in rows_of(files, at)}


@pytest.mark.parametrize("seed", range(5))
def test_a_file_holds_what_its_own_agreement_allows_and_each_row_is_proved(seed: int) -> None:
    chance = random.Random(seed)
    records = [record_with_everything(number, chance) for number in range(15)]
    subscriber, _ = make_subscriber(kinds=[])
    given: dict[str, Any] = {"purpose": "p", "legal_basis": "b", "valid_from": today()}
    made = []
    for _ in range(2):
        terms = random_terms(chance)
        made.append((agreements.agree(subscriber=subscriber, at=now(), **given, **terms), terms))
    size, at = seal_all(), now()
    named = [pair for pair in made if "file" in pair[1]["methods"]]
    assert work(at).made == len(named)
    for agreement, terms in made:
        asked: dict[str, Any] = {"subscriber": subscriber, "reference": agreement.reference, "at": at}
        if (agreement, terms) not in named:
            with pytest.raises(ExchangeError, match=r"agreement\.no_method.*\[file\]"):
                agreed_files.sets(**asked)
            continue
        (files,) = agreed_files.sets(**asked)
        checkpoint = verify_checkpoint(files.checkpoint, origin=settings.LOG_ORIGIN, keys=[SIGNER.verifier])
        found = {}
        for row in rows_of(files, at):
            event = json.loads(row["event"])
            hashes = [row["inclusion"][start : start + 32] for start in range(0, len(row["inclusion"]), 32)]
            leaf = proof.leaf_hash(proof.commitment(salt=row["salt"], content=event))
            assert leaf == row["leaf_hash"] and checkpoint.size == size
            proof.verify_inclusion(
                leaf_hash=leaf, index=row["position"] - 1, size=size, proof=hashes, root=checkpoint.root
            )
            found[row["record"]] = json.loads(row["document"])["content"]
        allowed = {str(record.public_id): oracle(record, [terms], ("file",)) for record in records}
        assert found == {key: content for key, content in allowed.items() if content is not None}


def test_there_is_one_set_for_each_instant_and_two_are_kept(folder: Path) -> None:
    live_record(make_entity(), make_authority(), public={"word": "here"})
    subscriber, _ = make_subscriber(methods=["file"])
    seal_all()
    at = now().replace(minute=59, second=0)
    assert [work(at + later).made for later in (HOUR * 0, HOUR * 0, HOUR / 2, HOUR, 5 * HOUR)] == [
        1,
        0,
        1,
        0,
        1,
    ]
    found = sets(subscriber, at + 5 * HOUR)
    assert [files.instant.minute for files in found] == [0, 0] and len(found) == agreed_files.KEPT
    assert found[0].instant - found[1].instant == 4 * HOUR, "what was missed meanwhile is not made up for"
    assert {path.name for path in folder.iterdir()} == {str(files.public_id) for files in found}


def test_what_was_removed_since_is_in_no_file_that_can_still_be_fetched() -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": f"word-{n}"}) for n in range(3)]
    subscriber, _ = make_subscriber(methods=["file"])
    seal_all()
    at = now()
    work(at)
    work(at + HOUR)
    old = [each["sha256"] for files in sets(subscriber, at) for each in files.files]
    registry.restore(record_id=records[0].pk, at=now())  # not even sealed, and the worker sleeps
    registry.mark_disputed(record_id=records[1].pk, disputed=True, at=now())
    found = sets(subscriber, at)
    assert [words(files, at) for files in found] == [{"word-2"}, {"word-2"}]
    assert all(agreed_files.give(files, name, at=at) is None for files in found for name in old)
    seal_all()
    work(at + 2 * HOUR)
    newest, _ = sets(subscriber, at + 2 * HOUR)
    assert words(newest, at) == {"word-1", "word-2"}, "what was only changed comes with the next set"


def test_a_version_without_files_and_a_suspension_take_them_away(folder: Path) -> None:
    live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["file"])
    seal_all()
    at = now()
    work(at)
    next_version(subscriber, methods=["file", "api"])
    assert sets(subscriber, at) == [], "made under another version"
    work(at)
    assert len(sets(subscriber, at)) == 1
    reference = subscriber.agreements.get().reference
    agreements.suspend(reference=reference, reason="for the test", at=at)
    with pytest.raises(ExchangeError, match=r"agreement\.no_method"):
        sets(subscriber, at)
    work(at)
    assert not AgreedFiles.objects.exists() and not [*folder.iterdir()]
    agreements.resume(reference=reference, at=at)
    next_version(subscriber, methods=["api"], version="3.0.0")
    work(at)
    assert not AgreedFiles.objects.exists()


def test_who_leaves_files_waiting_beyond_the_freshness_is_stale_and_told_once() -> None:
    live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["file"])
    seal_all()
    at, day = now(), timedelta(days=1)
    assert work(at).stale == 0
    assert work(at + day - HOUR).stale == 0
    late = at + day + HOUR
    assert [work(late).stale, work(late + HOUR).stale] == [1, 0]
    (said,) = Event.objects.filter(kind="recipient.stale")
    agreement = subscriber.agreements.get()
    assert said.content["agreement"] == agreement.reference
    (standing,) = agreed_files.standings(of=subscriber, at=late)
    assert (standing.state, standing.records) == ("stale", 1)
    newest = sets(subscriber, late + HOUR)[0]
    rows_of(newest, late + HOUR)
    (standing,) = agreed_files.standings(of=subscriber, at=late + HOUR)
    assert standing.state == "fetched"
    agreement.refresh_from_db()
    assert (agreement.stale_at, agreement.files_wait_since) == (None, None)
    assert work(late + 2 * HOUR).made == 1
    (standing,) = agreed_files.standings(of=subscriber, at=late + 3 * HOUR)
    assert standing.state == "waits"
    assert work(late + 2 * HOUR + day + HOUR).stale == 1, "and again, once it has fetched and stopped"


def test_an_older_set_that_was_fetched_leaves_the_newer_one_waiting() -> None:
    live_record(make_entity(), make_authority())
    subscriber, _ = make_subscriber(methods=["file"])
    seal_all()
    at = now()
    work(at)
    work(at + HOUR)
    newer, older = sets(subscriber, at + HOUR)
    rows_of(older, at + HOUR)
    assert subscriber.agreements.get().files_wait_since == newer.made_at
    rows_of(newer, at + HOUR)
    assert subscriber.agreements.get().files_wait_since is None


def test_over_the_wire_only_the_recipient_fetches_them(url: str) -> None:
    live_record(make_entity(), make_authority(), public={"word": "here"})
    subscriber, _ = make_subscriber(methods=["file"])
    other, _ = make_subscriber(methods=["feed"])
    seal_all()
    work(now())

    def ask(who: Subscriber, of: Subscriber, path: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token_of(who, 'agreed:read')}"}
        address = f"{url}/api/v1/agreements/{of.agreements.get().reference}/files{path}"
        return httpx.get(address, headers=headers, timeout=60)

    (listed,) = ask(subscriber, subscriber).json()
    assert listed["fetched_at"] is None
    (file,) = listed["files"]
    answer = ask(subscriber, subscriber, f"/{file['sha256']}")
    assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
    assert answer.headers["cache-control"] == "no-store"
    (row,) = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    assert json.loads(row["document"])["content"] == {"word": "here"}
    (listed,) = ask(subscriber, subscriber).json()
    assert listed["fetched_at"] is not None
    assert ask(other, subscriber).status_code == 404
    assert ask(other, subscriber, f"/{file['sha256']}").status_code == 404
    assert ask(other, other).json()["code"] == "agreement.no_method"
    assert ask(subscriber, subscriber, f"/{'0' * 64}").status_code == 404


@pytest.mark.parametrize("levels", [[], [{"property": "frequency", "value": 9, "unit": "m"}]])
def test_files_need_a_frequency_that_can_be_kept(levels: list[dict[str, Any]]) -> None:
    subscriber, _ = make_subscriber(methods=["file"])
    document = standing_of(subscriber.agreements.get().reference, on=today()).document.document
    with pytest.raises(AgreementRefused) as refused:
        checked(document | {"slaProperties": levels}, file="a.yaml")
    (fault,) = refused.value.faults
    assert fault.path == "slaProperties"
    assert "at least 10 minutes" in refused.value.en and "10 分钟" in refused.value.zh
