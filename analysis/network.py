"""Drawings of who trusts whom: the matrix and the network of signed positions of organizations.

Only for the modes and levels that allow a mark per organization; the caller decides, the drawing never guesses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from analysis.drawing import FIRST, HAIR, INK, PAPER, QUIET, Figure, Size, axes, clean, new_figure, wrap
from analysis.estimates import FloatArray


def _checked_square(trust: FloatArray, names: Sequence[str]) -> FloatArray:
    trust = np.asarray(trust, dtype=float)
    if trust.shape != (len(names), len(names)):
        raise ValueError("trust must be square, with one name per organization")
    return trust


def heat_map(
    trust: FloatArray,
    names: Sequence[str],
    *,
    rater_title: str,
    rated_title: str,
    size: Size | None = None,
    left: float = 150.0,
) -> Figure:
    """Trust of each row about each column, 0-100; NaN cells stay empty and the own cell is crossed out.

    left: pixels for the names of the rows.
    Darker is higher; the number stands in every cell, so the picture reads in grey print and without colour.
    """
    trust = _checked_square(trust, names)
    side = 46 if len(names) <= 9 else 38
    size = size or Size(190 + side * len(names), 130 + side * len(names))
    figure = new_figure(size)
    drawn = axes(figure, size, left=left, right=30, top=100 if left > 100 else 50, bottom=20)
    drawn.set_xlim(0, len(names))
    drawn.set_ylim(len(names), 0)
    for spine in drawn.spines.values():
        spine.set_visible(False)
    centres = np.arange(len(names)) + 0.5
    drawn.set_yticks(centres, [wrap(name, 20) for name in names])
    drawn.xaxis.tick_top()
    drawn.set_xticks(centres, [clean(name, 16) for name in names], rotation=45, ha="left", rotation_mode="anchor")
    drawn.tick_params(length=0, labelcolor=INK, labelsize=size.text - 1)
    drawn.set_ylabel(clean(rater_title, 40), fontsize=size.text - 1)
    figure.text(0.02, 1 - 18 / size.height, clean(rated_title, 60), fontsize=size.text - 1, color=QUIET)
    for rater in range(len(names)):
        for rated in range(len(names)):
            _draw_cell(drawn, rater, rated, trust[rater, rated], size)
    return figure


def _draw_cell(drawn: Any, rater: int, rated: int, value: float, size: Size) -> None:
    from matplotlib.patches import Rectangle

    known = not math.isnan(value) and rater != rated
    shade = 0.08 + 0.72 * value / 100 if known else 0.0
    colour = tuple(1 - shade * (1 - part / 255) for part in (31, 78, 121)) if known else PAPER
    drawn.add_patch(
        Rectangle((rated + 0.03, rater + 0.03), 0.94, 0.94, facecolor=colour, edgecolor=HAIR, linewidth=0.6)
    )
    if rater == rated:
        drawn.plot([rated + 0.3, rated + 0.7], [rater + 0.5, rater + 0.5], color=HAIR, linewidth=1)
    elif known:
        drawn.annotate(
            f"{value:.0f}",
            (rated + 0.5, rater + 0.5),
            ha="center",
            va="center",
            fontsize=size.text,
            color=PAPER if shade > 0.68 else INK,
        )


def network(trust: FloatArray, names: Sequence[str], sides: Sequence[str], *, size: Size | None = None) -> Figure:
    """Organizations on a circle; a line per pair, thicker for higher mutual trust (the lower of the two ratings).

    sides: one label per organization; the first label met is drawn round, the others square. A dashed line marks a pair
    in which one direction is missing.
    Raises ValueError without one side per organization.
    """
    trust = _checked_square(trust, names)
    if len(sides) != len(names):
        raise ValueError("sides must have one label per organization")
    size = size or Size(560, 460)
    figure = new_figure(size)
    drawn = axes(figure, size, left=10, right=10, top=10, bottom=10)
    drawn.set_axis_off()
    reach = size.height / size.width
    drawn.set_xlim(-1.75, 1.75)
    drawn.set_ylim(-1.75 * reach, 1.75 * reach)
    angles = [math.pi / 2 - 2 * math.pi * index / max(1, len(names)) for index in range(len(names))]
    places = [(math.cos(angle), math.sin(angle)) for angle in angles]
    for first, second in combinations(range(len(names)), 2):
        _draw_pair(drawn, places[first], places[second], trust[first, second], trust[second, first])
    kinds = list(dict.fromkeys(sides))
    for name, side, (x, y) in zip(names, sides, places, strict=True):
        drawn.plot(
            [x],
            [y],
            marker="o" if side == kinds[0] else "s",
            markersize=13,
            markerfacecolor=PAPER if side != kinds[0] else FIRST,
            markeredgecolor=FIRST,
            markeredgewidth=1.8,
            zorder=3,
        )
        drawn.annotate(
            wrap(name, 18),
            (x * 1.13, y * 1.16),
            ha="left" if x > 0.2 else "right" if x < -0.2 else "center",
            va="bottom" if y > 0.2 else "top" if y < -0.2 else "center",
            fontsize=size.text - 1,
            annotation_clip=False,
        )
    return figure


def _draw_pair(drawn: Any, here: tuple[float, float], there: tuple[float, float], out: float, back: float) -> None:
    known = [value for value in (out, back) if not math.isnan(value)]
    if known:
        drawn.plot(
            [here[0], there[0]],
            [here[1], there[1]],
            color=FIRST,
            alpha=0.65,
            zorder=1,
            linewidth=0.4 + 4.6 * min(known) / 100,
            linestyle="-" if len(known) == 2 else (0, (4, 3)),
        )
