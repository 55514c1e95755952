"""Encodings are found by decoding all of a file and by weighing what comes out; and a sender may state one."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.intake.encoding import Text, find_encoding
from goodstanding.intake.errors import FileError
from goodstanding.intake.source import source_of

ALL = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

#: Running text of three writings, written for this test.
HANS = """临湖市市场监督管理局行政处罚决定书
当事人超出登记的经营范围从事经营活动，违反了《市场主体登记管理条例》的规定。
责令改正，没收违法所得，并处罚款人民币贰仟元整。
临湖市天成商贸有限公司
湖滨路幼儿园（普通合伙）
华东锂电池科技股份有限公司第三分公司
未按照规定报送统计资料，经催告后仍未履行义务。
法定代表人：欧阳锦程
食品安全管理人员未经培训考核上岗
列入严重违法失信企业名单""".splitlines()
HANT = """臺北市政府勞動局處分書
雇主延長勞工工作時間超過法令規定，違反勞動基準法第三十二條第二項。
處新臺幣貳萬元罰鍰，並公布事業單位名稱。
大同電子股份有限公司
高雄市左營區博愛二路
未依規定給付平日延長工作時間之工資
國泰綜合醫院附設護理之家
鴻運營造有限公司
未置備勞工出勤紀錄
職業安全衛生管理人員未經訓練合格""".splitlines()
JAPANESE = """労働安全衛生法違反に係る公表事案
株式会社山田建設
北海道労働局札幌東労働基準監督署
高さ５メートルの作業床の端に手すりを設けなかったもの
外国人技能実習生に定期賃金の全額を支払わなかったもの
有限会社かがやき食品
プレス機械に安全装置を設けることなく労働者に作業を行わせたもの
虚偽の内容を記載した労働者死傷病報告書を提出したもの
東京都千代田区霞が関
フォークリフトの運転を無資格者に行わせたもの""".splitlines()
NARROW = ["ｶﾌﾞｼｷｶﾞｲｼｬ ﾔﾏﾀﾞｹﾝｾﾂ", "ﾕｳｹﾞﾝｶﾞｲｼｬ ｻﾄｳ", "ﾄｳｷｮｳﾄ ﾁﾖﾀﾞｸ", "ﾎｯｶｲﾄﾞｳ ｻｯﾎﾟﾛｼ", "ｵｵｻｶﾌ ｻｶｲｼ"]
CASES = {"gb18030": HANS, "cp950": HANT, "cp932": [*JAPANESE, *NARROW]}


def found(data: bytes, *, encodings: tuple[str, ...] = ALL, stated: str | None = None) -> Text:
    with tempfile.TemporaryDirectory() as folder:
        (path := Path(folder) / "a.csv").write_bytes(data)
        return find_encoding(source_of(path, name="a.csv"), encodings=encodings, stated=stated)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str]:
    """A codec and a text of the writing that is written in it, between ASCII cells; a few words or many."""
    codec = draw(st.sampled_from([*CASES]))
    words = draw(st.lists(st.sampled_from(CASES[codec]), min_size=1, max_size=12))
    ascii_cells = draw(st.lists(st.text("ABCXYZ0123456789,-/", max_size=20), min_size=1, max_size=6))
    return codec, "\n".join(",".join(cells) for cells in zip(ascii_cells * 12, words, strict=False))


@given(files())
@settings(max_examples=300, deadline=None)
def test_what_is_written_is_read(file: tuple[str, str]) -> None:
    codec, text = file
    for written in (codec, "utf-8", "utf-8-sig", "utf-16"):
        reading = found(text.encode(written))
        same = text.encode(written).decode(reading.encoding) == text
        assert same or reading.decided == "order", (written, reading)


@pytest.mark.parametrize("codec", CASES)
def test_the_order_of_the_contract_does_not_matter_where_there_is_evidence(codec: str) -> None:
    for text in set(CASES[codec]) - set(NARROW):
        for encodings in (ALL, ALL[::-1], ("shift_jis", "gb18030", "big5")):
            reading = found(text.encode(codec), encodings=encodings)
            assert (reading.encoding, text) == (codec, text), reading
            assert reading.decided in ("evidence", "only")


def test_nothing_to_tell_apart_goes_by_the_contract_and_says_so() -> None:
    bytes_of_two = "瑟".encode("gb18030")
    readings = [found(bytes_of_two, encodings=order) for order in (("gb18030", "big5"), ("big5", "gb18030"))]
    assert [reading.encoding for reading in readings] == ["gb18030", "cp950"]
    assert {reading.decided for reading in readings} == {"order"}
    assert {codec for codec, _ in readings[0].candidates} == {"gb18030", "cp950"}


def test_ascii_is_what_the_contract_lists_first() -> None:
    assert found(b"a,b\n1,2\n") == Text("utf-8", False, "ascii")
    assert found(b"a,b\n1,=2\n", encodings=("gb18030",)) == Text("gb18030", True, "ascii")


def test_a_sender_who_states_the_encoding_is_believed_and_nothing_else_is_tried() -> None:
    data = "\n".join(HANT).encode("cp950")
    assert found(data, stated="gb18030").encoding == "gb18030"
    assert found(data, stated="big5") == Text("cp950", False, "stated")
    with pytest.raises(FileError, match="not UTF-8 from here on"):
        found(data, stated="utf-8")
    with pytest.raises(FileError, match="does not take"):
        found(data, stated="big5", encodings=("utf-8",))


@given(st.text(st.characters(exclude_characters="\x00", codec="gb18030"), min_size=1, max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_back_when_its_encoding_is_stated_and_decodes_when_it_is_not(text: str) -> None:
    data = text.encode("gb18030")
    marked = data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    if not marked:
        assert data.decode(found(data, stated="gb18030").encoding) == text
    data.decode(
        found(data, encodings=("utf-8", "gb18030", "big5", "shift_jis")).encoding if not marked else "gb18030"
    )


def chinese() -> list[str]:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = DATA / "cn_new_registrations_2019/new_registrations.parquet"
    columns = parquet.read_table(file).slice(0, 3_000).to_pydict().values()
    return [",".join(str(cell) for cell in row) for row in zip(*columns, strict=True)]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "codec"),
    [
        ("tw_labor_penalties_sample/penalties.csv", "cp950"),
        ("jp_labor_violation_timeline/appearances.csv", "cp932"),
        ("cn_new_registrations_2019/new_registrations.parquet", "gb18030"),
    ],
)
def test_real_files_in_the_encodings_of_their_countries(path: str, codec: str) -> None:
    """The file as a whole, and every row alone: hardly a row is read in a wrong encoding for certain."""
    file = DATA / path
    if not file.exists():
        pytest.skip(f"{file} is not here")
    if path.endswith(".csv"):
        lines = [",".join(cells) for cells in csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")))]
    else:
        lines = chinese()
    whole = found("\n".join(lines).encode(codec, errors="ignore"))
    assert (whole.encoding, whole.decided in ("evidence", "only")) == (codec, True)
    tried = right = undecided = wrong = 0
    for line in lines[1:1_000]:
        data = line.encode(codec, errors="ignore")
        if data.isascii():
            continue
        tried += 1
        reading = found(data)
        if data.decode(reading.encoding, errors="replace") == data.decode(codec):
            right += 1
        elif reading.decided == "order":
            undecided += 1
        else:
            wrong += 1
    print(f"{path}: {tried} rows, {right} right, {undecided} undecided, {wrong} wrong")
    assert tried > 40
    assert wrong == 0 and right / tried > 0.99
