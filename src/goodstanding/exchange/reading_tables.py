"""Tables of agreed reads: what was given record by record, and how soon the same may be asked for again."""

from __future__ import annotations

from django.db import models

from goodstanding.registry.models import Record


class AgreedRead(models.Model):
    """A state of a record that a subscriber was given when it asked: from then on it may hold the record.

    Written once for each state, before the answer leaves, and never changed. ``version`` of the agreement says for what
    purpose it was given.
    """

    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    #: The position of the event by which the record stood.
    position = models.BigIntegerField()
    version = models.ForeignKey(
        "exchange.AgreementVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_agreed_read_per_state", fields=["subscriber", "record", "position"]
            )
        ]


class ReadPace(models.Model):
    """When a subscriber last read of an entity, or one record by itself."""

    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: The public id of the entity or the record.
    about = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_pace_per_subject", fields=["subscriber", "about"]),
        ]
