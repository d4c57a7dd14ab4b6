"""Factor models of ordered answers: polychoric correlations fitted by diagonally weighted least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.binormal import cells
from analysis.confirmatory import PEOPLE_PER_PARAMETER, checked
from analysis.estimates import BoolArray, FloatArray, IntArray, Reason
from analysis.factor_model import GroupModel, Placed, derivatives, start_values
from analysis.fit_indices import chi2_p, incremental
from analysis.polychoric import polychoric, thresholds

PEOPLE_FROM = 200
MOST_STEPS = 500
AT_REST = 1e-11


def _nothing() -> FloatArray:
    return np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """A factor model of k ordered items and m factors of variance one.

    n: complete respondents. chi2 on df, cfi, tli, rmsea: unscaled, not to be tested. scaled_*: mean- and
    variance-adjusted, scaled_chi2 = chi2 / scaling_factor + shift. srmr: of the polychoric correlations. loadings,
    loading_errors: (k, m), of the normal attitudes, so standardized; first item of a factor positive.
    factor_correlation: (m, m). polychoric: (k, k). flags: `saturated`, `negative_residual_variance`,
    `not_positive_definite`.
    """

    n: int
    chi2: float = math.nan
    df: int = 0
    cfi: float = math.nan
    tli: float = math.nan
    rmsea: float = math.nan
    scaled_chi2: float = math.nan
    scaled_p: float = math.nan
    scaling_factor: float = math.nan
    shift: float = math.nan
    scaled_cfi: float = math.nan
    scaled_tli: float = math.nan
    scaled_rmsea: float = math.nan
    srmr: float = math.nan
    loadings: FloatArray = field(default_factory=_nothing)
    loading_errors: FloatArray = field(default_factory=_nothing)
    factor_correlation: FloatArray = field(default_factory=_nothing)
    polychoric: FloatArray = field(default_factory=_nothing)
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


def ordinal_factor_fit(
    scores: FloatArray,
    loads_on: BoolArray,
    *,
    people_from: int = PEOPLE_FROM,
    people_per_parameter: float = PEOPLE_PER_PARAMETER,
) -> OrdinalFit:
    """Confirmatory factor model of ordered answers: two-step polychoric correlations, diagonal weights, scaled test.

    scores: (n, k), any ordered numbers, NaN = not answered; respondents with a gap are left out. loads_on: (k, m).
    With five categories or more that do not pile up at an end, `factor_fit` says the same with fewer people.
    Reasons: `no_data`; `too_few` (also below people_per_parameter per loading and factor correlation); `zero_variance`;
    `singular` (not identified, or a pair whose table admits no correlation inside -1 to 1); `not_converged`.
    Raises ValueError as `factor_fit`.

    F = sum (r - rho)^2/G_rr, G the asymptotic covariance of the correlations with the estimated thresholds behind them;
    chi2 = (n - 1) F; scaled and shifted so that mean and variance are those of chi2 on df; RMSEA divides by n - 1.
    Sources: Muthén (1984), Psychometrika 49, 115-132; Asparouhov & Muthén (2010), simple second order chi-square
    correction, Mplus technical appendix. Agrees with lavaan 0.6-14, estimator WLSMV.
    """
    table, pattern = checked(scores, loads_on)
    complete = table[~np.isnan(table).any(axis=1)]
    n, k = complete.shape
    m = pattern.shape[1]
    count = int(pattern.sum()) + m * (m - 1) // 2
    reason: Reason | None = None
    if n == 0 or k == 0:
        reason = "no_data"
    elif n < max(people_from, people_per_parameter * count, k + 1):
        reason = "too_few"
    elif np.any(np.ptp(complete, axis=0) == 0):
        reason = "zero_variance"
    elif k * (k - 1) // 2 < count:
        reason = "singular"
    if reason is not None:
        return _blank(n, pattern, reason)
    return _fit(complete, pattern, count)


def _fit(complete: FloatArray, pattern: BoolArray, count: int) -> OrdinalFit:
    n, k = complete.shape
    estimated = _correlations(complete)
    if estimated is None:
        return _blank(n, pattern, "singular")
    correlation, spread = estimated
    pairs = np.triu_indices(k, 1)
    weights = 1.0 / np.diag(spread)
    model = _model(pattern)
    values = _least_squares(model, correlation, weights, _start(correlation, pattern, count), pairs)
    if values is None:
        return replace(_blank(n, pattern, "not_converged"), polychoric=correlation)
    change = _change(model, values, pairs)
    information = change.T @ (weights[:, None] * change)
    scale = np.sqrt(np.diag(information))
    if np.any(scale == 0) or np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < 1e-9:
        return replace(_blank(n, pattern, "singular"), polychoric=correlation)
    return _described(n, model, values, correlation, spread, change, pairs)


def _blank(n: int, pattern: BoolArray, reason: Reason) -> OrdinalFit:
    k, m = pattern.shape
    loadings = np.full((k, m), math.nan)
    return OrdinalFit(
        n,
        loadings=loadings,
        loading_errors=loadings,
        factor_correlation=np.full((m, m), math.nan),
        polychoric=np.full((k, k), math.nan),
        reason=reason,
    )


def _described(
    n: int,
    model: GroupModel,
    values: FloatArray,
    correlation: FloatArray,
    spread: FloatArray,
    change: FloatArray,
    pairs: tuple[IntArray, IntArray],
) -> OrdinalFit:
    k, weights = len(correlation), 1.0 / np.diag(spread)
    loadings, factors = model.loadings.filled(values), model.factors.filled(values)
    implied = (loadings @ factors @ loadings.T)[pairs]
    rest, df = correlation[pairs] - implied, weights.size - values.size
    bread = np.linalg.inv(change.T @ (weights[:, None] * change))
    weighted = weights[:, None] * change
    errors = np.sqrt(np.diag(bread @ weighted.T @ spread @ weighted @ bread) / n)
    left_over = np.diag(weights) - weighted @ bread @ weighted.T
    chi2, baseline = ((n - 1) * float(weights @ gap**2) for gap in (rest, correlation[pairs]))
    scaled, factor, shift = _scaled(chi2, df, left_over @ spread)
    scaled_baseline, _, _ = _scaled(baseline, weights.size, weights[:, None] * spread)
    cfi, tli, *_ = incremental(chi2, df, baseline, weights.size)
    scaled_cfi, scaled_tli, *_ = incremental(scaled, df, scaled_baseline, weights.size)
    turn = np.where(loadings[(loadings != 0).argmax(axis=0), np.arange(loadings.shape[1])] < 0, -1.0, 1.0)
    return OrdinalFit(
        n,
        chi2,
        df,
        cfi,
        tli,
        _rmsea(chi2, df, n),
        scaled,
        chi2_p(scaled, df),
        factor,
        shift,
        scaled_cfi,
        scaled_tli,
        _rmsea(scaled, df, n),
        math.sqrt(float((rest**2).sum()) / (k * (k + 1) / 2)),
        loadings * turn,
        np.where(model.loadings.index >= 0, errors[model.loadings.index], np.nan),
        factors * np.outer(turn, turn),
        correlation,
        flags=_remarks(df, loadings, factors, correlation),
    )


def _remarks(df: int, loadings: FloatArray, factors: FloatArray, correlation: FloatArray) -> tuple[str, ...]:
    residuals = 1.0 - np.einsum("ij,jk,ik->i", loadings, factors, loadings)
    found = {
        "saturated": df == 0,
        "negative_residual_variance": bool(np.any(residuals < 0)),
        "not_positive_definite": bool(min(np.linalg.eigvalsh(correlation)[0], np.linalg.eigvalsh(factors)[0]) <= 0),
    }
    return tuple(name for name, holds in found.items() if holds)


def _scaled(chi2: float, df: int, product: FloatArray) -> tuple[float, float, float]:
    """Scaled chi2, scaling factor and shift from the traces of U G and its square."""
    if df == 0:
        return chi2, math.nan, math.nan
    factor = math.sqrt(float((product * product.T).sum()) / df)
    shift = df - float(np.trace(product)) / factor
    return chi2 / factor + shift, factor, shift


def _rmsea(chi2: float, df: int, n: int) -> float:
    return math.sqrt(max(chi2 - df, 0.0) / (df * (n - 1))) if df > 0 else 0.0


def _model(pattern: BoolArray) -> GroupModel:
    k, m = pattern.shape
    loadings, factors = np.full((k, m), -1, dtype=np.int64), np.full((m, m), -1, dtype=np.int64)
    free = int(pattern.sum())
    loadings.T[pattern.T] = np.arange(free)
    rows, columns = np.tril_indices(m, -1)
    factors[rows, columns] = factors[columns, rows] = free + np.arange(rows.size)
    fixed = Placed(np.full(k, -1, dtype=np.int64), np.zeros(k))
    return GroupModel(Placed(loadings, np.zeros((k, m))), Placed(factors, np.eye(m)), fixed)


def _start(correlation: FloatArray, pattern: BoolArray, count: int) -> FloatArray:
    values = np.zeros(count)
    values[: int(pattern.sum())] = start_values(correlation, pattern)[0].T[pattern.T]
    return values


def _least_squares(
    model: GroupModel, correlation: FloatArray, weights: FloatArray, start: FloatArray, pairs: tuple[IntArray, IntArray]
) -> FloatArray | None:
    """Damped Gauss-Newton steps."""

    def rest(at: FloatArray) -> FloatArray:
        return np.asarray((correlation - model.implied(at)[0])[pairs], dtype=np.float64)

    values, damping = start, 1e-3
    height = float(weights @ rest(values) ** 2)
    for _ in range(MOST_STEPS):
        change = _change(model, values, pairs)
        slope, bend = change.T @ (weights * rest(values)), change.T @ (weights[:, None] * change)
        own = np.maximum(np.diag(bend), np.finfo(float).tiny)
        if np.abs(slope / own).max() < AT_REST:
            return values
        try:
            tried = values + np.linalg.solve(bend + damping * np.diag(own), slope)
        except np.linalg.LinAlgError:
            return None
        reached = float(weights @ rest(tried) ** 2)
        if reached <= height * (1.0 + 1e-13):
            values, height, damping = tried, reached, damping / 10.0 if damping > 1e-12 else 0.0
        else:
            damping = max(damping * 10.0, 1e-6)
    return None


def _change(model: GroupModel, values: FloatArray, pairs: tuple[IntArray, IntArray]) -> FloatArray:
    """Derivatives of the implied correlations, (pairs, q)."""
    number, spread, _ = derivatives(model, values, np.eye(len(model.loadings.index)))
    change = np.zeros((pairs[0].size, values.size))
    change[:, number] = spread[:, pairs[0], pairs[1]].T
    return change


def _correlations(complete: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Two-step correlations (k, k), and n times their covariance in the order of pairs i < j; None at a bound.

    Everybody's slopes of the item and pair log likelihoods, s; B holds what the mean of s changes per statistic, by
    cross-products; covariance B^-1 (sum s s') B^-T.
    """
    n, k = complete.shape
    codes = [np.unique(column, return_inverse=True)[1] for column in complete.T]
    cuts = [thresholds(column) for column in complete.T]
    first = np.concatenate([[0], np.cumsum([cut.size for cut in cuts])])
    slopes = [np.hstack([_item_slopes(cut, code) for cut, code in zip(cuts, codes, strict=True)])]
    one, other = np.triu_indices(k, 1)
    total = int(first[-1])
    turning = np.zeros((total + one.size, total + one.size))
    for i in range(k):
        own = slice(first[i], first[i + 1])
        turning[own, own] = slopes[0][:, own].T @ slopes[0][:, own]
    correlation = np.eye(k)
    for row, (i, j) in enumerate(zip(one.tolist(), other.tolist(), strict=True), start=total):
        pair = polychoric(complete[:, i], complete[:, j], people_from=0)
        if pair.reason is not None or "at_bound" in pair.flags:
            return None
        correlation[i, j] = correlation[j, i] = pair.value
        table = cells(cuts[i], cuts[j], pair.value)
        here = codes[i], codes[j]
        probability = table.probability[here]
        by_rho = table.by_rho[here] / probability
        turning[row, first[i] : first[i + 1]] = by_rho @ (table.by_row[:, *here] / probability).T
        turning[row, first[j] : first[j + 1]] = by_rho @ (table.by_column[:, *here] / probability).T
        turning[row, row] = by_rho @ by_rho
        slopes.append(by_rho[:, None])
    influence = np.linalg.solve(turning, np.hstack(slopes).T)[total:]
    return correlation, n * influence @ influence.T


def _item_slopes(cut: FloatArray, code: IntArray) -> FloatArray:
    """Slope of everybody's log likelihood of one item by each of its thresholds, (n, thresholds)."""
    density = np.exp(-(cut**2) / 2.0) / math.sqrt(2.0 * math.pi)
    share = np.bincount(code) / code.size
    out = np.zeros((code.size, cut.size))
    below, above = code < cut.size, code > 0
    people = np.arange(code.size)
    out[people[below], code[below]] = density[code[below]] / share[code[below]]
    out[people[above], code[above] - 1] = -density[code[above] - 1] / share[code[above]]
    return out
