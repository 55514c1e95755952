"""Facts and decisions as plain data: what the command line, the API and files read and write.

Dates are ISO, amounts are strings, codes are those of the pack. A fact that has its default is left out, so
that the same case is the same data also after the engine has learnt to ask for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from goodstanding.law.errors import LawError
from goodstanding.law.facts import Facts

if TYPE_CHECKING:
    from goodstanding.law.decide import Verdict
    from goodstanding.law.model import Pack
    from goodstanding.law.plan import Condition
    from goodstanding.law.rows import DeadlineRule
    from goodstanding.law.trace import TraceStep

Document = TypeVar("Document", bound=BaseModel)

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""Days outside these are taken as errors of writing."""

_DEFAULTS: Final = tuple((field.name, field.default) for field in fields(Facts))


class Unreadable(LawError):
    """Data that breaks its schema. `fields` names each field with the reason in English and Chinese."""

    def __init__(self, *, place: str, fields: tuple[tuple[str, str, str], ...]) -> None:
        self.fields = fields
        super().__init__(
            code="unreadable",
            en="; ".join(f"{name}: {en}" if name else en for name, en, _ in fields) + ".",
            zh="；".join(f"{name}：{zh}" if name else zh for name, _, zh in fields) + "。",
            place=place,
            remedy_en="`goodstanding law schema` prints what is expected.",
            remedy_zh="可用 `goodstanding law schema` 查看应有的格式。",
        )


def read_document(text: str | bytes, document: type[Document], *, place: str) -> Document:
    """One JSON object as a document of the law room; dates must lie between 1900 and 2199. Raises Unreadable."""
    return _checked(lambda: document.model_validate_json(text, strict=True), place=place)


def check_document(data: dict[str, Any], document: type[Document], *, place: str) -> Document:
    """Values of Python, as a document of the law room. Raises Unreadable."""
    return _checked(lambda: document.model_validate(data, strict=True), place=place)


def _checked(validate: Callable[[], Document], *, place: str) -> Document:
    try:
        found = validate()
    except ValidationError as error:
        raise Unreadable(
            place=place,
            fields=tuple(
                (".".join(str(step) for step in item["loc"]), *_reason(item["type"], item["msg"]))
                for item in error.errors()
            ),
        ) from error
    outside = tuple(_outside(found, ""))
    if outside:
        raise Unreadable(place=place, fields=outside)
    return found


def _outside(found: BaseModel, within: str) -> Iterator[tuple[str, str, str]]:
    """The days of a document that lie outside the years that can be meant."""
    for name, value in found:
        if isinstance(value, BaseModel):
            yield from _outside(value, f"{within}{name}.")
        elif isinstance(value, date) and not FIRST_DAY <= value <= LAST_DAY:
            yield (
                within + name,
                f"lies outside {FIRST_DAY} to {LAST_DAY}",
                f"不在 {FIRST_DAY} 至 {LAST_DAY} 之间",
            )


_ZH: Final = {
    "missing": "缺少",
    "extra_forbidden": "未知字段",
    "json_invalid": "不是有效的 JSON",
    "model_type": "应为 JSON 对象",
    "bool_type": "应为 true 或 false",
    "tuple_type": "应为列表",
    "string_type": "应为文本",
    "string_pattern_mismatch": "不是有效的代码",
    "literal_error": "不在允许的取值之内",
    "greater_than_equal": "不得小于 0",
    "finite_number": "不是有限数值",
}


def _reason(kind: str, message: str) -> tuple[str, str]:
    if kind == "extra_forbidden":
        return "unknown field", _ZH[kind]
    if kind == "missing":
        return "missing", _ZH[kind]
    zh = _ZH.get(kind)
    if zh is None:
        zh = "应为 YYYY-MM-DD 日期" if kind.startswith("date") else "不是有效的数值或取值"
    return message[:1].lower() + message[1:], zh


def plain_facts(facts: Facts) -> dict[str, Any]:
    """The facts as data; what has its default is left out."""
    found: dict[str, Any] = {}
    for name, default in _DEFAULTS:
        value = getattr(facts, name)
        if value == default:
            continue
        if isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, Decimal):
            value = plain_amount(value)
        elif isinstance(value, frozenset):
            value = sorted(value)
        found[name] = value
    return found


def plain_amount(amount: Decimal) -> str:
    """An amount without exponent and trailing zeros: equal amounts are equal strings."""
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def plain_day(day: date | None) -> str | None:
    """A day as ISO text."""
    return None if day is None else day.isoformat()


def plain_decision(verdict: Verdict) -> dict[str, Any]:
    """A decision as data, in both languages (`documents.DecisionDocument` is its schema)."""
    found = verdict.classification
    severity = found.severity and {
        "code": found.severity,
        "name_en": verdict.severity_en,
        "name_zh": verdict.severity_zh,
    }
    decides = verdict.decides
    return {
        "pack": {"id": verdict.pack_id, "digest": verdict.pack_digest},
        "on": verdict.on.isoformat(),
        "facts": plain_facts(verdict.facts),
        "severity": severity,
        "published": found.published,
        "publication": verdict.publication,
        "publish_from": plain_day(found.publish_from),
        "restorable_from": plain_day(found.restorable_from),
        "publish_until": plain_day(found.publish_until),
        "clock_started": verdict.clock_started,
        "marks": [{"id": row.id, "text_en": row.text_en, "text_zh": row.text_zh} for row in verdict.marks],
        "eligible": verdict.eligible,
        "earliest_on": plain_day(verdict.earliest_on),
        "conditions": [_condition(condition) for condition in verdict.conditions],
        "materials": [
            {"id": row.id, "name_en": row.name_en, "name_zh": row.name_zh, "required": row.required}
            for row in verdict.materials
        ],
        "deadlines": [_deadline(rule) for rule in verdict.deadlines],
        "decides": decides and {"body": decides.body, "text_en": decides.text_en, "text_zh": decides.text_zh},
        "rows": list(found.rows),
        "trace": [_step(step) for step in verdict.trace],
    }


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "code": condition.code,
        "met": condition.met,
        "met_from": plain_day(condition.met_from),
        "article_en": condition.article,
        "article_zh": condition.article_zh,
        "text_en": condition.text_en,
        "text_zh": condition.text_zh,
        "remedy_en": condition.remedy_en,
        "remedy_zh": condition.remedy_zh,
    }


def _deadline(rule: DeadlineRule) -> dict[str, Any]:
    extension = rule.extension
    return {
        "code": rule.code,
        "actor_en": rule.actor_en,
        "actor_zh": rule.actor_zh,
        "text_en": rule.text_en,
        "text_zh": rule.text_zh,
        "from": rule.from_,
        "length": rule.length.value,
        "unit": rule.length.unit,
        "extension": extension
        and {
            "length": extension.length.value,
            "unit": extension.length.unit,
            "ground_en": extension.ground_en,
            "ground_zh": extension.ground_zh,
            "notice_first": extension.notice_first,
        },
    }


def _step(step: TraceStep) -> dict[str, Any]:
    return {
        "table": step.table,
        "row": step.row,
        "citation_en": step.citation_en,
        "citation_zh": step.citation_zh,
        "confidence": step.confidence,
        "source": list(step.source),
        "contested": step.contested,
        "assumed": step.assumed,
        "note_en": step.note_en,
        "note_zh": step.note_zh,
    }


def plain_choices(pack: Pack) -> dict[str, Any]:
    """What an operator chose in a pack: the switches as chosen and every parameter that is set."""
    return {
        "switches": dict(pack.chosen),
        "parameters": {
            parameter.code: parameter.value for parameter in pack.parameters if parameter.value is not None
        },
    }
