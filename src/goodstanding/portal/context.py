"""What every page knows about its reader."""

from __future__ import annotations

from django.http import HttpRequest

from goodstanding.registry.actor import PUBLIC, Actor, actor_of
from goodstanding.registry.models import Account


def actor_from(request: HttpRequest) -> Actor:
    """The actor behind a request: its account, or the public."""
    if not request.user.is_authenticated:
        return PUBLIC
    account = Account.objects.filter(user_id=request.user.pk).first()
    return actor_of(account)


def reader(request: HttpRequest) -> dict[str, object]:
    """Template variables about the reader."""
    return {"actor": actor_from(request) if hasattr(request, "user") else PUBLIC}
