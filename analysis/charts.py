"""Results -> drawings over time. Every chart shows what is known with its interval, and says in words where nothing may
be shown.

Charts take plain numbers and finished words (the caller translates); they never rank, never colour good and bad, and
never draw a mark per organization except signed positions of organizations at disclosure level C (the caller decides).
All values are points on 0-100; NaN means "no number", and the reason is drawn as text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from analysis.drawing import (
    FIRST,
    HAIR,
    INK,
    MARKERS,
    PAPER,
    QUIET,
    SHADE,
    WIDE,
    Figure,
    Size,
    axes,
    clean,
    new_figure,
    spread_labels,
    wrap,
)


@dataclass(frozen=True, slots=True)
class Point:
    """One round of a series: value and interval, or NaN with the reason in words."""

    on: date
    label: str
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the partnership or its instrument; a break cuts the line."""

    on: date
    label: str
    is_break: bool = False


def trend(series: Sequence[Series], events: Sequence[Event] = (), *, size: Size = WIDE) -> Figure:
    """Scores over real dates with their intervals; lines stop at comparability breaks and bridge gaps with dashes."""
    figure = new_figure(size)
    drawn = axes(figure, size, left=34, right=34 if len(series) == 1 else 96, top=42 if events else 24, bottom=46)
    dates = sorted({point.on for one in series for point in one.points} | {event.on for event in events})
    _score_axis(drawn, dates)
    breaks = sorted(event.on for event in events if event.is_break)
    _draw_events(drawn, events, size)
    step = (dates[-1] - dates[0]).days * 0.006 if len(dates) > 1 else 0.0
    for index, one in enumerate(series):
        shift = timedelta(days=step * (index - (len(series) - 1) / 2))
        _draw_series(drawn, one, breaks, MARKERS[index % len(MARKERS)], shift, size, numbers=len(series) == 1)
    if len(series) > 1:
        _name_series(drawn, series, size)
    _label_rounds(drawn, series[0].points if series else [], size)
    return figure


def _score_axis(drawn: Any, dates: Sequence[date]) -> None:
    drawn.set_ylim(0, 100)
    drawn.set_yticks([0, 25, 50, 75, 100])
    drawn.grid(axis="y", color=HAIR, linewidth=0.7)
    drawn.spines["left"].set_visible(False)
    if dates:
        margin = timedelta(days=max(20.0, (dates[-1] - dates[0]).days * 0.05))
        drawn.set_xlim(dates[0] - margin, dates[-1] + margin)


def _draw_events(drawn: Any, events: Sequence[Event], size: Size) -> None:
    """A dotted line per event, a dashed one per break; names stand in two alternating rows above the plot."""
    start, end = drawn.get_xlim()
    reached = [-math.inf, -math.inf]  # pixels to which the numbers of each row reach
    for index, event in enumerate(sorted(events, key=lambda one: (one.on, one.label))):
        drawn.axvline(
            event.on,
            color=INK if event.is_break else QUIET,
            linewidth=1.1 if event.is_break else 0.8,
            linestyle=(0, (5, 3)) if event.is_break else (0, (1, 2)),
        )
        if event.label.isdigit():
            reached[index % 2] = _number_event(drawn, event, index % 2, reached[index % 2], size)
            continue
        late = _as_number(event.on) > start + 0.6 * (end - start)
        drawn.annotate(
            clean(event.label, 40 if size.width > 500 else 28),
            (event.on, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-3 if late else 3, 4 + (index % 2) * (size.text + 3)),
            textcoords="offset points",
            ha="right" if late else "left",
            fontsize=size.text - 2,
            color=QUIET,
            annotation_clip=False,
        )


def _number_event(drawn: Any, event: Event, row: int, reached: float, size: Size) -> float:
    """A number in place of a name, pushed to the right of the one before it in its row; returns where it ends."""
    at = float(drawn.transData.transform((_as_number(event.on), 0.0))[0])
    width = 0.7 * size.text * len(event.label)
    left = max(at + 3, reached + 3)
    drawn.annotate(
        event.label,
        (event.on, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(left - at, 4 + row * (size.text + 3)),
        textcoords="offset points",
        fontsize=size.text - 2,
        color=QUIET,
        annotation_clip=False,
    )
    return left + width


def _as_number(day: date) -> float:
    from matplotlib.dates import date2num

    return float(date2num(day))  # type: ignore[no-untyped-call]  # Type ignore: matplotlib annotates few functions


def _draw_series(
    drawn: Any,
    one: Series,
    breaks: Sequence[date],
    look: tuple[str, str],
    shift: timedelta,
    size: Size,
    *,
    numbers: bool,
) -> None:
    marker, colour = look
    shown = [point for point in one.points if not math.isnan(point.value)]
    for before, after in pairwise(shown):
        if any(before.on < cut <= after.on for cut in breaks):
            continue
        gap = any(before.on < point.on < after.on for point in one.points)
        drawn.plot(
            [before.on + shift, after.on + shift],
            [before.value, after.value],
            color=colour,
            linewidth=1.6,
            linestyle=(0, (3, 3)) if gap else "-",
            zorder=2,
        )
    for point in shown:
        bounded = not math.isnan(point.low)
        if bounded:
            drawn.plot(
                [point.on + shift] * 2,
                [point.low, point.high],
                color=colour,
                linewidth=4.5,
                alpha=0.28,
                solid_capstyle="round",
                zorder=1,
            )
        drawn.plot(
            [point.on + shift],
            [point.value],
            marker=marker,
            markersize=7,
            markeredgecolor=colour,
            markerfacecolor=colour if bounded else PAPER,
            markeredgewidth=1.6,
            zorder=3,
        )
        if numbers:
            drawn.annotate(
                f"{point.value:.0f}",
                (point.on + shift, max(point.value, point.high) if bounded else point.value),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=size.text,
                fontweight="bold",
                color=INK,
                annotation_clip=False,
            )
    for point in one.points:
        if point.note:
            _note(drawn, point, shift, size)


def _note(drawn: Any, point: Point, shift: timedelta, size: Size) -> None:
    """Why a number or its interval is missing, written at the foot of its round."""
    drawn.annotate(
        wrap(point.note, 17, 4),
        (point.on + shift, 2.0),
        ha="center",
        va="bottom",
        fontsize=size.text - 2,
        color=QUIET,
        linespacing=1.25,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
    )


def _name_series(drawn: Any, series: Sequence[Series], size: Size) -> None:
    ends = [next((p for p in reversed(one.points) if not math.isnan(p.value)), None) for one in series]
    names = [wrap(one.name, 14) for one in series]
    apart = max([9.0, *(7.0 * (name.count("\n") + 1) for name in names)])  # points of the axis that the text covers
    heights = spread_labels([end.value if end else 50.0 for end in ends], apart)
    for index, (name, end, height) in enumerate(zip(names, ends, heights, strict=True)):
        if end is not None:
            drawn.annotate(
                name,
                (1.0, height / 100),
                xycoords="axes fraction",
                xytext=(6, -4),
                fontsize=size.text - 1,
                textcoords="offset points",
                color=MARKERS[index % len(MARKERS)][1],
                annotation_clip=False,
            )


def _label_rounds(drawn: Any, points: Sequence[Point], size: Size) -> None:
    room = max(1, size.width // 92)
    every = math.ceil(len(points) / room) if points else 1
    chosen = [point for index, point in enumerate(reversed(points)) if index % every == 0][::-1]
    drawn.set_xticks(
        [point.on for point in chosen],
        ["\n".join(clean(line, 16) for line in point.label.split("\n")) for point in chosen],
    )


def control_chart(
    points: Sequence[Point], centre: float, low: float, high: float, names: tuple[str, str, str], *, size: Size = WIDE
) -> Figure:
    """Individual values with natural process limits (XmR); points outside the limits are ringed and numbered.

    names: words for the centre line, the lower and the upper limit.
    """
    figure = new_figure(size)
    drawn = axes(figure, size, left=34, right=96, top=20, bottom=46)
    _score_axis(drawn, [point.on for point in points])
    drawn.axhspan(max(0.0, low), min(100.0, high), color=SHADE, linewidth=0)
    for height, name in zip((centre, low, high), names, strict=True):
        if 0 <= height <= 100:
            drawn.axhline(height, color=QUIET, linewidth=0.9, linestyle="-" if height == centre else (0, (5, 3)))
            drawn.annotate(
                wrap(name, 14),
                (1.0, height / 100),
                xycoords="axes fraction",
                xytext=(6, -4),
                textcoords="offset points",
                fontsize=size.text - 2,
                color=QUIET,
                annotation_clip=False,
            )
    shown = [point for point in points if not math.isnan(point.value)]
    drawn.plot(
        [point.on for point in shown],
        [point.value for point in shown],
        color=FIRST,
        marker="o",
        markersize=5,
        linewidth=1.2,
    )
    for point in shown:
        if not low <= point.value <= high:
            drawn.plot(
                [point.on], [point.value], marker="o", markersize=13, markerfacecolor="none", markeredgecolor=INK
            )
            drawn.annotate(
                f"{point.value:.0f}",
                (point.on, point.value),
                xytext=(10, -4),
                textcoords="offset points",
                fontsize=size.text,
                fontweight="bold",
            )
    _label_rounds(drawn, points, size)
    return figure
