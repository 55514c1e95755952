"""The golden receipts, written anew by `python -m tests.vectors.make_receipts`. Read the diff before it is kept.

Of each shipped pack the first and the last situation that is decided, and some cases more of Order 36. The packs
are archived beside them, so the receipts replay also after a shipped pack has been changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from goodstanding.law import Facts, Pack, decide, load_pack
from goodstanding.law.calendar import china_calendar
from goodstanding.law.load import read_pack, with_choices
from goodstanding.law.receipts.archive import archive_pack
from goodstanding.law.receipts.receipt import receipt
from goodstanding.law.situations import read_situations, situation_files

FOLDER = Path(__file__).parent / "receipts"
PACKS = FOLDER / "packs"


def receipts() -> Iterator[tuple[str, Pack, bytes]]:
    """The name of each golden receipt, the pack that decided, and the bytes."""
    for file in situation_files():
        pack = read_pack(file.with_name(file.name.replace(".situations", "")))
        decided = [one for one in read_situations(file).situations if one.expected.refused is None]
        for situation in (decided[0], decided[-1]):
            chosen = with_choices(pack, switches=situation.switches, parameters=situation.parameters)
            verdict = decide(situation.facts.facts(), pack=chosen, on=situation.on)
            yield f"{pack.id}--{situation.id}", chosen, receipt(verdict, pack=chosen)
    yield from _more_of_order_36()


def _more_of_order_36() -> Iterator[tuple[str, Pack, bytes]]:
    pack = load_pack("cn-ndrc-36-2025", parameters={"decide_working_days": 10, "bar_months": 6})
    found = date(2026, 4, 10)
    on = date(2026, 9, 1)
    facts = Facts(
        kind="penalty",
        measures=frozenset({"fine", "suspension"}),
        found_on=found,
        performed_on=date(2026, 8, 20),
        committed=True,
        false_commitment_on=date(2026, 5, 31),
    )
    dated = receipt(
        decide(facts, pack=pack, on=on),
        pack=pack,
        starts={"receipt": date(2026, 9, 28), "acceptance": date(2026, 12, 21)},
        calendar=china_calendar(),
    )
    yield "order-36--barred-and-dated", pack, dated
    plain = load_pack("cn-ndrc-36-2025")
    shielded = Facts(
        kind="serious_list", found_on=found, plan_approved_on=date(2026, 7, 1), excluded_by_law=True
    )
    yield "order-36--shielded", plain, receipt(decide(shielded, pack=plain, on=on), pack=plain)
    permit = Facts(kind="permit", found_on=found)
    yield "order-36--information", plain, receipt(decide(permit, pack=plain, on=on), pack=plain)


def main() -> None:
    """Write them all, and nothing else is left in the folder."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    PACKS.mkdir(parents=True)
    for name, pack, content in receipts():
        (FOLDER / f"{name}.json").write_bytes(content)
        archive_pack(pack, PACKS)


if __name__ == "__main__":
    main()
