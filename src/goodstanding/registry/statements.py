"""A statement attached to a record (附注、声明): what its entity says of it, shown to every reader beside the record.

It is plain text, and no part of what was reported: it has its own history and its own events, which hold only its
digest, as they do of content. A later report leaves it where it is.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import transaction

from .commands import STANDING, RegistryError, lock, record_event, tell
from .models import Record, RecordStatement

#: The longest statement, in characters.
MAX_LENGTH = 500


@transaction.atomic
def attach_statement(*, record_id: int, text: str, account_id: int | None, at: datetime) -> Record:
    """Attach a statement to a record, in place of the one that it has. The same text again changes nothing.

    Args:
        record_id: a record that stands.
        text: plain text of at most 500 characters, in whichever language; its lines are kept.
        account_id: who attaches it; None where no person does.
        at: the instant of its event ``record.stated``.

    Raises:
        RegistryError: statement.length, statement.characters, or record.state (the record was removed).
    """
    text = checked(text)
    record = lock(record_id, allowed=STANDING)
    if said(record) != text:
        change(record, text, kind="record.stated", account_id=account_id, at=at)
    return record


@transaction.atomic
def remove_statement(*, record_id: int, account_id: int | None, at: datetime) -> Record:
    """Take the statement off a record, with the event ``record.statement_removed``. Its history stays.

    Raises:
        RegistryError: statement.none, or record.state (the record was removed).
    """
    record = lock(record_id, allowed=STANDING)
    if not said(record):
        raise RegistryError("statement.none", "the record has no statement", "该记录没有附加声明")
    change(record, "", kind="record.statement_removed", account_id=account_id, at=at)
    return record


def said(record: Record) -> str:
    """The text that is attached to a record; empty where there is none."""
    return str(record.statement["text"]) if record.statement else ""


def checked(text: str) -> str:
    """A statement as it is kept: lines ended by a line feed, no space around it.

    Raises:
        RegistryError: statement.length, statement.characters (a character that cannot be seen).
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not 1 <= len(text) <= MAX_LENGTH:
        raise RegistryError(
            "statement.length",
            f"a statement has 1 to {MAX_LENGTH} characters; this one has {len(text)}",
            f"声明应为1至{MAX_LENGTH}个字符，现为{len(text)}个字符",
        )
    hidden = [sign for sign in text if sign != "\n" and unicodedata.category(sign).startswith("C")]
    if hidden:
        raise RegistryError(
            "statement.characters",
            f"a statement is plain text; U+{ord(hidden[0]):04X} cannot be seen",
            f"声明应为纯文本，其中含有不可见字符 U+{ord(hidden[0]):04X}",
        )
    return text


def change(
    record: Record,
    text: str,
    *,
    kind: str,
    account_id: int | None,
    at: datetime,
    changed: tuple[str, ...] = (),
) -> None:
    """Tell of a change to a locked record after which it has this statement (empty: none), and write that down.

    Args:
        record: with its other changes set; ``changed`` names them.
        text: as ``checked`` gives it.
        kind: of the event.
    """
    record.statement = {"text": text} if text else None  # the event commits to the text
    position = tell(record, record_event(kind, record), changed=changed, at=at)
    if text:
        record.statement = {"text": text, "at": at.isoformat(), "position": position}
    RecordStatement.objects.create(record=record, text=text, account_id=account_id, at=at, position=position)
    record.save(update_fields=["statement"])
