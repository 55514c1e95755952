"""The paper of a certificate: both languages, a code that leads to the verifier, the certificate attached."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy
import pypdf
import pytest
import zxingcpp

from goodstanding import proof
from goodstanding.exchange import certificate_paper
from goodstanding.exchange.certificate_paper import PRINTED, paper
from goodstanding.proof import ProofError, certificate_in, check_certificate

from ..proof.certificates import make_certificate, signed

FILE = signed(make_certificate())


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def long(number: int) -> proof.Certificate:
    """A certificate with many recipients."""
    true = make_certificate()
    more = tuple(
        replace(
            true.recipients[1], subscriber=f"more {index}", name_zh=f"第{index}银行股份有限公司临湖市分行"
        )
        for index in range(number)
    )
    recipients = true.recipients + more
    return replace(true, recipients=recipients, totals=proof.totals_of(recipients))


def test_it_says_in_both_languages_who_was_restored_by_whom_and_who_is_late() -> None:
    text = text_of(paper(FILE)).replace("\n", "")
    for words in (
        *("信用修复证明", "临湖市天成商贸有限公司", "91330999MA00000011", "行政处罚", "2026", "逾期未答复"),
        *("Certificate of credit restoration", "administrative penalty", "Linhu Market Regulator", "1 June"),
        *(
            "late: has not answered",
            "dropped, receipt signed",
            "It does not prove that a recipient really deleted",
        ),
        *("全国信用平台", "had it from 第1征信机构"),
        *("回执是其签名的声明", check_certificate(FILE).digest, "witness.test/1"),
    ):
        assert words.replace(" ", "") in text.replace(" ", ""), words


def test_the_certificate_is_attached_byte_for_byte_and_read_back() -> None:
    made = paper(FILE)
    attached = pypdf.PdfReader(io.BytesIO(made)).attachments
    assert attached == {"restoration-certificate.json": [FILE]}
    assert certificate_in(made) == FILE
    assert certificate_in(FILE) == FILE


def test_the_same_certificate_gives_the_same_bytes() -> None:
    assert paper(FILE) == paper(FILE)


def top_of(png: bytes) -> numpy.ndarray:
    """The upper third of a drawn page in grey, read as the PNG specification says (RFC 2083 section 6)."""
    width, height = struct.unpack(">II", png[16:24])
    assert png[24:29] == b"\x08\x06\0\0\0", "8 bits, red green blue alpha, not interlaced"
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    raw, stride, above, rows = zlib.decompress(data), 4 * width, bytes(4 * width), []
    for start in range(0, height // 3 * (stride + 1), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        for x in range(stride):
            left, up, corner = (line[x - 4], above[x], above[x - 4]) if x > 3 else (0, above[x], 0)
            nearest = min(
                (abs(up - corner), 0, left),
                (abs(left - corner), 1, up),
                (abs(left + up - 2 * corner), 2, corner),
            )
            line[x] = line[x] + (0, left, up, (left + up) // 2, nearest[2])[raw[start]] & 255
        rows.append(bytes(line[::4]))
        above = line
    return numpy.array([list(row) for row in rows], dtype=numpy.uint8)


def test_the_code_leads_to_the_page_with_the_digest_that_no_browser_sends() -> None:
    drawn = certificate_paper._set(FILE, format="png", ppi=100)
    assert isinstance(drawn, bytes)
    top = top_of(drawn)
    (found,) = zxingcpp.read_barcodes(numpy.ascontiguousarray(top[:, top.shape[1] // 2 :]))
    assert found.text == f"https://credit.example/certificate#sha256={check_certificate(FILE).digest}"


@pytest.mark.parametrize(("number", "pages"), [(0, 1), (400, 2)])
def test_it_stays_within_two_pages_and_says_how_many_are_not_printed(number: int, pages: int) -> None:
    told = long(number)
    made = paper(signed(told))
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) == pages
    assert (f"{sum(told.totals.values()) - PRINTED} more are" in text_of(made)) == (number > 0)
    assert certificate_in(made) == signed(told)


@pytest.mark.parametrize(
    "parts", [{"witnesses": (), "absence": None}, {"recipients": (), "totals": proof.totals_of(())}]
)
def test_what_is_missing_is_not_claimed(parts: dict[str, Any]) -> None:
    text = text_of(paper(signed(replace(make_certificate(), **parts))))
    if "witnesses" in parts:
        assert (
            "no witness has cosigned" in text
            and "No publishable" not in text
            and "None of this kind" not in text
        )
    else:
        assert "0 in all" in text


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7\n", b"%PDF-1.7 /Type /EmbeddedFile >>\nstream\nnothing", b"%PDF-"]
)
def test_a_pdf_without_a_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError) as caught:
        certificate_in(data)
    assert caught.value.code == "certificate_malformed"
