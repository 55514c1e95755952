"""Templates of reasons: the texts that an authority keeps for the reasons of its decisions."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from goodstanding.registry.models import Account, Authority


class ReasonsTemplate(models.Model):
    """One version of a text for the reasons of a step. Append-only: a change ends it and begins the next version.

    What was decided holds its own final text (``Step.note``), so nothing here changes it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: The same for all versions of one template.
    series = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveIntegerField(default=1)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    event = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    text_zh = models.TextField()
    text_en = models.TextField(blank=True)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "casework"
        constraints = [
            models.UniqueConstraint(name="one_template_per_version", fields=["series", "version"]),
            models.UniqueConstraint(
                name="one_template_per_name",
                fields=["authority", "kind", "event", "name"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(name="template_says_something", condition=~Q(name="") & ~Q(text_zh="")),
            models.CheckConstraint(
                name="template_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("at")),
            ),
        ]
