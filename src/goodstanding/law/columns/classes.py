"""The table of classes: for every `class_code` the rank of the class, worked out over whole arrays.

Row by row from the last to the first, so that the first row that fits is written last and holds; then the
most serious class over every set of measures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from goodstanding.law.columns.numbering import KindNumbers, Numbering
from goodstanding.law.rows import ClassificationWhen

Ranks = npt.NDArray[np.int16]


def class_ranks(numbers: Numbering) -> Ranks:
    """The rank of every `class_code`: 0 for 0, 1 for the mildest class, `numbers.unclassified` for none."""
    tables = [_of_kind(numbers, kind).reshape(-1) for kind in numbers.kinds if kind.adverse]
    return np.concatenate([np.zeros(1, np.int16), *tables])


def _of_kind(numbers: Numbering, kind: KindNumbers) -> Ranks:
    shape = tuple(many for fact, many in kind.class_radix.items() if fact != "measures")
    bare = _first_rows(numbers, kind, None, shape)
    if kind.class_radix["measures"] == 1:
        return bare
    groups = [_first_rows(numbers, kind, codes[0], shape) for codes in numbers.measure_groups]
    ranks = np.zeros((*shape, 2 ** len(groups)), np.int16)
    for place, group in enumerate(groups):
        with_it = 1 << place
        # Sets whose highest measure is this group: the sets before it, each with the group added.
        ranks[..., with_it : 2 * with_it] = np.maximum(ranks[..., :with_it], group[..., None])
    ranks[..., 0] = bare
    return ranks


def _first_rows(numbers: Numbering, kind: KindNumbers, measure: str | None, shape: tuple[int, ...]) -> Ranks:
    rank = {severity.code: place for place, severity in enumerate(numbers.pack.severities, start=1)}
    ranks = np.full(shape, numbers.unclassified, np.int16)
    for row in reversed(numbers.rows):
        when = row.when
        if kind.kind in when.kind and (when.measure is None or measure in when.measure):
            ranks[_fitting(numbers, kind, when, shape)] = rank[row.severity]
    return ranks


def _fitting(
    numbers: Numbering, kind: KindNumbers, when: ClassificationWhen, shape: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """Which combinations of the digits a row fits."""
    fits = np.ones(shape, np.bool_)
    facts = [fact for fact in kind.class_radix if fact != "measures"]
    for axis, (fact, many) in enumerate(zip(facts, shape, strict=True)):
        asked: Any = getattr(when, fact)
        if asked is None:
            continue
        if fact == "amount_yuan":
            values = [numbers.band_fits(asked, digit, numbers.thresholds) for digit in range(many)]
        elif fact == "simple_procedure":
            values = [asked is False, asked is True]
        else:
            values = [False, *(code in asked for code in numbers.asked(fact))]
        fits &= np.array(values).reshape([-1 if place == axis else 1 for place in range(len(shape))])
    return fits
