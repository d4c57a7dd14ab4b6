"""The rules for what may be shown, as pure functions over head-counts and values.

No function here looks at a page or a release; none can be set below its floor. `analysis.protection` applies them to
a whole release, `analysis.audit` attacks the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.estimates import FloatArray, IntArray, Interval
from analysis.published import Population, Why

MIN_PEOPLE = 5
MIN_ORGANIZATIONS = 3
MIN_OTHERS = 3
MIN_PEOPLE_COMMENTS = 8
MIN_PEOPLE_SPREAD = 10
MIN_ORGANIZATIONS_INTERVAL = 4
MIN_ORGANIZATIONS_FINE_INTERVAL = 8
COARSE_INTERVAL = 5
MIN_SCALE_POINTS = 3
MIN_WIDTH = 20.0
BANDS = ((5, "5-7"), (8, "8-10"), (11, "11-15"), (16, "16-25"), (26, "26+"))
SPREAD_WORDS = (("close", 0.0, 15.0), ("mixed", 15.0, 25.0), ("apart", 25.0, 100.0))


def _checked_sizes(sizes: Sequence[int] | IntArray) -> IntArray:
    counts = np.asarray(sizes, dtype=np.int64)
    if counts.ndim != 1 or (counts < 0).any():
        raise ValueError("sizes must be one head-count of zero or more per organization")
    return counts[counts > 0]


def cell_refusal(sizes: Sequence[int] | IntArray) -> Why | None:
    """Why a number over these people may not be shown, or None when it may.

    sizes: (n_organizations,) people who answered in each organization; zeros are left out.
    "too_few" below 5 people or 3 organizations; "insider" when fewer than 3 people remain after the largest
    organization subtracts its own answers.
    Source: floors of the confidentiality page, "smallest cell" and "insider subtraction".
    """
    counts = _checked_sizes(sizes)
    if counts.sum() < MIN_PEOPLE or len(counts) < MIN_ORGANIZATIONS:
        return "too_few"
    if counts.sum() - counts.max() < MIN_OTHERS:
        return "insider"
    return None


def comments_may_be_shown(sizes: Sequence[int] | IntArray) -> bool:
    """Whether open comments of a round may be released: at least 8 people from at least 3 organizations."""
    counts = _checked_sizes(sizes)
    return bool(counts.sum() >= MIN_PEOPLE_COMMENTS and len(counts) >= MIN_ORGANIZATIONS)


def size_band(n: int) -> str:
    """The band that stands for a group size below the whole round; "" below the floor of 5 people.

    Raises ValueError for a negative size.
    """
    if n < 0:
        raise ValueError("a group size is zero or more")
    return next((band for start, band in reversed(BANDS) if n >= start), "")


def whole_points(values: FloatArray | float) -> FloatArray:
    """Points of 100 rounded to whole points, halves away from zero; NaN stays NaN."""
    given = np.asarray(values, dtype=np.float64)
    return np.asarray(np.copysign(np.floor(np.abs(given) + 0.5), given))


def interval_grid(n_organizations: int) -> int:
    """Whole points to which an interval over so many organizations is rounded outward; 0 when none may be shown."""
    if n_organizations < MIN_ORGANIZATIONS_INTERVAL:
        return 0
    return 1 if n_organizations >= MIN_ORGANIZATIONS_FINE_INTERVAL else COARSE_INTERVAL


def rounded_outward(low: float, high: float, grid: int, bounds: tuple[float, float] = (0.0, 100.0)) -> Interval:
    """The interval widened to multiples of `grid` points and cut at the ends of the scale; NaN stays NaN.

    Raises ValueError for a grid below one point.
    """
    if grid < 1:
        raise ValueError("the grid is at least one point")
    if math.isnan(low) or math.isnan(high):
        return Interval(math.nan, math.nan)
    outward = Interval(math.floor(low / grid) * grid, math.ceil(high / grid) * grid)
    return Interval(max(float(outward.low), bounds[0]), min(float(outward.high), bounds[1]))


def spread_word(sd_points: float) -> str:
    """The word for a standard deviation in points of 100: close below 15, mixed below 25, apart from 25; "" for NaN."""
    if math.isnan(sd_points):
        return ""
    return next(word for word, low, high in reversed(SPREAD_WORDS) if sd_points >= low)


def word_range(word: str) -> Interval:
    """The standard deviations, in points of 100, a word stands for."""
    return next(Interval(low, high) for name, low, high in SPREAD_WORDS if name == word)


def difference(first: Population, second: Population) -> tuple[int, int]:
    """People and organizations by which two populations differ, counted per organization in either direction."""
    one, other = first.counts, second.counts
    gaps = [abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys()]
    return sum(gaps), sum(gap > 0 for gap in gaps)


def may_stand_together(first: Population, second: Population) -> bool:
    """Whether numbers over both may be published: equal, or at least 5 people from 3 organizations apart."""
    people, organizations = difference(first, second)
    return people == 0 or (people >= MIN_PEOPLE and organizations >= MIN_ORGANIZATIONS)


def ranges_around(value: float) -> tuple[Interval, ...]:
    """The ranges that may stand in place of a value, narrowest first: 10, 20 and 40 points wide, on their own grids."""
    ranges = []
    for width in (10.0, 20.0, 40.0):
        low = min(math.floor(value / width) * width, 100.0 - width)
        ranges.append(Interval(max(low, 0.0), max(low, 0.0) + width))
    return tuple(ranges)


def scale_points_left(low: FloatArray, high: FloatArray, people: IntArray, step: FloatArray | float) -> IntArray:
    """How many scale points remain possible for one person of an organization whose mean lies in an interval.

    low, high: ends of the organization's mean, points of 100. people: its number of answers; all broadcast.
    The colleagues are free: one person's answer lies between m·low - 100(m - 1) and m·high, cut at 0 and 100.
    """
    least = np.maximum(people * low - 100.0 * (people - 1), 0.0)
    most = np.minimum(people * high, 100.0)
    points = np.floor(most / step + 1e-9) - np.ceil(least / step - 1e-9) + 1
    return np.asarray(np.maximum(points, 0), dtype=np.int64)
