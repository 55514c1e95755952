"""``goodstanding authority``, ``account`` and ``token``: who takes part, and what may act for them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, get_args

import click

from goodstanding.identity import IdentifierError, Scheme, is_division_code, parse, person_key
from goodstanding.registry.catalogue.model import Provider
from goodstanding.site.database import database

if TYPE_CHECKING:
    from goodstanding.registry.models import Account, Authority, Entity

SOURCE_KINDS = list(get_args(Provider))
ROLES = ["entity", "authority", "operator", "bank", "subscriber"]


@click.command()
@click.argument("code")
@click.argument("name_zh")
@click.option("--name-en", help="Its name in English. A known one keeps its own when not given.")
@click.option("--division", help="Its division code, six digits. A known one keeps its own when not given.")
@click.option(
    "--source-kind",
    type=click.Choice(SOURCE_KINDS),
    help="What it may provide by the catalogue; a new authority is a government body.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the authority as JSON.")
def authority(
    code: str,
    name_zh: str,
    name_en: str | None,
    division: str | None,
    source_kind: str | None,
    as_json: bool,
) -> None:
    """Add an authority under its unified social credit code, or rename a known one.

    \b
    Example:
      goodstanding authority 119801009800009964 临湖市体育局 --name-en "Linhu Bureau of Sports" --division 980100
    """
    code = checked_code(code, "CODE")
    if not name_zh.strip():
        raise click.BadParameter("give the authority's name", param_hint="NAME_ZH")
    if division and not is_division_code(division):
        raise click.BadParameter(
            f"{division!r} is no division code; give six digits, such as 330100", param_hint="--division"
        )
    with database():
        from goodstanding.registry.commands import create_authority
        from goodstanding.registry.models import Authority

        known = Authority.objects.filter(code=code).first()
        kept = known or Authority()
        saved = create_authority(
            code=code,
            name_zh=name_zh.strip(),
            name_en=kept.name_en if name_en is None else name_en.strip(),
            division=kept.division if division is None else division,
            source_kind=source_kind,
        )
    names = ("code", "name_zh", "name_en", "division", "source_kind")
    document = {name: getattr(saved, name) for name in names} | {"added": known is None}
    done = "added" if known is None else "brought up to date"
    english = f" ({saved.name_en})" if saved.name_en else ""
    _tell(document, f"{done}: {saved.code} {saved.name_zh}{english}", as_json=as_json)


@click.command()
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), help="What the login may do; needed for a new one.")
@click.option("--entity", "entity_code", help="The code of the entity that it belongs to (role entity).")
@click.option(
    "--person",
    is_flag=True,
    help="It belongs to a natural person whom a record names; asks for the number, which is not shown or kept.",
)
@click.option("--authority", "authority_code", help="The code of the authority that it belongs to.")
@click.option(
    "--no-password", is_flag=True, help="Make it without a password: it can only act through tokens."
)
@click.option("--new-password", is_flag=True, help="Replace the password of a login that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print the login as JSON.")
def account(
    username: str,
    role: str | None,
    entity_code: str | None,
    person: bool,
    authority_code: str | None,
    no_password: bool,
    new_password: bool,
    as_json: bool,
) -> None:
    """Make a login, or give a known one a new password. The password is shown once.

    Whoever is signed in with the old password is signed out.

    \b
    Examples:
      goodstanding account sports --role authority --authority 119801009800009964
      goodstanding account supervisor --role operator
      goodstanding account zhang --role entity --person
      goodstanding account sports --new-password
    """
    if new_password and (role or entity_code or person or authority_code or no_password):
        raise click.UsageError("--new-password stands alone: role and organisation of a login do not change")
    if not new_password and role is None:
        raise click.UsageError("a new login needs --role; for a known one give --new-password")
    if person and (role != "entity" or entity_code):
        raise click.UsageError("--person goes with --role entity, and without --entity")
    number = click.prompt("Number of the person (not shown)", hide_input=True, err=True) if person else None
    password = None if no_password else secrets.token_urlsafe(12)
    with database():
        if new_password:
            from goodstanding.registry.commands import set_password

            assert password is not None
            found = account_named(username)
            set_password(account=found, password=password)
        else:
            assert role is not None
            found = _make(username, role, entity_code, authority_code, password, number=number)
        document = {
            "username": found.user.username,
            "role": str(found.role),
            "entity": entity_code if found.entity_id else None,
            "authority": found.authority.code if found.authority else None,
            "password": password,
        }
    said = "without a password" if password is None else f"password {password}"
    _tell(document, f"user {document['username']}, {said}", as_json=as_json)


@click.command()
@click.argument("username")
@click.option("--name", required=True, help="What it is for; under this name it is revoked.")
@click.option("--scope", "scopes", multiple=True, help="What it allows; may be given several times.")
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=365, show_default=True, help="Days until it expires."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this new file (0600)."
)
@click.option("--revoke", is_flag=True, help="Revoke the account's tokens of that name instead.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def token(
    username: str,
    name: str,
    scopes: tuple[str, ...],
    days: int,
    out: Path | None,
    revoke: bool,
    as_json: bool,
) -> None:
    """Make an API token of an account, or revoke those of a name. The token is shown once.

    \b
    Examples:
      goodstanding token sports --name intake --scope intake:write --scope intake:read --out sports.token
      goodstanding token sports --name intake --revoke
    """
    if revoke:
        if scopes or out:
            raise click.UsageError("--revoke takes the name alone, without --scope and --out")
        with database():
            count = _revoke(username, name)
        _tell({"username": username, "name": name, "revoked": count}, f"{count} revoked", as_json=as_json)
        return
    with database():
        from django.utils import timezone

        from goodstanding.api.auth import SCOPES
        from goodstanding.registry.commands import create_token

        unknown = [scope for scope in scopes if scope not in SCOPES]
        if unknown or not scopes:
            wrong = f"there is no scope {', '.join(unknown)}" if unknown else "a token needs a scope"
            known = "\n".join(f"  {scope:<16}{meaning}" for scope, meaning in SCOPES.items())
            raise click.BadParameter(f"{wrong}; choose of\n{known}", param_hint="--scope")
        owner = account_named(username)
        now = timezone.now()
        ends = now + timedelta(days=days)
        wanted = list(dict.fromkeys(scopes))
        if out is None:
            secret = create_token(account=owner, name=name, scopes=wanted, at=now, expires_at=ends)
        else:
            with _new_secret_file(out) as file:
                secret = create_token(account=owner, name=name, scopes=wanted, at=now, expires_at=ends)
                file.write(secret)
        day = timezone.localtime(ends).date().isoformat()
    document: dict[str, Any] = {"username": username, "name": name, "scopes": wanted, "expires_on": day}
    document |= {"token": secret} if out is None else {"file": str(out)}
    _tell(document, secret if out is None else f"written to {out}; it expires on {day}", as_json=as_json)


def checked_code(text: str, hint: str) -> str:
    """A unified social credit code in its standard spelling; refused with what is wrong and how to mend it."""
    try:
        return parse(text, scheme=Scheme.USCC).value
    except IdentifierError as error:
        raise click.BadParameter(f"{error.en} {error.remedy_en}", param_hint=hint) from error


def account_named(username: str) -> Account:
    """The account of a user name; refused with the way to make one."""
    from goodstanding.registry.models import Account

    found = Account.objects.select_related("user", "authority").filter(user__username=username).first()
    if found is None:
        raise click.BadParameter(
            f"there is no login {username}; make it with `goodstanding account {username} --role ...`",
            param_hint="USERNAME",
        )
    return found


def _make(
    username: str,
    role: str,
    entity_code: str | None,
    authority_code: str | None,
    password: str | None,
    *,
    number: str | None,
) -> Account:
    from goodstanding.registry.commands import RegistryError, create_account

    if role == "entity" and entity_code is None and number is None:
        raise click.UsageError("the role entity needs --entity with the entity's code, or --person")
    if role == "authority" and authority_code is None:
        raise click.UsageError("the role authority needs --authority with the authority's code")
    if role != "entity" and entity_code is not None:
        raise click.UsageError(f"--entity goes with the role entity, not with {role}")
    if role == "entity" and authority_code is not None:
        raise click.UsageError("--authority does not go with the role entity")
    try:
        return create_account(
            username=username,
            password=password,
            role=role,
            entity=_person(number) if number else _entity(entity_code) if entity_code else None,
            authority=None if authority_code is None else _authority(authority_code),
        )
    except RegistryError as error:
        remedy = "; choose another name, or give --new-password" if error.code == "account.taken" else ""
        raise click.BadParameter(f"{error.en}{remedy}", param_hint="USERNAME") from error


def _entity(code: str) -> Entity:
    from goodstanding.registry.models import Entity

    code = checked_code(code, "--entity")
    found = Entity.objects.filter(identifiers__scheme="uscc", identifiers__value=code).first()
    if found is None:
        raise click.BadParameter(
            f"no entity has the code {code}; take in its registration first (`goodstanding take-in`)",
            param_hint="--entity",
        )
    return found


def _person(number: str) -> Entity:
    """The natural person under a number, of which only the keyed hash is looked up."""
    from django.conf import settings

    from goodstanding.registry.models import Entity

    key = person_key(number, secret=settings.PERSON_SECRET)
    found = Entity.objects.filter(identifiers__scheme="person_key", identifiers__value=key).first()
    if found is None:
        raise click.BadParameter("no record names a person with this number", param_hint="--person")
    return found


def _authority(code: str) -> Authority:
    from goodstanding.registry.models import Authority

    code = checked_code(code, "--authority")
    found = Authority.objects.filter(code=code).first()
    if found is None:
        raise click.BadParameter(
            f"no authority has the code {code}; add it with `goodstanding authority {code} NAME_ZH`",
            param_hint="--authority",
        )
    return found


def _revoke(username: str, name: str) -> int:
    from django.utils import timezone

    from goodstanding.registry.commands import revoke_token

    owner = account_named(username)
    count = revoke_token(account=owner, name=name, at=timezone.now())
    if count == 0:
        left = sorted(set(owner.tokens.filter(revoked_at=None).values_list("name", flat=True)))
        has = f"it has {', '.join(left)}" if left else "it has none"
        raise click.BadParameter(
            f"{username} has no token named {name} to revoke; {has}", param_hint="--name"
        )
    return count


@contextlib.contextmanager
def _new_secret_file(path: Path) -> Iterator[TextIO]:
    """A new file that only its owner reads; it goes again when what it is for does not come about."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = "it is there already; name another" if isinstance(error, FileExistsError) else error.strerror
        raise click.BadParameter(f"{path}: {reason}", param_hint="--out") from error
    with os.fdopen(descriptor, "w") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def _tell(document: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else sentence)
