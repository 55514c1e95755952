"""The transparency log: events appended, sealed and witnessed per second, and proofs per second with their bytes."""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from pathlib import Path

from goodstanding.proof import (
    CosignerKey,
    TileProver,
    VerifierKey,
    event_proof,
    leaf_hash,
    new_tiles,
    tile_fetch,
    verify_inclusion,
)
from goodstanding.proof.merkle import range_root

from .common import installation, machine, percentiles, server_cpu

EVENTS = int(os.environ.get("BENCH_EVENTS", "300000"))
BATCH = 10_000
PROOFS = 50_000
#: Leaves of the log that proofs are made from, in memory.
LEAVES = 1_000_000


class _Memory:
    """Tiles in memory, as a cache in front of the tables would hold them."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.tiles[level, index][: 32 * width]


def main() -> None:
    """Measure and print."""
    print(f"log: {machine()}")
    with installation() as folder:
        _appends(folder)
    _proofs()


def _appends(folder: Path) -> None:
    from django.conf import settings
    from django.db import transaction
    from django.utils import timezone

    from goodstanding.exchange import proofs
    from goodstanding.exchange.log.audit import audit_database
    from goodstanding.exchange.log.export import export
    from goodstanding.exchange.log.folder import audit_folder
    from goodstanding.exchange.log.witnesses import gather
    from goodstanding.exchange.witness.server import WitnessServer
    from goodstanding.exchange.witness.service import Witness
    from goodstanding.exchange.witness.state import State
    from goodstanding.registry import journal
    from goodstanding.site.worker import seal_all

    log_key = VerifierKey.decode(proofs.log_key())
    lines, servers = [], []
    for number in range(3):
        cosigner = CosignerKey(name=f"witness{number}.example", private_key=os.urandom(32))
        state = State(folder / f"witness{number}.sqlite3")
        server = WitnessServer(
            Witness(cosigner=cosigner, logs=[log_key], state=state), host="127.0.0.1", port=0
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        lines.append(f"witness w{number} {cosigner.verifier.encode()} {server.url}\n")
    policy = folder / "policy"
    policy.write_text(f"log {log_key.encode()}\n{''.join(lines)}group g 2 w0 w1 w2\nquorum g\n")
    settings.WITNESS_POLICY = str(policy)
    batches = []
    spent = dict.fromkeys(("append", "seal", "witness"), 0.0)
    began, used, served = time.perf_counter(), time.process_time(), server_cpu()
    for start in range(0, EVENTS, BATCH):
        events = [
            journal.NewEvent(
                "record.restored",
                {"record": f"3b9f0c1e-5d1c-4b62-9a57-{number:012d}", "state": "restored", "version": 2},
            )
            for number in range(start, start + BATCH)
        ]
        at = time.perf_counter()
        with transaction.atomic():
            journal.append(events, at=timezone.now())
        appended = time.perf_counter()
        seal_all()
        sealed = time.perf_counter()
        found = gather(at=timezone.now())
        assert found is not None and found.published
        witnessed = time.perf_counter()
        for name, seconds in zip(spent, (appended - at, sealed - appended, witnessed - sealed), strict=True):
            spent[name] += seconds
        batches.append(witnessed - at)
    took, own, server_s = time.perf_counter() - began, time.process_time() - used, server_cpu() - served
    each = ", ".join(f"{name} {EVENTS / seconds:,.0f}/s" for name, seconds in spent.items())
    print(
        f"  {EVENTS:,} events in commits of {BATCH:,}, sealed and cosigned by 3 witnesses (2 demanded) after each:"
        f" {EVENTS / took:,.0f}/s durable and witnessed\n    of it {each}; a batch {percentiles(batches)};"
        f" processor an event {own / EVENTS * 1e6:.1f} µs here (witnesses included) and"
        f" {server_s / EVENTS * 1e6:.1f} µs in PostgreSQL: {EVENTS / (own + server_s):,.0f} events a second of one core"
    )
    with tempfile.TemporaryDirectory() as target:
        used = time.process_time()
        done = export(Path(target))
        rate, weight = done.size / (time.process_time() - used), done.bytes / done.size
        print(f"  export: {rate:,.0f} entries a second of processor here, {weight:.1f} bytes each")
        used = time.process_time()
        assert audit_folder(Path(target), key=log_key).faults == ()
        print(
            f"  audit of the export: {EVENTS / (time.process_time() - used):,.0f} entries a second of processor"
        )
    used = time.process_time()
    assert audit_database().faults == ()
    print(
        f"  audit of the database: {EVENTS / (time.process_time() - used):,.0f} events a second of processor here"
    )
    chance = random.Random(1)
    from goodstanding.registry.seal import DatabaseTiles

    at = time.perf_counter()
    prover = TileProver(size=EVENTS, store=DatabaseTiles())
    prover.inclusions([chance.randrange(EVENTS) for _ in range(PROOFS)])
    print(f"  inclusion proofs from the table of tiles: {PROOFS / (time.perf_counter() - at):,.0f}/s")
    for server in servers:
        server.shutdown()


def _proofs() -> None:
    store = _Memory()
    leaves = [leaf_hash(number.to_bytes(32, "big")) for number in range(LEAVES)]
    at = time.perf_counter()
    for tile in new_tiles(old_size=0, new_leaf_hashes=leaves, store=store):
        store.tiles[tile.level, tile.index] = tile.data
    print(f"  tiles of {LEAVES:,} leaves: {LEAVES / (time.perf_counter() - at):,.0f} leaves/s")
    chance = random.Random(1)
    for title, indexes in (
        ("anywhere, one by one", [chance.randrange(LEAVES) for _ in range(PROOFS)]),
        (
            "of the newest 100,000, one by one",
            [LEAVES - 1 - chance.randrange(100_000) for _ in range(PROOFS)],
        ),
    ):
        prover = TileProver(size=LEAVES, store=store)
        at, used = time.perf_counter(), time.process_time()
        made = [prover.inclusion(index) for index in indexes]
        _say_proofs(title, made, at, used)
        prover = TileProver(size=LEAVES, store=store)
        at, used = time.perf_counter(), time.process_time()
        made = prover.inclusions(indexes)
        _say_proofs(title.replace("one by one", "in one batch"), made, at, used)
    fetch = tile_fetch(size=LEAVES, store=store)
    top = range_root(start=0, end=LEAVES, fetch=fetch)
    at = time.perf_counter()
    for index, proof in zip(indexes[:10_000], made, strict=False):
        verify_inclusion(leaf_hash=leaves[index], index=index, size=LEAVES, proof=proof, root=top)
    print(f"  verified: {10_000 / (time.perf_counter() - at):,.0f}/s")
    file = event_proof(
        content={"record": "3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11", "position": 1, "kind": "record.restored"},
        salt=bytes(32),
        index=0,
        hashes=made[0],
        checkpoint="",
    ).encode()
    print(f"  a tlog-proof without its checkpoint: {len(file)} bytes")


def _say_proofs(title: str, made: list[list[bytes]], at: float, used: float) -> None:
    wall, processor = time.perf_counter() - at, time.process_time() - used
    size = sum(32 * len(item) for item in made) / len(made)
    print(
        f"  inclusion proofs from tiles in memory, {title}: {len(made) / wall:,.0f}/s of the clock,"
        f" {len(made) / processor:,.0f} a second of processor, {size:.0f} bytes"
    )
