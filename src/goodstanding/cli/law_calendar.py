"""``goodstanding law calendar``: working days, deadlines with their receipts, notices, re-dating."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from goodstanding.law.calendar import (
    UNITS,
    CalendarDay,
    Deadline,
    Extension,
    Notice,
    NoticesRefused,
    Pause,
    deadline,
    notices_of,
    read_year,
    receipt,
    working_calendar,
)
from goodstanding.law.calendar.jurisdictions import BY_STATUTE
from goodstanding.law.errors import LawError

_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_JURISDICTION = click.option(
    "--jurisdiction",
    type=click.Choice(["CN", *BY_STATUTE]),
    default="CN",
    show_default=True,
    help="Whose working days: China, United States (federal), England and Wales.",
)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def calendar() -> None:
    """Working days: deadlines with their receipts, the official notices, and re-dating after a new one.

    \b
    Example:
      goodstanding law calendar add 2026-09-30 3 --jurisdiction CN
    """


def _refuse(error: LawError) -> click.ClickException:
    """A refusal as one sentence with its remedy and exit code 2."""
    refused = click.ClickException(
        f"{error.message_en} {error.remedy_en}\n{error.message_zh}{error.remedy_zh}"
    )
    refused.exit_code = 2
    return refused


@calendar.command()
@click.argument("date_or_instant", metavar="DATE")
@click.argument("length", metavar="N", type=int)
@_JURISDICTION
@click.option(
    "--unit", type=click.Choice(UNITS), default="working_days", show_default=True, help="What N counts."
)
@click.option("--known-on", type=_DAY, help="Leave out notices published after this day (CN).")
@click.option("--extend", type=int, help="The one extension, in the same unit, from the original end.")
@click.option("--extend-unit", type=click.Choice(UNITS), help="Another unit for the extension.")
@click.option(
    "--pause",
    "pauses",
    multiple=True,
    metavar="FROM..TO",
    help="Days not counted; TO is the first day counted again, left out while it lasts. Repeatable.",
)
@click.option("--ground", help="Why it is extended or paused, for the receipt.")
@click.option("--ground-zh", help="The same in Chinese; --ground unless given.")
@click.option(
    "--cut-off", metavar="HH:MM", help="An instant received later counts as received on the next working day."
)
@_JSON
def add(
    date_or_instant: str,
    length: int,
    jurisdiction: str,
    unit: Any,
    known_on: datetime | None,
    extend: int | None,
    extend_unit: Any,
    pauses: tuple[str, ...],
    ground: str | None,
    ground_zh: str | None,
    cut_off: str | None,
    as_json: bool,
) -> None:
    """Count N working days (or another unit) after DATE, day zero, and answer with the receipt.

    DATE is a day, or an instant with its offset. Exit status 1 when only an interval can be given.

    \b
    Examples:
      goodstanding law calendar add 2026-09-30 3 --jurisdiction CN
      goodstanding law calendar add 2026-09-30T17:30+08:00 3 --cut-off 17:00 --json
      goodstanding law calendar add 2026-04-01 7 --extend 5 --pause 2026-04-08..2026-04-10 --ground "expert appraisal"
    """
    if (extend is not None or pauses) and not ground:
        raise click.UsageError("an extension or a pause needs its --ground")
    said, said_zh = ground or "", ground_zh or ground or ""
    try:
        found = deadline(
            _start(date_or_instant),
            length,
            calendar=working_calendar(jurisdiction, known_on=known_on.date() if known_on else None),
            unit=unit,
            extensions=[] if extend is None else [Extension(extend, said, said_zh, extend_unit)],
            pauses=[_pause(text, said, said_zh) for text in pauses],
            cut_off=_time(cut_off) if cut_off else None,
        )
    except LawError as error:
        raise _refuse(error) from error
    click.echo(json.dumps(receipt(found), ensure_ascii=False, indent=2) if as_json else _readable(found))
    sys.exit(1 if found.due_on is None else 0)


def _start(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"not a day or instant: {text!r}; write 2026-09-30 or 2026-09-30T17:30+08:00"
        ) from error


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"not a time of day: {text!r}; write 17:00") from error


def _pause(text: str, ground_en: str, ground_zh: str) -> Pause:
    start, dots, end = text.partition("..")
    try:
        if not dots:
            raise ValueError(text)
        return Pause(
            date.fromisoformat(start), date.fromisoformat(end) if end else None, ground_en, ground_zh
        )
    except ValueError as error:
        raise click.BadParameter(
            f"not a pause: {text!r}; write 2026-04-08..2026-04-10, or 2026-04-08.."
        ) from error


def _readable(found: Deadline) -> str:
    if found.due_on is not None:
        lines = [f"due {found.due_on}  期限届满：{found.due_on}"]
    else:
        latest = found.latest_due_on
        lines = [
            f"due between {found.earliest_due_on} and {latest or 'a day not yet known'}  "
            f"期限届满：{found.earliest_due_on} 至 {latest or '尚不确定'}",
            found.reason_en,
            found.reason_zh,
        ]
    zero = _line(found.start, "0", "day zero, not counted", "收到之日（不计）")
    if found.received is None or not found.received.late:
        lines.append(zero)
    else:
        local = found.received.at.astimezone(ZoneInfo(found.received.zone))
        lines.append(
            f"received {local:%Y-%m-%d %H:%M} ({found.received.zone})  收到时刻：{local:%Y-%m-%d %H:%M}"
        )
        lines += [_line_of(day) for day in found.received.days]
    lines += [_line_of(day) for day in found.days]
    return "\n".join([*lines, f"calendar {found.calendar_version}"])


def _line(day: date, number: str, en: str, zh: str) -> str:
    return f"{day} {day:%a} {number:>3}  {en}  {zh}"


def _line_of(day: CalendarDay) -> str:
    number = "0" if day.why == "after_cut_off" else "-" if day.ordinal is None else str(day.ordinal)
    notice = f"  [{day.notice}]" if day.notice else ""
    extension = "  (extension 延长)" if day.part == "extension" else ""
    return _line(day.day, number, day.reason_en, day.reason_zh) + notice + extension


@calendar.command()
@click.option("--year", type=int, help="Only the notices for this year.")
@_JSON
def notices(year: int | None, as_json: bool) -> None:
    """List the official notices of working days (CN): number, publication, days off, make-up days, address.

    \b
    Example:
      goodstanding law calendar notices --year 2020
    """
    found = [notice for notice in notices_of("CN") if year in (None, _year(notice))]
    if as_json:
        click.echo(
            json.dumps([notice.model_dump(mode="json") for notice in found], ensure_ascii=False, indent=2)
        )
        return
    for notice in found:
        off = sum(not worked for _, worked, _ in notice.listed())
        made_up = sum(worked for _, worked, _ in notice.listed())
        published = notice.published_on or (
            f"issued {notice.issued_on}" if notice.issued_on else "day not seen"
        )
        amends = f", amends {notice.amends}" if notice.amends else ""
        click.echo(
            f"{notice.id:<14} {notice.document_no or 'number not seen'}  {published}  {off} days off, "
            f"{made_up} make-up days{amends}  {notice.source or 'address not seen'}"
        )


def _year(notice: Notice) -> int:
    return max(day for day, _, _ in notice.listed()).year


@calendar.command()
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@_JSON
def check(files: Sequence[Path], as_json: bool) -> None:
    """Check files of notices: format, days twice or contradictory, make-up days, amendments in order.

    Exit status 1, with file and line, when anything is wrong.

    \b
    Example:
      goodstanding law calendar check 2027.yaml
    """
    problems = []
    for file in files:
        try:
            read_year(file)
        except NoticesRefused as error:
            problems += list(error.problems)
        except UnicodeDecodeError as error:
            raise click.ClickException(f"{file} is not UTF-8: {error.reason}") from error
    if as_json:
        click.echo(
            json.dumps(
                [{"file": p.file, "line": p.line, "reason": p.reason} for p in problems], ensure_ascii=False
            )
        )
    else:
        for problem in problems:
            click.echo(problem.where)
        click.echo(f"{len(files)} files, {len(problems)} problems")
    sys.exit(1 if problems else 0)


@calendar.command()
@click.option(
    "--moves", type=click.Path(dir_okay=False, path_type=Path), help="Write every move to this CSV file."
)
@click.option(
    "--known-on",
    type=_DAY,
    help="Date them by the notices published up to this day, as a rehearsal on a copy.",
)
@_JSON
def redate(moves: Path | None, known_on: datetime | None, as_json: bool) -> None:
    """Date every open clock by the notices known now, and say which moved. A second run moves none.

    The worker does this by itself at its start and each day.

    \b
    Example:
      goodstanding law calendar redate --moves moves.csv
    """
    from goodstanding.site.database import database

    with database():
        from django.utils import timezone

        from goodstanding.casework.clocks import known_calendar
        from goodstanding.casework.redating import Move, moves_of, redate_clocks

        try:
            known = working_calendar("CN", known_on=known_on.date()) if known_on else known_calendar()
        except LawError as error:
            raise _refuse(error) from error
        done = redate_clocks(calendar=known, at=timezone.now())
        if moves is not None:
            with moves.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, [column.name for column in fields(Move)])
                writer.writeheader()
                writer.writerows(asdict(move) for move in (moves_of(done.run) if done.run else ()))
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    else:
        click.echo(
            f"{done.moved:,} of {done.looked_at:,} open clocks moved; calendar {done.calendar_version}"
        )
