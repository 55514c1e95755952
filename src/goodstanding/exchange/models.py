"""Tables of the exchange: who may hold what, how far each has come, and what each has signed."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Record

from .anchor_tables import AnchoredCheckpoint as AnchoredCheckpoint
from .anchor_tables import AnchorTry as AnchorTry
from .canary_tables import Canary as Canary
from .canary_tables import OfARecord, of_one
from .federation.tables import KeptEntries as KeptEntries
from .onward_tables import OnwardReceipt as OnwardReceipt
from .probe_tables import ProbeFinding as ProbeFinding
from .probe_tables import ProbeLook as ProbeLook
from .probe_tables import ProbePlace as ProbePlace
from .propagation_tables import AwaitedCorrection as AwaitedCorrection
from .propagation_tables import AwaitedReceipt as AwaitedReceipt
from .propagation_tables import LeagueWeek as LeagueWeek
from .propagation_tables import PropagationFollower as PropagationFollower
from .propagation_tables import Suspension as Suspension
from .reading_tables import AgreedRead as AgreedRead
from .reading_tables import ReadPace as ReadPace
from .request_tables import SubscriptionRequest as SubscriptionRequest
from .set_tables import Reconciliation as Reconciliation
from .set_tables import SetCell as SetCell
from .set_tables import SetCursor as SetCursor
from .set_tables import SetDifference as SetDifference
from .set_tables import SetEntry as SetEntry
from .set_tables import SetSums as SetSums
from .snapshot_tables import AgreedFiles as AgreedFiles
from .snapshot_tables import Snapshot as Snapshot
from .status_filter_tables import StatusFilterSection as StatusFilterSection
from .vmap_tables import MapEntry as MapEntry
from .vmap_tables import MapSeal as MapSeal
from .vmap_tables import MapTile as MapTile


def _has_bytes(field: str, number: int) -> Exact:
    return Exact(Func(F(field), function="length", output_field=models.IntegerField()), number)


class Subscriber(models.Model):
    """A body that follows the feed. One row with one position, whatever is sent to it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="subscriber")
    name_zh = models.TextField()
    name_en = models.TextField(blank=True)
    #: Ed25519, 32 bytes: the key under which this subscriber signs its receipts.
    public_key = models.BinaryField(max_length=32)
    push_url = models.TextField(blank=True)
    #: Where its own instance of the platform is, if it has one: it is asked what it holds of our log.
    instance_url = models.TextField(blank=True, default="")
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
            models.CheckConstraint(name="subscriber_key_is_32_bytes", condition=_has_bytes("public_key", 32)),
            models.CheckConstraint(name="subscriber_position_from_0", condition=Q(position__gte=0)),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Agreement(models.Model):
    """A sharing agreement: what one subscriber may hold. What it says stands in the documents of its versions."""

    #: The id of its documents.
    reference = models.SlugField(max_length=60, unique=True)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="agreements")
    suspended_on = models.DateField(null=True)
    #: The first day on which it no longer held because it was ended before its time.
    ended_on = models.DateField(null=True)
    #: Why it was suspended or ended.
    reason = models.TextField(blank=True)
    #: The recipient's signed statement that nothing is left, canonical JSON byte for byte, and what it says.
    deletion = models.TextField(blank=True)
    deleted = models.BigIntegerField(null=True)
    deletion_at = models.DateTimeField(null=True)
    #: Since when files wait that the recipient has not fetched, and when it was told that it is stale by that.
    files_wait_since = models.DateTimeField(null=True)
    stale_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agreement_reference_is_a_slug", condition=Q(reference__regex="^[a-z0-9][a-z0-9_-]*$")
            ),
            models.CheckConstraint(
                name="ended_agreement_is_not_suspended",
                condition=Q(suspended_on__isnull=True) | Q(ended_on__isnull=True),
            ),
            models.CheckConstraint(
                name="agreement_deletion_is_whole",
                condition=Q(deletion="", deleted__isnull=True, deletion_at__isnull=True)
                | (~Q(deletion="") & Q(deleted__gte=0, deletion_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="stale_recipient_has_files_waiting",
                condition=Q(stale_at__isnull=True) | Q(files_wait_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class AgreementVersion(models.Model):
    """One version of an agreement: its document, word for word for ever, and who has signed it.

    ``breaking``: it takes something from the recipient or asks more of it, so the recipient must sign it too. In force
    from ``concluded_at`` until a later version is; see ``AgreementTerm`` for the days.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=20)
    document = models.JSONField()
    #: SHA-256 of the canonical JSON: what both sides sign.
    digest = models.BinaryField(max_length=32)
    breaking = models.BooleanField()
    drafted_at = models.DateTimeField()
    provider_signature = models.BinaryField(max_length=64, null=True)
    recipient_signature = models.BinaryField(max_length=64, null=True)
    #: The number or date of the paper that the recipient signed, where it did not sign with its key.
    paper = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_text_per_agreement_version", fields=["agreement", "version"]),
            models.CheckConstraint(name="agreement_digest_is_32_bytes", condition=_has_bytes("digest", 32)),
            models.CheckConstraint(
                name="agreement_signatures_are_64_bytes",
                condition=(Q(provider_signature__isnull=True) | _has_bytes("provider_signature", 64))
                & (Q(recipient_signature__isnull=True) | _has_bytes("recipient_signature", 64)),
            ),
            models.CheckConstraint(
                name="concluded_agreement_is_signed",
                condition=Q(concluded_at__isnull=True)
                | (
                    Q(provider_signature__isnull=False)
                    & (Q(breaking=False) | Q(recipient_signature__isnull=False) | ~Q(paper=""))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement.reference}@{self.version}"


class AgreementTerm(models.Model):
    """Days on which a concluded version holds. Suspension, an end and a new version close it; nothing changes it else.

    ``until`` is the first day on which it no longer holds. ``last_read`` is the last day on which something may have
    been read under it, null while nobody has closed it.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="terms")
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="terms")
    first = models.DateField()
    until = models.DateField(null=True)
    last_read = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_term_per_agreement",
                fields=["agreement"],
                condition=Q(last_read__isnull=True),
            ),
            models.CheckConstraint(
                name="term_runs_forward", condition=Q(until__isnull=True) | Q(until__gte=F("first"))
            ),
            models.CheckConstraint(
                name="closed_term_has_its_day", condition=Q(last_read__isnull=True) | Q(until__isnull=False)
            ),
        ]


class Receipt(OfARecord):
    """A subscriber's signed answer to one removal, kept as it was signed."""

    class Action(models.TextChoices):
        DROPPED = "dropped", _("dropped")
        NOT_HELD = "not_held", _("not held")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="receipts")
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="+")
    #: The position of the removal that it answers.
    removal_position = models.BigIntegerField()
    action = models.CharField(max_length=8, choices=Action.choices)
    removed = models.BigIntegerField()
    #: Canonical JSON of the signed receipt, byte for byte; ``proof.verify_receipt`` checks it.
    signed = models.TextField()
    received_at = models.DateTimeField()
    #: The position of its own event, ``receipt.recorded``.
    position = models.BigIntegerField()
    #: How the removal came there (see ``AwaitedReceipt``), kept so that nobody has to find it out again.
    removed_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    told_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    #: The round that found the record kept after an earlier receipt for the same removal.
    found_kept_by = models.ForeignKey(
        "exchange.Reconciliation", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_receipt_per_removal",
                fields=["subscriber", "removal_position", "record", "found_kept_by"],
                nulls_distinct=False,
            ),
            of_one("receipt"),
            models.CheckConstraint(
                name="receipt_action_is_known", condition=Q(action__in=["dropped", "not_held"])
            ),
        ]
        indexes = [
            models.Index(fields=["record", "subscriber"], name="receipt_by_record"),
            models.Index(fields=["subscriber", "received_at"], name="receipt_by_time"),
            BrinIndex(fields=["received_at"], name="receipt_by_week"),
        ]


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
