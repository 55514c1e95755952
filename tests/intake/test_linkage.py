"""Linkage: what it finds, what it never links, and that nothing depends on the order of rows."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from bench.corruptions import damaged

from goodstanding.identity import uscc_from_parts
from goodstanding.intake.linkage import (
    LinkageError,
    OnSpark,
    Thresholds,
    cluster,
    compare,
    explain,
    link,
)
from goodstanding.intake.linkage.comparisons import COMPARISONS
from goodstanding.intake.linkage.decide import Reason
from goodstanding.intake.linkage.explain import _VERDICTS
from tests.intake.organisations import as_table, organisations


def uscc(number: int) -> str:
    return uscc_from_parts(prefix2="91", region6="330106", org_code9=f"MA{number:07d}")


def linked(records: list[dict[str, Any]], entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = link(as_table(records), as_table(entities)).to_pylist()
    return rows


@pytest.fixture(scope="module")
def registry() -> list[dict[str, Any]]:
    return organisations(many=1_500, seed="registry")


@pytest.fixture(scope="module")
def feed(registry: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [damaged(row, seed="feed", many=1) for row in registry[:300]]


@pytest.fixture(scope="module")
def answers(registry: list[dict[str, Any]], feed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return linked(feed, registry[50:])  # the organisations of the first 50 rows are not there


def test_damaged_rows_find_their_entity(answers: list[dict[str, Any]]) -> None:
    wrong = [row for row in answers if row["entity"] not in (None, row["record"])]
    right = [row for row in answers[50:] if row["entity"] == row["record"]]
    assert len(wrong) <= 1
    assert len(right) >= 0.95 * len(answers[50:])


def test_the_right_entity_is_shown_where_it_is_not_linked(answers: list[dict[str, Any]]) -> None:
    shown = [row for row in answers[50:] if row["candidate"] == row["record"]]
    assert len(shown) >= 0.98 * len(answers[50:])


def test_the_order_of_rows_does_not_matter(
    registry: list[dict[str, Any]], feed: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    chance = random.Random("order")
    records, entities = feed[:], registry[50:]
    chance.shuffle(records)
    chance.shuffle(entities)
    again = {row["record"]: row for row in linked(records, entities)}
    assert [again[row["record"]] for row in answers] == answers


def test_a_batch_does_not_change_the_links_of_another(
    registry: list[dict[str, Any]], feed: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    parts = [row for at in (0, 120) for row in linked(feed[at : at + 120], registry[50:])]
    assert parts == answers[:240]


def test_weights_are_the_same_both_ways(registry: list[dict[str, Any]], feed: list[dict[str, Any]]) -> None:
    left, right = as_table(feed[:200]), as_table(registry[:200])
    there, back = compare(left, right), compare(right, left)
    assert there["evidence"].to_pylist() == pytest.approx(back["evidence"].to_pylist())
    assert sum(weight > 0 for weight in there["evidence"].to_pylist()) > 190


def test_two_different_valid_identifiers_never_link() -> None:
    entity = {"key": "E", "name": "杭州安邦科技有限公司", "address": "杭州市人民路9号1幢", "uscc": uscc(1)}
    record = {**entity, "key": "R"}
    assert linked([record], [entity])[0]["decision"] == "link"
    (other,) = linked([{**record, "uscc": uscc(2)}], [entity])
    assert (other["decision"], other["reason"], other["entity"]) == ("none", "other_identifier", None)
    (invalid,) = linked([{**record, "uscc": uscc(2)[:-1] + "?"}], [entity])
    assert invalid["decision"] == "link"
    rows = [{**entity, "key": str(number), "uscc": uscc(number)} for number in range(4)]
    assert cluster(as_table(rows))["cluster"].to_pylist() == ["0", "1", "2", "3"]


def test_a_row_without_code_does_not_bring_two_codes_together() -> None:
    row = {"name": "杭州安邦科技有限公司", "address": "杭州市人民路9号1幢"}
    rows = [
        {**row, "key": "a", "uscc": uscc(1)},
        {**row, "key": "b", "uscc": None},
        {**row, "key": "c", "uscc": uscc(2)},
    ]
    clusters = dict(zip("abc", cluster(as_table(rows))["cluster"].to_pylist(), strict=True))
    assert clusters["a"] != clusters["c"]


@pytest.mark.parametrize(
    ("record", "entity", "reason"),
    [
        # namesakes of other divisions
        ("假日酒店（中国）有限公司 武汉市洗马长街88号", "假日酒店(中国)有限公司 长沙市五一大道868号", "other_division"),
        # a branch and its head office, two branches
        ("安邦银行股份有限公司西湖支行 杭州市文一路9号", "安邦银行股份有限公司 杭州市文一路9号", "other_branch"),
        ("安邦物流有限公司第一分公司 杭州市文一路9号", "安邦物流有限公司第二分公司 杭州市文一路9号", "other_branch"),
        # sister companies at one address
        ("南通大辰建筑劳务有限公司 如皋市新东路99号", "南通大辰建设集团有限公司 如皋市新东路99号", "other_name"),
    ],
)  # fmt: skip
def test_what_looks_alike_and_is_not_one(record: str, entity: str, reason: str) -> None:
    rows = [
        dict(zip(("key", "name", "address"), (key, *text.split()), strict=True))
        for key, text in (("R", record), ("E", entity))
    ]
    (answer,) = linked(rows[:1], rows[1:])
    assert answer["entity"] is None
    assert answer["reason"] in (reason, "below")
    assert cluster(as_table(rows))["cluster"].to_pylist() == ["R", "E"]


def test_two_equal_candidates_are_for_a_person() -> None:
    entities = [{"key": key, "name": "安邦联合贸易有限公司", "address": None} for key in ("E1", "E2")]
    (row,) = linked([{"key": "R", "name": "安邦联合贸易有限公司", "address": None}], entities)
    assert (row["decision"], row["reason"], row["candidate"], row["second"]) == (
        "review",
        "margin",
        "E1",
        "E2",
    )


def test_a_former_name_finds_the_entity() -> None:
    entities = pa.table(
        {
            "key": ["E", "F"],
            "name": ["杭州新名科技有限公司", "杭州恒云医药有限公司"],
            "former_names": [["杭州旧称贸易有限公司"], []],
        }
    )
    records = pa.table({"key": ["R"], "name": ["杭州旧称贸易有限公司"]})
    assert link(records, entities)["entity"].to_pylist() == ["E"]
    as_text = entities.set_column(2, "former_names", pa.array(["杭州旧称贸易有限公司；杭州老名商行", None]))
    assert link(records, as_text)["entity"].to_pylist() == ["E"]


def test_thresholds_are_the_callers(feed: list[dict[str, Any]], registry: list[dict[str, Any]]) -> None:
    strict = link(as_table(feed[:50]), as_table(registry), thresholds=Thresholds(link=1000.0, review=999.0))
    assert set(strict["decision"].to_pylist()) == {"none"}


def test_every_decision_can_be_read_in_both_languages(answers: list[dict[str, Any]]) -> None:
    for row in answers:
        said = explain(row)
        for language in ("en", "zh"):
            assert said.text(language=language)
        assert "\u4e00" <= said.verdict_zh[0] <= "\u9fff"
        if row["candidate"] is not None:
            assert [part.code for part in said.parts] == [one.code for one in COMPARISONS]
            assert row["candidate"] in said.verdict_en
            assert row["candidate"] in said.verdict_zh
            assert sum(part.weight for part in said.parts) - 19.93 == pytest.approx(row["weight"], abs=0.01)
    assert set(_VERDICTS) == set(Reason)


def test_an_explanation_word_for_word() -> None:
    row = {"key": "R", "name": "杭州安邦科技有限公司", "address": "杭州市人民路9号1幢"}
    (answer,) = linked([row], [{**row, "key": "E"}])
    assert explain(answer).text(language="en").splitlines()[:2] == [
        f"Linked to E: weight {answer['weight']:.1f}, from 3.0 on links are made. There is no second candidate.",
        "Name: the whole name is the same (+25.6)",
    ]
    assert explain(answer).text(language="zh").splitlines()[:2] == [
        f"已关联至E：权重{answer['weight']:.1f}，达到关联阈值3.0。没有其他候选主体。",
        "名称：全称相同（+25.6）",
    ]


def test_no_records_no_candidates_no_names() -> None:
    empty = pa.table({"key": pa.array([], pa.string()), "name": pa.array([], pa.string())})
    one = pa.table({"key": ["E"], "name": ["杭州安邦科技有限公司"]})
    assert len(link(empty, one)) == 0
    assert link(one, empty)["decision"].to_pylist() == ["none"]
    nameless = pa.table({"key": ["a", "b"], "name": pa.array([None, ""], pa.string())})
    assert link(nameless, one)["reason"].to_pylist() == ["no_candidate"] * 2


def test_bad_tables_are_refused() -> None:
    good = pa.table({"key": ["E"], "name": ["杭州安邦科技有限公司"]})
    with pytest.raises(LinkageError) as missing:
        link(good.drop_columns(["name"]), good)
    assert missing.value.code == "column_missing"
    with pytest.raises(LinkageError) as repeated:
        link(good, pa.concat_tables([good, good]))
    assert repeated.value.code == "key_repeated"
    assert repeated.value.zh and repeated.value.remedy_zh
    with pytest.raises(ValueError, match="1 and 2"):
        compare(good, pa.concat_tables([good, good]))


@pytest.mark.parametrize("library", ["opencc", "splink"])
def test_without_the_extra_the_error_says_what_to_install(library: str) -> None:
    script = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "import pyarrow as pa\n"
        "from goodstanding.intake.linkage import LinkageError, link\n"
        "table = pa.table({'key': ['E'], 'name': ['杭州安邦科技有限公司']})\n"
        "try: link(table, table)\n"
        "except LinkageError as error: print(error.code, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("extra_missing")
    assert "goodstanding[linkage]" in done.stdout


def test_several_processes_say_the_same(
    registry: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from goodstanding.intake.linkage import features

    table = as_table(registry)
    one = features.make_faces(table, title="entities")
    monkeypatch.setattr(features, "_ROWS_AT_ONCE", 1_000)
    assert features.make_faces(table, title="entities", processes=2) == one


@pytest.fixture(scope="module")
def spark_session() -> Iterator[Any]:
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("no Java for Spark; tests/system-packages installs it")
    from goodstanding.law.columns import spark

    connection = spark(master="local[2]")
    for setting, value in (
        ("spark.sql.shuffle.partitions", "1"),
        ("spark.sql.constraintPropagation.enabled", "false"),
    ):
        connection._session.conf.set(setting, value)  # the queries are long, the rows few
    yield connection._session
    connection._session.stop()


def test_spark_says_what_duckdb_says(
    spark_session: Any, registry: list[dict[str, Any]], feed: list[dict[str, Any]]
) -> None:
    records, entities = as_table(feed[:20]), as_table(registry[:40])
    expected = link(records, entities).to_pylist()
    found = link(records, entities, engine=OnSpark(spark_session)).to_pylist()
    for there, here in zip(found, expected, strict=True):
        assert {k: v for k, v in there.items() if not isinstance(v, float)} == {
            k: v for k, v in here.items() if not isinstance(v, float)
        }
        assert [v for v in there.values() if isinstance(v, float)] == pytest.approx(
            [v for v in here.values() if isinstance(v, float)]
        )
