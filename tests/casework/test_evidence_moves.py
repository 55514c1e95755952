"""An installation that has evidence and drafts from before: their contents move to where each lies once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from goodstanding.casework import evidence_store
from goodstanding.casework.models import Evidence, EvidenceContent
from goodstanding.portal.models import Draft, DraftFile
from goodstanding.registry import commands as registry
from goodstanding.site import embedded_postgres

from .. import conftest
from ..registry.factories import make_entity
from .stories import AT, PDF, TODAY

OTHER = PDF + b"%other\n"


@pytest.fixture
def before(server: embedded_postgres.Cluster) -> Iterator[None]:
    """A database as it was before evidence lay by its content."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as link:
        link.execute("CREATE DATABASE before_evidence")
    conftest._use(server.url("before_evidence"))
    for app, last in (("registry", None), ("auth", None), ("casework", "0015"), ("portal", "0002")):
        call_command("migrate", app, *([last] if last else []), verbosity=0)
    yield
    conftest.drop(server, "before_evidence")


@pytest.mark.usefixtures("before")
def test_what_was_handed_in_and_what_was_begun_stay_as_they_were() -> None:
    entity = make_entity()
    account = registry.create_account(username="firm", password=None, role="entity", entity=entity)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO casework_application (public_id, kind, entity_id, key, request_digest, commitment_name,"
            " statement, grounds, claim, submitted_at, received_on) VALUES (gen_random_uuid(), 'own_motion', %s,"
            " gen_random_uuid(), '', '', '', '', '[]', %s, %s) RETURNING id",
            [entity.pk, AT, TODAY],
        )
        (application,) = cursor.fetchone()
        for name, content in (("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", OTHER)):
            cursor.execute(
                "INSERT INTO casework_evidence (public_id, application_id, material, name, media_type, size, sha256,"
                " content, added_at) VALUES (gen_random_uuid(), %s, '', %s, 'application/pdf', %s, %s, %s, now())",
                [application, name, len(content), hashlib.sha256(content).digest(), content],
            )
        cursor.execute(
            "INSERT INTO portal_draft (key, account_id, records, commitment_name, statement, changed_at)"
            " VALUES (gen_random_uuid(), %s, '{}', '', '', now()) RETURNING id",
            [account.pk],
        )
        (draft,) = cursor.fetchone()
        for content in (PDF, b"%PDF-1.4 of the draft alone\n"):
            cursor.execute(
                "INSERT INTO portal_draftfile (draft_id, name, media_type, material, size, content)"
                " VALUES (%s, 'd.pdf', 'application/pdf', '', %s, %s)",
                [draft, len(content), content],
            )
    call_command("migrate", verbosity=0)
    kept = [
        (file.name, evidence_store.content(bytes(file.kept_id), place=""))
        for file in Evidence.objects.order_by("pk")
    ]
    assert kept == [("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", OTHER)]
    assert EvidenceContent.objects.count() == 3
    assert Draft.objects.get().entity == entity
    first = DraftFile.objects.order_by("pk")[0]
    assert evidence_store.content(bytes(first.kept_id), place="") == PDF
