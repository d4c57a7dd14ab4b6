"""What one published number alone gives away when everybody answers much the same.

Closed forms over many numbers at once: the reader from outside and every organization that subtracts its own answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.attack import points_needed
from analysis.disclosure import MIN_WIDTH, scale_points_left
from analysis.estimates import BoolArray, FloatArray, IntArray

TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Means to be checked, one per row; columns are organizations.

    weights: (n, n_organizations), rows sum to one, 0 where an organization is not in the mean. truth: the mean of each
    organization, points of 100, NaN where not known. people: head-counts. steps: (n,) distance of two scale points.
    """

    weights: FloatArray
    truth: FloatArray
    people: IntArray
    steps: FloatArray

    def rows(self, which: BoolArray) -> Means:
        return Means(self.weights[which], self.truth[which], self.people[which], self.steps[which])


def leaves_open(means: Means, low: FloatArray, high: FloatArray) -> BoolArray:
    """Whether each mean, read as lying between low and high, pins nobody: (n,).

    For attacker a with own contribution w_a x_a, and any other organization o:
    (low - w_a x_a - 100 (1 - w_a - w_o)) / w_o <= x_o <= (high - w_a x_a) / w_o, within 0-100.
    Open: 20 points left for every organization, 3 scale points for every person.
    """
    w = means.weights
    n, n_organizations = w.shape
    insiders = np.arange(n_organizations)
    own = np.where((w > 0) & np.isfinite(means.truth), w * np.nan_to_num(means.truth), 0.0)
    known = np.where((w > 0) & np.isfinite(means.truth), w, 0.0)
    own = np.concatenate([np.zeros((n, 1)), own], axis=1)[:, :, None]
    known = np.concatenate([np.zeros((n, 1)), known], axis=1)[:, :, None]
    others = np.broadcast_to(w[:, None, :] > 0, (n, n_organizations + 1, n_organizations)).copy()
    others[:, insiders + 1, insiders] = False
    divisor = np.where(w > 0, w, 1.0)[:, None, :]
    total = w.sum(axis=1)[:, None, None]
    rest = np.where(others, total - known - w[:, None, :], 0.0)
    least = np.clip((low[:, None, None] - own - 100.0 * rest) / divisor, 0.0, 100.0)
    most = np.clip((high[:, None, None] - own) / divisor, 0.0, 100.0)
    needed = np.array([points_needed(step) for step in means.steps.tolist()])[:, None, None]
    people = np.maximum(means.people, 1)[:, None, :]
    points = scale_points_left(least, most, people, means.steps[:, None, None])
    safe = (most - least >= MIN_WIDTH - TOLERANCE) & (points >= needed)
    return np.asarray((safe | ~others).all(axis=(1, 2)))
