"""Bootstrap intervals: from replicates, by drawing whole organizations, and exactly where all draws can be listed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import NO_INTERVAL, Estimate, FloatArray, IntArray, Interval, missing

Method = Literal["percentile", "basic", "normal", "bca"]
Ties = Literal["strict", "midrank"]
Interpolation = Literal["linear", "normal"]
Voices = Literal["organization", "person"]
SAME = 1e-9  # replicates nearer than this to the estimate count as equal to it
FEWEST_CLUSTERS = 4
LISTED_UP_TO = 8  # clusters; 8 give 6,435 different draws, 12 would give over a million


@dataclass(frozen=True, slots=True)
class Distribution:
    """Values a bootstrap replicate can take, ascending, each with the number of draws that give it.

    Without a single draw every quantity of it is NaN.
    """

    values: FloatArray
    counts: FloatArray

    @classmethod
    def of(cls, replicates: FloatArray) -> Distribution:
        values, counts = np.unique(replicates[np.isfinite(replicates)], return_counts=True)
        return cls(values, counts.astype(float))

    @property
    def size(self) -> float:
        return float(self.counts.sum())

    @property
    def mean(self) -> float:
        return float(self.values @ self.counts / self.size) if self.size else math.nan

    def standard_error(self, *, divisor: Literal["n", "n-1"] = "n-1") -> float:
        if self.size <= (divisor == "n-1"):
            return math.nan
        spread = float((self.values - self.mean) ** 2 @ self.counts)
        return math.sqrt(spread / (self.size - (divisor == "n-1")))

    def below(self, estimate: float) -> tuple[float, float]:
        """Share of draws below the estimate, and share equal to it."""
        if not self.size:
            return math.nan, math.nan
        under = float(self.counts[self.values < estimate - SAME].sum())
        equal = float(self.counts[np.abs(self.values - estimate) <= SAME].sum())
        return under / self.size, equal / self.size

    def quantile(self, share: float, interpolation: Interpolation = "linear") -> float:
        """Quantile over all draws. "linear": type 7, numpy's default; "normal": R boot's, on the normal scale."""
        if not math.isfinite(share) or not self.size:
            return math.nan
        if interpolation == "normal":
            return self._normal_quantile(share)
        place = share * (self.size - 1)
        low = math.floor(place)
        return self._at(low) + (place - low) * (self._at(low + 1) - self._at(low))

    def _at(self, rank: int) -> float:
        """The draw of that rank, counted from 0."""
        position = int(np.searchsorted(np.cumsum(self.counts), rank, side="right"))
        return float(self.values[min(position, self.values.size - 1)])

    def _normal_quantile(self, share: float) -> float:
        """Davison & Hinkley (1997), Bootstrap Methods and their Application, equation 5.8."""
        from scipy.special import ndtri

        place = (self.size + 1) * share
        low = math.floor(place)
        if low <= 0 or low >= self.size:
            return self._at(0 if low <= 0 else int(self.size) - 1)
        ends = ndtri(np.array([share, low / (self.size + 1), (low + 1) / (self.size + 1)]))
        part = float((ends[0] - ends[1]) / (ends[2] - ends[1]))
        return self._at(low - 1) + part * (self._at(low) - self._at(low - 1))


@dataclass(frozen=True, slots=True)
class BCa:
    """Bias-corrected and accelerated interval. z0: bias correction. shares: of the draws, at which the ends lie."""

    z0: float
    shares: Interval
    interval: Interval


def percentile(draws: Distribution, *, confidence: float = 0.95, interpolation: Interpolation = "linear") -> Interval:
    """Quantiles of the replicates. Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Without replicates both ends are NaN. Raises ValueError for a confidence not between 0 and 1.
    """
    tail = (1 - _checked(confidence)) / 2
    return Interval(draws.quantile(tail, interpolation), draws.quantile(1 - tail, interpolation))


def basic(
    draws: Distribution, estimate: float, *, confidence: float = 0.95, interpolation: Interpolation = "linear"
) -> Interval:
    """Percentile interval turned about the estimate: 2 x estimate - upper, 2 x estimate - lower.

    Raises ValueError for a confidence not between 0 and 1. Source: Davison & Hinkley (1997), equation 5.6.
    """
    low, high = percentile(draws, confidence=confidence, interpolation=interpolation)
    return Interval(2 * estimate - high, 2 * estimate - low)


def normal(draws: Distribution, estimate: float, *, confidence: float = 0.95) -> Interval:
    """Estimate less the bootstrap bias, plus and minus z standard errors (divisor n - 1, as R boot).

    Fewer than two replicates: NaN. Source: Davison & Hinkley (1997), equation 5.5.
    """
    from scipy.special import ndtri

    centre = estimate - (draws.mean - estimate)
    half = float(ndtri(0.5 + _checked(confidence) / 2)) * draws.standard_error()
    return Interval(centre - half, centre + half)


def bca(
    draws: Distribution,
    estimate: float,
    acceleration: float,
    *,
    confidence: float = 0.95,
    ties: Ties = "midrank",
    interpolation: Interpolation = "linear",
) -> BCa:
    """Bias-corrected and accelerated interval.

    ties: "strict" takes z0 from the share of replicates below the estimate (Efron; R boot), "midrank" adds half of
    those equal to it (scipy); they differ for means of coarse scales. Every replicate on one side: no interval (NaN).
    Source: Efron (1987), JASA 82, 171-185.
    """
    from scipy.special import ndtr, ndtri

    under, equal = draws.below(estimate)
    z0 = float(ndtri(under + (equal / 2 if ties == "midrank" else 0.0)))
    if not math.isfinite(z0) or not math.isfinite(acceleration):
        return BCa(math.nan, NO_INTERVAL, NO_INTERVAL)
    z = z0 + np.array([-1.0, 1.0]) * float(ndtri(0.5 + _checked(confidence) / 2))
    low, high = (float(share) for share in ndtr(z0 + z / (1 - acceleration * z)))
    ends = Interval(draws.quantile(low, interpolation), draws.quantile(high, interpolation))
    return BCa(z0, Interval(low, high), ends)


def jackknife(sample: FloatArray, statistic: Callable[[FloatArray], float]) -> FloatArray:
    """The statistic with each value left out in turn. sample: (n,), or (n, k) with a row per unit; returns (n,)."""
    return np.array([statistic(np.delete(sample, i, axis=0)) for i in range(len(sample))])


def acceleration(left_out: FloatArray) -> float:
    """Skewness of the influence of single units, from the jackknife: sum d^3 / (6 (sum d^2)^1.5). NaN if all equal."""
    if not left_out.size or not np.isfinite(left_out).all():
        return math.nan
    distance = left_out.mean() - left_out
    spread = float((distance**2).sum())
    if not spread > 1e-24 * max(1.0, float(np.abs(left_out).max()) ** 2):
        return math.nan
    return float((distance**3).sum()) / (6 * math.sqrt(spread) ** 3)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Sum and number of the answers of each organization that has any. voices: who counts equally in the mean."""

    sums: FloatArray
    sizes: FloatArray
    voices: Voices

    @classmethod
    def of(cls, values: FloatArray, cluster: IntArray, n_clusters: int, voices: Voices) -> Clusters:
        known = np.isfinite(values)
        sizes = np.bincount(cluster[known], minlength=n_clusters)
        sums = np.bincount(cluster[known], weights=values[known], minlength=n_clusters).astype(np.float64)
        return cls(sums[sizes > 0], sizes[sizes > 0].astype(float), voices)

    @property
    def n(self) -> int:
        return self.sums.size

    def means(self, copies: FloatArray) -> FloatArray:
        """The mean of each draw, NaN for an empty one. copies: (draws, n), how often each organization is in it."""
        even = self.voices == "organization"
        above = copies @ (self.sums / self.sizes if even else self.sums)
        below = copies.sum(axis=1) if even else copies @ self.sizes
        return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)

    def left_out(self) -> FloatArray:
        return self.means(1.0 - np.eye(self.n))

    def all_draws(self) -> Distribution:
        """Every draw of n organizations with replacement, listed once with the number of orders that give it."""
        if self.n == 0:
            return Distribution(np.empty(0), np.empty(0))
        copies = _compositions(self.n)
        means = self.means(copies.astype(float))
        factorials = np.array([math.factorial(i) for i in range(self.n + 1)], dtype=float)
        counts = factorials[self.n] / factorials[copies].prod(axis=1)
        order = np.argsort(means, kind="stable")
        return Distribution(means[order], np.rint(counts[order]))

    def drawn(self, resamples: int, rng: np.random.Generator) -> Distribution:
        return Distribution.of(
            self.means(rng.multinomial(self.n, np.full(self.n, 1 / self.n), resamples).astype(float))
        )


def cluster_bootstrap(
    values: FloatArray,
    cluster: IntArray,
    *,
    rng: np.random.Generator,
    voices: Voices = "organization",
    method: Method = "percentile",
    resamples: int = 2000,
    confidence: float = 0.95,
    ties: Ties = "midrank",
) -> Estimate:
    """Mean with a bootstrap interval that draws whole organizations, since answers within one are alike. Formula 6.

    values: (n,), NaN left out; cluster: (n,) codes from 0. voices: "organization" = mean of organization means,
    "person" = mean of all answers. Up to 8 organizations all draws are listed and nothing is random.
    n counts organizations. Fewer than 4: the point without interval (`too_few`); all draws equal: `zero_variance`.
    With fewer than about 10 organizations every bootstrap interval is too short: prefer `intervals.partnership_level`.
    Raises ValueError when values and cluster are not one-dimensional and equally long.
    Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, chapter 3.8.
    """
    values, cluster = np.asarray(values, dtype=float), np.asarray(cluster)
    if values.ndim != 1 or cluster.shape != values.shape:
        raise ValueError("values and cluster must be one-dimensional and equally long")
    name = f"cluster bootstrap, {method}"
    clusters = Clusters.of(values, cluster, int(cluster.max()) + 1 if cluster.size else 0, voices)
    if clusters.n == 0:
        return missing("no_data", method=name)
    estimate = float(clusters.means(np.ones((1, clusters.n)))[0])
    if clusters.n < FEWEST_CLUSTERS:
        return Estimate(estimate, n=clusters.n, method=name, confidence=confidence, reason="too_few")
    draws = clusters.all_draws() if clusters.n <= LISTED_UP_TO else clusters.drawn(resamples, rng)
    if draws.values[-1] - draws.values[0] <= SAME:
        return Estimate(estimate, n=clusters.n, method=name, confidence=confidence, reason="zero_variance")
    if method == "percentile":
        ends = percentile(draws, confidence=confidence)
    elif method == "basic":
        ends = basic(draws, estimate, confidence=confidence)
    elif method == "normal":
        ends = normal(draws, estimate, confidence=confidence)
    else:
        ends = bca(draws, estimate, acceleration(clusters.left_out()), confidence=confidence, ties=ties).interval
    return Estimate(estimate, *ends, clusters.n, name, confidence)


def _compositions(n: int) -> IntArray:
    """All ways to draw n from n with replacement, as copies of each: ((2n-1 choose n), n)."""
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([n])
    for _ in range(n - 1):
        choices = left + 1
        here = np.arange(choices.sum()) - np.repeat(np.cumsum(choices) - choices, choices)
        rows = np.column_stack([np.repeat(rows, choices, axis=0), here])
        left = np.repeat(left, choices) - here
    return np.column_stack([rows, left])


def _checked(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    return confidence
