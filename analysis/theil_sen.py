"""Theil-Sen slope with an interval that inverts the Mann-Kendall test, many series at once. Formula 41."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray
from analysis.mann_kendall import PERSISTENCE, claim_tail, exact_tail, mann_kendall


@dataclass(frozen=True, slots=True)
class TheilSen:
    """Slopes of many series. Every array: (n_series,), NaN where there is none.

    slope: median of the slopes of all pairs of rounds, per unit of years. low, high: interval. n: rounds. pairs:
    slopes it is the median of. intercept: median of value - slope * year (scipy "joint"); intercept_separate: median
    value - slope * median year (scipy "separate").
    """

    slope: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    pairs: IntArray
    intercept: FloatArray
    intercept_separate: FloatArray


def theil_sen(
    years: FloatArray,
    values: FloatArray,
    *,
    confidence: float = 0.95,
    interval: Literal["exact", "persistent", "normal"] = "persistent",
    persistence: float = PERSISTENCE,
) -> TheilSen:
    """Median of the slopes between all pairs of rounds.

    years: (n_rounds,) or (n_series, n_rounds), increasing. values: (n_series, n_rounds), NaN = no value that round.
    interval: "exact" takes the ranks at which the exact Mann-Kendall test of n untied rounds would reject; "persistent"
    the same with the test claims rest on (from six rounds, correlated neighbours); "normal" the ranks of the
    tie-corrected normal form, rounded as in scipy and R trend. Below two rounds: NaN; where even the outermost slopes
    do not reach the confidence (four rounds): the slope without interval, or with "normal" those slopes.
    Raises ValueError when shapes disagree or years do not increase over the rounds with a value.
    Sources: Theil (1950); Sen (1968), Journal of the American Statistical Association 63, 1379-1389.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError("values need one row per series and one column per round")
    at = _checked_years(np.asarray(years, dtype=np.float64), table)
    slopes = _pair_slopes(at, table)
    n = (~np.isnan(table)).sum(axis=1).astype(np.int64)
    pairs = n * (n - 1) // 2
    slope = _sorted_median(slopes, pairs)
    if interval == "normal":
        low, high = _normal_ranks(table, pairs, confidence)
    else:
        low = _ranks(n, confidence, persistence if interval == "persistent" else 0.0)
        high = pairs - 1 - low
    low, high = np.where(pairs > 0, low, -1), np.where(pairs > 0, high, -1)
    median_year = _row_median(np.where(np.isnan(table), np.nan, at))
    return TheilSen(
        slope,
        _pick(slopes, low),
        _pick(slopes, np.where(low < 0, -1, high)),
        n,
        pairs,
        _row_median(table - slope[:, None] * at),
        _row_median(table) - slope * median_year,
    )


def _checked_years(years: FloatArray, table: FloatArray) -> FloatArray:
    if years.shape not in (table.shape, table.shape[1:]):
        raise ValueError("one year for each round")
    at = np.broadcast_to(years, table.shape)
    known = ~np.isnan(table)
    if np.isnan(at[known]).any():
        raise ValueError("a round with a value needs its year")
    latest = np.maximum.accumulate(np.where(known, at, -np.inf), axis=1)
    if bool((known[:, 1:] & (at[:, 1:] <= latest[:, :-1])).any()):
        raise ValueError("years must increase")
    return at


def _pair_slopes(at: FloatArray, table: FloatArray) -> FloatArray:
    """(n_series, n_pairs), ascending, NaN last."""
    earlier, later = np.triu_indices(table.shape[1], 1)
    rise = table[:, later] - table[:, earlier]
    run = np.where(np.isnan(rise), 1.0, at[:, later] - at[:, earlier])
    return np.sort(rise / run, axis=1)


def _ranks(n: IntArray, confidence: float, persistence: float) -> IntArray:
    """Place (from 0) of the lower limit among the sorted slopes: the largest that keeps the confidence; -1 for none."""
    places = {int(size): _rank(int(size), confidence, persistence) for size in np.unique(n)}
    return np.array([places[int(size)] for size in n], dtype=np.int64)


def _rank(n: int, confidence: float, persistence: float) -> int:
    if n < 2:
        return -1
    ties, pairs = (1,) * n, n * (n - 1) // 2
    tail = claim_tail(ties, persistence) if persistence > 0 else exact_tail(ties)
    # k slopes cut off a side: a true slope outside means |S| >= pairs - 2 (k - 1)
    fits = [k for k in range(1, pairs // 2 + 1) if tail[pairs - 2 * (k - 1)] <= 1 - confidence + 1e-12]
    return fits[-1] - 1 if fits else -1


def _normal_ranks(table: FloatArray, pairs: IntArray, confidence: float) -> tuple[IntArray, IntArray]:
    from scipy.special import ndtri

    reach = float(ndtri(0.5 + confidence / 2)) * np.sqrt(mann_kendall(table, persistence=0).variance)
    reach = np.nan_to_num(reach)
    low = np.maximum(np.rint((pairs - reach) / 2).astype(np.int64) - 1, 0)
    high = np.minimum(np.rint((pairs + reach) / 2).astype(np.int64), pairs - 1)
    return low, high


def _pick(slopes: FloatArray, place: IntArray) -> FloatArray:
    if not slopes.shape[1]:
        return np.full(len(slopes), np.nan)
    found = np.take_along_axis(slopes, np.maximum(place, 0)[:, None], axis=1)[:, 0]
    return np.where(place >= 0, found, np.nan)


def _sorted_median(ordered: FloatArray, count: IntArray) -> FloatArray:
    upper = np.where(count > 0, count // 2, -1)
    lower = np.where(count > 0, (count - 1) // 2, -1)
    return np.asarray((_pick(ordered, upper) + _pick(ordered, lower)) / 2)


def _row_median(table: FloatArray) -> FloatArray:
    return _sorted_median(np.sort(table, axis=1), (~np.isnan(table)).sum(axis=1))
