"""Exact optima of very small linear programs, by looking at every corner of the dual."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray, Interval

MOST_CORNERS = 2000
SINGULAR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The ends, and (n_rows,) which rows set them."""

    ends: Interval
    tight: BoolArray


def is_small(n_rows: int, n_unknown: int) -> bool:
    """Whether looking at every corner is quicker than a solver."""
    return 0 < n_rows <= 4 and comb(n_rows + n_unknown, n_rows) <= MOST_CORNERS


@lru_cache(maxsize=64)
def _choices(n_planes: int, n_rows: int) -> IntArray:
    return np.array(list(combinations(range(n_planes), n_rows)), dtype=np.int64)


def optimum(matrix: FloatArray, low: FloatArray, high: FloatArray, box: FloatArray, aim: FloatArray) -> Optimum:
    """Smallest and largest aim @ x with low <= matrix @ x <= high and x within its box; some x must fit.

    matrix: (n_rows, n). box: (n, 2), equal ends where x is known. The largest value is the minimum over y of
    sum(max(y low, y high)) + sum(max(r box)), r = aim - matrix' y: convex and linear in pieces, so it lies where n_rows
    of the planes r_j = 0 and y_i = 0 meet.
    """
    unknown = box[:, 0] < box[:, 1]
    planes = np.vstack([matrix[:, unknown].T, np.eye(len(matrix))])
    levels = np.concatenate([aim[unknown], np.zeros(len(matrix))])
    chosen = _choices(len(planes), len(matrix))
    systems = planes[chosen]
    regular = np.abs(np.linalg.det(systems)) > SINGULAR
    corners = np.linalg.solve(systems[regular], levels[chosen[regular]][:, :, None])[:, :, 0]
    values, tight = [], np.zeros(len(matrix), dtype=np.bool_)
    for sign in (-1.0, 1.0):
        y = sign * corners
        rest = sign * aim - y @ matrix
        bound = np.maximum(y * low, y * high).sum(axis=1) + np.maximum(rest * box[:, 0], rest * box[:, 1]).sum(axis=1)
        best = int(bound.argmin())
        values.append(sign * float(bound[best]))
        tight |= np.abs(y[best]) > SINGULAR
    return Optimum(Interval(*values), tight)
