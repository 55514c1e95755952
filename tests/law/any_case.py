"""Any case that a pack can be asked, for property tests: every kind, measure, code and day that it lists."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from goodstanding.law import Facts, Pack

FIRST, LAST = date(2010, 1, 1), date(2032, 12, 31)


def codes(rows: tuple[object, ...]) -> st.SearchStrategy[str | None]:
    """None or a code of a list of the pack."""
    return st.sampled_from([None, *[str(getattr(row, "code", None)) for row in rows]])


@st.composite
def any_case(draw: st.DrawFn, pack: Pack) -> Facts:
    """Facts that the pack does not refuse."""
    kind = draw(st.sampled_from(pack.kinds))
    measures = [measure.code for measure in pack.measures if measure.on_organisations]
    found = draw(st.dates(min_value=FIRST, max_value=LAST))
    later = st.none() | st.integers(-10, 3000).map(lambda days: found + timedelta(days=days))
    amount = st.none() | st.decimals(0, 10**7, places=2)
    return Facts(
        kind=kind.code,
        measures=draw(st.frozensets(st.sampled_from(measures), max_size=3))
        if kind.measures and measures
        else frozenset(),
        amount_yuan=draw(amount),
        simple_procedure=draw(st.booleans()),
        found_on=found,
        performed_on=draw(later),
        ended_on=draw(later),
        limitation_ends_on=draw(later),
        set_aside_on=draw(later),
        committed=draw(st.booleans()),
        trained=draw(st.booleans()),
        publication_necessary=draw(st.booleans()),
        excluded_by_law=draw(st.integers(0, 5)) == 0,
        further_condition_open=draw(st.booleans()),
        false_commitment_on=draw(later),
        plan_approved_on=draw(later),
        plan_completed_on=draw(later),
        plan_failed_on=draw(later),
        stated=draw(codes(pack.severities)),
        conduct=draw(codes(pack.conducts)),
        sector=draw(codes(pack.sectors)),
        use=draw(codes(pack.uses)),
        use_amount=draw(amount),
    )


DAYS = st.dates(min_value=date(2010, 1, 1), max_value=date(2040, 12, 31))
