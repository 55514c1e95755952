"""The zoo of bad input: each gets a clear answer naming file, row and column, and the process stays up."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority, Event, Record
from tests.intake.files import header_of, outcomes, penalty, reasons, registration, take_in, write_csv
from tests.registry.factories import make_authority, make_entity

PENALTIES = "double-publicity-penalties"


@pytest.fixture
def bureau(database: str) -> Authority:
    return make_authority()


def refused(path: Path, bureau: Authority, contract: str = PENALTIES) -> dict[str, object]:
    """Take a file in that must be refused as a whole. Its error."""
    batch = take_in(path, contract, bureau)
    assert batch.state == Batch.State.FAILED, outcomes(batch)
    assert batch.next_row == 0 and Event.objects.count() == 0
    assert isinstance(batch.error, dict)
    assert batch.error["en"].startswith(path.name) and batch.error["zh"].startswith(path.name)
    return batch.error


def place(error: dict[str, object]) -> tuple[object, object, object]:
    return error["code"], error["row"], error["column"]


def lines(bureau: Authority, count: int = 3) -> list[dict[str, str]]:
    return [penalty(i, "", f"临湖市第{i}商贸有限公司", bureau) for i in range(count)]


def text_of(path: Path, bureau: Authority) -> str:
    return write_csv(path, PENALTIES, lines(bureau)).read_text(encoding="utf-8")


def test_an_empty_file(tmp_path: Path, bureau: Authority) -> None:
    (path := tmp_path / "a.csv").write_bytes(b"")
    assert place(refused(path, bureau)) == ("file.empty", None, None)
    path.write_text(",".join(header_of(PENALTIES)) + "\n", encoding="utf-8")
    assert place(refused(path, bureau)) == ("file.no_rows", None, None)


def test_the_wrong_contract(tmp_path: Path, bureau: Authority) -> None:
    path = write_csv(tmp_path / "r.csv", "registration", [registration("", "临湖市甲商贸有限公司")])
    assert place(refused(path, bureau)) == ("file.unknown_column", 1, "TYSHXYDM")


def test_missing_and_unknown_and_doubled_columns(tmp_path: Path, bureau: Authority) -> None:
    names = header_of(PENALTIES)
    path = write_csv(tmp_path / "m.csv", PENALTIES, [], header=[n for n in names if n != "CF_WSH"])
    path.write_text(path.read_text(encoding="utf-8") + "x\n", encoding="utf-8")
    assert place(refused(path, bureau)) == ("file.missing_column", 1, "CF_WSH")
    path.write_text(",".join([*names, "信用评分"]) + "\nx\n", encoding="utf-8")
    assert place(refused(path, bureau)) == ("file.unknown_column", 1, "信用评分")
    path.write_text(",".join([*names, "CF_WSH"]) + "\nx\n", encoding="utf-8")
    assert place(refused(path, bureau)) == ("file.column_twice", 1, "CF_WSH")


def test_columns_may_stand_in_any_order_under_their_chinese_names(tmp_path: Path, bureau: Authority) -> None:
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    path = write_csv(tmp_path / "o.csv", PENALTIES, [penalty(1, code, entity.name, bureau)])
    head, row = path.read_text(encoding="utf-8").splitlines()
    from goodstanding.intake.contract import load_contract

    chinese = {column.name: column.business_name for column in load_contract(PENALTIES).columns}
    head = ",".join(chinese[name] for name in reversed(head.split(",")))
    path.write_text(head + "\n" + ",".join(reversed(row.split(","))) + "\n", encoding="utf-8")
    assert outcomes(take_in(path, PENALTIES, bureau)) == (1, 0, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_that_authorities_use(tmp_path: Path, bureau: Authority, encoding: str) -> None:
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    path = write_csv(
        tmp_path / "e.csv",
        PENALTIES,
        [penalty(1, code, entity.name, bureau, CF_SY="㑇㐱𠮷")],
        encoding=encoding,
    )
    batch = take_in(path, PENALTIES, bureau)
    assert outcomes(batch) == (1, 0, 0, 0), (batch.error, reasons(batch))
    assert batch.encoding == encoding
    assert Record.objects.get().content["public"]["CF_SY"] == "㑇㐱𠮷"


def test_an_encoding_that_is_none_of_them(tmp_path: Path, bureau: Authority) -> None:
    raw = text_of(tmp_path / "x.csv", bureau).encode()
    at = raw.index("第1商".encode())
    (tmp_path / "x.csv").write_bytes(raw[:at] + b"\xff\xff\xff" + raw[at:])
    assert place(refused(tmp_path / "x.csv", bureau)) == ("file.encoding", 3, None)


def test_a_nul_byte(tmp_path: Path, bureau: Authority) -> None:
    raw = text_of(tmp_path / "n.csv", bureau).replace("第2商", "第\x002商")
    (tmp_path / "n.csv").write_text(raw, encoding="utf-8", newline="")
    assert place(refused(tmp_path / "n.csv", bureau)) == ("file.nul", 4, "1")


def test_broken_quotes(tmp_path: Path, bureau: Authority) -> None:
    raw = text_of(tmp_path / "q.csv", bureau)
    (tmp_path / "q.csv").write_text(
        raw.replace("临市监罚〔2026〕1号", '"临市"监罚'), encoding="utf-8", newline=""
    )
    assert place(refused(tmp_path / "q.csv", bureau)) == ("file.quotes", 3, "CF_WSH")
    (tmp_path / "q.csv").write_text(raw.replace("临市监罚〔2026〕2号", '"临市'), encoding="utf-8", newline="")
    assert place(refused(tmp_path / "q.csv", bureau)) == ("file.quotes", 4, "CF_WSH")


def test_a_cell_of_ten_megabytes(tmp_path: Path, bureau: Authority) -> None:
    raw = text_of(tmp_path / "b.csv", bureau)
    (tmp_path / "b.csv").write_text(raw.replace("第2商", "长" * 3_500_000), encoding="utf-8", newline="")
    assert place(refused(tmp_path / "b.csv", bureau)) == ("file.cell_too_long", 4, "CF_XDR_MC")
    never_closed = raw.replace("超范围经营", '"超', 1) + raw * 900
    (tmp_path / "b.csv").write_text(never_closed, encoding="utf-8", newline="")
    assert refused(tmp_path / "b.csv", bureau)["row"] == 2


def test_rows_of_other_lengths_are_returned(tmp_path: Path, bureau: Authority) -> None:
    head, *rest = text_of(tmp_path / "l.csv", bureau).splitlines()
    rest = [rest[0] + ",x", ",".join(rest[1].split(",")[:-2]), rest[2]]
    (tmp_path / "l.csv").write_text("\n".join([head, *rest]), encoding="utf-8")
    batch = take_in(tmp_path / "l.csv", PENALTIES, bureau)
    assert reasons(batch) == {2: ["row.column_count"], 3: ["row.column_count"], 4: ["link.no_identifier"]}


def test_values_that_are_not_what_the_contract_says(tmp_path: Path, bureau: Authority) -> None:
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value

    def row(number: int, **more: str) -> dict[str, str]:
        return penalty(number, code, entity.name, bureau, **more)

    wrong = {
        "column.not_a_date": row(1, CF_JDRQ="115/05/01"),
        "column.future_date": row(2, CF_JDRQ="2026-06-02"),
        "column.missing_value": row(3, CF_WSH="　"),
        "column.not_a_number": row(4, CF_NR_FK="2千元"),
        "column.negative": row(5, CF_NR_FK="-0.2"),
        "column.too_long": row(6, CF_WSH="临" * 129),
        "column.not_in_code_list": row(7, CF_CFLB="罚款；罚金"),
        "row.formula": row(8, CF_SY="=1+1"),
        "link.invalid_identifier": row(9, CF_XDR_SHXYM=code[:-1] + ("A" if code[-1] != "A" else "B")),
        "link.not_registered": row(10, CF_XDR_SHXYM="91980102MA0099990C"),
        "link.code_and_name_disagree": row(11, CF_XDR_MC="临湖市完全不同贸易有限公司"),
        "link.name_lost_characters": row(12, CF_XDR_MC="临湖市天?商贸有限公司"),
        "link.no_identifier": row(13, CF_XDR_SHXYM=""),
    }
    from goodstanding.identity import org_code_from, uscc_from_parts

    nobody = uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code_from("MA009999"))
    wrong["link.not_registered"]["CF_XDR_SHXYM"] = nobody
    batch = take_in(write_csv(tmp_path / "v.csv", PENALTIES, wrong.values()), PENALTIES, bureau)
    assert outcomes(batch) == (0, 0, 0, len(wrong))
    assert [found[0] for found in reasons(batch).values()] == list(wrong)
    for rejected in batch.rejected_rows.all():
        for why in rejected.reasons:
            assert why["en"] and why["zh"] and "{" not in why["en"] + why["zh"]
        assert rejected.quarantined == rejected.reasons[0]["code"].startswith("link.")


def test_spellings_that_mean_the_same_are_one_value(tmp_path: Path, bureau: Authority) -> None:
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    wide = code.translate({ord(d): chr(ord(d) + 0xFEE0) for d in "0123456789"})
    one = penalty(1, code, entity.name, bureau)
    spelled = one | {
        "CF_XDR_SHXYM": f" {wide.lower()}　",
        "CF_JDRQ": "２０２６年５月１日",
        "CF_NR_FK": "０.20",
        "CF_XDR_MC": entity.name + " ",
    }
    batch = take_in(write_csv(tmp_path / "s.csv", PENALTIES, [one, spelled]), PENALTIES, bureau)
    assert outcomes(batch) == (1, 1, 0, 0), reasons(batch)


def workbook(path: Path, rows: list[dict[str, str]], **cells: str) -> Path:
    """A workbook with these rows, then single cells by their address (formulas begin with =)."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        names = header_of(PENALTIES)
        sheet.write_row(0, 0, names)
        for number, row in enumerate(rows, start=1):
            for at, name in enumerate(names):
                sheet.write_string(number, at, row.get(name, ""))
        for address, value in cells.items():
            sheet.write_formula(address, value, value="2000") if value[0] == "=" else sheet.write(
                address, value
            )
    return path


def test_formulas_in_a_workbook_are_returned(tmp_path: Path, bureau: Authority) -> None:
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    rows = [penalty(i, code, entity.name, bureau) for i in range(3)]
    at = header_of(PENALTIES).index("CF_NR")
    letter = chr(ord("A") + at)
    path = workbook(tmp_path / "f.xlsx", rows, **{f"{letter}3": "=A1&B1"})
    batch = take_in(path, PENALTIES, bureau)
    assert outcomes(batch) == (2, 0, 0, 1), (batch.error, reasons(batch))
    (rejected,) = batch.rejected_rows.all()
    assert (rejected.row, rejected.reasons[0]["code"], rejected.reasons[0]["column"]) == (
        3,
        "row.formula",
        "CF_NR",
    )


def test_dates_and_numbers_of_a_workbook(tmp_path: Path, bureau: Authority) -> None:
    from datetime import datetime

    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    names = header_of(PENALTIES)
    row: dict[str, object] = dict(penalty(1, code, entity.name, bureau))
    row |= {"CF_JDRQ": datetime(2026, 5, 1), "CF_NR_FK": 0.2, "CF_YXQ": "2099/12/31"}
    with xlsxwriter.Workbook(tmp_path / "d.xlsx", {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        for at, name in enumerate(names):
            if name in row:
                sheet.write(1, at, row[name])
    batch = take_in(tmp_path / "d.xlsx", PENALTIES, bureau)
    assert outcomes(batch) == (1, 0, 0, 0), (batch.error, reasons(batch))
    record = Record.objects.get()
    assert (record.found_on.isoformat(), str(record.amount_yuan)) == ("2026-05-01", "2000.00")


def test_a_second_filled_sheet_is_not_left_behind_in_silence(tmp_path: Path, bureau: Authority) -> None:
    with xlsxwriter.Workbook(tmp_path / "2.xlsx") as book:
        for _ in range(2):
            book.add_worksheet().write_row(0, 0, header_of(PENALTIES))
    assert place(refused(tmp_path / "2.xlsx", bureau))[0] == "file.several_sheets"


def rezip(path: Path, name: str, content: bytes) -> None:
    """Replace one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def test_a_zip_bomb(tmp_path: Path, bureau: Authority) -> None:
    path = workbook(tmp_path / "z.xlsx", lines(bureau))
    rezip(path, "xl/worksheets/sheet1.xml", b" " * 300_000_000)
    assert path.stat().st_size < 1_000_000
    assert place(refused(path, bureau))[0] == "file.zip_bomb"


def test_an_archive_that_lies_about_its_size(tmp_path: Path, bureau: Authority) -> None:
    path = workbook(tmp_path / "y.xlsx", lines(bureau))
    rezip(path, "xl/worksheets/sheet1.xml", b" " * 50_000_000)
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = -1
        while (at := raw.find(mark, at + 1)) >= 0:
            if raw[at + offset : at + offset + 4] == (50_000_000).to_bytes(4, "little"):
                raw[at + offset : at + offset + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    assert place(refused(path, bureau))[0] == "file.not_readable"


def test_a_sheet_with_one_far_cell(tmp_path: Path, bureau: Authority) -> None:
    path = workbook(tmp_path / "w.xlsx", lines(bureau), XFD1048576="x")
    assert place(refused(path, bureau)) == ("file.too_large", 1048576, "XFD")


def test_workbooks_that_are_none(tmp_path: Path, bureau: Authority) -> None:
    (path := tmp_path / "k.xlsx").write_bytes(b"PK\x03\x04" + b"rubbish" * 50)
    assert place(refused(path, bureau))[0] == "file.not_readable"
    path.write_bytes(b"no zip at all")
    assert place(refused(path, bureau))[0] == "file.not_readable"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    assert place(refused(path, bureau))[0] == "file.old_excel"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><workbook/>")
    path.write_bytes(buffer.getvalue())
    assert place(refused(path, bureau))[0] == "file.not_readable"


def test_json_lines(tmp_path: Path, bureau: Authority) -> None:
    import json

    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    path = tmp_path / "j.jsonl"
    rows = [dict(penalty(i, code, entity.name, bureau), CF_NR_FK=0.20, BZ=None) for i in range(3)]
    path.write_text(
        "\n".join(json.dumps(row, ensure_ascii=i == 0) for i, row in enumerate(rows)), encoding="utf-8"
    )
    assert outcomes(take_in(path, PENALTIES, bureau)) == (3, 0, 0, 0)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", ("file.json", 2, None)),
        ("[1]", ("file.json", 2, None)),
        ('{"CF_WSH": {"a": 1}}', ("file.json", 2, "CF_WSH")),
        ('{"CF_WSH": "a\\u0000b"}', ("file.nul", 2, "CF_WSH")),
        ('{"CF_WSH": "\\ud800"}', ("file.nul", 2, "CF_WSH")),
        ('{"CF_WSH": NaN}', ("file.json", 2, None)),
        ('{"评分": 1}', ("file.unknown_column", 2, "评分")),
        ("[" * 100_000, ("file.json", 2, None)),
    ],
)
def test_json_lines_that_are_not(
    tmp_path: Path, bureau: Authority, line: str, expected: tuple[str, int, str | None]
) -> None:
    import json

    path = tmp_path / "j.jsonl"
    first = json.dumps(lines(bureau, 1)[0], ensure_ascii=False)
    path.write_text(f"{first}\n{line}\n", encoding="utf-8")
    assert place(refused(path, bureau)) == expected


def test_a_bad_file_does_not_stop_the_next(tmp_path: Path, bureau: Authority) -> None:
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    assert take_in(tmp_path / "bad.csv", PENALTIES, bureau).state == "failed"
    assert take_in(write_csv(tmp_path / "g.csv", PENALTIES, lines(bureau)), PENALTIES, bureau).state == "done"
