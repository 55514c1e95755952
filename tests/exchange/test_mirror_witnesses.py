"""A mirror with a policy of its own: removals never wait for witnesses; late and contradicting ones are alarmed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from goodstanding import proof
from goodstanding.exchange.log.witnesses import gather
from goodstanding.exchange.mirror import Mirror, MirrorAlarm, MirrorError, Progress
from goodstanding.exchange.mirror.program import mirror as command
from goodstanding.exchange.models import Receipt, Subscriber
from goodstanding.proof import Checkpoint
from goodstanding.registry import commands as registry
from goodstanding.registry import seal

from ..registry.factories import make_authority, make_entity
from .places import Place
from .stage import SIGNER, live_record, make_subscriber, now, seal_all, token_of
from .test_witnesses import COSIGNERS, Witnesses
from .test_witnesses import witnesses as witnesses

pytestmark = pytest.mark.usefixtures("database")


def policy_text(witnesses: Witnesses) -> str:
    return (witnesses.folder / "policy").read_text()


class Publisher(httpx.BaseTransport):
    """A platform that publishes another checkpoint than its own, where ``note`` is set; None: none at all."""

    def __init__(self) -> None:
        self.real = httpx.HTTPTransport()
        self.note: str | None = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/api/v1/log/checkpoint" or self.note == "":
            return self.real.handle_request(request)
        return httpx.Response(404) if self.note is None else httpx.Response(200, text=self.note)


def cosigned(checkpoint: Checkpoint, *, by: int = 2, signer: proof.SignerKey = SIGNER) -> str:
    note = proof.parse_note(proof.sign_checkpoint(checkpoint, signers=[signer]))
    lines = tuple(proof.cosign(note.text, cosigner=one, timestamp=1_700_000_000) for one in COSIGNERS[:by])
    return proof.Note(text=note.text, signatures=note.signatures + lines).encode()


def mirror_of(
    url: str, subscriber: Subscriber, key: bytes, place: Place, witnesses: Witnesses, **more: Any
) -> Mirror:
    policy = proof.parse_policy(policy_text(witnesses))
    return Mirror(url, token_of(subscriber), place.store, key, policy=policy, **more)


def test_what_is_witnessed_is_known_and_a_removal_does_not_wait_for_it(
    url: str, place: Place, witnesses: Witnesses
) -> None:
    entity, authority = make_entity(), make_authority()
    records = [live_record(entity, authority) for _ in range(2)]
    subscriber, key = make_subscriber()
    first = seal_all()
    hours = [0]
    mirror = mirror_of(
        url, subscriber, key, place, witnesses, clock=lambda: now() + timedelta(hours=hours[0])
    )
    progress = mirror.follow_once()
    assert (progress.held, progress.witnessed) == (2, 0), "nothing is witnessed yet, and that is not late"
    gather(at=now())
    assert mirror.follow_once().witnessed == first
    witnesses.stop(1, 2)
    registry.restore(record_id=records[0].pk, at=now())
    seal_all()
    gather(at=now())
    progress = mirror.follow_once()
    assert (progress.dropped, progress.receipts, progress.witnessed) == (1, 1, first)
    hours[0] = 2
    registry.restore(record_id=records[1].pk, at=now())
    last = seal_all()
    with pytest.raises(MirrorAlarm) as alarm:
        mirror.follow_once()
    assert (alarm.value.code, alarm.value.exit_status) == ("witness.late", 4)
    assert (alarm.value.progress.dropped, alarm.value.progress.held) == (1, 0)
    assert Receipt.objects.count() == 2
    witnesses.start(1)
    gather(at=now())
    assert mirror.follow_once().witnessed >= last


def test_lateness_is_reckoned_from_the_oldest_part_that_is_not_covered(
    url: str, place: Place, witnesses: Witnesses
) -> None:
    subscriber, key = make_subscriber()
    hours = [0.0]
    publisher = Publisher()
    mirror = mirror_of(
        url,
        subscriber,
        key,
        place,
        witnesses,
        clock=lambda: now() + timedelta(hours=hours[0]),
        client=httpx.Client(transport=publisher),
    )
    publisher.note = None
    middle: seal.Checkpoint | None = None
    for step in range(3):
        hours[0] = step * 0.4
        live_record(make_entity(), make_authority())
        seal_all()
        mirror.follow_once()
        middle = seal.latest() if step == 1 else middle
    assert middle is not None
    hours[0] = 1.1
    with pytest.raises(MirrorAlarm, match=r"witness\.late"):
        mirror.follow_once()
    publisher.note = cosigned(Checkpoint(SIGNER.name, middle.size, bytes(middle.root)))
    assert mirror.follow_once().witnessed == middle.size, "what is not covered is younger than the bound"
    hours[0] = 1.9
    with pytest.raises(MirrorAlarm, match=r"witness\.late"):
        mirror.follow_once()


@pytest.mark.parametrize("further", [-1, 0, 1])
def test_another_history_under_the_witnesses_hands_stops_the_mirror_and_is_kept(
    url: str, place: Place, witnesses: Witnesses, further: int
) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    size = seal_all()
    publisher = Publisher()
    mirror = mirror_of(url, subscriber, key, place, witnesses, client=httpx.Client(transport=publisher))
    mirror.follow_once()
    assert mirror.evidence() == ""
    if further > 0:
        registry.mark_disputed(record_id=record.pk, disputed=True, at=now())
        seal_all()
        ahead = mirror_of(url, subscriber, key, place / "ahead", witnesses)
        assert ahead.follow_once().size > size
    latest = seal.latest()
    assert latest is not None
    publisher.note = cosigned(Checkpoint(SIGNER.name, latest.size + min(further, 0), bytes(32)))
    with pytest.raises(MirrorAlarm) as alarm:
        mirror.follow_once()
    assert (alarm.value.code, alarm.value.exit_status) == ("log.contradiction", 3)
    one, _, two = mirror.evidence().partition("\n\n— ")
    assert one and two
    for note in (mirror.evidence().removesuffix(publisher.note).strip("\n") + "\n", publisher.note):
        proof.verify_checkpoint(note, origin=SIGNER.name, keys=[SIGNER.verifier])
    publisher.note = ""
    with pytest.raises(MirrorError, match=r"log\.contradiction"):
        mirror.follow_once()
    with pytest.raises(MirrorError, match=r"log\.contradiction"):
        mirror.follow(threading.Event())


@pytest.mark.parametrize(
    ("publish", "code"),
    [
        (lambda checkpoint: cosigned(checkpoint, by=1), "witness.late"),
        (lambda checkpoint: cosigned(checkpoint, by=0), "witness.late"),
        (lambda checkpoint: cosigned(checkpoint).replace("— witness", "- witness", 1), "log.checkpoint"),
        (lambda checkpoint: "no note", "log.checkpoint"),
        (lambda checkpoint: cosigned(checkpoint, signer=proof.SignerKey.generate(SIGNER.name)), "log.key"),
        (
            lambda checkpoint: cosigned(
                Checkpoint("another/log", checkpoint.size, checkpoint.root),
                signer=proof.SignerKey("another/log", SIGNER.private_key),
            ),
            "log.key",
        ),
    ],
)
def test_what_the_policy_does_not_accept_is_no_witness(
    url: str, place: Place, witnesses: Witnesses, publish: Callable[[Checkpoint], str], code: str
) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    latest = seal.latest()
    assert latest is not None
    publisher = Publisher()
    publisher.note = publish(Checkpoint(SIGNER.name, latest.size, bytes(latest.root)))
    mirror = mirror_of(
        url,
        subscriber,
        key,
        place,
        witnesses,
        witnessed_within=timedelta(seconds=-1),
        client=httpx.Client(transport=publisher),
    )
    with pytest.raises(MirrorAlarm) as alarm:
        mirror.follow_once()
    assert alarm.value.code == code
    assert (alarm.value.progress.held, alarm.value.progress.witnessed) == (1, 0)
    assert mirror.evidence() == ""


def test_the_key_of_the_policy_is_pinned_in_place_of_the_first_one_seen(
    url: str, place: Place, witnesses: Witnesses
) -> None:
    subscriber, key = make_subscriber()
    seal_all()
    foreign = proof.SignerKey.generate(SIGNER.name)
    policy = proof.parse_policy(
        policy_text(witnesses).replace(SIGNER.verifier.encode(), foreign.verifier.encode())
    )
    mirror = Mirror(url, token_of(subscriber), place.store, key, policy=policy)
    with pytest.raises(MirrorError, match=r"log\.key"):
        mirror.follow_once()
    Mirror(url, token_of(subscriber), place.store, key).follow_once()
    with pytest.raises(MirrorError, match=r"log\.key"):
        mirror.follow_once()


def test_following_goes_on_under_an_alarm_and_says_it_once(
    url: str, place: Place, witnesses: Witnesses
) -> None:
    record = live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    mirror = mirror_of(url, subscriber, key, place, witnesses, witnessed_within=timedelta(seconds=-1))
    stop = threading.Event()
    said: list[Progress | MirrorError] = []

    def told(news: Progress | MirrorError) -> None:
        said.append(news)
        rounds = sum(isinstance(one, Progress) for one in said)
        if rounds == 2:
            registry.restore(record_id=record.pk, at=now())
            seal_all()
        if rounds == 4:
            stop.set()

    mirror.follow(stop, 0.01, wait=0, told=told)
    alarms = [one for one in said if isinstance(one, MirrorAlarm)]
    assert [one.code for one in alarms[:1]] == ["witness.late"] and len(alarms) <= 2
    assert sum(one.dropped for one in said if isinstance(one, Progress)) == 1
    assert Receipt.objects.count() == 1


def test_the_command_ends_with_the_alarms_own_status(url: str, place: Place, witnesses: Witnesses) -> None:
    live_record(make_entity(), make_authority())
    subscriber, key = make_subscriber()
    seal_all()
    folder = place.folder / "cli"
    folder.mkdir()
    (folder / "token").write_text(token_of(subscriber))
    (folder / "key").write_text(key.hex())
    options = ["--url", url, "--token-file", str(folder / "token"), "--store", place.store]
    options += ["--key-file", str(folder / "key"), "--policy", str(witnesses.folder / "policy")]
    within = ["--witnessed-within", "0"]
    result = CliRunner().invoke(command, [*options, *within, "--once"])
    assert result.exit_code == 4 and "1 records held" in result.stdout and "witness.late" in result.stderr
    gather(at=now())
    assert CliRunner().invoke(command, [*options, *within, "--once"]).exit_code == 0
    assert "no contradiction" in CliRunner().invoke(command, [*options, "evidence"]).stdout
    (witnesses.folder / "policy").write_text("nonsense\n")
    assert CliRunner().invoke(command, [*options, "--once"]).exit_code == 2
