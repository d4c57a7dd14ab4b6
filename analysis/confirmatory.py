"""Do the answers look as if a few named factors were behind them: confirmatory factor models by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray, Reason
from analysis.factor_model import GroupModel, Moments, Placed, Solution, solve, start_values
from analysis.fit_indices import FitIndices, fit_indices

PEOPLE_FROM = 50
PEOPLE_PER_PARAMETER = 5.0

Identification = Literal["variance", "marker"]
Likelihood = Literal["normal", "wishart"]


@dataclass(frozen=True, slots=True)
class FactorFit:
    """A fitted factor model of k items and m factors.

    n: complete respondents. indices: None when reason says why there is no fit. loadings, loading_errors, standardized:
    (k, m), zero where an item does not load; errors are NaN where a value was fixed. residual_variances and
    residual_errors: (k,). factor_covariance, factor_covariance_errors: (m, m). Units: those of the scores. flags:
    `saturated` (no degrees of freedom: the fit says nothing), `negative_residual_variance`,
    `factor_covariance_not_positive_definite` (improper: do not interpret).
    """

    n: int
    indices: FitIndices | None
    loadings: FloatArray
    loading_errors: FloatArray
    standardized: FloatArray
    residual_variances: FloatArray
    residual_errors: FloatArray
    factor_covariance: FloatArray
    factor_covariance_errors: FloatArray
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


def one_factor_fit(
    scores: FloatArray,
    *,
    people_from: int = PEOPLE_FROM,
    people_per_parameter: float = PEOPLE_PER_PARAMETER,
    likelihood: Likelihood = "normal",
) -> FactorFit:
    """How well one factor explains the items of one construct; everything as `factor_fit` with a single factor.

    scores: (n, k), reverse-keyed items already turned or not (the fit is the same, the loading changes sign).
    Raises ValueError when scores is not two-dimensional.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError("scores must be two-dimensional: people by items")
    if table.shape[1] == 0:
        return _blank(len(table), np.ones((0, 1), dtype=bool), "no_data")
    return factor_fit(
        table,
        np.ones((table.shape[1], 1), dtype=bool),
        people_from=people_from,
        people_per_parameter=people_per_parameter,
        likelihood=likelihood,
    )


def factor_fit(
    scores: FloatArray,
    loads_on: BoolArray,
    *,
    identification: Identification = "variance",
    likelihood: Likelihood = "normal",
    people_from: int = PEOPLE_FROM,
    people_per_parameter: float = PEOPLE_PER_PARAMETER,
) -> FactorFit:
    """Confirmatory factor model of one group, factors free to correlate.

    scores: (n, k), any unit, NaN = not answered; respondents with a gap are left out (listwise), `n` counts the others.
    loads_on: (k, m), True where an item loads on a factor. identification: factor variances 1 and each factor's first
    item loading positive (`variance`), or each factor's first loading 1 (`marker`). likelihood: covariances over n
    and chi2 = n F (`normal`; lavaan's default), or over n - 1 and chi2 = (n - 1) F (`wishart`; EQS, semopy).
    Too few: fewer than people_from, than people_per_parameter for each free parameter, or not more people than items
    gives `too_few` and no number. Also `no_data`; `zero_variance` (a constant item); `singular` (an item follows from
    the others, or the model is not identified: a factor of two items alone); `not_converged`.
    Raises ValueError when shapes disagree, an item loads nowhere, or a factor has no items.

    Sigma = Lambda Phi Lambda' + Theta, Theta diagonal; standard errors from the expected information; standardized
    loadings Lambda_ij sqrt(Phi_jj / Sigma_ii). Assumes normal answers: with short scales chi2 rejects too often.
    Sources: Jöreskog (1969), Psychometrika 34, 183-202; 50 people as for omega, five per parameter after Bentler &
    Chou (1987), Sociological Methods & Research 16.
    """
    table, pattern = checked(scores, loads_on)
    complete = table[~np.isnan(table).any(axis=1)]
    model, n_parameters = _model(pattern, identification)
    reason = _refusal(complete, max(people_from, people_per_parameter * n_parameters))
    if reason is not None:
        return _blank(len(complete), pattern, reason)
    moments = moments_of(complete, likelihood)
    k = len(pattern)
    if not moments.invertible or k * (k + 1) // 2 < n_parameters:
        return _blank(len(complete), pattern, "singular")
    solution = solve([moments], [model], _start(moments, pattern, model, n_parameters))
    if solution.reason is not None:
        return _blank(len(complete), pattern, solution.reason)
    return _fitted(len(complete), moments, model, solution)


def moments_of(complete: FloatArray, likelihood: Likelihood = "normal") -> Moments:
    """Means and covariances of complete rows, with the weight the likelihood gives them."""
    if likelihood not in ("normal", "wishart"):
        raise ValueError("likelihood is normal or wishart")
    weight = float(len(complete) - (likelihood == "wishart"))
    mean = complete.mean(axis=0)
    centred = complete - mean
    return Moments(weight, mean, centred.T @ centred / weight)


def checked(scores: FloatArray, loads_on: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Both as arrays; ValueError when shapes disagree, an item loads nowhere, or a factor has no items."""
    table, pattern = np.asarray(scores, dtype=np.float64), np.asarray(loads_on, dtype=bool)
    if table.ndim != 2 or pattern.ndim != 2 or table.shape[1] != pattern.shape[0]:
        raise ValueError("scores are people by items, loads_on items by factors")
    if not pattern.any(axis=1).all() or not pattern.any(axis=0).all():
        raise ValueError("every item loads on a factor and every factor has items")
    return table, pattern


def _refusal(complete: FloatArray, people: float) -> Reason | None:
    n, k = complete.shape
    if n == 0 or k == 0:
        return "no_data"
    if n < max(people, k + 1):
        return "too_few"
    return "zero_variance" if np.any(np.ptp(complete, axis=0) == 0) else None


def _model(pattern: BoolArray, identification: Identification) -> tuple[GroupModel, int]:
    """Parameters numbered: loadings by factor, then factor covariances, then residual variances."""
    if identification not in ("variance", "marker"):
        raise ValueError("identification is variance or marker")
    k, m = pattern.shape
    marker = identification == "marker"
    index, fixed, count = np.full((k, m), -1, dtype=np.int64), np.zeros((k, m)), 0
    for j in range(m):
        items = np.flatnonzero(pattern[:, j])
        if marker:
            fixed[items[0], j] = 1.0
            items = items[1:]
        index[items, j] = count + np.arange(items.size)
        count += items.size
    factors = np.full((m, m), -1, dtype=np.int64)
    rows, columns = np.tril_indices(m, 0 if marker else -1)
    factors[rows, columns] = factors[columns, rows] = count + np.arange(rows.size)
    count += rows.size
    residuals = Placed(count + np.arange(k), np.zeros(k))
    return GroupModel(Placed(index, fixed), Placed(factors, np.eye(m)), residuals), count + k


def _start(moments: Moments, pattern: BoolArray, model: GroupModel, n_parameters: int) -> FloatArray:
    loadings, residuals = start_values(moments.covariance, pattern)
    first = loadings[pattern.argmax(axis=0), np.arange(pattern.shape[1])]
    marker = model.loadings.fixed.any()
    scale = np.where(np.abs(first) < 1e-6, 1.0, first) if marker else np.ones(len(first))
    values = np.zeros(n_parameters)
    _place(values, model.loadings.index, loadings / scale)
    _place(values, model.factors.index, np.diag(scale**2))
    _place(values, model.residuals.index, residuals)
    return values


def _place(values: FloatArray, index: IntArray, matrix: FloatArray) -> None:
    values[index[index >= 0]] = matrix[index >= 0]


def _fitted(n: int, moments: Moments, model: GroupModel, solution: Solution) -> FactorFit:
    values, errors = solution.values, solution.errors
    loadings, factors = model.loadings.filled(values), model.factors.filled(values)
    residuals = model.residuals.filled(values)
    turn = np.ones(loadings.shape[1])
    if not model.loadings.fixed.any():
        first = loadings[(loadings != 0).argmax(axis=0), np.arange(loadings.shape[1])]
        turn = np.where(first < 0, -1.0, 1.0)
    loadings, factors = loadings * turn, factors * np.outer(turn, turn)
    covariance, _ = model.implied(values)
    standardized = loadings * np.sqrt(np.abs(np.diag(factors))) / np.sqrt(np.diag(covariance))[:, None]
    indices = fit_indices([moments], [model], values, solution.discrepancy, people=[n])
    return FactorFit(
        n,
        indices,
        loadings,
        _errors_of(model.loadings, errors),
        standardized,
        residuals,
        errors[model.residuals.index],
        factors,
        _errors_of(model.factors, errors),
        flags=remarks(indices.df, residuals, factors),
    )


def _errors_of(placed: Placed, errors: FloatArray) -> FloatArray:
    return np.where(placed.index >= 0, errors[placed.index], np.nan)


def remarks(df: int, residuals: FloatArray, factors: FloatArray) -> tuple[str, ...]:
    """Flags of a solution, as in `FactorFit`."""
    found = {
        "saturated": df == 0,
        "negative_residual_variance": bool(np.any(residuals < 0)),
        "factor_covariance_not_positive_definite": bool(np.linalg.eigvalsh(factors)[0] <= 0),
    }
    return tuple(name for name, holds in found.items() if holds)


def _blank(n: int, pattern: BoolArray, reason: Reason) -> FactorFit:
    k, m = pattern.shape
    loadings, items, factors = np.full((k, m), np.nan), np.full(k, np.nan), np.full((m, m), np.nan)
    return FactorFit(n, None, loadings, loadings, loadings, items, items, factors, factors, reason)
