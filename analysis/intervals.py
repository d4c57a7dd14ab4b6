"""Intervals of means and shares, and of a partnership's score in both questions one may ask of it (formulas 5-7)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from analysis.estimates import Estimate, FloatArray, IntArray, missing
from analysis.ratings import organization_means

Question = Literal["finite", "infinite"]
FEWEST_FOR_INTERVAL = 4  # organizations; below it the point is given without an interval
NO_WIDTH = 1e-9  # points: equal answers, up to the last digits of their means


def t_quantile(confidence: float, df: float) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + _checked_confidence(confidence) / 2))


def t_interval(values: FloatArray, *, confidence: float = 0.95) -> Estimate:
    """Mean with Student's t interval. values: any shape, NaN left out.

    One value: the mean without interval (`too_few`); none: `no_data`. n counts the values. All equal: an interval of
    width zero, by the formula, with the flag `zero_variance`; what is shown of a partnership refuses it.
    Source: Student (1908), Biometrika 6.
    """
    known = np.asarray(values, dtype=float).ravel()
    known = known[np.isfinite(known)]
    if known.size == 0:
        return missing("no_data", method="t")
    mean = float(known.mean())
    if known.size == 1:
        return Estimate(mean, n=1, method="t", confidence=confidence, reason="too_few")
    half = t_quantile(confidence, known.size - 1) * float(known.std(ddof=1)) / math.sqrt(known.size)
    flags = ("zero_variance",) if np.ptp(known) == 0 else ()
    return Estimate(mean, mean - half, mean + half, int(known.size), "t", confidence, flags=flags)


def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """Share with Wilson's score interval, on 0-1. Formula 7. Source: Wilson (1927), JASA 22, 209-212.

    No trials: `no_data`. Raises ValueError when successes lie outside 0 to trials.
    """
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
    Fewer than 4 organizations: the point without interval (`too_few`); all alike: likewise (`zero_variance`), for a
    width of zero would claim certainty. n counts organizations.
    """
    means, count = organization_means(values, organization, invited.size)
    has = count > 0
    n = int(has.sum())
    method = f"mean over organizations, {question}"
    if n == 0:
        return missing("no_data", method=method)
    point = Estimate(float(means[has].mean()), n=n, method=method, confidence=confidence)
    if n < FEWEST_FOR_INTERVAL:
        return replace(point, reason="too_few")
    if question == "finite":
        return _present_state(point, values, organization, invited, error_variance)
    return _around(point, t_quantile(confidence, n - 1) * float(means[has].std(ddof=1)) / math.sqrt(n))


def _present_state(
    point: Estimate, values: FloatArray, organization: IntArray, invited: IntArray, error_variance: float
) -> Estimate:
    means, answered = organization_means(values, organization, invited.size)
    asked = np.maximum(invited, answered)
    if bool((answered == asked).all()):
        return _complete_count(point, error_variance, answered[answered > 0])
    known = np.isfinite(values)
    squares = float(((values[known] - means[organization[known]]) ** 2).sum())
    variance, df = two_stage_error(means, answered, asked, squares)
    return _around(point, t_quantile(point.confidence, float(df)) * math.sqrt(float(variance)))


def two_stage_error(
    means: FloatArray, answered: IntArray, asked: IntArray, squares: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Variance and degrees of freedom of a finite partnership's score, for one or for many at once. Formula 6.

    means: (..., N) organization means, anything where nobody answered; answered, asked: (..., N) people, asked 0 for an
    organization that is none. squares: (...), squared deviations of people from their organization's mean.
    Where every organization has a lone answer the spread between organizations stands in for the spread within, which
    holds it and more: the interval then errs on the long side. NaN below two organizations.
    """
    has = answered > 0
    n, total = has.sum(axis=-1), ((asked > 0) | has).sum(axis=-1)
    few = n < 2
    n_safe = np.where(few, 2, n)
    centre = np.where(has, means, 0.0).sum(axis=-1) / np.maximum(n, 1)
    between = np.where(has, (means - centre[..., None]) ** 2, 0.0).sum(axis=-1) / (n_safe - 1)
    df_within = answered.sum(axis=-1) - n
    alone = df_within <= 0
    within = np.where(alone, between, squares / np.where(alone, 1, df_within))
    gap = np.where(has, (1 - answered / np.maximum(asked, 1)) / np.maximum(answered, 1), 0.0).sum(axis=-1)
    variance = (1 - n / np.maximum(total, 1)) * between / n_safe + gap * within / (n_safe * np.maximum(total, 1))
    df = np.where(alone, n - 1, np.minimum(df_within, n - 1))
    return np.where(few, np.nan, variance), np.where(few, np.nan, df)


def _complete_count(point: Estimate, error: float, answered: IntArray) -> Estimate:
    if math.isnan(error) or error <= 0:
        return replace(point, reason="complete_count")
    sem = math.sqrt(float((error / answered).sum())) / answered.size
    return replace(_around(point, sem), flags=("complete_count",))


def _around(point: Estimate, half: float) -> Estimate:
    """Scores cannot leave 0-100, so neither can their interval."""
    if half <= NO_WIDTH:
        return replace(point, reason="zero_variance")
    return replace(point, low=max(0.0, point.value - half), high=min(100.0, point.value + half))


def _checked_confidence(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    return confidence
