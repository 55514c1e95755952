"""A witness as a process: the protocol's statuses, forks and rollbacks refused, nothing forgotten when it is killed."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from goodstanding.exchange.witness.server import WitnessServer
from goodstanding.exchange.witness.service import Witness
from goodstanding.exchange.witness.state import UNPROVED_KEPT, State
from goodstanding.proof import (
    AddCheckpoint,
    CosignerKey,
    WitnessKey,
    origin_hash,
    sign_checkpoint,
    verify_cosignatures,
)

from ..proof.test_witnessing import LOG, OTHER, TREE, Tree

FORK = Tree(1, 3)
COSIGNER = CosignerKey(name="witness.example/w1", private_key=bytes([7]) * 32)


@contextlib.contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, WitnessKey]]:
    """The program itself, with its address and key."""
    command = [sys.executable, "-m", "goodstanding.exchange.witness", "--name", COSIGNER.name, "--json"]
    command += ["--log", LOG.verifier.encode(), "--store", str(folder / "witness.sqlite3"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        said = json.loads(running.stdout.readline())
        try:
            yield running, said["url"], WitnessKey.decode(said["key"])
        finally:
            running.kill()


@contextlib.contextmanager
def server(path: Path, cosigner: CosignerKey = COSIGNER, *logs: object) -> Iterator[str]:
    """The same in this process."""
    state = State(path)
    witness = Witness(cosigner=cosigner, logs=list(logs) or [LOG.verifier], state=state)
    found = WitnessServer(witness, host="127.0.0.1", port=0)
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found.url
    finally:
        found.shutdown()
        thread.join()
        found.server_close()
        state.close()


CLIENT = httpx.Client(timeout=10)


def ask(url: str, request: AddCheckpoint | bytes) -> httpx.Response:
    body = request if isinstance(request, bytes) else request.encode().encode()
    return CLIENT.post(f"{url}/add-checkpoint", content=body)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with server(tmp_path / "w.sqlite3") as found:
        yield found


def test_every_answer_has_the_status_that_the_protocol_demands(url: str) -> None:
    assert ask(url, b"nonsense").status_code == 400
    assert ask(url, TREE.request(9, 5)).status_code == 400
    note = sign_checkpoint(TREE.checkpoint(5), signers=[LOG]).replace("example.com/log", "example.com/else")
    assert ask(url, AddCheckpoint(0, (), note)).status_code == 404
    assert ask(url, TREE.request(0, 5, signer=OTHER)).status_code == 403
    conflict = ask(url, TREE.request(3, 5))
    assert (conflict.status_code, conflict.text) == (409, "0\n")
    first = ask(url, TREE.request(0, 5))
    assert first.status_code == 200
    whole = sign_checkpoint(TREE.checkpoint(5), signers=[LOG]) + first.text
    (cosignature,) = verify_cosignatures(whole, witnesses=[COSIGNER.verifier])
    assert abs(cosignature.timestamp - time.time()) < 60
    conflict = ask(url, TREE.request(0, 9))
    assert (conflict.status_code, conflict.text) == (409, "5\n")
    assert conflict.headers["Content-Type"] == "text/x.tlog.size"
    assert ask(url, AddCheckpoint(5, (bytes(32),), TREE.request(5, 9).checkpoint)).status_code == 422
    assert ask(url, FORK.request(5, 5)).status_code == 422
    assert ask(url, TREE.request(5, 9)).status_code == 200
    assert ask(url, TREE.request(9, 9)).status_code == 200


def test_requests_that_are_none_are_refused_and_the_witness_goes_on(url: str) -> None:
    assert httpx.post(f"{url}/other", content=b"x").status_code == 404
    assert httpx.get(f"{url}/add-checkpoint").status_code == 404
    assert ask(url, b"x" * 200_000).status_code == 413
    assert httpx.post(f"{url}/add-checkpoint", content=iter([b"chunked"])).status_code == 411
    assert ask(url, TREE.request(0, 5)).status_code == 200


def test_the_last_checkpoint_is_served_to_monitors_with_both_signatures(url: str) -> None:
    address = f"{url}/{origin_hash(LOG.name)}/checkpoint"
    assert httpx.get(address).status_code == 404
    for old, new in ((0, 5), (5, 9)):
        line = ask(url, TREE.request(old, new)).text
        assert httpx.get(address).text == TREE.request(old, new).checkpoint + line
    assert httpx.get(f"{url}/{origin_hash('other')}/checkpoint").status_code == 404


def test_a_fork_and_a_rollback_are_refused_and_the_fork_is_kept_as_evidence(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite3"
    with server(path) as url:
        assert ask(url, TREE.request(0, 9)).status_code == 200
        assert ask(url, TREE.request(5, 9)).status_code == 409
        assert ask(url, TREE.request(0, 5)).status_code == 409
        assert ask(url, FORK.request(9, 20)).status_code == 422
        assert ask(url, FORK.request(0, 9)).status_code == 409
        assert ask(url, FORK.request(9, 9)).status_code == 422
        assert httpx.get(f"{url}/{origin_hash(LOG.name)}/checkpoint").text.split("\n")[1] == "9"
    command = [sys.executable, "-m", "goodstanding.exchange.witness", "--store", str(path), "--show-evidence"]
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60)
    assert told.returncode == 1
    unproved, split = json.loads(told.stdout)
    assert (unproved["split"], split["split"]) == (False, True)
    assert split["shown"] == FORK.request(0, 9).checkpoint
    assert split["held"].startswith(TREE.request(0, 9).checkpoint)
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "TWO HISTORIES" in told.stdout and FORK.request(0, 9).checkpoint in told.stdout


def test_a_flood_of_unproved_checkpoints_never_pushes_out_a_split(tmp_path: Path) -> None:
    path = tmp_path / "w.sqlite3"
    with server(path) as url:
        ask(url, TREE.request(0, 9))
        ask(url, FORK.request(9, 9))
        for branch in range(2, UNPROVED_KEPT + 10):
            assert ask(url, Tree(branch, 3).request(9, 20)).status_code == 422
    state = State(path)
    kept = state.evidence()
    state.close()
    assert [item.split for item in kept] == [True] + [False] * UNPROVED_KEPT


def test_of_racing_requests_exactly_one_wins_each_round(url: str) -> None:
    held = 0
    for step in range(5):
        sizes = [held + 1, held + 2, held + 3, held + 4]
        requests = [TREE.request(held, new) for new in sizes]
        with ThreadPoolExecutor(len(sizes)) as threads:
            statuses = list(threads.map(lambda request: ask(url, request).status_code, requests))
        assert sorted(statuses) == [200, 409, 409, 409], step
        held = sizes[statuses.index(200)]
        assert ask(url, TREE.request(0, 60)).text == f"{held}\n"


@pytest.mark.crash
def test_a_killed_witness_never_forgets_what_it_cosigned(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    tree, fork = Tree(leaves=1500), Tree(1, 1, leaves=1500)
    acknowledged, kills = 0, 6
    for _ in range(kills):
        with process(tmp_path) as (running, url, key):
            timer = threading.Timer(0.01 * chance.random(), running.send_signal, [signal.SIGKILL])
            held, last = acknowledged, acknowledged + chance.randrange(2, 40)
            with contextlib.suppress(httpx.HTTPError):
                while True:
                    if held == last:
                        timer.start()
                    request = tree.request(held, held + 1)
                    answer = ask(url, request)
                    if answer.status_code == 409:  # it had stored one more when it was killed
                        assert answer.text == f"{held + 1}\n"
                        held += 1
                        continue
                    assert answer.status_code == 200
                    assert verify_cosignatures(request.checkpoint + answer.text, witnesses=[key])
                    held = acknowledged = held + 1
            timer.join()
    print(f"{kills} kills, {acknowledged} checkpoints cosigned among them")
    assert acknowledged > kills
    with process(tmp_path) as (running, url, _):
        assert ask(url, fork.request(acknowledged, 1500)).status_code in (409, 422)
        assert int(ask(url, tree.request(1, 1500)).text) in (acknowledged, acknowledged + 1)
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "word"), [([], "--name"), (["--name", "a b"], "key name"), (["--name", "w"], "--log")]
)
def test_the_program_says_what_it_needs(tmp_path: Path, arguments: list[str], word: str) -> None:
    command = [sys.executable, "-m", "goodstanding.exchange.witness", *arguments]
    told = subprocess.run(
        [*command, "--store", str(tmp_path / "w.sqlite3")], capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 2 and word in told.stderr


def test_a_witness_and_an_audit_of_files_need_nothing_of_the_platform() -> None:
    script = (
        "import sys, goodstanding.exchange.witness.program, goodstanding.exchange.log.folder\n"
        "ours = {name.split('.')[1] for name in sys.modules if name.startswith('goodstanding.')}\n"
        "assert ours == {'exchange', 'proof'}, ours\n"
        "assert not {'django', 'psycopg', 'pydantic'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_each_kind_of_key_has_a_file_of_its_own_and_stays_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "goodstanding.exchange.witness", "--name", COSIGNER.name, "--show-key"]
    command += ["--store", str(tmp_path / "w.sqlite3")]
    shown = []
    for more in ([], ["--post-quantum"], [], ["--post-quantum"]):
        told = subprocess.run([*command, *more], capture_output=True, text=True, timeout=60, check=True)
        shown.append(WitnessKey.decode(told.stdout.strip()))
    assert shown[:2] == shown[2:]
    assert [key.post_quantum for key in shown[:2]] == [False, True]
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(files) == {"witness.key", "witness-ml-dsa.key"} and len(set(files.values())) == 2
