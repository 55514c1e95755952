"""Tables of notices: what a party was told of, how far the journal was followed, mail and webhooks about it.

A notice holds no words. They are made on reading, from the chart and the law pack (``notice_texts``).
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Party(models.TextChoices):
    ENTITY = "entity", _("entity")
    AUTHORITY = "authority", _("authority")
    OPERATOR = "operator", _("operator")
    RECIPIENT = "recipient", _("recipient")


class Notice(models.Model):
    """One party is told of one event of the journal. ``case`` is null where the event is the record's own.

    The keys of record and entity are not checked by the database, as those of the journal's events are not.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.CharField(max_length=9, choices=Party.choices)
    entity = models.ForeignKey(
        "registry.Entity",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    authority = models.ForeignKey(
        "registry.Authority", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: Of a recipient of the feed its account.
    account = models.ForeignKey(
        "registry.Account", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    #: The kind of the event: ``record.committed``, ``case.granted``.
    event = models.TextField()
    position = models.BigIntegerField()
    #: Null where it is about a recipient and no record, see the constraint.
    record = models.ForeignKey(
        "registry.Record",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    case = models.ForeignKey(
        "casework.Case", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(
        "registry.Account", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_notice_per_event_and_party", fields=["position", "party"]),
            models.CheckConstraint(
                name="notice_is_about_a_record_or_a_recipient",
                condition=Q(record__isnull=False) | Q(party__in=["recipient", "operator"]),
            ),
            models.CheckConstraint(
                name="notice_goes_to_its_party",
                condition=Q(
                    party="entity", entity__isnull=False, authority__isnull=True, account__isnull=True
                )
                | Q(party="authority", entity__isnull=True, authority__isnull=False, account__isnull=True)
                | Q(party="operator", entity__isnull=True, authority__isnull=True, account__isnull=True)
                | Q(party="recipient", entity__isnull=True, authority__isnull=True, account__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["entity", "-id"], name="notice_of_entity", condition=Q(party="entity")),
            models.Index(
                fields=["authority", "-id"], name="notice_of_authority", condition=Q(party="authority")
            ),
            models.Index(fields=["-id"], name="notice_of_operator", condition=Q(party="operator")),
            models.Index(
                fields=["account", "-id"], name="notice_of_recipient", condition=Q(party="recipient")
            ),
            # An authority marks its notices as read by the hundred thousand; an entity has few.
            models.Index(
                fields=["authority"],
                name="notice_unread",
                condition=Q(party="authority", read_at__isnull=True),
            ),
        ]


class NoticeFollower(models.Model):
    """How far the journal was followed. Of events up to ``began``, which were there before notices were, only the
    listings that still stand are told of.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    began = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="notices_have_one_follower", condition=Q(id=1))]


class NoticeSubscription(models.Model):
    """An address to which mail goes when an account has news, once it was confirmed from there.

    ``told_until`` is the id of the last notice that a mail was written for, ``links_until`` that of the last notice of
    entities that became or are no longer one.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.OneToOneField("registry.Account", on_delete=models.CASCADE, related_name="+")
    address = models.EmailField()
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    told_until = models.BigIntegerField(default=0)
    links_until = models.BigIntegerField(default=0)


class NoticeAsked(models.Model):
    """That an account asked for mail to an address, kept for a day: so many confirmations and no more. The address is
    kept as a keyed digest only.
    """

    account = models.ForeignKey("registry.Account", on_delete=models.CASCADE, related_name="+")
    address = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"], name="asked_by_address")]


class NoticeHook(models.Model):
    """An address to which each notice of an account is pushed. ``told_until`` is the id of the last one that arrived.

    An address that fails for days is switched off (``off_at``) until its account switches it on again.
    """

    account = models.OneToOneField("registry.Account", on_delete=models.CASCADE, related_name="+")
    url = models.TextField()
    asked_at = models.DateTimeField()
    told_until = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    #: Why the last try failed. It may name what an address leads to, so no page shows it.
    error = models.TextField(blank=True)
    off_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="hook_to_push", condition=Q(off_at__isnull=True))]


class NoticeMail(models.Model):
    """One mail that says that there is news: written before it is sent, and kept. ``first`` and ``last`` are ids of
    notices, ``links`` that of the last notice of entities that became or are no longer one; a mail that asks for the
    confirmation of the address has none of them.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(NoticeSubscription, on_delete=models.CASCADE, related_name="mails")
    first = models.BigIntegerField(null=True)
    last = models.BigIntegerField(null=True)
    links = models.BigIntegerField(null=True)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    #: The kind of the last failure; never what the server said, which may name the address.
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_mail_per_news", fields=["subscription", "first"]),
            models.CheckConstraint(
                name="mail_is_about_a_run_of_notices",
                condition=Q(first__isnull=True, last__isnull=True) | Q(last__gte=F("first")),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="mail_to_send", condition=Q(sent_at__isnull=True)),
        ]
