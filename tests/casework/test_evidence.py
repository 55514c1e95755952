"""Files that people hand in are what their bytes say, small enough, and lost or kept with their case."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile

import pytest
from django.db import IntegrityError, connection, transaction

from goodstanding.casework import evidence, evidence_store
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.evidence_reading import evidence_of
from goodstanding.casework.models import Application, Case, Evidence, EvidenceContent

from .stories import PDF, TODAY, Town, apply, object_to, proof

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 32


def office(*parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.PNG", PNG, "image/png"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("说明.txt", "缴款说明\n".encode(), "text/plain"),
        ("说明.txt", "缴款说明\r\n".encode("gb18030"), "text/plain"),
        ("a.docx", office("word/document.xml"), evidence.DOCX),
        ("a.xlsx", office("xl/workbook.xml"), evidence.XLSX),
    ],
)
def test_the_type_is_read_from_the_bytes(name: str, content: bytes, media_type: str) -> None:
    (checked,) = evidence.check(
        [evidence.NewEvidence(name=name, media_type="text/html", content=content)], materials=frozenset()
    )
    assert checked.media_type == media_type and checked.sha256 == hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "evidence.empty"),
        ("a.pdf", PNG, "evidence.type"),
        ("a.exe", b"MZ\x90\x00", "evidence.type"),
        ("a.txt", b"MZ\x90\x00\x03", "evidence.type"),
        ("run.exe", b"plain words", "evidence.type"),
        ("a.html", b"<script>alert(1)</script>", "evidence.type"),
        ("a.zip", office("a.txt"), "evidence.type"),
        ("a.docx", office("word/document.xml", "word/vbaProject.bin"), "evidence.type"),
        ("a.docx", b"PK\x03\x04 broken", "evidence.type"),
        ("a.docx", office("word/document.xml")[:-30], "evidence.type"),
        ("a.pdf", PDF + b"\x00" * evidence.FILE_LIMIT, "evidence.size"),
        ("///", PDF, "evidence.name"),
        ("..", PDF, "evidence.name"),
    ],
)
def test_what_is_not_admitted_is_refused_with_its_reason(name: str, content: bytes, code: str) -> None:
    with pytest.raises(CaseworkError) as refused:
        evidence.check(
            [evidence.NewEvidence(name=name, media_type="", content=content)], materials=frozenset()
        )
    assert refused.value.code == code and refused.value.zh


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\用户\\凭证.pdf", "凭证.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\u202efdp.pdf", "afdp.pdf"),
        ("a\x00\r\nb.pdf", "ab.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(given: str, kept: str) -> None:
    assert evidence.safe_name(given) == kept


def test_there_are_limits_on_number_and_total() -> None:
    file = proof(material="")
    with pytest.raises(CaseworkError, match=r"evidence\.number"):
        evidence.check([file] * 21, materials=frozenset())
    big = proof(material="", content=PDF.ljust(evidence.FILE_LIMIT, b" "))
    with pytest.raises(CaseworkError, match=r"evidence\.size"):
        evidence.check([big] * 5, materials=frozenset())


@pytest.mark.usefixtures("database")
def test_evidence_comes_in_with_its_case_or_not_at_all() -> None:
    town = Town()
    record, other = town.record(), town.record()
    for wrong in (proof(material="gossip"), proof(content=b"MZ\x00"), proof(record=other.public_id)):
        with pytest.raises(CaseworkError):
            apply(town.firm, record, evidence=[proof(), wrong])
        assert (
            not Application.objects.exists() and not Case.objects.exists() and not Evidence.objects.exists()
        )
        assert not EvidenceContent.objects.exists()
    apply(town.firm, record, evidence=[proof()])
    file = Evidence.objects.get()
    assert file.size == len(PDF) and file.by_id == town.firm.account_id
    assert bytes(file.kept_id) == hashlib.sha256(PDF).digest()
    assert evidence_store.content(bytes(file.kept_id), place="") == PDF
    case = object_to(town.firm, other, evidence=[proof(material="proof_of_grounds", name="决定书.pdf")])
    shown = evidence_of(town.market_officer, case, on=TODAY)
    assert [item.file.name for item in shown] == ["决定书.pdf"]


@pytest.mark.usefixtures("database")
def test_a_file_handed_in_twice_is_stored_once() -> None:
    town = Town()
    apply(town.firm, town.record(), evidence=[proof(), proof(name="again.pdf")])
    apply(town.firm, town.record(), evidence=[proof(), proof(content=PNG, name="a.png")])
    assert (Evidence.objects.count(), EvidenceContent.objects.count()) == (4, 2)


@pytest.mark.usefixtures("database")
def test_a_changed_byte_is_refused_and_said_exactly() -> None:
    town = Town()
    apply(town.firm, town.record())
    file = Evidence.objects.get()
    changed = PDF[:-1] + b"X"
    with connection.cursor() as cursor:  # what a broken disk does, the database itself does not let happen
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("UPDATE casework_evidencecontent SET content = %s", [changed])
        cursor.execute(
            "ALTER TABLE casework_evidencecontent DROP CONSTRAINT content_has_its_digest,"
            " DISABLE TRIGGER content_never_changed"
        )
        cursor.execute("UPDATE casework_evidencecontent SET content = %s", [changed])
    with pytest.raises(CaseworkError) as refused:
        evidence_store.content(bytes(file.kept_id), place=str(file.public_id))
    error = refused.value
    assert (error.code, error.place) == ("evidence.damaged", str(file.public_id))
    for said in (error.en, error.zh):
        assert file.digest in said and hashlib.sha256(changed).hexdigest() in said


@pytest.mark.usefixtures("database")
def test_the_database_takes_no_content_under_another_digest() -> None:
    with pytest.raises(IntegrityError, match="content_has_its_digest"):
        EvidenceContent.objects.create(sha256=hashlib.sha256(b"other").digest(), size=len(PDF), content=PDF)


@pytest.mark.usefixtures("database")
def test_content_goes_when_nothing_refers_to_it_and_not_before() -> None:
    town = Town()
    apply(town.firm, town.record())
    kept, loose = hashlib.sha256(PDF).digest(), hashlib.sha256(PNG).digest()
    with transaction.atomic():
        evidence_store.keep({loose: PNG})
    with transaction.atomic():
        assert evidence_store.release([kept, loose, hashlib.sha256(b"never there").digest()]) == 1
    assert [bytes(item.pk) for item in EvidenceContent.objects.all()] == [kept]


@pytest.mark.concurrency
@pytest.mark.usefixtures("database")
def test_content_is_not_let_go_while_somebody_is_about_to_refer_to_it() -> None:
    town = Town()
    digest = hashlib.sha256(PDF).digest()
    with transaction.atomic():
        evidence_store.keep({digest: PDF})
    went: list[int] = []

    def let_go() -> None:
        try:
            with transaction.atomic():
                went.append(evidence_store.release([digest]))
        finally:
            connection.close()

    thread = threading.Thread(target=let_go)
    with transaction.atomic():
        apply(town.firm, town.record())
        thread.start()
        until = time.monotonic() + 30
        while not waits_for_a_lock():
            assert time.monotonic() < until, "letting go did not wait"
            time.sleep(0.01)
    thread.join(30)
    assert went == [0]
    assert evidence_store.content(digest, place="") == PDF


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
