"""Tables of canaries: records of entities that do not exist, each made for one recipient alone.

A canary is no record of the registry. Nothing that reads records or entities meets one: it lies here, and the journal's
two events about it name no row of the registry.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import F, Q


class Canary(models.Model):
    """One canary. What it is never changes; its removal comes once. What its recipient did about that stands
    with what it did about records: awaited receipt, receipt, looks, findings (``OfARecord``).

    ``document``: everything that a record has beside the columns here (``canary_form``). ``record_id`` and
    ``entity_id`` are the public ids under which the recipient knows them.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscriber = models.ForeignKey("exchange.Subscriber", on_delete=models.PROTECT, related_name="canaries")
    record_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.TextField(unique=True)
    code = models.CharField(max_length=18, unique=True)
    document_no = models.TextField(unique=True)
    document = models.JSONField()
    publish_until = models.DateField()
    planted_at = models.DateTimeField()
    planted_position = models.BigIntegerField(unique=True)
    #: The state that it has since its removal: restored, or ended by its last day.
    removed_as = models.CharField(max_length=8, blank=True, default="")
    removed_at = models.DateTimeField(null=True)
    removed_position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="canary_is_removed_as_a_whole",
                condition=Q(removed_as="", removed_at__isnull=True, removed_position__isnull=True)
                | Q(
                    removed_as__in=["restored", "ended"],
                    removed_at__isnull=False,
                    removed_position__gt=F("planted_position"),
                ),
            ),
        ]
        indexes = [models.Index(fields=["subscriber", "planted_position"], name="canary_by_recipient")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def positions(self) -> list[int]:
        """The positions of its events."""
        return [self.planted_position, *([self.removed_position] if self.removed_position else [])]

    def stands_at(self, position: int) -> bool:
        """Whether it is published after the events up to a position."""
        over = self.removed_position is not None and self.removed_position <= position
        return self.planted_position <= position and not over


class OfARecord(models.Model):
    """What is kept of a removal at a recipient: of a record, or of a canary, which is one to that recipient alone.

    Where a number is wanted, a canary's is below zero, so that none is taken for a record's. What is published, and
    what goes to anybody else, leaves the rows of canaries out.
    """

    canary = models.ForeignKey(
        Canary, null=True, on_delete=models.PROTECT, related_name="%(class)s_set", db_index=False
    )

    class Meta:
        abstract = True

    @property
    def number(self) -> int:
        """The record's number, or the canary's below zero."""
        columns: Any = self
        found: int = columns.record_id if columns.canary_id is None else -columns.canary_id
        return found

    @property
    def known_as(self) -> uuid.UUID:
        """The public id under which the recipient knows the record."""
        columns: Any = self
        found: uuid.UUID = columns.record.public_id if self.canary is None else self.canary.record_id
        return found

    @property
    def entity_id(self) -> int | None:
        """The entity of the record; None of a canary, which has none."""
        columns: Any = self
        found: int | None = columns.record.entity_id if columns.canary_id is None else None
        return found


def of_one(table: str) -> models.CheckConstraint:
    """A row is of a record or of a canary, never of both or none."""
    return models.CheckConstraint(
        name=f"{table}_is_of_one",
        condition=Q(record__isnull=False, canary__isnull=True) | Q(record__isnull=True, canary__isnull=False),
    )


def columns_of(number: int) -> dict[str, int | None]:
    """The two columns of a row by the number of its record or canary."""
    of_record = number > 0
    return {"record_id": number if of_record else None, "canary_id": None if of_record else -number}


def among(numbers: Collection[int]) -> Q:
    """Rows of the records, and below zero of the canaries, with such numbers."""
    return Q(record__in=[each for each in numbers if each > 0]) | Q(
        canary__in=[-each for each in numbers if each < 0]
    )


def in_registry(number: int | None) -> int | None:
    """A number as the journal may name it: that of a canary names no row of the registry."""
    return number if number is not None and number > 0 else None
