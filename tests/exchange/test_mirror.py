"""A real mirror against a real server: removals are dropped and receipted, and nothing unproved is applied."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from goodstanding import proof
from goodstanding.exchange import queries
from goodstanding.exchange.mirror import Mirror, MirrorError, Progress, open_store, program
from goodstanding.exchange.mirror.errors import CODES
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.registry import commands as registry
from goodstanding.registry import decisions, seal, statements
from goodstanding.registry.models import Record

from ..registry.factories import make_authority, make_entity
from .places import Place
from .places import place as place
from .stage import SIGNER, live_record, make_subscriber, now, seal_all, serving, today, token_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def url(database: str) -> Iterator[str]:
    with serving() as address:
        yield address


def mirror_of(url: str, subscriber: Subscriber, key: bytes, place: Place, **more: Any) -> Mirror:
    return Mirror(url, token_of(subscriber), place.store, key, **more)


def state_of(record: Record, subscriber: Subscriber) -> str:
    record.refresh_from_db()
    return {item.subscriber: item.state for item in queries.holders(record, today())}[subscriber]


@pytest.mark.parametrize("page_size", [1, 3, 1000])
def test_a_restored_record_is_dropped_and_its_receipt_arrives(url: str, place: Place, page_size: int) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority, public={"word": f"kept-{n}-here"}) for n in range(5)]
    subscriber, key = make_subscriber()
    outsider, _ = make_subscriber(kinds=["permit"])
    seal_all()
    mirror = mirror_of(url, subscriber, key, place, page_size=page_size)
    progress = mirror.follow_once()
    assert (progress.added, progress.held, progress.dropped) == (5, 5, 0)
    assert progress.position == progress.size
    assert mirror.verify_holding(str(records[0].public_id)).document is not None
    assert state_of(records[0], subscriber) == "holds"

    registry.restore(record_id=records[0].pk, at=now())
    registry.mark_disputed(record_id=records[1].pk, disputed=True, at=now())
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.updated, progress.held, progress.receipts) == (1, 1, 4, 1)
    assert not mirror.holds(str(records[0].public_id))
    assert state_of(records[0], subscriber) == "dropped"
    assert state_of(records[0], outsider) == "out_of_scope"
    assert {item.record for item in mirror.holdings()} == {str(item.public_id) for item in records[1:]}
    assert [item.document["disputed"] for item in mirror.holdings() if item.document].count(True) == 1
    receipt = Receipt.objects.get()
    proof.verify_receipt(proof.SignedReceipt.from_json(receipt.signed), public_key=proof.public_key(key))
    mirror.close()
    assert place.shows("kept-1-here") and not place.shows("kept-0-here")
    again = mirror_of(url, subscriber, key, place).follow_once()
    assert (again.added, again.dropped, again.held) == (0, 0, 4)
    (status,) = [item for item in queries.subscriber_status(at=now()) if item.subscriber == subscriber]
    assert status.receipts_due == 0


def test_a_statement_reaches_who_holds_the_record_and_leaves_it_again(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    given: dict[str, Any] = {"record_id": record.pk, "account_id": None, "at": now()}
    for text in ("正在行政诉讼中。", "An action is pending."):
        statements.attach_statement(text=text, **given)
        seal_all()
        assert mirror.follow_once().updated == 1
        (held,) = mirror.holdings()
        assert held.document and held.document["statement"]["text"] == text
    statements.remove_statement(**given)
    seal_all()
    assert mirror.follow_once().updated == 1
    (held,) = mirror.holdings()
    assert held.document and held.document["statement"] is None
    fresh = mirror_of(url, subscriber, key, place / "fresh")
    assert fresh.follow_once().held == 1, "earlier events with what the record shows now"


def test_a_shielded_record_is_dropped_and_comes_back(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority(), public={"word": "kept-from-everyone"})
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    given: dict[str, Any] = {"record_id": record.pk, "account_id": None, "at": now()}
    decisions.shield(statement="重整计划执行期间暂停公示", **given)
    seal_all()
    progress = mirror.follow_once()
    assert (progress.dropped, progress.held, progress.receipts) == (1, 0, 1)
    assert state_of(record, subscriber) == "dropped"
    statements.attach_statement(text="while nobody may have it", **given)
    fresh = mirror_of(url, subscriber, key, place / "fresh")
    seal_all()
    assert (fresh.follow_once().held, mirror.follow_once().held) == (0, 0)
    decisions.unshield(**given)
    seal_all()
    assert mirror.follow_once().added == 1
    assert mirror.verify_holding(str(record.public_id)).document is not None
    assert state_of(record, subscriber) == "holds"
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1
    assert state_of(record, subscriber) == "dropped"


def test_a_record_whose_restoration_is_revoked_is_held_again(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    registry.restore(record_id=record.pk, at=now())
    seal_all()
    assert mirror.follow_once().dropped == 1
    decisions.republish(
        record_id=record.pk,
        publish_from=today(),
        publish_until=today() + timedelta(days=700),
        restorable_from=None,
        at=now(),
    )
    seal_all()
    assert mirror.follow_once().added == 1
    (held,) = mirror.holdings()
    assert held.document and held.document["version"] == 2 and state_of(record, subscriber) == "holds"


def test_a_removal_of_what_it_never_had_is_answered_not_held(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    registry.restore(record_id=record.pk, at=now())
    subscriber, key = make_subscriber()
    seal_all()
    progress = mirror_of(url, subscriber, key, place).follow_once()
    assert (progress.added, progress.not_held, progress.receipts) == (0, 1, 1)
    assert state_of(record, subscriber) == "never_held"


def test_a_record_whose_last_day_passed_is_not_held_though_no_event_said_so(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority(), public={"word": "ends-soon"})
    subscriber, key = make_subscriber()
    seal_all()
    days = [0]
    mirror = mirror_of(url, subscriber, key, place, clock=lambda: now() + timedelta(days=days[0]))
    mirror.follow_once()
    days[0] = 201
    assert list(mirror.holdings()) == []
    mirror.close()
    assert not place.shows("ends-soon")
    registry.withdraw(record_id=record.pk, at=now())
    seal_all()
    assert mirror_of(url, subscriber, key, place).follow_once().dropped == 1
    assert state_of(record, subscriber) == "dropped"


def test_following_by_long_poll_sees_a_removal_at_once(url: str, place: Place) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    stop = threading.Event()
    rounds: list[Progress | MirrorError] = []
    thread = threading.Thread(
        target=mirror.follow, args=(stop, 0.01), kwargs={"wait": 20, "told": rounds.append}
    )
    thread.start()
    try:
        _until(lambda: queries.subscriber_status(at=now())[0].position > 0)
        begun = time.monotonic()
        registry.restore(record_id=record.pk, at=now())
        seal_all()
        _until(lambda: Receipt.objects.exists())
        assert time.monotonic() - begun < 5
    finally:
        stop.set()
        seal_all()  # lets the waiting request go
        thread.join(30)
    assert not thread.is_alive()
    assert state_of(record, subscriber) == "dropped"


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Meddler(httpx.BaseTransport):
    """A man in the middle: passes requests to the real server and may change what comes back."""

    def __init__(self) -> None:
        self.real = httpx.HTTPTransport()
        self.change: Callable[[dict[str, Any]], None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.real.handle_request(request)
        answer.read()
        if self.change is None or request.url.path != "/api/v1/feed":
            return answer
        page = json.loads(answer.content)
        self.change(page)
        return httpx.Response(answer.status_code, json=page)


def _entry(page: dict[str, Any], *, with_event: bool) -> dict[str, Any]:
    return next(entry for entry in page["entries"] if ("event" in entry) == with_event)


def _flip(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[0] ^= 1
    return base64.b64encode(data).decode()


def _content(page: dict[str, Any]) -> None:
    _entry(page, with_event=True)["event"]["data"]["version"] = 2


def _salt(page: dict[str, Any]) -> None:
    entry = _entry(page, with_event=True)
    entry["salt"] = _flip(entry["salt"])


def _leaf(page: dict[str, Any]) -> None:
    entry = _entry(page, with_event=False)
    entry["leaf_hash"] = _flip(entry["leaf_hash"])


def _other_record(page: dict[str, Any]) -> None:
    _entry(page, with_event=True)["record"]["id"] = "00000000-0000-0000-0000-000000000000"


def _other_content(page: dict[str, Any]) -> None:
    _entry(page, with_event=True)["record"]["content"]["CF_NR"] = "something else"


def _other_statement(page: dict[str, Any]) -> None:
    said = {"text": "nobody attached this", "at": "2026-06-01T09:00:00+00:00", "position": 1}
    _entry(page, with_event=True)["record"]["statement"] = said


def _no_event(page: dict[str, Any]) -> None:
    del _entry(page, with_event=True)["event"]


def _hidden(page: dict[str, Any]) -> None:
    page["entries"].remove(_entry(page, with_event=True))


def _doubled(page: dict[str, Any]) -> None:
    page["entries"].insert(1, page["entries"][0])


def _short(page: dict[str, Any]) -> None:
    page["entries"].pop()


def _elsewhere(page: dict[str, Any]) -> None:
    page["after"] += 1


def _note(page: dict[str, Any]) -> None:
    lines = page["checkpoint"].split("\n")
    lines[2] = _flip(lines[2])
    page["checkpoint"] = "\n".join(lines)


def _foreign_key(page: dict[str, Any]) -> None:
    _resign(page, proof.SignerKey.generate(settings.LOG_ORIGIN))


def _resign(page: dict[str, Any], signer: proof.SignerKey, **more: Any) -> None:
    state = proof.verify_checkpoint(page["checkpoint"], origin=settings.LOG_ORIGIN, keys=[SIGNER.verifier])
    values = {"origin": state.origin, "size": state.size, "root": state.root} | more
    page["checkpoint"] = proof.sign_checkpoint(proof.Checkpoint(**values), signers=[signer])


def _other_root(page: dict[str, Any]) -> None:
    _resign(page, SIGNER, root=bytes(32))


def _shrunk(page: dict[str, Any]) -> None:
    _resign(page, SIGNER, size=1)


def _no_log(page: dict[str, Any]) -> None:
    page["checkpoint"] = None


def _rubbish(page: dict[str, Any]) -> None:
    page["entries"] = 7


def _other_subscriber(page: dict[str, Any]) -> None:
    page["subscriber"] = "somebody"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_content, "feed.entry"),
        (_salt, "feed.entry"),
        (_other_record, "feed.entry"),
        (_other_content, "feed.entry"),
        (_other_statement, "feed.entry"),
        (_no_event, "feed.entry"),
        (_leaf, "feed.root"),
        (_hidden, "feed.gap"),
        (_doubled, "feed.gap"),
        (_short, "feed.gap"),
        (_elsewhere, "feed.gap"),
        (_note, "log.checkpoint"),
        (_foreign_key, "log.key"),
        (_other_root, "log.split"),
        (_shrunk, "log.shrunk"),
        (_no_log, "log.shrunk"),
        (_rubbish, "platform.answer"),
        (_other_subscriber, "store.foreign"),
    ],
)
def test_whatever_is_not_proved_stops_the_mirror_and_changes_nothing(
    url: str, place: Place, change: Callable[[dict[str, Any]], None], code: str
) -> None:
    entity, authority = make_entity(), make_authority()
    live_record(entity, authority)
    subscriber, key = make_subscriber()
    seal_all()
    meddler = Meddler()
    mirror = mirror_of(url, subscriber, key, place, client=httpx.Client(transport=meddler))
    before = mirror.follow_once()
    live_record(entity, authority)
    live_record(make_entity(), authority, kind="permit")
    seal_all()
    meddler.change = change
    for _ in range(2):
        with pytest.raises(MirrorError) as error:
            mirror.follow_once()
        assert error.value.code == code and code in CODES
        assert error.value.zh and error.value.remedy_zh and not error.value.passing
    assert len(list(mirror.holdings())) == before.held == 1
    meddler.change = None
    assert mirror.follow_once().held == 2, "an honest answer is taken again"


def test_a_log_that_changes_its_key_stops_the_mirror(
    url: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place)
    mirror.follow_once()
    live_record(make_entity(), make_authority())
    other = proof.SignerKey.generate(settings.LOG_ORIGIN)
    seal.seal(signer=other, origin=settings.LOG_ORIGIN, at=now())
    monkeypatch.setattr(settings, "LOG_SECRET", other.private_key)
    with pytest.raises(MirrorError, match=r"log\.key"):
        mirror.follow_once()


def test_a_platform_that_is_away_is_tried_again_and_a_wrong_token_is_not(url: str, tmp_path: Path) -> None:
    _, key = make_subscriber()
    away = Mirror("http://127.0.0.1:1", "x", tmp_path / "a.sqlite3", key)
    with pytest.raises(MirrorError) as error:
        away.follow_once()
    assert error.value.code == "platform.unreachable" and error.value.passing
    wrong = Mirror(url, "wrong", tmp_path / "b.sqlite3", key)
    with pytest.raises(MirrorError) as error:
        wrong.follow_once()
    assert error.value.code == "platform.refused" and not error.value.passing


def test_the_mirror_needs_nothing_of_the_platform_but_the_proofs() -> None:
    code = (
        "import sys, goodstanding.exchange.mirror\n"
        "names = {n for n in sys.modules if n.startswith(('goodstanding', 'django'))}\n"
        "allowed = ('goodstanding.proof', 'goodstanding.exchange.mirror')\n"
        "print(sorted(n for n in names if not n.startswith(allowed)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['goodstanding', 'goodstanding.exchange']"


def test_the_command_follows_once_and_says_what_it_did(url: str, tmp_path: Path) -> None:
    live_record(make_entity(), make_authority())
    command = [sys.executable, "-m", "goodstanding.exchange.mirror", "--store", str(tmp_path / "m.sqlite3")]
    shown = subprocess.run([*command, "--show-key"], capture_output=True, text=True, check=True).stdout
    subscriber, _ = make_subscriber()
    Subscriber.objects.filter(pk=subscriber.pk).update(public_key=bytes.fromhex(shown.strip()))
    seal_all()
    (tmp_path / "token").write_text(token_of(subscriber) + "\n")
    command += ["--url", url, "--token-file", str(tmp_path / "token"), "--once", "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["held"] == 1
    (tmp_path / "token").write_text("wrong")
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1 and json.loads(refused.stdout)["error"] == "platform.refused"


def test_every_code_and_option_of_the_mirror_is_in_the_reference() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "mirror.md").read_text(encoding="utf-8")
    for code in CODES:
        assert f"`{code}`" in text, code
    for parameter in program.mirror.params:
        assert f"`{parameter.opts[0]}`" in text, parameter.name


def test_a_store_of_another_release_is_not_misread(url: str, place: Place) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror_of(url, subscriber, key, place).follow_once()
    store = open_store(place.store)
    store.set_mark("format", "1")
    store.close()
    with pytest.raises(MirrorError) as error:
        mirror_of(url, subscriber, key, place).follow_once()
    assert error.value.code == "store.format"
