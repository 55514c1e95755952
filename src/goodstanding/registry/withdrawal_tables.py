"""Table of decisions that their own body took back: on which document, and why."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Withdrawal(models.Model):
    """That the body that made a finding withdrew it. Its entity, that body and the operator see it, nobody else.

    Append-only; it goes where the content of the record is erased.
    """

    record = models.OneToOneField("registry.Record", on_delete=models.PROTECT, related_name="withdrawal")
    document = models.CharField(max_length=200)
    reasons = models.TextField()
    account = models.ForeignKey("registry.Account", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="withdrawal_says_why", condition=~Q(document="") & ~Q(reasons=""))
        ]
