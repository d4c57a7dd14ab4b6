"""All partnership-rounds at once: scores, indices with intervals, alpha and bootstrap, without a loop over cells.

What is kept of the rows is sums by cell, and by organization within a cell (`cell_sums`). Memory beyond the input is a
few blocks, cost is linear. Results equal those of the functions for one cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.bootstrap import FEWEST_CLUSTERS
from analysis.cell_sums import Cells, Items, sums_by
from analysis.estimates import FloatArray, IntArray
from analysis.intervals import FEWEST_FOR_INTERVAL, NO_WIDTH
from analysis.ratings import COMPLETE
from analysis.reliability import FEWEST_PEOPLE

CELLS_AT_ONCE = 64  # of the bootstrap: 1 MB of replicates stays in the cache


@dataclass(frozen=True, slots=True)
class CellScores:
    """Scores of every cell, 0-100, NaN where there is none.

    organizations: (places, constructs) means of an organization's people. index_by_organization: (places,) mean over
    the constructs an organization has. scores, low, high, n: (cells, constructs + 1): mean over organizations, t
    interval of the infinite question, organizations; the last column is the index.
    """

    organizations: FloatArray
    index_by_organization: FloatArray
    scores: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray

    @property
    def index(self) -> FloatArray:
        return self.scores[:, -1]


@dataclass(frozen=True, slots=True)
class CellAlphas:
    """Alpha of every cell and construct with Feldt's interval: (cells, constructs), NaN where refused. n: people."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray


def cell_scores(cells: Cells, items: Items, *, complete: float = COMPLETE, confidence: float = 0.95) -> CellScores:
    """Construct scores and the organization-balanced index of all cells, intervals included. Formulas 2-6 and 32.

    complete: share of a construct's items a person must have answered. Intervals as `intervals.partnership_level` with
    question "infinite": none below four organizations or without spread.
    """
    width = items.membership.shape[1]

    def columns(rows: slice) -> FloatArray:
        score = items.person_scores(rows, complete=complete)
        known = np.isfinite(score)
        return np.ascontiguousarray(np.concatenate([np.where(known, score, 0.0), known]).T)

    totals = cells.sums(columns, 2 * width, by_place=True)
    count = totals[:, width:]
    means = np.where(count > 0, totals[:, :width] / np.maximum(count, 1.0), np.nan)
    has = np.isfinite(means)
    index = np.where(has.any(axis=1), np.where(has, means, 0.0).sum(axis=1) / np.maximum(has.sum(axis=1), 1), np.nan)
    together = np.column_stack([means, index])
    scores, low, high, n = balanced_means(together, cells.place_cell, cells.n_cells, confidence=confidence)
    return CellScores(means, index, scores, low, high, n)


def balanced_means(
    values: FloatArray, cell: IntArray, n_cells: int, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Mean over organizations with t interval, for every cell and column.

    values: (places, columns), NaN left out; cell: (places,). Returns mean, low, high and n, each (cells, columns).
    Raises ValueError for a confidence not between 0 and 1.
    """
    from scipy.special import stdtrit

    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    known = np.isfinite(values)
    n = sums_by(cell, known.astype(np.float64), n_cells)
    mean = np.where(n > 0, sums_by(cell, np.where(known, values, 0.0), n_cells) / np.maximum(n, 1.0), np.nan)
    residual = np.where(known, values - mean[cell], 0.0)
    variance = sums_by(cell, residual**2, n_cells) / np.maximum(n - 1, 1.0)
    sizes, size = np.unique(n, return_inverse=True)  # few sizes, many cells: quantiles are the dear part
    t = stdtrit(np.maximum(sizes - 1, 1.0), 0.5 + confidence / 2)[size.reshape(n.shape)]
    half = t * np.sqrt(variance / np.maximum(n, 1.0))
    half = np.where((n >= FEWEST_FOR_INTERVAL) & (half > NO_WIDTH), half, np.nan)
    return mean, np.maximum(mean - half, 0.0), np.minimum(mean + half, 100.0), n.astype(np.int64)


def cell_alphas(cells: Cells, items: Items, *, confidence: float = 0.95) -> CellAlphas:
    """Cronbach's alpha of every construct in every cell, listwise within the construct. Formula 9.

    From sums of items, of totals, and of squares; as `reliability.cronbach_alpha` it refuses fewer than three people,
    one item, or no variance of the sum. Alpha of a few people says little: pool it (`reliability.pooled_alpha`).
    """
    membership = items.membership
    k, width = membership.shape
    size = membership.sum(axis=0)
    middle = (items.high + items.low) / 2

    def columns(rows: slice) -> FloatArray:
        total, count = items.totals(rows)
        whole = count == size[:, None]
        total = (total - middle * count) * whole
        part = np.empty((total.shape[1], 2 * k + 2 * width))
        given, keep = part[:, :k], whole.T[:, items.construct]
        given[:] = items.answers[rows]
        given -= middle
        given[~keep] = 0.0  # also where missing
        np.square(given, out=part[:, k : 2 * k])
        part[:, 2 * k : 2 * k + width] = (total**2).T
        part[:, 2 * k + width :] = whole.T
        return part

    sums = cells.sums(columns, 2 * k + 2 * width, by_place=False)
    by_item, by_item_squares, total_squares, n = np.split(sums, [k, 2 * k, 2 * k + width], axis=1)
    people = np.maximum(n, 1.0)
    parts = (by_item_squares @ membership) - (by_item**2) @ membership / people
    total = total_squares - (by_item @ membership) ** 2 / people
    usable = (n >= FEWEST_PEOPLE) & (size > 1) & (total > 1e-12 * np.maximum(parts, 1e-12))
    ratio = parts / np.where(usable, total, 1.0)
    value = np.where(usable, size / np.maximum(size - 1, 1) * (1 - ratio), np.nan)
    low, high = _feldt(value, n, size, confidence)
    return CellAlphas(value, low, high, n.astype(np.int64))


def cell_bootstrap(
    values: FloatArray,
    cell: IntArray,
    n_cells: int,
    *,
    rng: np.random.Generator,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Percentile interval of the mean over organizations in every cell, drawing whole organizations.

    values: (places,) organization means, NaN left out; cell: (places,). Returns low and high, (cells,), NaN below four
    organizations or without spread. Cells with the same number of organizations share the draws: within a cell they are
    as random as its own would be, and comparisons between cells gain nothing and lose nothing worth having.
    Raises ValueError without a resample, or for a confidence not between 0 and 1.
    """
    if resamples < 1 or not 0 < confidence < 1:
        raise ValueError("at least one resample, and confidence between 0 and 1")
    known = np.isfinite(values)
    order = np.argsort(cell[known], kind="stable")
    ordered = values[known][order]
    count = np.bincount(cell[known], minlength=n_cells)
    start = np.cumsum(count) - count
    ends = np.full((2, n_cells), np.nan)
    for n in np.unique(count[count >= FEWEST_CLUSTERS]):
        draws = rng.multinomial(n, np.full(n, 1 / n), resamples).T / n
        members = np.flatnonzero(count == n)
        for part in np.array_split(members, -(-members.size // CELLS_AT_ONCE)):
            sample = ordered[start[part][:, None] + np.arange(n)]
            low, high = _tails(sample @ draws, (1 - confidence) / 2)
            flat = np.ptp(sample, axis=1) <= NO_WIDTH
            ends[:, part] = np.where(flat, np.nan, low), np.where(flat, np.nan, high)
    return ends[0], ends[1]


def _tails(replicates: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Both quantiles of every row by linear interpolation (numpy's type 7), from one partition."""
    last = replicates.shape[1] - 1
    below = int(tail * last)
    part = tail * last - below
    ranks = sorted({below, min(below + 1, last), last - below, max(last - below - 1, 0)})
    replicates.partition(ranks, axis=1)
    low = replicates[:, below] * (1 - part) + replicates[:, min(below + 1, last)] * part
    high = replicates[:, last - below] * (1 - part) + replicates[:, max(last - below - 1, 0)] * part
    return low, high


def _feldt(value: FloatArray, n: FloatArray, size: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    from scipy.special import fdtri

    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    tail = (1 - confidence) / 2
    pairs, pair = np.unique(np.stack([n, np.broadcast_to(size, n.shape)]).reshape(2, -1), axis=1, return_inverse=True)
    df = np.maximum(pairs[0] - 1, 1.0)
    upper, lower = (fdtri(df, df * np.maximum(pairs[1] - 1, 1.0), p)[pair].reshape(n.shape) for p in (1 - tail, tail))
    return 1 - (1 - value) * upper, 1 - (1 - value) * lower
