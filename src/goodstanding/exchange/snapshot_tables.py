"""The tables of files that subscribers fetch: first loads of the feed, and files at the frequency of an agreement."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class FileSet(models.Model):
    """Files of what may be read at one position. They lose what ends as long as they are there."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: The position that it is of, with the checkpoint of that size.
    position = models.BigIntegerField(default=0)
    checkpoint = models.TextField(blank=True)
    #: Up to this position, and for this day, what may no longer be read has been taken out.
    cleared_position = models.BigIntegerField(default=0)
    cleared_on = models.DateField(null=True)
    #: For each file: what it holds, rows, bytes, SHA-256, which is its name.
    files = models.JSONField(default=list)

    class Meta:
        abstract = True


class Snapshot(FileSet):
    """All that one subscriber could hold at one position, in files, for its first load. Removed after a day."""

    subscriber = models.OneToOneField(
        "exchange.Subscriber", on_delete=models.CASCADE, related_name="snapshot"
    )
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    #: SHA-256 of the terms under which it was made: under others it is nobody's any more.
    terms = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="snapshot_is_made_whole",
                condition=Q(made_at__isnull=True) | (~Q(checkpoint="") & Q(terms__isnull=False)),
            ),
        ]


class AgreedFiles(FileSet):
    """All that one version of an agreement covered at one instant of its frequency. The newest two are kept."""

    agreement = models.ForeignKey("exchange.Agreement", on_delete=models.PROTECT, related_name="file_sets")
    version = models.ForeignKey(
        "exchange.AgreementVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: The instant at which it was due, and when it was made.
    instant = models.DateTimeField()
    made_at = models.DateTimeField()
    #: The names of the files that the recipient was given, and when it had been given all of them.
    given = ArrayField(models.TextField(), default=list)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_file_set_per_instant", fields=["version", "instant"]),
        ]
