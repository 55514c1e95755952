"""Tables of canaries: records of entities that do not exist, each made for one recipient alone.

A canary is no record of the registry. Nothing that reads records or entities meets one: it lies here, and the journal's
two events about it name no row of the registry.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class Canary(models.Model):
    """One canary. What it is never changes; its removal and the receipt for it come once.

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
    #: The recipient's signed receipt for the removal, byte for byte, and the position of its event.
    receipt = models.TextField(blank=True, default="")
    receipt_at = models.DateTimeField(null=True)
    receipt_position = models.BigIntegerField(null=True)

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
            models.CheckConstraint(
                name="canary_is_answered_as_a_whole",
                condition=Q(receipt="", receipt_at__isnull=True, receipt_position__isnull=True)
                | (~Q(receipt="") & Q(receipt_at__isnull=False, receipt_position__gt=F("removed_position"))),
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


class CanaryLook(models.Model):
    """One look at a place of the recipient for its canary; as ``ProbeLook``, written once."""

    place = models.ForeignKey("exchange.ProbePlace", on_delete=models.PROTECT, related_name="+")
    canary = models.ForeignKey(Canary, on_delete=models.PROTECT, related_name="looks", db_index=False)
    at = models.DateTimeField()
    result = models.CharField(max_length=7)
    reason = models.CharField(max_length=12, blank=True)
    status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="canary_look_has_a_result", condition=Q(result__in=["shown", "absent", "unknown"])
            ),
        ]
        indexes = [models.Index(fields=["canary", "place", "-at"], name="canary_look_by_time")]
