"""The operator takes a link back in the portal; a bank that relied on it finds a notice."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from goodstanding.registry import merges
from goodstanding.registry.models import Account, Entity, Reading

from ..registry.factories import AT, make_authority, make_entity, make_record

WHY = {"en": ["the same brand and road"], "zh": ["字号、道路相同"]}


def browser() -> Client:
    return Client(headers={"host": "localhost"})


def signed_in(role: str) -> tuple[Client, Account]:
    user = User.objects.create_user(role)
    client = browser()
    client.force_login(user)
    return client, Account.objects.create(user=user, role=role)


def linked() -> tuple[Entity, Entity]:
    known = make_entity("临湖市天成商贸有限公司")
    named = make_entity("天成商贸", identifiers=(("name_at_source", "X|天成|"),), known_by_name_only=True)
    merges.link_entities(
        one_id=named.pk, other_id=known.pk, same=True, by="rule", explanation=WHY, account_id=None, at=AT
    )
    return known, named


def test_a_link_is_shown_with_its_grounds_and_withdrawn_with_notice(database: str) -> None:
    known, named = linked()
    record = make_record(named, make_authority())
    page = browser().get(f"/entity/{known.public_id}").content.decode()
    assert record.document_no in page and "the same brand and road" in page and str(named.public_id) in page
    bank, account = signed_in("bank")
    Reading.objects.create(at=AT, entity=known, reader=account, purpose="lending", legal_basis="consent")
    operator, _ = signed_in("operator")
    link = merges.all_links().get()
    assert "the same brand and road" in operator.get("/links/").content.decode()
    operator.post(f"/links/{link.public_id}/withdraw", {"reason": " "})
    assert merges.all_links().get().withdrawn_at is None, "a reason is needed"
    done = operator.post(f"/links/{link.public_id}/withdraw", {"reason": "two shops"}, follow=True)
    assert "two shops" in done.content.decode()
    assert record.document_no not in browser().get(f"/entity/{known.public_id}").content.decode()
    assert "not yet" in bank.get("/notices").content.decode()
    bank.post("/notices")
    assert "not yet" not in bank.get("/notices").content.decode()


def test_only_the_operator_sees_or_withdraws_links(database: str) -> None:
    linked()
    link = merges.all_links().get()
    bank, _ = signed_in("bank")
    for client in (browser(), bank):
        assert client.get("/links/").status_code in (302, 403)
        assert client.post(f"/links/{link.public_id}/withdraw", {"reason": "x"}).status_code in (302, 403)
    assert merges.all_links().get().withdrawn_at is None


def test_the_grounds_of_a_masked_name_are_not_public(database: str) -> None:
    shop = make_entity("张三小吃店", kind="individual_business")
    known = make_entity("张三餐饮有限公司")
    why = {"en": ["张三 stands in both"], "zh": ["均含张三"]}
    merges.link_entities(
        one_id=shop.pk, other_id=known.pk, same=False, by="rule", explanation=why, account_id=None, at=AT
    )
    bare = make_entity("张三食品", identifiers=(("name_at_source", "X|张三食品|"),))
    merges.link_entities(
        one_id=shop.pk, other_id=bare.pk, same=True, by="rule", explanation=why, account_id=None, at=AT
    )
    page = browser().get(f"/entity/{bare.public_id}").content.decode()
    assert str(shop.public_id) in page and "张三 stands" not in page and "张三小吃店" not in page
