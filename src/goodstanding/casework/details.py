"""What a step says beyond its reasons, checked before anything is written: one function for each need of a chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account, Authority, Record

from .chart import Event, Need
from .clocks import pause_grounds
from .eligibility import pack_of
from .errors import CaseworkError
from .models import Case
from .requests import checked_text

_DOCUMENT = (2, 200)
_VALUE = (0, 4000)


def checked_details(event: Event, given: Mapping[str, Any], *, case: Case, actor: Actor) -> dict[str, Any]:
    """What the step must say by the chart, checked.

    Args:
        given: by need: ``officer`` a user name, ``authority`` a code, ``ground`` a code of the law pack's pauses,
            ``document`` the cited source document, ``correction`` the corrected fields, ``sanction`` a code of
            the pack.

    Raises:
        CaseworkError: details.missing, details.unknown, or what is wrong with one of them.
    """
    for name in given:
        if name not in event.needs:
            raise CaseworkError(
                "details.unknown",
                f"This step takes no {name}; it takes: {', '.join(event.needs) or 'nothing'}.",
                f"此操作不需要“{name}”。",
                place=name,
            )
    found: dict[str, Any] = {}
    for need in event.needs:
        value = given.get(need)
        if value in (None, "", {}):
            raise CaseworkError(
                "details.missing",
                f"This step must say: {need}.",
                f"此操作必须填写：{_ZH[need]}。",
                place=need,
            )
        found[need] = _CHECKS[need](value, case, actor)
    return found


def proposed(case: Case) -> dict[str, Any]:
    """What the officer said who brought a case before a second one: that one agrees to it and adds nothing."""
    into = case.steps.filter(to_state=case.state).exclude(from_state=case.state)
    said: dict[str, Any] = into.order_by("-number")[0].detail
    return said


def officer_named(name: str, case: Case) -> Account:
    """The officer of a case's authority with a user name. Raises CaseworkError."""
    account = Account.objects.filter(
        user__username=name, user__is_active=True, role=Account.Role.AUTHORITY, authority_id=case.authority_id
    ).first()
    if account is None:
        raise CaseworkError(
            "officer.unknown",
            f"There is no officer {name!r} at this authority.",
            f"本单位没有经办人“{name}”。",
            place="officer",
        )
    return account


def authority_named(code: str, case: Case) -> Authority:
    """Another authority than the case's own, by its code. Raises CaseworkError."""
    authority = Authority.objects.filter(code=code).exclude(pk=case.authority_id).first()
    if authority is None:
        raise CaseworkError(
            "authority.unknown",
            f"There is no other authority with the code {code!r}.",
            f"没有代码为“{code}”的其他单位。",
            place="authority",
        )
    return authority


def _officer(value: Any, case: Case, actor: Actor) -> str:
    return officer_named(str(value), case).user.get_username()


def _authority(value: Any, case: Case, actor: Actor) -> str:
    return authority_named(str(value), case).code


def _ground(value: Any, case: Case, actor: Actor) -> str:
    known = {row.code for row in pause_grounds(case)}
    if value not in known:
        raise CaseworkError(
            "ground.unknown",
            f"The law pack lists these grounds: {', '.join(sorted(known))}.",
            f"规则包所列事由：{'、'.join(sorted(known))}。",
            place="ground",
        )
    return str(value)


def _document(value: Any, case: Case, actor: Actor) -> str:
    return checked_text(str(value), *_DOCUMENT, "document")


def _correction(value: Any, case: Case, actor: Actor) -> dict[str, str]:
    return checked_correction(case.record, value)


def checked_correction(record: Record, value: Any) -> dict[str, str]:
    """The right value of each public field of a record that is wrong. Raises CaseworkError."""
    if not isinstance(value, Mapping):
        raise CaseworkError(
            "correction.form", "A correction is fields with values.", "更正应当逐项列明。", place="correction"
        )
    held = record.content.get("public", {})
    for field in value:
        if field not in held:
            raise CaseworkError(
                "correction.unknown",
                f"The record has no public field {field!r}.",
                f"该记录没有公开字段“{field}”。",
                place="correction",
            )
    changed = {str(field): checked_text(str(new), *_VALUE, str(field)) for field, new in value.items()}
    if all(held[field] == new for field, new in changed.items()):
        raise CaseworkError(
            "correction.same", "Nothing would change.", "更正前后内容相同。", place="correction"
        )
    return changed


def _sanction(value: Any, case: Case, actor: Actor) -> str:
    known = {row.code for row in pack_of(case.record).sanctions}
    if value not in known:
        raise CaseworkError(
            "sanction.unknown",
            f"The law pack knows: {', '.join(sorted(known)) or 'no sanction'}.",
            f"规则包所列情形：{'、'.join(sorted(known)) or '无'}。",
            place="sanction",
        )
    return str(value)


_ZH: Final[dict[Need, str]] = {
    "officer": "经办人",
    "authority": "单位代码",
    "ground": "事由",
    "document": "依据文件",
    "correction": "更正内容",
    "sanction": "失信情形",
}
_CHECKS: Final[dict[Need, Callable[[Any, Case, Actor], Any]]] = {
    "officer": _officer,
    "authority": _authority,
    "ground": _ground,
    "document": _document,
    "correction": _correction,
    "sanction": _sanction,
}
