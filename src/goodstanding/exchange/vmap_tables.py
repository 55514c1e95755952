"""Tables of the verifiable map. A row holds from the seal `since` up to, not including, the seal `gone`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class MapSeal(models.Model):
    """A root of the map that the journal announced: the map of all events up to position `until`."""

    #: The position of its own event, `map.sealed`.
    position = models.BigIntegerField(primary_key=True)
    until = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=30)


class MapEntry(models.Model):
    """The state of one entity in one class, under its key, with what opens its commitment."""

    key = models.BinaryField(max_length=32)
    commitment = models.BinaryField(max_length=32)
    linked = models.BinaryField(max_length=30)
    salt = models.BinaryField(max_length=32)
    state = models.JSONField()
    since = models.BigIntegerField()
    gone = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_state_per_key", fields=["key"], condition=Q(gone__isnull=True))
        ]
        indexes = [
            models.Index(fields=["key"], name="map_entry_by_key"),
            models.Index(fields=["gone"], name="map_entry_gone", condition=Q(gone__isnull=False)),
        ]


class MapTile(models.Model):
    """The counts and hashes of the 16 parts of the map under a prefix in hex digits (`proof.vmap_tree`)."""

    prefix = models.CharField(max_length=64)
    data = models.BinaryField()
    since = models.BigIntegerField()
    gone = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_map_tile_per_prefix", fields=["prefix"], condition=Q(gone__isnull=True)
            )
        ]
        indexes = [
            models.Index(fields=["prefix"], name="map_tile_by_prefix"),
            models.Index(fields=["gone"], name="map_tile_gone", condition=Q(gone__isnull=False)),
        ]
