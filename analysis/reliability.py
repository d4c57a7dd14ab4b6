"""How consistently the items of one construct measure: alpha with Feldt's interval, items, and measurement error.

Formulas 9 and 11. Omega has its own module, Guttman's lambdas and split halves are in `analysis/split_half.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from analysis.estimates import NO_INTERVAL, Estimate, FloatArray, IntArray, Interval, Reason, nobody_complete

MissingRule = Literal["listwise", "pairwise"]
FEWEST_PEOPLE = 3
FEWEST_POOLED = 20


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """What each item does to the scale; every array (k,), NaN where it is not defined.

    rest: correlation with the sum of the other items. if_deleted, standardized_if_deleted, lambda6_if_deleted,
    average_r_if_deleted: the scale without the item (needs three items).
    """

    rest: FloatArray
    if_deleted: FloatArray
    standardized_if_deleted: FloatArray
    lambda6_if_deleted: FloatArray
    average_r_if_deleted: FloatArray


@dataclass(frozen=True, slots=True)
class AlphaEstimate:
    """Internal consistency of one construct.

    raw: alpha with Feldt's interval, n = people used. standardized: alpha of the correlations. lambda6: Guttman's.
    average_r, median_r: of the correlations. asymptotic_error: standard error of alpha for normal data.
    covariance: (k, k), from which all of it is computed. items: by item.
    """

    raw: Estimate
    standardized: float = math.nan
    lambda6: float = math.nan
    average_r: float = math.nan
    median_r: float = math.nan
    asymptotic_error: float = math.nan
    covariance: FloatArray = field(default_factory=lambda: np.empty((0, 0)))
    items: ItemStatistics | None = None

    @property
    def value(self) -> float:
        return self.raw.value


def cronbach_alpha(
    scores: FloatArray,
    *,
    confidence: float = 0.95,
    missing: MissingRule = "listwise",
    fewest: int = FEWEST_PEOPLE,
) -> AlphaEstimate:
    """Cronbach's alpha k/(k-1) (1 - sum of item variances / variance of the sum). Formula 9.

    scores: (n, k), reversed items already turned, NaN = missing. missing: "listwise" uses the people who answered all
    items, and Feldt's F has n - 1 and (n - 1)(k - 1) degrees of freedom with n those people; "pairwise" uses every pair
    of answers (R psych), with n the number of rows that hold an answer.
    A negative alpha is kept. One constant item stays in (flag `zero_variance_item`; R psych drops it).
    Refusals: one item or fewer than `fewest` people (2 at least) `too_few`; nothing answered `no_data`; two items never
    answered together `no_overlap`; nothing varies `zero_variance`.
    Source: Cronbach (1951), Psychometrika 16; Feldt, Woodruff & Salih (1987), Applied Psychological Measurement 11.
    """
    scores = checked_scores(scores)
    answered = np.isfinite(scores)
    used = answered.all(axis=1) if missing == "listwise" else answered.any(axis=1)
    n, k = int(used.sum()), scores.shape[1]
    method = f"alpha, {missing}"
    if not answered.any():
        return _no_alpha("no_data", method, 0)
    if k > 1 and n == 0:
        return _no_alpha(nobody_complete(scores), method, 0)
    if k < 2 or n < max(2, fewest):
        return _no_alpha("too_few", method, n)
    return _alpha(covariance(scores[used]), n, n - 1, confidence, method)


def pooled_alpha(
    scores: FloatArray, group: IntArray, *, confidence: float = 0.95, fewest: int = FEWEST_POOLED
) -> AlphaEstimate:
    """Alpha within partnerships: deviations from the mean of one's own group, pooled. Formula 9 of the product.

    scores: (n, k), NaN = missing (people with a gap are left out); group: (n,) any whole numbers, one per partnership.
    Differences between partnerships would otherwise count as consistency. Feldt's degrees of freedom are n less the
    number of groups. n counts people. Fewer than `fewest` people, or nobody left after the groups: `too_few`.
    Raises ValueError without one group per person.
    """
    scores = checked_scores(scores)
    group = np.asarray(group)
    if group.shape != scores.shape[:1]:
        raise ValueError("group must have one entry per person")
    complete = np.isfinite(scores).all(axis=1)
    n, k = int(complete.sum()), scores.shape[1]
    method = "alpha, pooled within groups"
    if n == 0:
        return _no_alpha(nobody_complete(scores), method, 0)
    centred, groups = within_groups(scores[complete], group[complete])
    df = n - groups
    if k < 2 or n < fewest or df < 2:
        return _no_alpha("too_few", method, n)
    return _alpha(centred.T @ centred / df, n, df, confidence, method)


def within_groups(scores: FloatArray, group: IntArray) -> tuple[FloatArray, int]:
    """Deviations from the mean of one's own group, and the number of groups. scores: (n, k) without gaps."""
    labels, codes = np.unique(group, return_inverse=True)
    totals = np.zeros((labels.size, scores.shape[1]))
    np.add.at(totals, codes, scores)
    sizes = np.bincount(codes, minlength=labels.size)
    return scores - (totals / np.maximum(sizes, 1)[:, None])[codes], int(labels.size)


def feldt_interval(alpha: float, df: float, k: int, *, confidence: float = 0.95) -> Interval:
    """Feldt's interval 1 - (1 - alpha) F, F on df and df (k - 1). df: people - 1, or people - groups when pooled.

    NaN without an alpha, a degree of freedom or a second item. Raises ValueError for a confidence not between 0 and 1.
    """
    from scipy.special import fdtri

    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    if not math.isfinite(alpha) or df < 1 or k < 2:
        return NO_INTERVAL
    tail = (1 - confidence) / 2
    low, high = (1 - (1 - alpha) * float(fdtri(df, df * (k - 1), p)) for p in (1 - tail, tail))
    return Interval(low, high)


def standard_error_of_measurement(deviation: float, reliability: float) -> float:
    """s sqrt(1 - reliability), in the units of s; NaN when reliability is unknown, negative or above 1. Formula 11."""
    if not 0 <= reliability <= 1 or deviation < 0:
        return math.nan
    return deviation * math.sqrt(1 - reliability)


def covariance(scores: FloatArray) -> FloatArray:
    """Covariances over the people who answered both items (divisor n - 1), NaN for fewer than two. (n, k) -> (k, k)."""
    answered = np.isfinite(scores)
    count = answered.sum(axis=0)
    centre = np.where(answered, scores, 0.0).sum(axis=0) / np.maximum(count, 1)
    deviation = np.where(answered, scores - centre, 0.0)
    here = answered.astype(float)
    both = here.T @ here
    sums = deviation.T @ here
    products = deviation.T @ deviation - sums * sums.T / np.maximum(both, 1)
    return np.where(both > 1, products / np.maximum(both - 1, 1), np.nan)


def correlation(covariances: FloatArray) -> FloatArray:
    """Correlations from covariances; NaN in the row and column of an item that does not vary."""
    deviation = np.sqrt(np.maximum(np.diag(covariances), 0.0))
    scale = np.outer(deviation, deviation)
    return np.where(scale > 0, covariances / np.where(scale > 0, scale, 1.0), np.nan)


def alpha_of(covariances: FloatArray) -> float:
    """k/(k-1) (1 - trace/sum); NaN when the sum has no variance, for one item, or with a gap."""
    k, total = len(covariances), float(covariances.sum())
    trace = float(np.trace(covariances))
    if k < 2 or not total > 1e-12 * trace:
        return math.nan
    return k / (k - 1) * (1 - trace / total)


def unexplained(matrix: FloatArray) -> FloatArray:
    """Variance of each item that the other items do not explain, 1/(inverse)_ii; NaN when the matrix is singular."""
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix, hermitian=True) < len(matrix):
        return np.full(len(matrix), np.nan)
    return np.asarray(1 / np.diag(np.linalg.inv(matrix)))


def lambda6_of(matrix: FloatArray) -> float:
    """Guttman's lambda 6 of a covariance or correlation matrix."""
    return float(1 - unexplained(matrix).sum() / matrix.sum())


def _alpha(matrix: FloatArray, n: int, df: int, confidence: float, method: str) -> AlphaEstimate:
    k = len(matrix)
    if np.isnan(matrix).any():
        return _no_alpha("no_overlap", method, n)
    value = alpha_of(matrix)
    if math.isnan(value):
        return _no_alpha("zero_variance", method, n)
    flags = ("zero_variance_item",) if (np.diag(matrix) <= 0).any() else ()
    low, high = feldt_interval(value, df, k, confidence=confidence)
    r = correlation(matrix)
    pairs = r[np.triu_indices(k, 1)]
    return AlphaEstimate(
        raw=Estimate(value, low, high, n, method, confidence, flags=flags),
        standardized=alpha_of(r),
        lambda6=lambda6_of(r),
        average_r=float(pairs.mean()),
        median_r=float(np.median(pairs)),
        asymptotic_error=_asymptotic_error(matrix, df + 1),
        covariance=matrix,
        items=_item_statistics(matrix, r),
    )


def _item_statistics(matrix: FloatArray, r: FloatArray) -> ItemStatistics:
    k = len(matrix)
    variance = np.diag(matrix)
    with_rest = matrix.sum(axis=0) - variance
    spread = variance * (matrix.sum() - 2 * with_rest - variance)
    rest = np.where(spread > 0, with_rest / np.sqrt(np.where(spread > 0, spread, 1.0)), np.nan)
    if k < 3:
        return ItemStatistics(rest, *(np.full(k, np.nan) for _ in range(4)))
    others = [np.delete(np.arange(k), i) for i in range(k)]
    raw = [matrix[np.ix_(kept, kept)] for kept in others]
    standard = [r[np.ix_(kept, kept)] for kept in others]
    pairs = np.triu_indices(k - 1, 1)
    return ItemStatistics(
        rest,
        np.array([alpha_of(each) for each in raw]),
        np.array([alpha_of(each) for each in standard]),
        np.array([lambda6_of(each) for each in standard]),
        np.array([each[pairs].mean() for each in standard]),
    )


def _asymptotic_error(matrix: FloatArray, n: int) -> float:
    """Van Zyl, Neudecker & Nel (2000), Psychometrika 65, as used by Duhachek & Iacobucci (2004)."""
    k, total, trace = len(matrix), float(matrix.sum()), float(np.trace(matrix))
    square = matrix @ matrix
    bracket = total * (float(np.trace(square)) + trace**2) - 2 * trace * float(square.sum())
    return math.sqrt(max(0.0, 2 * k**2 / ((k - 1) ** 2 * total**3) * bracket / n))


def _no_alpha(reason: Reason, method: str, n: int) -> AlphaEstimate:
    return AlphaEstimate(Estimate(n=n, method=method, reason=reason))


def checked_scores(scores: FloatArray) -> FloatArray:
    """Scores as an array of floats; ValueError unless they are people by items."""
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2:
        raise ValueError("scores must be two-dimensional: people by items")
    return scores
