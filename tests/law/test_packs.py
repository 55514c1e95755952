"""Packs: what is shipped is sound, what is bad is refused with file, line and reason, and nothing is invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from goodstanding.law import (
    Facts,
    PackNotFound,
    PackRefused,
    SettingRefused,
    all_packs,
    choose,
    decide,
    govern,
    load_pack,
)
from goodstanding.law.load import pack_files, read_pack
from goodstanding.law.schema import SCHEMA_FILE, pack_schema

FILE = next(path for path in pack_files() if "ndrc-36" in str(path))
TEXT = FILE.read_text(encoding="utf-8")
PACK = load_pack("cn-ndrc-36-2025")


def refuse(tmp_path: Path, text: str) -> PackRefused:
    path = tmp_path / "2026-04-01.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        read_pack(path)
    return refused.value


def changed(old: str, new: str) -> str:
    assert old in TEXT, old
    return TEXT.replace(old, new, 1)


def without_row(start: str) -> str:
    """The text without the row that starts with this line, to the next row of the same depth."""
    lines = TEXT.split("\n")
    first = lines.index(start)
    end = next(i for i in range(first + 1, len(lines)) if not lines[i].startswith("    "))
    return "\n".join(lines[:first] + lines[end:])


CITATION = (
    '    citation: {instrument: order-36, clause_en: "ch. 2, serious: revocation of a permit", '
    "clause_zh: 第二章，严重：吊销许可证件, source: [S6], confidence: N}\n"
)
MAXIMUM = "    maximum: {value: 3, unit: years, source: [S4, S5], confidence: V}\n"
EXTRA_ROW = """  - id: revocation-again
    when: {kind: [penalty], measure: [revocation]}
    severity: ordinary
    citation: {instrument: order-36, clause_en: c, clause_zh: 条, source: [S6], confidence: N}

# The clock starts"""

BAD = {
    "unknown field": (
        changed("    adverse: true\n", "    adverse: true\n    colour: red\n"),
        "unknown field",
    ),
    "missing citation": (changed(CITATION, ""), "citation: missing"),
    "an adverse class without maximum": (changed(MAXIMUM, ""), "would never end"),
    "an unset maximum": (
        changed(MAXIMUM, "    maximum: {value: null, unit: years, confidence: X}\n"),
        "would never end",
    ),
    "a maximum below the minimum": (
        changed(MAXIMUM, MAXIMUM.replace("3,", "0,")),
        "shorter than the minimum",
    ),
    "a more serious class shorter than a milder one": (
        changed(
            "    minimum: {value: 1, unit: years, source: [S4, S5], confidence: V}\n",
            "    minimum: {value: 2, unit: months, source: [S4, S5], confidence: V}\n",
        ),
        "shorter minimum than ordinary-window",
    ),
    "natural persons scored": (
        changed("natural_persons: never_scored", "natural_persons: scored"),
        "never scored",
    ),
    "a score": (changed("    adverse: true\n", "    adverse: true\n    score: 10\n"), "a pack scores nobody"),
    "a number that was not seen": (
        changed(
            "length: {value: null, unit: working_days, parameter: decide_working_days, confidence: X}",
            "length: {value: 7, unit: working_days, confidence: R}",
        ),
        "must stay null",
    ),
    "a number without source": (
        changed(
            "length: {value: 3, unit: working_days, source: [S18, S19], confidence: N}",
            "length: {value: 3, unit: working_days, confidence: N}",
        ),
        "must name the source",
    ),
    "a seen number that is null": (
        changed(
            "length: {value: null, unit: working_days, parameter: decide_working_days, confidence: X}",
            "length: {value: null, unit: working_days, confidence: V}",
        ),
        "cannot be null",
    ),
    "an unknown source": (
        changed("source: [S6, S7], confidence: N}", "source: [S99], confidence: N}"),
        "no source 'S99'",
    ),
    "an unknown instrument": (
        changed("citation: {instrument: notice-424", "citation: {instrument: notice-425"),
        "no instrument",
    ),
    "an unknown measure": (
        changed("measure: [revocation]", "measure: [revocations]"),
        "no measure 'revocations'",
    ),
    "an unknown severity": (
        changed("    severity: serious\n", "    severity: grave\n"),
        "no severity 'grave'",
    ),
    "a class for a permit": (
        changed("when: {kind: [serious_list]}", "when: {kind: [permit]}"),
        "not adverse",
    ),
    "an unknown threshold": (
        changed("below: large_fine_from_yuan", "below: big_fine"),
        "no parameter 'big_fine'",
    ),
    "an unknown option": (
        changed("switch: {suspension_class: serious}", "switch: {suspension_class: grave}"),
        "no switch",
    ),
    "a default that is no option": (
        changed("    default: minor\n", "    default: serious\n"),
        "none of the options",
    ),
    "dates out of order": (changed("to: null}", "to: 2026-03-31}"), "dates out of order"),
    "a date that does not exist": (changed("from: 2026-04-01", "from: 2026-04-31"), "not a value"),
    "a code twice": (changed("  - code: criticism\n", "  - code: warning\n"), "stands twice in measures"),
    "a key twice": (changed("jurisdiction: CN\n", "jurisdiction: CN\njurisdiction: CN\n"), "stands twice"),
    "an alias": (changed("jurisdiction: CN\n", "jurisdiction: &a CN\nsector: *a\n"), "aliases"),
    "broken YAML": (changed("severities:\n", "severities: [\n"), "not readable as YAML"),
    "a gap in the classes": (without_row("  - id: serious-list"), "no row classifies serious_list"),
    "a gap in the windows": (
        without_row("  - id: ordinary-window"),
        "gap: no row for abnormal_list in 'ordinary'",
    ),
    "an overlap in the windows": (
        changed("when: {severity: [minor], publication_necessary: true}", "when: {severity: [minor]}"),
        "overlap",
    ),
    "contradictory rows": (changed("\n# The clock starts", EXTRA_ROW), "contradicts revocation"),
    "a row that can never fit": (
        changed(
            "\n# The clock starts",
            EXTRA_ROW.replace("measure: [revocation]", "measure: [revocation, warning]"),
        ),
        "can never fit",
    ),
    "an assumed row that does not say so": (
        changed(
            "    contested: true\n    assumed: true\n    note_en: Chosen",
            "    contested: true\n    note_en: Chosen",
        ),
        "must be marked assumed",
    ),
    "no way back": (
        TEXT[: TEXT.index("conditions:\n")] + "conditions: []\n\n" + TEXT[TEXT.index("materials:\n") :],
        "without a way back",
    ),
    "no material": (
        TEXT[: TEXT.index("materials:\n")] + "materials: []\n\n" + TEXT[TEXT.index("decides:\n") :],
        "has no required material",
    ),
    "another month rule": (changed("month_rule: same-day-clamped", "month_rule: thirty-days"), "month_rule"),
    "choices in the file": (TEXT + "\nchosen: {suspension_class: serious}\n", "choices are the operator's"),
    "nothing at all": ("", "empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_pack_is_refused_with_file_line_and_reason(name: str, tmp_path: Path) -> None:
    text, reason = BAD[name]
    refused = refuse(tmp_path, text)
    assert reason in str(refused), str(refused)
    assert all(problem.file == "2026-04-01.yaml" and problem.line >= 1 for problem in refused.problems)
    assert reason in refused.message_zh and refused.remedy_zh


def test_the_line_and_the_row_are_the_right_ones(tmp_path: Path) -> None:
    text = changed(CITATION, "")
    problem = refuse(tmp_path, text).problems[0]
    assert text.split("\n")[problem.line - 1] == "  - id: revocation"
    assert problem.row == "classification.revocation"
    assert str(problem).startswith(f"2026-04-01.yaml:{problem.line}: classification.revocation: ")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "2026-04-01.yaml"
    path.write_bytes("名".encode("gb18030"))
    with pytest.raises(PackRefused, match="not UTF-8"):
        read_pack(path)
    with pytest.raises(PackNotFound):
        read_pack(tmp_path / "missing.yaml")


def test_what_was_not_seen_is_unset() -> None:
    assert PACK.deadline("accept").working_days == 3
    assert PACK.deadline("feedback").working_days == 10
    for code in ("decide", "objection", "third_party_update"):
        assert PACK.deadline(code).working_days is None
        assert PACK.deadline(code).confidence == "X"
    assert all(parameter.value is None for parameter in PACK.parameters)


def test_the_digest_is_of_the_content_and_the_choices() -> None:
    assert read_pack(FILE).digest == PACK.digest
    assert len(PACK.digest) == 64
    switched = load_pack(PACK.id, switches={"suspension_class": "serious"})
    priced = load_pack(PACK.id, parameters={"large_fine_from_yuan": 100_000})
    assert len({PACK.digest, switched.digest, priced.digest}) == 3
    assert load_pack(PACK.id, parameters={"large_fine_from_yuan": None}).digest == PACK.digest


def test_settings_that_the_pack_does_not_offer_are_refused() -> None:
    for switches, parameters in (
        ({"suspension_class": "grave"}, {}),
        ({"colour": "red"}, {}),
        ({}, {"tiny_fine_from_yuan": 1}),
        ({}, {"large_fine_from_yuan": -1}),
        ({}, {"large_fine_from_yuan": 10, "huge_fine_from_yuan": 9}),
    ):
        with pytest.raises(SettingRefused):
            load_pack(PACK.id, switches=switches, parameters=parameters)


def test_the_pack_in_force_is_chosen_by_date_and_place() -> None:
    packs = all_packs()
    assert choose(packs, jurisdiction="CN", on=date(2026, 4, 1)) is PACK
    assert choose(packs, jurisdiction="CN", on=date(2030, 1, 1), sector="food") is PACK
    for day, expected in (
        (date(2026, 3, 31), "cn-ndrc-58-2023"),
        (date(2023, 4, 30), "cn-ndrc-527-2019"),
        (date(2019, 12, 30), "cn-ndrc-2017"),
        (date(2017, 7, 31), "cn-ndrc-2017"),
    ):
        assert choose(packs, jurisdiction="CN", on=day).id == expected
    for jurisdiction, day in (("CN", date(2017, 7, 30)), ("FR", date(2026, 4, 1))):
        with pytest.raises(PackNotFound):
            choose(packs, jurisdiction=jurisdiction, on=day)


def test_a_sector_and_a_city_are_chosen_only_for_what_they_govern() -> None:
    packs = all_packs()
    asked = {"on": date(2026, 10, 1), "sector": "market_regulation"}
    assert choose(packs, jurisdiction="CN", kind="penalty", **asked).id == "cn-samr-107-2025"
    assert choose(packs, jurisdiction="CN", kind="permit", **asked) is PACK
    assert choose(packs, jurisdiction="CN-440300", on=date(2026, 10, 1)) is PACK
    assert choose(packs, jurisdiction="CN-EXAMPLE", on=date(2026, 10, 1)).id == "example-city-2026"
    assert choose(packs, jurisdiction="CN-EXAMPLE", on=date(2026, 5, 1)) is PACK


def test_an_earlier_finding_is_governed_as_the_transition_says() -> None:
    facts = Facts(kind="penalty", measures=frozenset({"fine"}), found_on=date(2024, 6, 1))
    of_the_time, others = load_pack("cn-ndrc-58-2023"), [p for p in all_packs() if p is not PACK]
    for option, expected in (
        ("this_pack", PACK.id),
        ("pack_at_finding", of_the_time.id),
        ("milder", PACK.id),
    ):
        packs = [*others, load_pack(PACK.id, switches={"earlier_findings": option})]
        found = govern(facts, packs=packs, jurisdiction="CN", on=date(2026, 10, 1))
        assert found.pack.id == expected
        assert found.transition is not None and found.transition.when.switch == {"earlier_findings": option}
    assert govern(facts, packs=all_packs(), jurisdiction="CN", on=date(2025, 1, 1)).pack is of_the_time
    late = Facts(kind="penalty", found_on=date(2026, 5, 1))
    assert govern(late, packs=all_packs(), jurisdiction="CN", on=date(2025, 1, 1)).pack is PACK
    oldest = Facts(kind="penalty", found_on=date(2010, 1, 1))
    packs = [*others, load_pack(PACK.id, switches={"earlier_findings": "pack_at_finding"})]
    assert govern(oldest, packs=packs, jurisdiction="CN", on=date(2026, 10, 1)).pack.id == PACK.id


def test_a_number_that_was_not_seen_can_be_set_and_only_then_counts() -> None:
    pack = load_pack(PACK.id, parameters={"decide_working_days": 7, "bar_months": 12})
    assert pack.deadline("decide").working_days == 7 and PACK.deadline("decide").working_days is None
    facts = Facts(
        kind="penalty",
        measures=frozenset({"fine"}),
        found_on=date(2026, 4, 1),
        performed_on=date(2026, 5, 1),
        committed=True,
        false_commitment_on=date(2026, 8, 31),
    )
    assert decide(facts, pack=PACK, on=date(2026, 9, 1)).eligible
    barred = decide(facts, pack=pack, on=date(2027, 8, 30))
    assert not barred.eligible and barred.earliest_on == date(2027, 8, 31)
    assert decide(facts, pack=pack, on=date(2027, 8, 31)).eligible


def test_a_pack_that_is_not_there_is_named() -> None:
    with pytest.raises(PackNotFound, match="cn-ndrc-36-2025"):
        load_pack("cn-ndrc-37")


def test_a_sectors_own_pack_goes_before_the_general_one_and_ends_with_its_last_day(tmp_path: Path) -> None:
    path = tmp_path / "sector.yaml"
    text = changed("jurisdiction: CN\n", "jurisdiction: CN\nsector: food\n").replace(
        "to: null}", "to: 2026-12-31}"
    )
    path.write_text(text, encoding="utf-8")
    packs = (*all_packs(), read_pack(path))
    assert choose(packs, jurisdiction="CN", on=date(2026, 12, 31), sector="food").sector == "food"
    assert choose(packs, jurisdiction="CN", on=date(2027, 1, 1), sector="food").sector is None
    assert choose(packs, jurisdiction="CN", on=date(2026, 12, 31)).sector is None


def test_the_json_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == pack_schema(), "run python -m goodstanding.law.schema"
    assert TEXT.startswith("# yaml-language-server: $schema=../../pack.schema.json\n")
    assert (FILE.parent / "../../pack.schema.json").resolve() == SCHEMA_FILE


def test_every_number_carries_its_source_and_every_text_is_in_both_languages() -> None:
    for row in PACK.publication:
        assert row.minimum.source and row.minimum.confidence == "V"
    for name in (
        "classification",
        "publication",
        "conditions",
        "materials",
        "deadlines",
        "kinds",
        "measures",
    ):
        for row in getattr(PACK, name):
            citation = row.citation
            assert citation.clause_en.isascii()
            assert not citation.clause_zh.isascii()
