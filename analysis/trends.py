"""Trend of a partnership over its rounds (formulas 41-43): a slope per year, and a claim only where one can be made.

A trend is taken over the published whole points of the rounds, so anybody can recompute it; equal whole points are
ties. It speaks of the variation between rounds only, whatever the number of people behind each point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import BoolArray, Estimate, FloatArray, IntArray, Reason, missing
from analysis.intervals import t_interval
from analysis.mann_kendall import PERSISTENCE, mann_kendall
from analysis.multiplicity import holm
from analysis.theil_sen import theil_sen

Claim = Literal["rising", "falling", "none"]
FEWEST_FOR_SLOPE = 3  # rounds
FEWEST_FOR_CLAIM = 5  # rounds: with four the smallest possible p is .083
FEWEST_PANEL = 6  # organizations
SLACK = 1 + 1e-9  # three indices over five rounds sit exactly on the level: 3 times 1/60
METHOD = "Theil-Sen per year, between-round variation only"


@dataclass(frozen=True, slots=True)
class Trend:
    """Trend of one series.

    slope: points per year, median of the slopes of all pairs of rounds, with exact interval (from five rounds); n
    counts the rounds of the last comparable segment. p: two-sided Mann-Kendall, exact, and from six rounds holding
    for rounds that resemble their neighbours; NaN below five rounds. S: rises minus falls over pairs of rounds.
    smallest_p: what these rounds, with these ties, can reach at best. reason: why no claim was even possible; None
    beside claim "none" means the test was made and found nothing that cannot be no change.
    """

    slope: Estimate
    p: float
    S: int
    claim: Claim
    reason: Reason | None = None
    smallest_p: float = np.nan


@dataclass(frozen=True, slots=True)
class TrendTable:
    """Trends of many series. Every array: (n_series,). direction: 1 rising, -1 falling, 0 no claim. n: rounds used.

    Fields otherwise as in `Trend`; reason: None or why there is no claim, one per series.
    """

    slope: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    p: FloatArray
    S: IntArray
    direction: IntArray
    smallest_p: FloatArray
    reason: tuple[Reason | None, ...]


def trend(
    years: FloatArray,
    values: FloatArray,
    *,
    segments: IntArray | None = None,
    level: float = 0.05,
    confidence: float = 0.95,
    resolution: float = 1.0,
    persistence: float = PERSISTENCE,
) -> Trend:
    """Is the series rising or falling, and by how many points a year? Formulas 41, 42 and 46.

    years: (n_rounds,) real dates in years, increasing (2026.25), not round numbers. values: (n_rounds,) published
    points, NaN = no round or nothing shown. segments: (n_rounds,) codes of stretches without a comparability break;
    slope and test use the last one only. level: of a claim. resolution: values are rounded to its multiples first.
    persistence: correlation of neighbouring rounds the claim must withstand (see `mann_kendall`).

    Below three rounds no slope, below five no claim and no p: `too_few_rounds`, or `broken_series` when the series is
    long enough but its last segment is not. Five rounds whose ties put the smallest possible p above the level:
    `out_of_reach`. All equal: slope 0, S 0, no p, `zero_variance`. Nothing at all: `no_data`.
    Raises ValueError when shapes disagree or the years of rounds with a value do not increase.
    Three headline indices claimed together: see `hold_back`.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1:
        raise ValueError("one series: values need one axis")
    codes = None if segments is None else np.asarray(segments)[None, :]
    found = trend_table(
        years,
        series[None, :],
        segments=codes,
        level=level,
        confidence=confidence,
        resolution=resolution,
        persistence=persistence,
    )
    slope = _slope_estimate(found, confidence)
    claim: Claim = ("none", "rising", "falling")[int(found.direction[0])]
    return Trend(slope, float(found.p[0]), int(found.S[0]), claim, found.reason[0], float(found.smallest_p[0]))


def trend_table(
    years: FloatArray,
    values: FloatArray,
    *,
    segments: IntArray | None = None,
    level: float = 0.05,
    confidence: float = 0.95,
    resolution: float = 1.0,
    persistence: float = PERSISTENCE,
) -> TrendTable:
    """`trend` for many series at once. years: (n_rounds,) or (n_series, n_rounds). values: (n_series, n_rounds).

    segments: (n_rounds,) or (n_series, n_rounds). Otherwise as in `trend`.
    """
    table = np.asarray(values, dtype=np.float64)
    if resolution > 0:
        table = np.rint(table / resolution) * resolution
    whole = (~np.isnan(table)).sum(axis=1)
    if segments is not None:
        table = _last_segment(table, segments)
    test = mann_kendall(table, persistence=persistence)
    slopes = theil_sen(years, table, confidence=confidence, persistence=persistence)
    enough, equal = test.n >= FEWEST_FOR_CLAIM, np.nan_to_num(test.variance) == 0
    testable = enough & ~equal
    p = np.where(testable, test.p_persistent, np.nan)
    smallest = np.where(testable, test.smallest_p, np.nan)
    with np.errstate(invalid="ignore"):
        claimed = testable & (p <= level * SLACK)
        unreachable = testable & (smallest > level * SLACK)
    described = test.n >= FEWEST_FOR_SLOPE
    return TrendTable(
        np.where(described, slopes.slope, np.nan),
        np.where(described & ~equal, slopes.low, np.nan),
        np.where(described & ~equal, slopes.high, np.nan),
        test.n,
        p,
        test.s,
        np.where(claimed, np.sign(test.s), 0),
        smallest,
        _reasons(test.n, whole, equal, unreachable),
    )


def hold_back(trends: tuple[Trend, ...], *, level: float = 0.05) -> tuple[Trend, ...]:
    """Keep only the claims that hold when all these trends are looked at together: Holm over those with a p.

    trends: the three headline indices, in any order. Slopes, p and S stay as they are; a claim that does not pass
    becomes "none", with `out_of_reach` when even the smallest p of its series could not have passed alone.
    """
    adjusted = holm(np.array([each.p for each in trends], dtype=np.float64))
    tested = int((~np.isnan(adjusted)).sum())
    out = []
    for each, p in zip(trends, adjusted, strict=True):
        reason = each.reason
        if reason is None and each.smallest_p * tested > level * SLACK and not p <= level:
            reason = "out_of_reach"
        claim: Claim = each.claim if p <= level * SLACK else "none"
        out.append(Trend(each.slope, each.p, each.S, claim, reason, each.smallest_p))
    return tuple(out)


def average_change(years: FloatArray, scores: FloatArray, *, confidence: float = 0.95) -> Estimate:
    """Average change per year of the organizations that stayed, with Student's t over organizations. Formula 43.

    years: (n_rounds,) increasing. scores: (n_organizations, n_rounds) 0-100, NaN = did not answer. The slope of every
    organization with at least three rounds is a least-squares slope per year; the estimate is their mean, n their
    number. Below three rounds: `too_few_rounds`; below six such organizations: `too_few`; slopes all equal: the mean
    without interval, `zero_variance`. Raises ValueError when shapes disagree.
    Below five rounds this is "average change per year, with interval", never a trend. The interval asks how other
    organizations would have changed over these same rounds: what all of them went through together is part of the
    change. Source: Matthews, Altman, Campbell & Royston (1990), BMJ 300, 230-235.
    """
    method = "mean of organization slopes"
    slopes = organization_slopes(years, scores)
    used = slopes[~np.isnan(slopes)]
    if int((~np.isnan(np.asarray(scores, dtype=np.float64))).any(axis=0).sum()) < FEWEST_FOR_SLOPE:
        return missing("too_few_rounds", method=method, n=used.size)
    if used.size < FEWEST_PANEL:
        return missing("too_few", method=method, n=used.size)
    found = t_interval(used, confidence=confidence)
    if not found.low < found.high:
        return Estimate(found.value, n=used.size, method=method, confidence=confidence, reason="zero_variance")
    return Estimate(found.value, found.low, found.high, used.size, method, confidence)


def organization_slopes(years: FloatArray, scores: FloatArray) -> FloatArray:
    """Least-squares slope per year of every organization with at least three rounds, else NaN. Shapes as above.

    Raises ValueError when scores is not one row per organization and one column per year.
    """
    table, t = np.asarray(scores, dtype=np.float64), np.asarray(years, dtype=np.float64)
    if table.ndim != 2 or t.shape != (table.shape[1],):
        raise ValueError("scores need one row per organization and one column per year")
    known = ~np.isnan(table)
    n = known.sum(axis=1)
    at = np.where(known, t, 0.0)
    centred = np.where(known, t - (at.sum(axis=1) / np.maximum(n, 1))[:, None], 0.0)
    spread = (centred**2).sum(axis=1)
    usable = (n >= FEWEST_FOR_SLOPE) & (spread > 0)
    slope = (centred * np.where(known, table, 0.0)).sum(axis=1) / np.where(usable, spread, 1.0)
    return np.where(usable, slope, np.nan)


def _last_segment(table: FloatArray, segments: IntArray) -> FloatArray:
    codes = np.asarray(segments)
    if codes.shape not in (table.shape, table.shape[1:], (1, table.shape[1])):
        raise ValueError("one segment code for each round")
    codes = np.broadcast_to(codes, table.shape)
    known = ~np.isnan(table)
    last = table.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(codes == np.take_along_axis(codes, last[:, None], axis=1), table, np.nan)


def _reasons(n: IntArray, whole: IntArray, equal: BoolArray, unreachable: BoolArray) -> tuple[Reason | None, ...]:
    out: list[Reason | None] = [None] * n.size
    for i in np.flatnonzero((n < FEWEST_FOR_CLAIM) | equal | unreachable):
        if n[i] == 0:
            out[i] = "no_data"
        elif n[i] < FEWEST_FOR_CLAIM:
            out[i] = "broken_series" if whole[i] >= FEWEST_FOR_CLAIM else "too_few_rounds"
        else:
            out[i] = "zero_variance" if equal[i] else "out_of_reach"
    return tuple(out)


def _slope_estimate(found: TrendTable, confidence: float) -> Estimate:
    n, value = int(found.n[0]), float(found.slope[0])
    if n < FEWEST_FOR_SLOPE:
        return missing(found.reason[0] or "too_few_rounds", method=METHOD, n=n)
    low, high = float(found.low[0]), float(found.high[0])
    if np.isnan(low):
        no_spread = found.reason[0] == "zero_variance"
        reason: Reason = "zero_variance" if no_spread else "out_of_reach"
        return Estimate(value, n=n, method=METHOD, confidence=confidence, reason=reason)
    return Estimate(value, low, high, n, METHOD, confidence)
