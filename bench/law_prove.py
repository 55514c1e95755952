"""The prover: every check of every shipped pack, and each pack with a base held against it.

Method: each pack is proved three times in one process, everything built anew each time (facts, tables, solver);
the figure is the best of the three, with the slowest single check beside it. Not counted: reading the pack files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from goodstanding.law import Pack, all_packs, load_pack
from goodstanding.law.prove import Check, checks_against, checks_of

from .common import machine

RUNS = 3
LIMIT_SECONDS = 5.0


def seconds(checks: Callable[[], Iterable[Check]]) -> tuple[float, float, str, bool]:
    """The best time of all checks, the slowest check of that run with its code, and whether all hold."""
    best: tuple[float, float, str, bool] | None = None
    for _ in range(RUNS):
        taken: list[tuple[float, str]] = []
        proved, before = True, time.perf_counter()
        for check in checks():
            now = time.perf_counter()
            taken.append((now - before, check.code))
            proved, before = proved and check.proved, now
        total = sum(one for one, _ in taken)
        if best is None or total < best[0]:
            best = (total, *max(taken), proved)
    assert best is not None
    return best


def main() -> None:
    """Measure and print."""
    print("law, prover:", machine())
    for pack in all_packs():
        whole = [("sound", lambda pack=pack: checks_of(pack))]
        if pack.base is not None:
            base: Pack = load_pack(pack.base)
            whole.append((f"against {base.id}", lambda pack=pack, base=base: checks_against(pack, base)))
        full = 0.0
        for name, checks in whole:
            total, slowest, code, proved = seconds(checks)
            full += total
            answer = "proved" if proved else "counterexample"
            print(f"  {pack.id}, {name}: {answer} in {total:.3f} s (slowest check: {code}, {slowest:.3f} s)")
        print(
            f"  {pack.id}, full: {full:.3f} s, {'under' if full < LIMIT_SECONDS else 'OVER'} {LIMIT_SECONDS:.0f} s"
        )


if __name__ == "__main__":
    main()
