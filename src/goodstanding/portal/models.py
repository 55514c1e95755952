"""What the portal itself keeps: applications begun and not yet sent, and recent attempts to sign in."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from goodstanding.casework.models import EvidenceContent
from goodstanding.registry.models import Account, Entity


class Draft(models.Model):
    """An application in the making, one row for each that an account began for an entity: its own, or as its agent.
    Only that account sees it, and only while it acts for that entity.

    ``key`` becomes the application's key, so sending a draft twice makes one application. ``sent_as`` is the
    public id of what it became.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="+")
    records = ArrayField(models.UUIDField())
    performed_on = models.DateField(null=True)
    commitment_name = models.TextField(blank=True)
    statement = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    sent_as = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "entity", "-changed_at"], name="draft_by_principal")]

    def __str__(self) -> str:
        return str(self.key)


class DraftFile(models.Model):
    """A file of a draft, already checked by casework. ``record`` confines it to the case of one record."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    material = models.CharField(max_length=64)
    record = models.UUIDField(null=True)
    size = models.PositiveIntegerField()
    kept = models.ForeignKey(EvidenceContent, on_delete=models.PROTECT, related_name="+", db_column="sha256")


class SignInAttempt(models.Model):
    """An attempt to sign in that failed, or is being decided. User name and address are keyed hashes in hex."""

    username = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["username", "at"], name="attempt_by_username"),
            models.Index(fields=["address", "at"], name="attempt_by_address"),
        ]
