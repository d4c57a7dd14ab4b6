"""Exact bounds of what an attacker can work out, by linear programs (HiGHS)."""

from __future__ import annotations

import numpy as np

from analysis.equations import Equation, System
from analysis.estimates import FloatArray, IntArray, Interval

SLACK = 1e-7


class Programs:
    """Bounds of sums of unknown means, given every equation on the leaves concerned. Counts what it solves."""

    def __init__(self, system: System) -> None:
        self.system, self.solved = system, 0
        self._rows: dict[tuple[int, ...], tuple[FloatArray, FloatArray, FloatArray, list[int]]] = {}
        self._family: list[tuple[int, ...]] | None = None

    def family(self, leaf: int) -> tuple[int, ...]:
        """The leaves tied to this one by numbers on a target they are both parts of."""
        if self._family is None:
            self._family = _families(self.system)
        return self._family[leaf]

    def bounds(
        self, leaves: tuple[int, ...], aim: dict[int, FloatArray], attacker: int
    ) -> tuple[Interval, frozenset[int]]:
        """Smallest and largest value of the aim for an attacker, and the numbers that set them.

        leaves: the unknowns; equations that reach beyond them are left out. aim: leaf -> weights on its atoms, known
        atoms left out. attacker: index of an organization, -1 for a reader from outside.
        """
        from scipy.optimize import linprog

        matrix, low, high, numbers = self.rows(leaves)
        cost = np.concatenate([aim.get(leaf, np.zeros(len(self.system.layouts[leaf].people))) for leaf in leaves])
        box = self._box(leaves, attacker)
        limits = {"A_ub": np.vstack([matrix, -matrix]), "b_ub": np.concatenate([high, -low])} if len(low) else {}
        self.solved += 2
        least = linprog(cost, bounds=box, method="highs", **limits)
        most = linprog(-cost, bounds=box, method="highs", **limits)
        if least.status or most.status:
            return Interval(0.0, 0.0), frozenset(numbers)
        tight = np.zeros(len(numbers), dtype=np.bool_)
        for side in (least, most) if limits else ():
            tight |= np.abs(side.ineqlin.marginals.reshape(2, -1)).max(axis=0) > SLACK
        setting = frozenset(number for number, binds in zip(numbers, tight, strict=True) if binds)
        return Interval(float(least.fun), float(-most.fun)), setting

    def start(self, leaves: tuple[int, ...]) -> list[FloatArray] | None:
        """Some means that fit everything published, for a reader without answers; None when nothing fits."""
        from scipy.optimize import linprog

        matrix, low, high, _ = self.rows(leaves)
        sizes = [len(self.system.layouts[leaf].people) for leaf in leaves]
        n = sum(sizes)
        if not n:
            return [np.zeros(0) for _ in leaves]
        away = np.block([[np.eye(n), -np.ones((n, 1))], [-np.eye(n), -np.ones((n, 1))]])
        wide = np.hstack([np.vstack([matrix, -matrix]), np.zeros((2 * len(low), 1))])
        self.solved += 1
        found = linprog(
            np.concatenate([np.zeros(n), [1.0]]),
            A_ub=np.vstack([wide, away]),
            b_ub=np.concatenate([high, -low, np.full(n, 50.0), np.full(n, -50.0)]),
            bounds=[(0.0, 100.0)] * (n + 1),
            method="highs",
        )
        return None if found.status else list(np.split(np.clip(found.x[:n], 0.0, 100.0), np.cumsum(sizes)[:-1]))

    def rows(self, leaves: tuple[int, ...]) -> tuple[FloatArray, FloatArray, FloatArray, list[int]]:
        """Equations among these leaves only, with their ends, widened where needed to hold the truth, and numbers."""
        if leaves not in self._rows:
            self._rows[leaves] = self._made(leaves)
        return self._rows[leaves]

    def _made(self, leaves: tuple[int, ...]) -> tuple[FloatArray, FloatArray, FloatArray, list[int]]:
        sizes = [len(self.system.layouts[leaf].people) for leaf in leaves]
        offset = dict(zip(leaves, np.cumsum([0, *sizes]).tolist(), strict=False))
        equations = [e for e in self.system.equations if all(part.leaf in offset for part in e.parts)]
        matrix = np.zeros((len(equations), sum(sizes)))
        for row, equation in zip(matrix, equations, strict=True):
            for part in equation.parts:
                at = offset[part.leaf]
                row[at : at + len(part.weights)] += part.share * part.weights
        ends = np.array([widened(self.system, equation) for equation in equations]).reshape(-1, 2)
        return matrix, ends[:, 0] - SLACK, ends[:, 1] + SLACK, [equation.number for equation in equations]

    def _box(self, leaves: tuple[int, ...], attacker: int) -> FloatArray:
        boxes = []
        for leaf in leaves:
            box = np.tile([0.0, 100.0], (len(self.system.layouts[leaf].people), 1))
            truth = self.system.truth[leaf]
            if attacker >= 0 and truth is not None:
                own = atoms_of(self.system, leaf) == attacker
                box[own] = truth[own, None]
            boxes.append(box)
        return np.vstack(boxes)


def atoms_of(system: System, leaf: int) -> IntArray:
    """The organization of every atom of a leaf."""
    return np.array(system.layouts[leaf].organization, dtype=np.int64)


def widened(system: System, equation: Equation) -> tuple[float, float]:
    """The ends of an equation, moved so far that the truth fits: scores leave out single missing answers."""
    total = 0.0
    for part in equation.parts:
        truth = system.truth[part.leaf]
        if truth is None:
            return equation.low, equation.high
        total += part.share * float(part.weights @ truth)
    return min(equation.low, total), max(equation.high, total)


def _families(system: System) -> list[tuple[int, ...]]:
    group = list(range(len(system.leaves)))
    for equation in system.equations:
        together = {group[part.leaf] for part in equation.parts}
        if len(together) > 1:
            first = min(together)
            group = [first if one in together else one for one in group]
    members: dict[int, list[int]] = {}
    for leaf, one in enumerate(group):
        members.setdefault(one, []).append(leaf)
    return [tuple(members[one]) for one in group]
