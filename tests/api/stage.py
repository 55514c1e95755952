"""A small town behind a real server, with a token for everybody."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx

from goodstanding.api.auth import SCOPES
from goodstanding.exchange import commands as exchange
from goodstanding.registry import commands as registry
from goodstanding.registry.models import Account, Record

from ..casework.stories import PDF
from ..exchange.stage import KINDS, live_record, make_subscriber, now, seal_all, serving, today
from ..registry.factories import make_authority, make_entity

#: Words that lie only in the personal part of records, and names that are a person's.
PERSONAL = ["欧阳鹏程", "330106199001011234", "personal-mark", "13800138000"]
PERSON_NAME = "司马青衫"
BUSINESS_NAME = "诸葛明辉小吃店"


class Town:
    """Two firms, an individual business and a person with records of two authorities; a token for each role."""

    def __init__(self) -> None:
        personal = dict(zip(["FDDBR", "ZJHM", "mark", "phone"], PERSONAL, strict=True))
        self.firm, self.other = make_entity("临湖市天成商贸有限公司"), make_entity("临湖市地利贸易有限公司")
        self.business = make_entity(BUSINESS_NAME, kind="individual_business")
        self.person = make_entity(PERSON_NAME, kind="natural_person", identifiers=(("person_key", "k" * 64),))
        self.market, self.tax = make_authority(), make_authority("临湖市税务局", name_en="Linhu Tax")
        more: dict[str, Any] = {"personal": personal}
        self.published = live_record(self.firm, self.market, **more)
        self.unpublished = live_record(
            self.firm,
            self.market,
            published=False,
            publish_from=None,
            publish_until=None,
            severity="minor",
            public={"word": "word-unpublished"},
            **more,
        )
        self.ended = live_record(
            self.firm, self.market, publish_until=today(), public={"word": "word-ended"}, **more
        )
        self.restored = live_record(self.firm, self.market, public={"word": "word-restored"}, **more)
        self.of_business = live_record(
            self.business, self.market, public={"CF_XDR_MC": BUSINESS_NAME, "text": "word-business"}, **more
        )
        self.of_person = live_record(self.person, self.market, public={"word": "word-person"}, **more)
        self.of_tax = live_record(self.other, self.tax, kind="penalty", **more)
        self.subscriber, self.key = make_subscriber(kinds=KINDS)
        self.outsider, _ = make_subscriber(kinds=["permit"])
        self.size = seal_all()
        exchange.confirm(subscriber=self.subscriber, position=self.size, at=now())
        registry.restore(record_id=self.restored.pk, at=now())
        self.size = seal_all()
        self.accounts = {
            "firm": registry.create_account(username="firm", password=None, role="entity", entity=self.firm),
            "other": registry.create_account(
                username="other", password=None, role="entity", entity=self.other
            ),
            "person": registry.create_account(
                username="person", password=None, role="entity", entity=self.person
            ),
            "market": registry.create_account(
                username="market", password=None, role="authority", authority=self.market
            ),
            "tax": registry.create_account(
                username="tax", password=None, role="authority", authority=self.tax
            ),
            "operator": registry.create_account(username="operator", password=None, role="operator"),
            "bank": registry.create_account(username="bank", password=None, role="bank"),
            "subscriber": self.subscriber.account,
            "outsider": self.outsider.account,
        }
        self.tokens = {name: self.token(account) for name, account in self.accounts.items()}

    @staticmethod
    def token(account: Account, scopes: list[str] | None = None, **more: Any) -> str:
        """A token of an account, with every scope unless told otherwise."""
        chosen = list(SCOPES) if scopes is None else scopes
        return registry.create_token(account=account, name="test", scopes=chosen, at=now(), **more)

    @property
    def records(self) -> dict[str, Record]:
        names = ["published", "unpublished", "ended", "restored", "of_business", "of_person", "of_tax"]
        return {name: getattr(self, name) for name in names}


class Caller:
    """Calls the API as somebody; as the public without a token."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.Client(base_url=url + "/api/v1", headers=headers, timeout=30)

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.client.post(path, **more)


@contextlib.contextmanager
def calling(town: Town, **more: str) -> Iterator[dict[str, Caller]]:
    """Everybody of a town, and whoever has one of ``more`` tokens, each at a real server; the public among them."""
    with serving() as url:
        tokens = town.tokens | more
        yield {"public": Caller(url)} | {name: Caller(url, token) for name, token in tokens.items()}


def restoration(record: Record, *, key: str) -> dict[str, Any]:
    """The body of an application for one record."""
    return {
        "kind": "restoration",
        "records": [str(record.public_id)],
        "key": key,
        "statement": "已按期缴纳罚款并完成整改。",
        "commitment_name": "临湖市天成商贸有限公司",
        "performed_on": (today() - timedelta(days=20)).isoformat(),
        "evidence": [
            {
                "name": "payment.pdf",
                "media_type": "application/pdf",
                "content": base64.b64encode(PDF).decode(),
                "material": "proof_of_performance",
            }
        ],
    }
