"""Natural persons in authorities' files: hashed, kept apart, masked, and never found in what is public."""

from __future__ import annotations

from pathlib import Path

import orjson
from django.conf import settings

from goodstanding.identity import person_key
from goodstanding.intake import queries
from goodstanding.intake.personal import hide_numbers, mask_names
from goodstanding.registry.models import Entity, Event, Record
from tests.intake.files import header_of, outcomes, penalty, reasons, take_in, write_csv
from tests.registry.factories import make_authority, make_entity

PENALTIES = "double-publicity-penalties"
NUMBER = "11010519491231002X"
OTHER = "440524188001010014"


def person(number: int, bureau: object, **more: str) -> dict[str, str]:
    row = {"CF_XDR_LB": "自然人", "CF_XDR_ZJHM": NUMBER, "CF_FRDB": "", "CF_FR_ZJHM": ""}
    return penalty(number, "", "王小明", bureau, **(row | more))  # type: ignore[arg-type]


def everything_kept() -> str:
    records = list(Record.objects.values_list("content", "document_no", "legal_basis"))
    return orjson.dumps(
        [
            records,
            list(Event.objects.values_list("content", flat=True)),
            list(Entity.objects.values_list("name")),
        ],
        default=str,
    ).decode()


def test_a_person_is_known_by_a_keyed_hash_only(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    rows = [
        person(1, bureau, CF_SY="王小明（身份证号11010519491231002X）于湖滨路占道经营。"),
        person(2, bureau, CF_XDR_ZJHM="１１０１０５１９４９１２３１００２ｘ"),
        person(3, bureau, CF_XDR_ZJHM=""),
        person(4, bureau, CF_XDR_ZJHM=NUMBER[:-1] + "1"),
        person(5, bureau, CF_XDR_MC="李大有"),
        person(6, bureau, CF_XDR_ZJLX="护照号", CF_XDR_ZJHM="E12345678", CF_XDR_MC="John Doe"),
        person(7, bureau, CF_XDR_SHXYM=OTHER, CF_XDR_ZJHM=OTHER, CF_XDR_MC="赵四方", CF_CFLB="行政拘留"),
    ]
    batch = take_in(write_csv(tmp_path / "p.csv", PENALTIES, rows), PENALTIES, bureau)
    assert outcomes(batch) == (4, 0, 0, 3), reasons(batch)
    assert reasons(batch) == {
        4: ["link.no_identifier"],
        5: ["link.no_identifier"],
        6: ["link.code_and_name_disagree"],
    }
    wang = Entity.objects.get(name="王小明")
    assert wang.kind == "natural_person"
    key = person_key(NUMBER, secret=settings.PERSON_SECRET)
    assert list(wang.identifiers.values_list("scheme", "value")) == [("person_key", key)]
    assert Record.objects.filter(entity=wang).count() == 2
    for record in Record.objects.all():
        public = str(record.content["public"])
        assert not any(said in public for said in ("王小明", NUMBER, "John Doe", "赵四方"))
    assert (
        Record.objects.get(document_no__endswith="1号")
        .content["public"]["CF_SY"]
        .startswith("王＊＊（身份证号＊")
    )
    assert (
        NUMBER not in everything_kept()
        and OTHER not in everything_kept()
        and "E12345678" not in everything_kept()
    )
    returned = b"".join(queries.returned_file(batch)).decode("utf-8-sig")
    assert NUMBER[:-1] not in returned
    assert "王小明" not in str(list(Event.objects.values_list("content", flat=True)))


def test_a_representative_is_masked_and_the_firm_is_not(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    entity = make_entity("临湖市张建国建材有限公司")
    code = entity.identifiers.get(scheme="uscc").value
    row = penalty(
        1, code, entity.name, bureau, CF_FRDB="张建国", CF_SY="临湖市张建国建材有限公司由张建国经营。"
    )
    assert outcomes(take_in(write_csv(tmp_path / "p.csv", PENALTIES, [row]), PENALTIES, bureau)) == (
        1,
        0,
        0,
        0,
    )
    record = Record.objects.get()
    assert record.content["public"]["CF_SY"] == "临湖市张建国建材有限公司由张＊＊经营。"
    assert record.content["public"]["CF_XDR_MC"] == entity.name
    assert record.content["personal"] == {"CF_FRDB": "张建国"}


def test_an_individual_business_keeps_its_name_out_of_public_content(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    entity = make_entity("临湖市王小明修理铺", kind="individual_business")
    code = entity.identifiers.get(scheme="uscc").value
    row = penalty(1, code, entity.name, bureau, CF_XDR_LB="个体工商户", CF_SY="临湖市王小明修理铺占道。")
    assert outcomes(take_in(write_csv(tmp_path / "p.csv", PENALTIES, [row]), PENALTIES, bureau)) == (
        1,
        0,
        0,
        0,
    )
    assert entity.name not in str(Record.objects.get().content["public"])


def test_detention_of_a_firm_is_sent_back_with_the_laws_words(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    entity = make_entity()
    code = entity.identifiers.get(scheme="uscc").value
    row = penalty(1, code, entity.name, bureau, CF_CFLB="行政拘留")
    batch = take_in(write_csv(tmp_path / "p.csv", PENALTIES, [row]), PENALTIES, bureau)
    assert reasons(batch) == {2: ["column.not_in_code_list"]}


def test_the_returned_file_opens_without_harm(database: str, tmp_path: Path) -> None:
    bureau = make_authority()
    rows = [penalty(1, "", '=HYPERLINK("http://x")', bureau, BZ="@sum", CF_NR="-1", CF_SY="+1")]
    batch = take_in(write_csv(tmp_path / "p.csv", PENALTIES, rows), PENALTIES, bureau)
    import csv
    import io

    raw = b"".join(queries.returned_file(batch))
    assert raw.startswith(b"\xef\xbb\xbf")
    head, *lines = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    assert head[1:-5] == header_of(PENALTIES)
    for line in lines:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)
    assert {line[-5] for line in lines} == {"row.formula"}


def test_masking_and_hiding() -> None:
    assert mask_names("张三和李四", ["张三"]) == "张＊和李四"
    assert hide_numbers(f"号码{NUMBER}。") == "号码＊＊＊＊＊＊。"
    assert hide_numbers("单号123456789012345678") == "单号123456789012345678"
    assert hide_numbers("0" + NUMBER) == "0" + NUMBER
