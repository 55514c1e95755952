"""The quality of sources: counts of their batches added up, what came in which period, and the trend by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth

from goodstanding.registry.models import Authority

from .contract import Contract, load_contract
from .errors import IntakeError
from .models import Batch
from .quality import Counts, Finding, Measure, measures, total
from .regularity import calendar_of, frequency_of, missing, periods
from .scoring import KEPT

#: A score rests on the batches of so many days; the trend shows so many months.
WINDOW_DAYS, TREND_MONTHS = 90, 12
#: The most sendings that a missing period is listed with.
_LISTED = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What a source sent under one contract in the window."""

    contract: str
    name: str
    name_zh: str
    batches: int
    counts: Counts
    frequency: str
    last_received: date
    findings: tuple[Finding, ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        return measures(self.counts)

    @property
    def total(self) -> Decimal | None:
        return total(self.measures)


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a trend: its first day, its counts, and how many batches they rest on."""

    first: date
    counts: Counts
    batches: int

    @property
    def total(self) -> Decimal | None:
        return total(measures(self.counts))


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """How good one source is: by contract, together, and month by month (the oldest first).

    ``unreadable`` and ``refused`` count files of the window of which nothing entered; they are in no measure.
    """

    authority: Authority
    parts: tuple[Part, ...]
    months: tuple[Month, ...]
    unreadable: int
    refused: int

    @property
    def counts(self) -> Counts:
        return sum((part.counts for part in self.parts), Counts())

    @property
    def measures(self) -> tuple[Measure, ...]:
        return measures(self.counts)

    @property
    def total(self) -> Decimal | None:
        return total(self.measures)

    @property
    def batches(self) -> int:
        return sum(part.batches for part in self.parts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for part in self.parts for finding in part.findings)


def known_sources() -> QuerySet[Authority]:
    """Every authority or institution that ever sent something, by its code."""
    return Authority.objects.filter(pk__in=Batch.objects.values("authority_id")).order_by("code")


def source_qualities(authorities: Iterable[Authority], *, on: date) -> list[SourceQuality]:
    """The quality of sources on a day, in the order given; four queries for all of them.

    Args:
        authorities: the sources.
        on: the day; batches up to it count.
    """
    wanted = {authority.pk: authority for authority in authorities}
    since = on - timedelta(days=WINDOW_DAYS)
    sent = Batch.objects.filter(authority_id__in=wanted, received_at__date__lte=on)
    failures = {
        row["authority_id"]: row
        for row in sent.filter(received_at__date__gt=since)
        .values("authority_id")
        .annotate(
            unreadable=Count("pk", filter=Q(state=Batch.State.FAILED)),
            refused=Count("pk", filter=Q(state=Batch.State.REFUSED)),
        )
    }
    parts, months = _parts(sent, since=since, on=on), _months(sent, on=on)
    return [
        SourceQuality(
            authority=authority,
            parts=tuple(parts[pk]),
            months=_whole_year(months[pk], on=on),
            unreadable=failures.get(pk, {}).get("unreadable", 0),
            refused=failures.get(pk, {}).get("refused", 0),
        )
        for pk, authority in wanted.items()
    ]


_SUMS = {name: Sum(f"quality__{name}", default=0) for name in KEPT}


def _parts(sent: QuerySet[Batch], *, since: date, on: date) -> dict[int, list[Part]]:
    scored = Q(state=Batch.State.DONE, quality__finished=True, received_at__date__gt=since)
    summed = {name: Sum(f"quality__{name}", filter=scored, default=0) for name in KEPT}
    rows = (
        sent.exclude(state__in=[Batch.State.FAILED, Batch.State.REFUSED])
        .values("authority_id", "contract")
        .annotate(
            batches=Count("pk", filter=scored),
            first=Min("received_at__date"),
            last=Max("received_at__date"),
            **summed,
        )
        .order_by("authority_id", "contract")
    )
    days = _days(sent, since=since)
    found: dict[int, list[Part]] = defaultdict(list)
    for row in rows:
        contract = _contract(row["contract"])
        counts = Counts(**{name: row[name] for name in KEPT})
        part = Part(
            contract=row["contract"],
            name=contract.name if contract else row["contract"],
            name_zh=contract.name_zh if contract else row["contract"],
            batches=row["batches"],
            counts=counts,
            frequency=(frequency_of(contract) or "") if contract else "",
            last_received=row["last"],
            findings=(),
        )
        if contract is not None:
            came = days[row["authority_id"], row["contract"]]
            part = _with_periods(part, contract, came, first=max(row["first"], since), on=on)
        if part.batches or part.findings:
            found[row["authority_id"]].append(part)
    return found


def _days(sent: QuerySet[Batch], *, since: date) -> dict[tuple[int, str], list[date]]:
    """The days on which something came; from a month before the window, in whose middle a period may begin."""
    rows = (
        sent.exclude(state__in=[Batch.State.FAILED, Batch.State.REFUSED])
        .filter(received_at__date__gt=since - timedelta(days=31))
        .annotate(day=TruncDate("received_at"))
        .values_list("authority_id", "contract", "day")
        .distinct()
    )
    found: dict[tuple[int, str], list[date]] = defaultdict(list)
    for authority, contract, day in rows:
        found[authority, contract].append(day)
    return found


def _with_periods(part: Part, contract: Contract, came: list[date], *, first: date, on: date) -> Part:
    frequency = frequency_of(contract)
    if frequency is None:
        return part
    due = list(periods(frequency, first=first, last=on - timedelta(days=1), calendar=calendar_of(contract)))
    gaps = missing(due, came)
    counts = replace(part.counts, due=len(due), kept=len(due) - len(gaps))
    if not gaps:
        return replace(part, counts=counts)
    listed = ", ".join(
        f"{gap.first}" if gap.first == gap.last else f"{gap.first} to {gap.last}" for gap in gaps[-_LISTED:]
    )
    listed_zh = listed.replace(", ", "、").replace(" to ", "至")
    finding = Finding(
        "sending.missing",
        f"{contract.name}: nothing came in {len(gaps)} of {len(due)} periods ({frequency}); the last: {listed}.",
        f"{contract.name_zh}：应报送{len(due)}期，有{len(gaps)}期未报送，最近为{listed_zh}。",
    )
    return replace(part, counts=counts, findings=(finding,))


def _months(sent: QuerySet[Batch], *, on: date) -> dict[int, dict[date, Month]]:
    rows = (
        sent.filter(state=Batch.State.DONE, quality__finished=True, received_at__date__gte=_first_month(on))
        .annotate(month=TruncMonth("received_at"))
        .values("authority_id", "month")
        .annotate(batches=Count("pk"), **_SUMS)
    )
    found: dict[int, dict[date, Month]] = defaultdict(dict)
    for row in rows:
        first = row["month"].date()
        counts = Counts(**{name: row[name] for name in KEPT})
        found[row["authority_id"]][first] = Month(first, counts, row["batches"])
    return found


def _first_month(on: date) -> date:
    months = on.year * 12 + on.month - 1 - (TREND_MONTHS - 1)
    return date(months // 12, months % 12 + 1, 1)


def _whole_year(known: dict[date, Month], *, on: date) -> tuple[Month, ...]:
    """Every month of the trend; one without batches has none."""
    start = _first_month(on)
    every = []
    for number in range(TREND_MONTHS):
        months = start.year * 12 + start.month - 1 + number
        first = date(months // 12, months % 12 + 1, 1)
        every.append(known.get(first, Month(first, Counts(), 0)))
    return tuple(every)


def _contract(contract_id: str) -> Contract | None:
    """The contract, None where the installation has it no longer."""
    try:
        return load_contract(contract_id)
    except IntakeError:
        return None
