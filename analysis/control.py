"""Control charts for rounds and pulses (formula 44) and the step at an event (formula 45).

A point beyond the limits says that something other than the usual variation was at work. It does not say what.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.estimates import BoolArray, Estimate, FloatArray, IntArray, Reason, missing

D2_OF_TWO = 2 / math.sqrt(math.pi)  # 1.128...: expected range of two standard normal values
D4_OF_TWO = 1 + 3 * math.sqrt(math.pi / 2 - 1)  # 3.267...: upper limit of a moving range over its mean
FEWEST_POINTS = 8
FEWEST_FOR_RUNS = 12
RUN = 8


@dataclass(frozen=True, slots=True)
class IndividualsChart:
    """XmR chart. centre, sigma, low, high: of the frozen baseline. baseline: points it rests on.

    moving_range: (n - 1,) between neighbouring values, range_high: its upper limit. beyond: (n,) rule 1, outside the
    limits. run: (n,) part of eight or more in a row on one side of the centre, looked for from twelve points.
    reason: why there are no limits.
    """

    beyond: BoolArray
    run: BoolArray
    moving_range: FloatArray
    centre: float = math.nan
    sigma: float = math.nan
    low: float = math.nan
    high: float = math.nan
    range_mean: float = math.nan
    range_high: float = math.nan
    baseline: int = 0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class SmoothedChart:
    """EWMA chart. value, low, high: (n,) smoothed value and its exact limits. beyond: (n,). half_width: of the limits
    in the long run, for a sample of one."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    beyond: BoolArray
    half_width: float


@dataclass(frozen=True, slots=True)
class MeansChart:
    """Chart of subgroup means of unequal size. n, mean, low, high, beyond: (n_subgroups,). sigma: of one value."""

    n: IntArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    beyond: BoolArray
    centre: float = math.nan
    sigma: float = math.nan
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Difference of means after and before an event. p: share of event positions with a difference as large, NaN below
    eight points. positions: how many were compared; p cannot fall below one over it."""

    change: Estimate
    p: float = math.nan
    smallest_p: float = math.nan
    positions: int = 0


def individuals_chart(
    values: FloatArray, *, baseline: int | None = None, sigmas: float = 3.0, fewest: int = FEWEST_POINTS
) -> IndividualsChart:
    """XmR chart: single values with limits from the mean moving range. Formula 44.

    values: (n,) in order, NaN = no value: ranges then join the values around the gap. baseline: how many of the first
    values the limits rest on; frozen, so that later points do not move them (None: the first `fewest`, eight). Limits
    centre +- sigmas times mean range / d2, d2 = 2/sqrt(pi) exactly (2.659 for three; tables round to 2.66). Fewer than
    `fewest` values: no limits, `too_few`; baseline all equal: `zero_variance`.
    Raises ValueError for a baseline below two. Source: Wheeler & Chambers (1992), Understanding Statistical Process
    Control. A baseline of eight is rough: one later point in 33 lies outside by chance (of twenty: one in 92).
    """
    y = np.asarray(values, dtype=np.float64).ravel()
    known = ~np.isnan(y)
    used = y[known]
    ranges = np.abs(np.diff(used))
    none = np.zeros(y.size, dtype=bool)
    size = min(used.size, fewest if baseline is None else baseline)
    if size < 2 and used.size >= max(fewest, 2):
        raise ValueError("a baseline needs at least two values")
    if used.size < max(fewest, 2):
        return IndividualsChart(none, none, ranges, reason="too_few" if used.size else "no_data")
    centre, range_mean = float(used[:size].mean()), float(ranges[: size - 1].mean())
    sigma = range_mean / D2_OF_TWO
    if sigma == 0:
        return IndividualsChart(none, none, ranges, centre, baseline=size, reason="zero_variance")
    low, high = centre - sigmas * sigma, centre + sigmas * sigma
    with np.errstate(invalid="ignore"):
        beyond = known & ((y < low) | (y > high))
    run = none.copy()
    if used.size >= FEWEST_FOR_RUNS:
        run[known] = _runs(np.sign(used - centre))
    return IndividualsChart(beyond, run, ranges, centre, sigma, low, high, range_mean, D4_OF_TWO * range_mean, size)


def smoothed_chart(
    values: FloatArray,
    *,
    centre: float,
    sigma: float,
    weight: float = 0.2,
    sigmas: float = 3.0,
    sizes: FloatArray | None = None,
) -> SmoothedChart:
    """EWMA chart with exact limits, wide open at neither end.

    values: (n,) single values, or means of subgroups of `sizes`. centre, sigma: of the baseline, sigma of one value.
    weight: lambda, of the newest value, 0-1. z starts at the centre; limits centre +- sigmas sigma / sqrt(n_i)
    sqrt(lambda/(2 - lambda) (1 - (1 - lambda)^(2i))). A missing value leaves z where it was and no mark.
    Raises ValueError for a weight outside 0-1. Source: Roberts (1959), Technometrics 1, 239-250.
    """
    if not 0 < weight <= 1:
        raise ValueError("weight must lie between 0 and 1")
    y = np.asarray(values, dtype=np.float64).ravel()
    z, smoothed = centre, np.empty(y.size)
    for i, value in enumerate(y):
        z = z if math.isnan(value) else weight * float(value) + (1 - weight) * z
        smoothed[i] = z
    settled = weight / (2 - weight) * (1 - (1 - weight) ** (2 * np.arange(1, y.size + 1)))
    half = sigmas * sigma * np.sqrt(settled / (1.0 if sizes is None else np.asarray(sizes, dtype=np.float64)))
    beyond = ~np.isnan(y) & (np.abs(smoothed - centre) > half)
    return SmoothedChart(
        smoothed, centre - half, centre + half, beyond, sigmas * sigma * math.sqrt(weight / (2 - weight))
    )


def means_chart(groups: list[FloatArray], *, sigmas: float = 3.0) -> MeansChart:
    """Chart of the means of subgroups of unequal size, with limits of their own.

    groups: one array per subgroup, NaN left out. Centre: mean of all values; sigma: plain mean over subgroups of range
    over d2(n), subgroups of one left out; limits centre +- sigmas sigma/sqrt(n_i). No values: `no_data`; no subgroup of
    two: `too_few`; no variation: `zero_variance`. Source: Montgomery (2009), Statistical Quality Control, ch. 6.
    """
    known = [np.asarray(group, dtype=np.float64)[~np.isnan(group)] for group in groups]
    n = np.array([group.size for group in known], dtype=np.int64)
    mean = np.array([float(group.mean()) if group.size else math.nan for group in known])
    none, empty = np.zeros(n.size, dtype=bool), np.full(n.size, np.nan)
    if not n.sum():
        return MeansChart(n, mean, empty, empty, none, reason="no_data")
    centre = float(np.concatenate(known).mean())
    spreads = [float(group.max() - group.min()) / expected_range(group.size) for group in known if group.size > 1]
    sigma = float(np.mean(spreads)) if spreads else math.nan
    if not sigma > 0:
        reason: Reason = "zero_variance" if spreads else "too_few"
        return MeansChart(n, mean, empty, empty, none, centre, sigma, reason)
    half = np.where(n > 0, sigmas * sigma / np.sqrt(np.maximum(n, 1)), np.nan)
    with np.errstate(invalid="ignore"):
        beyond = np.abs(mean - centre) > half
    return MeansChart(n, mean, centre - half, centre + half, beyond, centre, sigma)


@lru_cache(maxsize=512)
def expected_range(n: int) -> float:
    """d2: expected range of n independent standard normal values, by integration. n: at least 2.

    Raises ValueError below 2. Source: Tippett (1925), Biometrika 17.
    """
    from scipy.integrate import quad
    from scipy.special import ndtr

    if n < 2:
        raise ValueError("a range needs at least two values")
    # the integrand is even: what lies beyond 0 is half of it
    return 2 * float(quad(lambda x: 1 - ndtr(x) ** n - ndtr(-x) ** n, 0, 12, epsabs=1e-13, epsrel=1e-13)[0])


def step_at_event(values: FloatArray, position: int, *, fewest: int = 8) -> Step:
    """Difference of the means after and before an event, with the event moved to every other position. Formula 45.

    values: (n_rounds,) in order, NaN left out. position: values[position:] are after the event. p: share of the
    possible positions (two values on each side at least) with a difference at least as large; with ten rounds the
    smallest is one in seven, so it describes and never proves (`smallest_p`); below eight values no p,
    `too_few_rounds` beside the change. Nothing on one side: `no_data`. Raises ValueError for a position outside the
    series. A step in a series that rises anyway is large wherever the event is put: look at the trend first.
    """
    y = np.asarray(values, dtype=np.float64).ravel()
    if not 0 < position < y.size:
        raise ValueError("the event lies between two rounds")
    known = ~np.isnan(y)
    used, cut = y[known], int(known[:position].sum())
    method = "difference of means"
    if cut == 0 or cut == used.size:
        return Step(missing("no_data", method=method, n=used.size))
    value = float(used[cut:].mean() - used[:cut].mean())
    reason: Reason | None = "too_few_rounds" if used.size < fewest else None
    change = Estimate(value, n=used.size, method=method, reason=reason)
    if reason:
        return Step(change)
    cuts = np.union1d(np.arange(2, used.size - 1), [cut])
    sums = np.cumsum(used)
    differences = (sums[-1] - sums[cuts - 1]) / (used.size - cuts) - sums[cuts - 1] / cuts
    p = float((np.abs(differences) >= abs(value) - 1e-9).mean())
    return Step(change, p, 1 / cuts.size, int(cuts.size))


def _runs(side: FloatArray) -> BoolArray:
    """Members of eight or more in a row on one side of the centre; a value on the centre ends a run."""
    out = np.zeros(side.size, dtype=bool)
    start = 0
    for i in range(1, side.size + 1):
        if i == side.size or side[i] != side[start]:
            if side[start] != 0 and i - start >= RUN:
                out[start:i] = True
            start = i
    return out
