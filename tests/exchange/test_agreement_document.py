"""The document of a sharing agreement: read strictly, compared, and known to the official tooling of the standard."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from goodstanding import proof
from goodstanding.exchange.agreement import Agreement, checked, json_schema, parse_agreement, read_agreement
from goodstanding.exchange.agreement_diff import differences
from goodstanding.exchange.agreement_draft import compose
from goodstanding.exchange.errors import AgreementRefused

KINDS = {"administrative-penalty": "penalty", "permit-a": "permit"}
PARTS: dict[str, Any] = {
    "reference": "mingjian-1",
    "provider": "example.test/log",
    "provider_key": bytes(32),
    "subscriber": "3b9f0c1e-5d1c-4b62-9a57-0f6f4f0f5a11",
    "name_zh": "明鉴征信",
    "name_en": "Mingjian",
    "recipient_key": bytes(31) + b"\1",
    "kinds": ["penalty"],
    "items": ["permit-a"],
    "divisions": ["330100"],
    "fields": ["CF_NR", "CF_WFXW"],
    "masking": ["identifiers"],
    "purpose": "credit service",
    "legal_basis": "《社会信用体系建设条例》",
    "onward": ["its customers"],
    "valid_from": date(2026, 11, 1),
    "valid_until": date(2027, 10, 31),
}


def made(**more: Any) -> Agreement:
    return compose(**(PARTS | more))


def test_written_and_read_again_it_is_the_same_and_has_the_same_digest() -> None:
    found = made()
    again = parse_agreement(found.to_yaml(), file="a.yaml")
    assert again == found and again.digest == found.digest
    assert found.digest == proof.agreement_digest(found.document)
    by_hand = found.to_yaml().replace("'2026-11-01'", "2026-11-01")
    assert parse_agreement(by_hand, file="a.yaml").digest == found.digest


def test_the_official_models_and_schema_take_it() -> None:
    official = pytest.importorskip(
        "open_data_contract_standard.model",
        reason="open-data-contract-standard, the official models of the standard, is not installed",
    )
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema checks against the official schema")
    found = made()
    written = official.OpenDataContractStandard.from_string(found.to_yaml()).to_yaml()
    assert parse_agreement(written, file="a.yaml") == found
    schema = json.loads(official.OpenDataContractStandard.json_schema())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(yaml.safe_load(found.to_yaml()))] == []


def test_our_schema_takes_it_and_refuses_what_the_reader_refuses() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema checks against our own schema")
    schema = json_schema()
    validator = jsonschema.validators.validator_for(schema)(schema)
    good = made().document
    for fine in (good, made(methods=["feed", "api", "file"]).document):
        assert [error.message for error in validator.iter_errors(fine)] == []
    for change in (
        {"status": "draft"},
        {"gossip": 1},
        {"customProperties": []},
        {"slaProperties": [{"property": "frequency", "value": 0, "unit": "h"}]},
    ):
        assert list(validator.iter_errors(good | change)), change
        with pytest.raises(AgreementRefused):
            checked(good | change, file="a")


@pytest.mark.parametrize(
    ("old", "new", "line_of", "path", "remedy", "zh"),
    [
        ("kinds:", "kind:", "  kind:", "scope.kind", "correct its spelling", "没有这一项"),
        ("- '330100'", "- 330100", "- 330100", "divisions.0", "put it in quotes", "请加引号"),
        ("- '330100'", "- '3301'", "scope:", "scope", "six digits", "六位数字"),
        ("method: feed", "method: fax", "method: fax", "method", "'feed', 'push', 'api' or 'file'", "只能是"),
        ("method: feed", "method: [feed, fax]", "method:", "method.1", "'push', 'api' or 'file'", "只能是"),
        ("method: feed", "method: []", "method:", "method", "at least one of feed", "至少写"),
        ("method: feed", "method: [feed, feed]", "method:", "method", "name it once", "只写一次"),
        ("'2027-10-31'", "'2020-10-31'", "validity:", "validity", "ends before it begins", "早于"),
        ("  purpose: credit service\n", "  usage: x\n", "description:", "purpose", "add it", "请补充"),
        ("- identifiers", "- face", "- face", "masking.0", "'identifiers'", "只能是"),
        ("- CF_WFXW", "- CF_NR", "scope:", "scope", "name it once", "只写一次"),
    ],
)
def test_a_fault_names_file_line_path_and_remedy_in_both_languages(
    old: str, new: str, line_of: str, path: str, remedy: str, zh: str
) -> None:
    good = made().to_yaml()
    assert old in good
    text = good.replace(old, new, 1)
    with pytest.raises(AgreementRefused) as refused:
        parse_agreement(text, file="a.yaml")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if line_of in row)
    assert (line, True) in [(fault.line, path in fault.path) for fault in refused.value.faults]
    assert remedy in refused.value.en and f"a.yaml:{line}:" in refused.value.en
    assert zh in refused.value.zh and f"a.yaml:{line}：" in refused.value.zh


def test_what_is_no_text_or_no_yaml_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("协议".encode("gb18030"))
    with pytest.raises(AgreementRefused, match=r"agreement\.document") as refused:
        read_agreement(path)
    assert "save it as UTF-8" in refused.value.en
    for text in ("a: [", "", "- 1"):
        with pytest.raises(AgreementRefused):
            parse_agreement(text, file="a.yaml")


@pytest.mark.parametrize(
    ("change", "path", "effect"),
    [
        ({"kinds": ["penalty", "permit"], "items": []}, "terms.scope.kinds", "wider"),
        ({"items": []}, "terms.scope.kinds", "breaking"),
        ({"divisions": []}, "terms.scope.divisions", "wider"),
        ({"divisions": ["330000"]}, "terms.scope.divisions", "wider"),
        ({"divisions": ["330106"]}, "terms.scope.divisions", "breaking"),
        ({"fields": None}, "terms.scope.fields", "wider"),
        ({"fields": ["CF_NR"]}, "terms.scope.fields", "breaking"),
        ({"masking": []}, "terms.scope.masking", "wider"),
        ({"masking": ["identifiers", "name"]}, "terms.scope.masking", "breaking"),
        ({"masking": ["name"]}, "terms.scope.masking", "breaking"),
        ({"valid_until": None}, "terms.validity.until", "wider"),
        ({"valid_until": date(2027, 1, 1)}, "terms.validity.until", "breaking"),
        ({"onward": []}, "terms.onwardTransfer", "breaking"),
        ({"onward": ["its customers", "banks"]}, "terms.onwardTransfer", "wider"),
        ({"duties": (3, 5, 10)}, "terms.duties.removalWorkingDays", "wider"),
        ({"duties": (3, 1, 10)}, "terms.duties.removalWorkingDays", "breaking"),
        ({"purpose": "advertising"}, "description.purpose", "breaking"),
        ({"legal_basis": "another"}, "terms.legalBasis", "breaking"),
        ({"methods": ["push"]}, "terms.method", "breaking"),
        ({"methods": ["file", "feed"]}, "terms.method", "wider"),
        ({"methods": ["api", "file"]}, "terms.method", "breaking"),
        ({"recipient_key": bytes(31) + b"\2"}, "terms.recipient.key", "breaking"),
    ],
)
def test_each_change_is_classed(change: dict[str, Any], path: str, effect: str) -> None:
    (found,) = differences(made(), made(**change, version="2.0.0"), kinds=KINDS)
    assert (found.path, found.effect) == (path, effect)


def test_names_are_only_worded_and_service_levels_break() -> None:
    old = made()
    renamed = {change.effect for change in differences(old, made(name_zh="明鉴", name_en="M"), kinds=KINDS)}
    assert renamed == {"wording"}
    document = json.loads(json.dumps(old.document))
    document["slaProperties"][0]["value"] = 2
    (change,) = differences(old, checked(document, file="a"), kinds=KINDS)
    assert (change.path, change.effect) == ("slaProperties", "breaking")


_SUBSETS = st.fixed_dictionaries(
    {
        "kinds": st.lists(st.sampled_from(["penalty", "permit", "fact"]), unique=True),
        "items": st.lists(st.sampled_from(sorted(KINDS)), unique=True),
        "divisions": st.lists(st.sampled_from(["330000", "330100", "330106", "110000"]), unique=True),
        "fields": st.none() | st.lists(st.sampled_from(["a", "b"]), unique=True),
        "masking": st.lists(st.sampled_from(["name", "identifiers"]), unique=True),
    }
).filter(lambda parts: parts["kinds"] or parts["items"])


@given(_SUBSETS, _SUBSETS)
def test_what_is_not_breaking_takes_nothing_from_anyone(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Against an oracle that asks for every kind, item, place, field and mask alone."""

    def given_by(parts: dict[str, Any], item: str, kind: str, place: str, field: str) -> bool:
        inside = kind in parts["kinds"] or item in parts["items"]
        here = not parts["divisions"] or any(
            place.startswith(code.rstrip("0")) for code in parts["divisions"]
        )
        return inside and here and (parts["fields"] is None or field in parts["fields"])

    changes = differences(made(**old), made(**new, version="2.0.0"), kinds=KINDS)
    cells = [
        (item, kind, place, field)
        for item, kind in (*KINDS.items(), ("other-item", "fact"), ("other-penalty", "penalty"))
        for place in ("330106", "330199", "330299", "110101", "440300")
        for field in ("a", "b", "c")
    ]
    takes = any(given_by(old, *cell) and not given_by(new, *cell) for cell in cells)
    masks_more = not set(new["masking"]) <= set(old["masking"])
    breaking = any(change.effect == "breaking" for change in changes)
    assert breaking or not (takes or masks_more)
