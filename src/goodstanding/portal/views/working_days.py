"""Count a deadline: every day counted or skipped and why, the notice it rests on, and the notices themselves."""

from __future__ import annotations

from datetime import date

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding import law
from goodstanding.casework.clocks import known_calendar
from goodstanding.law.calendar import Deadline, receipt

from ..caching import revalidated
from ..clock import calendar_of
from ..language import said
from ..lengths import in_words
from ..working_days import DRAWN, CountForm, count_of, refused, rests_on, years_of


@require_safe
@revalidated
def working_days(request: HttpRequest) -> HttpResponse:
    """The questions, the count once they are answered, and the official notices of the place."""
    today = timezone.localdate()
    form, found = _asked(request, today)
    place = form.cleaned_data.get("jurisdiction") if form.is_bound else ""
    calendar = known_calendar(place or "CN")
    drawn = found is not None and len(found.days) <= DRAWN
    return render(
        request,
        "portal/working_days.html",
        {
            "form": form,
            "found": found,
            "count": calendar_of(count_of(found, today=today), today=today) if found and drawn else None,
            "length": in_words(found.length, found.unit) if found else "",
            "rests_on": rests_on(found) if found else [],
            "calendar": calendar,
            "years": years_of(calendar.jurisdiction),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@revalidated
def working_days_receipt(request: HttpRequest) -> HttpResponse:
    """The count as a receipt: JSON that another can count again. A wrong question leads back to the page."""
    _form, found = _asked(request, timezone.localdate())
    if found is None:
        return redirect(f"{reverse('calendar')}?{request.GET.urlencode()}")
    return HttpResponse(
        orjson.dumps(receipt(found), option=orjson.OPT_INDENT_2),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="deadline.json"'},
    )


def _asked(request: HttpRequest, today: date) -> tuple[CountForm, Deadline | None]:
    """The form, and the deadline where it could be counted; a refusal becomes an error of the form."""
    if not request.GET:
        return CountForm(initial={"start": today, "number": 10}), None
    form = CountForm(request.GET)
    if not form.is_valid():
        return form, None
    try:
        return form, form.deadline()
    except law.LawError as error:
        form.add_error(refused(error), f"{said(error, 'message')} {said(error, 'remedy')}")
        return form, None
