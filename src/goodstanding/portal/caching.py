"""Public pages of the law carry a tag of their content, so that a browser or proxy need not fetch them twice."""

from __future__ import annotations

from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import conditional_page

from .context import View, account_from


def revalidated(view: View) -> View:
    """Tag what a view answers to the public; who has it already gets 304. A signed-in reader's is never kept.

    The language of a page hangs on a cookie, so nothing is served from memory without asking.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ("Cookie",))
        if account_from(request) is None:
            patch_cache_control(response, public=True, no_cache=True)
        return response

    return conditional_page(answered)
