"""Tables of the firewall: what was removed (as fingerprints), what was removed too early, and who sent it again."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Tombstone(models.Model):
    """A restored, withdrawn or redacted record, as keyed fingerprints only (see ``fingerprints``).

    ``position`` is the journal position of the event that removed the record; ``removed_by`` the source whose own
    change it was, null where a case decided. The database refuses a removed record
    without its tombstone, and a tombstone whose record stands (``sql/tombstones.sql``).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.OneToOneField("registry.Record", on_delete=models.PROTECT, related_name="tombstone")
    entity = models.ForeignKey("registry.Entity", on_delete=models.PROTECT, related_name="+", db_index=False)
    removed_by = models.ForeignKey(
        "registry.Authority", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    position = models.BigIntegerField()
    name_mark = models.BinaryField(max_length=16)
    day = models.BinaryField(max_length=16)
    document = models.BinaryField(max_length=16, null=True)
    variants = models.BinaryField()
    numbers = models.BinaryField()
    amount = models.BinaryField(max_length=16, null=True)
    sketch = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["entity"], name="tombstone_by_entity"),
            models.Index(fields=["name_mark"], name="tombstone_by_name"),
        ]


class EarlyRemoval(models.Model):
    """A removal that came before any report of its finding. The finding does not come in silently afterwards."""

    natural_key = models.BinaryField(max_length=32)
    source = models.ForeignKey(
        "registry.Authority", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    change = models.CharField(max_length=8)
    batch = models.BigIntegerField(null=True)
    row = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_early_removal_per_source", fields=["natural_key", "source"]),
            models.CheckConstraint(name="early_removal_removes", condition=Q(change__in=["annul", "redact"])),
        ]


class SourceFinding(models.Model):
    """An attempt of a source to report a removed record again, or what was corrected in a record. ``record`` is that
    record, null where it was removed before it was ever reported."""

    class Kind(models.TextChoices):
        SAME = "same", _("the removed record, reported again")
        ALIKE = "alike", _("looks like a removed record")
        EARLY = "early", _("removed by its source before it was reported")
        CORRECTED = "corrected", _("corrected by a decision, reported again as it was")

    class Decision(models.TextChoices):
        CLEARED = "cleared", _("another finding: it may come in")
        UPHELD = "upheld", _("the removed record: it stays out")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(
        "registry.Authority", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    record = models.ForeignKey("registry.Record", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    batch = models.BigIntegerField(null=True)
    row = models.BigIntegerField()
    at = models.DateTimeField()
    natural_key = models.BinaryField(max_length=32)
    content_digest = models.BinaryField(max_length=32)
    decision = models.CharField(max_length=7, choices=Decision.choices, blank=True)
    reasons = models.TextField(blank=True)
    decided_by = models.ForeignKey("registry.Account", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_finding_per_row", fields=["batch", "row"]),
            models.CheckConstraint(
                name="a_decided_finding_says_who_and_why",
                condition=Q(decision="", decided_at__isnull=True)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reasons="")),
            ),
            models.CheckConstraint(
                name="finding_kind_is_known", condition=Q(kind__in=["same", "alike", "early", "corrected"])
            ),
        ]
        indexes = [
            models.Index(fields=["source", "-at"], name="finding_by_source"),
            models.Index(fields=["-at", "-id"], name="finding_waiting", condition=Q(decision="")),
            models.Index(fields=["natural_key"], name="finding_cleared", condition=Q(decision="cleared")),
        ]
