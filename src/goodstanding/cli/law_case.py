"""What the commands about one or many cases share: their options, the pack that governs, and how errors are said."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn, get_args

import click

from goodstanding.law.calendar import WorkingCalendar, working_calendar
from goodstanding.law.choose import govern
from goodstanding.law.errors import LawError
from goodstanding.law.load import all_packs, load_pack
from goodstanding.law.model import Pack
from goodstanding.law.receipts.documents import Start
from goodstanding.law.receipts.plain import FIRST_DAY, LAST_DAY, Unreadable
from goodstanding.law.records import Record, read_lines, read_record, read_records
from goodstanding.law.renderings.explain import Language
from goodstanding.law.renderings.words import FACT_NAMES

DAY = click.DateTime(["%Y-%m-%d"])


def day_asked(context: click.Context, parameter: click.Parameter, value: datetime) -> date:
    """The day asked about, which must lie within the years that can be meant."""
    if not FIRST_DAY <= value.date() <= LAST_DAY:
        raise click.BadParameter(f"lies outside {FIRST_DAY} to {LAST_DAY}", context, parameter)
    return value.date()


LANGUAGE = click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="English or Chinese."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
ON = click.option("--on", type=DAY, required=True, callback=day_asked, help="The day asked about.")
START = click.option(
    "--start",
    "starts",
    multiple=True,
    metavar="EVENT=DATE",
    help=f"Date the deadlines that run from {', '.join(get_args(Start))}. Repeatable.",
)

_FLAGS = (
    "simple_procedure", "committed", "trained", "publication_necessary", "excluded_by_law",
    "further_condition_open",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One record with the pack that governs it and the day asked about."""

    record: Record
    pack: Pack
    on: date
    transition: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """What the options of a command ask: the records and by which law."""

    facts: Path | None
    options: Mapping[str, Any]
    pack: Pack | None
    jurisdiction: str
    on: date

    @property
    def many(self) -> bool:
        """Whether records come by lines rather than one case."""
        return self.facts is not None and (
            str(self.facts) == "-" or self.facts.suffix in (".jsonl", ".ndjson", ".parquet")
        )

    def cases(self) -> Iterator[Case | LawError]:
        """Every record with its pack; one that cannot be read or governed comes as its error."""
        for record in self._records():
            if isinstance(record, Unreadable):
                yield record
                continue
            try:
                yield self._governed(record)
            except LawError as error:
                error.place = record.place
                yield error

    def _records(self) -> Iterator[Record | Unreadable]:
        if self.facts is None:
            text = json.dumps(
                {name: value for name, value in self.options.items() if value not in (None, False)}
            )
            try:
                yield read_record(text, number=1, place="options")
            except Unreadable as error:
                yield error
        elif str(self.facts) == "-":
            yield from read_lines(sys.stdin.buffer, name="stdin")
        else:
            yield from read_records(self.facts)

    def _governed(self, record: Record) -> Case:
        on = record.on or self.on
        if self.pack is not None:
            return Case(record, self.pack, on, None)
        found = govern(record.facts, packs=all_packs(), jurisdiction=self.jurisdiction, on=on)
        return Case(record, found.pack, on, found.transition.id if found.transition else None)


def case_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which a case is given, and the question that they make as the first argument."""

    @functools.wraps(command)
    def asked(**options: Any) -> None:
        stated = {name: _plain(options.pop(name)) for name in _fact_names()}
        command(_question(stated, options), **options)

    for decorate in reversed(_options()):
        asked = decorate(asked)
    return asked


def _options() -> list[Callable[[Any], Any]]:
    found = [
        click.option("--pack", "pack_id", help="The pack that decides, by id or file."),
        click.option(
            "--jurisdiction",
            default="CN",
            show_default=True,
            help="Whose pack governs, by dates in force, sector and transition rule, unless --pack is given.",
        ),
        *choices(),
        ON,
        click.option(
            "--facts",
            type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
            help="The facts: a JSON object, or many as .jsonl, .parquet or JSON Lines on standard input (-).",
        ),
    ]
    for name, (words, _) in FACT_NAMES.items():
        flag = name.replace("_", "-")
        if name in _FLAGS:
            found.append(click.option(f"--{flag}", name, is_flag=True, help=f"Fact: {words}."))
        elif name == "measures":
            found.append(click.option("--measure", name, multiple=True, help="Fact: a measure. Repeatable."))
        elif name == "subject":
            subjects = click.Choice(["organisation", "natural_person"])
            found.append(click.option("--subject", type=subjects, help=f"Fact: {words}."))
        else:
            kind = DAY if name.endswith("_on") else None
            found.append(click.option(f"--{flag}", name, type=kind, help=f"Fact: {words}."))
    return found


def choices(letter: str = "") -> list[Callable[[Any], Any]]:
    """The options by which an operator's choices are made in a pack; `letter` tells two packs apart."""
    ending = f"-{letter}" if letter else ""
    name = f"_{letter}" if letter else ""
    return [
        click.option(
            f"--switch{ending}",
            f"switches{name}",
            multiple=True,
            metavar="CODE=OPTION",
            help="How an open question is taken. Repeatable.",
        ),
        click.option(
            f"--parameter{ending}",
            f"parameters{name}",
            multiple=True,
            metavar="CODE=NUMBER",
            help="An unset number, as set by the operator. Repeatable.",
        ),
    ]


def _fact_names() -> list[str]:
    return list(FACT_NAMES)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return list(value) or None if isinstance(value, tuple) else value


def _question(stated: dict[str, Any], options: dict[str, Any]) -> Question:
    """Take the options of a case out of `options` and make the question of them."""
    facts, pack_id = options.pop("facts"), options.pop("pack_id")
    switches, parameters = options.pop("switches"), options.pop("parameters")
    jurisdiction, on = options.pop("jurisdiction"), options.pop("on")
    given = [name for name, value in stated.items() if value not in (None, False)]
    if facts is not None and given:
        raise click.UsageError("facts come from --facts or from options, not from both")
    if facts is None and not given:
        raise click.UsageError("say the facts: --facts FILE, or --kind and --found-on and what else is known")
    if pack_id is None and (switches or parameters):
        raise click.UsageError("--switch and --parameter are made in a pack: name it with --pack")
    try:
        pack = None if pack_id is None else chosen_pack(pack_id, switches, parameters)
    except LawError as error:
        refuse(error, lang=options.get("lang", "en"), as_json=options.get("as_json", False))
    return Question(facts, stated, pack, jurisdiction, on)


def chosen_pack(id_or_path: str, switches: tuple[str, ...], parameters: tuple[str, ...]) -> Pack:
    """A pack with the choices of the options. Raises the errors of `load_pack`."""
    numbers: dict[str, int | None] = {}
    for code, value in _pairs(parameters, "--parameter").items():
        try:
            numbers[code] = int(value)
        except ValueError:
            raise click.BadParameter(f"{value} is not a whole number", param_hint="--parameter") from None
    return load_pack(id_or_path, switches=_pairs(switches, "--switch"), parameters=numbers)


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    found = {}
    for text in texts:
        code, equals, value = text.partition("=")
        if not (code and equals and value):
            raise click.BadParameter(f"{text} is not of the form CODE=VALUE", param_hint=option)
        found[code] = value
    return found


def start_days(starts: tuple[str, ...]) -> dict[str, date]:
    """The days that start deadlines, by the name of the event."""
    found = {}
    for text in starts:
        name, _, day = text.partition("=")
        if name not in get_args(Start):
            raise click.BadParameter(f"{text} does not begin with an event", param_hint="--start")
        try:
            found[name] = date.fromisoformat(day)
        except ValueError:
            raise click.BadParameter(f"{text} does not end with a date", param_hint="--start") from None
    return found


def calendar_of(pack: Pack) -> WorkingCalendar:
    """The working days of the country of a pack. Raises LawError where there are none."""
    return working_calendar(pack.jurisdiction.partition("-")[0])


def error_document(error: LawError) -> dict[str, Any]:
    """An error of the law room as data."""
    document: dict[str, Any] = {"error": error.code, "place": error.place}
    document |= {"en": error.message_en, "zh": error.message_zh}
    document |= {"remedy_en": error.remedy_en, "remedy_zh": error.remedy_zh}
    if isinstance(error, Unreadable):
        document["fields"] = [{"field": name, "en": en, "zh": zh} for name, en, zh in error.fields]
    return document


def error_words(error: LawError, lang: Language) -> str:
    """An error in one line: place, sentence, remedy."""
    place = f"{error.place}: " if error.place else ""
    if lang == "zh":
        return f"{place}{error.message_zh}{error.remedy_zh}"
    return f"{place}{error.message_en} {error.remedy_en}".rstrip()


def say_error(error: LawError, *, lang: Language, as_json: bool) -> None:
    """Write an error to standard error, as a line of words or of JSON."""
    text = json.dumps(error_document(error), ensure_ascii=False) if as_json else error_words(error, lang)
    click.echo(text, err=True)


def refuse(error: LawError, *, lang: Language, as_json: bool, status: int = 2) -> NoReturn:
    """Say an error and end with the exit code of bad input."""
    say_error(error, lang=lang, as_json=as_json)
    sys.exit(status)


def one_case(question: Question, *, lang: Language, as_json: bool) -> Case:
    """The only case that a question asks; refuses what cannot be read, and files of many."""
    if question.many:
        raise click.UsageError("this command takes one case: a JSON object, or options")
    for case in question.cases():
        if isinstance(case, Case):
            return case
        refuse(case, lang=lang, as_json=as_json)
    raise click.UsageError("the file holds no case")
