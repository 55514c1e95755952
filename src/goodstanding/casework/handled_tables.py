"""What supervision counts: each acceptance, each decision, each clock that a step stopped."""

from __future__ import annotations

from django.db import models

from goodstanding.registry.models import Authority


class Handled(models.Model):
    """What a step meant for how an authority keeps its days, written with the step and never changed.

    The steps say it all too, but only together with every case, application and clock that they belong to; here a
    quarter of a year is one range of one index. It names no case and nobody.
    """

    class Stage(models.TextChoices):
        ACCEPT = "accept"
        DECIDE = "decide"
        #: A step that stopped a clock and neither accepted nor decided.
        OTHER = "other"

    on = models.DateField()
    #: The authority before which the case was at the step.
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    stage = models.CharField(max_length=6)
    #: The state in which the step left the case.
    state = models.CharField(max_length=16)
    #: Calendar days since receipt.
    days = models.IntegerField()
    #: Clocks of acceptance and decision that it stopped, and how many of them after their last day.
    clocks = models.PositiveSmallIntegerField(default=0)
    late = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "casework"
        indexes = [
            models.Index(
                fields=["on"],
                name="handled_on",
                include=["authority", "kind", "stage", "state", "days", "clocks", "late"],
            )
        ]
