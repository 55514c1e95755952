"""The table that says how far the sweep has told who may be restored."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SweepCursor(models.Model):
    """The last record that the sweep told of, in the order of (restorable_from, id). One row, locked by a sweep.

    Every record that was there when its day came and lies at or before the cursor has its ``record.restorable``.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    day = models.DateField()
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="sweep_has_one_cursor", condition=Q(id=1))]
