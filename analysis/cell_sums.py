"""The rows of a programme and what they belong to: sums by cell, read once, in blocks, in whatever order they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.estimates import FloatArray, IntArray
from analysis.ratings import COMPLETE

LARGEST_BLOCK = 400_000  # numbers: 3 MB
SHORT_CODES = 65_536  # numpy sorts 16-bit numbers by counting
Columns = Callable[[slice], FloatArray]


@dataclass(frozen=True, slots=True)
class Cells:
    """Who belongs where.

    cell: (n,) codes 0..n_cells-1 of a respondent's partnership-round. place: (n,) codes of the organizations within
    cells; place_cell: (places,), the cell of each; place_organization: (places,), its organization.
    """

    cell: npt.NDArray[np.int32]
    n_cells: int
    place: npt.NDArray[np.int32]
    place_cell: IntArray
    place_organization: IntArray

    @classmethod
    def of(cls, cell: IntArray, organization: IntArray, n_cells: int | None = None) -> Cells:
        """cell: (n,) codes from 0; organization: (n,) codes from 0, the same number may occur in several cells."""
        cell, organization = np.asarray(cell), np.asarray(organization)
        if cell.shape != organization.shape or cell.ndim != 1:
            raise ValueError("cell and organization must be one-dimensional and equally long")
        width = int(organization.max(initial=0)) + 1
        height = max(n_cells or 0, int(cell.max(initial=-1)) + 1)
        pair = cell.astype(np.int64) * width + organization
        place, found = _numbered(pair, cell, organization, height * width)
        return cls(cell.astype(np.int32), height, place, found // width, found % width)

    @property
    def n_places(self) -> int:
        return int(self.place_cell.size)

    def sums(self, columns: Columns, width: int, *, by_place: bool) -> FloatArray:
        """Column sums by cell, or by organization within a cell. columns: rows -> (rows, width) float64."""
        codes, groups = (self.place, self.n_places) if by_place else (self.cell, self.n_cells)
        total = np.zeros((groups, width))
        for rows in self.blocks(width):
            total += sums_by(codes[rows], columns(rows), groups)
        return total

    def blocks(self, width: int) -> list[slice]:
        """Runs of rows whose columns are few enough to stay in the cache, and a fraction of the input."""
        n = self.cell.size
        step = max(1024, min(LARGEST_BLOCK, 2 * n) // max(width, 1))
        return [slice(start, min(start + step, n)) for start in range(0, n, step)]


@dataclass(frozen=True, slots=True)
class Items:
    """Answers and the construct each item belongs to.

    answers: (n, k): floats with NaN = missing, or whole numbers with `missing` for it. construct: (k,) codes from 0.
    low, high: ends of the scale. Reversed items are turned by the caller (a column at a time costs no memory).
    """

    answers: npt.NDArray[np.number]
    construct: IntArray
    low: float = 0.0
    high: float = 100.0
    missing: int | None = None

    def __post_init__(self) -> None:
        if self.answers.ndim != 2 or np.shape(self.construct) != self.answers.shape[1:]:
            raise ValueError("answers must be people by items, construct one code per item")
        if not self.low < self.high:
            raise ValueError("low must be below high")

    @property
    def membership(self) -> FloatArray:
        """(k, constructs), 1 where the item belongs to the construct."""
        return np.asarray(self.construct[:, None] == np.arange(int(np.max(self.construct)) + 1), dtype=np.float64)

    def totals(self, rows: slice) -> tuple[FloatArray, FloatArray]:
        """Sum and number of the answers of some people to each construct, both (constructs, rows).

        Item by item over whole columns: adding a few long arrays is several times faster than many short rows.
        """
        by_item = np.array(self.answers[rows].T, order="C")
        answered = np.isfinite(by_item) if self.missing is None else by_item != self.missing
        if self.missing != 0:
            np.putmask(by_item, ~answered, 0)
        shape = int(np.max(self.construct)) + 1, by_item.shape[1]
        whole_numbers = np.issubdtype(by_item.dtype, np.integer)
        total = np.zeros(shape, dtype=np.int32 if whole_numbers else np.float64)
        count = np.zeros(shape, dtype=np.int16)
        for item, construct in enumerate(self.construct):
            total[construct] += by_item[item]
            count[construct] += answered[item]
        return total.astype(np.float64), count.astype(np.float64)

    def person_scores(self, rows: slice, *, complete: float = COMPLETE) -> FloatArray:
        """Construct scores 0-100 of some people, (constructs, rows), otherwise as `ratings.person_scores`."""
        total, count = self.totals(rows)
        size = self.membership.sum(axis=0)[:, None]
        enough = count >= np.maximum(1.0, np.ceil(complete * size - 1e-9))
        total /= np.maximum(count, 1.0)
        total -= self.low
        total *= 100.0 / (self.high - self.low)
        return np.where(enough, total, np.nan)


def _numbered(
    pair: IntArray, major: IntArray, minor: IntArray, possible: int
) -> tuple[npt.NDArray[np.int32], IntArray]:
    """Number of each pair among those that occur, and these in order; by a table, by counting, or by sorting."""
    if possible <= 4 * pair.size:
        there = np.zeros(possible, dtype=bool)
        there[pair] = True
        return np.cumsum(there, dtype=np.int32)[pair] - np.int32(1), np.flatnonzero(there)
    if max(major.max(initial=0), minor.max(initial=0)) < SHORT_CODES:
        order = np.argsort(minor.astype(np.uint16), kind="stable")
        order = order[np.argsort(major[order].astype(np.uint16), kind="stable")]
    else:
        order = np.argsort(pair, kind="stable")
    ordered = pair[order]
    first = np.diff(ordered, prepend=-1) != 0
    number = np.empty(pair.size, dtype=np.int32)
    number[order] = np.cumsum(first, dtype=np.int32) - 1
    return number, ordered[first]


def sums_by(codes: npt.NDArray[np.integer], values: FloatArray, groups: int) -> FloatArray:
    """Sums of the rows of values by code: (groups, columns)."""
    from scipy.sparse import csc_array

    n = len(values)
    shares = csc_array((np.ones(n), codes.astype(np.int32), np.arange(n + 1, dtype=np.int32)), shape=(groups, n))
    return np.asarray(shares @ values)
