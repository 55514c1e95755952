"""Whom the reader of a proof trusts, by ``--key`` and ``--policy``, and what a check is that nobody vouches for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Never

import click

from goodstanding import proof

_FILE = click.Path(exists=True, path_type=Path, dir_okay=False)
#: Exit status where everything agrees, and nobody whom the reader trusts vouches for it.
CONSISTENT_ONLY = 4

KEY = click.option("--key", "key_text", help="The log's verifier key, as you know it from elsewhere.")
POLICY = click.option(
    "--policy",
    "policy_file",
    type=_FILE,
    help="Logs and witnesses to trust (C2SP tlog-policy); the witnesses are demanded.",
)
ANY_KEY = click.option(
    "--any-key", is_flag=True, help="Be content with the key that FILE carries itself: exit status 0, not 4."
)


def trusted(
    key_text: str | None, policy_file: Path | None, *, any_key: bool
) -> tuple[proof.VerifierKey | None, proof.Policy | None]:
    """Whom the reader trusts, by ``--key`` and ``--policy``; nobody with ``--any-key``.

    Raises:
        click.UsageError: --any-key beside one of the others, or one that cannot be read.
    """
    if any_key and (key_text is not None or policy_file is not None):
        raise click.UsageError("--any-key goes with neither --key nor --policy")
    key = None if key_text is None else verifier_key(key_text)
    return key, None if policy_file is None else read_policy(policy_file)


def read_policy(file: Path) -> proof.Policy:
    """The logs and witnesses that were given with ``--policy``."""
    try:
        return proof.parse_policy(file.read_text(encoding="utf-8"))
    except (proof.ProofError, UnicodeError) as error:
        raise click.BadParameter(plain(str(error)), param_hint="--policy") from error


def leave(*, vouched_for: bool) -> Never:
    """End after nothing was refused: with status 0 where somebody whom the reader trusts vouches for it, else 4."""
    sys.exit(0 if vouched_for else CONSISTENT_ONLY)


def verifier_key(text: str) -> proof.VerifierKey:
    """The key that was given with ``--key``."""
    try:
        return proof.VerifierKey.decode(text.strip())
    except proof.ProofError as error:
        raise click.BadParameter(plain(str(error)), param_hint="--key") from error


def refuse(error: proof.ProofError, *, as_json: bool) -> None:
    """Say what is not proved, in words or as JSON."""
    if as_json:
        document = {"proved": False, "error": error.code, "place": error.place}
        document |= {"en": error.sentence, "zh": error.sentence_zh}
        document |= {"remedy": error.remedy, "remedy_zh": error.remedy_zh}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo(plain(f"NOT PROVED: {error}"), err=True)
        click.echo(plain(f"{error.sentence_zh}{error.remedy_zh}"), err=True)


def plain(line: str) -> str:
    """A line without anything that a terminal would obey: it may quote a document that somebody forged."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)
