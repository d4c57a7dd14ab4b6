"""What the width of an interval around a mean over organizations gives away."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.attack import points_needed
from analysis.disclosure import MIN_WIDTH
from analysis.estimates import FloatArray, Interval
from analysis.intervals import t_quantile

CONFIDENCE = 0.95


def interval_is_open(
    means: FloatArray, people: Sequence[int], centre: float, half: float, ends: Interval, step: float
) -> bool:
    """Whether a published interval leaves every organization 20 points and every person 3 scale points.

    means: (n_organizations,) points of 100, NaN where not known. people: head-counts. centre, half: the mean and the
    half-width, unrounded. ends: the interval as published. step: distance of two scale points.
    A reader sees a half-width of at most H and takes it for t s / sqrt(N), hence squared deviations
    Q = (N - 1) N H^2 / t^2; whoever knows the own mean x takes (x - centre)^2 N / (N - 1) off. Each of the k
    organizations left lies within m +- sqrt(Q (k - 1) / k) (Samuelson 1968). An interval narrower than its means are
    apart counts only part of their variance, at most the square of that ratio: Q is larger by as much.
    """
    n = len(people)
    widest, t = max(ends.high - centre, centre - ends.low) + 0.5, t_quantile(CONFIDENCE, n - 1)
    squares = (n - 1) * n * (widest / t) ** 2
    known = [] if np.isnan(means).any() else (means - centre).tolist()
    if known:
        apart = math.fsum(own**2 for own in known) - math.fsum(known) ** 2 / n
        squares *= max(1.0, apart / max((n - 1) * n * (half / t) ** 2, 1e-9))
    views = [(n, centre, squares, min(people))]
    for index, own in enumerate(known):
        others = min(m for other, m in enumerate(people) if other != index)
        views.append((n - 1, centre - own / (n - 1), squares - own**2 * n / (n - 1), others))
    return all(_is_open(*view, step) for view in views)


def _is_open(k: int, middle: float, squares: float, people: int, step: float) -> bool:
    """Whether one of k organizations, the smallest with so many people, stays in doubt."""
    radius = math.sqrt(max(squares, 0.0) * (k - 1) / k)
    low, high = max(0.0, middle - radius), min(100.0, middle + radius)
    least, most = max(people * low - 100.0 * (people - 1), 0.0), min(people * high, 100.0)
    points = math.floor(most / step + 1e-9) - math.ceil(least / step - 1e-9) + 1
    return high - low >= MIN_WIDTH and points >= points_needed(step)
