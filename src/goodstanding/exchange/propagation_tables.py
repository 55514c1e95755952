"""Tables of propagation: receipts and corrections that are awaited, recipients that stay behind, weeks of the league
table."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from goodstanding.registry.models import Account, Record

from .canary_tables import OfARecord, of_one


class AwaitedReceipt(OfARecord):
    """A removal that a subscriber could have got the record of and has not answered. It goes when the receipt comes.

    ``working_days``: what the agreement gives for the answer, counted from the day of ``sealed_at``, when the removal
    came on the feed; None where nothing is agreed. ``due_on`` is None too while the calendar does not reach so far.
    ``found_kept_by``: the round that found the record kept after a receipt; ``sealed_at`` is then when it was found.
    """

    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="awaited", db_index=False
    )
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="+")
    #: The position of the removal.
    position = models.BigIntegerField()
    removed_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    working_days = models.PositiveSmallIntegerField(null=True)
    suspension_days = models.PositiveSmallIntegerField(null=True)
    due_on = models.DateField(null=True)
    #: The day from which the recipient is reminded, and the last one before it is suspended by its agreement's clause.
    remind_on = models.DateField(null=True)
    suspend_after = models.DateField(null=True)
    #: By when a push had announced it, and by when the subscriber had confirmed its position.
    told_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    #: When it was marked as late.
    late_at = models.DateTimeField(null=True)
    found_kept_by = models.ForeignKey(
        "exchange.Reconciliation", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_awaited_receipt_per_removal", fields=["subscriber", "position", "record"]
            ),
            models.UniqueConstraint(
                name="one_awaited_receipt_per_canary", fields=["canary"], condition=Q(canary__isnull=False)
            ),
            of_one("awaited"),
            models.CheckConstraint(
                name="awaited_is_late_after_its_day",
                condition=Q(late_at__isnull=True) | Q(due_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["subscriber", "due_on"], name="awaited_by_day"),
            models.Index(
                fields=["subscriber", "remind_on"],
                name="awaited_to_remind",
                condition=Q(reminded_at__isnull=True, late_at__isnull=True),
            ),
            models.Index(
                fields=["subscriber", "due_on"], name="awaited_to_mark", condition=Q(late_at__isnull=True)
            ),
            models.Index(
                fields=["subscriber", "position"], name="awaited_untold", condition=Q(told_at__isnull=True)
            ),
            models.Index(
                fields=["subscriber", "position"],
                name="awaited_unconfirmed",
                condition=Q(confirmed_at__isnull=True),
            ),
        ]


class AwaitedCorrection(models.Model):
    """A corrected record of which a subscriber could have got an earlier state and has not shown that it has the newer
    one. It goes when that is shown, when the record is removed, and when no agreement gives the record any more.

    Of each record and subscriber the newest correction is awaited, by the earliest last day of those that were not
    shown: ``sealed_at`` is the one and ``working_days`` the number from which that day is counted, both as with
    ``AwaitedReceipt``. ``door``: how the newer state comes, and so what shows that it is there. ``version``: of the
    agreements by which it comes, the strictest.
    """

    class Door(models.TextChoices):
        FEED = "feed"
        FILE = "file"
        API = "api"

    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    position = models.BigIntegerField()
    corrected_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    door = models.CharField(max_length=4, choices=Door.choices)
    version = models.ForeignKey(
        "exchange.AgreementVersion", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    working_days = models.PositiveSmallIntegerField(null=True)
    due_on = models.DateField(null=True)
    remind_on = models.DateField(null=True)
    reminded_at = models.DateTimeField(null=True)
    #: When it was marked as late.
    late_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_awaited_correction_per_record", fields=["subscriber", "record"]
            ),
            models.CheckConstraint(
                name="correction_comes_by_a_door", condition=Q(door__in=["feed", "file", "api"])
            ),
            models.CheckConstraint(
                name="correction_is_late_after_its_day",
                condition=Q(late_at__isnull=True) | Q(due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_is_counted_from_an_agreed_number",
                condition=Q(due_on__isnull=True) | Q(working_days__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["subscriber", "door", "position"], name="correction_unanswered"),
            models.Index(fields=["subscriber", "due_on"], name="correction_by_day"),
            models.Index(
                fields=["subscriber", "remind_on"],
                name="correction_to_remind",
                condition=Q(reminded_at__isnull=True, late_at__isnull=True),
            ),
            models.Index(
                fields=["subscriber", "due_on"], name="correction_to_mark", condition=Q(late_at__isnull=True)
            ),
        ]


class PropagationFollower(models.Model):
    """Up to which position of the sealed journal it is known whose receipts and corrections are awaited."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="propagation_has_one_follower", condition=Q(id=1))]


class Suspension(models.Model):
    """What came of a recipient that stays behind, from the proposal to its end. At most one is open for each.

    Proposed by the worker, or by an operator who says why (``proposed_because``); another operator confirms that.
    ``declined``: not suspended, or no longer, with its reason; it is not proposed again for the same removals.
    ``lapsed``: the removals were answered before anybody decided, or after it was declined.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        DECLINED = "declined"
        SUSPENDED = "suspended"
        RESUMED = "resumed"
        LAPSED = "lapsed"

    subscriber = models.ForeignKey(
        "exchange.Subscriber", on_delete=models.PROTECT, related_name="suspensions"
    )
    state = models.CharField(max_length=9, choices=State.choices)
    #: Whether the clause of an agreement suspended it, without anybody's decision.
    by_clause = models.BooleanField(default=False)
    #: The last day of the oldest removal that was late, and how many were.
    since = models.DateField()
    removals = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_because = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    #: The agreements that were suspended by it, which are resumed by it too.
    agreements = ArrayField(models.TextField(), default=list)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_suspension", fields=["subscriber"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="suspension_ends_with_its_state",
                condition=Q(state__in=["resumed", "lapsed"], ended_at__isnull=False)
                | Q(state__in=["proposed", "declined", "suspended"], ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="suspension_is_decided",
                condition=Q(state__in=["proposed", "lapsed"])
                | Q(by_clause=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="suspension_is_proposed_for_a_reason",
                condition=Q(proposed_by__isnull=True, proposed_because="")
                | (Q(proposed_by__isnull=False) & ~Q(proposed_because="")),
            ),
            models.CheckConstraint(
                name="nobody_confirms_his_own_suspension",
                condition=~Q(state="suspended") | Q(by_clause=True) | ~Q(decided_by=F("proposed_by")),
            ),
        ]


class LeagueWeek(models.Model):
    """What one recipient did in one finished week, Monday to Sunday. Written once and never changed.

    ``answered``: receipts of the week by the step of ``league.STEPS`` in which they came. ``timed``: those with a
    deadline, ``in_time`` of them within it. ``waiting`` and ``late``: removals without a receipt at the week's end.
    """

    subscriber = models.ForeignKey("exchange.Subscriber", on_delete=models.PROTECT, related_name="+")
    week = models.DateField()
    answered = ArrayField(models.BigIntegerField())
    timed = models.BigIntegerField()
    in_time = models.BigIntegerField()
    waiting = models.BigIntegerField()
    late = models.BigIntegerField()
    #: The last day of the oldest removal that was late.
    late_since = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_league_week", fields=["week", "subscriber"]),
            models.CheckConstraint(name="league_week_begins_on_monday", condition=Q(week__iso_week_day=1)),
        ]
