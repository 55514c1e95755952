"""Facts that a pack cannot answer: a kind, measure or code that it does not list is refused, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goodstanding.law.errors import FactsRefused

if TYPE_CHECKING:
    from goodstanding.law.facts import Facts
    from goodstanding.law.model import Pack


def check_facts(facts: Facts, *, pack: Pack) -> None:
    """Raise FactsRefused where the pack does not list what the facts name, or where it cannot be."""
    kinds = pack.tables.kinds
    if facts.kind not in kinds:
        raise FactsRefused(
            code="unknown_kind",
            en=f"The catalogue lists no kind of record {facts.kind!r}.",
            zh=f"目录中没有“{facts.kind}”这一信息类别。",
            place=pack.id,
            remedy_en=f"Use one of: {', '.join(kinds)}.",
            remedy_zh=f"请使用下列类别之一：{'、'.join(kinds)}。",
        )
    _check_measures(facts, pack=pack)
    _check_codes(facts, pack=pack)


def _check_measures(facts: Facts, *, pack: Pack) -> None:
    for code in sorted(facts.measures):
        measure = pack.tables.measures.get(code)
        if measure is None:
            raise FactsRefused(
                code="unknown_measure",
                en=f"The pack lists no measure {code!r}.",
                zh=f"规则包中没有“{code}”这一措施。",
                place=pack.id,
                remedy_en=f"Use one or more of: {', '.join(pack.tables.measures)}.",
                remedy_zh=f"请使用下列措施：{'、'.join(pack.tables.measures)}。",
            )
        if not measure.on_organisations and facts.subject == "organisation":
            raise FactsRefused(
                code="measure_not_on_organisations",
                en=f"The measure {measure.name_en!r} cannot be imposed on an organisation.",
                zh=f"“{measure.name_zh}”不适用于法人和非法人组织。",
                place=pack.id,
                remedy_en="Check the subject of the decision with the authority.",
                remedy_zh="请向认定单位核对处罚对象。",
            )
    if facts.measures and not pack.tables.kinds[facts.kind].measures:
        raise FactsRefused(
            code="measures_not_expected",
            en=f"Records of the kind {facts.kind!r} carry no measures.",
            zh=f"“{pack.tables.kinds[facts.kind].name_zh}”不包含处罚措施。",
            place=pack.id,
            remedy_en="Hand in a penalty as kind 'penalty', or leave the measures out.",
            remedy_zh="如为行政处罚，请按“行政处罚”报送；否则请删除措施。",
        )


def _check_codes(facts: Facts, *, pack: Pack) -> None:
    """A value of a fact that rows ask for, but that the pack does not list, would miss its row silently."""
    listed = (
        ("conduct", facts.conduct, [row.code for row in pack.conducts]),
        ("use", facts.use, [row.code for row in pack.uses]),
        ("stated", facts.stated, list(pack.tables.rank) if pack.tables.asks_stated else []),
    )
    for fact, value, codes in listed:
        if codes and value is not None and value not in codes:
            raise FactsRefused(
                code=f"unknown_{fact}",
                en=f"The pack lists no {fact} {value!r}.",
                zh=f"规则包中没有 {fact}“{value}”。",
                place=pack.id,
                remedy_en=f"Use one of: {', '.join(codes)}, or leave {fact} out.",
                remedy_zh=f"请使用下列之一：{'、'.join(codes)}，或不填 {fact}。",
            )
