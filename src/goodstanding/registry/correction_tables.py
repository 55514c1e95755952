"""Table of corrections: what a decision put right in a record, field by field."""

from __future__ import annotations

from django.db import models


class Correction(models.Model):
    """One field of a record that a decision corrected: the wrong value, the right one, and the document that says so.

    Append-only. The firewall refuses a later report that says the wrong value again (``tombstones.check``).
    ``position`` is the journal position of the event that told of it. It goes where the content of the record is
    erased.
    """

    record = models.ForeignKey("registry.Record", on_delete=models.PROTECT, related_name="corrections")
    natural_key = models.BinaryField(max_length=32)
    field = models.TextField()
    wrong = models.TextField()
    right = models.TextField()
    document = models.TextField()
    at = models.DateTimeField()
    position = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_correction_per_field", fields=["position", "field"]),
        ]
        indexes = [models.Index(fields=["natural_key"], name="correction_by_key")]
