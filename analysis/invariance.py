"""Do groups (rounds, languages, sides) understand the items alike: four factor models, each binding more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from analysis.confirmatory import Likelihood, checked, moments_of, remarks
from analysis.estimates import BoolArray, FloatArray, IntArray, Reason
from analysis.factor_model import GroupModel, Moments, Placed, solve, start_values
from analysis.fit_indices import FitIndices, chi2_p, fit_indices

Level = Literal["configural", "metric", "scalar", "strict"]
LEVELS: tuple[Level, ...] = ("configural", "metric", "scalar", "strict")
PEOPLE_PER_GROUP = 100
PEOPLE_PER_PARAMETER = 5.0
LARGEST_CFI_LOSS = 0.010
LARGEST_RMSEA_RISE = 0.015
# Without it a model that fits by chance (RMSEA 0) fails a later step in a quarter of all samples of equal groups.
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class InvarianceModel:
    """One level. factor_means, factor_mean_errors: (groups, m), first group zero; NaN below the scalar level, where
    they are not comparable. flags: as `FactorFit`, over all groups."""

    level: Level
    indices: FitIndices | None
    factor_means: FloatArray
    factor_mean_errors: FloatArray
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvarianceStep:
    """What binding more costs, later level minus earlier. holds: the difference of chi2 is not significant at .05, or
    CFI falls by at most .010 and RMSEA rises by at most .015. NaN and False when either model has no fit."""

    level: Level
    chi2: float
    df: int
    p: float
    cfi: float
    rmsea: float
    srmr: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Invariance:
    """n: complete respondents per group. models: four, in the order of `LEVELS`. steps: the three from one to the next.
    level: the last level reached without a step that fails; None without a configural fit."""

    n: tuple[int, ...]
    models: tuple[InvarianceModel, ...]
    steps: tuple[InvarianceStep, ...]
    level: Level | None
    reason: Reason | None = None


def measurement_invariance(
    scores: FloatArray,
    group: IntArray,
    loads_on: BoolArray,
    *,
    n_groups: int,
    likelihood: Likelihood = "normal",
    people_per_group: int = PEOPLE_PER_GROUP,
    people_per_parameter: float = PEOPLE_PER_PARAMETER,
) -> Invariance:
    """Configural, metric, scalar and strict invariance of a factor model over groups of different people.

    scores: (n, k), any unit, NaN = not answered; respondents with a gap are left out. group: (n,), 0 to n_groups - 1,
    the first is the one factor means are counted from. loads_on: (k, m). Each factor's first loading is 1 everywhere.
    Configural: same pattern. Metric: same loadings (regressions comparable). Scalar: also same intercepts (means
    comparable), factor means free from the second group on. Strict: also same residual variances.
    Too few: any group below people_per_group, or not above k people, or everybody below people_per_parameter for each
    configural parameter gives `too_few` and no number: `dif` asks for less. Also `no_data`, `zero_variance`, `singular`
    and `not_converged`. People in two groups (rounds) count as different people.
    Raises ValueError when shapes disagree, n_groups is below 2, or a group code is out of range.
    Sources: Meredith (1993), Psychometrika 58, 525-543; cut-offs: Chen (2007), Structural Equation Modeling 14,
    464-504; Cheung & Rensvold (2002), ibid. 9. Agrees with lavaan 0.6-14, group.equal.
    """
    table, pattern = checked(scores, loads_on)
    codes = np.asarray(group, dtype=np.int64)
    if codes.shape != (len(table),) or n_groups < 2 or np.any((codes < 0) | (codes >= n_groups)):
        raise ValueError("one group code per person, 0 to n_groups - 1, at least two groups")
    kept = ~np.isnan(table).any(axis=1)
    parts = [table[kept & (codes == g)] for g in range(n_groups)]
    n = tuple(len(part) for part in parts)
    free = n_groups * _parameters_per_group(pattern)
    reason = _refusal(parts, people_per_group, people_per_parameter * free)
    if reason is not None:
        return _blank(n, pattern, reason)
    moments = [moments_of(part, likelihood) for part in parts]
    k = len(pattern)
    if not all(m.invertible for m in moments) or k * (k + 3) // 2 < _parameters_per_group(pattern):
        return _blank(n, pattern, "singular")
    models = tuple(_fit(moments, pattern, level, n) for level in LEVELS)
    steps = tuple(_step(one, other) for one, other in pairwise(models))
    return Invariance(n, models, steps, _reached(models, steps), models[0].reason)


def _refusal(parts: Sequence[FloatArray], people_per_group: int, people: float) -> Reason | None:
    smallest, k = min(len(part) for part in parts), parts[0].shape[1]
    if sum(len(part) for part in parts) == 0:
        return "no_data"
    if smallest < max(people_per_group, k + 1) or sum(len(part) for part in parts) < people:
        return "too_few"
    return "zero_variance" if any(np.any(np.ptp(part, axis=0) == 0) for part in parts) else None


def _parameters_per_group(pattern: BoolArray) -> int:
    k, m = pattern.shape
    return int(pattern.sum() - m + m * (m + 1) // 2 + 2 * k)


class _Numbers:
    """Hands out parameter numbers: new ones for every group, or the same again for a matrix that is bound."""

    def __init__(self) -> None:
        self.count = 0
        self._bound: dict[str, IntArray] = {}

    def take(self, name: str, size: int, *, bound: bool) -> IntArray:
        if bound and name in self._bound:
            return self._bound[name]
        self._bound[name] = self.count + np.arange(size)
        self.count += size
        return self._bound[name]


def _models(pattern: BoolArray, level: Level, groups: int) -> tuple[list[GroupModel], int]:
    k, m = pattern.shape
    first = pattern.argmax(axis=0)
    markers = np.zeros(pattern.shape)
    markers[first, np.arange(m)] = 1.0
    free = pattern & (markers == 0)
    rows, columns = np.tril_indices(m)
    numbers, models = _Numbers(), []
    for g in range(groups):
        loadings = np.full((k, m), -1, dtype=np.int64)
        loadings[free] = numbers.take("loadings", int(free.sum()), bound=level != "configural")
        factors = np.full((m, m), -1, dtype=np.int64)
        factors[rows, columns] = factors[columns, rows] = numbers.take("factors", rows.size, bound=False)
        residuals = numbers.take("residuals", k, bound=level == "strict")
        intercepts = numbers.take("intercepts", k, bound=level in ("scalar", "strict"))
        moving = level in ("scalar", "strict") and g > 0
        means = numbers.take("means", m, bound=False) if moving else np.full(m, -1, dtype=np.int64)
        models.append(
            GroupModel(
                Placed(loadings, markers),
                Placed(factors, np.zeros((m, m))),
                Placed(residuals, np.zeros(k)),
                Placed(intercepts, np.zeros(k)),
                Placed(means, np.zeros(m)),
            )
        )
    return models, numbers.count


def _start(moments: Sequence[Moments], models: Sequence[GroupModel], pattern: BoolArray, count: int) -> FloatArray:
    """Group by group as for one group; a bound parameter begins at the mean of the groups."""
    total, times = np.zeros(count), np.zeros(count)
    for group, model in zip(moments, models, strict=True):
        loadings, residuals = start_values(group.covariance, pattern)
        scale = loadings[pattern.argmax(axis=0), np.arange(pattern.shape[1])]
        scale = np.where(np.abs(scale) < 1e-6, 1.0, scale)
        assert model.intercepts is not None
        for index, value in (
            (model.loadings.index, loadings / scale),
            (model.factors.index, np.diag(scale**2)),
            (model.residuals.index, residuals),
            (model.intercepts.index, group.mean),
        ):
            free = index >= 0
            sums, counts = np.zeros(count), np.zeros(count)
            sums[index[free]] = value[free]
            counts[index[free]] = 1.0
            total, times = total + sums, times + counts
    return total / np.maximum(times, 1.0)


def _fit(moments: Sequence[Moments], pattern: BoolArray, level: Level, people: Sequence[int]) -> InvarianceModel:
    models, count = _models(pattern, level, len(moments))
    solution = solve(moments, models, _start(moments, models, pattern, count))
    blank = np.full((len(moments), pattern.shape[1]), math.nan)
    if solution.reason is not None:
        return InvarianceModel(level, None, blank, blank, solution.reason)
    values = solution.values
    indices = fit_indices(moments, models, values, solution.discrepancy, people=people)
    flags = {
        flag: None
        for model in models
        for flag in remarks(indices.df, model.residuals.filled(values), model.factors.filled(values))
    }
    if level not in ("scalar", "strict"):
        return InvarianceModel(level, indices, blank, blank, flags=tuple(flags))
    placed = [model.factor_means for model in models if model.factor_means is not None]
    means = np.array([place.filled(values) for place in placed])
    errors = np.array([place.filled(solution.errors) for place in placed])
    return InvarianceModel(level, indices, means, errors, flags=tuple(flags))


def _step(one: InvarianceModel, other: InvarianceModel) -> InvarianceStep:
    a, b = one.indices, other.indices
    if a is None or b is None:
        return InvarianceStep(other.level, math.nan, 0, math.nan, math.nan, math.nan, math.nan, False)
    chi2, df = b.chi2 - a.chi2, b.df - a.df
    cfi, rmsea = b.cfi - a.cfi, b.rmsea - a.rmsea
    p = chi2_p(chi2, df)
    holds = p >= SIGNIFICANT or (cfi >= -LARGEST_CFI_LOSS and rmsea <= LARGEST_RMSEA_RISE)
    return InvarianceStep(other.level, chi2, df, p, cfi, rmsea, b.srmr - a.srmr, holds)


def _reached(models: Sequence[InvarianceModel], steps: Sequence[InvarianceStep]) -> Level | None:
    if models[0].indices is None:
        return None
    reached: Level = "configural"
    for step in steps:
        if not step.holds:
            break
        reached = step.level
    return reached


def _blank(n: tuple[int, ...], pattern: BoolArray, reason: Reason) -> Invariance:
    means = np.full((len(n), pattern.shape[1]), math.nan)
    models = tuple(InvarianceModel(level, None, means, means, reason) for level in LEVELS)
    return Invariance(n, models, tuple(_step(one, other) for one, other in pairwise(models)), None, reason)
