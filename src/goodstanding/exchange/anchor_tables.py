"""Tables of the anchors: what each gave for which checkpoint, and which of them fails at present."""

from __future__ import annotations

from django.db import models


class AnchoredCheckpoint(models.Model):
    """A receipt that an anchor gave for a published checkpoint; never changed, and its digest stands in the journal."""

    #: The position of its own event, `log.anchored`.
    position = models.BigIntegerField(primary_key=True)
    #: The anchor's id in the file of anchors, and its method.
    anchor = models.TextField()
    kind = models.TextField()
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    #: The checkpoint's note that was anchored, byte for byte.
    note = models.TextField()
    #: The instant as the anchor says it, and that at which its receipt came.
    anchored_at = models.DateTimeField()
    received_at = models.DateTimeField()
    #: Where a reader finds it at the anchor.
    reference = models.TextField()
    receipt = models.BinaryField()
    #: The certificates (PEM) by which a signed receipt was trusted.
    certificates = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_receipt_per_anchor_and_size", fields=["anchor", "size"])
        ]

    def __str__(self) -> str:
        return f"{self.anchor} {self.size}"


class AnchorTry(models.Model):
    """An anchor that failed last time: how often in a row, why, and when it is tried again."""

    anchor = models.TextField(primary_key=True)
    failures = models.PositiveIntegerField()
    error = models.TextField()
    failed_at = models.DateTimeField()
    after = models.DateTimeField()
