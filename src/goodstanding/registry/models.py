"""Tables of the registry and the constraints that keep wrong states out of them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from .account_tables import Account as Account
from .account_tables import ApiToken as ApiToken
from .account_tables import Reading as Reading
from .catalogue_tables import CatalogueItem as CatalogueItem
from .catalogue_tables import CatalogueItemVersion as CatalogueItemVersion
from .correction_tables import Correction as Correction
from .journal_tables import Checkpoint as Checkpoint
from .journal_tables import Event as Event
from .journal_tables import JournalHead as JournalHead
from .journal_tables import Salt as Salt
from .journal_tables import Tile as Tile
from .lake_tables import LakeBatch as LakeBatch
from .merge_tables import EntityLink as EntityLink
from .merge_tables import MergeNotice as MergeNotice
from .neighbour_tables import ForeignRecord as ForeignRecord
from .neighbour_tables import GivenRecord as GivenRecord
from .neighbour_tables import Neighbour as Neighbour
from .neighbour_tables import OwedReceipt as OwedReceipt
from .outcome_tables import Outcome as Outcome
from .reserved_tables import ReservedCode as ReservedCode
from .statement_tables import RecordStatement as RecordStatement
from .sweep_tables import SweepCursor as SweepCursor
from .tombstone_tables import EarlyRemoval as EarlyRemoval
from .tombstone_tables import SourceFinding as SourceFinding
from .tombstone_tables import Tombstone as Tombstone
from .use_tables import Use as Use
from .withdrawal_tables import Withdrawal as Withdrawal


class Authority(models.Model):
    """A body that makes findings (认定单位), sends data (数据来源单位) or runs a platform; mostly a public one.

    ``source_kind`` says which items of the catalogue it may provide.
    """

    class SourceKind(models.TextChoices):
        GOVERNMENT = "government", _("government body")
        COURT = "court", _("court")
        UTILITY = "utility", _("utility")
        SOCIAL_INSURANCE = "social_insurance", _("social insurance agency")
        TAX = "tax", _("tax authority")
        IP_OFFICE = "ip_office", _("intellectual property office")
        MARKET_INSTITUTION = "market_institution", _("market institution")

    code = models.CharField(max_length=18, unique=True)
    name_zh = models.TextField()
    name_en = models.TextField(blank=True)
    division = models.CharField(max_length=6, blank=True)
    source_kind = models.CharField(max_length=20, choices=SourceKind.choices, default=SourceKind.GOVERNMENT)

    class Meta:
        constraints = [
            models.CheckConstraint(name="authority_is_named", condition=~Q(name_zh="") & ~Q(code="")),
            models.CheckConstraint(
                name="authority_source_kind_is_known",
                condition=Q(
                    source_kind__in=[
                        "government",
                        "court",
                        "utility",
                        "social_insurance",
                        "tax",
                        "ip_office",
                        "market_institution",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Entity(models.Model):
    """A credit subject (信用主体). Natural persons are here only because a record names them."""

    class Kind(models.TextChoices):
        ORGANISATION = "organisation", _("organisation")
        INDIVIDUAL_BUSINESS = "individual_business", _("individual business")
        NATURAL_PERSON = "natural_person", _("natural person")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.ORGANISATION)
    name = models.TextField()
    name_key = models.TextField()
    name_latin = models.TextField(blank=True)
    entity_type = models.TextField(blank=True)
    division = models.CharField(max_length=6, blank=True)
    address = models.TextField(blank=True)
    registered_on = models.DateField(null=True)
    status = models.TextField(blank=True)
    capital = models.TextField(blank=True)
    former_names = ArrayField(models.TextField(), default=list)
    registered_by = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="+")
    known_by_name_only = models.BooleanField(default=False)
    #: The entity with which this one is the same (``merges``); None for an entity that is its own head.
    head = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="same")

    class Meta:
        constraints = [
            models.CheckConstraint(name="entity_is_not_its_own_head", condition=~Q(head=F("pk"))),
            models.CheckConstraint(
                name="entity_kind_is_known",
                condition=Q(kind__in=["organisation", "individual_business", "natural_person"]),
            ),
            models.CheckConstraint(name="entity_is_named", condition=~Q(name="") & ~Q(name_key="")),
        ]
        indexes = [
            GinIndex(
                OpClass("name_key", name="gin_trgm_ops"),
                name="entity_name_trigrams",
                condition=Q(kind="organisation"),
            ),
            GinIndex(
                OpClass(Upper("name_latin"), name="gin_trgm_ops"),
                name="entity_latin_trigrams",
                condition=Q(kind="organisation"),
            ),
            models.Index(
                OpClass("name_key", name="text_pattern_ops"),
                name="entity_name_prefix",
                condition=Q(kind="organisation"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Identifier(models.Model):
    """A code under which an entity is known. A natural person's number is kept only as a keyed hash."""

    SCHEMES = ["uscc", "org_code", "registration_no", "lei", "person_key", "name_at_source"]
    #: A current code of these schemes belongs to one entity only; older schemes were given twice in reality.
    UNIQUE_SCHEMES = ["uscc", "lei", "person_key", "name_at_source"]

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="identifiers")
    scheme = models.CharField(max_length=16)
    value = models.TextField()
    #: The first day on which the entity has another code; the old one still leads to it.
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="identifier_scheme_is_known",
                condition=Q(
                    scheme__in=["uscc", "org_code", "registration_no", "lei", "person_key", "name_at_source"]
                ),
            ),
            models.CheckConstraint(
                name="uscc_is_standardised",
                condition=~Q(scheme="uscc") | Q(value__regex=r"^[0-9A-HJ-NP-RT-UW-Y]{18}$"),
            ),
            models.UniqueConstraint(
                name="one_entity_per_code",
                fields=["scheme", "value"],
                condition=Q(scheme__in=["uscc", "lei", "person_key", "name_at_source"]),
            ),
            models.UniqueConstraint(name="one_identifier_once", fields=["entity", "scheme", "value"]),
        ]
        indexes = [models.Index(fields=["scheme", "value"], name="identifier_by_value")]


class Record(models.Model):
    """One piece of public credit information in its current state."""

    class Kind(models.TextChoices):
        PENALTY = "penalty", _("administrative penalty")
        SERIOUS_LIST = "serious_list", _("serious-dishonesty list")
        ABNORMAL_LIST = "abnormal_list", _("abnormal-operation list")
        OTHER = "other", _("other negative information")
        PERMIT = "permit", _("administrative permit")
        COMMITMENT = "commitment", _("credit commitment")
        FACT = "fact", _("other credit fact")

    ADVERSE = ["penalty", "serious_list", "abnormal_list", "other"]

    class State(models.TextChoices):
        PUBLISHED = "published", _("published")
        UNPUBLISHED = "unpublished", _("not published by law")
        SHIELDED = "shielded", _("publication suspended while a reorganisation plan is carried out")
        ENDED = "ended", _("publication ended at its maximum")
        RESTORED = "restored", _("restored")
        WITHDRAWN = "withdrawn", _("withdrawn by the issuing body")
        REDACTED = "redacted", _("content erased")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    #: The database holds item and kind together to the catalogue: one cannot disagree with the other.
    item = models.ForeignKey(
        "registry.CatalogueItem",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    entity = models.ForeignKey(
        Entity, on_delete=models.PROTECT, related_name="records", db_index=False, db_constraint=False
    )
    authority = models.ForeignKey(
        Authority, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    source = models.ForeignKey(
        Authority, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    contract = models.TextField()
    document_no = models.TextField()
    natural_key = models.BinaryField(max_length=32, unique=True)
    content_digest = models.BinaryField(max_length=32)
    content = models.JSONField()
    legal_basis = models.TextField(blank=True)
    found_on = models.DateField()
    measures = ArrayField(models.CharField(max_length=32), default=list)
    amount_yuan = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    pack = models.TextField()
    severity = models.CharField(max_length=8, null=True)
    publish_from = models.DateField(null=True)
    restorable_from = models.DateField(null=True)
    publish_until = models.DateField(null=True)
    restorable = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State.choices)
    #: Of a shielded record, the state that it has again when the shield is lifted.
    beneath = models.CharField(max_length=12, null=True)
    disputed = models.BooleanField(default=False)
    #: The statement attached to it: ``text``, ``at`` and the journal's ``position`` (``statements``).
    statement = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    #: The log of the instance where it lives and is decided on; empty for a record of our own (``foreign``).
    home = models.TextField(default="", db_default="", blank=True)
    batch = models.BigIntegerField(null=True)
    row = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="record_state_is_known",
                condition=Q(
                    state__in=[
                        "published",
                        "unpublished",
                        "shielded",
                        "ended",
                        "restored",
                        "withdrawn",
                        "redacted",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="shielded_record_has_a_state_beneath",
                condition=(
                    Q(state="shielded", beneath__isnull=False, beneath__in=["published", "unpublished"])
                    | (~Q(state="shielded") & Q(beneath__isnull=True))
                ),
            ),
            models.CheckConstraint(
                name="adverse_record_has_basis_severity_and_end",
                condition=~Q(kind__in=["penalty", "serious_list", "abnormal_list", "other"])
                | (
                    ~Q(legal_basis="")
                    & Q(severity__isnull=False, severity__in=["minor", "ordinary", "serious"])
                    & (Q(publish_from__isnull=True) | Q(publish_until__isnull=False))
                ),
            ),
            models.CheckConstraint(
                name="published_record_has_a_first_day",
                condition=(
                    Q(publish_from__isnull=False)
                    | (~Q(state="published") & (Q(beneath__isnull=True) | ~Q(beneath="published")))
                ),
            ),
            models.CheckConstraint(
                name="publication_window_runs_forward",
                condition=Q(publish_until__isnull=True) | Q(publish_until__gte=F("publish_from")),
            ),
            models.CheckConstraint(
                name="only_adverse_records_are_restored_or_shielded",
                condition=~Q(state__in=["restored", "shielded"])
                | Q(kind__in=["penalty", "serious_list", "abnormal_list", "other"]),
            ),
        ]
        indexes = [
            models.Index(fields=["entity", "-found_on"], name="record_by_entity"),
            models.Index(fields=["authority", "state"], name="record_by_authority"),
            models.Index(OpClass("document_no", name="text_pattern_ops"), name="record_by_document_no"),
            models.Index(
                fields=["publish_until", "id"],
                name="record_ending",
                condition=Q(state="published") | Q(beneath="published"),
            ),
            models.Index(
                fields=["restorable_from", "id"],
                name="record_becoming_restorable",
                condition=Q(restorable=True, restorable_from__isnull=False),
            ),
        ]

    @property
    def adverse(self) -> bool:
        """Whether the record is negative information (失信信息)."""
        return self.kind in self.ADVERSE


class RecordVersion(models.Model):
    """What a record said before a later report superseded it. Nothing that was reported is lost."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    content_digest = models.BinaryField(max_length=32)
    replaced_at_position = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_row_per_version", fields=["record", "version"])]
