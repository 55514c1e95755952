"""The restoration rule as OpenFisca variables. Runs in an environment of its own (see README.md)."""

from __future__ import annotations

import datetime
import json
import sys
import time
from pathlib import Path

import numpy
from openfisca_core.entities import Entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import DAY, ETERNITY
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

RECORD = Entity("record", "records", "A record", "")
RECORD.is_person = True
ON = numpy.datetime64("2026-11-01", "D")
FAR = datetime.date(9999, 1, 1)


class Kind(Enum):
    penalty = "penalty"
    serious_list = "serious_list"
    abnormal_list = "abnormal_list"
    other = "other"


class Measure(Enum):
    none = "none"
    warning = "warning"
    criticism = "criticism"
    fine = "fine"
    confiscation_of_goods = "confiscation_of_goods"
    revocation = "revocation"
    restriction_on_employment = "restriction_on_employment"
    order_to_close = "order_to_close"


def add_months(days: numpy.ndarray, months: numpy.ndarray) -> numpy.ndarray:
    """The same day number so many months later, or that month's last day."""
    first = days.astype("datetime64[M]")
    day = (days - first.astype("datetime64[D]")).astype(int)
    later = first + months
    length = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(int)
    return later.astype("datetime64[D]") + numpy.minimum(day, length - 1)


def variable(name: str, value_type: type, formula=None, **more) -> type:
    """A variable of a record: what is known of it always holds, what is worked out holds on a day."""
    period = DAY if formula else ETERNITY
    body = {"value_type": value_type, "entity": RECORD, "definition_period": period, "label": name, **more}
    if formula is not None:
        body["formula"] = formula
    return type(name, (Variable,), body)


def _rank(record, period, parameters):
    kind, measure = record("kind", period), record("measure", period)
    simple = record("simple_procedure", period)
    penalty = kind == Kind.penalty
    minor = (kind == Kind.abnormal_list) | (
        penalty & (simple | (measure == Measure.warning) | (measure == Measure.criticism))
    )
    serious = (kind == Kind.serious_list) | (
        penalty & ((measure == Measure.revocation) | (measure == Measure.restriction_on_employment))
    )
    return numpy.select([minor, serious], [0, 2], default=1)


def _restorable_from(record, period, parameters):
    months = numpy.array([0, 3, 12])[record("rank", period)]
    return add_months(record("found_on", period).astype("datetime64[D]"), months)


def _publish_until(record, period, parameters):
    rank = record("rank", period)
    until = add_months(record("found_on", period).astype("datetime64[D]"), numpy.array([0, 12, 36])[rank])
    return numpy.where(rank == 0, numpy.datetime64(FAR), until)


def _eligible(record, period, parameters):
    return (
        record("committed", period)
        & (record("performed_on", period).astype("datetime64[D]") <= ON)
        & (record("found_on", period).astype("datetime64[D]") <= ON)
        & (record("restorable_from", period).astype("datetime64[D]") <= ON)
    )


def system() -> TaxBenefitSystem:
    """The rule as a tax and benefit system."""
    made = TaxBenefitSystem([RECORD])
    for each in (
        variable("kind", Enum, possible_values=Kind, default_value=Kind.penalty),
        variable("measure", Enum, possible_values=Measure, default_value=Measure.none),
        variable("simple_procedure", bool),
        variable("committed", bool),
        variable("found_on", datetime.date),
        variable("performed_on", datetime.date, default_value=FAR),
        variable("rank", int, _rank),
        variable("restorable_from", datetime.date, _restorable_from),
        variable("publish_until", datetime.date, _publish_until),
        variable("eligible", bool, _eligible),
    ):
        made.add_variable(each)
    return made


ASKED = ("rank", "restorable_from", "publish_until", "eligible")
CODES = {
    "kind": {name: n for n, name in enumerate(Kind.names)},
    "measure": {name: n for n, name in enumerate(Measure.names)},
}


def columns(rows: list[dict]) -> dict[str, numpy.ndarray]:
    """The rows as the vectors that OpenFisca computes on."""
    dates = {name: [row[name] or FAR.isoformat() for row in rows] for name in ("found_on", "performed_on")}
    return {
        "kind": numpy.array([row["kind"] for row in rows]),
        "measure": numpy.array([row["measure"] or "none" for row in rows]),
        "simple_procedure": numpy.array([row["simple_procedure"] for row in rows]),
        "committed": numpy.array([row["committed"] for row in rows]),
        **{name: numpy.array(values, dtype="datetime64[D]") for name, values in dates.items()},
    }


def calculate(made: TaxBenefitSystem, data: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
    """One simulation over all records given."""
    simulation = SimulationBuilder().build_default_simulation(made, len(data["kind"]))
    for name, values in data.items():
        simulation.set_input(name, ETERNITY, values)
    return {name: simulation.calculate(name, str(ON)) for name in ASKED}


def main() -> None:
    """Read rows from the file named, print rates and answers as JSON. The second argument: rows in the vector."""
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    made = system()
    data = columns(rows)
    start = time.perf_counter()
    some = rows[:1000]
    for row in some:
        calculate(made, columns([row]))
    single = len(some) / (time.perf_counter() - start)
    repeat = int(sys.argv[2]) // len(rows)
    many = {name: numpy.tile(values, repeat) for name, values in data.items()}
    start = time.perf_counter()
    calculate(made, many)
    vector = len(many["kind"]) / (time.perf_counter() - start)
    found = calculate(made, data)
    answers = []
    for rank, first, until, eligible in zip(*(found[name] for name in ASKED), strict=True):
        ends = until.astype("datetime64[D]").item()
        answers.append(
            [
                ("minor", "ordinary", "serious")[rank],
                str(first.astype("datetime64[D]")),
                None if ends == FAR else ends.isoformat(),
                bool(eligible),
            ]
        )
    print(json.dumps({"rates": {"single": single, "vector": vector}, "answers": answers}))


if __name__ == "__main__":
    main()
