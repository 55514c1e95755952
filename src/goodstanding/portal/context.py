"""What every page knows about its reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from goodstanding.casework import notice_hooks, notices
from goodstanding.registry import merges
from goodstanding.registry.actor import PUBLIC, Actor
from goodstanding.registry.models import Account, Entity

from .acting import acted, chosen, reader_of

View = Callable[..., HttpResponseBase]

#: The pages of each role, in the order of its menu; the first one is where a role lands after signing in.
MENUS: dict[str | None, list[tuple[str, str | Promise]]] = {
    None: [
        ("home", _("Search")),
        ("check", _("Self-check")),
        ("law-packs", _("The law")),
        ("calendar", _("Working days")),
        ("quality", _("Data quality")),
        ("verify", _("How to verify")),
    ],
    Account.Role.ENTITY: [
        ("my", _("My records")),
        ("notices", _("Notices")),
        ("readings", _("Who read my data")),
        ("check", _("Self-check")),
        ("home", _("Search")),
        ("verify", _("How to verify")),
    ],
    Account.Role.AUTHORITY: [
        ("work", _("Work list")),
        ("notices", _("Notices")),
        ("outcomes", _("After removals")),
        ("deliveries", _("Deliveries")),
        ("contracts", _("Contracts")),
        ("quality", _("Data quality")),
        ("home", _("Search")),
        ("verify", _("How to verify")),
    ],
    Account.Role.OPERATOR: [
        ("overview", _("Overview")),
        ("notices", _("Notices")),
        ("deliveries", _("Batches")),
        ("contracts", _("Contracts")),
        ("quality", _("Data quality")),
        ("work", _("Open cases")),
        ("supervision", _("Supervision")),
        ("outcomes", _("After removals")),
        ("feed-status", _("Subscribers")),
        ("agreements", _("Agreements")),
        ("findings", _("Removals")),
        ("link-reviews", _("Whom rows are about")),
        ("home", _("Search")),
    ],
    Account.Role.BANK: [
        ("home", _("Search")),
        ("notices", _("Notices")),
        ("outcomes", _("After removals")),
        ("verify", _("How to verify")),
    ],
    Account.Role.SUBSCRIBER: [
        ("feed-status", _("Feed status")),
        ("notices", _("Notices")),
        ("outcomes", _("After removals")),
        ("agreements", _("Agreements")),
        ("contracts", _("Contracts")),
        ("home", _("Search")),
        ("verify", _("How to verify")),
    ],
}


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the main menu."""

    url: str
    label: str
    current: bool
    #: How much is unread behind it, 100 for more than 99.
    unread: int = 0


def account_from(request: HttpRequest) -> Account | None:
    """The account behind a request, read once, with its entity and authority; None for the public."""
    if not hasattr(request, "goodstanding_account"):
        user = getattr(request, "user", None)
        found = None
        if user is not None and user.is_authenticated:
            accounts = Account.objects.select_related("user", "entity", "authority")
            found = accounts.filter(user_id=user.pk).first()
        request.goodstanding_account = found  # type: ignore[attr-defined]
    account: Account | None = request.goodstanding_account  # type: ignore[attr-defined]
    return account


def actor_from(request: HttpRequest) -> Actor:
    """The actor behind a request: its account, for itself or for its principal, or the public.

    Raises:
        Http404: the mandate under which an agent acted lives no more.
    """
    account = account_from(request)
    return PUBLIC if account is None else acted(request, account)


def entity_from(request: HttpRequest) -> Entity:
    """The entity for which a request of an entity's account, or of its agent's, is made."""
    account, actor = account_from(request), actor_from(request)
    assert account is not None and account.entity is not None  # only_for and the database see to it
    own = actor.entity_id == account.entity_id
    return account.entity if own else Entity.objects.get(pk=actor.entity_id)


def only_for(*roles: str) -> Callable[[View], View]:
    """Keep a page for some roles: the public is asked to sign in, other roles are refused.

    Args:
        roles: values of ``Account.Role``.

    Raises:
        PermissionDenied: the account has another role.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            account = account_from(request)
            if account is None:
                return redirect_to_login(request.get_full_path())
            if account.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def landing_page(account: Account | None) -> str:
    """The address of the page where an account starts."""
    return reverse(MENUS[account.role if account else None][0][0])


def reader(request: HttpRequest) -> dict[str, object]:
    """Template variables about the reader: ``account`` and the ``menu`` of its role."""
    account = account_from(request)
    menu = []
    for name, label in MENUS[account.role if account else None]:
        count = _unread(request, account) if name == "notices" and account is not None else 0
        url = reverse(name)
        menu.append(MenuItem(url, str(label), request.path == url, count))
    return {"account": account, "menu": menu, "acting": chosen(request, account)}


def _unread(request: HttpRequest, account: Account) -> int:
    """What the page of notices has that is unread; of an agent, what it has for its principal."""
    actor = reader_of(request, account)
    count = notices.unread(actor)
    if actor.entity_id == account.entity_id:
        count += merges.unseen_notices(account.pk) + notice_hooks.is_off(actor)
    return min(100, count)
