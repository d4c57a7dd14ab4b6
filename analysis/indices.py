"""From person scores to one score of a partnership, and from seven blocks to one index (formulas 5 and 32)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray
from analysis.ratings import organization_means

Weighting = Literal["organization", "person", "side"]
Aggregation = Literal["arithmetic", "geometric", "harmonic"]
GEOMETRIC_FLOOR = 1.0  # point of 100: one block at zero must not wipe out the other six


@dataclass(frozen=True, slots=True)
class Composite:
    """Partnership Health Index beside its twins, points 0-100, NaN when no block has a score.

    arithmetic: the official index. geometric: its twin, which a weak block pulls down further. lowest: score of the
    weakest block; lowest_at: its position, -1 for none. n: blocks with a score; the weights are scaled up to them.
    """

    arithmetic: float
    geometric: float
    lowest: float
    lowest_at: int
    n: int


def partnership_score(
    values: FloatArray,
    organization: IntArray,
    n_organizations: int,
    *,
    weighting: Weighting,
    sides: IntArray | None = None,
) -> float:
    """Score of a partnership under one weighting of voices. Formula 5.

    values: (n,) person scores, NaN left out. organization: (n,) codes 0..n_organizations-1.
    weighting: "organization" gives each organization one voice (the default of the product), "person" each person,
    "side" half to each side, organizations equal within it. sides: (n_organizations,), 0 or 1, -1 for neither; needed
    for "side", where organizations of neither side do not count. Unless both sides answered it is "organization".
    Nobody answered: NaN. Raises ValueError when sides are needed and absent, or shapes disagree.
    """
    values = np.asarray(values, dtype=float)
    organization = np.asarray(organization)
    if values.ndim != 1 or organization.shape != values.shape:
        raise ValueError("values and organization must be one-dimensional and equally long")
    if weighting == "person":
        return _mean(values)
    means, _ = organization_means(values, organization, n_organizations)
    if weighting == "organization":
        return _mean(means)
    if sides is None or np.shape(sides) != (n_organizations,):
        raise ValueError("side weighting needs one side per organization")
    halves = np.array([_mean(means[np.asarray(sides) == side]) for side in (0, 1)])
    return float(halves.mean()) if np.isfinite(halves).all() else _mean(means)


def composite_index(blocks: FloatArray, *, weights: FloatArray | None = None) -> Composite:
    """Partnership Health Index: weighted mean of the block scores, never shown without its profile. Formula 32.

    blocks: (B,), seven of them in the core instrument, 0-100, NaN = no score. weights: (B,), None = equal (official).
    The geometric mean lifts scores below 1 point to 1. Of equally low blocks the first is named.
    Source: OECD/JRC Handbook on Constructing Composite Indicators (2008), step 6.
    Raises ValueError when blocks is not one-dimensional, or for weights that do not fit.
    """
    blocks = np.asarray(blocks, dtype=float)
    if blocks.ndim != 1:
        raise ValueError("blocks must be one-dimensional")
    known = np.isfinite(blocks)
    if not known.any():
        return Composite(math.nan, math.nan, math.nan, -1, 0)
    table = blocks[None, :]
    lowest_at = int(np.nanargmin(blocks))
    return Composite(
        arithmetic=float(aggregate(table, weights)[0]),
        geometric=float(aggregate(np.maximum(table, GEOMETRIC_FLOOR), weights, how="geometric")[0]),
        lowest=float(blocks[lowest_at]),
        lowest_at=lowest_at,
        n=int(known.sum()),
    )


def aggregate(
    table: FloatArray, weights: FloatArray | None = None, *, how: Aggregation = "arithmetic", renormalize: bool = True
) -> FloatArray:
    """Weighted mean of the columns, row by row.

    table: (n, k), NaN = missing; weights: (k,), None = equal, not negative. renormalize: weights are scaled up to the
    columns a row has (COINr does the same); otherwise a row with a gap has no mean. Returns (n,), NaN for an empty row.
    "geometric" and "harmonic" need values above zero: a row with a value at or below it is NaN, never 0 or infinite.
    Raises ValueError for weights of another length, negative, or all zero.
    """
    table = np.asarray(table, dtype=float)
    weights = np.ones(table.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    if table.ndim != 2 or weights.shape != (table.shape[1],):
        raise ValueError("weights must have one entry per column")
    if np.any(weights < 0) or not weights.sum() > 0:
        raise ValueError("weights must not be negative, and not all zero")
    if how == "arithmetic":
        return _weighted_mean(table, weights, renormalize)
    above = np.where(table > 0, table, 1.0)
    undefined = (table <= 0).any(axis=1)
    turned = np.log(above) if how == "geometric" else 1.0 / above
    mean = _weighted_mean(np.where(np.isnan(table), np.nan, turned), weights, renormalize)
    return np.where(undefined, np.nan, np.exp(mean) if how == "geometric" else 1.0 / mean)


def rescale(
    values: FloatArray, low: float, high: float, *, to: tuple[float, float] = (0.0, 100.0), clip: bool = False
) -> FloatArray:
    """Linear rescaling that takes `low` to the first and `high` to the second end; low above high turns the direction.

    Any shape, NaN stays NaN. clip: goalposts, values beyond the ends are held at them. No distance between low and
    high: NaN everywhere. Scores of the product use the fixed ends of the scale (`ratings.to_points`): with observed
    ends an index would move with other respondents.
    """
    values = np.asarray(values, dtype=float)
    if not np.isfinite(high - low) or high == low:
        return np.full(values.shape, np.nan)
    share = (values - low) / (high - low)
    return to[0] + (to[1] - to[0]) * (np.clip(share, 0.0, 1.0) if clip else share)


def standardize(values: FloatArray) -> FloatArray:
    """(value - mean) / standard deviation (divisor n - 1) over the known values; NaN when they do not vary."""
    values = np.asarray(values, dtype=float)
    known = values[np.isfinite(values)]
    if known.size < 2 or np.ptp(known) == 0:
        return np.full(values.shape, np.nan)
    return np.asarray((values - known.mean()) / known.std(ddof=1))


def _weighted_mean(table: FloatArray, weights: FloatArray, renormalize: bool) -> FloatArray:
    known = ~np.isnan(table)
    total = np.where(known, weights, 0.0).sum(axis=1)
    mean = np.where(known, table * weights, 0.0).sum(axis=1) / np.where(total > 0, total, 1.0)
    usable = (total > 0) & (renormalize | known.all(axis=1))
    return np.where(usable, mean, np.nan)


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
