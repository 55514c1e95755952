"""Class and window of distinct facts by law, through the law's own columns, as a table to join with.

Rows with the same measures, day of the finding and band of the amount are one case: the law asks about an amount only
whether it reaches a threshold, so the greatest threshold that it reaches stands for it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]

from goodstanding.intake.classify import AT_FINDING, Classifier
from goodstanding.law.choose import Candidates, candidates, harshness
from goodstanding.law.columns import duckdb, encode, verdicts
from goodstanding.law.columns.numbering import Numbering
from goodstanding.law.errors import LawError
from goodstanding.law.model import Pack
from goodstanding.registry.packs import packs

from .job import Job

#: measures (a number of `CellTables`), amount (the threshold reached, -1 for no amount), day of the finding.
Case = tuple[int, int, date]
NO_AMOUNT: Final = -1
_ASKED: Final = ("refused", "severity", "published", "publish_from", "restorable_from", "publish_until")
SCHEMA: Final = pa.schema(
    [
        ("l_measures", pa.int32()),
        ("l_amount", pa.int64()),
        ("l_found_on", pa.date32()),
        ("l_pack", pa.string()),
        ("l_said", pa.string()),
        ("l_severity", pa.string()),
        ("l_published", pa.bool_()),
        ("l_publish_from", pa.date32()),
        ("l_restorable_from", pa.date32()),
        ("l_publish_until", pa.date32()),
        ("l_restorable", pa.bool_()),
        ("l_no_measures", pa.list_(pa.string())),
    ]
)


class LawTable:
    """What the law says of every case met so far. A case that no pack answers has no row."""

    def __init__(self, job: Job) -> None:
        self._job = job
        publication = job.contract.clauses.publication
        assert publication is not None
        self._publication = publication
        self._packs = tuple(packs())
        self._known: set[Case] = set()
        self._candidates: dict[date, Candidates | None] = {}
        self._tables: list[pa.Table] = [SCHEMA.empty_table()]
        self._engine: Any = None

    def thresholds(self) -> tuple[int, ...]:
        """The amounts in yuan at which some pack begins or ceases to tell cases apart, in order."""
        return tuple(sorted({bound for pack in self._packs for bound in Numbering(pack).thresholds}))

    def table(self, cases: list[Case], measures: dict[int, Any]) -> pa.Table:
        """The table of all cases so far, these included. ``measures``: the measures by their number."""
        new = [case for case in cases if case not in self._known]
        if new:
            self._known.update(new)
            self._tables.append(self._answered(new, measures))
        return pa.concat_tables(self._tables)

    def _answered(self, cases: list[Case], measures: dict[int, Any]) -> pa.Table:
        if self._publication.decided == "not_published":
            return self._not_published(cases)
        groups: dict[tuple[str, str], tuple[Pack, list[Case]]] = {}
        chosen: dict[date, Candidates] = {}
        for case in cases:
            found = self._candidates_on(case[2])
            if found is None:
                continue
            chosen[case[2]] = found
            for pack in filter(None, (found.today, found.earlier)):
                groups.setdefault((pack.id, pack.digest), (pack, []))[1].append(case)
        said = {
            pack.id: dict(zip(asked, self._by_pack(pack, asked, measures), strict=True))
            for pack, asked in groups.values()
        }
        rows = [_row(case, chosen[case[2]], said) for case in cases if case[2] in chosen]
        return pa.Table.from_pylist([row for row in rows if row is not None], SCHEMA)

    def _candidates_on(self, day: date) -> Candidates | None:
        if day not in self._candidates:
            try:
                self._candidates[day] = candidates(
                    self._packs,
                    jurisdiction=self._publication.jurisdiction,
                    on=self._job.today,
                    found_on=day,
                    sector=None,
                    kind=self._job.record.kind,
                )
            except LawError:
                self._candidates[day] = None
        return self._candidates[day]

    def _by_pack(self, pack: Pack, cases: list[Case], measures: dict[int, Any]) -> list[dict[str, Any]]:
        """What one pack says of each case, in their order."""
        facts = pa.table(
            {
                "at": pa.array(range(len(cases)), pa.int64()),
                "kind": pa.array([self._job.record.kind] * len(cases), pa.string()),
                "measures": pa.array(
                    [list(measures.get(case[0]) or ()) for case in cases], pa.list_(pa.string())
                ),
                "amount_yuan": pa.array([None if case[1] < 0 else case[1] for case in cases], pa.int64()),
                "found_on": pa.array([case[2] for case in cases], pa.date32()),
            }
        )
        if self._engine is None:
            self._engine = duckdb(threads=1)
        self._engine.con.register("facts_arriving", facts)
        self._engine.con.execute("CREATE OR REPLACE TEMP TABLE facts AS FROM facts_arriving")
        encoded = encode(self._engine.table("facts"), pack=pack)
        query = self._engine.compile(encoded)
        self._engine.con.execute(f"CREATE OR REPLACE TEMP TABLE encoded AS {query}")
        answers = verdicts(self._engine.table("encoded"), pack=pack, on=self._job.today, columns=_ASKED)
        found: list[dict[str, Any]] = (
            self._engine.con.execute(self._engine.compile(answers.order_by("at")))
            .to_arrow_table()
            .to_pylist()
        )
        return found

    def _not_published(self, cases: list[Case]) -> pa.Table:
        window = Classifier(self._job.contract, today=self._job.today).not_published(
            adverse=self._job.builder.adverse
        )
        return pa.Table.from_pylist(
            [
                {
                    **_key(case),
                    "l_pack": window.pack,
                    "l_said": _said(window.chosen),
                    "l_severity": window.severity,
                    "l_published": False,
                    "l_restorable": False,
                }
                for case in cases
            ],
            SCHEMA,
        )


def _key(case: Case) -> dict[str, Any]:
    return {"l_measures": case[0], "l_amount": case[1], "l_found_on": case[2], "l_no_measures": []}


def _said(chosen: str) -> str:
    return orjson.dumps({"chosen": chosen}).decode()


def _row(case: Case, found: Candidates, said: dict[str, dict[Case, dict[str, Any]]]) -> dict[str, Any] | None:
    """A case's row; None where a pack that must be asked refuses its facts."""
    pack, answer = found.today, said[found.today.id][case]
    if found.earlier is not None and found.transition is not None:
        other = said[found.earlier.id][case]
        if found.transition.rule == "pack_at_finding":
            pack, answer = found.earlier, other
        elif answer["refused"] is not None or other["refused"] is not None:
            return None
        elif _harshness(other) < _harshness(answer):
            pack, answer = found.earlier, other
    if answer["refused"] is not None:
        return None
    return {
        **_key(case),
        "l_pack": pack.id,
        "l_said": _said(found.transition.text_en if found.transition else AT_FINDING),
        **{f"l_{name}": answer[name] for name in _ASKED if name != "refused"},
        "l_restorable": answer["restorable_from"] is not None,
    }


def _harshness(answer: dict[str, Any]) -> tuple[date, date]:
    return harshness(
        published=answer["published"],
        publish_until=answer["publish_until"],
        restorable_from=answer["restorable_from"],
    )
