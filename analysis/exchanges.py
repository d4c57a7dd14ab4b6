"""What a spread beside means gives away, proved on whole answers.

A linear program cannot see a spread: with mean and SD of one item two colleagues who subtract their own answers often
learn the rest. Nobody is pinned when other whole answers give the same published numbers: people who weigh the same in
all of them may have exchanged their answers, which no spread or agreement of any kind notices; or two or three people
may have answered a few points higher or lower. What is not proved open in this way counts as pinned.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.attack import points_needed
from analysis.estimates import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-6
FEW_PAIRS, MANY_PAIRS = 10, 120
MOST_IN_PAIRS = 60
WHOLE_STEPS = np.arange(-4.0, 5.0)
FINE_STEPS = np.array([-4.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0])  # of means of items


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is published of one target, person by person.

    answers: (n,) points of 100. organization: (n,) codes. rows: (n_rows, n) weights of published means, with their ends
    low and high (n_rows,); kinds: `kinds_of` these rows. members: (n_spreads, n), who is in each published spread;
    variances: (n_spreads, 2) ends of its variance, divisor n - 1, points squared. step: distance of two scale points.
    """

    answers: FloatArray
    organization: IntArray
    rows: FloatArray
    low: FloatArray
    high: FloatArray
    kinds: list[tuple[float, ...]]
    members: BoolArray
    variances: FloatArray
    step: float


def everybody_is_open(known: Known) -> bool:
    """Whether each person may have given at least 3 answers, whichever organization subtracts its own.

    Exact in what it accepts: every answer counted belongs to a set of answers, on the scale, that fits all numbers.
    The reader from outside knows less than any organization and needs no look of its own.
    """
    needed = points_needed(known.step)
    organization = known.organization.tolist()
    reach = _Reach(known)
    for given in _exchangeable(known):
        alone = Counter(organization[at[0]] for at in given.values() if len({organization[one] for one in at}) == 1)
        for attacker in dict.fromkeys(organization):
            if 0 < len(given) - alone[attacker] < needed:
                found = {answer: one for answer, at in given.items() for one in at if organization[one] != attacker}
                if not all(reach.is_enough(person, attacker, set(found), needed) for person in found.values()):
                    return False
    return True


def _exchangeable(known: Known) -> list[dict[float, list[int]]]:
    """Groups of people who weigh the same in every published number: scale point -> who answered it."""
    groups: dict[tuple[object, ...], dict[float, list[int]]] = {}
    answers = np.round(known.answers / known.step).tolist()
    for person, (answer, *kind) in enumerate(zip(answers, known.kinds, *known.members.tolist(), strict=True)):
        groups.setdefault(tuple(kind), {}).setdefault(answer, []).append(person)
    return list(groups.values())


def kinds_of(rows: FloatArray) -> list[tuple[float, ...]]:
    """The weights of each person in the published means: those with the same may exchange."""
    return [tuple(column) for column in np.round(rows, 12).T.tolist()]


class _Reach:
    """Answers that moves of two or three people bring a person to; looked up once for all attackers."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.moved: dict[tuple[int, int], tuple[FloatArray, IntArray, BoolArray]] = {}

    def is_enough(self, person: int, attacker: int, found: set[float], needed: int) -> bool:
        """Whether a person has that many answers, those found included, when nobody of the attacker's moves."""
        answers = set(found)
        for stage in range(3):
            own, owners, fits = self._stage(person, stage)
            answers |= set(own[fits[:, (owners != attacker).all(axis=1)].any(axis=1)].tolist())
            if len(answers) >= needed:
                return True
        return False

    def _stage(self, person: int, stage: int) -> tuple[FloatArray, IntArray, BoolArray]:
        if (person, stage) not in self.moved:
            company = [one for one in range(len(self.known.answers)) if one != person]
            pairs = list(combinations(company[:: 1 + len(company) // MOST_IN_PAIRS], 2))
            some = pairs[:: 1 + len(pairs) // (FEW_PAIRS, 1, MANY_PAIRS)[stage]]
            companions = np.array(company if stage == 1 else some, dtype=np.int64).reshape(-1, 1 if stage == 1 else 2)
            own, fits = _fitting(self.known, person, companions)
            self.moved[person, stage] = own, self.known.organization[companions], fits
        return self.moved[person, stage]


def _fitting(known: Known, person: int, companions: IntArray) -> tuple[FloatArray, BoolArray]:
    """Answers near a person's own, in scale points, and which companions can make up for each: (n, n_companions)."""
    size, top = companions.shape[1], round(100.0 / known.step)
    whole = np.abs(known.answers / known.step - np.round(known.answers / known.step)).max(initial=0.0) < TOLERANCE
    single = np.arange(-float(top), top + 1) if size == 1 else WHOLE_STEPS if whole else FINE_STEPS
    grid = np.stack(np.meshgrid(*[single] * size, indexing="ij"), axis=-1).reshape(-1, size) * known.step
    own = np.arange(-3.0, 4.0) * known.step
    own = own[(known.answers[person] + own >= -TOLERANCE) & (known.answers[person] + own <= 100.0 + TOLERANCE)]
    at = known.answers[companions][:, None, :] + grid[None]
    on_scale = ((at >= -TOLERANCE) & (at <= 100.0 + TOLERANCE)).all(axis=2)
    fits = np.broadcast_to(on_scale, (len(own), *on_scale.shape)).copy()
    for row, low, high in zip(known.rows, known.low, known.high, strict=True):
        truth = float(row @ known.answers)
        value = truth + row[person] * own[:, None, None] + row[companions] @ grid.T
        fits &= (value >= min(low, truth) - TOLERANCE) & (value <= max(high, truth) + TOLERANCE)
    for members, ends in zip(known.members, known.variances, strict=True):
        fits &= _keeps_spread(known, members, ends, (person, companions), (own, grid))
    return np.round((known.answers[person] + own) / known.step), np.asarray(fits.any(axis=2))


def _keeps_spread(
    known: Known,
    members: BoolArray,
    ends: FloatArray,
    movers: tuple[int, IntArray],
    moves: tuple[FloatArray, FloatArray],
) -> BoolArray:
    """Whether the variance stays within its ends: (n_own, n_companies, n_moves)."""
    (person, companions), (own, grid) = movers, moves
    x, n = known.answers, int(members.sum())
    inside = members[companions].astype(np.float64)
    total = x[members].sum() + inside @ grid.T
    squares = (x[members] ** 2).sum() + 2.0 * (inside * x[companions]) @ grid.T + inside @ (grid**2).T
    if members[person]:
        total = total[None] + own[:, None, None]
        squares = squares[None] + (2.0 * x[person] * own + own**2)[:, None, None]
    variance = (squares - total**2 / n) / (n - 1)
    kept = (variance >= ends[0] - TOLERANCE) & (variance <= ends[1] + TOLERANCE)
    return np.asarray(kept if kept.ndim == 3 else kept[None])
