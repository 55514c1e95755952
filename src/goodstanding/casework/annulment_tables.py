"""Withdrawals and corrections of serious findings that wait for a second officer."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from goodstanding.registry.models import Account, Record


class Annulment(models.Model):
    """That an officer proposed to withdraw or correct a serious finding of the own body; another one decides.

    It goes where the content of the record is erased.
    """

    class Act(models.TextChoices):
        WITHDRAW = "withdraw"
        CORRECT = "correct"

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed"
        DROPPED = "dropped"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=8)
    document = models.CharField(max_length=200)
    reasons = models.TextField(blank=True)
    #: Of a correction: the right value of each public column that is wrong.
    changes = models.JSONField(default=dict)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=9, blank=True)
    ended_by = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "casework"
        constraints = [
            models.UniqueConstraint(
                name="one_open_annulment_per_record", fields=["record"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="annulment_says_what_and_why",
                condition=(Q(act="withdraw", changes={}) & ~Q(reasons=""))
                | (Q(act="correct") & ~Q(changes={})),
            ),
            models.CheckConstraint(
                name="annulment_ends_by_somebody",
                condition=Q(outcome="", ended_at__isnull=True, ended_by__isnull=True)
                | Q(outcome__in=["confirmed", "dropped"], ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="nobody_confirms_his_own_annulment",
                condition=~Q(outcome="confirmed") | ~Q(ended_by=F("by")),
            ),
        ]
