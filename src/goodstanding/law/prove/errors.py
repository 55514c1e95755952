"""What can go wrong in a proof, apart from the finding of a counterexample, which is a result."""

from __future__ import annotations

from goodstanding.law.errors import LawError


class NotComparable(LawError):
    """A pack cannot be held against this base, or holds a number that is too large for a proof."""


class ReplayDisagrees(LawError):
    """The prover found a case that the evaluator for one case answers otherwise: a fault of the program."""

    def __init__(self, *, check: str, pack: str, case: str) -> None:
        super().__init__(
            code="replay_disagrees",
            en=f"The prover and the evaluator disagree in the check {check!r} on the case {case}.",
            zh=f"证明器与单例判定在检查“{check}”的案例上结论不一致：{case}。",
            place=pack,
            remedy_en="This is a fault of the program; please report it with this case.",
            remedy_zh="这是程序错误，请附上该案例反馈。",
        )
