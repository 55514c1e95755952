# pragma version ~=0.4.3
# pragma evm-version london
"""
@title Roots of a transparency log
@license Apache-2.0
@notice Keeps the root hash of one log at the sizes at which it was anchored. Only the owner, who deployed the contract,
        writes; a size once stored stays, and the next one is greater, so two histories cannot both be stored.
"""

event RootStored:
    size: indexed(uint64)
    root: bytes32

# Who may write.
owner: public(immutable(address))
# SHA-256 of the log's origin, so that a reader sees whose roots these are.
origin: public(immutable(bytes32))
# The greatest size that is stored.
latest: public(uint64)
# The root hash at a size; empty where none is stored.
roots: public(HashMap[uint64, bytes32])


@deploy
def __init__(origin_hash: bytes32):
    owner = msg.sender
    origin = origin_hash


@external
def store(size: uint64, root: bytes32):
    """
    @notice Store the root hash of the log at a size.
    @param size Number of entries; greater than every size stored before.
    @param root SHA-256 of RFC 9162; never empty.
    """
    assert msg.sender == owner, "only the owner writes"
    assert size > self.latest, "a stored size never goes back"
    assert root != empty(bytes32), "no root"
    self.latest = size
    self.roots[size] = root
    log RootStored(size=size, root=root)
