"""Codes that no entity has and none is given: the codes of canaries, which the exchange plants.

A reserved code is not in use when it is reserved, and from then on the database lets nobody be registered under it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from .commands import RegistryError
from .models import ReservedCode

Code = tuple[str, str]


def reserve(codes: Collection[Code], *, at: datetime) -> None:
    """Reserve codes, inside the caller's transaction. Nobody is registered meanwhile.

    Raises:
        RegistryError: code.in_use, an entity has or had one of them, or it is reserved already.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE registry_identifier IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            "SELECT value FROM registry_identifier"
            " WHERE (scheme, value) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
            _columns(codes),
        )
        if cursor.fetchone() is not None or reserved(codes):
            raise RegistryError("code.in_use", "one of these codes is in use", "其中有代码已被使用")
    ReservedCode.objects.bulk_create(
        ReservedCode(scheme=scheme, value=value, at=at) for scheme, value in codes
    )


def reserved(codes: Collection[Code]) -> set[Code]:
    """Those of some codes that are reserved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT scheme, value FROM registry_reservedcode"
            " WHERE (scheme, value) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
            _columns(codes),
        )
        return {(scheme, value) for scheme, value in cursor.fetchall()}


def _columns(codes: Collection[Code]) -> list[list[str]]:
    return [[scheme for scheme, _ in codes], [value for _, value in codes]]
