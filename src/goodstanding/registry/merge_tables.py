"""Tables of links between entities, and of notices to those who relied on a link that stands no longer."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class EntityLink(models.Model):
    """A statement that two entities are the same or different: a rule's or a clerk's, with its grounds.

    It is never changed, only withdrawn; ``explanation`` is ``{"en": [...], "zh": [...]}``, a line for each ground.
    """

    class By(models.TextChoices):
        RULE = "rule", _("rule")
        CLERK = "clerk", _("clerk")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    one = models.ForeignKey("registry.Entity", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("registry.Entity", on_delete=models.PROTECT, related_name="+")
    same = models.BooleanField()
    by = models.CharField(max_length=5, choices=By.choices)
    explanation = models.JSONField()
    account = models.ForeignKey("registry.Account", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        "registry.Account", null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="link_names_the_lower_id_first", condition=Q(one__lt=F("other"))),
            models.CheckConstraint(
                name="link_of_a_clerk_names_the_clerk",
                condition=Q(by="rule", account__isnull=True) | Q(by="clerk", account__isnull=False),
            ),
            models.CheckConstraint(
                name="link_is_withdrawn_with_a_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason="")),
            ),
            models.UniqueConstraint(
                name="one_standing_link_of_a_kind",
                fields=["one", "other", "by"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]


class MergeNotice(models.Model):
    """A notice to an account that read entities as one: ``entity`` is no longer one with ``was_head``.

    Where ``now_one``, it is one with ``was_head`` from now on; the accounts of both are told.
    """

    entity = models.ForeignKey("registry.Entity", on_delete=models.PROTECT, related_name="+")
    was_head = models.ForeignKey("registry.Entity", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("registry.Account", on_delete=models.CASCADE, related_name="+")
    now_one = models.BooleanField(default=False)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="notice_by_account")]
