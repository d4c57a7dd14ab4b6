"""Exact randomization tests of a handful of units: every relabelling is counted, none is drawn.

Sums over all subsets are found by meeting in the middle: the subsets of each half of the units are listed, and pairs of
half sums are counted by sorting. Twenty a side is instant; nothing of size 2^40 is ever made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, IntArray

MOST_UNITS = 36  # two halves of 2^18 subsets; beyond it relabellings are drawn
DRAWS = 100_000
DECIMALS = 9  # values closer than this are equal: the rest is floating-point noise


@dataclass(frozen=True, slots=True)
class Tails:
    """How often a statistic at least as extreme turns up among all relabellings, the observed one included.

    two_sided: |statistic| >= |observed|. greater, less: >= observed, <= observed. smallest: the smallest two_sided any
    outcome of this design with these values can reach. relabellings: how many there are. exact: counted, not drawn.
    """

    two_sided: float
    greater: float
    less: float
    smallest: float
    relabellings: int
    exact: bool


NO_TAILS = Tails(math.nan, math.nan, math.nan, math.nan, 0, exact=True)


def sign_flip_tails(differences: FloatArray, rng: np.random.Generator | None = None) -> Tails:
    """Tails of the mean of paired differences when every sign is equally likely. differences: (n,), without NaN.

    No pair: NaN. More than 36 pairs: 100,000 drawn sign patterns, p = (b + 1)/(m + 1); ValueError then when rng is
    missing.
    """
    d = np.asarray(np.round(differences, DECIMALS), dtype=np.float64)
    total = float(d.sum())
    if not d.size:
        return NO_TAILS
    if d.size > MOST_UNITS:
        signs = _needed(rng).integers(0, 2, size=(DRAWS, d.size)) * 2.0 - 1.0
        return _drawn_tails(signs @ d, total, 2**d.size)
    halves = [_subset_sums(part)[0] for part in (d[: d.size // 2], d[d.size // 2 :])]
    slack = _slack(d)
    # a pattern of signs sums to twice the subset of positives minus the total
    return _counted_tails([(halves[0], np.sort(halves[1]))], total, scale=2.0, shift=-total, slack=slack)


def two_sample_tails(first: FloatArray, second: FloatArray, rng: np.random.Generator | None = None) -> Tails:
    """Tails of mean(first) - mean(second) when every assignment of the values to two groups of these sizes is equally
    likely. first: (n1,), second: (n2,), without NaN, both with at least one value.

    two_sided counts |difference| >= |observed| (scipy doubles the smaller tail instead, which differs for unequal
    groups). An empty group: NaN. More than 36 values: 100,000 drawn assignments, p = (b + 1)/(m + 1); ValueError then
    when rng is missing.
    """
    values = np.round(np.concatenate([first, second]).astype(np.float64), DECIMALS)
    n1, n = len(first), len(values)
    if not 0 < n1 < n:
        return NO_TAILS
    values = values - values.mean()  # the difference of means is then a multiple of the sum of the first group
    observed = float(values[:n1].sum())
    if n > MOST_UNITS:
        drawn = _needed(rng).permuted(np.tile(values, (DRAWS, 1)), axis=1)[:, :n1].sum(axis=1)
        return _drawn_tails(drawn, observed, math.comb(n, n1))
    lower, upper = _subset_sums(values[: n // 2]), _subset_sums(values[n // 2 :])
    taken = range(max(0, n1 - (n - n // 2)), min(n1, n // 2) + 1)
    pairs = [(lower[0][lower[1] == k], np.sort(upper[0][upper[1] == n1 - k])) for k in taken]
    return _counted_tails(pairs, observed, scale=1.0, shift=0.0, slack=_slack(values))


def _subset_sums(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Sum and size of every subset."""
    sums, sizes = np.zeros(1), np.zeros(1, dtype=np.int64)
    for value in values:
        sums = np.concatenate([sums, sums + value])
        sizes = np.concatenate([sizes, sizes + 1])
    return sums, sizes


def _counted_tails(
    pairs: list[tuple[FloatArray, FloatArray]], observed: float, *, scale: float, shift: float, slack: float
) -> Tails:
    """Tails of scale * (one of the first + one of the sorted second) + shift, over all pairs."""
    total = sum(a.size * b.size for a, b in pairs)

    def at_least(bound: float) -> int:
        return sum(
            int((b.size - np.searchsorted(b, (bound - slack - shift) / scale - a, side="left")).sum()) for a, b in pairs
        )

    def at_most(bound: float) -> int:
        return sum(int(np.searchsorted(b, (bound + slack - shift) / scale - a, side="right").sum()) for a, b in pairs)

    def two_sided(size: float) -> int:
        return total if size <= slack else at_least(size) + at_most(-size)

    ends = [
        (scale * (a.min() + b[0]) + shift, scale * (a.max() + b[-1]) + shift) for a, b in pairs if a.size and b.size
    ]
    farthest = max(max(-low, high) for low, high in ends)
    return Tails(
        two_sided(abs(observed)) / total,
        at_least(observed) / total,
        at_most(observed) / total,
        two_sided(farthest) / total,
        total,
        exact=True,
    )


def _drawn_tails(drawn: FloatArray, observed: float, relabellings: int) -> Tails:
    slack = 10.0**-DECIMALS * max(1.0, abs(observed))
    share = 1.0 / (drawn.size + 1)
    return Tails(
        float((np.abs(drawn) >= abs(observed) - slack).sum() + 1) * share,
        float((drawn >= observed - slack).sum() + 1) * share,
        float((drawn <= observed + slack).sum() + 1) * share,
        share,
        relabellings,
        exact=False,
    )


def _slack(values: FloatArray) -> float:
    """Half of the smallest gap that rounding leaves, and never below what adding up loses."""
    return max(0.5 * 10.0**-DECIMALS, 1e-12 * float(np.abs(values).sum()))


def _needed(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is None:
        raise ValueError(f"more than {MOST_UNITS} values: a random generator is needed")
    return rng
