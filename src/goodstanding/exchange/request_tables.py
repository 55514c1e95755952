"""What subscribers ask for from the catalogue, until it is drafted as an agreement, turned down or withdrawn."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SubscriptionRequest(models.Model):
    """One subscriber's request for items of the catalogue."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the operator")
        REFUSED = "refused", _("turned down")
        DRAFTED = "drafted", _("agreement drafted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscriber = models.ForeignKey("Subscriber", on_delete=models.PROTECT, related_name="requests")
    #: Items of the catalogue, and division codes; no division means everywhere.
    items = ArrayField(models.CharField(max_length=48))
    divisions = ArrayField(models.CharField(max_length=6), default=list)
    purpose = models.TextField()
    legal_basis = models.TextField()
    #: Of ``feed``, ``push``, ``api``, ``file``.
    methods = ArrayField(models.CharField(max_length=4))
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    reasons = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    agreement = models.ForeignKey("Agreement", null=True, on_delete=models.PROTECT, related_name="requests")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="request_decision_is_whole",
                condition=Q(state="waiting", reasons="", decided_at__isnull=True, agreement__isnull=True)
                | (Q(state="refused", decided_at__isnull=False, agreement__isnull=True) & ~Q(reasons=""))
                | Q(state="drafted", reasons="", decided_at__isnull=False, agreement__isnull=False)
                | Q(state="withdrawn", reasons="", decided_at__isnull=False, agreement__isnull=True),
            ),
            models.CheckConstraint(
                name="request_says_what_and_why",
                condition=~Q(items=[]) & ~Q(purpose="") & ~Q(legal_basis="") & ~Q(methods=[]),
            ),
        ]
        indexes = [models.Index(fields=["state", "requested_at"], name="request_by_state")]

    def __str__(self) -> str:
        return f"{self.subscriber} {self.requested_at:%Y-%m-%d}"
