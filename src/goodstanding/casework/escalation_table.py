"""What was told of a case's last day, so that it is told once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Escalation(models.Model):
    """The parties of a case were told that one of its last days is near, or has passed.

    One row for a case, a last day and a stage: a case whose time is extended or re-dated is told of anew.
    """

    class Stage(models.TextChoices):
        DUE = "due", _("the last day is near")
        LATE = "late", _("the last day has passed")

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField()
    stage = models.CharField(max_length=4, choices=Stage.choices)
    #: Of its event, ``case.due`` or ``case.late``.
    position = models.BigIntegerField(unique=True)

    class Meta:
        app_label = "casework"
        constraints = [
            models.UniqueConstraint(name="told_once_of_a_last_day", fields=["case", "due_on", "stage"]),
            models.CheckConstraint(
                name="escalation_stage_is_known", condition=models.Q(stage__in=["due", "late"])
            ),
        ]
