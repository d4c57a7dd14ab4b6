"""Nelder and Mead's search stopped early, only to reproduce figures of software that stops there.

Its result is not the maximum. Nothing in a release comes from it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.estimates import FloatArray

EVALUATIONS = 500
RELATIVE = float(np.sqrt(np.finfo(float).eps))


def stopped_simplex(height: Callable[[FloatArray], float], start: FloatArray) -> FloatArray:
    """Lowest corner found after 500 evaluations of height, or when all corners lie within sqrt(eps) of it.

    start: (q,). First corners: start, moved by a tenth of its largest element along one axis each. Reflection 1,
    expansion 2, contraction 1/2, all corners drawn halfway to the lowest when a contraction fails.
    Source: Nash (1979), Compact Numerical Methods for Computers, algorithm 19; the defaults are those of R's optim.
    """
    q = start.size
    corners: FloatArray = np.vstack([start, start + (0.1 * float(np.abs(start).max()) or 0.1) * np.eye(q)])
    heights = np.array([height(corner) for corner in corners])
    count, close = q + 1, RELATIVE * (abs(float(heights[0])) + RELATIVE)
    spread, low = np.inf, 0
    while True:
        low = _lowest(heights, low)
        high = _highest(heights, low)
        if heights[high] <= heights[low] + close:
            break
        centre = (corners.sum(axis=0) - corners[high]) / q
        used, failed = _move(height, corners, heights, high, float(heights[low]), centre)
        count += used
        if failed:
            corners = (corners + corners[low]) / 2.0
            width = float(np.abs(corners - corners[low]).sum())
            if width >= spread:
                break
            spread = width
            others = [j for j in range(q + 1) if j != low]
            if count <= EVALUATIONS:
                heights[others] = [height(corners[j]) for j in others]
                count += q
        if count > EVALUATIONS:
            break
    return np.asarray(corners[low], dtype=np.float64)


def _lowest(heights: FloatArray, before: int) -> int:
    return before if heights[before] == heights.min() else int(heights.argmin())


def _highest(heights: FloatArray, low: int) -> int:
    return low if heights.max() == heights[low] else int(heights.argmax())


def _move(
    height: Callable[[FloatArray], float],
    corners: FloatArray,
    heights: FloatArray,
    high: int,
    lowest: float,
    centre: FloatArray,
) -> tuple[int, bool]:
    """Replace the highest corner; how often height was asked, and whether all corners have to be drawn in."""
    turned = 2.0 * centre - corners[high]
    reached = height(turned)
    if reached < lowest:
        far = 2.0 * turned - centre
        beyond = height(far)
        corners[high], heights[high] = (far, beyond) if beyond < reached else (turned, reached)
        return 2, False
    better = reached < heights[high]
    if better:
        corners[high], heights[high] = turned, reached
    near = (corners[high] + centre) / 2.0
    inside = height(near)
    if inside < heights[high]:
        corners[high], heights[high] = near, inside
        return 2, False
    return 2, not better
