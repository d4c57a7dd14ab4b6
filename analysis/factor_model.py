"""The engine behind factor fits: parameters of one or several groups, what they imply, Fisher scoring.

Knows nothing of scores, fit indices or too few people: moments and a model in, parameters with their errors out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray, Reason

MOST_STEPS = 500
AT_REST = 1e-9  # largest slope of the discrepancy along one parameter, in units of its own curvature
DAMPING = 1e-3
MOST_DAMPING = 1e12
IDENTIFIED = 1e-9  # smallest eigenvalue of the information, scaled to a unit diagonal
INVERTIBLE = 1e-12  # smallest eigenvalue of a correlation matrix, as a share of the largest


@dataclass(frozen=True, slots=True)
class Moments:
    """Of one group: weight of its discrepancy (n, or n - 1 for the Wishart likelihood), means (p,), covariances."""

    weight: float
    mean: FloatArray
    covariance: FloatArray

    @property
    def invertible(self) -> bool:
        scale = np.sqrt(np.diag(self.covariance))
        if np.any(scale == 0):
            return False
        ends = np.linalg.eigvalsh(self.covariance / np.outer(scale, scale))[[0, -1]]
        return bool(ends[0] > INVERTIBLE * ends[1])


@dataclass(frozen=True, slots=True)
class Placed:
    """One matrix of a model: the parameter of that number where index >= 0, the fixed value where it is -1."""

    index: IntArray
    fixed: FloatArray

    def filled(self, values: FloatArray) -> FloatArray:
        return np.where(self.index >= 0, values[self.index], self.fixed)


@dataclass(frozen=True, slots=True)
class GroupModel:
    """Lambda (p, m), Phi (m, m) symmetric, diagonal of Theta (p,), nu (p,) and kappa (m,); nu None: free means."""

    loadings: Placed
    factors: Placed
    residuals: Placed
    intercepts: Placed | None = None
    factor_means: Placed | None = None

    def implied(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sigma = Lambda Phi Lambda' + Theta, and mu = nu + Lambda kappa (zero without a mean structure)."""
        loadings = self.loadings.filled(values)
        covariance = loadings @ self.factors.filled(values) @ loadings.T + np.diag(self.residuals.filled(values))
        if self.intercepts is None or self.factor_means is None:
            return covariance, np.zeros(len(loadings))
        return covariance, self.intercepts.filled(values) + loadings @ self.factor_means.filled(values)


@dataclass(frozen=True, slots=True)
class Solution:
    """values, errors: (q,) parameters and standard errors; discrepancy: minimum of F; reason: why there is none."""

    values: FloatArray
    errors: FloatArray
    discrepancy: float
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _State:
    discrepancy: float
    slope: FloatArray
    curvature: FloatArray


def solve(moments: Sequence[Moments], models: Sequence[GroupModel], start: FloatArray) -> Solution:
    """Maximum likelihood by Fisher scoring with damping; the weighted sum of group discrepancies is made smallest.

    F = sum w_g/w (ln|Sigma| + tr(S Sigma^-1) - ln|S| - p + (m - mu)' Sigma^-1 (m - mu)). Standard errors from the
    expected information w/2 H. Residual variances may come out negative as long as Sigma is positive definite.
    Reasons: `not_converged`, or `singular` when the information has no inverse (the model is not identified).
    Source: Jöreskog (1969), Psychometrika 34, 183-202; own implementation.
    """
    blank = np.full(start.shape, np.nan)
    total = sum(m.weight for m in moments)
    values, state, damping = start, _state(moments, models, start), DAMPING
    if state is None:
        return Solution(blank, blank, np.nan, "not_converged")
    for _ in range(MOST_STEPS):
        own = np.sqrt(np.maximum(np.diag(state.curvature), np.finfo(float).tiny))
        if np.abs(state.slope / own).max() < AT_REST:
            return _finished(values, state, total, own)
        damped = state.curvature + damping * np.diag(own**2)
        tried = _step(moments, models, values, damped, state)
        if tried is None:
            damping *= 10.0
            if damping > MOST_DAMPING:
                break
        else:
            values, state = tried
            damping = damping / 10.0 if damping > 1e-12 else 0.0
    return Solution(blank, blank, np.nan, "not_converged")


def _step(
    moments: Sequence[Moments], models: Sequence[GroupModel], values: FloatArray, damped: FloatArray, state: _State
) -> tuple[FloatArray, _State] | None:
    try:
        moved = values - np.linalg.solve(damped, state.slope)
    except np.linalg.LinAlgError:
        return None
    tried = _state(moments, models, moved)
    if tried is None or tried.discrepancy > state.discrepancy + 1e-13 * max(1.0, abs(state.discrepancy)):
        return None
    return moved, tried


def _finished(values: FloatArray, state: _State, total: float, own: FloatArray) -> Solution:
    scaled = state.curvature / np.outer(own, own)
    if np.linalg.eigvalsh(scaled)[0] < IDENTIFIED:
        return Solution(values, np.full(values.shape, np.nan), state.discrepancy, "singular")
    errors = np.sqrt(2.0 / total * np.diag(np.linalg.inv(scaled))) / own
    return Solution(values, errors, max(state.discrepancy, 0.0), None)


def _state(moments: Sequence[Moments], models: Sequence[GroupModel], values: FloatArray) -> _State | None:
    """Discrepancy, its slope and expected curvature; None where a covariance is not positive definite."""
    total = sum(m.weight for m in moments)
    discrepancy, slope = 0.0, np.zeros(values.shape)
    curvature = np.zeros((values.size, values.size))
    for group, model in zip(moments, models, strict=True):
        share = group.weight / total
        covariance, mean = model.implied(values)
        try:
            root = np.linalg.inv(np.linalg.cholesky(covariance))
        except np.linalg.LinAlgError:
            return None
        gap = root @ (group.mean - mean) if model.intercepts is not None else np.zeros(len(mean))
        observed = root @ group.covariance @ root.T
        log_ratio = -2.0 * float(np.log(np.diag(root)).sum()) - float(np.linalg.slogdet(group.covariance)[1])
        discrepancy += share * (log_ratio + float(np.trace(observed)) - len(mean) + float(gap @ gap))
        number, spread, shift = derivatives(model, values, root)
        rest = observed - np.eye(len(mean)) + np.outer(gap, gap)
        flat = spread.reshape(number.size, -1)
        slope[number] -= share * (flat @ rest.ravel() + 2.0 * shift @ gap)
        curvature[np.ix_(number, number)] += share * (flat @ flat.T + 2.0 * shift @ shift.T)
    return _State(discrepancy, slope, curvature) if np.isfinite(discrepancy) else None


def derivatives(model: GroupModel, values: FloatArray, root: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Numbers (s,) of the parameters of a group, root dSigma root' as (s, p, p) and root dmu as (s, p) for each.

    A number stands in one place of a group's matrices only. Every derivative of Sigma is u v' + v u' for two vectors:
    for Lambda_ij e_i and column j of Lambda Phi, for Phi_ab columns a and b of Lambda (halved when a = b), for Theta_i
    e_i twice, halved.
    """
    loadings = model.loadings.filled(values)
    crossed, columns = root @ loadings @ model.factors.filled(values), root @ loadings
    item, factor = np.nonzero(model.loadings.index >= 0)
    one, other = np.nonzero(np.triu(model.factors.index >= 0))
    free = np.flatnonzero(model.residuals.index >= 0)
    left = np.hstack([root[:, item], columns[:, one], root[:, free]])
    right = np.hstack([crossed[:, factor], columns[:, other] * np.where(one == other, 0.5, 1.0), root[:, free] * 0.5])
    number = np.concatenate(
        [model.loadings.index[item, factor], model.factors.index[one, other], model.residuals.index[free]]
    )
    outer = left.T[:, :, None] * right.T[:, None, :]
    spread, shift = outer + outer.transpose(0, 2, 1), np.zeros((number.size, len(root)))
    if model.intercepts is None or model.factor_means is None:
        return number, spread, shift
    shift[: item.size] = root[:, item].T * model.factor_means.filled(values)[factor][:, None]
    moving = [(model.intercepts.index, root), (model.factor_means.index, columns)]
    number = np.concatenate([number, *(index[index >= 0] for index, _ in moving)])
    shift = np.vstack([shift, *(axes[:, index >= 0].T for index, axes in moving)])
    return number, np.concatenate([spread, np.zeros((number.size - len(spread), *spread.shape[1:]))]), shift


def start_values(covariance: FloatArray, loads_on: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Loadings on factors of variance one and residual variances to begin with: first component of each factor's items.

    An item's loading takes the sign that makes the factor's first item positive.
    """
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    loadings = np.zeros(loads_on.shape)
    for j in range(loads_on.shape[1]):
        items = np.flatnonzero(loads_on[:, j])
        roots, vectors = np.linalg.eigh(correlation[np.ix_(items, items)])
        column = 0.8 * vectors[:, -1] * np.sqrt(roots[-1])
        loadings[items, j] = np.clip(column if column[0] >= 0 else -column, -0.9, 0.9)
    loadings /= np.sqrt(np.maximum(loads_on.sum(axis=1, keepdims=True), 1))
    residuals = scale**2 * (1.0 - (loadings**2).sum(axis=1))
    return loadings * scale[:, None], residuals
