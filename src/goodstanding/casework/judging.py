"""What the law makes of a record once some of its public values are corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from goodstanding.law import FactsRefused, classify
from goodstanding.registry.commands import RegistryError
from goodstanding.registry.contract_facts import facts_in
from goodstanding.registry.corrections import Judged
from goodstanding.registry.models import Record

from .eligibility import facts_of, pack_of, under_a_pack
from .errors import CaseworkError


def judged_after(record: Record, changes: Mapping[str, str], *, today: date) -> Judged | None:
    """Class, window and facts of a negative record by its pack, once some public values are corrected.

    Which columns state the day of the finding, the measures and the amount says the contract of the record. What its
    source's own rule kept from publication stays so.

    Args:
        changes: the right value of each column that was wrong.
        today: the day of the correction.

    Returns:
        None where the law depends on none of the changed values.

    Raises:
        CaseworkError: correction.value, correction.contract, or correction.facts (the pack knows no such finding).
    """
    if not record.adverse or not under_a_pack(record):
        return None
    said = record.content["public"]
    wrong = {name: value for name, value in changes.items() if said.get(name) != value}
    try:
        found = facts_in(record.contract, wrong, today=today)
    except RegistryError as error:
        raise CaseworkError(error.code, error.en, error.zh, place="correction") from error
    if not found:
        return None
    found_on = found.found_on or record.found_on
    measures = tuple(record.measures) if found.measures is None else found.measures
    amount = record.amount_yuan if found.amount_yuan is None else found.amount_yuan
    facts = replace(facts_of(record), found_on=found_on, measures=frozenset(measures), amount_yuan=amount)
    try:
        window = classify(facts, pack=pack_of(record))
    except FactsRefused as error:
        raise CaseworkError(
            "correction.facts", error.message_en, error.message_zh, place="correction"
        ) from error
    assert window.severity is not None, "a negative record has a class"
    shown = window.published and (record.publish_from is not None or record.severity == "minor")
    return Judged(
        found_on=found_on,
        measures=measures,
        amount_yuan=amount,
        pack=record.pack,
        severity=window.severity,
        publish_from=window.publish_from if shown else None,
        restorable_from=window.restorable_from,
        publish_until=window.publish_until if shown else None,
        restorable=record.restorable,
    )
