"""Signing in and out, and choosing a language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language

from .. import attempts
from ..context import account_from, landing_page


class SignIn(LoginView):
    """Sign in with a user name and a password; each role lands on its own first page.

    After too many failed attempts no password is looked at for a while, and the page says so in the same words
    whether there is such a user or not.
    """

    template_name = "portal/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Where the account's role starts."""
        return landing_page(account_from(self.request))

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        """Decide on the attempt, unless it has to wait."""
        username = request.POST.get("username", "")
        attempt = attempts.begin(username=username, address=address_of(request), at=timezone.now())
        if attempt is None:
            form = AuthenticationForm(request, initial={"username": username})
            response = self.render_to_response(self.get_context_data(form=form, wait=True), status=429)
            response.headers["Retry-After"] = str(int(attempts.WINDOW.total_seconds()))
            return response
        response = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:
            attempts.succeeded(attempt)
        return response


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: behind an HTTPS proxy the address that the proxy added last, else the peer's."""
    if settings.SECURE_PROXY_SSL_HEADER:
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if told:
            return told
    return str(request.META.get("REMOTE_ADDR", ""))


@csrf_exempt
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Remember the language of pages in a cookie.

    A display preference is all that this changes, so it asks for no token: a token would put a cookie on every
    public page. Django keeps the way back to this site.
    """
    return django_set_language(request)
