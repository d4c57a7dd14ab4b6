"""Small multiples are tested by what they draw: dots at their values, intervals, gaps, breaks, identical text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from analysis.charts import Point
from analysis.small_multiples import EDGE, HEIGHT, WIDTH, small_multiple

NAN = float("nan")
SVG = "{http://www.w3.org/2000/svg}"


def days(*values: float, interval: float = 8.0) -> list[Point]:
    return [
        Point(date(2024 + at, 6, 30), f"Round {at}", value, value - interval, value + interval)
        for at, value in enumerate(values)
    ]


def drawn(points: list[Point], breaks: tuple[date, ...] = (), **given: object) -> ET.Element:
    return ET.fromstring(small_multiple(points, breaks, title="Trust", description="what it shows", **given))


def paths(root: ET.Element, **look: str) -> list[tuple[float, float]]:
    """Where the strokes of the paths with this look begin."""
    chosen = [one for one in root.iter(f"{SVG}path") if all(one.get(k.replace("_", "-")) == v for k, v in look.items())]
    return [tuple(map(float, at)) for one in chosen for at in re.findall(r"M(\S+) (\S+?)(?=[HVLh])", one.get("d"))]


def test_dots_lie_at_their_values_and_dates():
    dots = paths(drawn(days(100, 50, 0)), stroke_width="6")
    assert [y for _, y in dots] == [EDGE, HEIGHT / 2, HEIGHT - EDGE]
    assert [x for x, _ in dots] == pytest.approx([EDGE, WIDTH / 2, WIDTH - EDGE], abs=0.1)


def test_intervals_reach_from_high_to_low():
    (bar,) = (one.get("d") for one in drawn(days(50, interval=10)).iter(f"{SVG}path") if one.get("stroke-opacity"))
    assert bar == f"M84 {EDGE + 0.4 * 40:g}V{EDGE + 0.6 * 40:g}"


def test_value_without_interval_is_hollow():
    bare = Point(date(2024, 6, 30), "", 40)
    assert len(paths(drawn([bare]), stroke_width="3")) == 1
    assert paths(drawn(days(40)), stroke_width="3") == []


def test_gap_is_bridged_by_dashes_and_break_by_nothing():
    points = days(60, NAN, 40, 42)
    assert len(paths(drawn(points), stroke_dasharray="3 3")) == 1
    cut = drawn(points, (date(2026, 12, 30),))
    assert paths(cut, stroke_width="1.5", stroke_dasharray=None) == []
    assert len(paths(cut, stroke_dasharray="4 3")) == 1


def test_axis_may_be_shared():
    alone = paths(drawn(days(50), span=(date(2024, 6, 30), date(2034, 6, 30))), stroke_width="6")
    assert alone[0][0] == EDGE


def test_nothing_shown_is_an_empty_frame():
    assert paths(drawn([]), stroke_width="6") == paths(drawn(days(NAN)), stroke_width="6") == []


def test_words_are_text_and_bytes_are_stable():
    hard = small_multiple(days(50), title='<script>"&', description="ទំនុកចិត្ត\u202e")
    assert "<script>" not in hard
    assert ET.fromstring(hard).find(f"{SVG}title").text == '<script>"&'
    assert hard == small_multiple(days(50), title='<script>"&', description="ទំនុកចិត្ត\u202e")
    assert len(small_multiple(days(*range(40, 52)), title="Trust", description="x")) < 1500
