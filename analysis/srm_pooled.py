"""The Social Relations Model over several round robins: weighted components, two kinds of standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason
from analysis.srm import (
    COMPONENTS,
    SMALLEST,
    AnyFloats,
    Component,
    RoundRobins,
    effect_reliability,
    name_components,
    round_robins,
    shares,
    significance,
)


@dataclass(frozen=True, slots=True)
class PooledRoundRobins:
    """Components of several groups, weighted by n - 1.

    groups: the models behind it, in the order given. used: positions of the groups that entered.
    components: with Bond-Lashley errors combined from within the groups. between: the same values, with errors from
    the spread of the group estimates (weighted t test, groups - 1 degrees of freedom; SOREMO).
    reliability_rater, reliability_rated: at the mean group size. group_mean_variance: variance of the group means
    beyond what raters, rated and pairs explain; may be negative.
    """

    groups: RoundRobins
    used: IntArray
    components: tuple[Component, ...]
    between: tuple[Component, ...]
    reliability_rater: float
    reliability_rated: float
    group_mean_variance: float
    reason: Reason | None = None


def pooled_round_robins(
    ratings: FloatArray | Sequence[FloatArray], *, limit_missing: bool = False, complete_only: bool = False
) -> PooledRoundRobins:
    """Social Relations Model of several groups of four organizations or more. Formulas 24-28.

    ratings: (g, n_max, n_max) padded with NaN, or a sequence of square matrices; raters in rows, NaN = not answered.
    Groups of fewer than four give no estimate and carry no weight; limit_missing leaves out those with too many
    unanswered cells, complete_only all with any.
    No group left: reason `too_few`. One group: no errors between groups.
    Raises ValueError when a matrix is not square.

    Component: sum (n - 1) s / sum (n - 1). Error within: root of sum (n - 1)^2 SE^2 / (sum (n - 1))^2, df sum (n - 1).
    Error between: weighted variance of the group estimates over the number of groups. p as in `round_robin`.
    Source: Kenny (1994); weights and both errors as TripleR 1.5.4 (`LashleyBond` and `SOREMO`).
    """
    groups = round_robins(stacked(ratings))
    usable = groups.n >= SMALLEST
    if limit_missing:
        usable &= ~groups.too_many_missing
    if complete_only:
        usable &= groups.n_missing == 0
    used = np.flatnonzero(usable)
    if used.size == 0:
        blank = tuple(Component(name, reason="too_few") for name in COMPONENTS)
        return PooledRoundRobins(groups, used, blank, blank, np.nan, np.nan, np.nan, "too_few")
    value, weights = groups.value[used], groups.n[used] - 1.0
    pooled = weights @ value / weights.sum()
    size = np.array([groups.n[used].mean()])
    reliability = np.clip(effect_reliability(pooled[None], size)[0], -1.0, 1.0)
    return PooledRoundRobins(
        groups=groups,
        used=used,
        components=_tested(pooled, weights**2 @ groups.variance[used] / weights.sum() ** 2, float(weights.sum())),
        between=_tested(pooled, _between_variance(value, weights), used.size - 1.0),
        reliability_rater=float(reliability[0]),
        reliability_rated=float(reliability[1]),
        group_mean_variance=_group_mean_variance(groups.mean, pooled, float(size[0])),
    )


def stacked(ratings: FloatArray | Sequence[FloatArray]) -> FloatArray:
    """Square matrices of different sizes as one array padded with NaN.

    Raises ValueError unless every group is a square matrix.
    """
    tables = [np.asarray(table, dtype=np.float64) for table in ratings]
    if any(table.ndim != 2 or table.shape[0] != table.shape[1] for table in tables):
        raise ValueError("every group needs a square matrix, raters in rows")
    size = max((table.shape[0] for table in tables), default=0)
    out = np.full((len(tables), size, size), np.nan)
    for g, table in enumerate(tables):
        out[g, : len(table), : len(table)] = table
    return out


def _tested(pooled: FloatArray, variance: FloatArray, df: float) -> tuple[Component, ...]:
    raw = pooled[None]
    se, t, p = significance(raw, variance[None], np.array([df]))
    reason: Reason | None = "too_few" if df < 1 else None
    rows = {"value": pooled, "share": shares(raw)[0], "se": se[0], "t": t[0], "p": p[0]}
    return name_components(COMPONENTS, **rows, df=df, reason=reason, n_variances=3)


def _between_variance(value: FloatArray, weights: AnyFloats) -> FloatArray:
    """Squared error of a weighted mean of group estimates; NaN for one group."""
    total, squares, count = weights.sum(), (weights**2).sum(), len(weights)
    if count < 2:
        return np.full(value.shape[1], np.nan)
    spread = ((weights @ value**2) * total - (weights @ value) ** 2) / (total**2 - squares)
    return np.asarray(np.maximum(spread, 0.0) / count, dtype=np.float64)


def _group_mean_variance(means: FloatArray, pooled: FloatArray, n: float) -> float:
    known = means[~np.isnan(means)]
    if known.size < 2:
        return float("nan")
    expected = (pooled[0] + pooled[1] + 2.0 * pooled[3]) / n + (pooled[2] + pooled[4]) / (n * (n - 1.0))
    return float(known.var(ddof=1) - expected)
