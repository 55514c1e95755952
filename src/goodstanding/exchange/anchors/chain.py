"""A contract on an EVM chain that stores the log's root at each size that is anchored (``contract/LogRoots.vy``).

Only the owner of the contract writes, and a stored size never goes back. Whoever reads the chain checks a receipt: the
event in its block, and the root that the contract holds now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final

from goodstanding import proof
from goodstanding.exchange.errors import ExchangeError

from .base import AnchorReceipt, SignedCheckpoint

#: Seconds for one answer of the node, and for a transaction to come into a block.
PATIENCE: Final = 10.0
UNTIL_STORED: Final = 60.0
_FIELDS: Final = ("block", "block_hash", "chain", "contract", "root", "size", "time", "transaction")


@cache
def compiled() -> dict[str, Any]:
    """The contract as the compiler made it: ``compiler``, ``abi``, ``bytecode``, ``bytecode_runtime``."""
    text = files("goodstanding.exchange.anchors").joinpath("contract/log_roots.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@dataclass(frozen=True, slots=True)
class Stored:
    """What a receipt says: the block and the transaction that stored a root, on which chain, in which contract."""

    chain: int
    contract: str
    size: int
    root: str
    transaction: str
    block: int
    block_hash: str
    #: The block's time, in seconds since 1970.
    time: int

    def encode(self) -> bytes:
        """Canonical JSON."""
        return proof.canonical({name: getattr(self, name) for name in _FIELDS})

    @classmethod
    def decode(cls, content: bytes) -> Stored:
        """Read a receipt. Raises ExchangeError anchor.forged where it is none, or not canonical."""
        try:
            said = json.loads(content)
            found = cls(**{name: said[name] for name in _FIELDS})
            whole = isinstance(found.time, int) and found.encode() == content
        except (ValueError, TypeError, KeyError, proof.ProofError):
            whole = False
        if not whole:
            raise ExchangeError("anchor.forged", place="receipt of a chain")
        return found


def read(checkpoint: SignedCheckpoint, content: bytes) -> AnchorReceipt:
    """What a receipt says of a checkpoint, without asking the chain. Raises ExchangeError anchor.forged."""
    said = Stored.decode(content)
    state = checkpoint.checkpoint
    if (said.size, said.root) != (state.size, state.root.hex()):
        raise ExchangeError("anchor.forged", place=f"receipt of size {said.size} for size {state.size}")
    return AnchorReceipt(
        anchored_at=datetime.fromtimestamp(said.time, UTC),
        reference=f"chainId {said.chain}, block {said.block}, {said.transaction}",
        content=content,
    )


class Chain:
    """A contract at an address of a chain, by a node's JSON-RPC over HTTP. ``key`` (hex) is the owner's, to write."""

    kind: ClassVar[str] = "evm"
    suffix: ClassVar[str] = "json"

    def __init__(self, *, url: str, chain: int, contract: str = "", key: str = "") -> None:
        self.url, self.chain, self.contract, self.key = url, chain, contract, key

    def anchor(self, checkpoint: SignedCheckpoint, *, at: datetime) -> AnchorReceipt:
        """Store the root, unless the contract holds it already, and wait for the block."""
        state = checkpoint.checkpoint
        with self._node() as node:
            contract = self._contract(node, state.origin)
            held: bytes = contract.functions.roots(state.size).call()
            if held == state.root:
                logs = contract.events.RootStored().get_logs(
                    argument_filters={"size": state.size}, from_block=0
                )
                return self._receipt(node, checkpoint, logs[0]["transactionHash"])
            if held != bytes(32):
                raise ExchangeError("anchor.contradicted", place=f"{self.contract}, size {state.size}")
            latest = contract.functions.latest().call()
            if latest > state.size:
                raise ExchangeError("anchor.ahead", place=f"{self.contract}, size {latest}")
            done = self._send(node, contract.functions.store(state.size, state.root))
            return self._receipt(node, checkpoint, done["transactionHash"])

    def verify(self, checkpoint: SignedCheckpoint, content: bytes) -> AnchorReceipt:
        """Read it back: the transaction in its block, its event, and the root that the contract holds."""
        from web3.exceptions import TransactionNotFound

        said, state = read(checkpoint, content), checkpoint.checkpoint
        with self._node() as node:
            contract = self._contract(node, state.origin)
            lost = ExchangeError("anchor.lost", place=said.reference)
            if contract.functions.roots(state.size).call() != state.root:
                raise lost
            try:
                found = self._receipt(node, checkpoint, Stored.decode(content).transaction)
            except TransactionNotFound:
                raise lost from None
            if found.content != content:
                raise ExchangeError("anchor.forged", place=said.reference)
        return found

    def deploy(self, origin: str) -> str:
        """Put the contract for a log of this origin on the chain, owned by the key. Returns its address."""
        with self._node() as node:
            made = node.eth.contract(abi=compiled()["abi"], bytecode=compiled()["bytecode"])
            done = self._send(node, made.constructor(hashlib.sha256(origin.encode()).digest()))
            return str(done["contractAddress"])

    @contextmanager
    def _node(self) -> Iterator[Any]:
        """The node, of the chain that was meant; what goes wrong with it becomes one sentence."""
        try:
            import requests
            from web3 import HTTPProvider, Web3
            from web3.exceptions import ContractLogicError, Web3Exception
            from web3.middleware import ExtraDataToPOAMiddleware
        except ImportError:
            raise ExchangeError("anchor.extra", place="goodstanding[chain]") from None
        node = Web3(HTTPProvider(self.url, request_kwargs={"timeout": PATIENCE}))
        node.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)  # chains of named validators
        try:
            if node.eth.chain_id != self.chain:
                raise ExchangeError("anchor.contract", place=f"{self.url} is chain {node.eth.chain_id}")
            yield node
        except ContractLogicError as error:
            raise ExchangeError("anchor.refused", place=f"{self.contract}: {error.message}") from error
        except (requests.RequestException, Web3Exception, ValueError) as error:
            place = f"{self.url}: {type(error).__name__}"
            raise ExchangeError("anchor.unreachable", place=place) from error

    def _contract(self, node: Any, origin: str) -> Any:
        """The contract, if it is ours by its code and this log's by its origin."""
        if not node.is_checksum_address(self.contract):
            raise ExchangeError("anchor.contract", place=f"address {self.contract!r}")
        runtime = bytes.fromhex(compiled()["bytecode_runtime"].removeprefix("0x"))
        if bytes(node.eth.get_code(self.contract))[: len(runtime)] != runtime:
            raise ExchangeError("anchor.contract", place=f"code at {self.contract}")
        contract = node.eth.contract(address=self.contract, abi=compiled()["abi"])
        if contract.functions.origin().call() != hashlib.sha256(origin.encode()).digest():
            raise ExchangeError("anchor.contract", place=f"origin at {self.contract}")
        return contract

    def _send(self, node: Any, call: Any) -> Any:
        """Sign, send and wait. A transaction that waits still from an earlier try is replaced, not doubled."""
        owner = node.eth.account.from_key(self.key)
        sent = call.build_transaction(
            {
                "from": owner.address,
                "nonce": node.eth.get_transaction_count(owner.address),
                "gasPrice": node.eth.gas_price,
                "chainId": self.chain,
            }
        )
        hashed = node.eth.send_raw_transaction(owner.sign_transaction(sent).raw_transaction)
        done = node.eth.wait_for_transaction_receipt(hashed, timeout=UNTIL_STORED, poll_latency=0.2)
        if done["status"] != 1:
            raise ExchangeError("anchor.refused", place=f"transaction {hashed.to_0x_hex()}")
        return done

    def _receipt(self, node: Any, checkpoint: SignedCheckpoint, transaction: Any) -> AnchorReceipt:
        """What the chain says of a transaction that stored the checkpoint's root."""
        state = checkpoint.checkpoint
        done = node.eth.get_transaction_receipt(transaction)
        contract = node.eth.contract(address=self.contract, abi=compiled()["abi"])
        events = [
            event
            for event in contract.events.RootStored().process_receipt(done, errors=_discard())
            if event["address"] == self.contract
        ]
        stored = [(event["args"]["size"], event["args"]["root"]) for event in events]
        if (state.size, state.root) not in stored:
            raise ExchangeError("anchor.forged", place=f"transaction {done['transactionHash'].to_0x_hex()}")
        block = node.eth.get_block(done["blockHash"])
        said = Stored(
            chain=self.chain,
            contract=self.contract,
            size=state.size,
            root=state.root.hex(),
            transaction=done["transactionHash"].to_0x_hex(),
            block=int(done["blockNumber"]),
            block_hash=done["blockHash"].to_0x_hex(),
            time=int(block["timestamp"]),
        )
        return read(checkpoint, said.encode())


def _discard() -> Any:
    from web3.logs import DISCARD

    return DISCARD
