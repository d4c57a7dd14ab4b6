"""Ordinal logistic regression: P(Y >= j) = 1/(1 + exp(-(alpha_j + x beta))), by Newton's method."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason

MOST_STEPS = 100
AT_REST = 1e-10
INVERTIBLE = 1e-13  # smallest eigenvalue of the information, as a share of the largest
SEPARATED = 40.0  # a linear predictor so large means that the maximum lies at infinity


@dataclass(frozen=True, slots=True)
class OddsFit:
    """coefficients, errors: (q,), log odds of a higher category per unit of x. cutpoints: (categories - 1,), falling.
    deviance: -2 log likelihood; null_deviance: of the cutpoints alone. n: people."""

    coefficients: FloatArray
    errors: FloatArray
    cutpoints: FloatArray
    deviance: float
    null_deviance: float
    n: int
    reason: Reason | None = None


def proportional_odds(category: IntArray, x: FloatArray) -> OddsFit:
    """Maximum likelihood of the proportional-odds model; errors from the observed information.

    category: (n,), any ordered integers; those nobody has do not count. x: (n, q), no gaps, no constant column.
    Reasons: `no_data`; `zero_variance` (a single category); `singular` (columns of x depend on each other or do not
    vary); `not_converged` (the categories are separated by x, the maximum lies at infinity).
    Raises ValueError when shapes disagree.
    Source: McCullagh (1980), Journal of the Royal Statistical Society B 42, 109-142. Signs as rms::lrm.
    """
    codes, design = np.asarray(category), np.asarray(x, dtype=np.float64)
    if codes.ndim != 1 or design.ndim != 2 or len(codes) != len(design):
        raise ValueError("one category and one row of x per person")
    n, q = design.shape
    _, codes, count = np.unique(codes, return_inverse=True, return_counts=True)
    null = -2.0 * float((count * np.log(count / max(n, 1))).sum())
    if n == 0 or count.size < 2:
        return _blank(q, count.size, null, n, "no_data" if n == 0 else "zero_variance")
    scale = design.std(axis=0)
    if np.any(scale == 0) or np.linalg.matrix_rank(standard := (design - design.mean(axis=0)) / scale) < q:
        return _blank(q, count.size, null, n, "singular")
    share = np.cumsum(count[::-1])[::-1][1:] / n
    start = np.concatenate([np.log(share / (1.0 - share)), np.zeros(q)])
    fitted = _newton(codes.astype(np.int64), standard, start)
    if fitted is None:
        return _blank(q, count.size, null, n, "not_converged")
    values, information, height = fitted
    covariance = np.linalg.inv(information)
    slopes = values[count.size - 1 :] / scale
    errors = np.sqrt(np.diag(covariance))[count.size - 1 :] / scale
    cutpoints = values[: count.size - 1] - float(design.mean(axis=0) @ slopes)
    return OddsFit(slopes, errors, cutpoints, -2.0 * height, null, n)


def _newton(codes: IntArray, x: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray, float] | None:
    values, height = start, _height(codes, x, start)
    for _ in range(MOST_STEPS):
        slope, information = _derivatives(codes, x, values)
        ends = np.linalg.eigvalsh(information)[[0, -1]]
        if ends[0] <= INVERTIBLE * ends[1]:
            return None
        step = np.linalg.solve(information, slope)
        if np.abs(step).max() < AT_REST:
            return values, information, height
        share = 1.0
        while share > 1e-8:
            tried = values + share * step
            reached = _height(codes, x, tried)
            if reached >= height - 1e-10 * abs(height):
                break
            share /= 2.0
        else:
            return None
        values, height = tried, reached
        if np.abs(x @ values[-x.shape[1] :]).max() > SEPARATED:
            return None
    return None


def _ends(codes: IntArray, x: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both ends of everybody's category on the logit scale, infinite for the outermost."""
    k = values.size - x.shape[1]
    cut = np.concatenate([[np.inf], values[:k], [-np.inf]])
    predictor = x @ values[k:]
    return cut[codes] + predictor, cut[codes + 1] + predictor


def _height(codes: IntArray, x: FloatArray, values: FloatArray) -> float:
    """Log likelihood; minus infinity where the cutpoints do not fall."""
    from scipy.special import log_expit

    k = values.size - x.shape[1]
    if np.any(np.diff(values[:k]) >= 0):
        return -math.inf
    upper, lower = _ends(codes, x, values)
    return float((log_expit(upper) + log_expit(-lower) + np.log1p(-np.exp(lower - upper))).sum())


def _derivatives(codes: IntArray, x: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope of the log likelihood and observed information."""
    from scipy.special import expit

    upper, lower = _ends(codes, x, values)
    above, below = expit(upper), expit(lower)
    probability = expit(upper) * expit(-lower) * -np.expm1(lower - upper)
    f_above, f_below = above * expit(-upper), below * expit(-lower)
    one, other = f_above / probability, f_below / probability
    k = values.size - x.shape[1]
    people = np.arange(len(codes))
    rise, fall = np.zeros((len(codes), values.size)), np.zeros((len(codes), values.size))
    has_upper, has_lower = codes > 0, codes < k
    rise[people[has_upper], codes[has_upper] - 1] = 1.0
    fall[people[has_lower], codes[has_lower]] = 1.0
    rise[has_upper, k:] = x[has_upper]
    fall[has_lower, k:] = x[has_lower]
    slope = rise.T @ one - fall.T @ other
    bend_above = one * (1.0 - 2.0 * above) - one**2
    bend_below = -other * (1.0 - 2.0 * below) - other**2
    cross = rise.T @ (fall * (one * other)[:, None])
    hessian = rise.T @ (rise * bend_above[:, None]) + fall.T @ (fall * bend_below[:, None]) + cross + cross.T
    return slope, -hessian


def _blank(q: int, categories: int, null: float, n: int, reason: Reason) -> OddsFit:
    nothing = np.full(q, math.nan)
    return OddsFit(nothing, nothing, np.full(max(categories - 1, 0), math.nan), math.nan, null, n, reason)
