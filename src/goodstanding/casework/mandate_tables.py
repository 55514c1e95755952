"""The table of mandates (委托代理): whom an entity lets act for it, in what, and until when."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Entity


class Mandate(models.Model):
    """An entity lets the account of another organisation act for it. It lives until its last day or its revocation."""

    class Scope(models.TextChoices):
        APPLY = "apply", _("apply for restoration")
        OBJECT = "object", _("object and appeal")
        ALL = "all", _("everything in its cases")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=6, choices=Scope.choices)
    #: The last day on which the agent may act.
    until = models.DateField()
    given_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_living_mandate_per_pair",
                fields=["entity", "agent"],
                condition=Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="mandate_scope_is_known", condition=Q(scope__in=["apply", "object", "all"])
            ),
            models.CheckConstraint(
                name="mandate_is_revoked_after_it_is_given",
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("given_at")),
            ),
        ]
