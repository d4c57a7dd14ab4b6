"""A synthetic programme: 200 partnerships, 12 rounds, 8 organizations each, 30 five-point items in six constructs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PARTNERSHIPS, ROUNDS, ORGANIZATIONS, ITEMS, CONSTRUCTS = 200, 12, 8, 30, 6
CELLS = PARTNERSHIPS * ROUNDS
CONSTRUCT = np.arange(ITEMS) // (ITEMS // CONSTRUCTS)


@dataclass(frozen=True)
class Survey:
    """cell: partnership x 12 + round. organization: numbered over all partnerships. answers: 1-5, 0 = missing (3 %)."""

    cell: npt.NDArray[np.int64]
    organization: npt.NDArray[np.int64]
    answers: npt.NDArray[np.int8]

    @property
    def as_floats(self) -> npt.NDArray[np.float64]:
        return np.where(self.answers == 0, np.nan, self.answers)


def survey(n: int, seed: int = 1) -> Survey:
    rng = np.random.default_rng(seed)
    partnership, round_ = rng.integers(0, PARTNERSHIPS, n), rng.integers(0, ROUNDS, n)
    organization = partnership * ORGANIZATIONS + rng.integers(0, ORGANIZATIONS, n)
    level = rng.normal(3.3, 0.4, PARTNERSHIPS)[partnership] + 0.02 * round_
    level += rng.normal(0, 0.3, PARTNERSHIPS * ORGANIZATIONS)[organization]
    answers = np.empty((n, ITEMS), dtype=np.int8)
    for construct in range(CONSTRUCTS):
        person = level + rng.normal(0, 0.8, n)
        for item in np.flatnonzero(construct == CONSTRUCT):
            answers[:, item] = np.clip(np.round(person + rng.normal(0, 0.8, n)), 1, 5)
    answers[rng.random(answers.shape, dtype=np.float32) < 0.03] = 0
    return Survey(partnership * ROUNDS + round_, organization, answers)
