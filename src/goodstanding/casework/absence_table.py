"""Days on which an officer is absent, and who stands in."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from goodstanding.registry.models import Account


class Absence(models.Model):
    """The absence of an officer, from the first day to the last; one at a time, the next one takes its place."""

    officer = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+", primary_key=True)
    stand_in = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField()

    class Meta:
        app_label = "casework"
        constraints = [
            models.CheckConstraint(name="absence_runs_forward", condition=Q(until_on__gte=F("from_on"))),
            models.CheckConstraint(name="nobody_stands_in_for_oneself", condition=~Q(stand_in=F("officer"))),
        ]
