"""One case at a time: class and window, the whole decision, with its explanation, with its receipt.

Method: 1,000 made cases (fines by the pack of Order 36, found on different days, half of them performed and half
committed) are put through each function in a loop, 40 rounds, in one process without threads; the figure is cases
by second of processor time, the best of three runs, so that other work on the machine counts least. Sentences and
rows are kept between cases, as in a running service; every date is new.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from goodstanding.law import Facts, classify, decide, load_pack
from goodstanding.law.receipts.receipt import receipt

from .common import machine

CASES, ROUNDS, RUNS = 1_000, 40, 3
ON = date(2026, 11, 22)


def cases() -> list[Facts]:
    """The cases, the same in every run."""
    first = date(2024, 1, 1)
    return [
        Facts(
            kind="penalty",
            measures=frozenset({"fine"}),
            amount_yuan=Decimal(1_000 + 37 * number),
            found_on=first + timedelta(days=number),
            performed_on=first + timedelta(days=number + 20) if number % 2 else None,
            committed=number % 4 < 2,
        )
        for number in range(CASES)
    ]


def per_second(work: Callable[[Facts], object], facts: list[Facts]) -> float:
    """How many cases a second, best of the runs."""
    best = 0.0
    for _ in range(RUNS):
        started = time.process_time()
        for _ in range(ROUNDS):
            for one in facts:
                work(one)
        best = max(best, ROUNDS * len(facts) / (time.process_time() - started))
    return best


def main() -> None:
    """Measure and print."""
    print("law, one case:", machine())
    pack = load_pack("cn-ndrc-36-2025")
    facts = cases()
    for name, work in (
        ("classify", lambda one: classify(one, pack=pack)),
        ("decide", lambda one: decide(one, pack=pack, on=ON)),
        ("decide and explain, English", lambda one: decide(one, pack=pack, on=ON).explain("en")),
        ("decide and explain, Chinese", lambda one: decide(one, pack=pack, on=ON).explain("zh")),
        ("decide and receipt", lambda one: receipt(decide(one, pack=pack, on=ON), pack=pack)),
    ):
        print(f"  {name:<40}{per_second(work, facts):>12,.0f} a second")
    print("  target: 40,000 explained decisions a second on one core")
