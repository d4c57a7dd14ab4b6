"""Bounds of what an attacker can work out, by witnesses over several leaves and by linear programs (HiGHS)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.equations import System
from analysis.estimates import BoolArray, FloatArray, Interval
from analysis.witnesses import climb

SLACK = 1e-7
MOST_MOVED = 160  # unknowns; beyond it a linear program is quicker


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Equations on the atoms of some leaves, laid end to end, and the places of their numbers among those shown."""

    matrix: FloatArray
    low: FloatArray
    high: FloatArray
    numbers: tuple[int, ...]


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
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix

        rows = self.rows(leaves, beyond=beyond)
        cost = self._laid(leaves, aim)
        matrix = csr_matrix(np.vstack([rows.matrix, -rows.matrix]))
        limits = {"A_ub": matrix, "b_ub": np.concatenate([rows.high, -rows.low])} if rows.numbers else {}
        self.solved += 2
        box = self._box(leaves, attacker)
        least, most = (linprog(sign * cost, bounds=box, method="highs", **limits) for sign in (1.0, -1.0))
        if least.status or most.status:
            return Interval(0.0, 0.0), frozenset(rows.numbers)
        tight = np.zeros(len(rows.numbers), dtype=np.bool_)
        for side in (least, most) if limits else ():
            tight |= np.abs(side.ineqlin.marginals.reshape(2, -1)).max(axis=0) > SLACK
        setting = frozenset(number for number, binds in zip(rows.numbers, tight, strict=True) if binds)
        return Interval(float(least.fun), float(-most.fun)), setting

    def climbed(
        self, leaves: tuple[int, ...], aims: Sequence[Mapping[int, FloatArray]], attackers: Sequence[int]
    ) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest value of each aim for its attacker that a witness over all these leaves reaches."""
        rows = self.rows(leaves, beyond=True)
        start = np.concatenate([self.start[leaf] for leaf in leaves])
        owner = np.concatenate([self._owners(leaf) for leaf in leaves])
        free: BoolArray = owner[None, :] != np.array(attackers)[:, None]
        wide = rows.high - rows.low > 1.0 + 1e-5
        ranges = rows.matrix[wide], rows.low[wide][None], rows.high[wide][None]
        found = climb(start, free, rows.matrix[~wide], ranges, np.array([self._laid(leaves, aim) for aim in aims]))
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
        value = matrix @ np.concatenate([self.start[leaf] for leaf in leaves])
        ends = np.minimum(low, value) - SLACK, np.maximum(high, value) + SLACK
        return Rows(matrix, *ends, tuple(e.number for e in inside))

    def _laid(self, leaves: tuple[int, ...], aim: Mapping[int, FloatArray]) -> FloatArray:
        return np.concatenate([aim.get(leaf, np.zeros(len(self.system.layouts[leaf].people))) for leaf in leaves])

    def _owners(self, leaf: int) -> FloatArray:
        """The organization of every atom, -1 where the answers are not known: no insider knows them either."""
        known = self.system.truth[leaf] is not None
        return np.array(self.system.layouts[leaf].organization if known else [-2] * len(self.start[leaf]))

    def _box(self, leaves: tuple[int, ...], attacker: int) -> FloatArray:
        start = np.concatenate([self.start[leaf] for leaf in leaves])
        own = np.concatenate([self._owners(leaf) for leaf in leaves]) == attacker
        return np.where(own[:, None], start[:, None], np.array([0.0, 100.0])[None, :])


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
