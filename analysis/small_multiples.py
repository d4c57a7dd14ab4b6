"""A series at a glance, for an overview of many: written as SVG directly, a thousand of them cost what one chart costs.

The same marks as the trend chart (analysis/charts.py), without words: intervals behind dots on the full range of
0-100 over real dates, a gap bridged by dashes, no line across a break, a hollow dot where there is no interval.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from analysis.charts import Point
from analysis.drawing import FIRST, HAIR, PAPER, QUIET

WIDTH, HEIGHT, EDGE = 168, 52, 6


def small_multiple(
    points: Sequence[Point],
    breaks: Sequence[date] = (),
    *,
    title: str,
    description: str,
    span: tuple[date, date] | None = None,
) -> str:
    """An `<svg>` element of some 800 bytes; identical input gives identical text.

    points: oldest first, NaN = not shown. span: first and last date of the axis, where several share one; by default
    that of the points.
    """
    place = _Place(span or ((points[0].on, points[-1].on) if points else (date.min, date.min)))
    shown = [point for point in points if not math.isnan(point.value)]
    solid, dashed = _lines(points, shown, sorted(breaks), place)
    bars = "".join(f"M{place.at(p.on, p.high)}V{place.y(p.low)}" for p in shown if not math.isnan(p.low))
    dots = "".join(f"M{place.at(p.on, p.value)}h0" for p in shown if not math.isnan(p.low))
    hollow = "".join(f"M{place.at(p.on, p.value)}h0" for p in shown if math.isnan(p.low))
    cuts = "".join(f"M{place.x(day)} 2V{HEIGHT - 2}" for day in sorted(breaks))
    grid = "".join(f"M0 {place.y(height)}H{WIDTH}" for height in (0, 50, 100))
    drawn = (
        (grid, f'stroke="{HAIR}"'),
        (cuts, f'stroke="{QUIET}" stroke-dasharray="4 3"'),
        (bars, f'stroke="{FIRST}" stroke-width="5" stroke-opacity=".28" stroke-linecap="round"'),
        (solid, f'stroke="{FIRST}" stroke-width="1.5"'),
        (dashed, f'stroke="{FIRST}" stroke-width="1.5" stroke-dasharray="3 3"'),
        (dots + hollow, f'stroke="{FIRST}" stroke-width="6" stroke-linecap="round"'),
        (hollow, f'stroke="{PAPER}" stroke-width="3" stroke-linecap="round"'),
    )
    paths = "".join(f'<path d="{path}" {look}/>' for path, look in drawn if path)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" fill="none">'
        f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>{paths}</svg>"
    )


class _Place:
    """Dates and points of 100 as places in the drawing."""

    def __init__(self, span: tuple[date, date]) -> None:
        self.start, self.days = span[0], max(1, (span[1] - span[0]).days)
        self.is_single = span[0] >= span[1]

    def x(self, day: date) -> str:
        share = 0.5 if self.is_single else (day - self.start).days / self.days
        return _short(EDGE + share * (WIDTH - 2 * EDGE))

    def y(self, value: float) -> str:
        return _short(EDGE + (100.0 - value) / 100.0 * (HEIGHT - 2 * EDGE))

    def at(self, day: date, value: float) -> str:
        return f"{self.x(day)} {self.y(value)}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _lines(points: Sequence[Point], shown: Sequence[Point], breaks: Sequence[date], place: _Place) -> tuple[str, str]:
    """Lines between neighbours: solid, and dashed over rounds of which nothing may be shown."""
    solid, dashed = "", ""
    for before, after in pairwise(shown):
        if any(before.on < cut <= after.on for cut in breaks):
            continue
        path = f"M{place.at(before.on, before.value)}L{place.at(after.on, after.value)}"
        if any(before.on < point.on < after.on for point in points):
            dashed += path
        else:
            solid += path
    return solid, dashed
