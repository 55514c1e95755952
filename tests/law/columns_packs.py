"""The packs over which the evaluators are compared: every shipped one, as shipped and with everything set
otherwise, and one that no law is and that uses every feature at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from goodstanding.law import Pack, all_packs, load_pack
from goodstanding.law.load import with_choices


def packs() -> Iterator[Pack]:
    """Every pack with a name of its own in `id`, for the names of tests."""
    for pack in all_packs():
        yield pack
        if pack.switches or pack.parameters:
            yield named(set_otherwise(pack), f"{pack.id}-set-otherwise")
    yield every_feature()
    yield named(set_otherwise(every_feature()), "every-feature-set-otherwise")


def set_otherwise(pack: Pack) -> Pack:
    """Every switch at its last option that is not in effect, and every parameter set."""
    switches = {
        switch.code: [option.code for option in switch.options if option.code != pack.switch(switch.code)][-1]
        for switch in pack.switches
    }
    numbers = {"yuan": 40_000, "months": 5, "working_days": 7}
    parameters = {
        parameter.code: numbers[parameter.unit] * place
        for place, parameter in enumerate(pack.parameters, start=1)
        if parameter.value is None
    }
    return with_choices(pack, switches=switches, parameters=parameters)


def named(pack: Pack, name: str) -> Pack:
    """The pack under another id."""
    content = {field: getattr(pack, field) for field in type(pack).model_fields}
    return Pack.model_construct(**{**content, "id": name})


def every_feature() -> Pack:
    """Order 36 bent until it uses everything that a row can say; no law anywhere."""
    content: dict[str, Any] = load_pack("cn-ndrc-36-2025").model_dump(mode="json", by_alias=True)
    cited = {"citation": content["conditions"][0]["citation"]}
    words = {"text_en": "t", "text_zh": "t", **cited}
    listed = {"name_en": "n", "name_zh": "n", **cited}

    def months(value: int, unit: str = "months") -> dict[str, Any]:
        return {"value": value, "unit": unit, "source": ["S4"], "confidence": "V"}

    def row(code: str, **values: Any) -> dict[str, Any]:
        return {"id": code, **values, **cited}

    content["id"] = "every-feature"
    content["sectors"] = [{"code": code, **listed} for code in ("food", "drugs", "unasked")]
    content["conducts"] = [{"code": code, **listed} for code in ("fraud", "unasked")]
    content["uses"] = [{"code": code, **listed} for code in ("loan", "hiring", "unasked")]
    kinds = [kind["code"] for kind in content["kinds"] if kind["adverse"]]
    left_out = ("confiscation-of-goods", "confiscation-of-gains", "restriction-on-employment")
    content["classification"] = [
        row("by-stated", when={"kind": ["other"], "stated": ["serious", "minor"]}, severity="serious"),
        row(
            "by-conduct",
            when={"kind": kinds, "conduct": ["fraud"], "simple_procedure": False},
            severity="serious",
        ),
        row(
            "by-sector",
            when={"kind": ["penalty"], "sector": ["food", "drugs"], "measure": ["warning", "fine"]},
            severity="minor",
        ),
        row(
            "by-band",
            when={"kind": ["penalty"], "measure": ["fine"], "amount_yuan": {"at_least": 500, "below": 9000}},
            severity="minor",
        ),
        *(given for given in content["classification"] if given["id"] not in left_out),
    ]
    content["publication"] = [
        row(
            "minor-quiet",
            when={"severity": ["minor"], "publication_necessary": False},
            published=False,
            anchor="ended_on",
            minimum=months(0),
        ),
        row(
            "minor-shown",
            when={"severity": ["minor"], "publication_necessary": True},
            published=True,
            anchor="performed_on",
            minimum=months(1),
            maximum=months(6),
        ),
        row(
            "ordinary",
            when={"severity": ["ordinary"], "kind": kinds[1:]},
            published=True,
            anchor="ended_on",
            minimum=months(3),
            maximum=months(1, "years"),
            or_until="limitation_ends_on",
        ),
        row(
            "ordinary-penalty",
            when={"severity": ["ordinary"], "kind": kinds[:1]},
            published=True,
            anchor="found_on",
            minimum=months(3),
            maximum=months(1, "years"),
            or_until="limitation_ends_on",
        ),
        row(
            "serious",
            when={"severity": ["serious"], "kind": kinds[:2]},
            published=True,
            anchor="found_on",
            minimum=months(1, "years"),
            maximum=months(3, "years"),
        ),
        row(
            "serious-always",
            when={"severity": ["serious"], "kind": kinds[2:3]},
            published=True,
            anchor="performed_on",
            minimum=months(1, "years"),
            never_ends=True,
        ),
        row(
            "serious-last",
            when={"severity": ["serious"], "kind": kinds[3:]},
            published=True,
            anchor="ended_on",
            minimum=None,
            maximum=months(5, "years"),
        ),
    ]
    content["exemptions"] = [
        row(
            "large-loans",
            when={"use": ["loan"], "use_amount": {"at_least": 150_000}, "kind": kinds[:3]},
            text_en="t",
            text_zh="t",
        ),
        row("hiring", when={"use": ["hiring"]}, text_en="t", text_zh="t"),
    ]
    content["events"] = [
        row(
            "paid-soon",
            when={"severity": ["ordinary"]},
            event="performed_on",
            within=months(1),
            effect="removed",
            text_en="t",
            text_zh="t",
        ),
        row(
            "paid-late",
            when={"kind": kinds[:2]},
            event="performed_on",
            effect="marked",
            text_en="t",
            text_zh="t",
        ),
        row("set-aside", event="set_aside_on", effect="removed", text_en="t", text_zh="t"),
        row(
            "plan",
            when={"severity": ["serious"]},
            event="plan_completed_on",
            within=months(24),
            effect="removed",
            text_en="t",
            text_zh="t",
        ),
        row(
            "plan-marked",
            event="plan_completed_on",
            within=months(24),
            effect="marked",
            text_en="t",
            text_zh="t",
        ),
    ]
    content["shield"] = words
    remedy = {"remedy_en": "{date}", "remedy_zh": "{date}", "text_en": "t", "text_zh": "t"}
    content["conditions"] = [
        row("asked-minimum", when={"severity": ["ordinary", "serious"]}, test="minimum_reached", **remedy),
        row("asked-again", when={"kind": kinds[:1]}, test="minimum_reached", **remedy),
        row("duty", when={"kind": kinds[:3]}, test="duty_performed", **remedy),
        row("letter", when={"severity": ["minor", "ordinary"]}, test="committed", **remedy),
        row("course", when={"severity": ["serious"]}, test="trained", **remedy),
        row("bar", when={"kind": kinds[1:]}, test="not_barred", **remedy),
        row("excluded", when={"severity": ["serious"]}, test="not_excluded", **remedy),
        row("further", test="nothing_further", **remedy),
        row("never", when={"kind": kinds[3:], "severity": ["serious"]}, test="never", **remedy),
    ]
    content["sanctions"][0]["bar"] = months(7)
    return Pack.model_validate(content)
