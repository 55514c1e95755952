"""Tables of casework and the constraints that keep wrong states out of them.

An application is what an entity hands in; a case is what one authority decides about one record of it.
Evidence lies in the database so that a case and its evidence are committed, or lost, together.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from goodstanding.registry.models import Account, Authority, Entity, Record

from .absence_table import Absence as Absence
from .annulment_tables import Annulment as Annulment
from .clock_tables import Clock as Clock
from .clock_tables import ClockMove as ClockMove
from .clock_tables import Pause as Pause
from .clock_tables import Redating as Redating
from .escalation_table import Escalation as Escalation
from .evidence_tables import Evidence as Evidence
from .evidence_tables import EvidenceContent as EvidenceContent
from .evidence_tables import Fetch as Fetch
from .forwarding_tables import Forwarding as Forwarding
from .forwarding_tables import Vouched as Vouched
from .handled_tables import Handled as Handled
from .mandate_tables import Mandate as Mandate
from .note_tables import Note as Note
from .notice_tables import Notice as Notice
from .notice_tables import NoticeAsked as NoticeAsked
from .notice_tables import NoticeFollower as NoticeFollower
from .notice_tables import NoticeHook as NoticeHook
from .notice_tables import NoticeMail as NoticeMail
from .notice_tables import NoticeSubscription as NoticeSubscription
from .reasons_tables import ReasonsTemplate as ReasonsTemplate
from .receipt_tables import DecisionReceipt as DecisionReceipt

models.TextField.register_lookup(Length)


class Kind(models.TextChoices):
    RESTORATION = "restoration", _("restoration")
    OBJECTION = "objection", _("objection")
    APPEAL = "appeal", _("appeal")
    REORGANISATION = "reorganisation", _("reorganisation")
    REOPENING = "reopening", _("reopening")
    OWN_MOTION = "own_motion", _("restoration without applying")


class Application(models.Model):
    """What was handed in once: by an entity for many records, an objection, an appeal, a court's ruling; by an officer,
    what a restoration is reopened on; by nobody, what the platform found.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    #: Null where the platform itself found what there is to decide.
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    #: Chosen by the client; sending the same application again with it returns the first one.
    key = models.UUIDField()
    request_digest = models.BinaryField(max_length=32)
    commitment_name = models.TextField(blank=True)
    statement = models.TextField(blank=True)
    grounds = models.CharField(max_length=16, blank=True)
    performed_on = models.DateField(null=True)
    #: What an objection claims, field by field: [{"field", "old", "new"}].
    claim = models.JSONField(default=list)
    submitted_at = models.DateTimeField()
    received_on = models.DateField()
    #: When its words were erased with the records that they were about.
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_application_per_key", fields=["entity", "key"]),
            models.CheckConstraint(
                name="application_says_what_its_kind_needs",
                condition=(
                    (Q(kind="restoration", grounds="", performed_on__isnull=False) & ~Q(commitment_name=""))
                    | (
                        Q(kind__in=["objection", "appeal"], performed_on__isnull=True)
                        & ~Q(grounds="")
                        & ~Q(statement="")
                    )
                    | (Q(kind__in=["reorganisation", "reopening"], grounds="") & ~Q(statement=""))
                    | Q(kind="own_motion", grounds="", statement="")
                ),
            ),
            models.CheckConstraint(
                name="only_the_platform_hands_in_without_account",
                condition=Q(kind="own_motion", account__isnull=True)
                | (~Q(kind="own_motion") & Q(account__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


FINAL = [
    "refused",
    "granted",
    "denied",
    "withdrawn",
    "lapsed",
    "failed",
    "revoked",
    "dropped",
    "set_aside",
]
NEGATIVE = ["refused", "denied", "failed", "revoked", "set_aside"]


class Case(models.Model):
    """One record before the authority that decides. ``version`` counts the steps, for optimistic writers.

    Its states are those of its kind's chart; it is open while ``ended_at`` is null.
    """

    #: The states that a decision on the matter leads to.
    DECIDED = ["granted", "denied", "revoked", "grant_proposed", "denial_proposed", "correct_proposed"]

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="cases")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="cases")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    #: The case that an appeal or a reopening is about, or that is taken up again here.
    about = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    #: Whose work it is within the authority.
    officer = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=16)
    #: The earliest last day of its running clocks (the earliest possible one where only an interval is known).
    due_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)
    #: The pack by which the case was opened, and its digest: which law was applied.
    pack = models.TextField()
    pack_digest = models.CharField(max_length=64)
    reasons = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    #: When its reasons and notes were erased with the record that they were about.
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_case_per_record_and_kind",
                fields=["record", "kind"],
                condition=Q(ended_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_case_per_record_of_application",
                fields=["application", "record"],
                condition=Q(about__isnull=True),
            ),
            models.UniqueConstraint(name="one_appeal_per_case", fields=["about"], condition=Q(kind="appeal")),
            models.CheckConstraint(
                name="case_kind_is_known",
                condition=Q(
                    kind__in=[
                        "restoration",
                        "objection",
                        "appeal",
                        "reorganisation",
                        "reopening",
                        "own_motion",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="appeal_and_reopening_are_about_a_case",
                condition=~Q(kind__in=["appeal", "reopening"]) | Q(about__isnull=False),
            ),
            models.CheckConstraint(
                name="case_ends_exactly_in_final_states",
                condition=(Q(ended_at__isnull=True) & ~Q(state__in=FINAL))
                | Q(ended_at__isnull=False, state__in=FINAL),
            ),
            models.CheckConstraint(
                name="negative_decision_has_reasons",
                condition=~Q(state__in=NEGATIVE) | Q(reasons__length__gte=10),
            ),
        ]
        indexes = [
            models.Index(fields=["entity", "-opened_at"], name="case_by_entity"),
            # The work list: whichever way it is filtered, one of these has the cases in its order, and holds the other
            # filters too, so that it is read alone.
            models.Index(
                fields=["authority", "due_on", "id"],
                name="case_to_decide",
                condition=Q(ended_at__isnull=True),
                include=["kind", "state", "officer"],
            ),
            models.Index(
                fields=["authority", "kind", "due_on", "id"],
                name="case_of_kind",
                condition=Q(ended_at__isnull=True),
                include=["state", "officer"],
            ),
            models.Index(
                fields=["authority", "state", "due_on", "id"],
                name="case_in_state",
                condition=Q(ended_at__isnull=True),
                include=["kind", "officer"],
            ),
            models.Index(
                fields=["authority", "officer", "due_on", "id"],
                name="case_of_officer",
                condition=Q(ended_at__isnull=True),
                include=["kind", "state"],
            ),
            models.Index(
                fields=["ended_at", "record"],
                name="objection_ended",
                condition=Q(kind="objection", ended_at__isnull=False),
            ),
            models.Index(fields=["due_on", "id"], name="case_due", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["record"], name="case_by_record"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_open(self) -> bool:
        """Whether the case can still move."""
        return self.ended_at is None


class Body(models.Model):
    """Another authority that a case was shown to: asked for its opinion, or the one that handed it over."""

    class Role(models.TextChoices):
        CONSULTED = "consulted", _("asked for its opinion")
        FORMER = "former", _("handed it over")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="bodies")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_body_per_role", fields=["case", "authority", "role"]),
            models.CheckConstraint(name="body_role_is_known", condition=Q(role__in=["consulted", "former"])),
        ]


class Step(models.Model):
    """One step of a case: append-only (the database refuses changes), each with its own journal position."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    on = models.DateField()
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    event = models.CharField(max_length=16)
    #: Null where the step followed by itself from what the record's source did.
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12)
    note = models.TextField(blank=True)
    #: What the step said beyond its reasons: the document it cites, the officer, the ground of a pause.
    detail = models.JSONField(default=dict)
    #: Chosen by the client; the same step sent again with it is taken once.
    key = models.UUIDField(null=True)
    position = models.BigIntegerField(unique=True)

    class Meta:
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(name="one_step_per_number", fields=["case", "number"]),
            models.UniqueConstraint(name="one_step_per_key", fields=["case", "key"]),
            models.CheckConstraint(
                name="only_what_is_found_or_lapses_follows_by_itself",
                condition=Q(by__isnull=False) | Q(event__in=["lapse", "find"]),
            ),
        ]
