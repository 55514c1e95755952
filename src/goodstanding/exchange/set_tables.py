"""Tables of reconciliation: the set that recipients must hold, added up for any scope, and what each round found."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .canary_tables import OfARecord, of_one


class SetEntry(models.Model):
    """A record that is published after its last followed event, as an element of the sets of those who may hold it."""

    #: The record, by its number.
    record = models.BigIntegerField(primary_key=True)
    bucket = models.PositiveSmallIntegerField()
    element = models.BinaryField(max_length=32)
    #: The event under which it is held.
    position = models.BigIntegerField()
    item = models.TextField()
    kind = models.TextField()
    #: Where its entity is now.
    division = models.TextField()
    #: Its first day of publication, where that lay ahead when the event was followed.
    begins = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["bucket"], name="set_entry_by_bucket"),
            models.Index(fields=["begins"], name="set_entry_begins", condition=Q(begins__isnull=False)),
        ]


class SetCell(models.Model):
    """All entries of an item and kind whose divisions begin with the digits of ``prefix``, added up."""

    item = models.TextField()
    kind = models.TextField()
    #: The first 0, 2, 4 or 6 digits of a division.
    prefix = models.CharField(max_length=6, blank=True)
    count = models.BigIntegerField()
    digest = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_set_cell_per_place", fields=["item", "kind", "prefix"])
        ]


class SetSums(models.Model):
    """The sums of 256 of the 4,096 buckets of a cell."""

    cell = models.ForeignKey(SetCell, on_delete=models.CASCADE, related_name="sums")
    part = models.PositiveSmallIntegerField()
    sums = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_set_sums_per_part", fields=["cell", "part"])]


class SetCursor(models.Model):
    """Up to which position of the journal the entries and cells are. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    until = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="one_set_cursor", condition=Q(id=1))]


class Reconciliation(models.Model):
    """One round: what a recipient signed that it holds, held against what it must hold."""

    class Result(models.TextChoices):
        OPEN = "open", _("being compared")
        EQUAL = "equal", _("equal")
        DIFFERS = "differs", _("differs")
        BEHIND = "behind", _("too far behind to compare")
        CONTRADICTED = "contradicted", _("the claim does not match what was listed")
        INTERRUPTED = "interrupted", _("interrupted by a change of what it must hold")
        UNFINISHED = "unfinished", _("not finished by the recipient")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="reconciliations"
    )
    #: The signed claim, canonical JSON byte for byte; ``proof.set_digest.verify_claim`` checks it.
    signed = models.TextField()
    #: The position up to which it said it had applied the feed, and the one that it had confirmed before.
    position = models.BigIntegerField()
    confirmed = models.BigIntegerField()
    count = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    #: What it must hold as of the position: how many records, and the fingerprint of their set.
    expected_count = models.BigIntegerField(null=True)
    expected = models.BinaryField(max_length=32, null=True)
    result = models.CharField(max_length=12, choices=Result.choices)
    missing = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)
    older = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    #: Listed, and no difference: what is on its way, ends today, or waits for a suspended agreement.
    on_the_way = models.BigIntegerField(default=0)
    #: The first thousand differences: kind, record, position.
    found = models.JSONField(default=list)
    #: While it is open: the expected set changed by what was listed so far.
    explained = models.BinaryField(null=True)
    #: The buckets that were listed: a request that comes twice counts once.
    listed = ArrayField(models.SmallIntegerField(), default=list)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    #: The position of its event, ``reconciliation.made``.
    event_position = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="finished_reconciliation_is_journaled",
                condition=Q(result="open", finished_at__isnull=True, event_position__isnull=True)
                | (~Q(result="open") & Q(finished_at__isnull=False, event_position__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_open_reconciliation", fields=["subscriber"], condition=Q(result="open")
            ),
        ]
        indexes = [models.Index(fields=["subscriber", "-at"], name="reconciliation_by_subscriber")]

    @property
    def differences(self) -> int:
        """How many records differed."""
        return self.missing + self.kept + self.older + self.unknown

    @property
    def went_back(self) -> int:
        """How many positions it had confirmed and no longer has: it was put back to an older state."""
        return max(0, self.confirmed - self.position)


class SetDifference(OfARecord):
    """A record that a recipient holds otherwise than it must, by the last round that compared it.

    It goes when a later round does not find it, or a receipt says that the record is gone.
    """

    class Kind(models.TextChoices):
        KEPT = "kept", _("held and must not be")
        OLDER = "older", _("held in an older version")
        MISSING = "missing", _("must be held and is not")

    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="set_differences"
    )
    record = models.ForeignKey(
        "registry.Record", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    #: The last round that found it, and when the first one did.
    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_set_difference_per_record", fields=["record", "subscriber"]),
            models.UniqueConstraint(
                name="one_set_difference_per_canary", fields=["canary"], condition=Q(canary__isnull=False)
            ),
            of_one("difference"),
            models.CheckConstraint(
                name="set_difference_is_known", condition=Q(kind__in=["kept", "older", "missing"])
            ),
        ]
