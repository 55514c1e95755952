"""The table that says how far the lake follows the journal."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class LakePortion(models.Model):
    """Positions of the journal that lie in the lake, or that are on their way there while ``done`` is false.

    Only the last portion is kept; it is written down before anything of it is taken, so that a follower that is
    killed takes the same portion again.
    """

    first = models.BigIntegerField(primary_key=True)
    last = models.BigIntegerField()
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="portion_holds_positions", condition=Q(first__gte=1, last__gte=F("first"))
            ),
            models.UniqueConstraint(name="one_portion_on_its_way", fields=["done"], condition=Q(done=False)),
        ]
