"""Table of what bodies did once a record was removed or corrected: what they lifted, did anew, or refused."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Outcome(models.Model):
    """One report of a body on a record that was removed or corrected. No score and no amount is ever kept.

    Append-only: a later report on the same part stands in place of an earlier one. ``authority`` is the body of an
    account that belongs to one; else the account is the body. ``position`` is that of its event. It goes where the
    content of the record is erased. Its entity, its body and the operator see it, nobody else.
    """

    class Part(models.TextChoices):
        MEASURE = "measure", _("measure lifted")
        EVALUATION = "evaluation", _("credit evaluation redone")
        CREDIT = "credit", _("credit reopened")
        EXCLUSION = "exclusion", _("admitted again to tenders and procurement")
        DECISION = "decision", _("decision looked at again")

    class Result(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", _("refused, with reasons")
        NOTHING = "nothing", _("there was nothing to do")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey("registry.Record", on_delete=models.PROTECT, related_name="outcomes")
    account = models.ForeignKey("registry.Account", on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey("registry.Authority", null=True, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=10, choices=Part.choices)
    #: Of a decision that used the record, which; null for the other parts.
    use = models.ForeignKey("registry.Use", null=True, on_delete=models.PROTECT, related_name="answers")
    #: The code of the measure, as the record has it; empty for the other parts.
    measure = models.CharField(max_length=32, blank=True)
    result = models.CharField(max_length=7, choices=Result.choices)
    #: The day on which it was done; null where nothing was.
    on = models.DateField(null=True)
    reasons = models.TextField(blank=True)
    #: Chosen by the client; the same report sent again with it is taken once.
    key = models.UUIDField()
    at = models.DateTimeField()
    position = models.BigIntegerField(unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_outcome_per_key", fields=["account", "key"]),
            models.CheckConstraint(
                name="outcome_part_is_known",
                condition=Q(part="measure", use__isnull=True) & ~Q(measure="")
                | Q(part__in=["evaluation", "credit", "exclusion"], measure="", use__isnull=True)
                | Q(part="decision", measure="", use__isnull=False),
            ),
            models.CheckConstraint(
                name="outcome_says_its_day_or_why_not",
                condition=Q(result="done", on__isnull=False)
                | (Q(result="refused", on__isnull=True) & ~Q(reasons=""))
                | Q(result="nothing", on__isnull=True),
            ),
        ]
