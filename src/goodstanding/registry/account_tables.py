"""Tables of accounts: who acts as what, with which tokens, and what each read beyond what everyone may see."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """What a user or a program may act as. One role, tied by the database to what that role needs."""

    class Role(models.TextChoices):
        ENTITY = "entity", _("entity")
        AUTHORITY = "authority", _("authority")
        OPERATOR = "operator", _("operator")
        BANK = "bank", _("bank")
        SUBSCRIBER = "subscriber", _("subscriber")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account")
    role = models.CharField(max_length=12, choices=Role.choices)
    entity = models.ForeignKey("registry.Entity", null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey("registry.Authority", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_role_has_its_organisation",
                condition=(
                    Q(role="entity", entity__isnull=False, authority__isnull=True)
                    | Q(role="authority", entity__isnull=True, authority__isnull=False)
                    | Q(role__in=["operator", "bank", "subscriber"], entity__isnull=True)
                ),
            ),
        ]


class ApiToken(models.Model):
    """A bearer token of an account, stored as SHA-256 only, with the scopes that it grants."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.TextField()
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.TextField())
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Reading(models.Model):
    """Who read what of an entity beyond what everyone may see, why, and on which ground."""

    at = models.DateTimeField()
    entity = models.ForeignKey("registry.Entity", on_delete=models.PROTECT, related_name="readings")
    record = models.ForeignKey(
        "registry.Record", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reader = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    purpose = models.TextField()
    legal_basis = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reading_has_purpose_and_basis", condition=~Q(purpose="") & ~Q(legal_basis="")
            ),
        ]
        indexes = [models.Index(fields=["entity", "-at"], name="reading_by_entity")]
