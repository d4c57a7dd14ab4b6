"""Frequency tables: which cells to hide, which to hide with them, and what an attacker can still work out.

A table is the vector of all its cells, margins included, with the linear relations among them (children of a node sum
to the node). Everything here is exact: bounds are linear programs, the cheapest pattern a mixed-integer program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-6
KEY_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One variable of a table. names: its nodes, parents first; parents: index of each parent, -1 at the root."""

    names: tuple[str, ...]
    parents: tuple[int, ...]

    @classmethod
    def from_levels(cls, levels: Sequence[int], names: Sequence[str]) -> Dimension:
        """A hierarchy written as depth and name, one line per node, the root at depth 1."""
        if len(levels) != len(names) or not levels or levels[0] != 1 or min(levels[1:], default=2) < 2:
            raise ValueError("a hierarchy starts with its only root, at depth 1, and names every node")
        last: dict[int, int] = {}
        parents = []
        for index, depth in enumerate(levels):
            parents.append(last[depth - 1] if depth > 1 else -1)
            last[depth] = index
        return cls(tuple(names), tuple(parents))

    @property
    def families(self) -> dict[int, list[int]]:
        """The children of every node that has some."""
        found: dict[int, list[int]] = {}
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                found.setdefault(parent, []).append(child)
        return found

    def ancestors(self, name: str) -> list[int]:
        """The node of that name and every node above it."""
        index = self.names.index(name)
        line = [index]
        while self.parents[index] >= 0:
            index = self.parents[index]
            line.append(index)
        return line


@dataclass(frozen=True, slots=True)
class Table:
    """A frequency table with its margins.

    keys: (n_cells,) names of the cells, the nodes joined by "|". freq: (n_cells,) counts.
    relations: (n_relations, n_cells) of -1, 0, 1; relations @ freq = 0.
    """

    keys: tuple[str, ...]
    freq: IntArray
    relations: FloatArray


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an attacker can work out about each suppressed cell: it lies between lower and upper."""

    cells: IntArray
    lower: FloatArray
    upper: FloatArray

    @property
    def exactly_recoverable(self) -> BoolArray:
        return np.asarray(self.upper - self.lower < TOLERANCE, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A complementary suppression. cost: summed frequency of the secondary cells; protects: False when nothing does."""

    secondary: IntArray
    cost: float
    protects: bool


def frequency_table(rows: Sequence[Sequence[str | None]], dimensions: Sequence[Dimension]) -> Table:
    """The table of some records, with every margin and every node of the hierarchies.

    rows: one record per row, the name of a node for each dimension; a record with a missing name is left out.
    Raises ValueError when a name is not in the hierarchy.
    """
    shape = tuple(len(dimension.names) for dimension in dimensions)
    counts = np.zeros(shape, dtype=np.int64)
    for row in rows:
        if any(name is None for name in row):
            continue
        lines = [dimension.ancestors(str(name)) for dimension, name in zip(dimensions, row, strict=True)]
        counts[np.ix_(*lines)] += 1
    keys = tuple(KEY_SEPARATOR.join(names) for names in product(*(dimension.names for dimension in dimensions)))
    return Table(keys, counts.ravel(), _relations(shape, dimensions))


def _relations(shape: tuple[int, ...], dimensions: Sequence[Dimension]) -> FloatArray:
    cells = np.arange(int(np.prod(shape))).reshape(shape)
    rows = []
    for axis, dimension in enumerate(dimensions):
        for parent, children in dimension.families.items():
            totals = np.take(cells, parent, axis=axis).ravel()
            parts = np.moveaxis(np.take(cells, children, axis=axis), axis, -1).reshape(len(totals), -1)
            for total, members in zip(totals, parts, strict=True):
                row = np.zeros(cells.size)
                row[total], row[members] = -1.0, 1.0
                rows.append(row)
    return np.array(rows).reshape(-1, cells.size)


def primary_cells(freq: IntArray, threshold: int, *, zeros_are_sensitive: bool = False) -> IntArray:
    """Cells too small to show: 1 to threshold - 1, and 0 when zeros are sensitive. Returns their indices.

    Raises ValueError for a threshold below one.
    """
    if threshold < 1:
        raise ValueError("the threshold is at least one")
    return np.flatnonzero((freq < threshold) & ((freq > 0) | zeros_are_sensitive))


def audit_bounds(table: Table, suppressed: IntArray, targets: IntArray | None = None) -> Bounds:
    """The attacker's interval for suppressed cells, given all other cells and that counts are not negative.

    suppressed: indices of the cells not shown. targets: those to bound, all of them by default.
    Each bound is the optimum of a linear program (HiGHS); infinite when nothing limits the cell.
    """
    hidden = np.asarray(suppressed, dtype=np.int64)
    aims = hidden if targets is None else np.asarray(targets, dtype=np.int64)
    known = np.ones(len(table.freq), dtype=np.bool_)
    known[hidden] = False
    A = table.relations[:, hidden]
    rows = np.any(A != 0, axis=1)
    b = -(table.relations[:, known] @ table.freq[known])[rows]
    position = {cell: index for index, cell in enumerate(hidden.tolist())}
    ends = [_ends(A[rows], b, position[cell]) for cell in aims.tolist()]
    return Bounds(aims, np.array([low for low, _ in ends]), np.array([high for _, high in ends]))


def _ends(A: FloatArray, b: FloatArray, target: int) -> tuple[float, float]:
    from scipy.optimize import linprog

    cost = np.zeros(A.shape[1])
    cost[target] = 1.0
    equations = {"A_eq": A, "b_eq": b} if len(b) else {}
    low = linprog(cost, **equations, bounds=(0, None), method="highs")
    high = linprog(-cost, **equations, bounds=(0, None), method="highs")
    return (float(low.fun) if low.status == 0 else 0.0, float(-high.fun) if high.status == 0 else math.inf)


def unprotected(table: Table, primary: IntArray, secondary: IntArray, width: float = 1.0) -> IntArray:
    """Primary cells an attacker can pin closer than `width` below (or zero) or above their value."""
    bounds = audit_bounds(table, np.union1d(primary, secondary), primary)
    value = table.freq[primary]
    open_ = (bounds.lower > np.maximum(value - width, 0) + TOLERANCE) | (bounds.upper < value + width - TOLERANCE)
    return np.asarray(np.asarray(primary, dtype=np.int64)[open_])


def complementary_cells(table: Table, primary: IntArray, *, width: float = 1.0, hide_zeros: bool = False) -> Pattern:
    """The cheapest cells to hide with the primary ones, so that each primary may be `width` lower and higher.

    Cost is the summed frequency of the secondary cells; empty cells stay published unless `hide_zeros`.
    A mixed-integer program in which the attacker's alternative tables enter only for primaries found open in the last
    round: a relaxation whose optimum protects everything is the optimum. cost is NaN, and every cell is hidden, when
    nothing protects.
    Source: Fischetti & Salazar (2001), Management Science 47(7), 1008-1027, solved here by delayed constraints.
    """
    fixed = np.asarray(primary, dtype=np.int64)
    free = np.setdiff1d(np.flatnonzero((table.freq > 0) | hide_zeros), fixed)
    secondary = np.zeros(0, dtype=np.int64)
    modelled: list[int] = []
    while True:
        opened = [cell for cell in unprotected(table, fixed, secondary, width).tolist() if cell not in modelled]
        if not opened:
            return Pattern(secondary, float(table.freq[secondary].sum()), protects=True)
        modelled += opened
        cheapest = _cheapest(table, fixed, free, modelled, width)
        if cheapest is None:
            return Pattern(np.setdiff1d(np.arange(len(table.freq)), fixed), math.nan, protects=False)
        secondary = cheapest


def _cheapest(
    table: Table, primary: IntArray, free: IntArray, modelled: Sequence[int], width: float
) -> IntArray | None:
    """The cheapest secondary cells for which every modelled primary has a lower and a higher alternative table."""
    from scipy.optimize import Bounds as Box
    from scipy.optimize import LinearConstraint, milp

    columns = np.concatenate([primary, free])
    blocks = [(cell, sign) for cell in modelled for sign in (-1.0, 1.0)]
    n_free, n_columns = len(free), len(columns)
    n_variables = n_free + len(blocks) * n_columns
    low, high = _deviations(table, columns, blocks, width)
    variables = Box(np.concatenate([np.zeros(n_free), low]), np.concatenate([np.ones(n_free), high]))
    cost = np.zeros(n_variables)
    cost[:n_free] = np.maximum(table.freq[free], TOLERANCE)
    matrix, lower, upper = _alternatives(table.relations[:, columns], low, high, len(blocks), len(primary), n_free)
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, lower, upper),
        bounds=variables,
        integrality=np.arange(n_variables) < n_free,
    )
    return None if answer.x is None else free[answer.x[:n_free] > 0.5]


def _deviations(
    table: Table, columns: IntArray, blocks: Sequence[tuple[int, float]], width: float
) -> tuple[FloatArray, FloatArray]:
    """How far each cell may deviate in each alternative table: down to zero, the aim at least by the width."""
    low = np.tile(-table.freq[columns].astype(np.float64), len(blocks))
    high = np.full(len(low), float(table.freq.max(initial=0)) + width)
    for index, (cell, sign) in enumerate(blocks):
        aim = index * len(columns) + int(np.flatnonzero(columns == cell)[0])
        if sign < 0:
            high[aim] = max(-width, low[aim])
        else:
            low[aim] = width
    return low, high


def _alternatives(
    relations: FloatArray, low: FloatArray, high: FloatArray, n_blocks: int, n_primary: int, n_free: int
) -> tuple[object, FloatArray, FloatArray]:
    """Constraints: each alternative keeps every relation; a free cell deviates only when it is hidden."""
    from scipy import sparse

    n_columns = relations.shape[1]
    keep = sparse.hstack(
        [
            sparse.csr_matrix((n_blocks * len(relations), n_free)),
            sparse.block_diag([sparse.csr_matrix(relations)] * n_blocks),
        ]
    )
    picks = sparse.hstack([sparse.csr_matrix((n_free, n_primary)), sparse.identity(n_free)])
    deviation = sparse.block_diag([picks] * n_blocks)
    free = np.tile(np.arange(n_columns) >= n_primary, n_blocks)
    tied = [
        sparse.hstack([-sparse.diags(end[free]) @ sparse.vstack([sparse.identity(n_free)] * n_blocks), deviation])
        for end in (low, high)
    ]
    matrix = sparse.csc_matrix(sparse.vstack([keep, *tied]))
    zeros, infinite = np.zeros(n_blocks * n_free), np.full(n_blocks * n_free, np.inf)
    kept = np.zeros(n_blocks * len(relations))
    return matrix, np.concatenate([kept, zeros, -infinite]), np.concatenate([kept, infinite, zeros])


def recovered_mean(total: float, weights: FloatArray, means: FloatArray) -> float:
    """The one mean left out (NaN in means), worked out from a weighted total and all others.

    total: the published weighted mean. weights: (k,) group sizes for a pooled mean, ones for a balanced one.
    NaN when none or several means are left out: then the total alone does not give any of them away.
    (Σw · total - Σ known w·mean) / w of the group left out.
    Raises ValueError without one positive weight per mean.
    """
    w, m = np.asarray(weights, dtype=np.float64), np.asarray(means, dtype=np.float64)
    if w.shape != m.shape or (w <= 0).any():
        raise ValueError("one positive weight per mean")
    unknown = np.isnan(m)
    if unknown.sum() != 1:
        return math.nan
    return float((w.sum() * total - (w * m)[~unknown].sum()) / w[unknown][0])


def suppressions_beside_total(sizes: IntArray, threshold: int) -> int:
    """How many further means must be hidden when one total is shown: a single hidden mean needs a second."""
    small = int((np.asarray(sizes) < threshold).sum())
    return 1 if small == 1 else 0
