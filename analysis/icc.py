"""Intraclass correlations: how much groups differ, ICC(1) and ICC(2), and how well raters agree. Formula 18."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason, nobody_complete

Convention = Literal["shrout_fleiss", "mcgraw_wong"]
FEWEST_GROUPS = 5


@dataclass(frozen=True, slots=True)
class RestrictedLikelihood:
    """Random-intercept model by REML. between, within: variance components. icc1: between / (between + within).

    icc2: reliability of a group mean at the mean group size; mean_reliability: mean of the groups' reliabilities.
    """

    between: float
    within: float
    intercept: float
    icc1: float
    icc2: float
    mean_reliability: float


@dataclass(frozen=True, slots=True)
class GroupIcc:
    """One-way analysis of variance of groups of unequal size.

    icc1: share of variance between groups at the mean group size (Bliese, R multilevel); icc1_k0: at Searle's k0, the
    unbiased one. icc2: (MSB - MSW)/MSB, reliability of the group means. Negative values are kept (flag
    `negative_component`). p: of F, one-sided. reml: the same by restricted likelihood, never negative.
    """

    n: int
    groups: int
    ms_between: float = math.nan
    ms_within: float = math.nan
    f: float = math.nan
    p: float = math.nan
    mean_size: float = math.nan
    k0: float = math.nan
    harmonic_size: float = math.nan
    icc1: float = math.nan
    icc1_k0: float = math.nan
    icc2: float = math.nan
    reml: RestrictedLikelihood | None = None
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RaterIcc:
    """One inter-rater coefficient with its F test against 0 and its interval."""

    name: str
    value: float
    f: float
    df1: float
    df2: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """Mean squares of a targets-by-raters table and the coefficients (1,1), (2,1), (3,1), (1,k), (2,k), (3,k)."""

    targets: int
    raters: int
    ms_rows: float = math.nan
    ms_columns: float = math.nan
    ms_error: float = math.nan
    ms_within: float = math.nan
    coefficients: tuple[RaterIcc, ...] = ()
    reason: Reason | None = None


def group_icc(values: FloatArray, group: IntArray, *, fewest_groups: int = FEWEST_GROUPS) -> GroupIcc:
    """ICC(1) and ICC(2) of people in groups. Formula 18.

    values: (n,), NaN left out; group: (n,) any whole numbers. Fewer than `fewest_groups` groups, or one person in each:
    `too_few`; nothing varies within groups: `zero_variance`. They say how much groups differ; they rank nobody.
    Source: Bliese (2000), in Klein & Kozlowski; Searle, Casella & McCulloch (1992), Variance Components.
    Raises ValueError when values and group are not one-dimensional and equally long.
    """
    values, group = np.asarray(values, dtype=float), np.asarray(group)
    if values.ndim != 1 or group.shape != values.shape:
        raise ValueError("values and group must be one-dimensional and equally long")
    known = np.isfinite(values)
    labels, codes = np.unique(group[known], return_inverse=True)
    y, groups, n = values[known], int(labels.size), int(known.sum())
    if n == 0:
        return GroupIcc(0, 0, reason="no_data")
    if groups < max(2, fewest_groups) or n == groups:
        return GroupIcc(n, groups, reason="too_few")
    size = np.bincount(codes).astype(float)
    mean = np.bincount(codes, weights=y) / size
    within = float(((y - mean[codes]) ** 2).sum())
    msb, msw = float(size @ (mean - y.mean()) ** 2) / (groups - 1), within / (n - groups)
    if not msw > 1e-24 * max(1.0, float(np.abs(y).max()) ** 2):
        return GroupIcc(n, groups, ms_between=msb, ms_within=0.0, reason="zero_variance")
    return _group_icc(size, mean, within, msb, msw)


def rater_icc(
    scores: FloatArray, *, confidence: float = 0.95, convention: Convention = "mcgraw_wong"
) -> RaterAgreement:
    """Inter-rater reliability of single and average ratings, with F tests and intervals.

    scores: (n targets, k raters), NaN = missing: targets with a gap are left out. (1,.) raters differ by target; (2,.)
    raters are a sample, absolute agreement; (3,.) these raters, consistency. convention: "shrout_fleiss" gives F of
    agreement (n - 1)(k - 1) degrees of freedom and steps the limits of (2,1) up for (2,k) (R psych, pingouin);
    "mcgraw_wong" uses Satterthwaite's degrees of freedom, anew for the average (R irr).
    Targets with a missing rating are left out. Nothing rated: `no_data`; two raters without a common target:
    `no_overlap`; fewer than two targets or raters: `too_few`; no variance in the residuals: `zero_variance`.
    Source: Shrout & Fleiss (1979), Psychological Bulletin 86; McGraw & Wong (1996), Psychological Methods 1.
    Raises ValueError unless scores is two-dimensional and confidence between 0 and 1.
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or not 0 < confidence < 1:
        raise ValueError("scores must be targets by raters, confidence between 0 and 1")
    x = scores[np.isfinite(scores).all(axis=1)]
    n, k = x.shape
    if n < 2 or k < 2:
        return RaterAgreement(n, k, reason="too_few" if n else nobody_complete(scores))
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    residual = x - rows[:, None] - columns + x.mean()
    msr, msc = k * float(rows.var(ddof=1)), n * float(columns.var(ddof=1))
    mse = float((residual**2).sum()) / ((n - 1) * (k - 1))
    msw = float(((x - rows[:, None]) ** 2).sum()) / (n * (k - 1))
    if not mse > 1e-24 * max(1.0, float(np.abs(x).max()) ** 2):
        return RaterAgreement(n, k, msr, msc, 0.0, msw, reason="zero_variance")
    table = _Table(n, k, msr, msc, mse, msw, confidence)
    agreement = _stepped_agreement if convention == "shrout_fleiss" else _recomputed_agreement
    single, average = agreement(table)
    one, one_k = _ratio(table, "(1,1)", "(1,k)", msw, n * (k - 1))
    three, three_k = _ratio(table, "(3,1)", "(3,k)", mse, (n - 1) * (k - 1))
    return RaterAgreement(n, k, msr, msc, mse, msw, (one, single, three, one_k, average, three_k))


def spearman_brown(reliability: float, length: float) -> float:
    """Reliability of a mean of `length` parts from that of one; NaN where the formula has no value."""
    denominator = 1 + (length - 1) * reliability
    return length * reliability / denominator if denominator > 0 else math.nan


def _group_icc(size: FloatArray, mean: FloatArray, within: float, msb: float, msw: float) -> GroupIcc:
    from scipy.special import fdtrc

    n, groups = int(size.sum()), size.size
    k0 = (n - float(size @ size) / n) / (groups - 1)
    icc1, icc1_k0 = ((msb - msw) / (msb + (k - 1) * msw) for k in (n / groups, k0))
    return GroupIcc(
        n,
        groups,
        msb,
        msw,
        msb / msw,
        float(fdtrc(groups - 1, n - groups, msb / msw)),
        n / groups,
        k0,
        groups / float((1 / size).sum()),
        icc1,
        icc1_k0,
        (msb - msw) / msb if msb > 0 else math.nan,
        _restricted_likelihood(size, mean, within),
        flags=("negative_component",) if msb < msw else (),
    )


def _restricted_likelihood(size: FloatArray, mean: FloatArray, within: float) -> RestrictedLikelihood:
    """Profiled in the share of variance between groups: a grid finds the valley, a bounded search its floor."""
    from scipy.optimize import minimize_scalar

    n = float(size.sum())

    def fitted(share: float) -> tuple[float, float, float]:
        ratio = share / (1 - share)
        weight = size / (1 + ratio * size)
        intercept = float(weight @ mean / weight.sum())
        variance = (within + float(weight @ (mean - intercept) ** 2)) / (n - 1)
        deviance = (n - 1) * math.log(variance) + float(np.log1p(ratio * size).sum()) + math.log(float(weight.sum()))
        return deviance, variance, intercept

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 0.5, 40), 1 - np.geomspace(1e-6, 0.5, 40)[-2::-1]])
    best = int(np.argmin([fitted(float(share))[0] for share in grid]))
    ends = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)])
    share = float(minimize_scalar(lambda s: fitted(s)[0], bounds=ends, method="bounded", options={"xatol": 1e-12}).x)
    if fitted(0.0)[0] <= fitted(share)[0]:
        share = 0.0
    _, variance, intercept = fitted(share)
    between = variance * share / (1 - share)
    reliability = between / (between + variance / size)
    stepped = spearman_brown(share, n / size.size)
    return RestrictedLikelihood(between, variance, intercept, share, stepped, float(reliability.mean()))


@dataclass(frozen=True, slots=True)
class _Table:
    n: int
    k: int
    msr: float
    msc: float
    mse: float
    msw: float
    confidence: float

    @property
    def upper(self) -> float:
        return 0.5 + self.confidence / 2


def _ratio(table: _Table, single: str, average: str, error: float, df2: float) -> tuple[RaterIcc, RaterIcc]:
    """Coefficients from a ratio of two mean squares: (1,.) with the error within targets, (3,.) with the residual."""
    from scipy.special import fdtrc, fdtri

    n, k, msr = table.n, table.k, table.msr
    f = msr / error
    low, high = f / float(fdtri(n - 1, df2, table.upper)), f * float(fdtri(df2, n - 1, table.upper))
    p = float(fdtrc(n - 1, df2, f))
    one = RaterIcc(
        single, (f - 1) / (f + k - 1), f, n - 1, df2, p, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    )
    if f == 0:
        return one, RaterIcc(average, math.nan, f, n - 1, df2, p, math.nan, math.nan)
    return one, RaterIcc(average, 1 - 1 / f, f, n - 1, df2, p, 1 - 1 / low, 1 - 1 / high)


def _values(table: _Table) -> tuple[float, float]:
    n, k = table.n, table.k
    single = (table.msr - table.mse) / (table.msr + (k - 1) * table.mse + k * (table.msc - table.mse) / n)
    below = table.msr + (table.msc - table.mse) / n
    return single, (table.msr - table.mse) / below if below > 0 else math.nan


def _satterthwaite(table: _Table, value: float) -> float:
    n, k = table.n, table.k
    if not value < 1:
        return math.nan
    a = k * value / (n * (1 - value)) * table.msc
    b = (1 + k * value * (n - 1) / (n * (1 - value))) * table.mse
    below = a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))
    return (a + b) ** 2 / below if below > 0 else math.nan


def _single_limits(table: _Table, df: float) -> tuple[float, float]:
    from scipy.special import fdtri

    n, k, msr, mse = table.n, table.k, table.msr, table.mse
    fl, fu = float(fdtri(n - 1, df, table.upper)), float(fdtri(df, n - 1, table.upper))
    rest = k * table.msc + (k * n - k - n) * mse
    return n * (msr - fl * mse) / (fl * rest + n * msr), n * (fu * msr - mse) / (rest + n * fu * msr)


def _average_limits(table: _Table, df: float) -> tuple[float, float]:
    from scipy.special import fdtri

    n, msr, mse = table.n, table.msr, table.mse
    fl, fu = float(fdtri(n - 1, df, table.upper)), float(fdtri(df, n - 1, table.upper))
    rest = table.msc - mse
    return n * (msr - fl * mse) / (fl * rest + n * msr), n * (fu * msr - mse) / (rest + n * fu * msr)


def _stepped_agreement(table: _Table) -> tuple[RaterIcc, RaterIcc]:
    from scipy.special import fdtrc

    single, average = _values(table)
    low, high = _single_limits(table, _satterthwaite(table, single))
    df1, df2, f = table.n - 1, (table.n - 1) * (table.k - 1), table.msr / table.mse
    p = float(fdtrc(df1, df2, f))
    limits = spearman_brown(low, table.k), spearman_brown(high, table.k)
    return RaterIcc("(2,1)", single, f, df1, df2, p, low, high), RaterIcc("(2,k)", average, f, df1, df2, p, *limits)


def _recomputed_agreement(table: _Table) -> tuple[RaterIcc, RaterIcc]:
    from scipy.special import fdtrc

    found = []
    f, df1 = table.msr / table.mse, table.n - 1
    for name, value, limits in zip(("(2,1)", "(2,k)"), _values(table), (_single_limits, _average_limits), strict=True):
        df2 = _satterthwaite(table, value)
        found.append(RaterIcc(name, value, f, df1, df2, float(fdtrc(df1, df2, f)), *limits(table, df2)))
    return found[0], found[1]
