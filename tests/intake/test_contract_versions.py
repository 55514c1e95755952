"""A breaking version of a contract waits for those whom it would break; everything else comes into use by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from goodstanding.exchange import agreements
from goodstanding.exchange import queries as exchange_queries
from goodstanding.exchange.models import Subscriber
from goodstanding.intake import contract_versions
from goodstanding.intake.contract import SHIPPED, load_contract
from goodstanding.intake.errors import ContractNotActive, ContractStep
from goodstanding.intake.models import ContractVersion
from goodstanding.registry.actor import actor_of
from goodstanding.registry.models import Account, Authority
from tests.exchange.stage import make_subscriber
from tests.intake.files import AT, TODAY, outcomes, penalty, receive, take_in, write_csv
from tests.own_contracts import contracts_folder
from tests.registry.factories import make_authority, make_entity, uscc

ID = "double-publicity-penalties"
SOURCE = (SHIPPED / f"{ID}.yaml").read_text(encoding="utf-8")
NAME = "临湖市天成商贸有限公司"


@pytest.fixture
def own() -> Iterator[Path]:
    """The installation's own version of the contract, removed afterwards."""
    with contracts_folder() as folder:
        yield folder / f"{ID}.yaml"


def version(text: str, number: str) -> str:
    return text.replace("version: 1.0.0", f"version: {number}", 1)


BREAKING = version(SOURCE, "2.0.0").replace("通报批评: criticism, ", "", 1)


def a_file(tmp_path: Path, bureau: Authority, *, number: int = 1) -> Path:
    code = uscc(90)
    make_entity(NAME, identifiers=(("uscc", code),))
    return write_csv(tmp_path / f"p{number}.csv", ID, [penalty(number, code, NAME, bureau)])


def end(subscriber: Subscriber) -> None:
    """End the one agreement of a subscriber."""
    agreements.end(reference=subscriber.agreements.get().reference, on=TODAY, reason="over", at=AT)


def consumers() -> list[int]:
    return exchange_queries.consumers(kind="penalty", on=TODAY)


def login(role: str, **more: object) -> Account:
    user = User.objects.create_user(username=f"{role}-{User.objects.count()}")
    return Account.objects.create(user=user, role=role, **more)


def test_a_shipped_contract_is_active_from_its_first_file(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    assert outcomes(take_in(a_file(tmp_path, bureau), ID, bureau)) == (1, 0, 0, 0)
    held = ContractVersion.objects.get()
    assert (str(held), held.breaking, held.changes, held.text) == (f"{ID}@1.0.0", False, [], SOURCE)
    assert contract_versions.contract_of(held) == load_contract(ID)


def test_a_comment_makes_no_other_contract_and_a_clause_does(
    database: str, tmp_path: Path, own: Path
) -> None:
    bureau = make_authority()
    path = a_file(tmp_path, bureau)
    take_in(path, ID, bureau)
    own.write_text("# our copy\n" + SOURCE, encoding="utf-8")
    receive(path, ID, bureau)
    own.write_text(SOURCE.replace("maxLength: 200", "maxLength: 400", 1), encoding="utf-8")
    with pytest.raises(ContractNotActive, match="Raise the version") as refused:
        receive(path, ID, bureau)
    assert "提高版本号" in refused.value.zh


def test_what_breaks_nothing_comes_into_use_with_its_first_file(
    database: str, tmp_path: Path, own: Path
) -> None:
    bureau = make_authority()
    path = a_file(tmp_path, bureau)
    take_in(path, ID, bureau)
    wider = SOURCE.replace("maxLength: 200", "maxLength: 400", 1)
    own.write_text(version(wider, "1.0.1"), encoding="utf-8")
    with pytest.raises(ContractNotActive, match=r"version 1\.1\.0 at least"):
        receive(path, ID, bureau)
    own.write_text(version(wider, "1.1.0"), encoding="utf-8")
    assert outcomes(take_in(path, ID, bureau))[3] == 0
    held = contract_versions.in_use(ID)
    assert held is not None and (held.version, held.breaking) == ("1.1.0", False)
    assert [change["code"] for change in held.changes] == ["column.widened"]


def test_a_breaking_version_waits_for_its_consumers(database: str, tmp_path: Path, own: Path) -> None:
    bureau = make_authority()
    subscriber, _ = make_subscriber(kinds=["penalty"])
    make_subscriber(kinds=["permit"])
    path = a_file(tmp_path, bureau)
    take_in(path, ID, bureau)
    own.write_text(version(BREAKING, "1.1.0").replace("version: 2.0.0", "version: 1.1.0"), encoding="utf-8")
    with pytest.raises(ContractNotActive, match=r"version 2\.0\.0 at least"):
        contract_versions.propose(ID, subscribers=consumers(), on=TODAY, at=AT)
    own.write_text(BREAKING, encoding="utf-8")
    with pytest.raises(ContractNotActive, match="Propose it"):
        receive(path, ID, bureau)

    proposed = contract_versions.propose(ID, subscribers=consumers(), on=TODAY, at=AT)
    waiting = subscriber.account.user.username
    assert not proposed.active and proposed.version.breaking
    assert proposed.missing == (waiting, bureau.name_zh)
    with pytest.raises(ContractNotActive, match=waiting):
        receive(path, ID, bureau)
    with pytest.raises(ContractStep, match="another version number"):
        contract_versions.propose(ID, subscribers=consumers(), on=TODAY, at=AT)

    theirs = actor_of(login("authority", authority=bureau))
    assert contract_versions.sign_off(proposed.version, actor=theirs, at=AT).missing == (waiting,)
    with pytest.raises(ContractStep, match="not signed by") as refused:
        contract_versions.activate(proposed.version, subscribers=consumers(), at=AT)
    assert waiting in refused.value.en and waiting in refused.value.zh
    stranger = actor_of(login("authority", authority=make_authority("望湖区某局")))
    with pytest.raises(ContractStep, match="does not ask"):
        contract_versions.sign_off(proposed.version, actor=stranger, at=AT)

    signed = contract_versions.sign_off(proposed.version, actor=actor_of(subscriber.account), at=AT)
    assert signed.missing == () and not signed.active
    with pytest.raises(ContractNotActive, match="activate it"):
        receive(path, ID, bureau)
    assert contract_versions.activate(proposed.version, subscribers=consumers(), at=AT).active
    assert take_in(path, ID, bureau).state == "done"
    assert contract_versions.contract_of(proposed.version).version == "2.0.0"


def test_who_came_meanwhile_is_asked_and_who_left_is_not(database: str, tmp_path: Path, own: Path) -> None:
    bureau = make_authority()
    leaving, _ = make_subscriber(kinds=["penalty"])
    take_in(a_file(tmp_path, bureau), ID, bureau)
    own.write_text(BREAKING, encoding="utf-8")
    proposed = contract_versions.propose(ID, subscribers=consumers(), on=TODAY, at=AT).version
    contract_versions.sign_off(proposed, actor=actor_of(login("authority", authority=bureau)), at=AT)
    end(leaving)
    coming, _ = make_subscriber(kinds=["penalty"])
    assert consumers() == [coming.account_id]
    with pytest.raises(ContractStep, match=coming.account.user.username):
        contract_versions.activate(proposed, subscribers=consumers(), at=AT)
    end(coming)
    assert contract_versions.activate(proposed, subscribers=consumers(), at=AT).active


def test_back_to_a_version_that_was_accepted_needs_nobody(database: str, tmp_path: Path, own: Path) -> None:
    bureau = make_authority()
    path = a_file(tmp_path, bureau)
    take_in(path, ID, bureau)
    own.write_text(version(SOURCE.replace("maxLength: 200", "maxLength: 400", 1), "1.1.0"), encoding="utf-8")
    take_in(path, ID, bureau)
    own.unlink()
    assert load_contract(ID).version == "1.0.0"
    assert receive(path, ID, bureau).contract_version == "1.0.0"


def test_nobody_relies_on_a_first_version(database: str) -> None:
    proposed = contract_versions.propose("registration", subscribers=[], on=date(2026, 6, 1), at=AT)
    assert proposed.active and proposed.missing == ()
