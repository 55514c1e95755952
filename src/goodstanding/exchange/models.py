"""Tables of the exchange: who may hold what, how far each has come, and what each has signed."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Record

from .vmap_tables import MapEntry as MapEntry
from .vmap_tables import MapSeal as MapSeal
from .vmap_tables import MapTile as MapTile


class Subscriber(models.Model):
    """A body that follows the feed. One row with one position, whatever is sent to it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="subscriber")
    name_zh = models.TextField()
    name_en = models.TextField(blank=True)
    #: Ed25519, 32 bytes: the key under which this subscriber signs its receipts.
    public_key = models.BinaryField(max_length=32)
    push_url = models.TextField(blank=True)
    #: The last position that it has confirmed as applied.
    position = models.BigIntegerField(default=0)
    position_at = models.DateTimeField(null=True)
    #: Up to here every removal has its receipt.
    settled_position = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    #: The log size that the last successful push announced, and when the next try may be made.
    pushed_position = models.BigIntegerField(default=0)
    push_failures = models.PositiveIntegerField(default=0)
    push_after = models.DateTimeField(null=True)
    push_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="subscriber_is_named", condition=~Q(name_zh="")),
            models.CheckConstraint(
                name="subscriber_key_is_32_bytes",
                condition=Exact(
                    Func(F("public_key"), function="length", output_field=models.IntegerField()), 32
                ),
            ),
            models.CheckConstraint(name="subscriber_position_from_0", condition=Q(position__gte=0)),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Agreement(models.Model):
    """What one subscriber may hold: kinds of records, where, why, on which ground, and for how long."""

    class Method(models.TextChoices):
        FEED = "feed", _("follows the feed")
        PUSH = "push", _("follows the feed, told by push")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="agreements")
    kinds = ArrayField(models.CharField(max_length=16))
    #: Division codes of six digits; 330000 covers a province, 330100 a city. Empty covers all.
    divisions = ArrayField(models.CharField(max_length=6), default=list)
    purpose = models.TextField()
    legal_basis = models.TextField()
    method = models.CharField(max_length=4, choices=Method.choices, default=Method.FEED)
    frequency = models.TextField(blank=True)
    #: Working days within which a removal must be carried out; null where the agreement sets none.
    removal_working_days = models.PositiveSmallIntegerField(null=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    #: The first day on which it no longer held because it was ended before its time.
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agreement_has_purpose_and_basis", condition=~Q(purpose="") & ~Q(legal_basis="")
            ),
            models.CheckConstraint(
                name="agreement_kinds_are_in_catalogue",
                condition=Q(kinds__contained_by=list(Record.Kind.values)) & Q(kinds__len__gte=1),
            ),
            models.CheckConstraint(
                name="agreement_runs_forward",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="agreement_method_is_known", condition=Q(method__in=["feed", "push"])
            ),
        ]


class Receipt(models.Model):
    """A subscriber's signed answer to one removal, kept as it was signed."""

    class Action(models.TextChoices):
        DROPPED = "dropped", _("dropped")
        NOT_HELD = "not_held", _("not held")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="receipts")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    #: The position of the removal that it answers.
    removal_position = models.BigIntegerField()
    action = models.CharField(max_length=8, choices=Action.choices)
    removed = models.BigIntegerField()
    #: Canonical JSON of the signed receipt, byte for byte; ``proof.verify_receipt`` checks it.
    signed = models.TextField()
    received_at = models.DateTimeField()
    #: The position of its own event, ``receipt.recorded``.
    position = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_receipt_per_removal", fields=["subscriber", "removal_position", "record"]
            ),
            models.CheckConstraint(
                name="receipt_action_is_known", condition=Q(action__in=["dropped", "not_held"])
            ),
        ]
        indexes = [models.Index(fields=["record", "subscriber"], name="receipt_by_record")]


class WitnessedCheckpoint(models.Model):
    """A checkpoint of the log that enough witnesses cosigned. The newest one is published."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    #: The signed note with the cosignatures.
    note = models.TextField()
    signed_at = models.DateTimeField()
    #: The verifier keys of those who cosigned, in the order of their lines.
    witnesses = ArrayField(models.TextField())


class Contradiction(models.Model):
    """A checkpoint that a witness holds, signed with this log's key, and that this log's tables do not lead to.

    Either the tables were put back to an earlier state, or the key has signed another history.
    """

    witness = models.TextField()
    #: The witness's checkpoint, byte for byte: proof by itself beside any other checkpoint of this log.
    note = models.TextField()
    #: This log's size when it was found.
    size = models.BigIntegerField()
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_contradiction_per_checkpoint", fields=["witness", "note"])
        ]
