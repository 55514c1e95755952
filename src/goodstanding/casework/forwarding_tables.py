"""Tables of applications whose records live in another instance, and of those that another instance vouches for."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Neighbour, Record


class Forwarding(models.Model):
    """An application about a record that is decided on elsewhere: handed in here, decided there, its course shown here.

    No clock of ours runs on it. ``told`` is what the other instance last said of its case.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("not yet taken")
        OPEN = "open", _("being decided")
        ENDED = "ended", _("decided")
        REFUSED = "refused", _("not taken")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        "casework.Application", on_delete=models.PROTECT, related_name="forwardings"
    )
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    told = models.JSONField(default=dict)
    #: Since when nothing changed: the longer, the more rarely it is asked for.
    changed_at = models.DateTimeField()
    #: When the neighbour is asked next; null once it has ended.
    next_at = models.DateTimeField(null=True)
    #: Why the last try failed; empty after a good one.
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_forwarding_per_record", fields=["application", "record"]),
            models.CheckConstraint(
                name="forwarding_ends_or_is_asked_for",
                condition=Q(state__in=["waiting", "open"], next_at__isnull=False)
                | Q(state__in=["ended", "refused"], next_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="forwarding_due", condition=Q(next_at__isnull=False)),
        ]

    @property
    def restored(self) -> bool:
        """Whether the home restored the record by it, as far as it has said, and its removal is here."""
        return bool(self.told.get("case_state") == "granted" and self.record.state == Record.State.RESTORED)

    def __str__(self) -> str:
        return str(self.public_id)


class Vouched(models.Model):
    """Why an application was taken for its entity's though nobody signed in here: another instance vouches for it."""

    application = models.OneToOneField(
        "casework.Application", primary_key=True, on_delete=models.PROTECT, related_name="vouched"
    )
    #: The account of the instance that handed it on to us.
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    #: The code that it verified, and by which the entity was found here.
    scheme = models.CharField(max_length=16)
    code = models.TextField()
    #: The instances that it came through, where it was handed in first.
    way = ArrayField(models.TextField())
    #: When it was handed in there; our clocks run from when it was received here.
    handed_in_at = models.DateTimeField()
    #: The voucher in canonical JSON, byte for byte, and its signature.
    voucher = models.TextField()
    signature = models.BinaryField(max_length=64)
