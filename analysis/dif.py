"""Does an item mean the same to people of two groups who agree on the rest: differential item functioning (DIF)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason
from analysis.fit_indices import chi2_p
from analysis.proportional_odds import OddsFit, proportional_odds

PEOPLE_PER_GROUP = 50
FEWEST_MATCHING = 2
LEVEL = 0.01
MODERATE, LARGE = 0.035, 0.070  # gain in Nagelkerke's R2

Magnitude = Literal["negligible", "moderate", "large"]


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    chi2: float = math.nan
    df: int = 0
    p: float = math.nan


@dataclass(frozen=True, slots=True)
class ItemDif:
    """One item, matched on the sum of the others.

    uniform: does the group add to the rest score; nonuniform: does the rest score count differently; total: both.
    null_deviance, deviances: of cutpoints alone, then rest, rest + group, rest x group. mcfadden: (D1 - D3)/D0.
    nagelkerke_uniform, nagelkerke_total: gains in Nagelkerke's R2. rest_alone, rest: log odds of a higher answer per
    point of rest score in the first and second model. group_effects, group_errors: (groups - 1,), log odds against the
    first group in the second model. n: complete respondents. magnitude: by nagelkerke_total, negligible unless total
    is significant; None when reason says why there is no number.
    """

    uniform: LikelihoodRatio
    nonuniform: LikelihoodRatio
    total: LikelihoodRatio
    null_deviance: float
    deviances: tuple[float, float, float]
    mcfadden: float
    nagelkerke_uniform: float
    nagelkerke_total: float
    rest_alone: float
    rest: float
    group_effects: FloatArray
    group_errors: FloatArray
    n: int
    magnitude: Magnitude | None = None
    reason: Reason | None = None


def item_dif(
    scores: FloatArray,
    group: IntArray,
    *,
    n_groups: int,
    people_per_group: int = PEOPLE_PER_GROUP,
    level: float = LEVEL,
    purify: bool = False,
) -> tuple[ItemDif, ...]:
    """DIF of every item by ordinal logistic regression, uniform and non-uniform.

    scores: (n, k), reverse-keyed items already turned, ordered answers, NaN = not answered; respondents with a gap are
    left out. group: (n,), 0 to n_groups - 1, the first is the reference. Matched on the rest score (sum of the other
    items). level: of the total test, for magnitude. purify: the item with the largest gain is taken out of the rest
    scores of all others, one after the other, until none of those left in is marked or only two are left; without it a
    strongly differing item makes the others seem to differ the other way.
    Reasons: `no_data`; `too_few` (a group below people_per_group, or a single item); `zero_variance` (one category, or
    a rest score that does not vary); `singular`; `not_converged` (separated answers).
    Raises ValueError when shapes disagree, n_groups is below 2, or a group code is out of range.

    logit P(Y >= j) = alpha_j + b rest, + c group, + d rest x group; chi2 = difference of deviances.
    Sources: Zumbo (1999), Handbook on DIF; Crane, Gibbons, Jolley & van Belle (2006), Medical Care 44 (rest score);
    magnitudes: Jodoin & Gierl (2001), Applied Measurement in Education 14. Agrees with rms::lrm, as lordif uses it.
    """
    table, codes = np.asarray(scores, dtype=np.float64), np.asarray(group, dtype=np.int64)
    if table.ndim != 2 or codes.shape != (len(table),) or n_groups < 2 or np.any((codes < 0) | (codes >= n_groups)):
        raise ValueError("scores are people by items, with one group code per person, 0 to n_groups - 1")
    kept = ~np.isnan(table).any(axis=1)
    table, codes = table[kept], codes[kept]
    smallest = np.bincount(codes, minlength=n_groups).min()
    reason: Reason | None = None
    if len(table) == 0:
        reason = "no_data"
    elif smallest < people_per_group or table.shape[1] < 2:
        reason = "too_few"
    if reason is not None:
        return tuple(_blank(n_groups, len(table), reason) for _ in range(table.shape[1]))
    indicators = (codes[:, None] == np.arange(1, n_groups)).astype(np.float64)
    matching = list(range(table.shape[1]))
    while True:
        found = tuple(_one_item(table, item, matching, indicators, level) for item in range(table.shape[1]))
        marked = [item for item in matching if found[item].magnitude in ("moderate", "large")]
        if not purify or not marked or len(matching) <= FEWEST_MATCHING:
            return found
        matching.remove(max(marked, key=lambda item: found[item].nagelkerke_total))


def _one_item(table: FloatArray, item: int, matching: list[int], indicators: FloatArray, level: float) -> ItemDif:
    answers = np.unique(table[:, item], return_inverse=True)[1].astype(np.int64)
    rest = table[:, [other for other in matching if other != item]].sum(axis=1)
    groups = indicators.shape[1] + 1
    if np.ptp(answers) == 0 or np.ptp(rest) == 0:
        return _blank(groups, len(table), "zero_variance")
    # Centred, the rest score and its product with the group depend less on each other; deviances stay the same.
    centred = (rest - rest.mean())[:, None]
    alone = proportional_odds(answers, centred)
    shifted = proportional_odds(answers, np.hstack([centred, indicators]))
    crossed = proportional_odds(answers, np.hstack([centred, indicators, centred * indicators]))
    for fit in (alone, shifted, crossed):
        if fit.reason is not None:
            return _blank(groups, len(table), fit.reason)
    return _compared(alone, shifted, crossed, groups - 1, level)


def _compared(alone: OddsFit, shifted: OddsFit, crossed: OddsFit, df: int, level: float) -> ItemDif:
    total = _ratio(alone, crossed, 2 * df)
    explained = [_nagelkerke(fit) for fit in (alone, shifted, crossed)]
    gain = explained[2] - explained[0]
    magnitude: Magnitude = "negligible"
    if total.p < level and gain >= MODERATE:
        magnitude = "large" if gain >= LARGE else "moderate"
    return ItemDif(
        uniform=_ratio(alone, shifted, df),
        nonuniform=_ratio(shifted, crossed, df),
        total=total,
        null_deviance=alone.null_deviance,
        deviances=(alone.deviance, shifted.deviance, crossed.deviance),
        mcfadden=(alone.deviance - crossed.deviance) / alone.null_deviance,
        nagelkerke_uniform=explained[1] - explained[0],
        nagelkerke_total=gain,
        rest_alone=float(alone.coefficients[0]),
        rest=float(shifted.coefficients[0]),
        group_effects=shifted.coefficients[1:],
        group_errors=shifted.errors[1:],
        n=alone.n,
        magnitude=magnitude,
    )


def _ratio(smaller: OddsFit, larger: OddsFit, df: int) -> LikelihoodRatio:
    chi2 = smaller.deviance - larger.deviance
    return LikelihoodRatio(chi2, df, chi2_p(chi2, df))


def _nagelkerke(fit: OddsFit) -> float:
    """Share of the explained to the explainable, (1 - exp((D - D0)/n))/(1 - exp(-D0/n))."""
    return float(np.expm1((fit.deviance - fit.null_deviance) / fit.n) / np.expm1(-fit.null_deviance / fit.n))


def _blank(groups: int, n: int, reason: Reason) -> ItemDif:
    nothing, effects = math.nan, np.full(groups - 1, math.nan)
    none = LikelihoodRatio()
    return ItemDif(
        none,
        none,
        none,
        nothing,
        (nothing, nothing, nothing),
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        effects,
        effects,
        n,
        reason=reason,
    )
