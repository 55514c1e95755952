"""The public pages of quality: every source with its score and trend, and one source with what it rests on."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from goodstanding.intake.quality import Counts, measures, total
from goodstanding.intake.sources import WINDOW_DAYS, SourceQuality, known_sources, source_qualities
from goodstanding.registry import source_findings

from ..charts import Spark, columns, spark

PAGE_SIZE = 50


@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """Every source that ever sent something, by its code."""
    page = Paginator(known_sources(), PAGE_SIZE).get_page(request.GET.get("page"))
    found = source_qualities(page.object_list, on=timezone.localdate())
    context = {
        "page": page,
        "sources": [(source, _trend(source)) for source in found],
        "measures": [measure.code for measure in measures(Counts())],
        "days": WINDOW_DAYS,
    }
    return render(request, "portal/quality.html", context)


@require_safe
def source(request: HttpRequest, code: str) -> HttpResponse:
    """One source: its measures with the counts behind them, month by month and contract by contract."""
    authority = known_sources().filter(code=code).first()
    if authority is None:
        raise Http404
    (found,) = source_qualities([authority], on=timezone.localdate())
    months = [(month, measures(month.counts), total(measures(month.counts))) for month in found.months]
    context = {
        "source": found,
        "months": [item for item in reversed(months) if item[0].batches],
        "trend": columns([month.total for month in found.months]),
        "span": (found.months[0].first, found.months[-1].first) if found.months else (),
        "days": WINDOW_DAYS,
        "sent_again": source_findings.upheld([authority.pk]).get(authority.pk, 0),
    }
    return render(request, "portal/source.html", context)


def _trend(source: SourceQuality) -> Spark:
    return spark([month.total for month in source.months])
