"""A forged proof: restored by it, reopened, heard, revoked by a second officer, entered, barred, objected to."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings

from goodstanding.casework import bars
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Case
from goodstanding.registry.models import Event, Record

from ..registry.factories import make_entity
from .stories import PDF, TODAY, Town, apply, entity_actor, object_to, proof, reopen, take

pytestmark = pytest.mark.usefixtures("database")
FORGED = PDF.replace(b"proof of payment", b"proof of a payment that was never made")


def _revoked(town: Town) -> Case:
    """The story up to its end."""
    record = town.record()
    case = apply(town.firm, record, evidence=[proof(content=FORGED)]).cases.get()
    take("accept", town.market_officer, case)
    case.refresh_from_db()
    take("grant", town.market_officer, case)
    case.refresh_from_db()
    reopened = reopen(
        town.market_officer, case, evidence=[proof(name="银行回函.pdf", material="proof_of_grounds")]
    )
    take("answer", town.firm, reopened, reasons="该凭证由代理机构提供，我公司不知情。")
    reopened.refresh_from_db()
    with pytest.raises(CaseworkError) as alone:
        take("revoke", town.market_officer, reopened)
    assert alone.value.code == "case.same_officer"
    take("revoke", town.second_officer, reopened)
    reopened.refresh_from_db()
    record.refresh_from_db()
    assert reopened.state == "revoked" and record.state == Record.State.PUBLISHED
    return reopened


def _choices(folder: Path, **numbers: int) -> override_settings:
    path = folder / "law.yaml"
    lines = "".join(f"    {name}: {number}\n" for name, number in numbers.items())
    path.write_text(f"cn-ndrc-36-2025:\n  parameters:\n{lines}")
    return override_settings(LAW_CHOICES=str(path))


def test_while_the_numbers_are_unset_it_is_entered_unpublished_and_a_person_decides() -> None:
    town = Town()
    case = _revoked(town)
    entered = bars.record_of_false_commitment(case)
    assert entered is not None
    assert (entered.state, entered.kind, entered.severity) == ("unpublished", "other", "ordinary")
    assert entered.document_no == "临市监核〔2026〕1号" and "第五章" in entered.legal_basis
    assert entered.authority_id == town.market.pk and entered.restorable_from is not None
    bar = bars.bar_on(case.record, on=TODAY)
    assert bar is not None and bar.until is None
    assert "unset" in bar.text_en and "未设定" in bar.text_zh and "Order 36" in bar.article_en
    assert apply(town.firm, town.record()).cases.count() == 1


def test_with_the_numbers_set_it_is_published_for_so_long_and_no_application_is_possible(
    tmp_path: Path,
) -> None:
    with _choices(tmp_path, bar_months=12, sanction_published_months=36):
        town = Town()
        case = _revoked(town)
        entered = bars.record_of_false_commitment(case)
        assert entered is not None and entered.state == "published"
        assert str(entered.publish_until) == "2029-09-21"
        bar = bars.bar_on(case.record, on=TODAY)
        assert bar is not None and bar.until is not None and str(bar.until) == "2027-09-21"
        with pytest.raises(CaseworkError) as refused:
            apply(town.firm, town.record())
        (failing,) = refused.value.failing
        assert failing.condition.code == "not_barred"
        assert "Order 36" in failing.condition.article and "2027-09-21" in failing.condition.remedy_en
        assert bars.bar_on(case.record, on=bar.until) is None


def test_the_entity_may_object_to_it_and_nothing_of_it_is_in_the_journal_but_the_record() -> None:
    town = Town()
    entered = bars.record_of_false_commitment(_revoked(town))
    assert entered is not None
    objection = object_to(town.firm, entered)
    entered.refresh_from_db()
    assert entered.disputed and objection.authority_id == town.market.pk
    told = Event.objects.filter(record=entered).order_by("position").values_list("kind", flat=True)
    assert told[0].startswith("record.")


def test_revoking_twice_under_one_key_enters_it_once() -> None:
    town = Town()
    case = _revoked(town)
    with pytest.raises(CaseworkError):
        take("revoke", town.second_officer, case)
    assert Record.objects.filter(contract=bars.CONTRACT).count() == 1


def test_a_natural_person_has_no_such_record() -> None:

    town = Town()
    town.entity = make_entity("李四光", kind="natural_person", identifiers=(("person_key", "k" * 64),))
    town.firm = entity_actor(town.entity)
    assert bars.record_of_false_commitment(_revoked(town)) is None
