"""Intervals of means and shares, and of a partnership's score in both questions one may ask of it (formulas 5-7)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from analysis.estimates import NO_INTERVAL, Estimate, FloatArray, IntArray, Interval, missing
from analysis.ratings import organization_means

Question = Literal["finite", "infinite"]
FEWEST_FOR_INTERVAL = 4  # organizations; below it the point is given without an interval


def t_quantile(confidence: float, df: float) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + _checked_confidence(confidence) / 2))


def t_interval(values: FloatArray, *, confidence: float = 0.95) -> Estimate:
    """Mean with Student's t interval. values: any shape, NaN left out.

    One value: the mean without interval (`too_few`); none: `no_data`. n counts the values.
    """
    known = np.asarray(values, dtype=float).ravel()
    known = known[np.isfinite(known)]
    if known.size == 0:
        return missing("no_data", method="t")
    mean = float(known.mean())
    if known.size == 1:
        return Estimate(mean, n=1, method="t", confidence=confidence, reason="too_few")
    half = t_quantile(confidence, known.size - 1) * float(known.std(ddof=1)) / math.sqrt(known.size)
    return Estimate(mean, mean - half, mean + half, int(known.size), "t", confidence)


def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """Share with Wilson's score interval, on 0-1. Formula 7. Source: Wilson (1927), JASA 22, 209-212."""
    if trials < 0 or not 0 <= successes <= max(trials, 0):
        raise ValueError("successes must lie between 0 and trials")
    if trials == 0:
        return missing("no_data", method="Wilson")
    from scipy.special import ndtri

    z = float(ndtri(0.5 + _checked_confidence(confidence) / 2))
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), trials, "Wilson", confidence)


def partnership_level(
    values: FloatArray,
    organization: IntArray,
    invited: IntArray,
    *,
    question: Question,
    error_variance: float = math.nan,
    confidence: float = 0.95,
) -> Estimate:
    """Score of a partnership: the mean over organizations, one voice each. Formulas 5 and 6.

    values: (n,) person scores 0-100, NaN left out. organization: (n,) codes. invited: (N_o,) people invited by
    organization.
    question: "infinite" asks for the underlying level these organizations are a sample of: t over their means.
    "finite" asks how these partners stand now: both stages of non-response are counted,
    Var = (1 - n_o/N_o) s_b^2/n_o + sum_o (1 - m_o/M_o) s_w^2/m_o / (n_o N_o), with t on min(df within, n_o - 1).
    When everybody invited answered there is no sampling error: the interval is one measurement error each way
    (flag `complete_count`), from error_variance of a person's score; never of zero width.
    Fewer than 4 organizations: the point without interval (`too_few`). n counts organizations.
    """
    means, count = organization_means(values, organization, invited.size)
    has = count > 0
    n, total = int(has.sum()), int((np.maximum(invited, count) > 0).sum())
    method = f"mean over organizations, {question}"
    if n == 0:
        return missing("no_data", method=method)
    value = float(means[has].mean())
    if n < FEWEST_FOR_INTERVAL:
        return Estimate(value, n=n, method=method, confidence=confidence, reason="too_few")
    if question == "infinite":
        low, high = t_interval(means[has], confidence=confidence).interval
        return Estimate(value, *_within(low, high), n, method, confidence)
    answered, asked = count[has], np.maximum(invited[has], count[has])
    if n == total and bool((answered == asked).all()):
        return _complete_count(value, error_variance, answered, confidence, method)
    variance, df = _two_stage_variance(values, organization, means, answered, asked, total)
    half = t_quantile(confidence, df) * math.sqrt(variance)
    if half == 0.0:
        return Estimate(value, n=n, method=method, confidence=confidence, reason="zero_variance")
    return Estimate(value, *_within(value - half, value + half), n, method, confidence)


def _two_stage_variance(
    values: FloatArray, organization: IntArray, means: FloatArray, answered: IntArray, asked: IntArray, total: int
) -> tuple[float, float]:
    n = answered.size
    between = float(np.nanvar(means, ddof=1))
    known = np.isfinite(values)
    residual = values[known] - means[organization[known]]
    df_within = int(answered.sum()) - n
    within = float((residual**2).sum() / df_within) if df_within > 0 else between
    second = float(((1 - answered / asked) * within / answered).sum()) / (n * total)
    return (1 - n / total) * between / n + second, min(df_within, n - 1) if df_within > 0 else n - 1


def _complete_count(value: float, error: float, answered: IntArray, confidence: float, method: str) -> Estimate:
    if math.isnan(error) or error <= 0:
        return Estimate(value, n=answered.size, method=method, confidence=confidence, reason="complete_count")
    sem = math.sqrt(float((error / answered).sum())) / answered.size
    low, high = _within(value - sem, value + sem)
    return Estimate(value, low, high, answered.size, method, confidence, flags=("complete_count",))


def _within(low: float, high: float) -> Interval:
    """Scores cannot leave 0-100, so neither can their interval."""
    return Interval(max(0.0, low), min(100.0, high)) if math.isfinite(low) else NO_INTERVAL


def _checked_confidence(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    return confidence
