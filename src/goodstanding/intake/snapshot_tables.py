"""Tables of snapshot sources: which findings a full list held, and which findings are off their source's list."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Snapshot(models.Model):
    """What a full list came to once all its rows were taken in.

    It is ``waiting`` where too much of what was listed is missing from it: then nothing has ended, and the operator
    settles it. It is ``overtaken`` where a later list of the same source was settled first.
    """

    class State(models.TextChoices):
        OPEN = "open", _("being taken in")
        SETTLED = "settled", _("compared with the list before")
        WAITING = "waiting", _("too much is missing: waits for the operator")
        OVERTAKEN = "overtaken", _("a later list came first")

    batch = models.OneToOneField(
        "intake.Batch", primary_key=True, on_delete=models.CASCADE, related_name="snapshot"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    listed_before = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0)
    spared = models.BigIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("registry.Account", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="snapshot_state_is_known",
                condition=Q(state__in=["open", "settled", "waiting", "overtaken"]),
            ),
        ]


class SnapshotRow(models.Model):
    """A row of a list that is not settled: the finding that it names, or, where it was rejected, its key columns."""

    batch = models.ForeignKey("intake.Batch", on_delete=models.CASCADE, related_name="+", db_index=False)
    natural_key = models.BinaryField(max_length=32, null=True)
    parts = ArrayField(models.TextField(), null=True)

    class Meta:
        indexes = [models.Index(fields=["batch", "natural_key"], name="snapshot_row_by_key")]


class Delisted(models.Model):
    """A finding that its source took off its list. It may list it again: that begins a new spell."""

    natural_key = models.BinaryField(max_length=32, primary_key=True)
    contract = models.TextField()
    authority = models.ForeignKey(
        "registry.Authority", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    batch = models.ForeignKey("intake.Batch", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
