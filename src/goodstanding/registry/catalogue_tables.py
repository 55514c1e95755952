"""Tables of the catalogue of record kinds: its items, and what its lists said of them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class CatalogueItem(models.Model):
    """An item of the catalogue of record kinds (目录事项): what is not here cannot be recorded.

    ``kind`` is the kind under which its records stand, null where it makes no records (registration). The row stays
    when the item is no longer in force, for the records that were taken in while it was.
    """

    code = models.CharField(max_length=48, primary_key=True)
    kind = models.CharField(max_length=16, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="item_kind_is_known",
                condition=Q(kind__isnull=True)
                | Q(
                    kind__in=[
                        "penalty",
                        "serious_list",
                        "abnormal_list",
                        "other",
                        "permit",
                        "commitment",
                        "fact",
                    ]
                ),
            ),
            models.UniqueConstraint(name="one_kind_per_item", fields=["code", "kind"]),
        ]

    def __str__(self) -> str:
        return self.code


class CatalogueItemVersion(models.Model):
    """What a list of the catalogue says of an item, and on which days. ``in_force_to`` is the last day."""

    item = models.ForeignKey(CatalogueItem, on_delete=models.PROTECT, related_name="versions")
    catalogue = models.TextField()
    in_force_from = models.DateField()
    in_force_to = models.DateField(null=True)
    content = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_item_version_per_list", fields=["item", "catalogue", "in_force_from"]
            ),
            models.CheckConstraint(
                name="item_version_runs_forward",
                condition=Q(in_force_to__isnull=True) | Q(in_force_to__gte=F("in_force_from")),
            ),
        ]
