"""Write the files of notices anew: the days from the package chinesecalendar, the notices from the table below.

    python -m goodstanding.law.calendar.import_chinesecalendar [FOLDER]

The package (MIT licence; needed for this import and for the tests only) merges every amendment into the first
notice. The table takes them apart again: which days an amendment listed, and what the first notice had said.
Document numbers and days of issue are as secondary sources list them; the notices themselves were not opened.
When a new notice is out: update the package, add a line, run this, read the diff against the notice.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import chinese_calendar  # type: ignore[import-untyped]
import yaml

from goodstanding.law.calendar.notices import FOLDER

_SITE = "http://www.gov.cn/zhengce/zhengceku/"
_SECURE = "https://www.gov.cn/zhengce/zhengceku/"
_ARCHIVED = (
    "The address bears {day}, after the year began: the day on which the page was filed, not published."
)

#: The package's names of holidays, as the notices write them.
NAMES = {
    "New Year's Day": ("New Year's Day", "元旦"),
    "Spring Festival": ("Spring Festival", "春节"),
    "Tomb-sweeping Day": ("Tomb-sweeping Day", "清明节"),
    "Labour Day": ("Labour Day", "劳动节"),
    "Dragon Boat Festival": ("Dragon Boat Festival", "端午节"),
    "National Day": ("National Day", "国庆节"),
    "Mid-autumn Festival": ("Mid-autumn Festival", "中秋节"),
    "Anti-Fascist 70th Day": (
        "70th anniversary of victory in the War of Resistance",
        "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日",
    ),
}


#: The years whose first notice was seen with its title.
TITLE_SEEN = frozenset({2019, 2020, 2025, 2026})


@dataclass(frozen=True)
class First:
    """The first notice of a year."""

    number: str | None = None
    issued: str | None = None
    published: str | None = None
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Amendment:
    """A later notice: what it lists, and the days of its holiday as the first notice had them."""

    title: str | None
    number: str
    published: str
    source: str
    holiday: str
    off: tuple[str, ...]
    worked: tuple[str, ...] = ()
    off_before: tuple[str, ...] = ()
    worked_before: tuple[str, ...] = ()
    note: str | None = None


def _paged(number: str, issued: str, page: str) -> First:
    """A notice whose address shows the full day of publication, before the year began."""
    return First(number, issued, page[:10].replace("/", "-"), f"{_SITE}{page}")


_UNSEEN = First(note="No address, number or day of publication of this notice was seen.")

FIRST: dict[int, First] = {
    2004: _UNSEEN,
    2005: _UNSEEN,
    2006: _UNSEEN,
    2007: First(source=f"{_SITE}2008-03/28/content_1761.htm", note=_ARCHIVED.format(day="2008-03-28")),
    2008: First(
        "国办发明电〔2007〕52号",
        "2007-12-15",
        source=f"{_SITE}2008-03/28/content_1645.htm",
        note=_ARCHIVED.format(day="2008-03-28"),
    ),
    2009: _paged("国办发明电〔2008〕42号", "2008-12-04", "2008-12/10/content_1572.htm"),
    2010: _paged("国办发明电〔2009〕27号", "2009-12-08", "2009-12/08/content_1476.htm"),
    2011: _paged("国办发明电〔2010〕40号", "2010-12-10", "2010-12/10/content_1423.htm"),
    2012: _paged("国办发明电〔2011〕45号", "2011-12-06", "2011-12/06/content_1411.htm"),
    2013: _paged("国办发明电〔2012〕33号", "2012-12-08", "2012-12/10/content_1353.htm"),
    2014: First(
        "国办发明电〔2013〕28号",
        "2013-12-11",
        source=f"{_SITE}2014-01/02/content_1194.htm",
        note=_ARCHIVED.format(day="2014-01-02"),
    ),
    2015: _paged("国办发明电〔2014〕28号", "2014-12-16", "2014-12/16/content_9302.htm"),
    2016: _paged("国办发明电〔2015〕18号", "2015-12-10", "2015-12/10/content_10394.htm"),
    2017: _paged("国办发明电〔2016〕17号", "2016-12-01", "2016-12/01/content_5141603.htm"),
    2018: _paged("国办发明电〔2017〕12号", "2017-11-30", "2017-11/30/content_5243579.htm"),
    2019: _paged("国办发明电〔2018〕15号", "2018-12-04", "2018-12/06/content_5346276.htm"),
    2020: _paged("国办发明电〔2019〕16号", "2019-11-21", "2019-11/21/content_5454164.htm"),
    2021: _paged("国办发明电〔2020〕27号", "2020-11-25", "2020-11/25/content_5564127.htm"),
    2022: _paged("国办发明电〔2021〕11号", "2021-10-25", "2021-10/25/content_5644835.htm"),
    2023: _paged("国办发明电〔2022〕16号", "2022-12-08", "2022-12/08/content_5730844.htm"),
    2024: First(
        "国办发明电〔2023〕7号",
        "2023-10-25",
        source=f"{_SECURE}202310/content_6911528.htm",
        note="The address shows the month only: October 2023.",
    ),
    2025: First(
        "国办发明电〔2024〕12号",
        "2024-11-12",
        source=f"{_SECURE}202411/content_6986383.htm",
        note="The address shows the month only: November 2024.",
    ),
    2026: First(
        "国办发明电〔2025〕7号",
        "2025-11-04",
        "2025-11-04",
        f"{_SECURE}202511/content_7047091.htm",
        "The address shows the month only; the news carried the text on 2025-11-04 "
        "(https://politics.gmw.cn/2025-11/04/content_38391083.htm).",
    ),
}

AMENDMENTS: dict[int, Amendment] = {
    2015: Amendment(
        title=None,
        number="国发明电〔2015〕1号",
        published="2015-05-13",
        source=f"{_SITE}2015-05/13/content_9742.htm",
        holiday="Anti-Fascist 70th Day",
        off=("2015-09-03", "2015-09-04"),
        worked=("2015-09-06",),
    ),
    2019: Amendment(
        title="国务院办公厅关于调整2019年劳动节假期安排的通知",
        number="国办发明电〔2019〕3号",
        published="2019-03-22",
        source=f"{_SITE}2019-03/22/content_5375877.htm",
        holiday="Labour Day",
        off=("2019-05-01", "2019-05-02", "2019-05-03", "2019-05-04"),
        worked=("2019-04-28", "2019-05-05"),
        off_before=("2019-05-01",),
    ),
    2020: Amendment(
        title="国务院办公厅关于延长2020年春节假期的通知",
        number="国办发明电〔2020〕1号",
        published="2020-01-27",
        source=f"{_SITE}2020-01/27/content_5472352.htm",
        holiday="Spring Festival",
        off=("2020-01-31", "2020-02-01", "2020-02-02"),
        off_before=tuple(f"2020-01-{day}" for day in range(24, 31)),
        worked_before=("2020-01-19", "2020-02-01"),
        note="Saturday 1 February, a make-up working day by the first notice, falls within the extended holiday.",
    ),
}


@dataclass
class _Days:
    off: list[date] = field(default_factory=list)
    worked: list[date] = field(default_factory=list)


def _merged() -> dict[int, dict[str, _Days]]:
    """The package's days by the year whose notice lists them, then by holiday."""
    found: dict[int, dict[str, _Days]] = defaultdict(lambda: defaultdict(_Days))
    for table, key in ((chinese_calendar.holidays, "off"), (chinese_calendar.workdays, "worked")):
        for day, name in sorted(table.items()):
            # New Year's Day in December belongs to the notice of the year that begins.
            year = day.year + (day.month == 12 and name == "New Year's Day")
            getattr(found[year][name], key).append(day)
    return found


def document(year: int, holidays: dict[str, _Days]) -> dict[str, Any]:
    """The notices of a year as plain data in the order of the file."""
    first, amendment = FIRST[year], AMENDMENTS.get(year)
    days_from = f"chinesecalendar {version('chinesecalendar')}"
    before = dict(holidays)
    if amendment is not None:
        before[amendment.holiday] = _Days(_dates(amendment.off_before), _dates(amendment.worked_before))
    notices = [
        _notice(
            f"cn-{year}",
            title=f"国务院办公厅关于{year}年部分节假日安排的通知" if year in TITLE_SEEN else None,
            number=first.number,
            issued=first.issued,
            published=first.published,
            source=first.source,
            note=first.note,
            days_from=days_from,
            holidays={name: days for name, days in before.items() if days.off or days.worked},
        )
    ]
    if amendment is not None:
        listed = _Days(_dates(amendment.off), _dates(amendment.worked))
        notices.append(
            _notice(
                f"cn-{amendment.published}",
                amends=f"cn-{year}",
                title=amendment.title,
                number=amendment.number,
                issued=None,
                published=amendment.published,
                source=amendment.source,
                note=amendment.note,
                days_from=days_from,
                holidays={amendment.holiday: listed},
            )
        )
    return {"jurisdiction": "CN", "year": year, "notices": notices}


def _dates(days: tuple[str, ...]) -> list[date]:
    return [date.fromisoformat(day) for day in days]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _notice(
    id_: str,
    *,
    title: str | None,
    number: str | None,
    issued: str | None,
    published: str | None,
    source: str | None,
    note: str | None,
    days_from: str,
    holidays: dict[str, _Days],
    amends: str | None = None,
) -> dict[str, Any]:
    listed = sorted(holidays.items(), key=lambda item: min(item[1].off + item[1].worked))
    return {
        "id": id_,
        **({"amends": amends} if amends else {}),
        "title_zh": title,
        "document_no": number,
        "issued_on": _day(issued),
        "published_on": _day(published),
        **({"publication_note": note} if note else {}),
        "source": source,
        "days_from": days_from,
        "holidays": [
            {
                "name_en": NAMES[name][0],
                "name_zh": NAMES[name][1],
                "days_off": days.off,
                "make_up_days": days.worked,
            }
            for name, days in listed
        ],
    }


class _Dumper(yaml.SafeDumper):
    """Lists of days on one line, everything else in blocks."""


def _sequence(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    days = all(isinstance(item, date) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=days)


_Dumper.add_representer(list, _sequence)
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def written(year: int, holidays: dict[str, _Days]) -> str:
    """The text of the file of a year."""
    body = yaml.dump(
        document(year, holidays), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100, indent=2
    )
    return f"# Days off and make-up working days of {year}. Written by law/calendar/import_chinesecalendar.py.\n{body}"


def files() -> dict[str, str]:
    """Every file by its name. Raises KeyError for a year of the package that the table does not have."""
    return {f"{year}.yaml": written(year, holidays) for year, holidays in sorted(_merged().items())}


def main(folder: Path = FOLDER / "cn") -> None:
    """Write the files and say what changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        path = folder / name
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        if changed:
            path.write_text(text, encoding="utf-8")
        print(f"{name}: {'written' if changed else 'unchanged'}")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
