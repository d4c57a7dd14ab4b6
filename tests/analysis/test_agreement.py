from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.agreement import (
    ad_mean,
    ad_median,
    agreement,
    awg,
    null_percentile,
    null_variance,
    polarized,
    rwg,
    rwg_j,
    rwg_j_star,
)

N = np.nan


def test_null_variances_of_published_scales() -> None:
    assert null_variance(5) == 2.0  # James, Demaree & Wolf (1984)
    assert null_variance(11) == 10.0
    assert null_variance(11, step=10.0) == 1000.0


def test_deviations_and_rwg_by_hand() -> None:
    values = np.array([2.0, 4, 9, N])
    assert ad_mean(values) == pytest.approx((3 + 1 + 4) / 3)
    assert ad_median(values) == pytest.approx((2 + 0 + 5) / 3)
    assert rwg(values, 10.0, clip=False) == pytest.approx(1 - 13 / 10)
    assert rwg(values, 10.0) == 0.0


def test_rwg_j_grows_with_the_items_and_its_twin_does_not() -> None:
    one = np.array([[4.0], [5], [6], [5]])
    ten = np.repeat(one, 10, axis=1)
    single = 1 - (2 / 3) / 10
    assert rwg_j(one, 10.0) == pytest.approx(single)
    assert rwg_j(ten, 10.0) == pytest.approx(10 * single / (1 + 9 * single))
    assert rwg_j_star(ten, 10.0) == pytest.approx(single)


def test_people_with_a_gap_are_left_out_of_several_items() -> None:
    table = np.array([[4.0, 5], [6, N], [8, 9], [5, 5]])
    assert rwg_j_star(table, 10.0) == pytest.approx(rwg_j_star(table[[0, 2, 3]], 10.0))


@given(st.lists(st.integers(0, 10), min_size=2, max_size=12), st.integers(-5, 5))
def test_agreement_moves_with_no_constant(values: list[int], constant: int) -> None:
    given_ = np.array(values, dtype=float)
    assert ad_mean(given_ + constant) == pytest.approx(ad_mean(given_), abs=1e-12)
    assert ad_mean(10 - given_) == pytest.approx(ad_mean(given_), abs=1e-12)
    assert ad_median(given_) <= ad_mean(given_) + 1e-12
    assert rwg(given_ + constant, 10.0) == pytest.approx(rwg(given_, 10.0), abs=1e-12)


def test_awg_at_its_ends() -> None:
    # half at each end is the most disagreement there is: -1; all at one end is agreement
    assert awg(np.array([1.0, 1, 5, 5]), low=1, high=5) == pytest.approx(-1)
    assert awg(np.array([5.0, 5, 5]), low=1, high=5) == 1.0
    assert awg(np.array([3.0, 3, 3]), low=1, high=5) == 1.0
    assert math.isnan(awg(np.array([1.0, 1, 1, 1, 2]), low=1, high=5))
    # one of n at the other end is the edge of what can be read
    assert awg(np.array([1.0, 1, 1, 5]), low=1, high=5) == pytest.approx(-1)


def test_agreement_of_scale_and_points_say_the_same() -> None:
    table = np.array([[7.0, 8, 6], [6, 8, 7], [9, 7, 8], [5, 6, 7]])
    on_scale, in_points = agreement(table), agreement(table * 10, step=10.0)
    assert in_points.ad_mean == pytest.approx(10 * on_scale.ad_mean)
    assert (in_points.rwg_j, in_points.null_95) == pytest.approx((on_scale.rwg_j, on_scale.null_95))
    assert on_scale.rwg_j == pytest.approx(rwg_j(table, 10.0))
    assert on_scale.rwg_j_star == pytest.approx(rwg_j_star(table, 10.0))


def test_itemwise_keeps_those_who_skipped_an_item() -> None:
    table = np.array([[7.0, N], [6, 8], [9, 7], [5, N]])
    assert agreement(table).n == 2
    found = agreement(table, missing="itemwise")
    assert (found.n, found.items) == (4, 2)
    assert found.ad_mean == pytest.approx((ad_mean(table[:, 0]) + ad_mean(table[:, 1])) / 2)
    assert found.null_95 == null_percentile(2, 11, items=2)


@pytest.mark.parametrize(
    ("table", "n", "reason"),
    [
        (np.full((4, 2), N), 0, "no_data"),
        (np.array([[5.0, 6.0], [N, 3.0]]), 1, "too_few"),
        (np.empty((0, 3)), 0, "no_data"),
    ],
)
def test_nobody_to_agree_with(table: np.ndarray, n: int, reason: str) -> None:
    found = agreement(table)
    assert (found.n, found.reason) == (n, reason)
    assert np.isnan([found.ad_mean, found.rwg_j, found.null_95]).all()


def test_chance_of_two_people_in_closed_form() -> None:
    # two of eleven points: rwg = 1 - d^2/20; d = 0 with 11/121 of the pairs, so the 95th percentile is full agreement
    assert null_percentile(2, 11) == 1.0
    # d <= 1 with 31/121 = .256: the .80 quantile lies at d = 1
    assert null_percentile(2, 11, share=0.80) == pytest.approx(1 - 0.5 / 10)


def test_chance_alone_passes_the_usual_threshold_in_small_groups() -> None:
    assert null_percentile(3, 11) > 0.9
    assert null_percentile(30, 11) < 0.4
    assert null_percentile(5, 11, items=6) > 0.7


def test_same_design_same_percentile_and_another_stream_comes_near() -> None:
    first = null_percentile(7, 11, items=3)
    assert null_percentile(7, 11, items=3) == first
    assert null_percentile(7, 11, items=3, rng=np.random.default_rng(8)) == pytest.approx(first, abs=0.02)


def test_sides_or_spread_make_it_seen_differently() -> None:
    assert not polarized(1.83)
    assert polarized(1.84)
    assert polarized(18.4, step=10.0)
    assert not polarized(N)
    assert polarized(0.2, sides_differ=True)


def test_impossible_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="two points"):
        null_variance(1)
    with pytest.raises(ValueError, match="two-dimensional"):
        agreement(np.ones(3))
    with pytest.raises(ValueError, match="share"):
        null_percentile(3, 11, share=1.0)
