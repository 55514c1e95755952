"""What is kept of a neighbour's log, so that it can be given back to a neighbour that lost the end of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from goodstanding.registry.models import Neighbour


class KeptEntries(models.Model):
    """A bundle of a neighbour's log entries (C2SP tlog-tiles): salted commitments, which anyone may read there."""

    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="kept")
    index = models.BigIntegerField()
    width = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_bundle_per_place", fields=["neighbour", "index"]),
            models.CheckConstraint(name="bundle_holds_1_to_256", condition=Q(width__gte=1, width__lte=256)),
        ]
