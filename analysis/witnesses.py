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
RIDGE = 1e-10
MOST_STEPS = 16
Ranges = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """low, high: (n_leaves, n_attackers, n_aims) values of each aim at two sets of answers that fit."""

    low: FloatArray
    high: FloatArray


def projectors(fixed: FloatArray, free: BoolArray) -> FloatArray:
    """Projectors on the directions that change no row and no known mean.

    fixed: (n_rows, n_atoms). free: (n_attackers, n_atoms), False where the attacker knows. Returns
    (n_attackers, n_atoms, n_atoms).
    """
    masks = free.astype(np.float64)
    identity = np.eye(free.shape[1])[None] * masks[:, None, :]
    if not len(fixed):
        return identity
    seen = fixed[None] * masks[:, None, :]
    return np.asarray(identity - np.linalg.pinv(seen, rcond=1e-9) @ seen)


def moves(start: FloatArray, free: BoolArray, fixed: FloatArray, ranges: Ranges, aims: FloatArray) -> Moves:
    """How far each aim can be moved from answers that fit.

    start: (n_leaves, n_atoms) means that fit everything published, 0-100. free: (n_attackers, n_atoms).
    fixed: (n_rows, n_atoms) rows whose value must not change. ranges: rows (n_ranges, n_atoms) with their ends, each
    (n_leaves, n_ranges), that may be used up. aims: (n_aims, n_atoms) sums to move; known means are left out of them.
    Where there are ranges the aim moves first at the cost of the other means, then uses the ranges up.
    """
    aimed = aims[None] * free[:, None, :]
    loose = projectors(fixed, free)
    inside = _towards_the_middle(start, loose, ranges)[:, :, None, :]
    stages = [_directions(loose, aimed)]
    if len(ranges[0]):
        stages.insert(0, _directions(projectors(np.vstack([fixed, ranges[0]]), free), aimed))
    ends = []
    for sign in (-1.0, 1.0):
        at: FloatArray = inside
        for directions in stages:
            at = np.asarray(at + _room(at, sign * directions, ranges)[..., None] * (sign * directions)[None])
        ends.append(np.einsum("laqi,aqi->laq", np.broadcast_to(at, (len(start), *aimed.shape)), aimed))
    return Moves(*ends)


def _directions(project: FloatArray, aimed: FloatArray) -> FloatArray:
    """The direction of each aim that stays unnoticed, zero where there is none: (attackers, aims, atoms)."""
    found = np.einsum("aij,aqj->aqi", project, aimed)
    found[np.abs(found) < NOTHING] = 0.0
    found[np.einsum("aqi,aqi->aq", aimed, found) < NOTHING] = 0.0
    return np.asarray(found)


def _towards_the_middle(start: FloatArray, project: FloatArray, ranges: Ranges) -> FloatArray:
    """Answers that fit as well and lie as near to the middle of the scale: there is room on both sides."""
    shift = np.einsum("aij,lj->lai", project, 50.0 - start)
    shift[np.abs(shift) < NOTHING] = 0.0
    origin = np.broadcast_to(start[:, None, :], shift.shape)
    reach = _room(origin, shift, ranges)
    step = np.where(reach >= 2.0, 1.0, reach / 2.0)
    return np.asarray(origin + step[..., None] * shift, dtype=np.float64)


def _room(at: FloatArray, directions: FloatArray, ranges: Ranges) -> FloatArray:
    """The longest step along each direction that stays on the scale and within every range, 0 along none.

    at, directions: (..., n_atoms), broadcast against each other from the leaves on.
    """
    rows, low, high = ranges
    room = np.full(np.broadcast_shapes(at.shape, directions.shape)[:-1], FAR)
    for atom in range(at.shape[-1]):
        d, x = directions[..., atom], at[..., atom]
        left = np.where(d > 0, 100.0 - x, x) / np.where(d == 0.0, 1.0, np.abs(d))
        np.minimum(room, np.where(d == 0.0, FAR, left), out=room)
    for index, row in enumerate(rows):
        d, x = directions @ row, at @ row
        leaf = (slice(None), *[None] * (x.ndim - 1))
        left = np.where(d > 0, high[:, index][leaf] - x, x - low[:, index][leaf])
        left = left / np.where(np.abs(d) < NOTHING, 1.0, np.abs(d))
        np.minimum(room, np.where(np.abs(d) < NOTHING, FAR, left), out=room)
    return np.asarray(np.where(room < FAR, np.maximum(room, 0.0), 0.0))


def climb(start: FloatArray, free: BoolArray, fixed: FloatArray, ranges: Ranges, aims: FloatArray) -> Moves:
    """How far aims can be moved when whatever stops a move is held from there on (gradient projection).

    One row per aim: start (n, n_atoms), means that fit; free (n, n_atoms), what the attacker behind the aim does not
    know; aims (n, n_atoms); ranges: rows (n_ranges, n_atoms) with their ends, each (n, n_ranges). fixed: as in `moves`.
    Returns low and high, each (n,). Slower than `moves` per aim and reaching further; still a lower bound, for
    nothing once held is let go. Source: Rosen (1960), J. SIAM 8(1), 181-217.
    """
    shift = _projected((50.0 - start) * free, fixed[None] * free[:, None, :])
    reach = _room(start, shift, ranges)
    inside = start + np.where(reach >= 2.0, 1.0, reach / 2.0)[:, None] * shift
    ends = [
        (_climbed(inside, free, fixed, ranges, sign * aims * free) * aims * free).sum(axis=1) for sign in (-1.0, 1.0)
    ]
    return Moves(*ends)


def _climbed(at: FloatArray, free: BoolArray, fixed: FloatArray, ranges: Ranges, aims: FloatArray) -> FloatArray:
    rows, low, high = ranges
    live, held = free.copy(), np.zeros((len(aims), len(rows)), dtype=np.bool_)
    for _ in range(MOST_STEPS):
        known = np.concatenate(
            [np.broadcast_to(fixed, (len(aims), *fixed.shape)), rows[None] * held[:, :, None]], axis=1
        )
        d = _projected(aims * live, known * live[:, None, :])
        d[((aims * d).sum(axis=1) < NOTHING)] = 0.0
        if not d.any():
            break
        size = np.abs(d)
        left = np.where(size > 0, np.where(d > 0, 100.0 - at, at) / np.where(size > 0, size, 1.0), FAR)
        slope = d @ rows.T
        value, steep = at @ rows.T, (np.abs(slope) > NOTHING) & ~held
        gap = np.where(slope > 0, high - value, value - low) / np.where(steep, np.abs(slope), 1.0)
        gap = np.where(steep, gap, FAR)
        step = np.maximum(np.minimum(left.min(axis=1), gap.min(axis=1, initial=FAR)), 0.0)
        step[step >= FAR] = 0.0
        at = np.clip(at + step[:, None] * d, 0.0, 100.0)
        live &= left > step[:, None] + NOTHING
        held |= gap <= step[:, None] + NOTHING
    return at


def _projected(vectors: FloatArray, known: FloatArray) -> FloatArray:
    """What is left of each vector when no known row may change. vectors: (n, n_atoms); known: (n, n_rows, n_atoms)."""
    squares = known @ known.transpose(0, 2, 1) + RIDGE * np.eye(known.shape[1])
    weights = np.linalg.solve(squares, (known @ vectors[:, :, None]))
    found = np.asarray(vectors - (known.transpose(0, 2, 1) @ weights)[:, :, 0])
    found[np.abs(found) < NOTHING] = 0.0
    return found
