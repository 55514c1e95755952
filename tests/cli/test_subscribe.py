"""A subscriber and its first agreement from the command line."""

from __future__ import annotations

import pytest
from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange.agreement import agreement_of
from goodstanding.exchange.models import Agreement, Subscriber

from .conftest import Run

pytestmark = pytest.mark.usefixtures("database")
KEY = proof.public_key(bytes(32)).hex()
REST = {
    "--name-zh": "明鉴征信",
    "--name-en": "Mingjian Credit Service",
    "--key": KEY,
    "--kind": "penalty",
    "--purpose": "third-party credit service",
    "--legal-basis": "sharing agreement no. 1",
}


def options(**more: str) -> list[str]:
    """The options of a good command, some of them replaced."""
    chosen = REST | {f"--{name.replace('_', '-')}": value for name, value in more.items()}
    return [part for pair in chosen.items() for part in pair]


@pytest.fixture(autouse=True)
def login(database: str, run: Run) -> None:
    run("account", "mingjian", "--role", "subscriber", "--no-password")


def test_a_subscriber_gets_its_first_agreement_from_today(run: Run) -> None:
    said = run("subscribe", "mingjian", *options(), "--kind", "permit", "--division", "980100", "--json")
    assert said.status == 0, said.errors
    subscriber = Subscriber.objects.get()
    agreement = Agreement.objects.get(subscriber=subscriber)
    assert bytes(subscriber.public_key).hex() == KEY
    (version,) = agreement.versions.all()
    terms = agreement_of(version.document).terms
    assert (terms.scope.kinds, terms.scope.divisions) == (("penalty", "permit"), ("980100",))
    assert terms.validity.first == timezone.localdate()
    assert version.concluded_at and version.provider_signature and version.paper == "sharing agreement no. 1"
    assert said.document == {
        "subscriber": str(subscriber.public_id),
        "username": "mingjian",
        "name_zh": "明鉴征信",
        "name_en": "Mingjian Credit Service",
        "agreement": agreement.reference,
        "kinds": ["penalty", "permit"],
        "divisions": ["980100"],
        "valid_from": timezone.localdate().isoformat(),
    }


@pytest.mark.parametrize(
    ("username", "more", "remedy"),
    [
        ("nobody", {}, "goodstanding account nobody --role"),
        ("bank", {}, "Only an account with the role subscriber"),
        ("mingjian", {"key": "00"}, "64 hex digits"),
        ("mingjian", {"key": "x" * 64}, "64 hex digits"),
        ("mingjian", {"kind": "secrets"}, "choose of penalty, serious_list"),
        ("mingjian", {"division": "98"}, "not a code of six digits"),
        ("mingjian", {"purpose": " "}, "description.purpose"),
        ("mingjian", {"push_url": "ftp://example.com"}, "http or https address"),
        ("mingjian", {"name_zh": ""}, "give the subscriber's name"),
    ],
)
def test_a_wrong_subscriber_is_refused_with_its_remedy(
    run: Run, username: str, more: dict[str, str], remedy: str
) -> None:
    run("account", "bank", "--role", "bank", "--no-password")
    said = run("subscribe", username, *options(**more))
    assert said.status == 2
    assert remedy in " ".join(said.errors.split())
    assert not Subscriber.objects.exists()


def test_a_subscriber_is_not_registered_over_itself(run: Run) -> None:
    assert "subscribed to penalty (everywhere)" in run("subscribe", "mingjian", *options()).out
    said = run("subscribe", "mingjian", *options(name_zh="别的名称"))
    assert said.status == 2
    assert "is a subscriber already" in said.errors
    assert Subscriber.objects.get().name_zh == "明鉴征信"
