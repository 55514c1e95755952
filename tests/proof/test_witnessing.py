"""What a witness must answer: every rule of tlog-witness, and that no sequence of requests makes it cosign a fork."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.proof import (
    EMPTY_ROOT,
    AddCheckpoint,
    Checkpoint,
    ProofError,
    SignerKey,
    WitnessRefusal,
    consistency_proof,
    judge,
    leaf_hash,
    sign_checkpoint,
    signed_checkpoint,
)
from goodstanding.proof.merkle import root

LOG = SignerKey(name="example.com/log", private_key=bytes([1]) * 32)
OTHER = SignerKey(name="example.com/log", private_key=bytes([2]) * 32)
LOGS = {LOG.name: [LOG.verifier]}


class Tree:
    """A history: leaves of its own from some place on."""

    def __init__(self, branch: int = 0, start: int = 0, leaves: int = 64) -> None:
        self.leaves = [
            leaf_hash(b"%d %d" % (number, branch if number >= start else 0)) for number in range(leaves)
        ]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(origin=LOG.name, size=size, root=root(self.leaves[:size]))

    def request(self, old: int, new: int, signer: SignerKey = LOG) -> AddCheckpoint:
        hashes = consistency_proof(old_size=old, new_size=new, fetch=self.fetch) if 0 < old <= new else []
        return AddCheckpoint(old, tuple(hashes), sign_checkpoint(self.checkpoint(new), signers=[signer]))

    def fetch(self, level: int, index: int) -> bytes:
        return root(self.leaves[index << level : (index + 1) << level])


TREE = Tree()


def refused(request: AddCheckpoint, held: Checkpoint | None = None) -> int | None:
    """The status of a refusal; None where the checkpoint may be cosigned."""
    try:
        checkpoint, _ = signed_checkpoint(request, logs=LOGS)
    except WitnessRefusal as refusal:
        return refusal.status
    refusal = judge(request, checkpoint=checkpoint, held=held).refusal
    return refusal and refusal.status


def test_a_first_checkpoint_and_its_extensions_are_cosigned():
    assert refused(TREE.request(0, 5)) is None
    assert refused(TREE.request(5, 33), TREE.checkpoint(5)) is None
    assert refused(TREE.request(5, 5), TREE.checkpoint(5)) is None
    assert refused(TREE.request(0, 0)) is None
    assert refused(TREE.request(0, 7), TREE.checkpoint(0)) is None


@pytest.mark.parametrize(
    ("status", "old", "new", "held"), [(400, 9, 5, 5), (409, 4, 9, 5), (409, 0, 9, 5), (409, 6, 9, 5)]
)
def test_old_sizes_that_do_not_fit_are_refused(status, old, new, held):
    assert refused(TREE.request(old, new), TREE.checkpoint(held)) == status


def test_a_conflict_says_what_is_held():
    judged = judge(TREE.request(4, 9), checkpoint=TREE.checkpoint(9), held=TREE.checkpoint(5))
    assert judged.refusal is not None and judged.refusal.held == 5
    judged = judge(TREE.request(4, 9), checkpoint=TREE.checkpoint(9), held=None)
    assert judged.refusal is not None and (judged.refusal.status, judged.refusal.held) == (409, 0)


def test_unknown_logs_and_unsigned_checkpoints_are_refused():
    request = TREE.request(0, 5)
    with pytest.raises(WitnessRefusal) as refusal:
        signed_checkpoint(request, logs={})
    assert refusal.value.status == 404
    assert refused(TREE.request(0, 5, signer=OTHER)) == 403
    spoiled = request.checkpoint.replace("\n5\n", "\n6\n")
    assert refused(AddCheckpoint(0, (), spoiled)) == 403


def test_what_is_not_proved_to_extend_is_refused():
    good = TREE.request(5, 33)
    held = TREE.checkpoint(5)
    assert refused(AddCheckpoint(5, good.hashes[:-1], good.checkpoint), held) == 422
    assert refused(AddCheckpoint(5, (*good.hashes, bytes(32)), good.checkpoint), held) == 422
    assert refused(AddCheckpoint(5, (bytes(32), *good.hashes[1:]), good.checkpoint), held) == 422
    assert refused(AddCheckpoint(0, (bytes(32),), good.checkpoint)) == 422
    assert refused(Tree(1, 3).request(5, 33), held) == 422


def test_two_roots_at_one_size_prove_a_split_whatever_the_old_size():
    fork = Tree(1, 3)
    for old in (0, 5):
        request = fork.request(old, 5)
        judged = judge(request, checkpoint=fork.checkpoint(5), held=TREE.checkpoint(5))
        assert judged.split and judged.refusal is not None
    assert refused(fork.request(5, 5), TREE.checkpoint(5)) == 422


def test_an_empty_log_has_the_root_of_the_empty_tree():
    note = sign_checkpoint(Checkpoint(origin=LOG.name, size=0, root=EMPTY_ROOT), signers=[LOG])
    wrong = note.replace(note.split("\n")[2], "A" * 43 + "=")
    assert refused(AddCheckpoint(0, (), wrong)) == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"old 5",
        b"old 05\n\nx",
        b"old -1\n\nx",
        b"older 5\n\nx",
        b"old 5\nAAAA\n\nx",
        b"old 5\n" + b"A" * 43 + b"\n\nx",
        b"old 5\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
    ],
)
def test_what_is_no_request_is_refused(body):
    with pytest.raises(ProofError) as refusal:
        AddCheckpoint.decode(body)
    assert refusal.value.code == "request_malformed"


def test_requests_are_read_back_and_what_is_no_checkpoint_is_refused():
    for request in (TREE.request(0, 5), TREE.request(7, 50)):
        assert AddCheckpoint.decode(request.encode().encode()) == request
    assert refused(AddCheckpoint(0, (), "hello")) == 400
    assert refused(AddCheckpoint(0, (), "a\nb\nc\n\n— a AAAAAAAA\n")) == 400


def test_only_the_lines_of_the_log_itself_are_kept():
    note = sign_checkpoint(TREE.checkpoint(5), signers=[LOG, OTHER])
    _, own = signed_checkpoint(AddCheckpoint(0, (), note), logs=LOGS)
    assert own == sign_checkpoint(TREE.checkpoint(5), signers=[LOG])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(0, 20), st.booleans()), max_size=30)
)
def test_whatever_is_asked_all_that_is_cosigned_is_one_history(asked):
    """Four histories that part at 0, 6 and 12: of what a witness cosigns each is the beginning of the next."""
    histories = [Tree(), Tree(1, 0), Tree(2, 6), Tree(3, 12)]
    held = None
    cosigned = []
    for branch, old, new, follows in asked:
        history = histories[branch]
        start = held.size if follows and held else old
        request = history.request(start, new)
        checkpoint, _ = signed_checkpoint(request, logs=LOGS)
        if judge(request, checkpoint=checkpoint, held=held).refusal is None:
            held = checkpoint
            cosigned.append((branch, new))
    sizes = [size for _, size in cosigned]
    assert sizes == sorted(sizes)
    for branch, size in cosigned:
        last = histories[cosigned[-1][0]]
        assert histories[branch].leaves[:size] == last.leaves[:size]
