"""The public league table of time to gone, as a page and as open figures."""

from __future__ import annotations

import csv
import io

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from goodstanding.exchange.league import ENOUGH, WEEKS
from goodstanding.exchange.league import league as table
from goodstanding.exchange.league_figures import COLUMNS, document, rows

from ..caching import revalidated


@revalidated
@require_safe
def league(request: HttpRequest) -> HttpResponse:
    """How soon each recipient shows that a removed record is gone."""
    context = {"league": table(), "enough": ENOUGH, "weeks": WEEKS}
    return render(request, "portal/league.html", context)


@revalidated
@require_safe
def league_csv(request: HttpRequest) -> HttpResponse:
    """The same as CSV, in UTF-8 with a mark that spreadsheets look for."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows(table()))
    headers = {"Content-Disposition": 'attachment; filename="time-to-gone.csv"'}
    return HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@revalidated
@require_safe
def league_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    return JsonResponse(document(table()), json_dumps_params={"ensure_ascii": False})
