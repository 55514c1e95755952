"""Which facts a law pack asks: only those that a row of it reads are worth a question."""

from __future__ import annotations

from collections.abc import Callable

from goodstanding.law import Pack

_Asks = Callable[[Pack], bool]


def _tests(test: str) -> _Asks:
    return lambda pack: any(row.test == test for row in pack.conditions)


def _event(event: str) -> _Asks:
    return lambda pack: any(row.event == event for row in pack.events)


def _anchor(anchor: str) -> _Asks:
    return lambda pack: any(row.anchor == anchor for row in pack.publication)


def _any(*asks: _Asks) -> _Asks:
    return lambda pack: any(ask(pack) for ask in asks)


_ASKS: dict[str, _Asks] = {
    "measures": lambda pack: bool(pack.measures) and any(kind.measures for kind in pack.kinds),
    "amount_yuan": lambda pack: any(row.when.amount_yuan is not None for row in pack.classification),
    "simple_procedure": lambda pack: any(
        row.when.simple_procedure is not None for row in pack.classification
    ),
    "performed_on": _any(
        _tests("duty_performed"),
        _event("performed_on"),
        _anchor("performed_on"),
        lambda pack: any(row.effect == "holds" for row in pack.at_maximum),
    ),
    "ended_on": _anchor("ended_on"),
    "limitation_ends_on": lambda pack: any(row.or_until is not None for row in pack.publication),
    "set_aside_on": _event("set_aside_on"),
    "committed": _tests("committed"),
    "trained": _tests("trained"),
    "publication_necessary": lambda pack: any(
        row.when.publication_necessary is not None for row in pack.publication
    ),
    "excluded_by_law": _tests("not_excluded"),
    "further_condition_open": _tests("nothing_further"),
    "false_commitment_on": lambda pack: pack.tables.bar is not None and _tests("not_barred")(pack),
    "plan_approved_on": lambda pack: pack.shield is not None,
    "plan_completed_on": _any(lambda pack: pack.shield is not None, _event("plan_completed_on")),
    "plan_failed_on": lambda pack: pack.shield is not None,
    "stated": lambda pack: pack.tables.asks_stated,
    "conduct": lambda pack: any(row.when.conduct is not None for row in pack.classification),
    "subject": lambda pack: any(not measure.on_organisations for measure in pack.measures),
    "sector": lambda pack: bool(pack.tables.sectors),
    "use": lambda pack: bool(pack.exemptions),
    "use_amount": lambda pack: any(row.when.use_amount is not None for row in pack.exemptions),
}


def asked_of(pack: Pack) -> frozenset[str]:
    """The names of the fields of `law.Facts` that some row of a pack reads; kind and found_on always."""
    return frozenset({"kind", "found_on"} | {fact for fact, asks in _ASKS.items() if asks(pack)})


#: Every fact of the law has its rule here; a test holds the two together.
KNOWN: frozenset[str] = frozenset({"kind", "found_on", *_ASKS})
