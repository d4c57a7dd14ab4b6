"""Social Relations components from the answered cells alone, by restricted maximum likelihood.

The recommended estimate when cells are unanswered: nothing is filled in, so the relationship variance is not drawn
down. On a complete round robin it gives the closed-form estimates of `srm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray, Reason
from analysis.srm import (
    COMPONENTS,
    SMALLEST,
    VARIANCES_FROM,
    Component,
    missing_allowed,
    name_components,
    shares,
    significance,
)
from analysis.srm_effects import round_robin_effects

MOST_STEPS = 200
MOST_HALVINGS = 40
MEAN_VARIANCE = 100.0


@dataclass(frozen=True, slots=True)
class RestrictedFit:
    """Components by restricted maximum likelihood.

    n, n_missing: as in `RoundRobin`. mean: generalized least squares, scale points. components: in the order of
    `srm.COMPONENTS`, standard errors from the expected information. reason: `too_few`, `no_data`, `zero_variance` or
    `not_converged`.
    """

    n: int
    n_missing: int
    mean: float
    components: tuple[Component, ...]
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Cells:
    """Answered cells as a vector: y, who rates and who is rated, and where the opposite cell stands (-1: nowhere)."""

    y: FloatArray
    rater: IntArray
    rated: IntArray
    opposite: IntArray
    design: FloatArray  # (cells, 2n): rater indicators, then rated indicators


def restricted_round_robin(
    ratings: FloatArray,
    *,
    variances_from: int = VARIANCES_FROM,
    limit_missing: bool = True,
    tolerance: float = 1e-10,
) -> RestrictedFit:
    """Restricted maximum likelihood of the Social Relations Model on the answered cells. Formula 25 with gaps.

    ratings: (n, n), scale points, row = rater, NaN = not answered, own cells unused. variances_from, limit_missing and
    who is left out: as in `round_robin`. tolerance: largest relative step at rest.
    Variances may come out negative as long as the contrasts of the answers keep a positive definite covariance; they
    are kept, with reason `negative_component`. All answers equal: `zero_variance`; no rest in 200 steps:
    `not_converged`.
    Raises ValueError when ratings is not square.

    y = mean + a_i + b_j + g_ij, cov(y) = s_a Z_a Z_a' + s_b Z_b Z_b' + s_ab (Z_a Z_b' + Z_b Z_a') + s_g I + s_gg P,
    P exchanging i about j and j about i; Fisher scoring; a step is halved where the likelihood is undefined or falls.
    Source: Patterson & Thompson (1971), Biometrika 58; own implementation.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError("ratings must be a square matrix, raters in rows")
    found = round_robin_effects(table[None])
    n, n_missing = int(found.n[0]), int(found.n_missing[0])
    reason = _refusal(n, n_missing, variances_from, limit_missing)
    if reason is not None:
        blank = tuple(Component(name, reason=reason) for name in COMPONENTS)
        return RestrictedFit(n, n_missing, float(found.mean[0]), blank, reason)
    cells = _cells(table, ~np.isnan(found.rater[0]))
    if np.ptp(cells.y) == 0:
        flat = tuple(Component(name, 0.0, reason="zero_variance") for name in COMPONENTS)
        return RestrictedFit(n, n_missing, float(cells.y[0]), flat, "zero_variance")
    fitted = _fit(cells, n, tolerance)
    if fitted is None:
        blank = tuple(Component(name, reason="not_converged") for name in COMPONENTS)
        return RestrictedFit(n, n_missing, float(cells.y.mean()), blank, "not_converged")
    value, information, mean = fitted
    variance = np.diag(np.linalg.inv(information))[None]
    se, t, p = significance(value[None], variance, np.array([n - 1.0]))
    components = name_components(
        COMPONENTS,
        value=value,
        share=shares(value[None])[0],
        se=se[0],
        t=t[0],
        p=p[0],
        df=n - 1.0,
        reason=None,
        n_variances=3,
    )
    return RestrictedFit(n, n_missing, mean, components)


def _refusal(n: int, n_missing: int, variances_from: int, limit_missing: bool) -> Reason | None:
    if n == 0:
        return "no_data"
    if n < max(SMALLEST, variances_from) or (limit_missing and n_missing > missing_allowed(n)):
        return "too_few"
    return None


def _cells(table: FloatArray, present: BoolArray) -> _Cells:
    kept = table[np.ix_(present, present)]
    n = len(kept)
    answered = ~np.isnan(kept) & ~np.eye(n, dtype=bool)
    rater, rated = np.nonzero(answered)
    place = np.full((n, n), -1, dtype=np.int64)
    place[rater, rated] = np.arange(rater.size)
    design = np.zeros((rater.size, 2 * n))
    design[np.arange(rater.size), rater] = 1.0
    design[np.arange(rater.size), n + rated] = 1.0
    return _Cells(kept[answered], rater.astype(np.int64), rated.astype(np.int64), place[rated, rater], design)


def _fit(cells: _Cells, n: int, tolerance: float) -> tuple[FloatArray, FloatArray, float] | None:
    spread = float(cells.y.var())
    value = spread * np.array([0.25, 0.25, 0.5, 0.0, 0.0])
    state = _likelihood(cells, n, value)
    for _ in range(MOST_STEPS):
        assert state is not None
        score, information = _derivatives(cells, n, state)
        try:
            step = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        if np.abs(step).max() <= tolerance * spread:
            return value, information, state.mean
        state, value = _climb(cells, n, state, value, step)
        if state is None:
            return None
    return None


@dataclass(frozen=True, slots=True)
class _State:
    log_likelihood: float
    projected: FloatArray  # V^-1 - V^-1 1 (1'V^-1 1)^-1 1'V^-1
    mean: float


def _climb(
    cells: _Cells, n: int, state: _State, value: FloatArray, step: FloatArray
) -> tuple[_State | None, FloatArray]:
    share = 1.0
    for _ in range(MOST_HALVINGS):
        tried = _likelihood(cells, n, value + share * step)
        slack = 1e-9 * abs(state.log_likelihood)
        if tried is not None and tried.log_likelihood >= state.log_likelihood - slack:
            return tried, value + share * step
        share /= 2.0
    return None, value


def _likelihood(cells: _Cells, n: int, value: FloatArray) -> _State | None:
    """Restricted log likelihood; None where the contrasts of the answers have no positive definite covariance.

    A constant added to every element of the covariance changes no contrast; it keeps the direction of the mean, about
    which restricted likelihood says nothing, from spoiling the factorization.
    """
    rater, rated, pair, crossed, dyadic = (float(v) for v in value)
    size = cells.y.size
    block = np.block([[rater * np.eye(n), crossed * np.eye(n)], [crossed * np.eye(n), rated * np.eye(n)]])
    covariance = cells.design @ block @ cells.design.T + MEAN_VARIANCE * float(cells.y.var())
    own = np.arange(size)
    covariance[own, own] += pair
    both = cells.opposite >= 0
    covariance[own[both], cells.opposite[both]] += dyadic
    try:
        factor = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return None
    root = np.linalg.inv(factor)
    inverse = root.T @ root
    sums = inverse.sum(axis=1)
    total = float(sums.sum())
    if total <= 0:
        return None
    projected = inverse - np.outer(sums, sums) / total
    log_likelihood = -0.5 * (
        2.0 * float(np.log(np.diag(factor)).sum()) + float(np.log(total)) + float(cells.y @ projected @ cells.y)
    )
    return _State(log_likelihood, projected, float(sums @ cells.y) / total)


def _derivatives(cells: _Cells, n: int, state: _State) -> tuple[FloatArray, FloatArray]:
    """Score and expected information of the five components, in the order of `COMPONENTS`."""
    projected = state.projected
    half = projected @ cells.design
    inner = cells.design.T @ half
    quarters = (inner[:n, :n], inner[n:, n:], inner[:n, n:])
    turned = _exchange_columns(projected, cells.opposite)
    rest = projected @ cells.y
    effects = cells.design.T @ rest
    both = cells.opposite >= 0
    swapped = np.where(both, rest[cells.opposite], 0.0)
    squares = np.array(
        [
            effects[:n] @ effects[:n],
            effects[n:] @ effects[n:],
            rest @ rest,
            2.0 * effects[:n] @ effects[n:],
            rest @ swapped,
        ]
    )
    traces = np.array(
        [
            np.trace(quarters[0]),
            np.trace(quarters[1]),
            np.trace(projected),
            2.0 * np.trace(quarters[2]),
            np.trace(turned),
        ]
    )
    return (squares - traces) / 2.0, _information(projected, turned, half, quarters, cells, n)


def _exchange_columns(matrix: FloatArray, opposite: IntArray) -> FloatArray:
    """matrix times the exchange of i about j with j about i; zero where the opposite cell is unanswered."""
    return np.where(opposite >= 0, matrix[:, opposite], 0.0)


def _information(
    projected: FloatArray,
    turned: FloatArray,
    half: FloatArray,
    quarters: tuple[FloatArray, FloatArray, FloatArray],
    cells: _Cells,
    n: int,
) -> FloatArray:
    """0.5 tr(Q G_i Q G_j), with Q projected and G the five derivative matrices."""
    aa, bb, ab = quarters
    left, right = half[:, :n], half[:, n:]
    turned_back = _exchange_columns(half.T, cells.opposite).T
    turned_left, turned_right = turned_back[:, :n], turned_back[:, n:]
    out = np.zeros((5, 5))
    out[0, 0] = (aa * aa).sum()
    out[1, 1] = (bb * bb).sum()
    out[0, 1] = (ab * ab).sum()
    out[0, 3] = 2.0 * (aa * ab).sum()
    out[1, 3] = 2.0 * (bb * ab).sum()
    out[3, 3] = 2.0 * ((ab * ab.T).sum() + (aa * bb).sum())
    out[2, 2] = (projected * projected).sum()
    out[2, 4] = (projected * turned).sum()
    out[4, 4] = (turned * turned.T).sum()
    out[0, 2] = (left * left).sum()
    out[1, 2] = (right * right).sum()
    out[2, 3] = 2.0 * (left * right).sum()
    out[0, 4] = (left * turned_left).sum()
    out[1, 4] = (right * turned_right).sum()
    out[3, 4] = 2.0 * (left * turned_right).sum()
    return (out + np.triu(out, 1).T) / 2.0
