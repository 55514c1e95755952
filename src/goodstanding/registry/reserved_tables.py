"""Table of the codes that no entity has and none is given."""

from __future__ import annotations

from django.db import models


class ReservedCode(models.Model):
    """A code (scheme and value) that is given to no entity. It stays reserved."""

    scheme = models.CharField(max_length=16)
    value = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_reservation_per_code", fields=["value", "scheme"])]
