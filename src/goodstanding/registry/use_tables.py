"""Table of what records were used for: decisions that others based on them, as far as they were reported."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Use(models.Model):
    """A decision that used a record, as its maker reported it: which kind, on which day; nothing of what it says.

    Append-only. ``authority`` is the maker where its account belongs to one; else the account is. ``position`` is that
    of its event. It goes where the content of the record is erased. Its maker, the record's entity and the operator
    see it, nobody else; ``reference`` is its maker's alone.
    """

    class Kind(models.TextChoices):
        CREDIT = "credit", _("credit decision")
        TENDER = "tender", _("tender or procurement")
        LICENCE = "licence", _("licence or approval")
        OTHER = "other", _("other decision")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey("registry.Record", on_delete=models.PROTECT, related_name="uses")
    account = models.ForeignKey("registry.Account", on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey("registry.Authority", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: The maker's own number of the decision; it is shown to nobody else.
    reference = models.CharField(max_length=100, blank=True)
    #: The day of the decision.
    on = models.DateField()
    #: Chosen by the client; the same report sent again with it is taken once.
    key = models.UUIDField()
    at = models.DateTimeField()
    position = models.BigIntegerField(unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_use_per_key", fields=["account", "key"]),
            models.CheckConstraint(
                name="use_kind_is_known",
                condition=models.Q(kind__in=["credit", "tender", "licence", "other"]),
            ),
        ]
