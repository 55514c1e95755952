"""Tables that other regimes need are refused as precisely as those of Order 36: with the line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from goodstanding.law import PackRefused
from goodstanding.law.load import pack_files, read_pack

FILES = {path.parent.name: path for path in pack_files()}

#: pack (its folder), what stands there, what stands there instead, the reason
BAD: dict[str, tuple[str, str, str, str]] = {
    "an end that never comes beside a maximum": (
        "fcra",
        "    never_ends: true\n",
        "    never_ends: true\n    maximum: {value: 7, unit: years, source: [S100], confidence: V}\n",
        "never_ends and a maximum",
    ),
    "a later end without a maximum": (
        "fcra",
        "    never_ends: true\n",
        "    never_ends: true\n    or_until: limitation_ends_on\n",
        "or_until needs a maximum",
    ),
    "an unknown use": ("fcra", "use: [employment]", "use: [employments]", "no use 'employments'"),
    "an unknown anchor": ("fcra", "anchor: performed_on", "anchor: published_on", "anchor"),
    "a measure without an exit": (
        "register-of-judgments",
        "from: objection",
        "from: receipt",
        "restoration, and no deadline answers an objection",
    ),
    "a window for an unknown kind": ("fcra", "kind: [collection]", "kind: [collections]", "no kind"),
    "an event that is none": (
        "register-of-judgments",
        "event: set_aside_on",
        "event: appealed_on",
        "event",
    ),
    "a window that is missing for a kind": (
        "fcra",
        "    when: {severity: [adverse], kind: [collection]}",
        "    when: {severity: [adverse], kind: [other_adverse]}",
        "gap: no row for collection in 'adverse'",
    ),
    "a class restorable without a minimum": (
        "ndrc-527",
        "    when: {severity: [specific]}\n    test: never",
        "    when: {severity: [specific]}\n    test: not_excluded",
        "has no minimum",
    ),
    "an unknown conduct": (
        "ndrc-527",
        "conduct: [bribery,",
        "conduct: [briberies,",
        "no conduct 'briberies'",
    ),
    "an unknown sector": ("ndrc-58", "sector: [food, drugs,", "sector: [foods, drugs,", "no sector 'foods'"),
    "an unknown stated class": ("ndrc-2017", "stated: [serious]", "stated: [grave]", "no stated 'grave'"),
    "an assumed day that does not say so": (
        "ndrc-527",
        "  note_en: Only the year of the notice has been seen.",
        "  # note_en: Only the year of the notice has been seen.",
        "an assumed day must say",
    ),
    "a pause of a deadline that is none": (
        "city",
        "deadlines: [decide, feedback]",
        "deadlines: [decide, answer]",
        "no deadline 'answer'",
    ),
    "a holder's duty by a deadline that is none": (
        "samr-107",
        "    deadline: push_to_registration_authority",
        "    deadline: push",
        "no deadline 'push'",
    ),
    "a parameter of another unit": (
        "samr-107",
        "parameter: objection_working_days",
        "parameter: large_fine_from_yuan",
        "no parameter 'large_fine_from_yuan' in working_days",
    ),
    "a number that was seen and is the operator's": (
        "samr-107",
        "length: {value: 7, unit: working_days, source: [S36, S38]",
        "length: {value: 7, unit: working_days, parameter: objection_working_days, source: [S36, S38]",
        "not the operator's to set",
    ),
    "an extension without its ground": (
        "fcra",
        "      ground_en: The consumer sends relevant information within the thirty days; not where the item is found "
        "inaccurate or cannot be verified.\n",
        "",
        "ground_en: missing",
    ),
    "a reading without a base": ("samr-107", "base: cn-ndrc-36-2025\n", "", "the pack names none"),
    "a reading of a fact that is none": (
        "samr-107",
        "  - fact: publication_necessary",
        "  - fact: harmless",
        "fact",
    ),
    "an amount that is not the fine's": (
        "ndrc-58",
        "measure: [fine], amount_yuan: {at_least: 100000}",
        "measure: [warning], amount_yuan: {at_least: 100000}",
        "name the measure fine",
    ),
    "an empty band of amounts": (
        "ndrc-58",
        "{at_least: 100000}",
        "{at_least: 100000, below: 100000}",
        "an empty band",
    ),
    "a band of amounts without a bound": (
        "ndrc-58",
        "{at_least: 100000}",
        "{}",
        "needs at_least, below or both",
    ),
    "an unknown transition": ("fcra", "rule: this_pack", "rule: harsher", "transition"),
    "a sanction without a citation": (
        "ndrc-36",
        'confidence: X}\n    citation: {instrument: order-36, clause_en: "ch. 5, false commitments",',
        'confidence: X}\n    citations: {instrument: order-36, clause_en: "ch. 5, false commitments",',
        "citation: missing",
    ),
    "a score": (
        "credit-reporting",
        "    adverse: true\n",
        "    adverse: true\n    score: 1\n",
        "a pack scores nobody",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_refused_with_its_line_and_reason(name: str, tmp_path: Path) -> None:
    folder, old, new, reason = BAD[name]
    text = FILES[folder].read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / FILES[folder].name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackRefused) as refused:
        read_pack(path)
    assert reason in str(refused.value), str(refused.value)
    assert all(problem.line >= 1 for problem in refused.value.problems)


def test_no_pack_lists_anything_that_scores() -> None:
    words = ("score", "rank", "grade", "rating", "points")
    for path in pack_files():
        for line in path.read_text(encoding="utf-8").splitlines():
            key = line.strip().removeprefix("- ").split(":")[0]
            assert not any(word in key for word in words) or key.startswith("#"), f"{path.name}: {line}"
