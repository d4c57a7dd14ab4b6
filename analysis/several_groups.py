"""More than two groups: is there any difference, how large, and between which of them?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason
from analysis.multiplicity import benjamini_hochberg
from analysis.ranks import midranks


@dataclass(frozen=True, slots=True)
class RankSum:
    """Kruskal-Wallis test. h: corrected for ties. epsilon_squared: H/((n^2 - 1)/(n + 1)).

    eta_squared: (H - k + 1)/(n - k). n: values. mean_ranks: one per group. ties: sum of t^3 - t, for `dunn`.
    """

    n: tuple[int, ...]
    mean_ranks: FloatArray
    ties: float
    h: float = math.nan
    df: int = 0
    p: float = math.nan
    epsilon_squared: float = math.nan
    eta_squared: float = math.nan
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class AnalysisOfVariance:
    """One-way test of means. eta_squared: share of the sum of squares between groups; NaN for Welch's form."""

    f: float = math.nan
    df_between: float = math.nan
    df_within: float = math.nan
    p: float = math.nan
    eta_squared: float = math.nan
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every pair of groups, (0, 1), (0, 2), ..., second minus first. pairs: (m, 2) places of the groups.

    statistic: z or t. p: of one pair alone (Dunn), or for all together (Games-Howell). p_adjusted: Benjamini-Hochberg
    (Dunn). difference, low, high: points (Games-Howell).
    """

    pairs: IntArray
    statistic: FloatArray
    p: FloatArray
    p_adjusted: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray


def kruskal_wallis(groups: Sequence[FloatArray]) -> RankSum:
    """Do the groups differ in where their values lie? groups: k arrays, NaN left out; groups without values count not.

    Fewer than two groups with values: `too_few`; everything equal: `zero_variance`. Effect sizes: Tomczak & Tomczak
    (2014), Trends in Sport Sciences 21, 19-25.
    """
    used = [_known(group) for group in groups]
    sizes = np.array([group.size for group in used])
    n, k = int(sizes.sum()), int((sizes > 0).sum())
    if n == 0:
        return RankSum(tuple(sizes.tolist()), np.full(len(used), np.nan), math.nan, reason="no_data")
    ranks, ties = midranks(np.concatenate(used))
    of_group = np.repeat(np.arange(len(used)), sizes)
    sums = np.bincount(of_group, ranks, len(used))
    means = np.where(sizes > 0, sums / np.maximum(sizes, 1), np.nan)
    tied = float((ties**3 - ties).sum())
    found = (tuple(sizes.tolist()), means, tied)
    if k < 2 or n <= k:
        return RankSum(*found, reason="too_few")
    if tied == n**3 - n:
        return RankSum(*found, df=k - 1, reason="zero_variance")
    h = (12 / (n * (n + 1)) * float((sums**2 / np.maximum(sizes, 1)).sum()) - 3 * (n + 1)) / (1 - tied / (n**3 - n))
    from scipy.special import chdtrc

    epsilon = h / ((n**2 - 1) / (n + 1))
    return RankSum(*found, h, k - 1, float(chdtrc(k - 1, max(0.0, h))), epsilon, (h - k + 1) / (n - k))


def one_way(groups: Sequence[FloatArray]) -> AnalysisOfVariance:
    """Classical analysis of variance (equal variances). Arguments and reasons as in `kruskal_wallis`.

    Source: Fisher (1925), Statistical Methods for Research Workers.
    """
    used = [group for group in map(_known, groups) if group.size]
    n, k = sum(group.size for group in used), len(used)
    if k < 2 or n <= k:
        return AnalysisOfVariance(reason="too_few" if n else "no_data")
    grand = float(np.concatenate(used).mean())
    between = sum(group.size * (float(group.mean()) - grand) ** 2 for group in used)
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in used)
    if within <= 1e-24 * max(1.0, grand**2):
        return AnalysisOfVariance(df_between=k - 1, df_within=n - k, reason="zero_variance")
    f = between / (k - 1) / (within / (n - k))
    return AnalysisOfVariance(f, k - 1, n - k, _f_tail(k - 1, n - k, f), between / (between + within))


def welch_anova(groups: Sequence[FloatArray]) -> AnalysisOfVariance:
    """Welch's test of means with unequal variances. Arguments as in `kruskal_wallis`.

    Any group of one value: `too_few`; of equal values: `zero_variance`. Source: Welch (1951), Biometrika 38, 330-336.
    """
    used = [group for group in map(_known, groups) if group.size]
    k = len(used)
    if k < 2 or min(group.size for group in used) < 2:
        return AnalysisOfVariance(reason="too_few" if used else "no_data")
    sizes = np.array([float(group.size) for group in used])
    variances = np.array([float(group.var(ddof=1)) for group in used])
    if np.any(variances <= 0):
        return AnalysisOfVariance(reason="zero_variance")
    weights = sizes / variances
    share = weights / weights.sum()
    means = np.array([float(group.mean()) for group in used])
    lack = float(((1 - share) ** 2 / (sizes - 1)).sum()) / (k**2 - 1)
    between = float((weights * (means - float((share * means).sum())) ** 2).sum()) / (k - 1)
    f, df = between / (1 + 2 * (k - 2) * lack), 1 / (3 * lack)
    return AnalysisOfVariance(f, k - 1, df, _f_tail(k - 1, df, f))


def dunn(groups: Sequence[FloatArray]) -> Pairs:
    """Pairwise comparison of mean ranks, all groups ranked together, with tie correction. Second minus first.

    Groups as in `kruskal_wallis`; a pair with an empty group, or no variation at all: NaN.
    Source: Dunn (1964), Technometrics 6, 241-252.
    """
    from scipy.special import ndtr

    ranked = kruskal_wallis(groups)
    sizes, pairs = np.array(ranked.n, dtype=np.float64), _pairs(len(groups))
    n = float(sizes.sum())
    scale = n * (n + 1) / 12 - (ranked.ties / (12 * (n - 1)) if n > 1 else 0.0)
    i, j = pairs.T
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(scale * (1 / sizes[i] + 1 / sizes[j]))
        z = np.where(se > 0, (ranked.mean_ranks[j] - ranked.mean_ranks[i]) / se, np.nan)
    p = 2 * ndtr(-np.abs(z))
    none = np.full(len(pairs), np.nan)
    return Pairs(pairs, z, p, benjamini_hochberg(p), none, none, none)


def games_howell(groups: Sequence[FloatArray], *, confidence: float = 0.95) -> Pairs:
    """Pairwise differences of means, unequal variances, for all pairs together. Second minus first.

    Studentized range with Welch's degrees of freedom. A pair with a group of fewer than two values, or two groups
    without variation: NaN. Source: Games & Howell (1976), Journal of Educational Statistics 1, 113-125.
    """
    from scipy.stats import studentized_range

    used, pairs = [_known(group) for group in groups], _pairs(len(groups))
    k = sum(group.size > 0 for group in used)
    out = np.full((5, len(pairs)), np.nan)
    for row, (i, j) in enumerate(pairs):
        a, b = used[i], used[j]
        if min(a.size, b.size) < 2:
            continue
        va, vb = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
        difference = float(b.mean() - a.mean())
        if va + vb == 0:
            out[2, row] = difference
            continue
        df = (va + vb) ** 2 / (va**2 / (a.size - 1) + vb**2 / (b.size - 1))
        se = math.sqrt((va + vb) / 2)
        half = float(studentized_range.ppf(confidence, k, df)) * se
        p = float(studentized_range.sf(abs(difference) / se, k, df))
        out[:, row] = difference / math.sqrt(va + vb), p, difference, difference - half, difference + half
    return Pairs(pairs, out[0], out[1], out[1], out[2], out[3], out[4])


def _pairs(k: int) -> IntArray:
    return np.column_stack(np.triu_indices(k, 1)).astype(np.int64)


def _f_tail(df1: float, df2: float, f: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(df1, df2, f))


def _known(values: FloatArray) -> FloatArray:
    found = np.asarray(values, dtype=np.float64).ravel()
    return found[~np.isnan(found)]
