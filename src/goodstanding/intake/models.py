"""Tables of intake: what was sent, how far it has come, and the rows that went back."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Authority


class Batch(models.Model):
    """One file that an authority sent, and what became of its rows."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        RUNNING = "running", _("being taken in")
        DONE = "done", _("taken in")
        FAILED = "failed", _("could not be read")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.TextField()
    contract_version = models.TextField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    encoding = models.TextField(blank=True)
    header = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    rows = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    superseding = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    next_row = models.BigIntegerField(default=0)
    error = models.JSONField(null=True)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="batch_state_is_known", condition=Q(state__in=["received", "running", "done", "failed"])
            ),
            models.CheckConstraint(
                name="every_row_taken_so_far_has_one_outcome",
                condition=Q(next_row=F("committed") + F("unchanged") + F("superseding") + F("rejected")),
            ),
            models.CheckConstraint(
                name="a_finished_batch_has_taken_every_row",
                condition=~Q(state="done") | Q(rows=F("next_row"), finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_failed_batch_says_why",
                condition=Q(error__isnull=False, state="failed") | ~Q(state="failed"),
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-received_at"], name="batch_by_authority"),
            models.Index(
                fields=["received_at"],
                name="batch_unfinished",
                condition=Q(state__in=["received", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class RejectedRow(models.Model):
    """A row that did not enter, as it came but for personal numbers, with every reason.

    A quarantined row is well formed, and nobody knows safely whom it is about.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rejected_rows")
    row = models.BigIntegerField()
    values = models.JSONField()
    reasons = models.JSONField()
    quarantined = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_rejection_per_row", fields=["batch", "row"])]
