"""How much at least an attacker must leave open: proved by two sets of answers that both fit everything published.

Interval propagation gives the attacker too little (two weighted means of the same people pin what neither pins alone),
so it cannot be a gate. A witness can: starting from answers that fit, move one mean as far up and down as the scale
allows along a direction no published number notices. The distance is a lower bound of what a linear program would
find; many leaves, attackers and aims are moved at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, FloatArray

NOTHING = 1e-9
FAR = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Where a linear aim can be moved.

    low, high: (n_leaves, n_attackers, n_aims) values of the aim at two sets of answers that fit.
    """

    low: FloatArray
    high: FloatArray


def projectors(fixed: FloatArray, free: BoolArray) -> FloatArray:
    """Projectors on the directions that change no row and no known mean.

    fixed: (n_rows, n_atoms). free: (n_attackers, n_atoms), False where the attacker knows. Returns
    (n_attackers, n_atoms, n_atoms).
    """
    masks = free.astype(np.float64)
    seen = fixed[None] * masks[:, None, :]
    identity = np.eye(free.shape[1])[None] * masks[:, None, :]
    if not len(fixed):
        return identity
    return np.asarray(identity - np.linalg.pinv(seen, rcond=1e-9) @ seen)


def moves(
    start: FloatArray,
    free: BoolArray,
    fixed: FloatArray,
    ranges: tuple[FloatArray, FloatArray, FloatArray],
    aims: FloatArray,
) -> Moves:
    """How far each aim can be moved from answers that fit.

    start: (n_leaves, n_atoms) means that fit everything published, 0-100. free: (n_attackers, n_atoms).
    fixed: (n_rows, n_atoms) rows whose value must not change. ranges: rows (n_ranges, n_atoms) with their ends, each
    (n_leaves, n_ranges), that may be used up. aims: (n_aims, n_atoms) sums to move; known means are left out of them.
    """
    project = projectors(fixed, free)
    inside = _towards_the_middle(start, project, ranges)
    aimed = aims[None] * free[:, None, :]
    directions = np.einsum("aij,aqj->aqi", project, aimed)
    directions[np.abs(directions) < NOTHING] = 0.0
    gain = np.einsum("aqi,aqi->aq", aimed, directions)
    value = np.einsum("lai,aqi->laq", inside, aimed)
    up, down = _room(inside, directions, ranges), _room(inside, -directions, ranges)
    return Moves(value - np.where(gain > NOTHING, gain * down, 0.0), value + np.where(gain > NOTHING, gain * up, 0.0))


def _towards_the_middle(
    start: FloatArray, project: FloatArray, ranges: tuple[FloatArray, FloatArray, FloatArray]
) -> FloatArray:
    """Answers that fit as well and lie as near to the middle of the scale: there is room on both sides."""
    shift = np.einsum("aij,lj->lai", project, 50.0 - start)
    shift[np.abs(shift) < NOTHING] = 0.0
    from_start = np.broadcast_to(start[:, None, :], shift.shape)
    reach = _room_along(from_start, shift, ranges)
    step = np.where(reach >= 2.0, 1.0, reach / 2.0)
    return np.asarray(from_start + step[..., None] * shift)


def _room(inside: FloatArray, directions: FloatArray, ranges: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
    """The longest step along each direction within the scale and every range: (leaves, attackers, aims)."""
    rows, low, high = ranges
    inverse = 1.0 / np.where(directions == 0.0, 1.0, np.abs(directions))
    room = np.full((len(inside), *directions.shape[:2]), FAR)
    for atom in range(inside.shape[2]):
        d, x = directions[None, :, :, atom], inside[:, :, atom, None]
        left = np.where(d > 0, 100.0 - x, x) * inverse[None, :, :, atom]
        np.minimum(room, np.where(d == 0.0, FAR, left), out=room)
    for index, row in enumerate(rows):
        d = (directions @ row)[None]
        x = (inside @ row)[:, :, None]
        left = np.where(d > 0, high[:, None, None, index] - x, x - low[:, None, None, index])
        left = left / np.where(np.abs(d) < NOTHING, 1.0, np.abs(d))
        np.minimum(room, np.where(np.abs(d) < NOTHING, FAR, left), out=room)
    return np.asarray(np.maximum(room, 0.0))


def _room_along(inside: FloatArray, shift: FloatArray, ranges: tuple[FloatArray, FloatArray, FloatArray]) -> FloatArray:
    """The longest step along one direction per leaf and attacker."""
    rows, low, high = ranges
    left = np.where(shift > 0, 100.0 - inside, inside) / np.where(shift == 0.0, 1.0, np.abs(shift))
    room = np.where(shift == 0.0, FAR, left).min(axis=2, initial=FAR)
    for index, row in enumerate(rows):
        d, x = shift @ row, inside @ row
        left = np.where(d > 0, high[:, None, index] - x, x - low[:, None, index])
        left = left / np.where(np.abs(d) < NOTHING, 1.0, np.abs(d))
        room = np.minimum(room, np.where(np.abs(d) < NOTHING, FAR, left))
    return np.asarray(np.maximum(room, 0.0))
