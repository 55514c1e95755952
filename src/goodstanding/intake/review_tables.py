"""Table of rows whose subject was found by name, or waits for a clerk to say who it is."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LinkReview(models.Model):
    """A quarantined row with the entities that it may be about, and what was decided.

    ``candidates`` lists, the best first, entity (public id), name, weight and explanation ``{"en": [...], "zh":
    [...]}``. A row that was linked has left the rejected rows; ``values`` keeps it as it came.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for a clerk")
        LINKED = "linked", _("linked")
        NONE = "none", _("none of them")

    class By(models.TextChoices):
        RULE = "rule", _("rule")
        CLERK = "clerk", _("clerk")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey("intake.Batch", on_delete=models.CASCADE, related_name="link_reviews")
    row = models.BigIntegerField()
    values = models.JSONField()
    candidates = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    by = models.CharField(max_length=5, choices=By.choices, blank=True)
    account = models.ForeignKey("registry.Account", null=True, on_delete=models.PROTECT, related_name="+")
    entity = models.ForeignKey("registry.Entity", null=True, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey("registry.Record", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_review_per_row", fields=["batch", "row"]),
            models.CheckConstraint(
                name="review_is_decided_by_somebody",
                condition=Q(state="waiting", by="", decided_at__isnull=True, account__isnull=True)
                | Q(state__in=["linked", "none"], by="rule", decided_at__isnull=False, account__isnull=True)
                | Q(
                    state__in=["linked", "none"], by="clerk", decided_at__isnull=False, account__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="linked_row_has_its_entity_and_record",
                condition=Q(state="linked", entity__isnull=False, record__isnull=False)
                | (~Q(state="linked") & Q(entity__isnull=True, record__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["made_at", "id"], name="review_waiting", condition=Q(state="waiting"))
        ]
