"""Tables of the federation: the instances whose feeds this one follows, and which records came from them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact


class Neighbour(models.Model):
    """Another instance of the platform whose feed is followed under an agreement, and how far it was followed.

    What is kept of its log is what every subscriber keeps: the key pinned at first use, the tree of all leaves so far
    and the checkpoint that was verified last.
    """

    name = models.SlugField(max_length=40, unique=True)
    url = models.TextField()
    #: The name of its log.
    origin = models.TextField(unique=True)
    #: The key of its log (C2SP verifier key), pinned when it was joined.
    key = models.TextField()
    #: The public id that this instance has there as a subscriber.
    subscriber = models.TextField()
    #: The documents of the agreements in force with it, as it last said.
    agreements = models.JSONField(default=list)
    joined_at = models.DateTimeField()
    tree = models.BinaryField()
    position = models.BigIntegerField(default=0)
    #: The signed checkpoint that was verified last; empty before the first.
    checkpoint = models.TextField(blank=True)
    #: The last position that it knows to be applied here.
    confirmed = models.BigIntegerField(default=0)
    #: The position of this journal up to which receipts from further down were passed up to it.
    passed_up = models.BigIntegerField(default=0)
    followed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    #: When it was last told what of it is held here, and what that came to; see docs/reference/reconciliation.md.
    reconciled_at = models.DateTimeField(null=True)
    reconciled = models.JSONField(default=dict)
    #: Why the last round failed: the code of the error and its place; empty after a good one.
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="neighbour_is_named", condition=~Q(name="") & ~Q(url="") & ~Q(origin="") & ~Q(key="")
            ),
            models.CheckConstraint(
                name="neighbour_confirms_what_it_has", condition=Q(confirmed__lte=models.F("position"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ForeignRecord(models.Model):
    """By which neighbour a record that lives elsewhere came, and to whom it may be passed on.

    ``Record.home`` names the log in which it lives; the neighbour may be its home or have passed it on.
    """

    record = models.OneToOneField(
        "registry.Record", primary_key=True, on_delete=models.PROTECT, related_name="foreign"
    )
    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="records")
    #: The position of the neighbour's journal that was applied last to it.
    position = models.BigIntegerField()
    #: Whom the agreements on its way let it be passed on to, by name, now and ever.
    onward = ArrayField(models.TextField(), default=list)
    passed_on = ArrayField(models.TextField(), default=list)


class GivenRecord(models.Model):
    """That a neighbour gives a record to hold, and under which event of its log.

    There is a row for each neighbour that gives it, also where the record came by another one first, and none after its
    removal. What the neighbour is told to be held are these rows of records that are published here.
    """

    record = models.ForeignKey("registry.Record", on_delete=models.PROTECT, related_name="given")
    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="given")
    #: The position of the neighbour's journal, and the commitment that its log has there.
    position = models.BigIntegerField()
    commitment = models.BinaryField(max_length=32)
    #: The bucket of the record in reconciliation (``proof.set_digest.bucket_of``).
    bucket = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_row_per_neighbour_that_gives", fields=["record", "neighbour"]),
            models.CheckConstraint(name="given_bucket_is_of_12_bits", condition=Q(bucket__lt=4096)),
            models.CheckConstraint(
                name="given_commitment_is_32_bytes",
                condition=Exact(
                    Func(F("commitment"), function="length", output_field=models.IntegerField()), 32
                ),
            ),
        ]
        indexes = [models.Index(name="given_by_bucket", fields=["neighbour", "bucket"])]


class OwedReceipt(models.Model):
    """A signed receipt for a neighbour's removal. ``sent_at`` is null until the neighbour has taken it."""

    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="receipts")
    #: The position of the removal in the neighbour's journal.
    position = models.BigIntegerField()
    signed = models.TextField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_receipt_per_neighbours_removal", fields=["neighbour", "position"]
            )
        ]
