"""Who acts or reads. Passed along, never ambient."""

from __future__ import annotations

from dataclasses import dataclass

from .models import Account


@dataclass(frozen=True, slots=True)
class Actor:
    """The reader or doer of something: the public when ``role`` is None.

    ``account_id`` is the account that acts; ``entity_id`` and ``authority_id`` are what the account belongs to.
    ``vouched``: the account is that of another instance, which vouches by its signature that the entity acts.
    """

    role: str | None = None
    account_id: int | None = None
    entity_id: int | None = None
    authority_id: int | None = None
    vouched: bool = False

    @property
    def is_operator(self) -> bool:
        """Whether the platform's own staff acts."""
        return self.role == Account.Role.OPERATOR


PUBLIC = Actor()


def actor_of(account: Account | None) -> Actor:
    """The actor of an account, or the public."""
    if account is None:
        return PUBLIC
    return Actor(
        role=account.role,
        account_id=account.pk,
        entity_id=account.entity_id,
        authority_id=account.authority_id,
    )
