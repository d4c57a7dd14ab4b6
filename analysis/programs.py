"""Bounds of what an attacker can work out, by witnesses over several leaves and by linear programs (HiGHS)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.attack import Doubt
from analysis.corners import Optimum, is_small, optimum
from analysis.equations import System
from analysis.estimates import BoolArray, FloatArray, IntArray, Interval
from analysis.witnesses import climb

SLACK = 1e-7
MOST_MOVED = 160  # unknowns; beyond it a linear program is quicker


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Equations on the atoms of some leaves, laid end to end.

    start: means that fit. owner: the organization of every atom, -2 where its answers are not known to it either.
    numbers: places of the equations among the numbers shown. wide: which are known only roughly.
    """

    matrix: FloatArray
    low: FloatArray
    high: FloatArray
    numbers: tuple[int, ...]
    start: FloatArray
    owner: IntArray
    wide: BoolArray

    @property
    def kind(self) -> tuple[bytes, bytes]:
        """Equal for rows that differ in their ends only."""
        return self.matrix.tobytes(), self.wide.tobytes()


class Programs:
    """Bounds of sums of unknown means. start: per leaf, means that fit everything published."""

    def __init__(self, system: System, start: Sequence[FloatArray]) -> None:
        self.system, self.start, self.solved = system, start, 0
        self._rows: dict[tuple[tuple[int, ...], bool], Rows] = {}
        self._blocks, self._families = blocks(system), families(system)

    def block(self, leaves: Sequence[int]) -> tuple[int, ...]:
        """The leaves of the smallest target these are part of."""
        return tuple(leaves) if len(leaves) > 1 else self._blocks[leaves[0]]

    def family(self, leaf: int) -> tuple[int, ...]:
        """All leaves tied to this one by numbers on a target they are both parts of."""
        return self._families[leaf]

    def rows(self, leaves: tuple[int, ...], *, beyond: bool) -> Rows:
        """Equations among these leaves; those that reach beyond with the rest held at the start, or left out."""
        if (leaves, beyond) not in self._rows:
            self._rows[leaves, beyond] = self._made(leaves, beyond)
        return self._rows[leaves, beyond]

    def bounds(
        self, leaves: tuple[int, ...], aim: Mapping[int, FloatArray], attacker: int, *, beyond: bool
    ) -> tuple[Interval, frozenset[int]]:
        """Smallest and largest value of an aim for an attacker, and the numbers that set them.

        leaves: the unknowns. aim: leaf -> weights on its atoms, those the attacker knows left out. attacker: index of
        an organization, -1 for a reader from outside. beyond: whether numbers that reach beyond these leaves count,
        with the rest held at the start: then the bounds are at least as tight as an attacker's, otherwise at most.
        """
        rows, cost = self.rows(leaves, beyond=beyond), self._laid(leaves, aim)
        known = rows.owner == attacker
        box = np.where(known[:, None], rows.start[:, None], np.array([0.0, 100.0])[None, :])
        self.solved += 2
        small = is_small(len(rows.numbers), int((~known).sum()))
        found = (optimum if small else _solved)(rows.matrix, rows.low, rows.high, box, cost)
        setting = (number for number, binds in zip(rows.numbers, found.tight.tolist(), strict=True) if binds)
        return found.ends, frozenset(setting)

    def climbed(self, doubts: Sequence[Doubt]) -> list[Interval]:
        """What witnesses reach for each doubt when all leaves of its block are moved together; alike blocks at once."""
        alike: dict[tuple[bytes, bytes], list[int]] = {}
        for index, doubt in enumerate(doubts):
            rows = self.rows(self.block(tuple(doubt.aim)), beyond=True)
            alike.setdefault(rows.kind, []).append(index)
        found = [Interval(0.0, 0.0)] * len(doubts)
        for places in alike.values():
            if len(self.rows(self.block(tuple(doubts[places[0]].aim)), beyond=True).start) <= MOST_MOVED:
                for place, *ends in zip(places, *self._climbed([doubts[place] for place in places]), strict=True):
                    found[place] = Interval(*map(float, ends))
        return found

    def _climbed(self, doubts: Sequence[Doubt]) -> tuple[FloatArray, FloatArray]:
        blocks = [self.block(tuple(doubt.aim)) for doubt in doubts]
        rows = [self.rows(block, beyond=True) for block in blocks]
        wide = rows[0].wide
        ranges = (
            rows[0].matrix[wide],
            np.array([one.low[wide] for one in rows]),
            np.array([one.high[wide] for one in rows]),
        )
        aims = np.array([self._laid(block, doubt.aim) for block, doubt in zip(blocks, doubts, strict=True)])
        free = np.array([one.owner != doubt.attacker for one, doubt in zip(rows, doubts, strict=True)])
        found = climb(np.array([one.start for one in rows]), free, rows[0].matrix[~wide], ranges, aims)
        return found.low, found.high

    def _made(self, leaves: tuple[int, ...], beyond: bool) -> Rows:
        sizes = [len(self.system.layouts[leaf].people) for leaf in leaves]
        offset = dict(zip(leaves, np.cumsum([0, *sizes]).tolist(), strict=False))
        touching = {e.number: e for leaf in leaves for e in (*self.system.own[leaf], *self.system.linked[leaf])}
        inside = [e for e in touching.values() if beyond or all(part.leaf in offset for part in e.parts)]
        matrix, low, high = np.zeros((len(inside), sum(sizes))), np.zeros(len(inside)), np.zeros(len(inside))
        for index, equation in enumerate(inside):
            rest = 0.0
            for part in equation.parts:
                at = offset.get(part.leaf)
                if at is None:
                    rest += part.share * float(part.weights @ self.start[part.leaf])
                else:
                    matrix[index, at : at + len(part.weights)] += part.share * part.weights
            low[index], high[index] = equation.low - rest, equation.high - rest
        # scores leave out single missing answers, so the truth may lie just beside what is published
        start = np.concatenate([self.start[leaf] for leaf in leaves])
        owner = np.concatenate([self._owners(leaf) for leaf in leaves])
        value = matrix @ start
        ends = np.minimum(low, value) - SLACK, np.maximum(high, value) + SLACK
        wide = np.array([e.is_range for e in inside], dtype=np.bool_)
        return Rows(matrix, *ends, tuple(e.number for e in inside), start, owner, wide)

    def _laid(self, leaves: tuple[int, ...], aim: Mapping[int, FloatArray]) -> FloatArray:
        return np.concatenate([aim.get(leaf, np.zeros(len(self.system.layouts[leaf].people))) for leaf in leaves])

    def _owners(self, leaf: int) -> IntArray:
        known = self.system.truth[leaf] is not None
        return np.array(
            self.system.layouts[leaf].organization if known else [-2] * len(self.start[leaf]), dtype=np.int64
        )


def _solved(matrix: FloatArray, low: FloatArray, high: FloatArray, box: FloatArray, aim: FloatArray) -> Optimum:
    """The same as `corners.optimum` for programs of any size."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    limits = (
        {"A_ub": csr_matrix(np.vstack([matrix, -matrix])), "b_ub": np.concatenate([high, -low])} if len(low) else {}
    )
    least, most = (linprog(sign * aim, bounds=box, method="highs", **limits) for sign in (1.0, -1.0))
    if least.status or most.status:
        return Optimum(Interval(0.0, 0.0), np.ones(len(low), dtype=np.bool_))
    tight = np.zeros(len(low), dtype=np.bool_)
    for side in (least, most) if limits else ():
        tight |= np.abs(side.ineqlin.marginals.reshape(2, -1)).max(axis=0) > SLACK
    return Optimum(Interval(float(least.fun), float(-most.fun)), tight)


def fitting(system: System, leaves: tuple[int, ...]) -> list[FloatArray] | None:
    """Some means that fit everything published, for a reader without answers; None when nothing fits."""
    from scipy.optimize import linprog

    sizes = [len(system.layouts[leaf].people) for leaf in leaves]
    offset, n = dict(zip(leaves, np.cumsum([0, *sizes]).tolist(), strict=False)), sum(sizes)
    equations = [e for e in system.equations if all(part.leaf in offset for part in e.parts)]
    matrix = np.zeros((len(equations), n + 1))
    for row, equation in zip(matrix, equations, strict=True):
        for part in equation.parts:
            row[offset[part.leaf] : offset[part.leaf] + len(part.weights)] += part.share * part.weights
    away = np.block([[np.eye(n), -np.ones((n, 1))], [-np.eye(n), -np.ones((n, 1))]])
    ends = [np.array([e.high for e in equations]), -np.array([e.low for e in equations])]
    found = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=np.vstack([matrix, -matrix, away]),
        b_ub=np.concatenate([*ends, np.full(n, 50.0), np.full(n, -50.0)]),
        bounds=[(0.0, 100.0)] * (n + 1),
        method="highs",
    )
    return None if found.status else list(np.split(np.clip(found.x[:n], 0.0, 100.0), np.cumsum(sizes)[:-1]))


def blocks(system: System) -> list[tuple[int, ...]]:
    """For every leaf, the leaves of the smallest number it has a part in together with others; else itself."""
    smallest: list[tuple[int, ...]] = [(leaf,) for leaf in range(len(system.leaves))]
    for leaves in sorted({tuple(part.leaf for part in e.parts) for e in system.equations}, key=len, reverse=True):
        for leaf in leaves if len(leaves) > 1 else ():
            smallest[leaf] = leaves
    return smallest


def families(system: System) -> list[tuple[int, ...]]:
    """For every leaf, all leaves that numbers tie to it, directly or through others."""
    group = list(range(len(system.leaves)))
    for leaves in {tuple(part.leaf for part in e.parts) for e in system.equations}:
        together = {group[leaf] for leaf in leaves}
        if len(together) > 1:
            group = [min(together) if one in together else one for one in group]
    members: dict[int, list[int]] = {}
    for leaf, one in enumerate(group):
        members.setdefault(one, []).append(leaf)
    return [tuple(members[one]) for one in group]
