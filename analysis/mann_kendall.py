"""Mann-Kendall: exact for any pattern of ties, many series at once, and with room for rounds that resemble each other.

Without ties and with independent rounds S is a count of inversions; with ties it is the count of inversions of a
multiset, whose generating function is the Gaussian multinomial coefficient. So the exact distribution is a product of
polynomials, for any ties and any number of rounds, and nothing has to be enumerated or drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray

PERSISTENCE = 0.3  # correlation of neighbouring rounds a claim must withstand
PERSISTENT_FROM = 6  # rounds from which persistence at that level breaks the plain test's 5 %
MOST_EXACT = 60  # rounds; beyond it the normal form


@dataclass(frozen=True, slots=True)
class MannKendall:
    """Mann-Kendall test of many series. Every array: (n_series,).

    n: rounds with a value. s: rises minus falls over all pairs of rounds. variance: of s for independent rounds, with
    tie correction. p: two-sided, exact; NaN below two rounds and for series all equal. p_persistent: the larger of p
    and that under persistent rounds, which claims rest on. smallest_p: the smallest p_persistent these rounds and ties
    can reach.
    """

    n: IntArray
    s: IntArray
    variance: FloatArray
    p: FloatArray
    p_persistent: FloatArray
    smallest_p: FloatArray


def mann_kendall(values: FloatArray, *, persistence: float = PERSISTENCE) -> MannKendall:
    """Is there a monotone trend? Formula 42, for any number of series at once.

    values: (n_series, n_rounds) in order of time, NaN = no value that round; equal values are ties. persistence:
    correlation of neighbouring rounds, 0-1, assumed from six rounds on in p_persistent: the variance of s is then that
    of a Gaussian series with this correlation (the idea of Hamed & Rao 1998, Journal of Hydrology 204, 182-196, with
    the correlation set beforehand: eight rounds cannot estimate it), its law a symmetric beta between the ends s can
    reach, with continuity correction. Simulated tails between .05 and .005 agree within a fifth, nearly all on the
    cautious side.
    Raises ValueError unless values has two axes, or for a persistence outside 0-1.
    Source: Mann (1945), Econometrica 13, 245-259; Kendall (1975), Rank Correlation Methods.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError("values need one row per series and one column per round")
    if not 0 <= persistence < 1:
        raise ValueError("persistence must lie between 0 and 1")
    known = ~np.isnan(table)
    n = known.sum(axis=1)
    s, ties = _scores(table), _tie_patterns(table, known)
    out = np.full((4, len(table)), np.nan)
    patterns, of_series = np.unique(ties, axis=0, return_inverse=True) if len(ties) else (ties, ties[:, :1])
    for place, pattern in enumerate(patterns):
        rows = np.flatnonzero(of_series.ravel() == place)
        sizes = tuple(int(size) for size in pattern[pattern > 0][::-1])
        out[:, rows] = _test(sizes, s[rows], persistence)
    return MannKendall(n.astype(np.int64), s, *out)


def exact_tail(ties: tuple[int, ...]) -> FloatArray:
    """P(|S| >= j) for j = 0, 1, ..., m, rounds independent. ties: sizes of the sets of equal values, ones included."""
    return _exact_tail(tuple(sorted(ties, reverse=True)))


def tied_variance(ties: tuple[int, ...]) -> float:
    """Variance of S for independent rounds with these sets of equal values."""
    n = sum(ties)
    return (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18


@lru_cache(maxsize=256)
def persistent_variance(n: int, persistence: float) -> float:
    """Variance of S for n rounds of a Gaussian series whose neighbours correlate by persistence, without ties.

    Two signs of normal differences with correlation c agree by (2/pi) arcsin c on average.
    """
    earlier, later = np.triu_indices(n, 1)
    spread = np.sqrt(2 * (1 - persistence ** np.abs(later - earlier)))
    lag = persistence ** np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(np.float64)
    shared = lag[np.ix_(later, later)] - lag[np.ix_(later, earlier)]
    shared += lag[np.ix_(earlier, earlier)] - lag[np.ix_(earlier, later)]
    agreement = np.clip(shared / np.outer(spread, spread), -1.0, 1.0)
    return float(2 / np.pi * np.arcsin(agreement).sum())


def claim_tail(ties: tuple[int, ...], persistence: float = PERSISTENCE) -> FloatArray:
    """As `exact_tail`, and from six rounds never below that under persistent rounds: what claims rest on."""
    return _claim_tail(tuple(sorted(ties, reverse=True)), persistence)


@lru_cache(maxsize=4096)
def _claim_tail(ties: tuple[int, ...], persistence: float) -> FloatArray:
    from scipy.special import betainc

    plain = _exact_tail(ties)
    n = sum(ties)
    if n < PERSISTENT_FROM or persistence == 0 or plain.size < 2:
        return plain
    free = n * (n - 1) * (2 * n + 5) / 18
    variance = persistent_variance(n, persistence) * tied_variance(ties) / free
    reach = float(plain.size)  # S sits in the middle of a step of two: the law runs one beyond its largest value
    shape = max((reach**2 / (variance + 1 / 3) - 1) / 2, 1e-6)
    size = np.maximum(np.arange(plain.size) - 1.0, 0.0)
    beyond = np.minimum(1.0, 2 * betainc(shape, shape, (1 - size / reach) / 2))
    return np.asarray(np.maximum(plain, beyond))


@lru_cache(maxsize=4096)
def _exact_tail(ties: tuple[int, ...]) -> FloatArray:
    most = (sum(ties) ** 2 - sum(t * t for t in ties)) // 2
    if most == 0:
        return np.ones(1)
    if sum(ties) > MOST_EXACT:
        return _normal_tail(ties, most)
    chances = np.zeros(2 * most + 1)  # S runs from -most to most in steps of two
    chances[::2] = _inversion_chances(ties)
    sizes = np.abs(np.arange(-most, most + 1))
    at = np.bincount(sizes, chances, most + 1)
    return np.asarray(np.minimum(1.0, np.cumsum(at[::-1])[::-1]))


def _normal_tail(ties: tuple[int, ...], most: int) -> FloatArray:
    from scipy.special import ndtr

    z = np.maximum(np.arange(most + 1) - 1.0, 0.0) / math.sqrt(tied_variance(ties))
    return np.asarray(2 * ndtr(-z))


def _inversion_chances(ties: tuple[int, ...]) -> FloatArray:
    """Probabilities of 0, 1, ... inversions among all orders of a multiset: sets of equal values merged one by one."""
    chances, merged = np.ones(1), ties[0]
    for size in ties[1:]:
        chances = np.convolve(chances, _merging(merged, size))
        merged += size
    return chances


@lru_cache(maxsize=4096)
def _merging(a: int, b: int) -> FloatArray:
    """Distribution of inversions between a equal values and b others, all orders alike: the Gaussian binomial.

    The last place belongs to one of the a with chance a/(a + b), and then to the b before it, or not.
    """
    if min(a, b) == 0:
        return np.ones(1)
    out = np.zeros(a * b + 1)
    with_a, with_b = _merging(a - 1, b), _merging(a, b - 1)
    out[b:] += a / (a + b) * with_a
    out[: with_b.size] += b / (a + b) * with_b
    return out


def _scores(table: FloatArray) -> IntArray:
    s = np.zeros(len(table), dtype=np.int64)
    for lag in range(1, table.shape[1]):
        later, earlier = table[:, lag:], table[:, :-lag]
        s += (later > earlier).sum(axis=1) - (later < earlier).sum(axis=1)
    return s


def _tie_patterns(table: FloatArray, known: BoolArray) -> IntArray:
    """Sizes of the sets of equal values of every series, ascending, zeros first."""
    ordered = np.sort(table, axis=1)
    sizes = np.zeros(table.shape, dtype=np.int64)
    if not table.shape[1]:
        return sizes
    starts = np.ones(table.shape, dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    block = np.cumsum(starts, axis=1) - 1
    present = np.arange(table.shape[1]) < known.sum(axis=1)[:, None]  # NaN sort to the end
    np.add.at(sizes, (np.broadcast_to(np.arange(len(table))[:, None], table.shape)[present], block[present]), 1)
    return np.sort(sizes, axis=1)


def _test(ties: tuple[int, ...], s: IntArray, persistence: float) -> FloatArray:
    """Variance, p, p under persistence and its smallest, for series with one pattern of ties."""
    out = np.full((4, s.size), np.nan)
    out[0] = tied_variance(ties)
    if len(ties) > 1:
        tail = claim_tail(ties, persistence)
        out[1], out[2], out[3] = exact_tail(ties)[np.abs(s)], tail[np.abs(s)], tail[-1]
    return out
