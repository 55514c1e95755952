"""Tables of looks from outside: where recipients show records to the public, what was seen there, what was found."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from goodstanding.registry.models import Record

from .canary_tables import OfARecord, of_one


class ProbePlace(models.Model):
    """A page or interface of a recipient that anyone may read. It never changes; it ends, and another one begins.

    ``address`` and ``marker`` have placeholders (``probe_page.PLACEHOLDERS``). The marker is the text that is there
    while the record is shown; ``always`` is one that is there whatever is shown, where the place has such a text.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscriber = models.ForeignKey("exchange.Subscriber", on_delete=models.PROTECT, related_name="places")
    address = models.TextField()
    marker = models.TextField()
    always = models.TextField(blank=True, default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_place_per_address",
                fields=["subscriber", "address"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="place_is_a_web_address", condition=Q(address__regex=r"^https?://[^/?#{}]+[/?]")
            ),
            models.CheckConstraint(name="place_has_a_marker", condition=~Q(marker="")),
        ]

    def __str__(self) -> str:
        return self.address


class ProbeLook(OfARecord):
    """One look at a place for one removed record. Written once. ``reason``: why nothing is known."""

    class Result(models.TextChoices):
        SHOWN = "shown"
        ABSENT = "absent"
        UNKNOWN = "unknown"

    place = models.ForeignKey(ProbePlace, on_delete=models.PROTECT, related_name="looks", db_index=False)
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    #: The position of the removal that it is about.
    removal_position = models.BigIntegerField()
    at = models.DateTimeField()
    result = models.CharField(max_length=7, choices=Result.choices)
    reason = models.CharField(max_length=12, blank=True)
    status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            of_one("look"),
            models.CheckConstraint(
                name="look_has_a_result", condition=Q(result__in=["shown", "absent", "unknown"])
            ),
            models.CheckConstraint(
                name="unknown_look_says_why",
                condition=(Q(result="unknown") & ~Q(reason="")) | (~Q(result="unknown") & Q(reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["place", "removal_position", "at"], name="look_by_removal"),
            models.Index(fields=["place", "-at"], name="look_by_time"),
            models.Index(fields=["canary"], name="look_by_canary", condition=Q(canary__isnull=False)),
        ]


class ProbeFinding(OfARecord):
    """A removed record that a place still showed, until it no longer does.

    ``answered``: when it was found the recipient's receipt said that it is gone; else its last day had passed.
    """

    class End(models.TextChoices):
        ABSENT = "absent"
        PUBLISHED = "published"
        PLACE_ENDED = "place_ended"

    place = models.ForeignKey(ProbePlace, on_delete=models.PROTECT, related_name="findings")
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="+")
    removal_position = models.BigIntegerField()
    answered = models.BooleanField()
    found_at = models.DateTimeField()
    #: Of its event, ``probe.shown``.
    position = models.BigIntegerField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=11, blank=True, choices=End.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_finding",
                fields=["place", "record"],
                condition=Q(ended_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_open_finding_of_a_canary",
                fields=["place", "canary"],
                condition=Q(ended_at__isnull=True),
            ),
            of_one("finding"),
            models.CheckConstraint(
                name="finding_ends_for_a_reason",
                condition=Q(ended_at__isnull=True, ended_by="")
                | Q(ended_at__isnull=False, ended_by__in=["absent", "published", "place_ended"]),
            ),
        ]
