"""Who calls: bearer tokens with scopes, or the public where the public page shows the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security.http import HttpAuthBase

from goodstanding.casework import mandates
from goodstanding.casework.models import Mandate
from goodstanding.registry.actor import PUBLIC, Actor, actor_of
from goodstanding.registry.models import Account
from goodstanding.registry.queries import token_account

from .problems import Problem, known_id, not_found

#: Every scope that a token may carry, with what it allows.
SCOPES: dict[str, str] = {
    "entities:read": "read entities and their reports as the account may",
    "records:read": "read records, their proofs and their holders as the account may",
    "cases:read": "read cases of restoration and objection",
    "cases:write": "apply, object, accept, refuse, decide, withdraw",
    "notices:read": "read the notices of the account",
    "outcomes:write": "report what followed the removal or correction of a record",
    "intake:read": "read batches and the files of returned rows",
    "intake:write": "hand in files",
    "feed:read": "follow the feed and confirm its position",
    "agreed:read": "read single entities and records, and fetch files, under agreements",
    "receipts:write": "hand in signed receipts",
    "requests:write": "ask for items of the catalogue, see what became of it, withdraw it",
    "cases:forward": "hand on applications from another instance of the federation",
    "status:read": "read subscribers' lag and receipts due",
    "recipients:write": "decide on the suspension of recipients that stay behind, say where they are looked at",
}


#: The header by which an agent says for which entity (its public id) it acts, and the scopes in which it may.
PRINCIPAL = "Goodstanding-For"
FOR_THE_PRINCIPAL = frozenset({"records:read", "cases:read", "cases:write", "notices:read"})


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor behind a request, and its account and token where it has them."""

    actor: Actor
    account: Account | None = None
    token_id: int | None = None


class Bearer(HttpAuthBase):
    """A bearer token with a scope.

    With ``public`` the endpoint also answers without a token, and to a token without the scope, as to anyone.
    A token that is wrong is refused either way.
    """

    openapi_scheme = "bearer"

    def __init__(self, scope: str, *, public: bool = False) -> None:
        assert scope in SCOPES, scope
        self.scope, self.public = scope, public
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        header = request.headers.get("Authorization", "")
        if not header:
            if self.public:
                return Caller(PUBLIC)
            raise Problem(
                401,
                "auth.missing",
                "This needs a bearer token.",
                "请提供访问令牌（Bearer）。",
                detail=self.scope,
            )
        kind, _, secret = header.partition(" ")
        token = token_account(secret.strip(), at=timezone.now()) if kind.lower() == "bearer" else None
        if token is None:
            raise Problem(
                401,
                "auth.invalid",
                "The token is unknown, expired or revoked.",
                "访问令牌无效、已过期或已撤销。",
            )
        if self.scope in token.scopes:
            return Caller(_actor(request, token.account, self.scope), token.account, token.pk)
        if self.public:
            return Caller(PUBLIC)
        raise Problem(
            403,
            "auth.scope",
            "The token does not carry the scope.",
            "该令牌没有所需的权限范围。",
            detail=self.scope,
        )


def _actor(request: HttpRequest, account: Account, scope: str) -> Actor:
    """The actor of an account: itself, or the principal that the header names, where its mandate lives today."""
    principal = request.headers.get(PRINCIPAL, "")
    if not principal or scope not in FOR_THE_PRINCIPAL:
        return actor_of(account)
    try:
        return mandates.acting_for(known_id(principal), account_id=account.pk, on=timezone.localdate())
    except Mandate.DoesNotExist as error:
        raise not_found() from error


def caller(request: HttpRequest) -> Caller:
    """The caller that the endpoint's ``Bearer`` let in."""
    found = request.auth  # type: ignore[attr-defined]
    assert isinstance(found, Caller)
    return found


def require_role(request: HttpRequest, *roles: str) -> Caller:
    """The caller, who must have one of the roles."""
    found = caller(request)
    if found.actor.role not in roles:
        raise Problem(
            403,
            "auth.role",
            "This belongs to another role.",
            "您的角色不能进行此操作。",
            detail=", ".join(roles),
        )
    return found
