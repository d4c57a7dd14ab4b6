"""How far people see the same thing: rwg, average deviation, awg, beside what chance would give. Formulas 12-19."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, Reason

MissingRule = Literal["listwise", "itemwise"]
NULL_RUNS = 20_000


@dataclass(frozen=True, slots=True)
class AgreementEstimate:
    """Agreement of n people over k items.

    ad_mean: average deviation from the mean, in the units of the scores. rwg_j: floored at 0; it grows with the number
    of items, so r*wg(J) (rwg_j_star, may be negative) is given too. null_95: what 95 % of groups of that size stay
    below in rwg_j when everybody answers at random; a value below it is no evidence of agreement. n: people.
    items: those with two answers or more.
    """

    ad_mean: float = math.nan
    rwg_j: float = math.nan
    rwg_j_star: float = math.nan
    null_95: float = math.nan
    n: int = 0
    items: int = 0
    reason: Reason | None = None


def agreement(
    scores: FloatArray, *, scale_points: int = 11, step: float = 1.0, missing: MissingRule = "listwise"
) -> AgreementEstimate:
    """Average deviation and within-group agreement of one set of people. Formulas 13-17.

    scores: (n, k), NaN = missing. scale_points: points of the rating scale; step: distance between two of them in the
    units of `scores` (1 on 0-10, 10 when the scores are 0-100 points of an 11-point scale).
    missing: "listwise" uses people who answered all items, "itemwise" every answer (items with fewer than two answers
    are left out; the null then uses the smallest number of answers, which is the severest).
    Nobody: `no_data`; one person: `too_few`.
    """
    scores = _checked(scores)
    used = scores[np.isfinite(scores).all(axis=1)] if missing == "listwise" else scores
    counts = np.isfinite(used).sum(axis=0)
    n = int(np.isfinite(used).any(axis=1).sum())
    kept = counts >= 2
    if not kept.any():
        return AgreementEstimate(n=n, reason="too_few" if n else "no_data")
    columns = [column[np.isfinite(column)] for column in used.T[kept]]
    null = null_variance(scale_points, step=step)
    spread = float(np.mean([column.var(ddof=1) for column in columns]))
    return AgreementEstimate(
        ad_mean=float(np.mean([ad_mean(column) for column in columns])),
        rwg_j=_stepped_up(spread, null, len(columns), clip=True),
        rwg_j_star=1 - spread / null,
        null_95=null_percentile(int(counts[kept].min()), scale_points, items=len(columns)),
        n=n,
        items=len(columns),
    )


def null_variance(scale_points: int, *, step: float = 1.0) -> float:
    """Variance of random answers, (A^2 - 1)/12 squared steps: 10 for 0-10. Formula 12. Source: James et al. (1984).

    points: of the scale. Raises ValueError below two points.
    """
    if scale_points < 2 or step <= 0:
        raise ValueError("a scale has at least two points and a distance between them")
    return (scale_points**2 - 1) / 12 * step**2


def rwg(values: FloatArray, null: float, *, clip: bool = True) -> float:
    """Agreement on one item, 1 - s^2/null with divisor n - 1. Formula 13.

    values: (n,), NaN left out. null: from `null_variance`, or the variance of another null (slight skew). clip: not
    below 0 (R multilevel); otherwise negative values show more spread than chance. Fewer than two answers: NaN.
    """
    known = _known(values)
    if known.size < 2:
        return math.nan
    value = 1 - float(known.var(ddof=1)) / null
    return max(0.0, value) if clip else value


def rwg_j(scores: FloatArray, null: float, *, clip: bool = True) -> float:
    """Agreement on J items, J(1 - S/null)/(J(1 - S/null) + S/null), S the mean item variance. Formula 14.

    scores: (n, k), NaN = missing: people with a gap are left out. clip: S not above the null, so never negative
    (R multilevel); the unclipped formula is meaningless far beyond the null and NaN where its denominator is 0.
    """
    spread = mean_item_variance(scores)
    return _stepped_up(spread, null, _checked(scores).shape[1], clip=clip)


def rwg_j_star(scores: FloatArray, null: float) -> float:
    """r*wg(J) = 1 - S/null, does not grow with the number of items, may be negative. Formula 15.

    Source: Lindell, Brandt & Whitney (1999), Applied Psychological Measurement 23, 127-135.
    """
    return 1 - mean_item_variance(scores) / null


def mean_item_variance(scores: FloatArray) -> float:
    """Mean over items of the variance (n - 1) of people who answered all; NaN without two of them or without items."""
    scores = _checked(scores)
    complete = scores[np.isfinite(scores).all(axis=1)]
    return float(complete.var(axis=0, ddof=1).mean()) if len(complete) > 1 and complete.size else math.nan


def ad_mean(values: FloatArray) -> float:
    """Average deviation from the mean of one item, divisor n, in the units of the item. Formula 17. (n,) -> number.

    Fewer than two answers: NaN. Source: Burke, Finkelstein & Dusig (1999), Organizational Research Methods 2, 49-68.
    """
    known = _known(values)
    return float(np.abs(known - known.mean()).mean()) if known.size > 1 else math.nan


def ad_median(values: FloatArray) -> float:
    """Average deviation from the median of one item; as `ad_mean`.

    values: (n,), NaN left out; fewer than two people: NaN. Formula 17. Source: Burke & Dunlap (2002).
    """
    known = _known(values)
    return float(np.abs(known - np.median(known)).mean()) if known.size > 1 else math.nan


def awg(values: FloatArray, *, low: float, high: float) -> float:
    """Brown & Hauenstein's agreement: spread against the most that a mean at this place allows. Formula 16.

    values: (n,), NaN left out; low, high: ends of the scale. NaN for fewer than two answers, and where the mean lies so
    near an end that not even one answer at the other end fits; 1 when all stand at an end. Ask for A - 1 raters.
    Source: Brown & Hauenstein (2005), Organizational Research Methods 8, 165-184.
    """
    known = _known(values)
    n = known.size
    if n < 2:
        return math.nan
    mean = float(known.mean())
    if mean in (low, high):
        return 1.0
    if mean < (low * (n - 1) + high) / n or mean > (high * (n - 1) + low) / n:
        return math.nan
    most = ((high + low) * mean - mean**2 - high * low) * n / (n - 1)
    return 1 - 2 * float(known.var(ddof=1)) / most


def polarized(
    average_deviation: float, *, scale_points: int = 11, step: float = 1.0, sides_differ: bool = False
) -> bool:
    """Whether to say "partners see this differently": AD above A/6 steps, or sides that differ significantly. #19.

    average_deviation: in the units of step; NaN counts as not above. A = 11: 1.83 on 0-10, 18.3 points on 0-100.
    Source of A/6: Dunlap, Burke & Smith-Crowe (2003), Journal of Applied Psychology 88, 356-362.
    """
    return sides_differ or average_deviation > scale_points / 6 * step


def null_percentile(
    n: int,
    scale_points: int,
    *,
    items: int = 1,
    share: float = 0.95,
    rng: np.random.Generator | None = None,
) -> float:
    """The `share` quantile of rwg(J) among groups of n people who answer at random, every point equally likely.

    20,000 simulated groups. Without rng the stream is fixed by n, points and items, so that the same design always gets
    the same number, which is then remembered. NaN for fewer than two people.
    Raises ValueError for a share not between 0 and 1, or below two points or one item.
    """
    if not 0 < share < 1 or scale_points < 2 or items < 1:
        raise ValueError("share must lie between 0 and 1, with two points and one item at least")
    if n < 2:
        return math.nan
    if rng is None:
        return _remembered_percentile(n, scale_points, items, share)
    return _simulated_percentile(n, scale_points, items, share, rng)


@lru_cache(maxsize=4096)  # a release asks for the same few group sizes for every item
def _remembered_percentile(n: int, scale_points: int, items: int, share: float) -> float:
    return _simulated_percentile(n, scale_points, items, share, np.random.default_rng([n, scale_points, items]))


def _simulated_percentile(n: int, points: int, items: int, share: float, rng: np.random.Generator) -> float:
    spread = np.zeros(NULL_RUNS)
    for _ in range(items):  # one item at a time: memory stays at runs x people
        spread += rng.integers(0, points, (NULL_RUNS, n), dtype=np.int16).var(axis=1, ddof=1)
    excess = np.minimum(spread / items / null_variance(points), 1.0)
    return float(np.quantile(items * (1 - excess) / (items * (1 - excess) + excess), share))


def _stepped_up(spread: float, null: float, items: int, *, clip: bool) -> float:
    ratio = min(spread, null) / null if clip and not math.isnan(spread) else spread / null
    denominator = items * (1 - ratio) + ratio
    return items * (1 - ratio) / denominator if denominator != 0 else math.nan


def _known(values: FloatArray) -> FloatArray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1:
        raise ValueError("values must be one-dimensional")
    return values[np.isfinite(values)]


def _checked(scores: FloatArray) -> FloatArray:
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2:
        raise ValueError("scores must be two-dimensional: people by items")
    return scores
