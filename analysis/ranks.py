"""Rank tests of two samples and of paired values, exact with ties.

Ranks are of values rounded to nine decimals: floating-point noise in computed scores would break ties otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason
from analysis.permutation import DECIMALS

MOST_EXACT = 100  # values ranked together; beyond it only the normal form


@dataclass(frozen=True, slots=True)
class RankTest:
    """Wilcoxon's test. Two-sided.

    statistic: U of the first sample (pairs won plus half the ties), or the sum of positive ranks. n: values ranked.
    z: standardized, tie-corrected, without continuity correction. p: exact under ties too. p_normal, p_continuity:
    normal form without and with continuity correction. NaN with a reason when everything is equal or nothing is there.
    """

    statistic: float = math.nan
    n: int = 0
    z: float = math.nan
    p: float = math.nan
    p_normal: float = math.nan
    p_continuity: float = math.nan
    reason: Reason | None = None


def midranks(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Ranks 1..n, tied values sharing their mean rank, and the sizes of the sets of equal values. values: (n,)."""
    rounded = np.round(np.asarray(values, dtype=np.float64), DECIMALS)
    _, place, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (2 * last - counts + 1) / 2.0
    return np.asarray(ranks[place], dtype=np.float64), np.asarray(counts, dtype=np.int64)


def mann_whitney(first: FloatArray, second: FloatArray) -> RankTest:
    """Do values of the first sample tend to exceed those of the second? first: (n1,), second: (n2,), NaN left out.

    A sample without values: `no_data`; all values equal: the statistic, and `zero_variance`. The exact p counts
    |U - n1 n2/2| >= observed over all assignments of the (mid)ranks, up to 100 values; beyond it p is p_normal.
    """
    a, b = _known(first), _known(second)
    n1, n2, n = a.size, b.size, a.size + b.size
    if not n1 or not n2:
        return RankTest(n=n, reason="no_data")
    ranks, ties = midranks(np.concatenate([a, b]))
    u = float(ranks[:n1].sum()) - n1 * (n1 + 1) / 2
    variance = n1 * n2 / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    if variance <= 1e-12:
        return RankTest(u, n, reason="zero_variance")
    off = u - n1 * n2 / 2
    doubled = np.rint(2 * ranks).astype(np.int64)
    counts = _subset_counts(doubled, n1)[n1] if n <= MOST_EXACT else None
    return _rank_test(u, n, off, variance, counts, centre=n1 * (n + 1.0), correction=0.5)


def signed_rank(differences: FloatArray) -> RankTest:
    """Wilcoxon's signed-rank test of paired differences. differences: (n,), NaN left out; zeros are dropped.

    n counts the non-zero differences. Nothing but zeros: `zero_variance`, statistic 0; nothing at all: `no_data`. The
    exact p counts sign patterns over the (mid)ranks, up to 100 differences; beyond it p is p_normal.
    """
    d = np.round(_known(differences), DECIMALS)
    if not d.size:
        return RankTest(reason="no_data")
    d = d[d != 0]
    if not d.size:
        return RankTest(0.0, reason="zero_variance")
    ranks, ties = midranks(np.abs(d))
    n, positive = d.size, float(ranks[d > 0].sum())
    off = positive - n * (n + 1) / 4
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48
    doubled = np.rint(2 * ranks).astype(np.int64)
    counts = _sum_counts(doubled) if n <= MOST_EXACT else None
    return _rank_test(positive, n, off, variance, counts, centre=n * (n + 1) / 2.0, correction=0.5)


def _rank_test(
    statistic: float,
    n: int,
    off: float,
    variance: float,
    counts: FloatArray | None,
    *,
    centre: float,
    correction: float,
) -> RankTest:
    """counts: relabellings by doubled rank sum; centre: its mean."""
    sd = math.sqrt(variance)
    normal = _two_sided_normal(abs(off) / sd)
    corrected = _two_sided_normal(max(0.0, abs(off) - correction) / sd)
    if counts is None:
        return RankTest(statistic, n, off / sd, normal, normal, corrected)
    sums = np.arange(counts.size)
    p = float(counts[np.abs(sums - centre) >= 2 * abs(off) - 1e-9].sum() / counts.sum())
    return RankTest(statistic, n, off / sd, p, normal, corrected)


def _subset_counts(scores: IntArray, most: int) -> FloatArray:
    """Number of subsets of each size up to most (rows) with each sum (columns)."""
    table = np.zeros((most + 1, int(np.sort(scores)[::-1][:most].sum()) + 1))
    table[0, 0] = 1.0
    for score in scores:
        table[1:, score:] += table[:-1, : table.shape[1] - score].copy()
    return table


def _sum_counts(scores: IntArray) -> FloatArray:
    counts = np.zeros(int(scores.sum()) + 1)
    counts[0] = 1.0
    for score in scores:
        counts[score:] += counts[: counts.size - score].copy()
    return counts


def _two_sided_normal(z: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def _known(values: FloatArray) -> FloatArray:
    found = np.asarray(values, dtype=np.float64).ravel()
    return found[~np.isnan(found)]
