"""Whatever is not proved stops the mirror and changes nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.conf import settings

from goodstanding import proof
from goodstanding.exchange.mirror import MirrorError
from goodstanding.exchange.mirror.errors import CODES
from goodstanding.registry import seal

from ..registry.factories import make_authority, make_entity
from .meddler import Meddler
from .places import Place, mirror_of
from .stage import SIGNER, live_record, make_subscriber, now, seal_all

pytestmark = pytest.mark.usefixtures("database")


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
    entry = _entry(page, with_event=True)
    entry["leaf_hash"] = _flip(entry["leaf_hash"])


def _other_spelling(page: dict[str, Any]) -> None:
    """The same bytes for a reader who passes over the bits behind the last byte."""
    entry = _entry(page, with_event=True)
    salt = entry["salt"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = salt.rstrip("=")[-1]
    other = salt.replace(f"{last}=", f"{alphabet[alphabet.index(last) ^ 1]}=")
    assert other != salt and base64.b64decode(other) == base64.b64decode(salt)
    entry["salt"] = other


def _no_text(page: dict[str, Any]) -> None:
    _entry(page, with_event=True)["leaf_hash"] = ["AA=="]


def _run(page: dict[str, Any]) -> None:
    run = _entry(page, with_event=False)
    run["hashes"][0] = _flip(run["hashes"][0])


def _longer_run(page: dict[str, Any]) -> None:
    _entry(page, with_event=False)["until"] += 1


def _endless_run(page: dict[str, Any]) -> None:
    _entry(page, with_event=False)["until"] = 1 << 80


def _run_with_content(page: dict[str, Any]) -> None:
    run, entry = _entry(page, with_event=False), _entry(page, with_event=True)
    run["event"], run["salt"] = entry["event"], entry["salt"]


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
        (_leaf, "feed.entry"),
        (_run, "feed.root"),
        (_longer_run, "feed.entry"),
        (_endless_run, "feed.entry"),
        (_run_with_content, "feed.entry"),
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
        (_other_spelling, "platform.answer"),
        (_no_text, "platform.answer"),
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
    meddler = Meddler("/api/v1/feed")
    mirror = mirror_of(url, subscriber, key, place, client=httpx.Client(transport=meddler, timeout=60))
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
