"""Gaps between two groups, mainly the two sides of a partnership: formula 47, and its size without points.

A gap is first minus second: national minus external. Organizations are the units, one voice each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.change import Change, welch_test
from analysis.estimates import NO_INTERVAL, Estimate, FloatArray, IntArray, Interval, Reason
from analysis.intervals import t_quantile
from analysis.permutation import two_sample_tails

LEAST_PER_SIDE = 3
LARGE_T = 50.0  # beyond it scipy's noncentral t has holes


@dataclass(frozen=True, slots=True)
class GapEstimate:
    """Gap between two sides.

    value: points, first minus second. low, high: Welch's interval. n: organizations with a score on either side.
    p: exact permutation, two-sided. smallest_p: the smallest any outcome with these values could give. reason:
    `out_of_reach` when smallest_p exceeds the level asked for, so that p settles nothing; `too_few` below three a side
    (value without interval and p); `no_data` when a side is empty; `zero_variance` when all scores are equal.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    p: float = math.nan
    smallest_p: float = math.nan
    reason: Reason | None = None

    @property
    def interval(self) -> Interval:
        return Interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Difference of two means, in points and in standard deviations. First minus second.

    d: over the pooled SD (Cohen). g: d times j, the exact small-sample factor (gamma functions; R effectsize); g_approx
    with 1 - 3/(4 df - 1) (effsize, pingouin). glass: over the SD of the second group. d_interval: noncentral t;
    g_interval: j times it (effectsize); g_interval_t: symmetric, t (effsize's default). g_se: Hedges & Olkin.
    student, welch: tests of the points. reason: why the standardized ones are NaN.
    """

    n: tuple[int, int]
    mean: tuple[float, float]
    sd: tuple[float, float]
    sd_pooled: float
    difference: float
    d: float = math.nan
    d_interval: Interval = NO_INTERVAL
    j: float = math.nan
    j_approx: float = math.nan
    g: float = math.nan
    g_interval: Interval = NO_INTERVAL
    g_approx: float = math.nan
    g_interval_t: Interval = NO_INTERVAL
    g_se: float = math.nan
    glass: float = math.nan
    student: Change | None = None
    welch: Change | None = None
    reason: Reason | None = None


def side_gap(
    scores: FloatArray,
    sides: IntArray,
    *,
    level: float = 0.05,
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
) -> GapEstimate:
    """Mean of side 0 minus mean of side 1 over organizations, with an exact permutation p. Formula 47.

    scores: (n_organizations,) 0-100, NaN left out. sides: (n_organizations,) 0 national, 1 external; anything else
    belongs to neither. level: significance a claim needs; the three headline indices are tested together by Holm, so
    their first step needs .05/3, which four against four (smallest p .029) can never reach: `out_of_reach`, p kept as
    a description. rng: needed above 36 organizations only. Raises ValueError when shapes disagree.

    The interval is Welch's, the p that of the mean difference over all assignments of the organizations to two sides
    of these sizes (|difference| at least as large); the two may disagree at the edge, and p decides.
    """
    table, side = np.asarray(scores, dtype=np.float64), np.asarray(sides)
    if table.ndim != 1 or side.shape != table.shape:
        raise ValueError("one side for each organization")
    known = ~np.isnan(table)
    first, second = table[known & (side == 0)], table[known & (side == 1)]
    n = first.size + second.size
    if not first.size or not second.size:
        return GapEstimate(n=n, reason="no_data")
    value = float(first.mean() - second.mean())
    if min(first.size, second.size) < LEAST_PER_SIDE:
        return GapEstimate(value, n=n, reason="too_few")
    interval = welch_test(second, first, confidence=confidence, fewest=LEAST_PER_SIDE).estimate.interval
    tails = two_sample_tails(first, second, rng)
    if tails.smallest == 1.0:
        return GapEstimate(value, n=n, reason="zero_variance")
    reason: Reason | None = "out_of_reach" if tails.smallest > level else None
    return GapEstimate(value, *interval, n, tails.two_sided, tails.smallest, reason)


def mean_difference(first: FloatArray, second: FloatArray, *, confidence: float = 0.95) -> MeanDifference:
    """Difference of two means with its standardized forms. first: (n1,), second: (n2,), NaN left out.

    Fewer than two values in a group: points only, `too_few` (`no_data` when one is empty); pooled SD zero: points
    only, `zero_variance`. Sources: Hedges & Olkin (1985), Statistical Methods for Meta-Analysis; noncentral interval
    by inverting the noncentral t, Steiger & Fouladi (1997).
    """
    a, b = _known(first), _known(second)
    n1, n2 = a.size, b.size
    mean = (float(a.mean()) if n1 else math.nan, float(b.mean()) if n2 else math.nan)
    sd = (float(a.std(ddof=1)) if n1 > 1 else math.nan, float(b.std(ddof=1)) if n2 > 1 else math.nan)
    difference, df = mean[0] - mean[1], n1 + n2 - 2
    if min(n1, n2) < 2:
        reason: Reason = "too_few" if n1 and n2 else "no_data"
        return MeanDifference((n1, n2), mean, sd, math.nan, difference, reason=reason)
    pooled = math.sqrt(((n1 - 1) * sd[0] ** 2 + (n2 - 1) * sd[1] ** 2) / df)
    welch = welch_test(b, a, confidence=confidence, fewest=2)
    if pooled <= 1e-12 * max(1.0, abs(difference)):
        return MeanDifference((n1, n2), mean, sd, 0.0, difference, welch=welch, reason="zero_variance")
    d, scale = difference / pooled, math.sqrt(1 / n1 + 1 / n2)
    low, high = (bound * scale for bound in noncentrality_interval(d / scale, df, confidence))
    exact, approximate = correction_factor(df), 1 - 3 / (4 * df - 1)
    half = t_quantile(confidence, df) * approximate * math.sqrt(scale**2 + (d * approximate) ** 2 / (2 * (n1 + n2)))
    return MeanDifference(
        (n1, n2),
        mean,
        sd,
        pooled,
        difference,
        d,
        Interval(low, high),
        exact,
        approximate,
        d * exact,
        Interval(exact * low, exact * high),
        d * approximate,
        Interval(d * approximate - half, d * approximate + half),
        math.sqrt(scale**2 + (d * exact) ** 2 / (2 * (n1 + n2))),
        difference / sd[1] if sd[1] > 0 else math.nan,
        _student(difference, pooled * scale, df, n1 + n2, confidence),
        welch,
    )


def correction_factor(df: float) -> float:
    """Hedges' exact small-sample factor: gamma(df/2) / (sqrt(df/2) gamma((df - 1)/2)). NaN below two degrees."""
    from scipy.special import gammaln

    if df < 2:
        return math.nan
    return math.exp(float(gammaln(df / 2) - gammaln((df - 1) / 2)) - math.log(df / 2) / 2)


def noncentrality_interval(t: float, df: float, confidence: float = 0.95) -> Interval:
    """Noncentrality parameters under which t would lie at either end of its distribution.

    Source: Steiger & Fouladi (1997), in What if there were no significance tests?
    """
    from scipy.optimize import brentq

    tail = (1 - confidence) / 2

    def bound(probability: float) -> float:
        def off(delta: float) -> float:
            return noncentral_t(t, df, delta) - probability

        reach = 3.0
        while off(t - reach) < 0 or off(t + reach) > 0:
            reach *= 2
        return float(brentq(off, t - reach, t + reach, xtol=1e-12, rtol=1e-14))

    return Interval(bound(1 - tail), bound(tail))


def noncentral_t(t: float, df: float, delta: float) -> float:
    """Distribution function of the noncentral t; scipy's own where it has a value, else through the chi-square.

    P(T <= t) = E P(chi >= sqrt(df) (Z + delta)/t) over a standard normal Z, which for a large t hardly bends in Z.
    """
    from scipy.special import chdtrc
    from scipy.stats import nct

    value = float(nct.cdf(t, df, delta)) if abs(t) <= LARGE_T else math.nan
    if not math.isnan(value):
        return value
    if t < 0:
        return 1 - noncentral_t(-t, df, -delta)
    z, weight = np.polynomial.hermite_e.hermegauss(64)
    reached = np.maximum((z + delta) / max(t, 1e-300), 0.0)
    return float(chdtrc(df, df * reached**2) @ weight) / math.sqrt(2 * math.pi)


def _student(difference: float, se: float, df: float, n: int, confidence: float) -> Change:
    from scipy.special import stdtr

    t, half = difference / se, t_quantile(confidence, df) * se
    estimate = Estimate(difference, difference - half, difference + half, n, "Student", confidence)
    return Change(estimate, se, df, t, float(2 * stdtr(df, -abs(t))))


def _known(values: FloatArray) -> FloatArray:
    found = np.asarray(values, dtype=np.float64).ravel()
    return found[~np.isnan(found)]
