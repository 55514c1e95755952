"""Absence of officers: who stands in, and giving all open cases of one officer to another."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Account

from .absence_table import Absence
from .errors import CaseworkError
from .many import MOST, Chosen, Outcome, move_many
from .models import Case


def absence_of(actor: Actor) -> Absence | None:
    """What an officer said last of being absent."""
    return Absence.objects.select_related("stand_in__user").filter(officer_id=actor.account_id).first()


def absent_for(actor: Actor, *, on: date) -> list[int]:
    """Keys of the officers for whom an officer stands in on a day."""
    if actor.authority_id is None:
        return []
    found = Absence.objects.filter(
        stand_in_id=actor.account_id,
        officer__authority_id=actor.authority_id,
        from_on__lte=on,
        until_on__gte=on,
    )
    return list(found.order_by("officer_id").values_list("officer_id", flat=True))


@transaction.atomic
def set_absence(*, actor: Actor, stand_in: str, from_on: date, until_on: date) -> Absence:
    """Say when one is absent and who of the same authority stands in; it takes the place of what was said before.

    Args:
        stand_in: user name of the other officer.
        from_on, until_on: the first and the last day.

    Raises:
        CaseworkError: absence.forbidden, officer.unknown, absence.backwards.
    """
    own, authority = _officer(actor)
    other = _named(stand_in, authority)
    if other.pk == own:
        raise CaseworkError(
            "officer.unknown", "Nobody stands in for oneself.", "不能由本人代理本人。", place="stand_in"
        )
    if until_on < from_on:
        raise CaseworkError(
            "absence.backwards",
            "The last day is before the first one.",
            "结束日期早于开始日期。",
            place="until_on",
        )
    said = {"stand_in": other, "from_on": from_on, "until_on": until_on}
    made, _ = Absence.objects.update_or_create(officer_id=own, defaults=said)
    return made


def end_absence(*, actor: Actor) -> None:
    """Be back: what was said of being absent is taken away."""
    Absence.objects.filter(officer_id=_officer(actor)[0]).delete()


def reassign(*, actor: Actor, officer: str, to: str, at: datetime, today: date) -> list[Outcome]:
    """Give all open cases of an officer to another of the same authority, each by its own step.

    Raises:
        CaseworkError: absence.forbidden, officer.unknown.
    """
    _, authority = _officer(actor)
    held, other = _named(officer, authority), _named(to, authority)
    cases = Case.objects.filter(officer=held, authority_id=authority, ended_at__isnull=True)
    chosen = [Chosen(*row) for row in cases.order_by("due_on", "pk").values_list("public_id", "version")]
    given = {"officer": other.user.get_username()}
    found: list[Outcome] = []
    for begin in range(0, len(chosen), MOST):
        part = chosen[begin : begin + MOST]
        found += move_many("assign", actor=actor, chosen=part, at=at, today=today, given=given)
    return found


def _officer(actor: Actor) -> tuple[int, int]:
    """The officer who acts, and the authority."""
    if actor.role != "authority" or actor.account_id is None or actor.authority_id is None:
        raise CaseworkError(
            "absence.forbidden", "Only an officer of an authority does this.", "只有认定单位经办人可以操作。"
        )
    return actor.account_id, actor.authority_id


def _named(name: str, authority: int) -> Account:
    """An officer of an authority."""
    found = (
        Account.objects.select_related("user")
        .filter(
            role=Account.Role.AUTHORITY,
            authority_id=authority,
            user__username=name,
            user__is_active=True,
        )
        .first()
    )
    if found is None:
        raise CaseworkError(
            "officer.unknown",
            "There is no such officer in this authority.",
            "本单位没有该经办人。",
            place="officer",
        )
    return found
