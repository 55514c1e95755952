"""Every single change of a record, one transaction each, with its journal event.

Bulk intake is in ``records`` and ``entities``, what a day brings in ``sweep``; what a person does to a record is here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from . import tombstones
from .actor import Actor
from .events import public_digest, record_content
from .journal import NewEvent, append
from .models import Account, ApiToken, Authority, Entity, Reading, Record

#: States in which a record has not been removed.
STANDING = frozenset(
    {Record.State.PUBLISHED, Record.State.UNPUBLISHED, Record.State.ENDED, Record.State.SHIELDED}
)


class RegistryError(Exception):
    """A change that the registry refuses. ``code`` is for machines, ``en`` and ``zh`` are for people."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.en, self.zh = code, en, zh


def record_event(kind: str, record: Record, **more: object) -> NewEvent:
    """The journal event of a change to one record, told the same way for every kind of change."""
    content = record_content(
        record=record.public_id,
        entity=record.entity.public_id,
        record_kind=record.kind,
        state=record.state,
        disputed=record.disputed,
        version=record.version,
        content_digest=bytes(record.content_digest),
        public_digest=public_digest(record.content),
        publish_from=record.publish_from,
        publish_until=record.publish_until,
        beneath=record.beneath,
        statement=record.statement["text"] if record.statement else None,
    )
    return NewEvent(kind, content | more, entity_id=record.entity_id, record_id=record.pk)


def lock(record_id: int, *, allowed: Collection[str]) -> Record:
    """The record, locked until the transaction ends, with entity, authority and source loaded.

    Raises:
        RegistryError: record.foreign, it lives in another instance; record.state, it is in none of the allowed states.
    """
    locked = Record.objects.select_for_update(of=("self",)).select_related("entity", "authority", "source")
    record = locked.get(pk=record_id)
    if record.home:
        raise RegistryError(
            "record.foreign",
            f"record {record.public_id} lives in {record.home} and is changed there",
            f"记录 {record.public_id} 归属 {record.home}，只能在该平台变更",
        )
    if record.state not in allowed:
        raise RegistryError(
            "record.state",
            f"record {record.public_id} is {record.state}; this needs {', '.join(sorted(allowed))}",
            f"记录 {record.public_id} 的状态为 {record.state}，不能进行此操作",
        )
    return record


def tell(record: Record, event: NewEvent, *, changed: Iterable[str], at: datetime) -> int:
    """Save what was changed of a locked record and append its event. Returns the event's position.

    Args:
        record: as it is after the change. changed: the fields that were changed.
        event: of ``record_event``. at: its instant.
    """
    record.save(update_fields=[*changed])
    graves = tombstones.dig([record]) if record.state in tombstones.REMOVED else []
    positions = append([event], at=at)
    tombstones.bury(graves, positions)
    return positions[0]


def _change(record_id: int, *, kind: str, at: datetime, **changes: object) -> Record:
    record = lock(record_id, allowed=STANDING)
    for name, value in changes.items():
        setattr(record, name, value)
    tell(record, record_event(kind, record), changed=changes, at=at)
    return record


@transaction.atomic
def restore(*, record_id: int, at: datetime) -> Record:
    """End publication, sharing and use of a record for good (信用修复, Order 36 Art. 3).

    Raises:
        RegistryError: the record is already restored or withdrawn.
    """
    return _change(
        record_id,
        kind="record.restored",
        at=at,
        state=Record.State.RESTORED,
        beneath=None,
        disputed=False,
    )


@transaction.atomic
def withdraw(*, record_id: int, at: datetime) -> Record:
    """Take back a record that should never have been there (a wrong or annulled finding)."""
    return _change(
        record_id,
        kind="record.withdrawn",
        at=at,
        state=Record.State.WITHDRAWN,
        beneath=None,
        disputed=False,
    )


@transaction.atomic
def mark_disputed(*, record_id: int, disputed: bool, at: datetime) -> Record:
    """Set or lift the dispute mark that every reader of the record sees."""
    return _change(
        record_id,
        kind="record.disputed" if disputed else "record.dispute_ended",
        at=at,
        disputed=disputed,
    )


def note_reading(
    *,
    actor: Actor,
    entity: Entity,
    purpose: str,
    legal_basis: str,
    at: datetime,
    records: Iterable[Record] = (),
) -> None:
    """Write down that someone read what is not public of an entity; the entity sees it."""
    if actor.account_id is None:
        raise RegistryError(
            "reading.anonymous", "only an account reads what is not public", "未登录不能查阅非公开信息"
        )
    noted: list[Record | None] = [*records] or [None]
    Reading.objects.bulk_create(
        Reading(
            at=at,
            entity=entity,
            record=record,
            reader_id=actor.account_id,
            purpose=purpose,
            legal_basis=legal_basis,
        )
        for record in noted
    )


@transaction.atomic
def create_authority(
    *, code: str, name_zh: str, name_en: str = "", division: str = "", source_kind: str | None = None
) -> Authority:
    """Add an authority, or bring a known one up to date.

    Args:
        code: its unified social credit code. name_zh, name_en: its names. division: its place, six digits.
        source_kind: what it may provide by the catalogue (``Authority.SourceKind``); None keeps what is known, and
            makes a new one a government body.
    """
    defaults = {"name_zh": name_zh, "name_en": name_en, "division": division}
    if source_kind is not None:
        defaults["source_kind"] = source_kind
    authority, _ = Authority.objects.update_or_create(code=code, defaults=defaults)
    return authority


@transaction.atomic
def create_account(
    *,
    username: str,
    password: str | None,
    role: str,
    entity: Entity | None = None,
    authority: Authority | None = None,
) -> Account:
    """Create a login with its role. Without a password it can only act through tokens.

    Raises:
        RegistryError: account.name, account.taken or account.organisation.
    """
    username = User.normalize_username(username)
    try:
        User._meta.get_field("username").run_validators(username)
    except ValidationError as error:
        raise RegistryError(
            "account.name",
            "a user name has up to 150 letters, digits and @ . + - _, and no spaces",
            "用户名由字母、数字和 @ . + - _ 组成，不含空格，最多150个字符",
        ) from error
    if User.objects.filter(username=username).exists():
        raise RegistryError(
            "account.taken", f"the user name {username} is taken", f"用户名 {username} 已存在"
        )
    if role == Account.Role.ENTITY:
        fits = entity is not None and authority is None
    else:
        fits = entity is None and (authority is not None or role != Account.Role.AUTHORITY)
    if not fits:
        raise RegistryError(
            "account.organisation",
            "the role entity needs an entity and nothing else has one; the role authority needs an authority",
            "信用主体账户须且仅须关联信用主体，认定单位账户须关联认定单位",
        )
    user = User.objects.create_user(username=username, password=password)
    return Account.objects.create(user=user, role=role, entity=entity, authority=authority)


@transaction.atomic
def set_password(*, account: Account, password: str) -> None:
    """Replace the password of a login. Whoever is signed in with the old one is signed out."""
    user = User.objects.select_for_update().get(pk=account.user_id)
    user.set_password(password)
    user.save(update_fields=["password"])


def create_token(
    *, account: Account, name: str, scopes: list[str], at: datetime, expires_at: datetime | None = None
) -> str:
    """Create an API token. The returned secret is shown once and stored only as a digest."""
    secret = "gs_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        account=account,
        name=name,
        digest=hashlib.sha256(secret.encode()).digest(),
        scopes=scopes,
        created_at=at,
        expires_at=expires_at,
    )
    return secret


def revoke_token(*, account: Account, name: str, at: datetime) -> int:
    """Revoke every token of this name that the account still has. Returns how many."""
    return ApiToken.objects.filter(account=account, name=name, revoked_at=None).update(revoked_at=at)
