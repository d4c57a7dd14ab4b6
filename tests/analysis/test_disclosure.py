"""The rules for what may be shown, one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure import (
    cell_refusal,
    comments_may_be_shown,
    difference,
    interval_grid,
    may_stand_together,
    ranges_around,
    rounded_outward,
    scale_points_left,
    size_band,
    spread_word,
    whole_points,
    word_range,
)
from analysis.published import Population, Structure


@pytest.mark.parametrize(
    ("sizes", "refusal"),
    [
        ([2, 2, 1], None),
        ([1, 1, 1, 1], "too_few"),
        ([3, 2], "too_few"),
        ([3, 2, 0, 0], "too_few"),
        ([3, 1, 1], "insider"),
        ([8, 1, 1], "insider"),
        ([8, 2, 1], None),
        ([], "too_few"),
    ],
)
def test_floors_of_a_cell(sizes, refusal):
    assert cell_refusal(sizes) == refusal


def test_a_negative_head_count_is_a_mistake():
    with pytest.raises(ValueError, match="head-count"):
        cell_refusal([3, -1, 4])


@given(st.lists(st.integers(0, 5), max_size=15))
def test_a_shown_cell_keeps_every_floor(sizes):
    shown = cell_refusal(sizes) is None
    kept = sum(sizes) >= 5 and sum(n > 0 for n in sizes) >= 3 and sum(sizes) - max(sizes, default=0) >= 3
    assert shown == kept


@pytest.mark.parametrize(("sizes", "may"), [([3, 3, 2], True), ([4, 4], False), ([3, 2, 2], False), ([6, 1, 1], True)])
def test_floors_of_comments(sizes, may):
    assert comments_may_be_shown(sizes) is may


@pytest.mark.parametrize(
    ("n", "band"),
    [(0, ""), (4, ""), (5, "5-7"), (7, "5-7"), (8, "8-10"), (10, "8-10"), (11, "11-15"), (16, "16-25"), (26, "26+")],
)
def test_bands_of_group_size(n, band):
    assert size_band(n) == band


def test_whole_points_round_halves_away_from_zero():
    given_values = np.array([0.5, 1.49, 2.5, -0.5, -1.2, math.nan])
    np.testing.assert_array_equal(whole_points(given_values), [1.0, 1.0, 3.0, -1.0, -1.0, math.nan])


@pytest.mark.parametrize(("n", "grid"), [(3, 0), (4, 5), (7, 5), (8, 1), (30, 1)])
def test_grid_of_an_interval(n, grid):
    assert interval_grid(n) == grid


def test_intervals_round_outward_and_stay_on_the_scale():
    assert rounded_outward(61.2, 73.1, 5) == (60.0, 75.0)
    assert rounded_outward(61.2, 73.1, 1) == (61.0, 74.0)
    assert rounded_outward(-3.0, 104.0, 5) == (0.0, 100.0)
    assert math.isnan(rounded_outward(math.nan, 3.0, 5).low)
    with pytest.raises(ValueError, match="grid"):
        rounded_outward(1.0, 2.0, 0)


@pytest.mark.parametrize(("sd", "word"), [(0, "close"), (14.99, "close"), (15, "mixed"), (25, "apart"), (50, "apart")])
def test_words_of_spread(sd, word):
    assert spread_word(sd) == word
    low, high = word_range(word)
    assert low <= sd < high


def test_no_word_for_no_spread():
    assert spread_word(math.nan) == ""


def test_difference_counts_people_per_organization():
    everybody = Population("all", (("a", 3), ("b", 2), ("c", 2), ("d", 1)))
    matched = Population("matched", (("a", 3), ("b", 1), ("c", 2)))
    assert difference(everybody, matched) == (2, 2)
    assert not may_stand_together(everybody, matched)
    assert may_stand_together(everybody, everybody)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_two_populations_are_equal_or_far_apart(pairs):
    first = Population("f", tuple((f"o{i}", a) for i, (a, _) in enumerate(pairs)))
    second = Population("s", tuple((f"o{i}", b) for i, (_, b) in enumerate(pairs)))
    people, organizations = sum(abs(a - b) for a, b in pairs), sum(a != b for a, b in pairs)
    assert may_stand_together(first, second) == (people == 0 or (people >= 5 and organizations >= 3))
    assert may_stand_together(first, second) == may_stand_together(second, first)


@given(st.floats(0, 100))
def test_ranges_widen_and_hold_the_value(value):
    ranges = ranges_around(value)
    assert [high - low for low, high in ranges] == [10.0, 20.0, 40.0]
    assert all(0 <= low <= value <= high <= 100 for low, high in ranges)


def test_a_lone_answer_keeps_the_points_of_its_interval():
    low, high = np.array([75.0, 95.0, 95.0]), np.array([100.0, 100.0, 100.0])
    np.testing.assert_array_equal(scale_points_left(low, high, np.array([1, 1, 3]), 10.0), [3, 1, 2])


def test_leaves_multiply_weights_down_the_index():
    structure = Structure(
        {}, {"composite": (("T", 0.5), ("R", 0.5)), "T": (("T1", 0.5), ("T2", 0.5)), "R": (("R1", 1.0),)}
    )
    assert structure.leaves("composite") == {"T1": 0.25, "T2": 0.25, "R1": 0.5}
    assert structure.leaves("T2") == {"T2": 1.0}
