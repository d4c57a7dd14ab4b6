from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from analysis.bootstrap import (
    Clusters,
    Distribution,
    acceleration,
    basic,
    bca,
    cluster_bootstrap,
    jackknife,
    normal,
    percentile,
)
from analysis.cluster_means import cluster_robust_mean, fixed_organizations

VALUES = np.array([70.0, 55.0, 62.0, 81.0, 40.0, 58.0, 66.0, 73.0])
CLUSTER = np.array([0, 0, 1, 2, 2, 2, 3, 4])


@pytest.mark.parametrize("voices", ["organization", "person"])
def test_listing_equals_all_orders_written_out(voices: str) -> None:
    clusters = Clusters.of(VALUES, CLUSTER, 5, voices)
    copies = np.array([np.bincount(draw, minlength=5) for draw in itertools.product(range(5), repeat=5)])
    everything = np.sort(clusters.means(copies.astype(float)))
    draws = clusters.all_draws()
    assert draws.size == 5**5
    assert draws.mean == pytest.approx(everything.mean())
    assert draws.standard_error(divisor="n") == pytest.approx(everything.std())
    for share in (0.0, 0.025, 0.3, 0.5, 0.975, 1.0):
        assert draws.quantile(share) == pytest.approx(np.quantile(everything, share))


def test_bca_of_replicates_as_scipy() -> None:
    sample = stats.expon.rvs(size=20, random_state=1)
    found = stats.bootstrap((sample,), np.mean, n_resamples=999, method="BCa", rng=np.random.default_rng(3))
    left_out = jackknife(sample, lambda x: float(np.mean(x)))
    draws = Distribution.of(found.bootstrap_distribution)
    ours = bca(draws, float(sample.mean()), acceleration(left_out), ties="midrank")
    # scipy takes the quantile by its own rule, hence the width of one step
    step = np.diff(np.sort(found.bootstrap_distribution)).max()
    assert ours.interval == pytest.approx(found.confidence_interval, abs=step)


def test_basic_is_percentile_turned_about_the_estimate() -> None:
    draws = Distribution.of(np.arange(101.0))
    assert percentile(draws, confidence=0.9) == pytest.approx((5.0, 95.0))
    assert basic(draws, 40.0, confidence=0.9) == pytest.approx((-15.0, 75.0))
    low, high = normal(draws, 40.0)
    assert (low + high) / 2 == pytest.approx(30.0)  # the bias of +10 taken off


def test_replicates_on_one_side_give_no_bca() -> None:
    found = bca(Distribution.of(np.arange(5.0)), -3.0, 0.0)
    assert math.isnan(found.z0)
    assert np.isnan(found.interval).all()


def test_acceleration_of_equal_values_is_unknown() -> None:
    assert math.isnan(acceleration(np.full(6, 0.1 + 0.2)))


def test_cluster_bootstrap_up_to_eight_organizations_is_exact() -> None:
    first = cluster_bootstrap(VALUES, CLUSTER, rng=np.random.default_rng(1))
    again = cluster_bootstrap(VALUES, CLUSTER, rng=np.random.default_rng(2))
    assert first == again
    assert (first.n, first.reason) == (5, None)
    assert first.low < first.value < first.high


def test_drawn_intervals_come_near_the_exact_ones() -> None:
    clusters = Clusters.of(VALUES, CLUSTER, 5, "organization")
    exact, drawn = clusters.all_draws(), clusters.drawn(20_000, np.random.default_rng(5))
    assert percentile(drawn) == pytest.approx(percentile(exact), abs=0.12 * exact.standard_error())
    assert drawn.standard_error() == pytest.approx(exact.standard_error(), rel=0.02)


@pytest.mark.parametrize("method", ["percentile", "basic", "normal", "bca"])
def test_every_method_moves_with_a_constant(method: str) -> None:
    def found(values: np.ndarray) -> np.ndarray:
        made = cluster_bootstrap(values, CLUSTER, method=method, rng=np.random.default_rng(1))
        return np.array([made.value, made.low, made.high])

    assert found(VALUES + 7) == pytest.approx(found(VALUES) + 7)


@pytest.mark.parametrize(
    ("values", "reason"),
    [([np.nan] * 8, "no_data"), ([1.0, 2, 3, 4, 5, 6, np.nan, np.nan], "too_few"), ([5.0] * 8, "zero_variance")],
)
def test_no_interval_without_enough_to_draw_from(values: list[float], reason: str) -> None:
    found = cluster_bootstrap(np.array(values), CLUSTER, rng=np.random.default_rng(1))
    assert found.reason == reason
    assert np.isnan([found.low, found.high]).all()


def test_fixed_organizations_of_two_are_welch() -> None:
    a, b = np.array([50.0, 60, 75]), np.array([20.0, 22, 40, 60])
    found = fixed_organizations(np.concatenate([a, b]), np.array([0] * 3 + [1] * 4), 2)
    difference = stats.ttest_ind(a, b, equal_var=False)
    assert found.df == pytest.approx(difference.df)
    assert found.se * 2 == pytest.approx((a.mean() - b.mean()) / difference.statistic)


def test_single_informant_leaves_no_error_within() -> None:
    found = fixed_organizations(VALUES, CLUSTER, 5)
    assert not math.isnan(found.value)
    assert np.isnan([found.se, found.df, found.low]).all()


def test_clusters_of_one_are_the_ordinary_t_interval() -> None:
    found = cluster_robust_mean(VALUES, np.arange(8), correction="CR2")
    low, high = stats.t.interval(0.95, 7, VALUES.mean(), stats.sem(VALUES))
    assert (found.df, found.low, found.high) == pytest.approx((7, low, high))


def test_one_cluster_has_no_robust_error() -> None:
    found = cluster_robust_mean(VALUES, np.zeros(8, dtype=int))
    assert found.value == VALUES.mean()
    assert math.isnan(found.se)
