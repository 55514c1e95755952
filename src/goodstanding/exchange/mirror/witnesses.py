"""The witnessed checkpoint, demanded beside the feed and within a bounded time.

The feed is applied at once: a removal does not wait for witnesses. What the witnesses add is that everyone was shown
the same history; so the mirror asks for a checkpoint that its own policy accepts, and holds it against the tree that it
has verified leaf by leaf.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from goodstanding import proof
from goodstanding.proof import Checkpoint, Policy, ProofError

from .errors import MirrorError
from .platform import Platform
from .store import State, Store

#: Under this name the store keeps the two checkpoints that contradict each other: the evidence.
CONTRADICTION = "contradiction"
#: Under this name it keeps the checkpoint of the last page, as the log signed it.
FOLLOWED = "checkpoint"


def look(
    *, platform: Platform, store: Store, policy: Policy, state: State, now: datetime, within: timedelta
) -> MirrorError | None:
    """Fetch the published checkpoint, prove it, and hold it against what was applied.

    Args:
        policy: the recipient's own.
        state: after the last page. now: the instant.
        within: how long what was applied may stay without a witnessed checkpoint over it.

    Returns:
        None where all is in order; else what is to be alarmed: witness.late, log.contradiction, log.checkpoint, or
        log.key.

    Raises:
        MirrorError: the platform cannot be reached or read.
    """
    ours = state.checkpoint
    if ours is None:
        return None
    last = store.witnessed()
    if last is None or last.size < ours.size:
        store.note_seen(size=ours.size, at=now)
    note = platform.checkpoint()
    if note is not None:
        try:
            witnessed = proof.verify_witnessed(note, policy=policy).checkpoint
        except ProofError as error:
            if error.code != "quorum_missing":
                return MirrorError(
                    "log.key" if error.code == "signer_unknown" else "log.checkpoint",
                    place=f"published checkpoint: {error}",
                )
        else:
            if not one_history(witnessed, ours, platform=platform):
                store.set_mark(CONTRADICTION, f"{store.mark(FOLLOWED)}\n{note}")
                return MirrorError("log.contradiction", place=f"{witnessed.size} and {ours.size} leaves")
            if last is None or last.size < witnessed.size:
                store.note_witnessed(witnessed)
    since = store.unwitnessed_since()
    if since is not None and now - since >= within:
        size = (found := store.witnessed()) and found.size
        return MirrorError("witness.late", place=f"witnessed up to {size or 0} of {ours.size}, since {since}")
    return None


def one_history(witnessed: Checkpoint, ours: Checkpoint, *, platform: Platform) -> bool:
    """Whether one of two checkpoints is the beginning of the other."""
    if witnessed.origin != ours.origin:
        return False
    old, new = sorted((witnessed, ours), key=lambda item: item.size)
    if old.size == new.size or old.size == 0:
        return old.size == 0 or old.root == new.root
    hashes = platform.consistency(old=old.size, new=new.size)
    try:
        proof.verify_consistency(
            old_size=old.size,
            new_size=new.size,
            old_root=old.root,
            new_root=new.root,
            proof=[proof.keys.from_base64(item, code="proof_length", place="consistency") for item in hashes],
        )
    except ProofError:
        return False
    return True
