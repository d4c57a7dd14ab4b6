"""Linear mixed model with a random intercept, by profiled likelihood in one variance ratio.

Every group splits into its mean, with variance (sigma^2 + n sigma_b^2)/n, and deviations from it, with variance
sigma^2; all sums a fit needs are sums over group means and one table of within-group cross products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import NO_INTERVAL, FloatArray, IntArray, Interval, Reason
from analysis.intervals import t_quantile

LOG_RATIOS = (-16.0, 32.0)  # of the variances looked at, beside a group variance of zero


@dataclass(frozen=True, slots=True)
class RandomIntercept:
    """y = intercept + slope x + group + error. Fitted by REML or ML.

    intercept, slope, se_*: fixed effects. variance_group: 0 is legal (the boundary). variance_error. loglik: as lme4
    (constants included). icc: share of the group variance. n: rows, groups: groups used. deviations: (n_groups,)
    conditional means of the group intercepts, NaN for a group without rows.
    df, t, p, interval: of the slope, Satterthwaite. kenward_roger: (se, df, p) of the slope. Both REML only.
    wald: interval of the slope with the normal quantile; `profile_interval` is the one by likelihood ratio.
    """

    intercept: float = math.nan
    slope: float = math.nan
    se_intercept: float = math.nan
    se_slope: float = math.nan
    variance_group: float = math.nan
    variance_error: float = math.nan
    loglik: float = math.nan
    icc: float = math.nan
    n: int = 0
    groups: int = 0
    deviations: FloatArray | None = None
    df: float = math.nan
    t: float = math.nan
    p: float = math.nan
    interval: Interval = NO_INTERVAL
    kenward_roger: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    wald: Interval = NO_INTERVAL
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Table:
    """Cross products of [1, x, y]. sizes: (g,). means: (g, 3). within: (3, 3) about the group means."""

    sizes: FloatArray
    means: FloatArray
    within: FloatArray

    @property
    def n(self) -> int:
        return int(self.sizes.sum())

    def products(self, of_means: FloatArray | float, of_within: float) -> FloatArray:
        """Sum over groups of n_g mean mean' weighted, plus the within part weighted."""
        return np.asarray((self.means.T * (self.sizes * of_means)) @ self.means + of_within * self.within)


def random_intercept(
    x: FloatArray,
    y: FloatArray,
    group: IntArray,
    *,
    method: Literal["REML", "ML"] = "REML",
    confidence: float = 0.95,
) -> RandomIntercept:
    """Common slope of y on x when every group has a level of its own.

    x, y: (n,), rows with NaN left out. group: (n,) codes 0..g-1. Fewer than two groups, or fewer than four rows:
    `too_few`; x constant: `singular`; no error left: `zero_variance`. Agrees with lme4 and lmerTest to 1e-6; at a
    group variance of zero Satterthwaite's degrees of freedom are n - 2.
    Sources: Laird & Ware (1982), Biometrics 38, 963-974; Satterthwaite (1946), Biometrics Bulletin 2, 110-114;
    Kenward & Roger (1997), Biometrics 53, 983-997.
    """
    known = ~(np.isnan(x) | np.isnan(y))
    codes = np.asarray(group, dtype=np.int64)[known]
    table, present = _table(np.asarray(x)[known], np.asarray(y)[known], codes, int(np.max(group, initial=-1)) + 1)
    reason = _unfit(table)
    if reason:
        return RandomIntercept(n=table.n, groups=table.sizes.size, reason=reason)
    ratio = _best_ratio(table, method)
    sigma2, beta, inverse = _solve(table, ratio, method)
    errors = np.sqrt(sigma2 * np.diag(inverse))
    shrunk = ratio * table.sizes / (1 + ratio * table.sizes)
    deviations = np.full(present.size, np.nan)
    deviations[present] = shrunk * (table.means[:, 2] - table.means[:, :2] @ beta)
    df, kenward_roger = _freedom(table, ratio * sigma2, sigma2, beta)
    t, p, interval = _slope_test(float(beta[1]), float(errors[1]), df, confidence)
    half = _normal_quantile(confidence) * float(errors[1])
    return RandomIntercept(
        float(beta[0]),
        float(beta[1]),
        float(errors[0]),
        float(errors[1]),
        ratio * sigma2,
        sigma2,
        -0.5 * _deviance(table, ratio, method),
        ratio / (1 + ratio),
        table.n,
        table.sizes.size,
        deviations,
        df,
        t,
        p,
        interval,
        kenward_roger,
        Interval(float(beta[1]) - half, float(beta[1]) + half),
    )


def profile_interval(x: FloatArray, y: FloatArray, group: IntArray, *, confidence: float = 0.95) -> Interval:
    """Slopes whose maximum likelihood lies less than half a chi-square quantile below the best. Arguments as above.

    Source: Pinheiro & Bates (2000), Mixed-Effects Models in S and S-PLUS, section 2.4.
    """
    from scipy.optimize import brentq

    fit = random_intercept(x, y, group, method="ML", confidence=confidence)
    if fit.reason or not fit.se_slope > 0:
        return NO_INTERVAL
    known = ~(np.isnan(x) | np.isnan(y))
    target = -2 * fit.loglik + _normal_quantile(confidence) ** 2

    def above(slope: float) -> float:
        rest, _ = _table(np.zeros(int(known.sum())), (y - slope * x)[known], np.asarray(group)[known], None)
        return _deviance(rest, _best_ratio(rest, "ML", columns=1), "ML", columns=1) - target

    def limit(direction: float) -> float:
        reach = 2.0
        while above(fit.slope + direction * reach * fit.se_slope) < 0:
            reach *= 2
        return float(brentq(above, fit.slope, fit.slope + direction * reach * fit.se_slope, xtol=1e-12, rtol=1e-12))

    return Interval(limit(-1.0), limit(1.0))


def _table(x: FloatArray, y: FloatArray, codes: IntArray, groups: int | None) -> tuple[_Table, IntArray]:
    sizes = np.bincount(codes, minlength=groups or 0).astype(np.float64)
    rows = np.column_stack([np.ones(x.size), x, y])
    sums = np.column_stack([np.bincount(codes, column, sizes.size) for column in rows.T])
    means = sums / np.maximum(sizes, 1)[:, None]
    apart = rows - means[codes]
    present = sizes > 0
    where = present if groups else np.flatnonzero(present)
    return _Table(sizes[present], means[present], apart.T @ apart), np.asarray(where)


def _unfit(table: _Table) -> Reason | None:
    if table.n == 0:
        return "no_data"
    if table.n < 4 or table.sizes.size < 2 or table.n == table.sizes.size:
        return "too_few"
    total = table.products(1.0, 1.0)
    spread = total[1, 1] - total[0, 1] ** 2 / table.n
    if spread <= 1e-12 * max(1.0, total[1, 1]):
        return "singular"
    try:
        left = _solve(table, 1.0, "ML")[0]
    except np.linalg.LinAlgError:
        return "singular"
    return "zero_variance" if left <= 1e-14 * max(1.0, total[2, 2] / table.n) else None


def _solve(table: _Table, ratio: float, method: str, columns: int = 2) -> tuple[float, FloatArray, FloatArray]:
    """Error variance, fixed effects, and their covariance over the error variance, at one variance ratio."""
    products = table.products(1 / (1 + ratio * table.sizes), 1.0)
    inverse = np.asarray(np.linalg.inv(products[:columns, :columns]), dtype=np.float64)
    beta = inverse @ products[:columns, 2]
    left = max(0.0, float(products[2, 2] - products[:columns, 2] @ beta))
    return left / (table.n - (columns if method == "REML" else 0)), beta, inverse


def _deviance(table: _Table, ratio: float, method: str, columns: int = 2) -> float:
    sigma2, _, inverse = _solve(table, ratio, method, columns)
    free = table.n - (columns if method == "REML" else 0)
    if sigma2 <= 0:
        return -math.inf
    out = free * (1 + math.log(2 * math.pi * sigma2)) + float(np.log1p(ratio * table.sizes).sum())
    return out - (float(np.linalg.slogdet(inverse)[1]) if method == "REML" else 0.0)


def _best_ratio(table: _Table, method: str, columns: int = 2) -> float:
    """Variance ratio of least deviance: a coarse look over the whole range, then Brent's search, or the boundary."""
    from scipy.optimize import minimize_scalar

    def deviance(log_ratio: float) -> float:
        return _deviance(table, math.exp(log_ratio), method, columns)

    grid = np.linspace(*LOG_RATIOS, 64)
    best = int(np.argmin([deviance(float(log_ratio)) for log_ratio in grid]))
    low, high = grid[max(0, best - 1)], grid[min(grid.size - 1, best + 1)]
    found = minimize_scalar(deviance, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    if _deviance(table, 0.0, method, columns) <= float(found.fun) + 1e-10:
        return 0.0
    return math.exp(float(found.x))


def _freedom(table: _Table, group: float, error: float, beta: FloatArray) -> tuple[float, tuple[float, float, float]]:
    """Degrees of freedom of the slope by Satterthwaite (observed information) and Kenward-Roger (expected).

    The parameters are the group and the error variance; the derivative of the covariance is n on a group's mean and
    nothing within for the first, one everywhere for the second.
    """
    own = 1 / (error + table.sizes * group)
    slopes = (table.sizes, np.ones(table.sizes.size))
    inside = (0.0, 1.0)
    within = table.n - table.sizes.size
    cov = np.linalg.inv(table.products(own, 1 / error)[:2, :2])
    first = [table.products(own**2 * s, i / error**2) for s, i in zip(slopes, inside, strict=True)]
    observed, expected = np.zeros((2, 2)), np.zeros((2, 2))
    extra = np.zeros((2, 2, 2, 2))
    residual = np.append(-beta, 1.0)
    for a in range(2):
        for b in range(2):
            both = slopes[a] * slopes[b]
            second = table.products(own**3 * both, inside[a] * inside[b] / error**3)
            trace = float((own**2 * both).sum()) + within * inside[a] * inside[b] / error**2
            trace -= 2 * float(np.trace(cov @ second[:2, :2]))
            trace += float(np.trace(cov @ first[a][:2, :2] @ cov @ first[b][:2, :2]))
            leaning = [(first[k] @ residual)[:2] for k in (a, b)]
            quadratic = float(residual @ second @ residual) - float(leaning[0] @ cov @ leaning[1])
            observed[a, b], expected[a, b] = quadratic - trace / 2, trace / 2
            extra[a, b] = second[:2, :2] - first[a][:2, :2] @ cov @ first[b][:2, :2]
    gradient = np.array([float((cov @ d[:2, :2] @ cov)[1, 1]) for d in first])
    variance = float(cov[1, 1])
    if group == 0:  # at the boundary only the error variance is free
        satterthwaite = 2 * variance**2 / (gradient[1] ** 2 / observed[1, 1])
    else:
        spread = float(gradient @ _inverse(observed, np.array([group, error])) @ gradient)
        satterthwaite = 2 * variance**2 / spread if spread > 0 else math.nan
    weights = _inverse(expected, np.array([group or error, error]))
    adjusted = cov + 2 * cov @ np.einsum("ab,abij->ij", weights, extra) @ cov
    df = 2 * variance**2 / float(gradient @ weights @ gradient)
    se = math.sqrt(max(float(adjusted[1, 1]), 0.0))
    return satterthwaite, (se, df, _slope_test(float(beta[1]), se, df, 0.95)[1])


def _inverse(information: FloatArray, scale: FloatArray) -> FloatArray:
    """Inverse of the information about variances of very different size."""
    units = np.outer(scale, scale)
    return np.asarray(np.linalg.pinv(information * units, rcond=1e-12, hermitian=True) * units)


def _slope_test(slope: float, se: float, df: float, confidence: float) -> tuple[float, float, Interval]:
    from scipy.special import stdtr

    if not (se > 0 and df > 0):
        return math.nan, math.nan, NO_INTERVAL
    t, half = slope / se, t_quantile(confidence, df) * se
    return t, float(2 * stdtr(df, -abs(t))), Interval(slope - half, slope + half)


def _normal_quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))
