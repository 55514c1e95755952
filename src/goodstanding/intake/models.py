"""Tables of intake: what was sent, how far it has come, the rows that went back, and how good it was."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Authority

from .contract_models import ContractVersion, SignOff
from .lake_tables import LakePortion as LakePortion
from .review_tables import LinkReview as LinkReview
from .snapshot_tables import Delisted as Delisted
from .snapshot_tables import Snapshot as Snapshot
from .snapshot_tables import SnapshotRow as SnapshotRow

__all__ = ["Batch", "ContractVersion", "RejectedRow", "SignOff"]


class Batch(models.Model):
    """One file that an authority sent, and what became of its rows."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        RUNNING = "running", _("being taken in")
        DONE = "done", _("taken in")
        FAILED = "failed", _("could not be read")
        HELD = "held", _("held for the operator")
        REFUSED = "refused", _("refused by the operator")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.TextField()
    contract_version = models.TextField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    form = models.TextField(blank=True)
    compression = models.TextField(blank=True)
    stated_encoding = models.TextField(blank=True)
    encoding = models.TextField(blank=True)
    encoding_found = models.JSONField(default=dict)
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
    #: When the subjects of its quarantined rows were looked for by name (``review.propose``).
    linked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="batch_state_is_known",
                condition=Q(state__in=["received", "running", "done", "failed", "held", "refused"]),
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
            models.CheckConstraint(
                name="nothing_of_a_held_batch_enters",
                condition=~Q(state__in=["held", "refused"]) | Q(next_row=0),
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


class BatchQuality(models.Model):
    """How good one batch is, in counts; what they mean is in ``quality``.

    The counts of the file stand before its first row enters, the others when the batch is finished. ``findings``
    say what was odd about the sending itself, each with code and sentences.
    """

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="quality")
    rows = models.BigIntegerField(default=0)
    faulty = models.BigIntegerField(default=0)
    optional_cells = models.BigIntegerField(default=0)
    optional_filled = models.BigIntegerField(default=0)
    repeated = models.BigIntegerField(default=0)
    out_of_order = models.BigIntegerField(default=0)
    dated = models.BigIntegerField(default=0)
    on_time = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    disagreeing = models.BigIntegerField(default=0)
    superseding = models.BigIntegerField(default=0)
    total = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    findings = models.JSONField(default=list)
    finished = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quality_counts_parts_of_wholes",
                condition=Q(
                    faulty__lte=F("rows"),
                    repeated__lte=F("rows"),
                    out_of_order__lte=F("rows"),
                    rejected__lte=F("rows"),
                    disagreeing__lte=F("rejected"),
                    superseding__lte=F("rows"),
                    optional_filled__lte=F("optional_cells"),
                    on_time__lte=F("dated"),
                ),
            ),
            models.CheckConstraint(
                name="a_total_is_between_0_and_100",
                condition=Q(total__isnull=True) | Q(total__gte=0, total__lte=100),
            ),
        ]


class Hold(models.Model):
    """A batch that waits for the operator because its quality is below the contract's threshold, and the decision."""

    class Decision(models.TextChoices):
        RELEASED = "released", _("released")
        REFUSED = "refused", _("refused")

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="hold")
    held_at = models.DateTimeField()
    grounds = models.JSONField()
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_decision_on_a_held_batch_is_dated_and_reasoned",
                condition=Q(decision="", reason="", decided_at__isnull=True)
                | (Q(decision__in=["released", "refused"], decided_at__isnull=False) & ~Q(reason="")),
            )
        ]
