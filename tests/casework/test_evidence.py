"""Files that people hand in are what their bytes say, small enough, and lost or kept with their case."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from goodstanding.casework import evidence, queries
from goodstanding.casework.commands import CaseworkError
from goodstanding.casework.models import Application, Case, Evidence

from .stories import PDF, Town, apply, object_to, proof

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
    apply(town.firm, record, evidence=[proof()])
    file = Evidence.objects.get()
    assert bytes(file.content) == PDF and file.size == len(PDF)
    assert bytes(file.sha256) == hashlib.sha256(PDF).digest()
    case = object_to(town.firm, other, evidence=[proof(material="proof_of_grounds", name="决定书.pdf")])
    assert [f.name for f in queries.evidence_of(town.market_officer, case)] == ["决定书.pdf"]
