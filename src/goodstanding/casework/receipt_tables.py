"""What the law said of a record at the moment of a decision, as bytes that anyone can make again."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func
from django.db.models.lookups import GreaterThan


class DecisionReceipt(models.Model):
    """The receipt of the verdict that stood when a case was decided. It never changes.

    Canonical JSON of codes, days and numbers (``law.receipts``): no names, no sentences, no reasons. It goes where the
    content of the case's record is erased.
    """

    case = models.OneToOneField("casework.Case", on_delete=models.PROTECT, related_name="receipt")
    content = models.BinaryField()

    class Meta:
        app_label = "casework"
        constraints = [
            models.CheckConstraint(
                name="receipt_is_not_empty",
                condition=GreaterThan(
                    Func(F("content"), function="length", output_field=models.IntegerField()), 0
                ),
            )
        ]
