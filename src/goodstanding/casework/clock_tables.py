"""Tables of the clocks of cases: their days, when they stood still, and when a new calendar moved them."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Clock(models.Model):
    """A statutory clock of a case. ``length``, in ``unit``, is null where the number was not seen in the law text.

    ``due_on`` is the last day in time; null while a year's notice of working days is missing, when it lies
    between ``earliest_on`` and ``latest_on``. The days in between, and why there is no single day, are not kept:
    they are counted again on reading, by the calendar of ``calendar_version``.
    """

    class Code(models.TextChoices):
        ACCEPT = "accept", _("acceptance")
        DECIDE = "decide", _("decision")
        FEEDBACK = "feedback", _("answer to the applicant")

    class Unit(models.TextChoices):
        WORKING_DAYS = "working_days", _("working days")
        CALENDAR_DAYS = "calendar_days", _("calendar days")
        MONTHS = "months", _("months")

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="clocks")
    code = models.CharField(max_length=10, choices=Code.choices)
    rule = models.CharField(max_length=32)
    started_on = models.DateField()
    length = models.PositiveSmallIntegerField(null=True)
    unit = models.CharField(max_length=13, choices=Unit.choices, default="working_days")
    due_on = models.DateField(null=True)
    earliest_on = models.DateField(null=True)
    latest_on = models.DateField(null=True)
    calendar_version = models.TextField(blank=True)
    text_en = models.TextField()
    text_zh = models.TextField()
    article_en = models.TextField()
    article_zh = models.TextField()
    stopped_on = models.DateField(null=True)
    #: By how many of its units it was extended, once, and when the applicant was told.
    extension = models.PositiveSmallIntegerField(null=True)
    extended_on = models.DateField(null=True)
    #: It was extended or has stood still, so its days are its own and not those of its start and length alone.
    adjusted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_running_clock_of_a_code",
                fields=["case", "code"],
                condition=Q(stopped_on__isnull=True),
            ),
            models.CheckConstraint(
                name="clock_code_is_known", condition=Q(code__in=["accept", "decide", "feedback"])
            ),
            models.CheckConstraint(
                name="clock_unit_is_known",
                condition=Q(unit__in=["working_days", "calendar_days", "months"]),
            ),
            models.CheckConstraint(
                name="clock_stops_after_it_starts",
                condition=Q(stopped_on__isnull=True) | Q(stopped_on__gte=F("started_on")),
            ),
            models.CheckConstraint(
                name="extension_is_told_on_a_day",
                condition=Q(extension__isnull=True, extended_on__isnull=True)
                | Q(extension__gt=0, extended_on__isnull=False, length__isnull=False, adjusted=True),
            ),
            models.CheckConstraint(
                name="unset_number_has_no_day",
                condition=(
                    Q(length__isnull=True, due_on__isnull=True, earliest_on__isnull=True)
                    & Q(latest_on__isnull=True)
                )
                | Q(length__isnull=False, due_on__isnull=False, earliest_on=F("due_on"))
                | Q(length__isnull=False, due_on__isnull=True, earliest_on__isnull=False),
            ),
        ]
        indexes = [
            # Days are given out in the order of time, so ranges of pages suffice; and a clock that is re-dated
            # stays on its page (half of it is left free for that), where no other index has to follow.
            BrinIndex(fields=["due_on"], name="clock_due", condition=Q(stopped_on__isnull=True)),
        ]

    @property
    def working_days(self) -> int | None:
        """The length in working days; None where it is unset or in another unit."""
        return self.length if self.unit == self.Unit.WORKING_DAYS else None


class Pause(models.Model):
    """Days on which the clocks of a case stood still, from the first to the day before ``until_on``."""

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="pauses")
    ground = models.CharField(max_length=64)
    ground_en = models.TextField()
    ground_zh = models.TextField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_pause_at_a_time", fields=["case"], condition=Q(until_on__isnull=True)
            ),
            models.CheckConstraint(
                name="pause_runs_forward",
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
            ),
        ]


class Redating(models.Model):
    """One run that moved clocks because the calendar had changed."""

    at = models.DateTimeField()
    calendar_version = models.TextField()
    looked_at = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(default=0)


class ClockMove(models.Model):
    """One clock that a run moved, from what to what. ``due_*`` is null where only an interval was known.

    The keys are not checked: a million moves are written in one statement, from the clocks themselves, and neither
    clocks nor cases are ever removed.
    """

    pk = models.CompositePrimaryKey("redating_id", "clock_id")
    redating = models.ForeignKey(
        Redating, on_delete=models.PROTECT, related_name="moves", db_constraint=False, db_index=False
    )
    clock = models.ForeignKey(
        Clock, on_delete=models.DO_NOTHING, related_name="moves", db_constraint=False, db_index=False
    )
    case = models.ForeignKey(
        "casework.Case", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    due_from = models.DateField(null=True)
    earliest_from = models.DateField()
    latest_from = models.DateField(null=True)
    version_from = models.TextField()
    due_to = models.DateField(null=True)
    earliest_to = models.DateField()
    latest_to = models.DateField(null=True)
