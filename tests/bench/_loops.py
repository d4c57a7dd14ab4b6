"""The same work as it is usually done: one call of a library per cell, or a plain loop over groups."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.bench._data import CELLS, CONSTRUCT, CONSTRUCTS, ROUNDS, Survey

Floats = npt.NDArray[np.float64]


def frame(data: Survey) -> Any:
    import pandas as pd

    table = pd.DataFrame(data.as_floats, columns=[f"q{i:02d}" for i in range(data.answers.shape[1])])
    return table.assign(
        cell=data.cell, partnership=data.cell // ROUNDS, round=data.cell % ROUNDS, organization=data.organization
    )


def pandas_index(table: Any) -> Any:
    """Six construct means by person, by organization, by partnership and round: no completeness rule, no interval."""
    scores = {
        f"c{c}": table[[f"q{i:02d}" for i in np.flatnonzero(c == CONSTRUCT)]].mean(axis=1) for c in range(CONSTRUCTS)
    }
    keys = ["partnership", "round"]
    together = table[[*keys, "organization"]].assign(**scores)
    return together.groupby([*keys, "organization"]).mean().groupby(level=keys).mean()


def pingouin_alphas(table: Any, cells: list[int]) -> None:
    import pingouin

    groups = table.groupby("cell").indices
    names = [[f"q{i:02d}" for i in np.flatnonzero(c == CONSTRUCT)] for c in range(CONSTRUCTS)]
    for cell in cells:
        rows = table.iloc[groups[cell]]
        for items in names:
            pingouin.cronbach_alpha(data=rows[items], nan_policy="listwise")


def scipy_bootstraps(samples: list[Floats]) -> None:
    from scipy import stats

    rng = np.random.default_rng(1)
    for sample in samples:
        stats.bootstrap((sample,), np.mean, n_resamples=2000, method="percentile", rng=rng)


def mann_kendall_and_slopes(series: Floats) -> None:
    import pymannkendall
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for values in series:
            pymannkendall.original_test(values)
            stats.theilslopes(values, np.arange(ROUNDS))


def people_by_cell(values: Floats, cell: npt.NDArray[np.int64]) -> list[Floats]:
    known = np.isfinite(values)
    order = np.argsort(cell[known], kind="stable")
    counts = np.bincount(cell[known], minlength=CELLS)
    return np.split(values[known][order], np.cumsum(counts)[:-1])


def round_robin_loop(tables: Floats) -> list[tuple[Floats, ...]]:
    """Effects, components, shares, standard errors, p, reliabilities of each group in turn, by the same formulas."""
    return [_one_round_robin(_taking_part(table)) for table in tables]


def _taking_part(table: Floats) -> Floats:
    """Without organizations that rate nobody or are rated by nobody."""
    while True:
        seen = ~np.isnan(table) & ~np.eye(len(table), dtype=bool)
        there = seen.any(axis=0) & seen.any(axis=1)
        if there.all():
            return table
        table = table[np.ix_(there, there)]


def _one_round_robin(table: Floats) -> tuple[Floats, ...]:
    rater, rated, relationship = _effects(table)
    n = len(table)
    gone = np.isnan(relationship) | np.isnan(relationship.T)
    g = np.where(gone, 0.0, relationship)
    e = ((g + g.T) ** 2).sum() / 4 / (n * (n - 3) / 2)
    f = ((g - g.T) ** 2).sum() / 4 / ((n - 1) * (n - 2) / 2)
    aa, bb, ab = rater @ rater / (n - 1), rated @ rated / (n - 1), rater @ rated / (n - 1)
    by_e, by_f = n / (2 * n * (n - 2)), (n - 2) / (2 * n * (n - 2))
    value = np.array([aa - by_e * e - by_f * f, bb - by_e * e - by_f * f, (e + f) / 2, ab - by_e * e + by_f * f, 0])
    value[4] = (e - f) / 2
    return rater, rated, value, *_shares(value, n), *_tests(value, n, (aa, bb, ab), e, f)


def _shares(value: Floats, n: int) -> tuple[Floats, Floats]:
    variance = np.maximum(value[:3], 0.0)
    noise = value[2] / n + value[4] / (n * (n - 2)) + value[2] / (n * (n - 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        links = value[3] / np.sqrt(variance[0] * variance[1]), value[4] / variance[2]
        shares = np.clip(np.concatenate([variance / variance.sum(), links]), -1.0, 1.0)
        return shares, value[:2] / (value[:2] + noise)


def _effects(table: Floats) -> tuple[Floats, Floats, Floats]:
    n = len(table)
    off = ~np.eye(n, dtype=bool)
    hole = np.isnan(table) & off
    x = np.where(np.isnan(table), 0.0, table)
    known = off & ~hole
    rows, columns = x.sum(axis=1) / known.sum(axis=1), x.sum(axis=0) / known.sum(axis=0)
    x = np.where(hole, (rows[:, None] + columns) / 2, x)
    rater = rated = np.full(n, np.inf)
    for _ in range(100):
        rows, columns = (x * off).sum(axis=1) / (n - 1), (x * off).sum(axis=0) / (n - 1)
        grand, k = rows.mean(), n * (n - 2)
        a = (n - 1) ** 2 / k * rows + (n - 1) / k * columns - (n - 1) / (n - 2) * grand
        b = (n - 1) ** 2 / k * columns + (n - 1) / k * rows - (n - 1) / (n - 2) * grand
        moved = max(np.abs(a - rater).max(), np.abs(b - rated).max())
        rater, rated = a, b
        if moved <= 0.01:
            break
        x = np.where(hole, (rows[:, None] + columns) / 2, x)
    return rater, rated, np.where(known, x - rater[:, None] - rated - grand, np.nan)


def _tests(value: Floats, n: int, products: tuple[float, float, float], e: float, f: float) -> tuple[Floats, Floats]:
    from scipy import stats

    aa, bb, ab = products
    of_e, of_f = 2 * e**2 / (n * (n - 3) / 2 + 2), 2 * f**2 / ((n - 1) * (n - 2) / 2 + 2)
    rest = of_e / (4 * (n - 2) ** 2) + of_f / (4 * n**2)
    crossed = ((n - 1) * (aa * bb + ab**2) - 2 * ab**2) / ((n + 1) * (n - 2))
    pair = (of_e + of_f) / 4
    se = np.sqrt([2 * aa**2 / (n + 1) + rest, 2 * bb**2 / (n + 1) + rest, pair, crossed + rest, pair])
    return se, stats.t.sf(np.abs(value / se), n - 1)
