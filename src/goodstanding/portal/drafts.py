"""Writing and reading drafts of applications: every step of the wizard is one short transaction here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from goodstanding.casework import commands as casework
from goodstanding.casework import evidence_store
from goodstanding.casework.evidence import NewEvidence, check
from goodstanding.casework.scanner import scan
from goodstanding.registry.actor import Actor

from .models import Draft, DraftFile

#: A draft that nobody touched for so long is deleted with its files when its account begins another one.
KEPT = timedelta(days=30)


def _own(actor: Actor) -> QuerySet[Draft]:
    """The drafts that an account began for the entity for which it acts now: those for two principals stay apart."""
    if actor.account_id is None or actor.entity_id is None:
        return Draft.objects.none()
    return Draft.objects.filter(account_id=actor.account_id, entity_id=actor.entity_id)


def draft_for(actor: Actor, key: uuid.UUID) -> Draft:
    """The draft that the actor's account began for the entity it acts for. Raises Draft.DoesNotExist otherwise."""
    return _own(actor).get(key=key)


def open_draft(actor: Actor) -> Draft | None:
    """The draft that the actor changed last and has not sent, if any."""
    return _own(actor).filter(sent_as__isnull=True).order_by("-changed_at").first()


def files_of(draft: Draft) -> list[DraftFile]:
    """The files of a draft without their content."""
    return list(draft.files.order_by("pk"))


@transaction.atomic
def begin(*, actor: Actor, records: Sequence[uuid.UUID], at: datetime) -> Draft:
    """Begin a draft for the entity that the actor acts for, with the records chosen; forgotten drafts for it go."""
    forgotten = _own(actor).filter(changed_at__lt=at - KEPT)
    digests = list(DraftFile.objects.filter(draft__in=forgotten).values_list("kept_id", flat=True))
    forgotten.delete()
    evidence_store.release(bytes(digest) for digest in digests)
    return Draft.objects.create(
        account_id=actor.account_id, entity_id=actor.entity_id, records=list(records), changed_at=at
    )


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


def add_files(draft: Draft, *, files: Sequence[NewEvidence], materials: frozenset[str]) -> None:
    """Add checked files to a draft.

    Raises:
        CaseworkError: a file is not admitted, or all together are too many or too large.
    """
    scan(files)
    with transaction.atomic():
        Draft.objects.select_for_update().get(pk=draft.pk)
        added = check([*_evidence(draft), *files], materials=materials)[draft.files.count() :]
        evidence_store.keep({file.sha256: file.content for file in added})
        for file in added:
            DraftFile.objects.create(
                draft=draft,
                name=file.name,
                media_type=file.media_type,
                material=file.material,
                record=file.record,
                size=len(file.content),
                kept_id=file.sha256,
            )


@transaction.atomic
def remove_file(draft: Draft, *, file_id: int) -> None:
    """Take a file out of a draft; a file of another draft is left alone."""
    files = draft.files.filter(pk=file_id)
    digests = [bytes(digest) for digest in files.values_list("kept_id", flat=True)]
    files.delete()
    evidence_store.release(digests)


@transaction.atomic
def send(draft: Draft, *, actor: Actor, at: datetime, today: date) -> uuid.UUID:
    """Hand the draft in as an application, once; its files are the application's from then on.

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
        NewEvidence(
            file.name,
            file.media_type,
            evidence_store.content(bytes(file.kept_id), place=file.name),
            file.material,
            file.record,
        )
        for file in files_of(draft)
    ]
