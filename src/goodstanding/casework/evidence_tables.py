"""The tables of evidence: each content once under its SHA-256, the files of applications that refer to it, and what is
being fetched from the body that holds it.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account


class EvidenceContent(models.Model):
    """The bytes of a file, once for all who handed it in. The database refuses bytes that have another digest."""

    sha256 = models.BinaryField(primary_key=True, max_length=32)
    size = models.PositiveIntegerField()
    content = models.BinaryField()


class Evidence(models.Model):
    """A file of an application. ``case`` confines it to one case; without it all cases share it."""

    MEDIA_TYPES = [
        "application/pdf",
        "image/png",
        "image/jpeg",
        "text/plain",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey("casework.Application", on_delete=models.PROTECT, related_name="evidence")
    case = models.ForeignKey("casework.Case", null=True, on_delete=models.PROTECT, related_name="+")
    #: The code of the law pack's list of materials that the file serves.
    material = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    #: Null once the content was erased.
    kept = models.ForeignKey(
        EvidenceContent, null=True, on_delete=models.PROTECT, related_name="+", db_column="sha256"
    )
    #: Who handed it in; null where it was fetched, and where it was handed in before this was written down.
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    #: The body that it was fetched from; empty where somebody handed it in.
    holder_en = models.CharField(max_length=200, blank=True)
    holder_zh = models.CharField(max_length=200, blank=True)
    #: The file of which this is a version for those who may not read it whole.
    redacts = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="redactions")
    added_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="evidence_type_is_admitted",
                condition=Q(
                    media_type__in=[
                        "application/pdf",
                        "image/png",
                        "image/jpeg",
                        "text/plain",
                        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="evidence_is_named_and_kept_until_it_is_erased",
                condition=Q(size__gt=0)
                & (
                    (Q(erased_at__isnull=True, kept__isnull=False) & ~Q(name=""))
                    | Q(erased_at__isnull=False, kept__isnull=True, name="")
                ),
            ),
            models.CheckConstraint(
                name="what_is_fetched_is_handed_in_by_nobody",
                condition=Q(holder_en="", holder_zh="")
                | (~Q(holder_en="") & ~Q(holder_zh="") & Q(by__isnull=True, redacts__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def digest(self) -> str:
        """The SHA-256 of its content in hex; empty once it was erased."""
        return bytes(self.kept_id).hex() if self.kept_id else ""


class Fetch(models.Model):
    """A material that a case wants and that a body of the government holds: asked for by the platform itself."""

    class State(models.TextChoices):
        WAITING = "waiting", _("being fetched")
        FOUND = "found", _("fetched")
        ABSENT = "absent", _("the holder has none")
        FAILED = "failed", _("could not be fetched")

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="fetches")
    material = models.CharField(max_length=64)
    holder_en = models.CharField(max_length=200)
    holder_zh = models.CharField(max_length=200)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: When it is tried next; null once it has ended.
    next_at = models.DateTimeField(null=True)
    #: Why it is not here yet, or will not come.
    reason_en = models.TextField(blank=True)
    reason_zh = models.TextField(blank=True)
    evidence = models.ForeignKey(
        Evidence, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_fetch_per_case_and_material", fields=["case", "material"]),
            models.CheckConstraint(
                name="fetch_state_is_known",
                condition=Q(state__in=["waiting", "found", "absent", "failed"]),
            ),
            models.CheckConstraint(
                name="fetch_ends_with_its_evidence_or_a_reason",
                condition=Q(state="waiting", next_at__isnull=False, evidence__isnull=True)
                | Q(state="found", next_at__isnull=True, evidence__isnull=False)
                | (Q(state__in=["absent", "failed"], next_at__isnull=True) & ~Q(reason_en="")),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="fetch_due", condition=Q(next_at__isnull=False)),
        ]
