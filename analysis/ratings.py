"""From raw answers to scores of people and organizations (formulas 1-5).

Fixed bounds, stated completeness, no imputation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray

COMPLETE = 2 / 3  # share of a construct's items that must be answered


def reverse_key(scores: FloatArray, reverse: Sequence[bool] | BoolArray, *, low: float, high: float) -> FloatArray:
    """Turn reverse-keyed items: low + high - x, with the ends of the scale, never the observed ones. Formula 1.

    scores: (n, k) scale points, NaN = missing; reverse: (k,), True where an item is turned.
    Applied twice it changes nothing.
    Raises ValueError without one entry of reverse per item.
    """
    scores = _checked_matrix(scores)
    turned = np.asarray(reverse, dtype=bool)
    if turned.shape != (scores.shape[1],):
        raise ValueError("reverse must have one entry per item")
    return np.where(turned, low + high - scores, scores)


def to_points(scores: FloatArray, *, low: float, high: float) -> FloatArray:
    """Scale points to 0-100 with the theoretical ends of the scale. Formula 2.

    Any shape; NaN stays NaN. Raises ValueError when low is not below high.
    """
    if not low < high:
        raise ValueError("low must be below high")
    return (np.asarray(scores, dtype=float) - low) / (high - low) * 100.0


def person_scores(points: FloatArray, *, complete: float = COMPLETE) -> FloatArray:
    """Mean of a person's answered items, or NaN when fewer than ceil(complete * k) were answered. Formula 3.

    points: (n, k), NaN = not answered, cannot judge or preferred not to say. Returns (n,).
    Raises ValueError when complete is not above 0 and at most 1.
    """
    points = _checked_matrix(points)
    if not 0 < complete <= 1:
        raise ValueError("complete must lie above 0 and not above 1")
    answered = np.isfinite(points)
    count = answered.sum(axis=1)
    needed = max(1, math.ceil(complete * points.shape[1] - 1e-9))
    total = np.where(answered, points, 0.0).sum(axis=1)
    return np.where(count >= needed, total / np.maximum(count, 1), np.nan)


def organization_means(values: FloatArray, organization: IntArray, n_organizations: int) -> tuple[FloatArray, IntArray]:
    """Mean and number of the people of each organization; NaN and 0 where nobody answered. Formula 4.

    values: (n,) person scores, NaN left out; organization: (n,) codes 0..n_organizations-1.
    """
    values = np.asarray(values, dtype=float)
    answered = np.isfinite(values)
    count = np.bincount(organization[answered], minlength=n_organizations)
    total = np.bincount(organization[answered], weights=values[answered], minlength=n_organizations)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def error_variance(points: FloatArray) -> float:
    """Variance of the measurement error of a person's mean over the items of one construct.

    points: (n, k), NaN = missing. The residual variance of the people-by-items table after row and column means are
    taken out, divided by k: with complete data s^2 (1 - alpha). Formula 11.
    NaN with fewer than two items or two people.
    """
    points = _checked_matrix(points)
    complete = points[np.isfinite(points).all(axis=1)]
    n, k = complete.shape
    if n < 2 or k < 2:
        return math.nan
    rest = complete - complete.mean(axis=0) - complete.mean(axis=1, keepdims=True) + complete.mean()
    return float((rest**2).sum() / ((n - 1) * (k - 1)) / k)


def _checked_matrix(scores: FloatArray) -> FloatArray:
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2:
        raise ValueError("scores must be two-dimensional: people by items")
    return scores
