"""Results -> drawings side by side: constructs and their intervals, two sides, how far answers agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.charts import Point
from analysis.drawing import FIRST, HAIR, INK, MARKERS, PAPER, QUIET, Figure, Size, axes, clean, new_figure, wrap


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a profile: a construct or item with one or two values (two sides, or importance and score)."""

    name: str
    values: tuple[Point, ...]


def _start_of_name(index: int, size: Size, left: float) -> float:
    """Where a name above the axes starts, as a share of their width; on a narrow drawing names need all of it."""
    if size.width > 500:
        return 0.02 + 0.48 * index
    return (0.02 * size.width + 0.5 * size.width * index - left + 8) / (size.width - left - 30)


def profile(rows: Sequence[Row], names: Sequence[str] = (), *, size: Size | None = None) -> Figure:
    """Constructs one under the other: a mark with its interval on 0-100, one or two values per row side by side.

    A value without interval is hollow, with the reason beside it; no value at all is its reason in words.
    With two values per row (this round and the last, national and external, importance and score) each has its own
    marker, and `names` says which is which.
    """
    two_lines = bool(names)
    size = size or Size(720, 46 * max(1, len(rows)) + 70)
    left = 190.0 if size.width > 500 else 118.0
    figure = new_figure(size)
    drawn = axes(figure, size, left=left, right=30, top=34 if two_lines else 14, bottom=28)
    drawn.set_xlim(0, 100)
    drawn.set_xticks([0, 25, 50, 75, 100])
    drawn.set_ylim(len(rows) - 0.5, -0.5)
    drawn.grid(axis="x", color=HAIR, linewidth=0.7)
    drawn.spines["left"].set_visible(False)
    drawn.set_yticks(range(len(rows)), [wrap(row.name, 28 if left > 150 else 17) for row in rows])
    drawn.tick_params(axis="y", labelcolor=INK, labelsize=size.text)
    for height, row in enumerate(rows):
        for index, point in enumerate(row.values):
            shift = 0.17 * (2 * index - (len(row.values) - 1))
            _draw_row_value(drawn, point, height + shift, MARKERS[index % len(MARKERS)], size)
    for index, name in enumerate(names):
        marker, colour = MARKERS[index % len(MARKERS)]
        start = _start_of_name(index, size, left)
        drawn.plot(
            [start * 100],
            [1.04],
            marker=marker,
            color=colour,
            markersize=7,
            transform=_from_corner(drawn),
            clip_on=False,
        )
        drawn.annotate(
            clean(name, 36),
            (start, 1.04),
            xycoords="axes fraction",
            xytext=(8, -4),
            textcoords="offset points",
            fontsize=size.text,
            color=colour,
            annotation_clip=False,
        )
    return figure


def _from_corner(drawn: Any) -> Any:
    from matplotlib.transforms import blended_transform_factory

    return blended_transform_factory(drawn.transData, drawn.transAxes)


def _draw_row_value(drawn: Any, point: Point, height: float, look: tuple[str, str], size: Size) -> None:
    marker, colour = look
    if math.isnan(point.value):
        drawn.annotate(clean(point.note, 64), (1, height), fontsize=size.text - 1, color=QUIET, va="center")
        return
    bounded = not math.isnan(point.low)
    if bounded:
        drawn.plot(
            [point.low, point.high], [height] * 2, color=colour, linewidth=4.5, alpha=0.28, solid_capstyle="round"
        )
    drawn.plot(
        [point.value],
        [height],
        marker=marker,
        markersize=7,
        markeredgecolor=colour,
        markeredgewidth=1.6,
        markerfacecolor=colour if bounded else PAPER,
    )
    at = (max(point.high, point.value) if bounded else point.value, height)
    drawn.annotate(
        f"{point.value:.0f}",
        at,
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        fontsize=size.text,
        fontweight="bold",
        color=INK,
        annotation_clip=False,
    )
    if point.note and not bounded:
        _explain(drawn, point, height, size)


def _explain(drawn: Any, point: Point, height: float, size: Size) -> None:
    """Why a value has no interval, on that side of its mark where there is more room."""
    left = point.value > 50
    drawn.annotate(
        clean(point.note, 44 if size.width > 500 else 22),
        (point.value, height),
        xytext=(-9 if left else 12 + 2 * size.text, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=size.text - 2,
        color=QUIET,
        annotation_clip=False,
    )


@dataclass(frozen=True, slots=True)
class Shares:
    """How far people answered alike: shares of all answers in five equal bands of the scale, or a word instead."""

    name: str
    shares: tuple[float, ...] = ()
    note: str = ""


def agreement_strip(rows: Sequence[Shares], ends: tuple[str, str], *, size: Size | None = None) -> Figure:
    """One bar per item from the low to the high end of the scale; where shares are suppressed, a word stands there."""
    size = size or Size(720, 40 * max(1, len(rows)) + 54)
    left = 230.0 if size.width > 500 else 130.0
    figure = new_figure(size)
    drawn = axes(figure, size, left=left, right=16, top=12, bottom=30)
    drawn.set_xlim(0, 1)
    drawn.set_ylim(len(rows) - 0.5, -0.5)
    drawn.set_yticks(range(len(rows)), [wrap(row.name, 34 if left > 150 else 19) for row in rows])
    drawn.tick_params(axis="y", labelcolor=INK, labelsize=size.text - 1)
    drawn.set_xticks([0, 1], [clean(ends[0], 24), clean(ends[1], 24)])
    for label, side in zip(drawn.get_xticklabels(), ("left", "right"), strict=True):
        label.set_horizontalalignment(side)
    drawn.spines["left"].set_visible(False)
    tones = ("#8aa0b5", "#b7c4d1", "#e2e8ee", "#9db8d2", FIRST)
    for height, row in enumerate(rows):
        start = 0.0
        for share, tone in zip(row.shares, tones, strict=False):
            drawn.barh(height, share, left=start, height=0.62, color=tone, edgecolor=PAPER, linewidth=1.0)
            start += share
        if row.note:
            drawn.annotate(clean(row.note, 70), (0.01, height), va="center", fontsize=size.text - 1, color=QUIET)
    return figure
