"""Tables of the journal and of the transparency log that is made from it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


class JournalHead(models.Model):
    """The last position given out. One row, locked by whoever appends until it commits."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="journal_has_one_head", condition=Q(id=1))]


class Event(models.Model):
    """One event of the journal: append-only, gap-free, its position is the leaf index plus one."""

    position = models.BigIntegerField(primary_key=True)
    kind = models.TextField()
    at = models.DateTimeField()
    entity = models.ForeignKey(
        "registry.Entity",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    record = models.ForeignKey(
        "registry.Record",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    content = models.JSONField()
    commitment = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(name="positions_start_at_one", condition=Q(position__gte=1))]
        indexes = [
            models.Index(fields=["record", "position"], name="event_by_record"),
            models.Index(
                fields=["entity", "position"], name="event_by_entity", condition=Q(record__isnull=True)
            ),
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        raise ValidationError("events are appended with journal.append(), never saved")


class Salt(models.Model):
    """The salt of an event's commitment. Destroying it forgets the content and leaves the log provable."""

    event = models.OneToOneField(
        Event, primary_key=True, on_delete=models.PROTECT, related_name="salt", db_constraint=False
    )
    salt = models.BinaryField(max_length=32)


class Tile(models.Model):
    """A tile of the transparency log: up to 256 hashes of one level (C2SP tlog-tiles)."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    width = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_tile_per_place", fields=["level", "index"]),
            models.CheckConstraint(name="tile_holds_1_to_256", condition=Q(width__gte=1, width__lte=256)),
        ]


class Checkpoint(models.Model):
    """A signed statement of the log's size and root (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField()
