"""The table of snapshots of the feed."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Snapshot(models.Model):
    """All that one subscriber could hold at one position, in files, for its first load. Removed after a day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscriber = models.OneToOneField(
        "exchange.Subscriber", on_delete=models.CASCADE, related_name="snapshot"
    )
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    #: The position that it is of, with the checkpoint of that size.
    position = models.BigIntegerField(default=0)
    checkpoint = models.TextField(blank=True)
    #: SHA-256 of the terms under which it was made: under others it is nobody's any more.
    terms = models.BinaryField(max_length=32, null=True)
    #: Up to this position, and for this day, what may no longer be read has been taken out.
    cleared_position = models.BigIntegerField(default=0)
    cleared_on = models.DateField(null=True)
    #: For each file: what it holds, rows, bytes, SHA-256, which is its name.
    files = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="snapshot_is_made_whole",
                condition=Q(made_at__isnull=True) | (~Q(checkpoint="") & Q(terms__isnull=False)),
            ),
        ]
