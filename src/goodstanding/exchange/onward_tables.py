"""The table of answers from further down: those to whom a recipient had passed a record on."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class OnwardReceipt(models.Model):
    """What a recipient says, signed, of a holder to whom the record had been passed on, with that holder's receipt."""

    #: The recipient's own receipt for the removal.
    receipt = models.ForeignKey("exchange.Receipt", on_delete=models.PROTECT, related_name="further_down")
    #: The holder, by the name that whoever passed the record on to it has for it, and the names between, nearest first.
    holder = models.TextField()
    via = ArrayField(models.TextField(), default=list)
    action = models.CharField(max_length=8)
    #: Canonical JSON, byte for byte; ``proof.verify_onward`` checks it.
    signed = models.TextField()
    received_at = models.DateTimeField()
    #: The position of its own event, ``receipt.passed_on``.
    position = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_onward_receipt_per_holder", fields=["receipt", "holder", "via", "action"]
            ),
            models.CheckConstraint(name="onward_receipt_names_its_holder", condition=~Q(holder="")),
        ]
