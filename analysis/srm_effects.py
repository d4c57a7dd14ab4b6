"""Rater, rated and relationship effects of round robins, and how unanswered cells are bridged. Formulas 24 and 29."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray

MOST_PASSES = 100
SMALLEST = 4


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects of g round robins.

    n: (g,) organizations used. n_missing: (g,) unanswered cells among them. mean: (g,) grand mean, scale points.
    rater, rated: (g, n_max), NaN for organizations left out. relationship: (g, n_max, n_max), NaN on the diagonal and
    where nothing was answered. settled: (g,) False when the imputation did not come to rest in 100 passes.
    """

    n: IntArray
    n_missing: IntArray
    mean: FloatArray
    rater: FloatArray
    rated: FloatArray
    relationship: FloatArray
    settled: BoolArray


def round_robin_effects(ratings: FloatArray, *, tolerance: float = 0.01) -> Effects:
    """Effects of many round robins at once.

    ratings: (g, n_max, n_max), scale points, row = rater, column = rated, NaN = not answered or padding.
    Organizations without any answer given, or without any received, are left out, group by group.
    Fewer than four organizations in a group: NaN.

    With r_i, c_i row and column means and m the grand mean (own cells excluded), k = n(n - 2):
    a_i = (n-1)^2/k r_i + (n-1)/k c_i - (n-1)/(n-2) m, b_i the same with rows and columns exchanged,
    g_ij = T_ij - a_i - b_j - m.
    Unanswered cells: replaced by (row mean + column mean)/2 again and again until no effect moves by more than
    `tolerance` points; their relationship effects are NaN again afterwards. This is the default of TripleR, own cells
    included in the passes; it draws the relationship variance down by about the missing share (`srm_reml` does not).
    Raises ValueError when ratings is not a stack of square matrices.
    Source: Warner, Kenny & Stoto (1979); Kenny (1994), Interpersonal Perception.
    """
    table = _checked(ratings)
    groups, size = table.shape[0], table.shape[1]
    present = _taking_part(table)
    n = present.sum(axis=1).astype(np.int64)
    out = Effects(
        n=n,
        n_missing=np.zeros(groups, dtype=np.int64),
        mean=np.full(groups, np.nan),
        rater=np.full((groups, size), np.nan),
        rated=np.full((groups, size), np.nan),
        relationship=np.full((groups, size, size), np.nan),
        settled=np.ones(groups, dtype=bool),
    )
    for count in np.unique(n[n > 1]):
        chosen = np.flatnonzero(n == count)
        members = np.argsort(~present[chosen], axis=1, kind="stable")[:, :count]
        whole = chosen.size == groups and count == size
        cells = table if whole else table[chosen[:, None, None], members[:, :, None], members[:, None, :]]
        _fill_in(out, chosen, members, cells, tolerance)
    return out


def _fill_in(out: Effects, chosen: IntArray, members: IntArray, cells: FloatArray, tolerance: float) -> None:
    count = cells.shape[1]
    off = ~np.eye(count, dtype=bool)
    absent = np.isnan(cells) & off
    out.n_missing[chosen] = absent.sum(axis=(1, 2))
    if count < SMALLEST:
        out.mean[chosen] = np.nanmean(np.where(off, cells, np.nan), axis=(1, 2))
        return
    hole = absent | ~off
    full, settled = _bridged(np.where(hole, 0.0, cells), absent, tolerance)
    mean, rater, rated = _effects(full.sum(axis=2) / (count - 1), full.sum(axis=1) / (count - 1))
    relationship = full - rater[:, :, None] - rated[:, None, :] - mean[:, None, None]
    np.putmask(relationship, hole, np.nan)
    out.mean[chosen] = mean
    out.settled[chosen] = settled
    if out.relationship.shape == relationship.shape:  # nobody left out: the places need not be looked up
        out.rater[:], out.rated[:], out.relationship[:] = rater, rated, relationship
        return
    out.rater[chosen[:, None], members] = rater
    out.rated[chosen[:, None], members] = rated
    out.relationship[chosen[:, None, None], members[:, :, None], members[:, None, :]] = relationship


def _bridged(full: FloatArray, absent: BoolArray, tolerance: float) -> tuple[FloatArray, BoolArray]:
    """Unanswered cells filled from row and column means; full: (g, n, n), zeros there and on the diagonal, changed.

    The own cells are carried along as if unanswered during the passes, and dropped at the end, as TripleR does. Only
    the sums of rows and columns move from pass to pass, so only the unanswered cells are touched.
    """
    settled = np.ones(len(full), dtype=bool)
    todo = np.flatnonzero(absent.any(axis=(1, 2)))
    if todo.size == 0:
        return full, settled
    if todo.size == len(full):
        return _passes(full, absent, tolerance)
    full[todo], settled[todo] = _passes(full[todo], absent[todo], tolerance)
    return full, settled


def _passes(part: FloatArray, absent: BoolArray, tolerance: float) -> tuple[FloatArray, BoolArray]:
    groups, n = part.shape[:2]
    hole = np.flatnonzero(absent)
    in_row, column = np.divmod(hole, n)
    group = in_row // n
    in_column = group * n + column
    row_sums, column_sums = part.sum(axis=2), part.sum(axis=1)
    in_rows, in_columns = (np.bincount(place, minlength=groups * n).reshape(groups, n) for place in (in_row, in_column))
    rows, columns = row_sums / (n - 1 - in_rows), column_sums / (n - 1 - in_columns)
    _, rater, rated = _effects(rows, columns, row_sums.sum(axis=1) / (n * (n - 1) - in_rows.sum(axis=1)))
    moving, values, own = np.ones(groups, dtype=bool), np.zeros(group.size), np.zeros((groups, n))
    for _ in range(MOST_PASSES):
        tried = (rows.ravel()[in_row] + columns.ravel()[in_column]) / 2.0
        values = np.where(moving[group], tried, values)
        own = np.where(moving[:, None], (rows + columns) / 2.0, own)
        rows = (row_sums + own + np.bincount(in_row, values, groups * n).reshape(groups, n)) / n
        columns = (column_sums + own + np.bincount(in_column, values, groups * n).reshape(groups, n)) / n
        _, new_rater, new_rated = _effects(rows, columns)
        moved = np.maximum(np.abs(new_rater - rater).max(axis=1), np.abs(new_rated - rated).max(axis=1))
        moving &= moved > tolerance
        rater, rated = new_rater, new_rated
        if not moving.any():
            break
    part.ravel()[hole] = values
    return part, ~moving


def _effects(
    rows: FloatArray, columns: FloatArray, grand: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    n = rows.shape[1]
    mean = rows.mean(axis=1) if grand is None else grand
    own, other, centre = (n - 1) ** 2 / (n * (n - 2)), (n - 1) / (n * (n - 2)), (n - 1) / (n - 2) * mean[:, None]
    return mean, own * rows + other * columns - centre, own * columns + other * rows - centre


def _taking_part(table: FloatArray) -> BoolArray:
    """Organizations that rate somebody and are rated by somebody, among those that do."""
    seen = ~np.isnan(table) & ~np.eye(table.shape[1], dtype=bool)
    present = np.ones(table.shape[:2], dtype=bool)
    while True:
        inside = seen & present[:, :, None] & present[:, None, :]
        kept = present & inside.any(axis=2) & inside.any(axis=1)
        if np.array_equal(kept, present):
            return present
        present = kept


def _checked(ratings: FloatArray) -> FloatArray:
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 3 or table.shape[1] != table.shape[2]:
        raise ValueError("ratings must be (groups, organizations, organizations), raters in rows")
    if np.isinf(table).any():
        raise ValueError("ratings must be finite or NaN")
    return table
