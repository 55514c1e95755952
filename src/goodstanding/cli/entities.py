"""``goodstanding entities``: an operator states which entities are one, which are not, whose code has changed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from goodstanding.site.database import database

from .findings import operator_called


@click.group()
def entities() -> None:
    """Say which entities are one, and keep the chain of a code that has changed.

    \b
    Example:
      goodstanding entities link 91980102MA000001X2 5e0c8f7e-... --account supervisor --reason "same licence"
    """


@entities.command()
@click.argument("one")
@click.argument("other")
@click.option("--different", is_flag=True, help="State that the two are different entities.")
@click.option("--reason", required=True, help="Why; every reader of the two sees it.")
@click.option("--account", "username", required=True, help="The login of the operator who states it.")
@click.option("--json", "as_json", is_flag=True, help="Print the link as JSON.")
def link(one: str, other: str, different: bool, reason: str, username: str, as_json: bool) -> None:
    """State that ONE and OTHER (a code, or a public id) are one entity. The portal's page of links takes it back.

    \b
    Example:
      goodstanding entities link 91980102MA000001X2 5e0c8f7e-... --account supervisor --reason "same licence"
    """
    with database():
        from django.utils import timezone

        from goodstanding.registry import merges
        from goodstanding.registry.commands import RegistryError

        account = operator_called(username)
        both = [_entity(text, hint) for text, hint in ((one, "ONE"), (other, "OTHER"))]
        try:
            made = merges.link_entities(
                one_id=both[0].pk,
                other_id=both[1].pk,
                same=not different,
                by="clerk",
                explanation={"en": [reason], "zh": [reason]},
                account_id=account.pk,
                at=timezone.now(),
            )
        except RegistryError as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
        said = {
            "link": str(made.public_id),
            "entities": [str(item.public_id) for item in both],
            "same": made.same,
        }
    click.echo(json.dumps(said) if as_json else f"{one} {'≠' if different else '='} {other}")


@entities.command("change-code")
@click.argument("old")
@click.argument("new")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The new code's first day."
)
@click.option(
    "--scheme", type=click.Choice(["uscc", "lei"]), default="uscc", show_default=True, help="Whose code."
)
def change_code(old: str, new: str, day: datetime, scheme: str) -> None:
    """Give the entity under the code OLD the code NEW. OLD still leads to it.

    \b
    Example:
      goodstanding entities change-code 91980102MA000001X2 91980102MA000002X0 --on 2026-11-01
    """
    with database():
        from django.utils import timezone

        from goodstanding.identity import IdentifierError, Scheme, parse
        from goodstanding.registry import merges
        from goodstanding.registry.commands import RegistryError

        try:
            values = [parse(text, scheme=Scheme(scheme)).value for text in (old, new)]
            merges.change_code(
                entity_id=_entity(values[0], "OLD").pk,
                scheme=scheme,
                old=values[0],
                new=values[1],
                on=day.date(),
                at=timezone.now(),
            )
        except (IdentifierError, RegistryError) as error:
            raise click.UsageError(f"{error.en} ({error.zh})") from error
    click.echo(f"{values[0]} -> {values[1]}")


def _entity(text: str, hint: str) -> Any:
    from django.core.exceptions import ValidationError

    from goodstanding.registry.models import Entity

    try:
        found = Entity.objects.filter(public_id=text)
    except (ValidationError, ValueError):
        found = Entity.objects.filter(identifiers__value=text.upper()).distinct()
    if len(found) != 1:
        raise click.BadParameter(
            f"{text} leads to {len(found)} entities (该代码对应 {len(found)} 个主体)", param_hint=hint
        )
    return found[0]
