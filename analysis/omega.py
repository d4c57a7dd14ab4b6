"""McDonald's omega total: the share of a scale's variance that one common factor explains. Formula 10."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray, Reason, nobody_complete
from analysis.reliability import checked_scores, correlation, covariance, within_groups

Fit = Literal["ml", "minres"]
FEWEST_PEOPLE = 50
SMALLEST_UNIQUENESS = 0.005  # of a standardized item, the bound of R factanal
ITERATIONS = 500
SETTLED = 1e-11


@dataclass(frozen=True, slots=True)
class OneFactor:
    """One-factor solution of k items. loadings, uniquenesses: (k,). criterion: the fit function at its minimum.

    observed: (k, k), the matrix that was fitted. reason: why there is none.
    """

    loadings: FloatArray
    uniquenesses: FloatArray
    criterion: float
    observed: FloatArray
    reason: Reason | None = None

    @property
    def omega_model(self) -> float:
        """(sum of loadings)^2 / ((sum of loadings)^2 + sum of uniquenesses): variance as the model implies it."""
        common = float(self.loadings.sum()) ** 2
        return common / (common + float(self.uniquenesses.sum()))

    @property
    def omega_observed(self) -> float:
        """(sum of loadings)^2 / observed variance of the sum (R semTools)."""
        return float(self.loadings.sum()) ** 2 / float(self.observed.sum())

    @property
    def omega_from_uniqueness(self) -> float:
        """1 - sum of uniquenesses / observed variance of the sum (R psych)."""
        return 1 - float(self.uniquenesses.sum()) / float(self.observed.sum())


@dataclass(frozen=True, slots=True)
class OmegaEstimate:
    """Omega total. value: by the model; n: people; solution: the factor; reason: why there is no number."""

    value: float
    n: int
    method: str
    solution: OneFactor | None = None
    reason: Reason | None = None


def omega_total(
    scores: FloatArray,
    *,
    group: IntArray | None = None,
    fit: Fit = "ml",
    standardize: bool = True,
    fewest: int = FEWEST_PEOPLE,
) -> OmegaEstimate:
    """Omega total of one construct. Formula 10.

    scores: (n, k), reversed items turned, NaN = missing: people with a gap are left out. group: (n,) partnerships,
    whose means are then taken out. fit: "ml" maximum likelihood, "minres" least squares of the correlations.
    standardize: items at equal variance (the product's omega, R psych); False weighs items by their spread
    (R lavaan, divisor n).
    Refusals: fewer than three items or `fewest` people `too_few`; nobody complete `no_data` or `no_overlap`; a
    constant item `zero_variance`; items that repeat each other `singular`; `not_converged`.
    Other values of omega: `OneFactor.omega_observed` and its neighbour.
    Source: McDonald (1999), Test Theory, chapter 6; Joreskog (1967), Psychometrika 32, 443-482.
    """
    scores = checked_scores(scores)
    complete = np.isfinite(scores).all(axis=1)
    used = scores[complete]
    n, k = used.shape
    method = f"omega total, {fit}, {'correlations' if standardize else 'covariances'}"
    if n == 0 or k < 3 or n < max(fewest, k + 1):
        return OmegaEstimate(math.nan, n, method, reason=nobody_complete(scores) if n == 0 else "too_few")
    matrix = covariance(used) * (n - 1) / n
    if group is not None:
        centred, _ = within_groups(used, np.asarray(group)[complete])
        matrix = centred.T @ centred / n
    if not (np.diag(matrix) > 0).all():
        return OmegaEstimate(math.nan, n, method, reason="zero_variance")
    found = one_factor(correlation(matrix), fit=fit, bounded=standardize)
    if found.reason is not None:
        return OmegaEstimate(math.nan, n, method, reason=found.reason)
    if not standardize:
        deviation = np.sqrt(np.diag(matrix))
        found = OneFactor(found.loadings * deviation, found.uniquenesses * deviation**2, found.criterion, matrix)
    return OmegaEstimate(found.omega_model, n, method, found)


def one_factor(r: FloatArray, *, fit: Fit = "ml", bounded: bool = True) -> OneFactor:
    """One common factor of a correlation matrix (k, k), k >= 3, loadings with a positive sum.

    "ml" minimizes log|S| + tr(R/S) - log|R| - k for S = loadings loadings' + diag(uniquenesses) by Fisher scoring; the
    solution of a covariance matrix is the same times the standard deviations. "minres" minimizes the squares of the
    residual correlations. bounded: uniquenesses not below .005 (R factanal and psych; R lavaan lets them go negative).
    """
    nothing = np.full(len(r), np.nan)
    if np.linalg.matrix_rank(r, hermitian=True) < len(r):
        return OneFactor(nothing, nothing, math.nan, r, "singular")
    values, vectors = np.linalg.eigh(r)
    start = vectors[:, -1] * math.sqrt(values[-1])
    start = np.clip(start * (1.0 if start.sum() >= 0 else -1.0), -0.95, 0.95)
    found = _minres(r, start)
    if found is not None and fit == "ml":
        found = _maximum_likelihood(r, found.loadings, bounded)
    if found is None:
        return OneFactor(nothing, nothing, math.nan, r, "not_converged")
    sign = 1.0 if found.loadings.sum() >= 0 else -1.0
    return OneFactor(sign * found.loadings, found.uniquenesses, found.criterion, r)


def chi_square(solution: OneFactor, n: int) -> tuple[float, int]:
    """Bartlett's test of one factor (ML) and its degrees of freedom; NaN for three items, which always fit.

    Source: Bartlett (1951), Biometrika 38.
    """
    k = len(solution.loadings)
    df = k * (k - 3) // 2
    return (n - 1 - (2 * k + 5) / 6 - 2 / 3) * solution.criterion if df > 0 else math.nan, df


def _minres(r: FloatArray, loadings: FloatArray) -> OneFactor | None:
    """Each loading in turn at its least-squares value given the others, until none moves."""
    loadings, longest = loadings.copy(), math.sqrt(1 - SMALLEST_UNIQUENESS)
    for _ in range(20 * ITERATIONS):
        moved = 0.0
        for i in range(len(r)):
            squares = float(loadings @ loadings) - loadings[i] ** 2
            if squares <= 0:
                return None
            target = (float(r[i] @ loadings) - r[i, i] * loadings[i]) / squares
            target = min(longest, max(-longest, target))
            moved = max(moved, abs(target - loadings[i]))
            loadings[i] = target
        if moved < SETTLED:
            residual = (r - np.outer(loadings, loadings))[np.triu_indices(len(r), 1)]
            return OneFactor(loadings, 1 - loadings**2, float(residual @ residual), r)
    return None


def _maximum_likelihood(r: FloatArray, loadings: FloatArray, bounded: bool) -> OneFactor | None:
    k = len(r)
    point = np.concatenate([loadings, np.maximum(1 - loadings**2, 0.05)])
    free = np.ones(2 * k, dtype=bool)
    value = _criterion(r, point)
    for _ in range(ITERATIONS):
        gradient, information = _derivatives(r, point)
        step = np.zeros(2 * k)
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], -gradient[free], rcond=None)[0]
        moved, new = _line_search(r, point, value, step, bounded)
        if bounded:
            free[k:] &= moved[k:] > SMALLEST_UNIQUENESS
        settled = np.abs(moved - point).max() < SETTLED
        point, value = moved, new
        if settled:
            return OneFactor(point[:k], point[k:], max(0.0, value), r)
    return None


def _line_search(
    r: FloatArray, point: FloatArray, value: float, step: FloatArray, bounded: bool
) -> tuple[FloatArray, float]:
    """The longest halving of the step that does not raise the criterion; the point itself when none does."""
    k = len(r)
    for halving in range(30):
        moved = point + step / 2**halving
        if bounded:
            moved[k:] = np.maximum(moved[k:], SMALLEST_UNIQUENESS)
        new = _criterion(r, moved)
        if new <= value + 1e-14:
            return moved, new
    return point, value


def _criterion(r: FloatArray, point: FloatArray) -> float:
    k = len(r)
    implied = np.outer(point[:k], point[:k]) + np.diag(point[k:])
    if np.linalg.eigvalsh(implied)[0] <= 1e-12:
        return math.inf
    difference = float(np.linalg.slogdet(implied)[1] - np.linalg.slogdet(r)[1])
    return difference + float(np.trace(np.linalg.solve(implied, r))) - k


def _derivatives(r: FloatArray, point: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gradient and expected second derivatives by loadings, then uniquenesses."""
    k = len(r)
    loadings = point[:k]
    inverse = np.linalg.inv(np.outer(loadings, loadings) + np.diag(point[k:]))
    slope = inverse - inverse @ r @ inverse
    gradient = np.concatenate([2 * slope @ loadings, np.diag(slope)])
    weighted = inverse @ loadings
    by_loadings = 2 * (np.outer(weighted, weighted) + inverse * float(loadings @ weighted))
    mixed = 2 * inverse * weighted[:, None]
    return gradient, np.block([[by_loadings, mixed.T], [mixed, inverse**2]])
