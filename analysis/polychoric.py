"""Correlations of the normal attitudes assumed behind ordered answers: two-step and full maximum likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.binormal import Cells, cells
from analysis.estimates import FloatArray, IntArray, Reason, nobody_complete
from analysis.simplex import stopped_simplex

PEOPLE_FROM = 50
LARGEST = 0.99995  # no correlation is sought beyond
MOST_STEPS = 200
AT_REST = 1e-11
NEAR, FLAT = 0.99, 1e-8  # beyond NEAR, a log likelihood this level on the way to the bound has no inner maximum
VANISHING = 1e-14  # a probability below it is noise of the integration

Fitting = Literal["two_step", "full", "full_stopped"]


@dataclass(frozen=True, slots=True)
class Polychoric:
    """One pair. value: correlation; se: its standard error; row_thresholds, column_thresholds: standard normal units,
    one fewer than the categories used; n: people who answered both. flags: `at_bound` (the table admits no inner
    maximum; no se), `empty_cells`."""

    value: float
    se: float
    row_thresholds: FloatArray
    column_thresholds: FloatArray
    n: int
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolychoricMatrix:
    """correlation, errors: (k, k), ones and zeros on the diagonal. thresholds: per item. n: complete respondents.
    flags: `not_positive_definite` (pairs contradict each other), `at_bound`."""

    correlation: FloatArray
    errors: FloatArray
    thresholds: tuple[FloatArray, ...]
    n: int
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


def thresholds(answers: FloatArray) -> FloatArray:
    """Normal quantiles of the cumulative shares of the categories in use: (categories - 1,), empty with a single one.

    answers: (n,), NaN left out. A category nobody chose has no threshold of its own.
    """
    known = np.asarray(answers, dtype=np.float64)
    known = known[~np.isnan(known)]
    return _cuts(np.unique(known, return_counts=True)[1], max(known.size, 1))


def _cuts(count: FloatArray | IntArray, n: int) -> FloatArray:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.cumsum(count)[:-1] / n), dtype=np.float64)


def polychoric(
    x: FloatArray,
    y: FloatArray,
    *,
    fitting: Fitting = "two_step",
    empty_cells: float = 0.0,
    people_from: int = PEOPLE_FROM,
) -> Polychoric:
    """Correlation of two normal variables of which only ordered categories are seen.

    x, y: (n,), any ordered numbers, NaN = not answered; people with either missing are left out. Categories nobody
    chose do not count. fitting: `two_step` takes the thresholds from the margins and maximizes over the correlation
    alone (lavaan, psych, polycor's default); its se is that of polycor, from the observed information at fixed
    thresholds, which says less than the truth. `full` maximizes over all together; its se, from the expected
    information, is right. `full_stopped` is what polycor 0.8-1 returns for ML = TRUE: a simplex search that ends after
    500 evaluations, up to .005 short of the maximum; no se, for comparison only.
    empty_cells: added to each empty cell, and to the margins, whose shares stay over the true total (psych: 0.5).
    Reasons: `no_overlap` (nobody answered both), `too_few`, `zero_variance` (a single category in use),
    `not_converged` (also: empty_cells pushed a margin beyond everybody).
    Raises ValueError when shapes disagree or empty_cells is negative.
    Source: Olsson (1979), Psychometrika 44, 443-460.
    """
    table, n, row, column = _table(x, y)
    if fitting not in ("two_step", "full", "full_stopped") or empty_cells < 0:
        raise ValueError("fitting is two_step, full or full_stopped; empty_cells is not negative")
    reason: Reason | None = "no_overlap" if n == 0 else "too_few" if n < people_from else None
    if reason is None and min(table.shape) < 2:
        reason = "zero_variance"
    if reason is not None:
        return Polychoric(math.nan, math.nan, row, column, n, reason)
    flags = ("empty_cells",) if np.any(table == 0) else ()
    filled = np.where(table == 0, empty_cells, table)
    if flags and empty_cells > 0:
        row, column = _cuts(filled.sum(axis=1), n), _cuts(filled.sum(axis=0), n)
        if not np.isfinite(np.concatenate([row, column])).all():
            return Polychoric(math.nan, math.nan, row, column, n, "not_converged", flags)
    rho, at_bound = _correlate(filled, row, column)
    if at_bound:
        return Polychoric(rho, math.nan, row, column, n, flags=("at_bound", *flags))
    if fitting == "two_step":
        return Polychoric(rho, _observed_error(filled, cells(row, column, rho)), row, column, n, flags=flags)
    if fitting == "full_stopped":
        return _stopped(filled, row, column, n, flags)
    return _full(filled, row, column, rho, n, flags)


def polychoric_matrix(
    scores: FloatArray,
    *,
    fitting: Fitting = "two_step",
    empty_cells: float = 0.0,
    people_from: int = PEOPLE_FROM,
) -> PolychoricMatrix:
    """All pairs of the complete respondents; everything else as `polychoric`.

    scores: (n, k). An item without variation leaves NaN in its row; nobody complete: `no_data`; fewer than
    people_from: `too_few`. Raises ValueError when scores is not two-dimensional.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError("scores must be two-dimensional: people by items")
    complete = table[~np.isnan(table).any(axis=1)]
    n, k = complete.shape
    cuts = tuple(thresholds(column) for column in complete.T)
    correlation, errors = np.full((k, k), np.nan), np.full((k, k), np.nan)
    if n == 0 or k == 0 or n < people_from:
        return PolychoricMatrix(correlation, errors, cuts, n, "too_few" if n and k else nobody_complete(table))
    np.fill_diagonal(correlation, 1.0)
    np.fill_diagonal(errors, 0.0)
    flags: set[str] = set()
    for i in range(k):
        for j in range(i):
            pair = polychoric(
                complete[:, i], complete[:, j], fitting=fitting, empty_cells=empty_cells, people_from=people_from
            )
            correlation[i, j] = correlation[j, i] = pair.value
            errors[i, j] = errors[j, i] = pair.se
            flags |= {"at_bound"} & set(pair.flags)
    if np.isnan(correlation).any():
        return PolychoricMatrix(correlation, errors, cuts, n, "zero_variance", tuple(flags))
    if np.linalg.eigvalsh(correlation)[0] <= 0:
        flags.add("not_positive_definite")
    return PolychoricMatrix(correlation, errors, cuts, n, flags=tuple(sorted(flags)))


def _table(x: FloatArray, y: FloatArray) -> tuple[FloatArray, int, FloatArray, FloatArray]:
    """Counts of the categories in use (r, c), people in them, and both sets of thresholds."""
    one, other = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError("x and y are answers of the same people")
    both = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[both], other[both]
    first, row = np.unique(one, return_inverse=True)
    second, column = np.unique(other, return_inverse=True)
    table = np.zeros((first.size, second.size))
    np.add.at(table, (row, column), 1.0)
    return table, int(both.sum()), thresholds(one), thresholds(other)


def _correlate(table: FloatArray, row: FloatArray, column: FloatArray) -> tuple[float, bool]:
    """Root of the score in rho by Newton's method with the expected information, kept inside a shrinking bracket."""
    low, high, rho = -LARGEST, LARGEST, 0.0
    total = float(table.sum())
    for sign in (-1.0, 1.0):
        if sign * _score(table, cells(row, column, sign * LARGEST), sign) > 0:
            return sign, True
    for _ in range(MOST_STEPS):
        found = cells(row, column, rho)
        score = _score(table, found, rho)
        low, high = (rho, high) if score > 0 else (low, rho)
        information = total * float((found.by_rho * _ratio(found.by_rho, found)).sum())
        step = score / information if information > 0 else math.inf
        if abs(step) < AT_REST or high - low < AT_REST:
            break
        rho = rho + step if low < rho + step < high else (low + high) / 2.0
    bound = math.copysign(LARGEST, rho)
    if abs(rho) > NEAR and _height(table, row, column, bound) > _height(table, row, column, rho) - FLAT:
        return math.copysign(1.0, rho), True
    return rho, False


def _height(table: FloatArray, row: FloatArray, column: FloatArray, rho: float) -> float:
    """Log likelihood."""
    return float((table * np.log(cells(row, column, rho).probability)).sum())


def _score(table: FloatArray, found: Cells, rho: float) -> float:
    """Slope of the log likelihood; towards zero where an answered cell is too unlikely for its slope to be computed."""
    if np.any((table > 0) & (found.probability < VANISHING)):
        return -math.copysign(math.inf, rho)
    return float((table * _ratio(found.by_rho, found)).sum())


def _ratio(derivative: FloatArray, found: Cells) -> FloatArray:
    """Derivative of the log probability; zero for a cell so unlikely that both are noise."""
    likely = found.probability >= VANISHING
    return np.where(likely, derivative, 0.0) / np.where(likely, found.probability, 1.0)


def _observed_error(table: FloatArray, found: Cells) -> float:
    bend = _ratio(found.by_rho_twice, found) - _ratio(found.by_rho, found) ** 2
    information = -float((table * bend).sum())
    return 1.0 / math.sqrt(information) if information > 0 else math.nan


def _full(
    table: FloatArray, row: FloatArray, column: FloatArray, rho: float, n: int, flags: tuple[str, ...]
) -> Polychoric:
    """Fisher scoring over both sets of thresholds and rho, from the two-step solution; steps are halved as needed."""
    r = row.size
    values = np.concatenate([row, column, [rho]])
    found = cells(row, column, rho)
    level = _height(table, row, column, rho)
    for _ in range(MOST_STEPS):
        slope, information = _derivatives(table, found)
        if not np.linalg.eigvalsh(information)[0] > 0:
            break
        step = np.linalg.solve(information, slope)
        if np.abs(step).max() < AT_REST:
            se = math.sqrt(float(np.linalg.inv(information)[-1, -1]))
            return Polychoric(float(values[-1]), se, values[:r], values[r:-1], n, flags=flags)
        share = 1.0
        while share > 1e-10:
            tried = values + share * step
            if _ordered(tried, r):
                reached = _height(table, tried[:r], tried[r:-1], float(tried[-1]))
                if reached >= level - 1e-12 * abs(level):
                    break
            share /= 2.0
        else:
            break
        values, level = tried, reached
        found = cells(values[:r], values[r:-1], float(values[-1]))
    return Polychoric(math.nan, math.nan, row, column, n, "not_converged", flags)


def _stopped(table: FloatArray, row: FloatArray, column: FloatArray, n: int, flags: tuple[str, ...]) -> Polychoric:
    from scipy.optimize import fminbound

    r = row.size

    def height(values: FloatArray) -> float:
        cuts = values[1 : r + 1], values[r + 1 :]
        if any(np.any(np.diff(cut) < 0) for cut in cuts):
            return 1e35
        rho = float(np.clip(values[0], -0.9999, 0.9999))
        return -float((table * np.log(cells(*cuts, rho).probability)).sum())

    def along(rho: float) -> float:
        return height(np.concatenate([[rho], row, column]))

    rho = fminbound(along, -0.9999, 0.9999, xtol=np.finfo(float).eps ** 0.25)
    values = stopped_simplex(height, np.concatenate([[rho], row, column]))
    return Polychoric(float(values[0]), math.nan, values[1 : r + 1], values[r + 1 :], n, flags=flags)


def _ordered(values: FloatArray, r: int) -> bool:
    inside = abs(values[-1]) < LARGEST
    return bool(inside and np.all(np.diff(values[:r]) > 0) and np.all(np.diff(values[r:-1]) > 0))


def _derivatives(table: FloatArray, found: Cells) -> tuple[FloatArray, FloatArray]:
    stacked = np.concatenate([found.by_row, found.by_column, found.by_rho[None]])
    ratio = _ratio(stacked, found).reshape(len(stacked), -1)
    return ratio @ table.ravel(), float(table.sum()) * ratio @ stacked.reshape(len(stacked), -1).T
