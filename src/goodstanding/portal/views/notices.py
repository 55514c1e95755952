"""Notices of the signed-in account: what it is told of, marking it as read, mail and pushes, the restoration notice.

An agent reads here what its principal is told; what is marked as read, and where mail and pushes go, stays with the
principal.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from goodstanding.casework import notice_hooks, notice_mail
from goodstanding.casework import notices as told
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.models import Notice
from goodstanding.casework.notice_texts import restoration_notice as letter_of
from goodstanding.casework.notice_texts import told as in_words
from goodstanding.registry import merges
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account
from goodstanding.registry.queries import shown_name
from goodstanding.registry.webhooks import verifier_key

from ..context import account_from, actor_from, only_for

PAGE_SIZE = 25


class NoticesForm(forms.Form):
    """How the list is narrowed."""

    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("all of them")), ("unread", gettext_lazy("unread only"))],
    )
    about = forms.ChoiceField(
        label=gettext_lazy("About"),
        required=False,
        choices=[
            ("", gettext_lazy("records and cases")),
            ("records", gettext_lazy("records")),
            ("cases", gettext_lazy("cases")),
        ],
    )


class MarkForm(forms.Form):
    """What is marked as read: one notice, or all up to the newest that the page showed."""

    notice = forms.UUIDField(required=False)
    until = forms.IntegerField(required=False, min_value=0, max_value=2**62)


@only_for(*Account.Role.values)
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Everything that the account is told of; a POST marks one notice, or all that were shown, as read."""
    account, actor = account_from(request), actor_from(request)
    assert account is not None  # only_for sees to it
    if request.method == "POST":
        if actor != actor_of(account):
            raise PermissionDenied  # an agent marks nothing as read for its principal
        _mark(request, account, actor, at=timezone.now())
        return redirect(request.get_full_path())
    return _page(request, account, actor)


def _mark(request: HttpRequest, account: Account, actor: Actor, *, at: datetime) -> None:
    form = MarkForm(request.POST)
    if not form.is_valid():
        raise Http404
    if form.cleaned_data["notice"]:
        told.mark_read(actor, at=at, public_id=form.cleaned_data["notice"])
        return
    told.mark_read(actor, at=at, until=form.cleaned_data["until"] or 0)
    merges.see_notices(account_id=account.pk, at=at)


def _page(
    request: HttpRequest,
    account: Account,
    actor: Actor,
    *,
    refusal: CaseworkError | None = None,
    status: int = 200,
) -> HttpResponse:
    form = NoticesForm(request.GET, auto_id="asked_%s")
    asked = form.cleaned_data if form.is_valid() else {}
    found = told.notices_visible_to(actor)
    if asked.get("show") == "unread":
        found = found.filter(read_at__isnull=True)
    if asked.get("about"):
        found = found.filter(case__isnull=asked["about"] == "records")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page)
    kept = request.GET.copy()
    kept.pop("page", None)
    newest = told.notices_visible_to(actor).values_list("pk", flat=True).first()
    own = actor == actor_of(account)
    links = merges.notices_for(account.pk) if own else []
    hook = notice_hooks.hook_of(actor) if own else None
    context = {
        "form": form,
        "narrowed": any(asked.values()),
        "notices": in_words(shown),
        "page": page,
        "keep": f"{kept.urlencode()}&" if kept else "",
        "newest": newest or 0,
        "unread": told.unread(actor) + (merges.unseen_notices(account.pk) if own else 0),
        "links": [
            (notice, shown_name(notice.entity, actor), shown_name(notice.was_head, actor)) for notice in links
        ],
        "own": own,
        "mail_is_on": notice_mail.is_on(),
        "subscription": notice_mail.subscription_of(actor) if own else None,
        "hook": hook,
        "hook_key": verifier_key(),
        "refusal": refusal,
        "address": request.POST.get("address", ""),
        "url": request.POST.get("url", hook.url if hook else ""),
    }
    return render(request, "portal/notices.html", context, status=status)


@only_for(*notice_mail.ROLES)
@require_POST
def mail(request: HttpRequest) -> HttpResponse:
    """Ask for mail to an address, or end it."""
    account, actor = account_from(request), actor_from(request)
    assert account is not None  # only_for sees to it
    if request.POST.get("end"):
        subscription = notice_mail.subscription_of(actor)
        if subscription is not None:
            notice_mail.unsubscribe(subscription)
            messages.success(request, _("No more mail is sent. The address is forgotten."))
        return redirect("notices")
    try:
        notice_mail.subscribe(actor=actor, address=request.POST.get("address", "").strip(), at=timezone.now())
    except CaseworkError as error:
        return _page(request, account, actor, refusal=error, status=422)
    messages.success(request, _("A mail with a link was sent to this address. Open the link to confirm it."))
    return redirect("notices")


@only_for(*notice_hooks.ROLES)
@require_POST
def hook(request: HttpRequest) -> HttpResponse:
    """Have notices pushed to an address, or to none."""
    account, actor = account_from(request), actor_from(request)
    assert account is not None  # only_for sees to it
    if request.POST.get("end"):
        notice_hooks.push_no_more(actor)
        messages.success(request, _("Nothing is pushed any more. The address is forgotten."))
        return redirect("notices")
    try:
        notice_hooks.push_to(actor=actor, url=request.POST.get("url", "").strip(), at=timezone.now())
    except CaseworkError as error:
        return _page(request, account, actor, refusal=error, status=422)
    messages.success(request, _("From now on each notice is pushed to this address."))
    return redirect("notices")


@only_for(Account.Role.ENTITY)
@require_safe
def restoration_notice(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The restoration notice of a record, to read and to print, in both languages."""
    try:
        notice = told.notice_for(actor_from(request), public_id)
    except Notice.DoesNotExist as error:
        raise Http404 from error
    (said,) = in_words([notice])
    if not said.letter:
        raise Http404
    letter = letter_of(notice.record, on=timezone.localdate())
    sentences = letter.verdict.explain if letter.verdict else lambda _language: []
    codes = notice.record.entity.identifiers.filter(scheme="uscc", until__isnull=True)
    context = {
        "notice": notice,
        "letter": letter,
        "record": notice.record,
        "codes": list(codes.values_list("value", flat=True)),
        "languages": [("zh-hans", "zh-Hans", sentences("zh")), ("en", "en", sentences("en"))],
    }
    return render(request, "portal/restoration_notice.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The link that confirms an address: a page with a button, so that no scanner of mails confirms it."""
    subscription = notice_mail.subscription_of_token(token, "confirm")
    done = subscription is not None and request.method == "POST"
    if subscription is not None and done:
        notice_mail.confirm(subscription, at=timezone.now())
    context = {"purpose": "confirm", "good": subscription is not None, "done": done}
    return render(request, "portal/notice_mail.html", context, status=200 if subscription else 404)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The link that ends mail. A mail program may post to it without a form (RFC 8058); the token is the proof."""
    subscription = notice_mail.subscription_of_token(token, "leave")
    done = subscription is not None and request.method == "POST"
    if subscription is not None and done:
        notice_mail.unsubscribe(subscription)
    context = {"purpose": "leave", "good": subscription is not None, "done": done}
    return render(request, "portal/notice_mail.html", context, status=200 if subscription else 404)
