"""Nasty cells, one after another: the columns never say anything that the row code does not say."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.identity import standardise
from goodstanding.intake import readers
from goodstanding.intake.build import KnownAuthority
from goodstanding.intake.bulk.errors import NotInBulk
from goodstanding.intake.bulk.layout import layout_of
from goodstanding.intake.bulk.reading import read
from goodstanding.intake.bulk.tidy import tidy
from goodstanding.intake.contract import load_contract
from goodstanding.intake.errors import FileError
from goodstanding.intake.personal import hide_numbers
from goodstanding.intake.standardise import document_key
from tests.intake.bulk_runs import assert_same, job, rejected, take

BUREAU = "11980100MB2T15480X"
CODES = ("91980102MA0000A00Y", "92980102MA0000B077")
NASTY = (
    *(
        "",
        " ",
        "\u3000",
        "=1+1",
        '"',
        "\\",
        "a\nb",
        "\x1f",
        "\x85",
        "张三",
        "ＡＢ１２",
        "无",
        "N/A",
        "\ufffd",
        "?",
    ),
    *("2026-05-01", "2026/5/1", "２０２６年5月1日", "20260501", "2026-02-30", "115/05/01", "2036-05-01"),
    *(
        "0.2",
        "1,000",
        "１２",
        "-1",
        "2000元",
        "1e3",
        "007",
        "1.50",
        "1.1234567",
        "999999999999.999999",
        "+1",
        ".5",
    ),
    *("罚款", "罚款;警告", "警告、罚款", "行政拘留", "其他-约谈", "罚款；；", "未知", "个体工商户", "自然人"),
    *(
        "11010519491231002X",
        "电话13800138000",
        "编号１１０１０５１９４９１２３１００２Ｘ止",
        "1" * 18,
        "x" * 300,
    ),
    *(
        "临市监罚〔2026〕1号",
        "临市监罚[2026]1号",
        "临市监罚（2026）1号A",
        "临市监 罚〔2026〕1号",
        "ﬁ",
        "㈱",
        "e\u0301",
        "ẞ",
    ),
)
ROW = {
    "CF_XDR_MC": "临湖东风贸易有限公司",
    "CF_XDR_LB": "法人及非法人组织",
    "CF_XDR_SHXYM": CODES[0],
    "CF_FRDB": "李四光",
    "CF_WSH": "临市监罚〔2026〕1号",
    "CF_WFXW": "超范围经营",
    "CF_SY": "当事人超出登记的经营范围从事经营活动。",
    "CF_YJ": "《中华人民共和国市场主体登记管理条例》第四十六条",
    "CF_CFLB": "罚款",
    "CF_NR": "罚款2000元",
    "CF_NR_FK": "0.2",
    "CF_JDRQ": "2026-05-01",
    "CF_YXQ": "2099-12-31",
    "CF_CFJG": "临湖市市场监督管理局",
    "CF_CFJGDM": BUREAU,
    "CF_SJLY": "临湖市市场监督管理局",
    "CF_SJLYDM": BUREAU,
}
COLUMNS = tuple(column.name for column in load_contract("double-publicity-penalties").columns)
AUTHORITIES = {BUREAU: KnownAuthority(3, "government")}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two entities: a firm, and an individual business that bears a person's name."""
    path = tmp_path_factory.mktemp("known") / "known.parquet"
    rows = [
        (
            "uscc",
            CODES[0],
            "1b000000-0000-4000-8000-000000000001",
            "organisation",
            "临湖东风贸易有限公司",
            ["旧名公司"],
        ),
        ("uscc", CODES[1], "2c000000-0000-4000-8000-000000000002", "individual_business", "张三", []),
        (
            "org_code",
            "MA0000A00",
            "1b000000-0000-4000-8000-000000000001",
            "organisation",
            "临湖东风贸易有限公司",
            [],
        ),
    ]
    names = ("scheme", "value", "entity", "kind", "name", "former_names")
    pq.write_table(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]), path)
    return path


def same_both_ways(rows: list[dict[str, str]], known: Path, folder: Path) -> tuple[int, int]:
    """Take rows in by columns and row by row; all must be equal. How many were plain, how many rejected."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    made = [
        take(
            path,
            job("double-publicity-penalties", AUTHORITIES, BUREAU, columns=columns),
            known,
            folder / f"columns-{columns}",
        )
        for columns in (True, False)
    ]
    assert_same(*made)
    return made[0].plain, len(rejected(made[0]))


def test_every_nasty_cell_in_every_column(known: Path, tmp_path: Path) -> None:
    businesses = ROW | {"CF_XDR_SHXYM": CODES[1], "CF_XDR_MC": "张三", "CF_XDR_LB": "个体工商户"}
    rows = [ROW, businesses, ROW | {"CF_XDR_MC": "旧名公司"}, ROW | {"CF_SY": "李四光到场"}]
    rows += [
        row | {name: cell, "BZ": f"第{at}行" if name != "BZ" else cell}
        for at, (name, cell, row) in enumerate(itertools.product(COLUMNS, NASTY, (ROW, businesses)))
    ]
    plain, refused = same_both_ways(rows, known, tmp_path)
    assert plain > len(rows) // 3
    assert refused > len(rows) // 10


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=12) | st.sampled_from(NASTY), max_size=3),
        min_size=50,
        max_size=200,
    )
)
def test_any_cells(
    known: Path, tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, str]]
) -> None:
    clean = [{name: cell.encode("utf-8", "ignore").decode() for name, cell in row.items()} for row in changes]
    rows = [ROW | {name: cell.replace("\0", "") for name, cell in row.items()} for row in clean]
    same_both_ways([ROW, *rows], known, tmp_path_factory.mktemp("any"))


BLANKS = st.sampled_from(
    [" ", "\t", "\u3000", "\x85", "\xa0", "\u2003", "\u1680", "\u205f", "\x1c", "", "、", "”"]
)
TEXTS = st.lists(
    st.tuples(BLANKS, st.text(max_size=8) | st.from_regex("[0-9０-９]{15,19}[Xx]?", fullmatch=True), BLANKS),
    max_size=30,
)


@given(TEXTS)
@settings(deadline=None)
def test_tidied_cells_are_what_the_row_code_makes_of_them(parts: list[tuple[str, str, str]]) -> None:
    contract = load_contract("double-publicity-penalties")
    layout = layout_of(contract)
    cells = ["".join(part).encode("utf-8", "ignore").decode() for part in parts]
    found, keys, odd = tidy([pa.array(cells, pa.string())] * len(layout.places), layout)
    for place, column in zip(layout.places, found, strict=True):
        for cell, text in zip(cells, column.to_pylist(), strict=True):
            if place.code:
                assert text == standardise(cell)
            else:
                assert text == (
                    hide_numbers(cell.strip()) if place.free and place.part == "text" else cell.strip()
                )
    for at, column in zip(layout.keys, keys, strict=True):
        for cell, key in zip(found[at].to_pylist(), column.to_pylist(), strict=True):
            assert key == document_key(cell)
    for cell, is_odd in zip(cells, odd.to_pylist(), strict=True):
        assert is_odd or not (cell.startswith("=") or any(c < " " or c in '"\\' for c in cell))


PIECES = st.lists(
    st.sampled_from(["a", "张", '"', '""', ",", "\n", "\r\n", "\r", "=", " ", "\n\n", '","', "x,y\n"]),
    max_size=60,
)


@given(PIECES)
@settings(deadline=None, max_examples=300)
def test_blocks_are_the_rows_of_the_readers(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    contract = load_contract("abnormal-list")
    required = [column.name for column in contract.columns if column.required]
    out = io.StringIO()
    csv.writer(out).writerow(required)
    path = tmp_path_factory.mktemp("pieces") / "file.csv"
    path.write_bytes((out.getvalue() + "".join(pieces)).encode())
    try:
        found = readers.inspect(path, name=path.name, contract=contract)
        expected = list(readers.rows(found, contract=contract))
    except FileError as error:
        with pytest.raises(FileError) as caught:
            list(read(path, name=path.name, contract=contract)[1])
        assert caught.value.as_json() == error.as_json()
        return
    header, blocks = read(path, name=path.name, contract=contract)
    got: list[readers.Row] = []
    for block in blocks:
        columns = [cells.to_pylist() for cells in block.cells]
        for at, number in enumerate(block.numbers.tolist()):
            cells = [columns[contract.places[name]][at] for name in header.header]
            got.append(block.special.get(at) or readers.Row(number, cells, readers._equals(cells)))
    assert [(row.number, row.cells, row.formulas) for row in got] == [
        (row.number, row.cells, row.formulas) for row in expected
    ]


def test_facts_without_an_issuer_of_their_own(known: Path, tmp_path: Path) -> None:
    """Mass facts are the sender's own, and no window of publication is known for them."""
    path = tmp_path / "taxes.csv"
    amounts = ("0", "12.50", "1.005", "007", "1,000.10", "-1", "", "99999999999999")
    rows = [
        f"临湖东风贸易有限公司,{CODES[0]},V{at},增值税,2026-01-01,2026-03-31,{amount},2026/4/{at + 1}"
        for at, amount in enumerate(amount.replace(",", "，") for amount in amounts)
    ]
    path.write_text("\n".join(["MC,TYSHXYDM,SPHM,SZ,SSQQ,SSQZ,SJJE,RKRQ", *rows, rows[0]]), encoding="utf-8")
    made = [
        take(path, job("tax-payments", AUTHORITIES, BUREAU, columns=columns), known, tmp_path / f"{columns}")
        for columns in (True, False)
    ]
    assert_same(*made)
    assert made[0].plain >= 3
    assert made[0].unchanged == 1


def test_contracts_whose_rows_do_more_than_report_are_refused(known: Path, tmp_path: Path) -> None:
    with pytest.raises(NotInBulk) as caught:
        take(tmp_path / "register.csv", job("registration", AUTHORITIES, BUREAU), known, tmp_path / "out")
    assert caught.value.code == "bulk.contract"
    assert not list(tmp_path.iterdir())
