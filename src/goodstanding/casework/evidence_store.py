"""Where the bytes of evidence lie: in the database, once under their SHA-256, written with the case that they serve.

Writing holds the content's row until the transaction ends, so that nobody lets go of it meanwhile; reading counts the
digest again, so that a byte that changed on the way or on the disk is never handed out as what was handed in.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping

from django.db import connection, models
from django.db.backends.utils import CursorWrapper

from .errors import CaseworkError
from .models import EvidenceContent

log = logging.getLogger(__name__)


def keep(contents: Mapping[bytes, bytes]) -> None:
    """Keep contents under their digests, inside the caller's transaction; what is there already is only held."""
    with connection.cursor() as cursor:
        for digest in sorted(
            contents
        ):  # in one order, so that two writers of the same files wait and never lock up
            while not _held(cursor, digest):
                cursor.execute(
                    "INSERT INTO casework_evidencecontent (sha256, size, content) VALUES (%s, %s, %s)"
                    " ON CONFLICT DO NOTHING",
                    [digest, len(contents[digest]), contents[digest]],
                )


def _held(cursor: CursorWrapper, digest: bytes) -> bool:
    """Whether a content is there; if so, it stays until the transaction ends."""
    cursor.execute("SELECT FROM casework_evidencecontent WHERE sha256 = %s FOR KEY SHARE", [digest])
    return bool(cursor.rowcount)


def content(digest: bytes, *, place: str) -> bytes:
    """The bytes of a digest.

    Args:
        digest: SHA-256, 32 bytes.
        place: the public id of the file that is asked for, for the refusal.

    Raises:
        CaseworkError: evidence.damaged, where the bytes have another digest than the one that they were kept under.
    """
    held = EvidenceContent.objects.filter(pk=digest).values_list("content", flat=True).first()
    found = None if held is None else hashlib.sha256(held).digest()
    if held is None or found != digest:
        now = "nothing" if found is None else f"SHA-256 {found.hex()}"
        now_zh = "空" if found is None else found.hex()
        log.error("evidence %s was kept under SHA-256 %s and is now %s", place, digest.hex(), now)
        raise CaseworkError(
            "evidence.damaged",
            f"What is stored of this file is no longer what was handed in: it was SHA-256 {digest.hex()}, it is {now}.",
            f"该文件的存储内容与提交时不一致：提交时 SHA-256 为 {digest.hex()}，现为 {now_zh}。",
            place=place,
            remedy_en="Ask the operator of the platform to restore it from a backup; decide nothing on it before.",
            remedy_zh="请联系平台运营方从备份中恢复该文件；恢复前请勿据此作出决定。",
        )
    return bytes(held)


def release(digests: Iterable[bytes]) -> int:
    """Let go of contents that nothing refers to any more, inside the caller's transaction. Returns how many went."""
    wanted = sorted(set(digests))
    unused = " ".join(
        f'AND NOT EXISTS (SELECT FROM "{field.model._meta.db_table}" r WHERE r."{field.column}" = c.sha256)'
        for field in _referring()
    )
    with connection.cursor() as cursor:
        # First every writer that holds one of them is waited for; the next statement sees what it wrote.
        cursor.execute(
            "SELECT FROM casework_evidencecontent WHERE sha256 = ANY(%s) ORDER BY sha256 FOR UPDATE", [wanted]
        )
        cursor.execute(f"DELETE FROM casework_evidencecontent c WHERE sha256 = ANY(%s) {unused}", [wanted])
        return cursor.rowcount


def _referring() -> list[models.ForeignKey[models.Model, models.Model]]:
    """Every column of this platform that refers to contents, of this room and of those above it."""
    relations = EvidenceContent._meta.get_fields(include_hidden=True)
    return [relation.field for relation in relations if isinstance(relation, models.ManyToOneRel)]
