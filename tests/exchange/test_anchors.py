"""Each way of anchoring against a real engine: what holds, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from goodstanding import proof
from goodstanding.exchange.anchors import chain as chains
from goodstanding.exchange.anchors import config
from goodstanding.exchange.anchors.base import Anchor, SignedCheckpoint
from goodstanding.exchange.anchors.chain import Chain
from goodstanding.exchange.anchors.line_file import LineFile
from goodstanding.exchange.anchors.timestamps import TimeStamps
from goodstanding.exchange.errors import ExchangeError

from .engines import OPENSSL, OTHER_KEY, OWNER_KEY, Authority, ChainNode, answering, authority, chain_node

SIGNER = proof.SignerKey(name="credit.example/log", private_key=b"\x07" * 32)
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def signed(size: int, *, root: int | None = None) -> SignedCheckpoint:
    state = proof.Checkpoint(origin=SIGNER.name, size=size, root=bytes([root or size]) * 32)
    return SignedCheckpoint.of(proof.sign_checkpoint(state, signers=[SIGNER]))


def refused(anchor: Anchor, checkpoint: SignedCheckpoint, content: bytes | None = None) -> str:
    with pytest.raises(ExchangeError) as error:
        if content is None:
            anchor.anchor(checkpoint, at=AT)
        else:
            anchor.verify(checkpoint, content)
    return error.value.code


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, TimeStamps]]:
    with authority(tmp_path_factory.mktemp("tsa")) as (made, url):
        yield made, TimeStamps(url=url, certificates=made.certificates.read_bytes())


@pytest.fixture(scope="module")
def node() -> Iterator[tuple[ChainNode, str]]:
    with chain_node() as running:
        yield running


def chain_id(node: ChainNode) -> int:
    return int(node.tester.backend.chain.chain_id)


@pytest.fixture
def contract(node: tuple[ChainNode, str]) -> Chain:
    chain = Chain(url=node[1], chain=chain_id(node[0]), key=OWNER_KEY)
    chain.contract = chain.deploy(SIGNER.name)
    return chain


# time stamps


def test_a_time_stamp_holds_for_its_note_and_openssl_agrees(
    tsa: tuple[Authority, TimeStamps], tmp_path: Path
) -> None:
    _, stamps = tsa
    checkpoint = signed(3)
    before = datetime.now(UTC) - timedelta(seconds=2)
    receipt = stamps.anchor(checkpoint, at=AT)
    assert before <= receipt.anchored_at <= datetime.now(UTC) + timedelta(seconds=2)
    assert stamps.verify(checkpoint, receipt.content) == receipt
    for name, data in {
        "t.tsr": receipt.content,
        "note": checkpoint.note.encode(),
        "ca": receipt.certificates,
    }.items():
        (tmp_path / name).write_bytes(data)
    assert OPENSSL is not None
    said = subprocess.run(
        [OPENSSL, "ts", "-verify", "-in", "t.tsr", "-data", "note", "-CAfile", "ca"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 0 and "Verification: OK" in said.stdout + said.stderr


def test_a_time_stamp_of_another_note_is_refused(tsa: tuple[Authority, TimeStamps]) -> None:
    _, stamps = tsa
    content = stamps.anchor(signed(3), at=AT).content
    assert refused(stamps, signed(4), content) == "anchor.forged"
    recosigned = SignedCheckpoint.of(
        proof.add_signatures(signed(3).note, signers=[proof.SignerKey(name="x", private_key=bytes(32))])
    )
    assert refused(stamps, recosigned, content) == "anchor.forged"


def test_a_time_stamp_by_a_stranger_is_refused(tsa: tuple[Authority, TimeStamps], tmp_path: Path) -> None:
    _, stamps = tsa
    content = stamps.anchor(signed(3), at=AT).content
    other = Authority(tmp_path / "other", name="other root")
    strange = TimeStamps(url=stamps.url, certificates=other.certificates.read_bytes())
    assert refused(strange, signed(3), content) == "anchor.forged"
    assert refused(strange, signed(3)) == "anchor.forged"
    nothing = TimeStamps(url=stamps.url, certificates=b"no certificate")
    assert refused(nothing, signed(3), content) == "anchor.config"


def test_a_tampered_answer_is_refused(tsa: tuple[Authority, TimeStamps]) -> None:
    made, stamps = tsa
    held = stamps.anchor(signed(3), at=AT).content
    # What is signed begins with the token's information; the certificate's own bytes and the signature follow.
    imprint = held.index(signed(3).digest)
    for at in (imprint, imprint + 31, imprint + 40, len(held) - 1):
        changed = held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :]
        assert refused(stamps, signed(3), changed) == "anchor.forged", at
    for cut in (0, 1, len(held) // 2, len(held) - 1):
        assert refused(stamps, signed(3), held[:cut]) == "anchor.forged", cut
    made.changed = lambda _: held
    try:
        assert refused(stamps, signed(3)) == "anchor.forged", "an old answer has not this request's nonce"
    finally:
        made.changed = lambda answer: answer


def test_an_authority_that_is_away_or_says_no_is_named(tsa: tuple[Authority, TimeStamps]) -> None:
    certificates = tsa[1].certificates
    with answering(lambda _: (500, "text/plain", b"")) as url:
        assert refused(TimeStamps(url=url, certificates=certificates), signed(3)) == "anchor.refused"
    assert refused(TimeStamps(url=url, certificates=certificates), signed(3)) == "anchor.unreachable"
    with answering(lambda _: (200, "application/timestamp-reply", b"\x30\x05\x30\x03\x02\x01\x02")) as url:
        assert refused(TimeStamps(url=url, certificates=certificates), signed(3)) == "anchor.forged"


# a chain


def test_the_contract_beside_its_source_is_what_the_compiler_makes_of_it() -> None:
    vyper = pytest.importorskip("vyper")
    source = files("goodstanding.exchange.anchors").joinpath("contract/LogRoots.vy").read_text("utf-8")
    held = chains.compiled()
    assert held["compiler"] == f"vyper {vyper.__version__}"
    made = vyper.compile_code(source, output_formats=["abi", "bytecode", "bytecode_runtime"])
    assert made == {name: held[name] for name in made}


def test_a_root_is_stored_and_read_back(contract: Chain, node: tuple[ChainNode, str]) -> None:
    first = contract.anchor(signed(3), at=AT)
    said = json.loads(first.content)
    assert (said["size"], said["root"]) == (3, signed(3).checkpoint.root.hex())
    assert contract.verify(signed(3), first.content) == first
    assert contract.anchor(signed(3), at=AT) == first, "once stored, the same receipt again"
    second = contract.anchor(signed(9), at=AT)
    assert json.loads(second.content)["block"] > said["block"]
    anyone = Chain(url=node[1], chain=chain_id(node[0]), contract=contract.contract)
    for checkpoint, receipt in ((signed(3), first), (signed(9), second)):
        assert anyone.verify(checkpoint, receipt.content) == receipt
    node[0].tester.mine_blocks(5)
    assert anyone.verify(signed(3), first.content) == first


def test_a_stored_size_never_goes_back_or_changes(contract: Chain) -> None:
    contract.anchor(signed(9), at=AT)
    assert refused(contract, signed(3)) == "anchor.ahead"
    assert refused(contract, signed(9, root=8)) == "anchor.contradicted"


def test_the_contract_itself_refuses_what_the_platform_would_not_send(contract: Chain) -> None:
    contract.anchor(signed(9), at=AT)
    with contract._node() as found:
        functions = found.eth.contract(address=contract.contract, abi=chains.compiled()["abi"]).functions
        owner = found.eth.account.from_key(OWNER_KEY).address
        stranger = found.eth.account.from_key(OTHER_KEY).address
        assert functions.owner().call() == owner
        for sender, size, root, why in (
            (stranger, 10, b"\x01" * 32, "only the owner writes"),
            (owner, 9, b"\x01" * 32, "a stored size never goes back"),
            (owner, 8, b"\x01" * 32, "a stored size never goes back"),
            (owner, 10, bytes(32), "no root"),
        ):
            with pytest.raises(Exception, match=why):
                functions.store(size, root).call({"from": sender})
        functions.store(10, b"\x01" * 32).call({"from": owner})


def test_only_the_owner_anchors(contract: Chain) -> None:
    stranger = Chain(url=contract.url, chain=contract.chain, contract=contract.contract, key=OTHER_KEY)
    assert refused(stranger, signed(3)) == "anchor.refused"
    assert contract.anchor(signed(3), at=AT)


def test_a_receipt_that_the_chain_does_not_bear_out_is_refused(contract: Chain) -> None:
    content = contract.anchor(signed(3), at=AT).content
    said = json.loads(content)
    other = contract.anchor(signed(9), at=AT)
    for name, value in (
        ("block", said["block"] + 1),
        ("time", said["time"] + 1),
        ("block_hash", "0x" + "00" * 32),
        ("transaction", json.loads(other.content)["transaction"]),
        ("contract", "0x" + "11" * 20),
        ("chain", 1),
    ):
        assert refused(contract, signed(3), proof.canonical(said | {name: value})) == "anchor.forged", name
    nowhere = proof.canonical(said | {"transaction": "0x" + "00" * 32})
    assert refused(contract, signed(3), nowhere) == "anchor.lost"
    assert refused(contract, signed(3, root=4), content) == "anchor.forged"
    assert refused(contract, signed(4), content) == "anchor.forged"
    for spoiled in (b"", b"[]", content + b" ", content[:-1], proof.canonical(said | {"time": "soon"})):
        assert refused(contract, signed(3), spoiled) == "anchor.forged"
    never = proof.canonical(said | {"size": 5, "root": signed(5).checkpoint.root.hex()})
    assert refused(contract, signed(5), never) == "anchor.lost"


def test_another_contract_another_log_and_another_chain_are_refused(
    contract: Chain, node: tuple[ChainNode, str]
) -> None:
    content = contract.anchor(signed(3), at=AT).content
    number = chain_id(node[0])
    made = Chain(url=node[1], chain=number, key=OWNER_KEY)
    others = [
        Chain(url=node[1], chain=number, contract=made.deploy("another/log"), key=OWNER_KEY),
        Chain(
            url=node[1], chain=number, contract="0x0000000000000000000000000000000000000001", key=OWNER_KEY
        ),
        Chain(url=node[1], chain=number, contract="0x" + "aB" * 20, key=OWNER_KEY),
        Chain(url=node[1], chain=number + 1, contract=contract.contract, key=OWNER_KEY),
    ]
    for other in others:
        assert refused(other, signed(3)) == "anchor.contract"
        assert refused(other, signed(3), content) == "anchor.contract"


def test_a_node_that_is_away_is_named(contract: Chain, node: tuple[ChainNode, str]) -> None:
    node[0].away = True
    try:
        assert refused(contract, signed(3)) == "anchor.unreachable"
    finally:
        node[0].away = False
    with answering(lambda _: (200, "application/json", b"nonsense")) as url:
        nonsense = Chain(url=url, chain=1, contract=contract.contract, key=OWNER_KEY)
        assert refused(nonsense, signed(3)) == "anchor.unreachable"
    nowhere = Chain(url=url, chain=1, contract=contract.contract, key=OWNER_KEY)
    assert refused(nowhere, signed(3)) == "anchor.unreachable"
    assert contract.anchor(signed(3), at=AT)


# a file


def test_a_line_for_each_checkpoint(tmp_path: Path) -> None:
    anchor = LineFile(path=tmp_path / "anchored")
    receipts = {size: anchor.anchor(signed(size), at=AT + timedelta(hours=size)) for size in (3, 9)}
    assert anchor.anchor(signed(9), at=AT + timedelta(days=9)) == receipts[9], "once written, not again"
    assert anchor.path.read_bytes() == receipts[3].content + receipts[9].content
    for size, receipt in receipts.items():
        assert anchor.verify(signed(size), receipt.content) == receipt
        assert receipt.anchored_at == AT + timedelta(hours=size)
    assert refused(anchor, signed(3), receipts[9].content) == "anchor.forged"
    assert refused(anchor, signed(3)) == "anchor.ahead"
    assert refused(anchor, signed(9, root=8)) == "anchor.contradicted"


def test_a_line_that_went_is_missed(tmp_path: Path) -> None:
    anchor = LineFile(path=tmp_path / "anchored")
    content = anchor.anchor(signed(3), at=AT).content
    for held in (b"", content[:-1], content.replace(b"3", b"4", 1), b"x" + content):
        anchor.path.write_bytes(held)
        assert refused(anchor, signed(3), content) == "anchor.lost", held
    anchor.path.write_bytes(b"x" + content + content)
    assert anchor.verify(signed(3), content)
    anchor.path.unlink()
    assert refused(anchor, signed(3), content) == "anchor.unreachable"


def test_a_line_torn_by_a_crash_stays_and_the_next_one_is_whole(tmp_path: Path) -> None:
    anchor = LineFile(path=tmp_path / "anchored")
    content = anchor.anchor(signed(3), at=AT).content
    for cut in (1, 40, len(content) - 1):
        anchor.path.write_bytes(content + content[:cut])
        again = anchor.anchor(signed(3), at=AT)
        assert anchor.path.read_bytes() == content + content[:cut] + b"\n" + again.content
        assert anchor.verify(signed(3), again.content) == again


def test_a_disk_that_is_not_there_is_not_written_around(tmp_path: Path) -> None:
    anchor = LineFile(path=tmp_path / "disk" / "anchored")
    assert refused(anchor, signed(3)) == "anchor.unreachable"
    assert not anchor.path.parent.exists()


# the file of anchors


def test_a_file_of_anchors_is_read(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_bytes(b"pem")
    (tmp_path / "owner.key").write_text(OWNER_KEY + "\n")
    (tmp_path / "anchors.yaml").write_text(
        """
anchors:
  - {id: stamps, kind: rfc3161, url: "https://tsa.example/", certificates: roots.pem}
  - {id: consortium, kind: evm, url: "http://node:8545", chain: 1337, key: owner.key, every: 600,
     contract: "0xF2E246BB76DF876Cef8b38ae84130F4F55De395b"}
  - {id: disk, kind: file, path: /mnt/worm/anchored, every: 60}
"""
    )
    stamps, consortium, disk = config.read(tmp_path / "anchors.yaml")
    assert isinstance(stamps.anchor, TimeStamps) and stamps.anchor.certificates == b"pem"
    assert isinstance(consortium.anchor, Chain) and consortium.anchor.key == OWNER_KEY
    assert isinstance(disk.anchor, LineFile) and os.fspath(disk.anchor.path) == "/mnt/worm/anchored"
    assert [(one.id, one.every) for one in (stamps, consortium, disk)] == [
        ("stamps", 3600),
        ("consortium", 600),
        ("disk", 60),
    ]
    assert config.read(tmp_path / "none.yaml") == ()


@pytest.mark.parametrize(
    "text",
    [
        "anchors: 3",
        "anchors: [",
        "anchors: [{id: a, kind: pigeon}]",
        "anchors: [{id: A b, kind: file, path: /x}]",
        "anchors: [{id: a, kind: file, path: /x, speed: 3}]",
        "anchors: [{id: a, kind: file, path: /x, every: 0}]",
        "anchors: [{id: a, kind: file, path: /x}, {id: a, kind: file, path: /y}]",
        "anchors: [{id: a, kind: rfc3161, url: 'https://x', certificates: nowhere.pem}]",
        "anchors: [{id: a, kind: rfc3161, url: 'ftp://x', certificates: anchors.yaml}]",
        "anchors: [{id: a, kind: evm, url: 'http://x', chain: 1, key: anchors.yaml}]",
    ],
)
def test_a_faulty_file_of_anchors_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "anchors.yaml").write_text(text)
    with pytest.raises(ExchangeError) as error:
        config.read(tmp_path / "anchors.yaml")
    assert error.value.code == "anchor.config" and str(tmp_path) in error.value.place
