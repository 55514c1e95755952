"""Writing and reading drafts of applications: every step of the wizard is one short transaction here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from goodstanding.casework import commands as casework
from goodstanding.casework.evidence import NewEvidence, check
from goodstanding.registry.actor import Actor

from .models import Draft, DraftFile

#: A draft that nobody touched for so long is deleted with its files when its account begins another one.
KEPT = timedelta(days=30)


def _account(actor: Actor) -> int:
    if actor.account_id is None:
        raise Draft.DoesNotExist
    return actor.account_id


def draft_for(actor: Actor, key: uuid.UUID) -> Draft:
    """The draft of the actor's own account. Raises Draft.DoesNotExist otherwise."""
    return Draft.objects.get(key=key, account_id=_account(actor))


def open_draft(actor: Actor) -> Draft | None:
    """The draft that the actor changed last and has not sent, if any."""
    drafts = Draft.objects.filter(account_id=_account(actor), sent_as__isnull=True)
    return drafts.order_by("-changed_at").first()


def files_of(draft: Draft) -> list[DraftFile]:
    """The files of a draft without their content."""
    return list(draft.files.defer("content").order_by("pk"))


@transaction.atomic
def begin(*, actor: Actor, records: Sequence[uuid.UUID], at: datetime) -> Draft:
    """Begin a draft with the records chosen; forgotten drafts of the account go."""
    Draft.objects.filter(account_id=_account(actor), changed_at__lt=at - KEPT).delete()
    return Draft.objects.create(account_id=_account(actor), records=list(records), changed_at=at)


def change(draft: Draft, *, at: datetime, **fields: object) -> Draft:
    """Keep what a step of the wizard asked for.

    Args:
        draft: the draft, not yet sent.
        at: the instant of the change.
        fields: any of records, performed_on, commitment_name, statement.
    """
    for name, value in fields.items():
        setattr(draft, name, value)
    draft.changed_at = at
    draft.save(update_fields=[*fields, "changed_at"])
    return draft


@transaction.atomic
def add_files(draft: Draft, *, files: Sequence[NewEvidence], materials: frozenset[str]) -> None:
    """Add checked files to a draft.

    Raises:
        CaseworkError: a file is not admitted, or all together are too many or too large.
    """
    Draft.objects.select_for_update().get(pk=draft.pk)
    for file in check([*_evidence(draft), *files], materials=materials)[draft.files.count() :]:
        DraftFile.objects.create(
            draft=draft,
            name=file.name,
            media_type=file.media_type,
            material=file.material,
            record=file.record,
            size=len(file.content),
            content=file.content,
        )


def remove_file(draft: Draft, *, file_id: int) -> None:
    """Take a file out of a draft; a file of another draft is left alone."""
    draft.files.filter(pk=file_id).delete()


@transaction.atomic
def send(draft: Draft, *, actor: Actor, at: datetime, today: date) -> uuid.UUID:
    """Hand the draft in as an application, once, and drop the draft's copies of the files.

    Returns:
        The application's public id; the same one however often this is called.

    Raises:
        CaseworkError: what is still missing; the draft stays as it is.
    """
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    if draft.sent_as is None:
        application = casework.apply(
            actor=actor,
            records=draft.records,
            commitment_name=draft.commitment_name,
            statement=draft.statement,
            performed_on=draft.performed_on,
            evidence=_evidence(draft),
            key=draft.key,
            at=at,
            today=today,
        )
        draft.sent_as = application.public_id
        draft.changed_at = at
        draft.save(update_fields=["sent_as", "changed_at"])
        draft.files.all().delete()
    assert draft.sent_as is not None
    return draft.sent_as


def _evidence(draft: Draft) -> list[NewEvidence]:
    return [
        NewEvidence(file.name, file.media_type, bytes(file.content), file.material, file.record)
        for file in draft.files.order_by("pk")
    ]
