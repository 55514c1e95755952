"""RFC 9162 section 2.1 written down as it reads: recursive, slow, and independent of `goodstanding.proof`.

D is the list of log entries (bytes); D[a:b] is the RFC's D[a:b]. Subtrees are those of
draft-ietf-plants-merkle-tree-certs section 4.
"""

from hashlib import sha256


def k_of(n: int) -> int:
    """The largest power of two smaller than n (n > 1)."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(D: list[bytes]) -> bytes:
    """Section 2.1.1, Merkle Tree Hash."""
    n = len(D)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\x00" + D[0]).digest()
    k = k_of(n)
    return sha256(b"\x01" + mth(D[0:k]) + mth(D[k:n])).digest()


def path(m: int, D: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1, inclusion path PATH(m, D_n)."""
    n = len(D)
    if n == 1:
        return []
    k = k_of(n)
    if m < k:
        return [*path(m, D[0:k]), mth(D[k:n])]
    return [*path(m - k, D[k:n]), mth(D[0:k])]


def proof(m: int, D: list[bytes]) -> list[bytes]:
    """Section 2.1.4.1, consistency proof PROOF(m, D_n)."""
    return subproof(m, D, True)


def subproof(m: int, D: list[bytes], b: bool) -> list[bytes]:
    """Section 2.1.4.1, SUBPROOF(m, D_n, b)."""
    n = len(D)
    if m == n:
        return [] if b else [mth(D)]
    k = k_of(n)
    if m <= k:
        return [*subproof(m, D[0:k], b), mth(D[k:n])]
    return [*subproof(m - k, D[k:n], False), mth(D[0:k])]


def subtree_subproof(start: int, end: int, D: list[bytes], b: bool = True) -> list[bytes]:
    """The draft's SUBTREE_SUBPROOF(start, end, D_n, b) for 0 <= start < end <= n."""
    n = len(D)
    if start == 0 and end == n:
        return [] if b else [mth(D)]
    k = k_of(n)
    if end <= k:
        return [*subtree_subproof(start, end, D[0:k], b), mth(D[k:n])]
    if k <= start:
        return [*subtree_subproof(start - k, end - k, D[k:n], b), mth(D[0:k])]
    return [*subtree_subproof(0, end - k, D[k:n], False), mth(D[0:k])]


def is_subtree(start: int, end: int) -> bool:
    """The draft's condition: start is a multiple of the smallest power of two >= end - start."""
    width = 1
    while width < end - start:
        width *= 2
    return start < end and start % width == 0
