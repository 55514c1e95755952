"""What the law says of one record today, in the page's language: each date with its reason and its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from goodstanding import law
from goodstanding.casework.eligibility import pack_of, verdict_of
from goodstanding.exchange.content import shown_statement
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Record

from .language import language, said
from .timeline import Axis, Bar

#: States in which nothing is published, so that no window is drawn.
_GONE = (Record.State.RESTORED, Record.State.WITHDRAWN, Record.State.REDACTED, Record.State.SHIELDED)


@dataclass(frozen=True, slots=True)
class DatedFact:
    """One date of a record: what it is (also in Chinese), the day, why, and where that stands."""

    label: str
    chinese: str
    day: date | None
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A record with its class in words, its dates, its bar on the time line and the law's sentences.

    ``statement`` is what is attached to it, empty where nothing is.
    """

    record: Record
    severity: str
    severity_chinese: str
    measures: list[str]
    dates: list[DatedFact]
    sentences: list[str]
    bar: Bar | None
    statement: str


def explain(
    record: Record, *, on: date, axis: Axis | None, reader: Actor, false_commitment: date | None
) -> Explained:
    """Everything that a page says of one record.

    Args:
        record: with its entity and authority loaded.
        on: the day of the page.
        axis: the time axis that the page draws, if any.
        reader: who reads the page.
        false_commitment: ``false_commitment_on`` of its entity.
    """
    attached = shown_statement(record, reader)
    statement = attached["text"] if attached else ""
    if not record.adverse:
        return Explained(record, "", "", [], _plain_dates(record), [], None, statement)
    try:
        verdict = verdict_of(record, on=on, false_commitment=false_commitment)
    except law.FactsRefused as refused:
        # A record taken in under a pack whose lists this installation's packs no longer know.
        return Explained(
            record,
            str(record.severity),
            "",
            list(record.measures),
            _plain_dates(record),
            [said(refused, "message")],
            None,
            statement,
        )
    drawn = axis is not None and record.publish_from is not None and record.state not in _GONE
    return Explained(
        record=record,
        severity=said(verdict, "severity"),
        severity_chinese=verdict.severity_zh,
        measures=_measures(record),
        dates=_adverse_dates(record, verdict),
        sentences=[_shielded()] if record.state == Record.State.SHIELDED else verdict.explain(language()),
        bar=axis.bar(record) if axis and drawn else None,
        statement=statement,
    )


def _shielded() -> str:
    return _(
        "While a reorganisation or settlement plan is carried out, this record is not shown to the public and nobody "
        "may use it. Its entity, the authority and the operator still see it."
    )


def _measures(record: Record) -> list[str]:
    known = {measure.code: measure for measure in pack_of(record).measures}
    return [said(known[code], "name") if code in known else code for code in record.measures]


def _plain_dates(record: Record) -> list[DatedFact]:
    dates = [DatedFact(_("Date of decision"), "决定日期", record.found_on, "", "")]
    if record.publish_until:
        reason = _("From this day on it is no longer shown.")
        dates.append(DatedFact(_("Shown until"), "公示截止", record.publish_until, reason, ""))
    return dates


def _adverse_dates(record: Record, verdict: law.Verdict) -> list[DatedFact]:
    window = next((step for step in verdict.trace if step.table == "publication"), None)
    source = said(window, "citation") if window else ""
    dates = [
        DatedFact(
            _("Date of finding"),
            "认定日期",
            record.found_on,
            _("The date of the decision itself. Every period below counts from this day."),
            record.document_no,
        )
    ]
    if record.publish_from is None:
        reason = _("Records of this class are in principle not published.")
        dates.append(DatedFact(_("Publication"), "公示", None, reason, source))
    if not record.restorable:
        reason = _("A law expressly excludes this record from restoration.")
        dates.append(DatedFact(_("Earliest restoration"), "最短公示期届满", None, reason, source))
    elif record.restorable_from:
        reason = _(
            "The shortest period of publication ends. From this day on it can be restored once every duty is "
            "performed and a commitment is made."
        )
        if record.restorable_from == record.found_on:
            reason = _("It can be restored as soon as every duty is performed; there is no shortest period.")
        dates.append(
            DatedFact(_("Earliest restoration"), "最短公示期届满", record.restorable_from, reason, source)
        )
    if record.publish_until:
        reason = _("The longest period is over. Publication ends by itself; nobody has to apply.")
        dates.append(DatedFact(_("Publication ends"), "最长公示期届满", record.publish_until, reason, source))
    return dates
