"""Scores of every partnership and round of a file at once: what `RoundAnswers` computes for one round, for thousands.

The same completeness rule, the same organization means, the same interval; tests hold the two to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from analysis.disclosure import MIN_ORGANIZATIONS, MIN_OTHERS, MIN_PEOPLE
from analysis.estimates import BoolArray, FloatArray, IntArray
from analysis.intervals import FEWEST_FOR_INTERVAL, NO_WIDTH
from analysis.ratings import COMPLETE
from server.exchange.csv_in import AnswerTable
from server.measurement import COMPOSITE_COMPLETE
from surveys.instruments import Instrument

Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Levels:
    """Levels of every cell (a partnership in a round) and target. Every array: (cells, targets), points of 100.

    people, organizations: behind the value. refusal: why it may not be shown, empty where it may.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    people: IntArray
    organizations: IntArray
    refusal: Words


@dataclass(frozen=True)
class ScoreTable:
    """People's scores, sorted as the answers are, and how the rows hang together.

    scores: (n, targets) points of 100. cell: (n,); cell_partnership, cell_round: (cells,). means, counts: (groups,
    targets) of each organization in each cell; group_cell, group_organization: (groups,).
    """

    targets: tuple[str, ...]
    scores: FloatArray
    cell: IntArray
    cell_partnership: IntArray
    cell_round: IntArray
    means: FloatArray
    counts: IntArray
    group_cell: IntArray
    group_organization: IntArray

    @property
    def n_cells(self) -> int:
        return len(self.cell_round)

    @cached_property
    def levels(self) -> Levels:
        return self.levels_of(np.ones(len(self.group_cell), dtype=bool))

    def levels_of(self, chosen: BoolArray) -> Levels:
        """Mean over the chosen organizations, one voice each, with Student's t interval. chosen: (groups,)."""
        counts = np.where(chosen[:, None], self.counts, 0)
        has = counts > 0
        people, organizations = self._counted(counts), self._counted(has)
        total = self._per_cell(np.where(has, self.means, 0.0))
        value = np.where(organizations > 0, total / np.maximum(organizations, 1), np.nan)
        apart = np.where(has, self.means - value[self.group_cell], 0.0) ** 2
        spread = np.sqrt(self._per_cell(apart) / np.maximum(organizations - 1, 1))
        half = _t95(organizations - 1) * spread / np.sqrt(np.maximum(organizations, 1))
        half = np.where((organizations >= FEWEST_FOR_INTERVAL) & (half > NO_WIDTH), half, np.nan)
        largest = np.zeros_like(people)
        np.maximum.at(largest, self.group_cell, counts)
        refusal: Words = np.full(value.shape, "", dtype=object)
        refusal[people - largest < MIN_OTHERS] = "insider"
        refusal[(people < MIN_PEOPLE) | (organizations < MIN_ORGANIZATIONS)] = "too_few"
        refusal[organizations == 0] = "no_data"
        low, high = np.maximum(value - half, 0.0), np.minimum(value + half, 100.0)
        return Levels(value, low, high, people, organizations, refusal)

    def _per_cell(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values, self._starts, axis=0))

    def _counted(self, values: IntArray | BoolArray) -> IntArray:
        return np.asarray(np.add.reduceat(values.astype(np.int64), self._starts, axis=0))

    @cached_property
    def _starts(self) -> IntArray:
        return np.searchsorted(self.group_cell, np.arange(self.n_cells))

    def matrices(self, partnership: int) -> tuple[IntArray, IntArray, FloatArray]:
        """Rounds (r,), organizations (o,) and means (targets, o, r) of one partnership, NaN where nobody answered."""
        cells = np.flatnonzero(self.cell_partnership == partnership)
        first, last = np.searchsorted(self.group_cell, [cells[0], cells[-1] + 1])
        organizations, place = np.unique(self.group_organization[first:last], return_inverse=True)
        table = np.full((len(self.targets), organizations.size, cells.size), np.nan)
        table[:, place, self.group_cell[first:last] - cells[0]] = self.means[first:last].T
        return self.cell_round[cells], organizations, table


def score(table: AnswerTable) -> ScoreTable:
    """Score everybody in a file."""
    new_cell = _changes(table.partnership) | _changes(table.round)
    new_group = new_cell | _changes(table.organization)
    cell_starts, group_starts = np.flatnonzero(new_cell), np.flatnonzero(new_group)
    cell = np.cumsum(new_cell) - 1
    targets, scores = _person_scores(table, cell, cell_starts)
    known = np.isfinite(scores)
    counts = np.add.reduceat(known.astype(np.int64), group_starts, axis=0)
    total = np.add.reduceat(np.where(known, scores, 0.0), group_starts, axis=0)
    return ScoreTable(
        targets=targets,
        scores=scores,
        cell=cell,
        cell_partnership=table.partnership[cell_starts],
        cell_round=table.round[cell_starts],
        means=np.where(counts > 0, total / np.maximum(counts, 1), np.nan),
        counts=counts,
        group_cell=cell[group_starts],
        group_organization=table.organization[group_starts],
    )


def _changes(codes: IntArray) -> BoolArray:
    return np.concatenate([[True], codes[1:] != codes[:-1]])


def _person_scores(table: AnswerTable, cell: IntArray, starts: IntArray) -> tuple[tuple[str, ...], FloatArray]:
    """Headlines, constructs and the composite, in the order of `RoundAnswers.scores`."""
    instrument = table.instrument
    reached = np.isfinite(table.answers) | table.cannot_judge | table.prefer_not
    asked = np.logical_or.reduceat(reached, starts, axis=0)
    del reached
    constructs: dict[str, FloatArray] = {}
    there: dict[str, BoolArray] = {}
    for construct in instrument.constructs:
        columns = [at for at, item in enumerate(instrument.items) if item.construct_code == construct.code]
        if columns and asked[:, columns].any():
            there[construct.code] = np.asarray(asked[:, columns].any(axis=1))
            needed = _needed(asked[:, columns].sum(axis=1), COMPLETE)[cell]
            constructs[construct.code] = _mean_where(_points(table, columns), needed)
    found: dict[str, FloatArray] = {}
    for headline in instrument.headlines:
        if all(code in constructs for code in headline.constructs):
            stacked = np.column_stack([constructs[code] for code in headline.constructs])
            found[f"headline:{headline.code}"] = stacked.mean(axis=1)
    found |= {f"construct:{code}": values for code, values in constructs.items()}
    blocks = [code for code in instrument.composite if code in constructs]
    if len(blocks) > 1:
        n_blocks = np.sum([there[code] for code in blocks], axis=0)
        needed = np.where(n_blocks > 1, _needed(n_blocks, COMPOSITE_COMPLETE), len(blocks) + 1)[cell]
        found["composite"] = _mean_where(np.column_stack([constructs[code] for code in blocks]), needed)
    scores = np.column_stack(list(found.values())) if found else np.zeros((len(cell), 0))
    return tuple(found), scores


def _points(table: AnswerTable, columns: list[int]) -> FloatArray:
    """(n, items), 0-100, reverse-keyed items turned."""
    instrument: Instrument = table.instrument
    items = [instrument.items[at] for at in columns]
    low = np.array([instrument.scale_of(item).low for item in items])
    high = np.array([instrument.scale_of(item).high for item in items])
    points = (table.answers[:, columns] - low) / (high - low) * 100.0
    turned = np.array([item.reverse for item in items], dtype=bool)
    return np.asarray(np.where(turned, 100.0 - points, points), dtype=np.float64)


def _needed(asked: IntArray, complete: float) -> IntArray:
    return np.asarray(np.maximum(1, np.ceil(complete * asked - 1e-9)), dtype=np.int64)


def _mean_where(points: FloatArray, needed: IntArray) -> FloatArray:
    answered = np.isfinite(points)
    count = answered.sum(axis=1)
    total = np.where(answered, points, 0.0).sum(axis=1)
    return np.where(count >= needed, total / np.maximum(count, 1), np.nan)


def _t95(df: IntArray) -> FloatArray:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(np.maximum(df, 1), 0.975))
