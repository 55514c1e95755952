"""Proofs about packs by SMT, with Z3 (extra `prove`): `sound` for one pack, `harsher` for a pack beside its base.

Promises: a check without a finding is a proof over every combination of facts and every real day of the years
1970 to 2130; every finding is a readable case that the evaluator for one case has replayed.

    proof = harsher(load_pack("cn-samr-107-2025"), load_pack("cn-ndrc-36-2025"))
    assert proof.proved, proof.findings[0].yaml()

Importing this raises ModuleNotFoundError, naming the extra, where z3-solver is not installed.
"""

from goodstanding.law.prove.containment import Choices, assumptions, checks_against, harsher
from goodstanding.law.prove.errors import NotComparable, ReplayDisagrees
from goodstanding.law.prove.gaps import checks_of, sound
from goodstanding.law.prove.result import Check, Finding, Note, Proof, Side

__all__ = [
    "Check",
    "Choices",
    "Finding",
    "NotComparable",
    "Note",
    "Proof",
    "ReplayDisagrees",
    "Side",
    "assumptions",
    "checks_against",
    "checks_of",
    "harsher",
    "sound",
]
