"""Propagation for programs: a record's board, recipients, each for those who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from goodstanding.exchange.models import Subscriber
from goodstanding.registry import commands
from goodstanding.registry.models import Account
from tests.portal.late import removed_and_late
from tests.portal.stories import Town, build_town


@pytest.fixture
def town(database: str) -> Town:
    made = build_town()
    removed_and_late(made, "open", "others")
    return made


def ask(username: str, path: str) -> tuple[int, dict[str, object]]:
    account = Account.objects.get(user__username=username)
    token = commands.create_token(
        account=account, name="t", scopes=["records:read", "status:read"], at=timezone.now()
    )
    answer = Client(SERVER_NAME="localhost").get(
        f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code, answer.json()


def test_a_records_board(town: Town) -> None:
    path = f"/records/{town.records['open'].public_id}/propagation"
    for reader in ("firm", "market", "operator"):
        status, found = ask(reader, path)
        assert (status, found["recipients"], found["answered"], found["late"]) == (200, 2, 1, 1)
        late, gone = found["lines"]  # type: ignore[misc]
        assert late["state"] == "told" and late["suspension"] == "proposed" and late["receipt"] is None
        assert gone["state"] == "gone" and gone["onward"] == ["临湖银行"] and "signature" in gone["receipt"]
    for stranger in ("galaxy", "environment", "mirror", "bank"):
        assert ask(stranger, path)[0] == 404


def test_recipients(town: Town) -> None:
    own = Subscriber.objects.get(account__user__username="mirror").public_id
    other = Subscriber.objects.get(account__user__username="lantern").public_id
    status, found = ask("operator", "/recipients")
    assert status == 200 and len(found["recipients"]) == 2  # type: ignore[arg-type]
    assert ask("mirror", "/recipients")[0] == 403
    status, one = ask("mirror", f"/recipients/{own}")
    assert status == 200 and one["unanswered"]["late"] == 2  # type: ignore[index]
    assert one["suspensions"][0]["state"] == "proposed"  # type: ignore[index]
    assert ask("mirror", f"/recipients/{other}")[0] == 404
    assert ask("operator", f"/recipients/{other}")[0] == 200
    assert ask("operator", "/recipients/00000000-0000-0000-0000-000000000000")[0] == 404
    assert ask("bank", f"/recipients/{own}")[0] == 403
