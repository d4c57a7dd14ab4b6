"""Charts are tested by what they draw: points, labels, gaps, words, and identical bytes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.charts import Event, Point, Series, control_chart, trend
from analysis.drawing import FAMILIES, NARROW, Size, clean, spread_labels, to_png, to_svg, wrap
from analysis.network import heat_map, network
from analysis.profiles import Row, Shares, agreement_strip, profile

SVG = "{http://www.w3.org/2000/svg}"
HARD_NAMES = (
    "\u202eevil\u202c مؤسسة التعاون",
    "Đại sứ quán",
    "N" * 300,
    "<script>alert(1)</script> & $\\frac{1}{0}$",
    "ក្រសួងសុខាភិបាល 😀",
    "a\u0000b\nc",
)


def points(*values: float, step: int = 182, note: str = "") -> tuple[Point, ...]:
    made = []
    for index, value in enumerate(values):
        day = date.fromordinal(date(2023, 6, 30).toordinal() + index * step)
        known = not np.isnan(value)
        bounds = (value - 8, value + 8) if known else (np.nan, np.nan)
        made.append(Point(day, f"Round {index + 1}", value, *bounds, note="" if known else note))
    return tuple(made)


def svg_of(figure: object) -> ET.Element:
    return ET.fromstring(to_svg(figure, title="Trust", description="what it shows"))


def texts(root: ET.Element) -> list[str]:
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def solid_lines(figure: object) -> list[int]:
    axes = figure.axes[0]  # type: ignore[attr-defined]  # Type ignore: figures are opaque to our code
    return [len(line.get_xdata()) for line in axes.lines if line.get_linestyle() == "-" and line.get_linewidth() == 1.6]


def test_khmer_is_shaped():
    from matplotlib import ft2font

    assert ft2font.__libraqm_version__


def test_trend_shows_every_value():
    shown = texts(svg_of(trend([Series("Trust", points(62, 58, 47))])))
    assert {"62", "58", "47", "Round 1", "Round 3"} <= set(shown)


def test_trend_joins_neighbours():
    assert solid_lines(trend([Series("Trust", points(62, 58, 47))])) == [2, 2]


def test_gap_is_dashed_and_explained():
    figure = trend([Series("Trust", points(62, np.nan, 47, note="too few answers"))])
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert solid_lines(figure) == []
    assert len(dashed) == 1
    assert "too few answers" in texts(svg_of(figure))


def test_break_cuts_the_line():
    events = [Event(date(2023, 10, 1), "Questionnaire changed", is_break=True)]
    assert solid_lines(trend([Series("Trust", points(62, 58, 47))], events)) == [2]


def test_event_does_not_cut_the_line():
    events = [Event(date(2023, 10, 1), "Partner joined")]
    figure = trend([Series("Trust", points(62, 58, 47))], events)
    assert solid_lines(figure) == [2, 2]
    assert "Partner joined" in texts(svg_of(figure))


def test_point_without_interval_is_hollow():
    bare = Point(date(2024, 1, 1), "Round 1", 55.0, note="no interval")
    marks = [line for line in trend([Series("T", (bare,))]).axes[0].lines if line.get_marker() == "o"]
    assert [mark.get_markerfacecolor() for mark in marks] == ["#ffffff"]


def test_two_series_have_two_markers_and_names():
    figure = trend([Series("National", points(62, 58)), Series("External", points(52, 49))])
    assert {line.get_marker() for line in figure.axes[0].lines} >= {"o", "s"}
    assert {"National", "External"} <= set(texts(svg_of(figure)))


def test_empty_series_is_drawn():
    assert "Trust" in to_svg(trend([]), title="Trust", description="")


def test_identical_input_gives_identical_bytes():
    def draw() -> tuple[str, bytes]:
        figure = trend([Series("Trust", points(62, 58, 47))])
        return to_svg(figure, title="Trust", description="d"), to_png(figure)

    assert draw() == draw()


def test_svg_obeys_a_strict_content_policy():
    drawn = to_svg(profile([Row("Trust", points(62))]), title="Trust", description="d")
    assert " style=" not in drawn
    assert "<style" not in drawn
    assert "<script" not in drawn


def test_svg_names_itself():
    root = svg_of(trend([Series("Trust", points(62, 58))]))
    ids = {node.get("id") for node in root.iter()}
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Trust"
    assert root.find(f"{SVG}desc").text == "what it shows"
    assert set(root.get("aria-labelledby").split()) <= ids


def test_references_inside_the_svg_resolve():
    drawn = to_svg(trend([Series("Trust", points(62, 58))]), title="Trust", description="d")
    ids = set(re.findall(r'id="([^"]+)"', drawn))
    assert set(re.findall(r'href="#([^"]+)"', drawn)) | set(re.findall(r"url\(#([^)]+)\)", drawn)) <= ids


def test_outlined_svg_needs_no_font():
    figure = trend([Series("ទំនុកចិត្ត", points(62))])
    assert texts(ET.fromstring(to_svg(figure, title="t", description="d", outlined=True))) == []
    assert "62" in texts(svg_of(figure))


def test_text_falls_back_through_our_fonts():
    drawn = to_svg(trend([Series("Trust", points(62))]), title="t", description="d")
    assert ", ".join(f"'{family}'" for family in FAMILIES) in drawn


@pytest.mark.parametrize("name", HARD_NAMES)
def test_hard_names_stay_text(name):
    rows = [Row(name, points(62))]
    root = svg_of(profile(rows, (name, name)))
    assert not list(root.iter(f"{SVG}script"))
    assert max(len(text) for text in texts(root)) <= 64


def test_profile_writes_the_reason():
    shown = texts(svg_of(profile([Row("Trust", (Point(date(2024, 1, 1), "", note="too few answers"),))])))
    assert "too few answers" in shown


@pytest.mark.parametrize("value", [12.0, 88.0])
def test_profile_says_why_there_is_no_interval(value):
    bare = Point(date(2024, 1, 1), "", value, note="too few organizations")
    assert {"too few organizations", f"{value:.0f}"} <= set(texts(svg_of(profile([Row("Trust", (bare,))]))))
    bounded = Point(date(2024, 1, 1), "", value, value - 5, value + 5, note="too few organizations")
    assert "too few organizations" not in texts(svg_of(profile([Row("Trust", (bounded,))])))


def test_narrow_profile_fits():
    assert 'viewBox="0 0 360' in to_svg(profile([Row("Trust", points(62))], size=NARROW), title="t", description="d")


def test_agreement_strip_shows_word_instead_of_shares():
    shown = texts(svg_of(agreement_strip([Shares("T1", (0.5, 0.5)), Shares("T2", note="apart")], ("low", "high"))))
    assert {"apart", "low", "high", "T1", "T2"} <= set(shown)


def test_control_chart_rings_what_lies_outside():
    figure = control_chart(points(50, 52, 49, 71), 52, 40, 64, ("centre", "lower", "upper"))
    rings = [line for line in figure.axes[0].lines if line.get_markersize() == 13]
    assert [list(ring.get_ydata()) for ring in rings] == [[71]]


def test_heat_map_writes_known_cells_only():
    trust = np.array([[np.nan, 71.0], [np.nan, np.nan]])
    shown = texts(svg_of(heat_map(trust, ["A", "B"], rater_title="from", rated_title="about")))
    assert "71" in shown
    assert "nan" not in " ".join(shown)


def test_heat_map_refuses_a_wrong_shape():
    with pytest.raises(ValueError, match="square"):
        heat_map(np.zeros((2, 3)), ["A", "B"], rater_title="", rated_title="")


def test_network_dashes_half_known_pairs():
    trust = np.array([[np.nan, 71.0, 60.0], [np.nan, np.nan, 40.0], [80.0, 50.0, np.nan]])
    lines = [
        line for line in network(trust, ["A", "B", "C"], ["n", "e", "e"]).axes[0].lines if line.get_marker() == "None"
    ]
    assert sorted(line.get_linestyle() for line in lines) == ["-", "-", "--"]


def test_labels_are_moved_apart():
    assert spread_labels([50.0, 51.0, 20.0], 9.0) == [50.0, 59.0, 20.0]


def test_long_labels_are_shortened_visibly():
    assert clean("x" * 80, 10) == "x" * 9 + "…"
    assert wrap("Common vision and shared objectives", 18) == "Common vision and\nshared objectives"


@pytest.mark.parametrize("size", [Size(360, 200, 11), Size(720, 200)])
def test_names_above_a_profile_do_not_touch_in_any_language(size):
    names = ("partenaires nationaux", "partenaires extérieurs")
    drawn = profile([Row("Transparence", points(46, 34))], names, size=size)
    renderer = FigureCanvasAgg(drawn).get_renderer()
    first, second = (text.get_window_extent(renderer) for text in drawn.axes[0].texts if text.get_text() in names)
    assert first.x0 >= 0
    assert first.x1 < second.x0
    assert second.x1 <= drawn.bbox.x1


def test_numbers_of_events_on_neighbouring_days_stand_apart():
    days = [Event(date.fromordinal(date(2024, 1, 1).toordinal() + at), str(at + 1)) for at in range(8)]
    figure = trend([Series("Trust", points(62, 58, 47))], days, size=NARROW)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [one.get_window_extent(renderer) for one in figure.axes[0].texts if one.get_text() in "12345678"]
    assert len(boxes) == 8
    assert not any(a.overlaps(b) for at, a in enumerate(boxes) for b in boxes[at + 1 :])
