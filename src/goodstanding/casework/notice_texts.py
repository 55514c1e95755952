"""What a notice says, in both languages, made on reading from the chart, the law pack and the record as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from goodstanding.law import Condition, FactsRefused, Pack, Verdict
from goodstanding.law.rows import NoticeDuty
from goodstanding.registry.models import Event, Record

from .chart import Chart, chart_of
from .eligibility import APPLICANTS, AUTHORITYS, newest_pack, pack_of, under_a_pack, unmet, verdict_of
from .escalation_table import Escalation
from .models import Case, Step
from .notice_tables import Notice, Party
from .notice_words import CANARY_MARKS, OF_CANARIES, OF_LAST_DAYS, OF_RECIPIENTS, OF_RECORDS

#: States in which there is still something that a restoration notice can say.
_STANDING: Final = (
    Record.State.PUBLISHED,
    Record.State.UNPUBLISHED,
    Record.State.SHIELDED,
    Record.State.ENDED,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with its words. ``chart`` and ``step``: of a case's step, what it was. ``letter``: whether its
    record still stands, so that a restoration notice can be read and printed.
    """

    notice: Notice
    name_en: str
    name_zh: str
    text_en: str
    text_zh: str
    article_en: str = ""
    article_zh: str = ""
    chart: Chart | None = None
    letter: bool = False
    #: The public id of the record that a recipient was told of, where it has no row in the registry.
    named: str | None = None

    @property
    def record(self) -> str | None:
        """The public id of the record that it is about."""
        return str(self.notice.record.public_id) if self.notice.record else self.named


def told(notices: list[Notice]) -> list[Told]:
    """The words of notices, in their order."""
    recipients = [notice.position for notice in notices if _is_of_a_recipient(notice)]
    said = dict(Event.objects.filter(position__in=recipients).values_list("position", "content"))
    positions = [notice.position for notice in notices if notice.case_id is not None]
    steps = {step.position: step for step in Step.objects.filter(position__in=positions)}
    days = dict(Escalation.objects.filter(position__in=positions).values_list("position", "due_on"))

    def words(notice: Notice) -> Told:
        if _is_of_a_recipient(notice):
            return _of_recipient(notice, said[notice.position])
        if notice.case is None:
            return _of_record(notice)
        if notice.position in days:
            return _of_last_day(notice, notice.case, days[notice.position])
        return _of_case(notice, notice.case, steps[notice.position])

    return [words(notice) for notice in notices]


def _is_of_a_recipient(notice: Notice) -> bool:
    """Whether it tells of a recipient; what is seen of one is told to the entity as news of its record."""
    return notice.event in OF_RECIPIENTS and notice.party != Party.ENTITY


def _of_last_day(notice: Notice, case: Case, day: date) -> Told:
    chart = chart_of(case.kind)
    name_en, name_zh, text_en, text_zh = OF_LAST_DAYS[notice.event]
    return Told(
        notice=notice,
        name_en=f"{chart.name_en}: {name_en}",
        name_zh=f"{chart.name_zh}：{name_zh}",
        text_en=text_en.format(day=day.isoformat()),
        text_zh=text_zh.format(day=f"{day.year}年{day.month}月{day.day}日"),
        chart=chart,
    )


def _of_recipient(notice: Notice, said: dict[str, Any]) -> Told:
    marks = [CANARY_MARKS[mark] for mark in said.get("by", ())]
    known = {name: said.get(name) for name in ("name", "removals", "corrections", "agreement")} | {
        "number": len(said.get("canaries", ())),
        "by_en": ", ".join(en for en, _ in marks),
        "by_zh": "、".join(zh for _, zh in marks),
    }
    since = said.get("due_on") or said.get("since")
    day_en, day_zh = "", ""
    if since:
        day = date.fromisoformat(since)
        day_en, day_zh = day.isoformat(), f"{day.year}年{day.month}月{day.day}日"
    of_canary = "canary" in said and notice.party == Party.OPERATOR
    name_en, name_zh, text_en, text_zh = (OF_CANARIES if of_canary else OF_RECIPIENTS)[notice.event]
    return Told(
        notice=notice,
        named=said.get("record"),
        name_en=name_en.format(**known),
        name_zh=name_zh.format(**known),
        text_en=text_en.format(day=day_en, **known),
        text_zh=text_zh.format(day=day_zh, **known),
    )


def _of_record(notice: Notice) -> Told:
    letter = notice.party == Party.ENTITY and notice.record.adverse and notice.record.state in _STANDING
    return Told(notice, *OF_RECORDS[notice.event], letter=letter)


def _of_case(notice: Notice, case: Case, step: Step) -> Told:
    chart = chart_of(case.kind)
    event = chart.event(step.event)
    return Told(
        notice=notice,
        name_en=f"{chart.name_en}: {chart.state(step.to_state).en}",
        name_zh=f"{chart.name_zh}：{chart.state(step.to_state).zh}",
        text_en=event.en,
        text_zh=event.zh,
        article_en=event.article_en,
        article_zh=event.article_zh,
        chart=chart,
    )


@dataclass(frozen=True, slots=True)
class Duty:
    """The law's duty to serve the restoration notice with the decision, and where it stands."""

    row: NoticeDuty
    cite_en: str
    cite_zh: str


@dataclass(frozen=True, slots=True)
class RestorationNotice:
    """A restoration notice (信用修复告知书): what, until when, the earliest day, what to do, on which ground.

    ``verdict`` is None where the record's window is its source's own statement, or where the pack's lists do not know
    its facts. ``lacking``: what no application can meet yet. ``duties``: the rules by which it is served.
    """

    record: Record
    on: date
    verdict: Verdict | None
    lacking: tuple[Condition, ...]
    pack: Pack
    duties: tuple[Duty, ...]


def restoration_notice(record: Record, *, on: date) -> RestorationNotice:
    """The restoration notice of a negative record as it stands on a day."""
    pack, verdict = pack_of(record), None
    if under_a_pack(record):
        try:
            verdict = verdict_of(record, on=on)
        except FactsRefused:
            verdict = None
    serving = pack if any(row.at == "finding" for row in pack.notices) else newest_pack()
    duties = tuple(
        Duty(row, serving.cite(row.citation, "en"), serving.cite(row.citation, "zh"))
        for row in serving.notices
        if row.at == "finding"
    )
    lacking = unmet(verdict, pack=pack, besides=APPLICANTS | AUTHORITYS) if verdict else ()
    return RestorationNotice(record, on, verdict, lacking, pack, duties)
