"""Signing in and out, and choosing a language."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language

from ..context import account_from, landing_page


class SignIn(LoginView):
    """Sign in with a user name and a password; each role lands on its own first page."""

    template_name = "portal/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Where the account's role starts."""
        return landing_page(account_from(self.request))


@csrf_exempt
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Remember the language of pages in a cookie.

    A display preference is all that this changes, so it asks for no token: a token would put a cookie on every
    public page. Django keeps the way back to this site.
    """
    return django_set_language(request)
