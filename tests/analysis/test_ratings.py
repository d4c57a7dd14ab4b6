from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.ratings import error_variance, organization_means, person_scores, reverse_key, to_points
from analysis.reliability import cronbach_alpha

N = np.nan


@given(
    arrays(float, (4, 3), elements=st.sampled_from([0.0, 3, 10, N])), st.lists(st.booleans(), min_size=3, max_size=3)
)
def test_reversing_twice_changes_nothing(scores: np.ndarray, reverse: list[bool]) -> None:
    once = reverse_key(scores, reverse, low=0, high=10)
    np.testing.assert_array_equal(reverse_key(once, reverse, low=0, high=10), scores)


def test_reversed_items_turn_about_the_ends_of_the_scale() -> None:
    turned = reverse_key(np.array([[2.0, 2], [N, 9]]), [True, False], low=1, high=5)
    assert turned[0].tolist() == [4.0, 2.0]
    assert math.isnan(turned[1, 0])


def test_points_have_fixed_bounds() -> None:
    assert to_points(np.array([1.0, 4, 6]), low=1, high=6).tolist() == [0.0, 60.0, 100.0]
    with pytest.raises(ValueError, match="below high"):
        to_points(np.ones(2), low=5, high=5)


def test_two_thirds_of_the_items_make_a_score() -> None:
    table = np.array([[60.0, 80, 70], [60, 80, N], [60, N, N], [N, N, N]])
    assert person_scores(table)[:2].tolist() == [70.0, 70.0]
    assert np.isnan(person_scores(table)[2:]).all()
    assert person_scores(table, complete=1 / 2)[1] == 70.0
    assert person_scores(table, complete=1 / 3)[2] == 60.0


def test_extra_empty_item_counts_as_unanswered() -> None:
    table = np.array([[60.0, 80], [60, N]])
    assert person_scores(np.column_stack([table, np.full(2, N)]))[0] == 70.0
    assert math.isnan(person_scores(np.column_stack([table, np.full(2, N)]))[1])


def test_organizations_one_person_several_and_none() -> None:
    means, count = organization_means(np.array([50.0, 70, N, 90]), np.array([0, 0, 1, 3]), 4)
    assert means[[0, 3]].tolist() == [60.0, 90.0]
    assert np.isnan(means[[1, 2]]).all()
    assert count.tolist() == [2, 0, 0, 1]


def test_error_of_a_score_is_what_alpha_leaves() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(60, 15, (40, 1)) + rng.normal(0, 10, (40, 4))
    alpha = cronbach_alpha(points).value
    assert error_variance(points) == pytest.approx(points.mean(axis=1).var(ddof=1) * (1 - alpha))
    assert math.isnan(error_variance(points[:1]))
    assert math.isnan(error_variance(points[:, :1]))


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="one entry per item"):
        reverse_key(np.ones((2, 3)), [True], low=0, high=10)
    with pytest.raises(ValueError, match="two-dimensional"):
        person_scores(np.ones(3))
    with pytest.raises(ValueError, match="complete"):
        person_scores(np.ones((2, 2)), complete=0)
