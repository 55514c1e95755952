"""The command ``goodstanding witness``: cosign the checkpoints of logs, from the command line."""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import click

from goodstanding.exchange.mirror.settings import read_private_key
from goodstanding.proof import CosignerKey, ProofError, VerifierKey

from .server import WitnessServer
from .service import Witness
from .state import State

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--name", help="The witness's name, such as witness.example.cn/w1; choose it once.")
@click.option("--log", "logs", multiple=True, help="A log's verifier key; several times for several logs.")
@click.option(
    "--store", type=_FILE, default="witness.sqlite3", show_default=True, help="SQLite file to keep."
)
@click.option(
    "--key-file",
    type=_FILE,
    help="File with the private key, made at first use. Default: witness.key, or witness-ml-dsa.key, beside the store.",
)
@click.option(
    "--post-quantum", is_flag=True, help="Cosign by ML-DSA-44, with a key file of its own, not Ed25519."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="Port; 0 takes a free one.")
@click.option("--show-key", is_flag=True, help="Print the witness's verifier key, for policies, and end.")
@click.option("--show-evidence", is_flag=True, help="Print the contradictions that were kept, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print the address, or the evidence, as JSON.")
def witness(
    name: str | None,
    logs: tuple[str, ...],
    store: Path,
    key_file: Path | None,
    post_quantum: bool,
    host: str,
    port: int,
    show_key: bool,
    show_evidence: bool,
    as_json: bool,
) -> None:
    """Witness transparency logs: cosign each checkpoint that extends the last one, and keep evidence of any other.

    All that it keeps is one SQLite file and its private key. Run it where the platform's operator has no hand. With
    --show-evidence the exit status is 1 when a log showed two histories.

    \b
    Examples:
      goodstanding witness --name witness.example.cn/w1 --show-key
      goodstanding witness --name witness.example.cn/w1 --log "$(cat log.key)" --port 8090
    """
    if show_evidence:
        _say_evidence(store, as_json=as_json)
        return
    if not name:
        raise click.UsageError("--name is needed")
    try:
        cosigner = CosignerKey(
            name=name,
            private_key=read_private_key(
                key_file or store.with_name("witness-ml-dsa.key" if post_quantum else "witness.key")
            ),
            post_quantum=post_quantum,
        )
        keys = [VerifierKey.decode(text.strip()) for text in logs]
    except ProofError as error:
        raise click.UsageError(str(error)) from error
    if show_key:
        click.echo(cosigner.verifier.encode())
        return
    if not keys:
        raise click.UsageError("--log is needed")
    state = State(store)
    try:
        server = WitnessServer(
            Witness(cosigner=cosigner, logs=keys, state=state),
            host=host,
            port=port,
            told=lambda line: click.echo(line, err=True),
        )
    except OSError as error:
        click.echo(f"goodstanding: cannot listen on {host}:{port}: {error.strerror}", err=True)
        sys.exit(3)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    said = {"url": server.url, "key": cosigner.verifier.encode()}
    click.echo(json.dumps(said) if as_json else f"{name} witnesses on {server.url}\n{said['key']}")
    server.serve_forever()
    server.server_close()
    state.close()


def _say_evidence(store: Path, *, as_json: bool) -> None:
    if not store.exists():
        raise click.UsageError(f"there is no {store}")
    state = State(store)
    found = state.evidence()
    state.close()
    if as_json:
        click.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False, indent=2))
    for item in () if as_json else found:
        what = "TWO HISTORIES" if item.split else "not shown to extend what was cosigned"
        click.echo(f"{item.origin} at {item.at}: {what}\n--- cosigned\n{item.held}--- refused\n{item.shown}")
    if any(item.split for item in found):
        sys.exit(1)
