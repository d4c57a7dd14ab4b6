from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.reliability import (
    covariance,
    cronbach_alpha,
    feldt_interval,
    pooled_alpha,
    standard_error_of_measurement,
)
from analysis.split_half import all_splits, guttman_lambdas, split

N = np.nan


def people(n: int = 40, k: int = 5, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(np.round(6 + 2 * rng.normal(size=(n, 1)) + 2 * rng.normal(size=(n, k))), 0, 10)


def test_alpha_of_parallel_items_is_spearman_brown() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(50, 4))
    whitened = (scores - scores.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(covariance(scores))).T
    target = np.full((4, 4), 0.3) + 0.7 * np.eye(4)
    found = cronbach_alpha(whitened @ np.linalg.cholesky(target).T)
    assert found.value == pytest.approx(4 * 0.3 / (1 + 3 * 0.3))
    assert (found.standardized, found.average_r, found.lambda6) == pytest.approx(
        (found.value, 0.3, 1 - 4 * (0.7 * 1.9 / 1.6) / (4 + 12 * 0.3))
    )


def test_alpha_and_its_interval_are_those_of_the_analysis_of_variance() -> None:
    scores = people()
    n, k = scores.shape
    rows = k * ((scores.mean(axis=1) - scores.mean()) ** 2).sum() / (n - 1)
    rest = scores - scores.mean(axis=1, keepdims=True) - scores.mean(axis=0) + scores.mean()
    error = (rest**2).sum() / ((n - 1) * (k - 1))
    found = cronbach_alpha(scores)
    assert found.value == pytest.approx(1 - error / rows)
    ratio, df = rows / error, (n - 1, (n - 1) * (k - 1))
    assert found.raw.low == pytest.approx(1 - stats.f.ppf(0.975, *df) / ratio)
    assert found.raw.high == pytest.approx(1 - stats.f.ppf(0.025, *df) / ratio)


def test_interval_counts_people_after_deletion() -> None:
    scores = people()
    scores[:25, 0] = N
    found = cronbach_alpha(scores)
    assert found.raw.n == 15
    assert found.raw.interval == cronbach_alpha(scores[25:]).raw.interval
    assert found.raw.interval == feldt_interval(found.value, 14, 5)


def test_pairs_use_what_everybody_answered() -> None:
    scores = people()
    complete = cronbach_alpha(scores)
    assert cronbach_alpha(scores, missing="pairwise").value == pytest.approx(complete.value)
    scores[:10, 0] = N
    found = cronbach_alpha(scores, missing="pairwise")
    assert found.raw.n == 40
    assert found.covariance[1, 2] == pytest.approx(complete.covariance[1, 2])
    assert found.covariance[0, 2] == pytest.approx(np.cov(scores[10:, 0], scores[10:, 2])[0, 1])


def test_item_without_the_scale_it_stands_in() -> None:
    scores = people()
    items = cronbach_alpha(scores).items
    assert items is not None
    for i in range(5):
        others = np.delete(scores, i, axis=1)
        assert items.rest[i] == pytest.approx(np.corrcoef(scores[:, i], others.sum(axis=1))[0, 1])
        without = cronbach_alpha(others)
        assert items.if_deleted[i] == pytest.approx(without.value)
        assert items.standardized_if_deleted[i] == pytest.approx(without.standardized)
        assert items.lambda6_if_deleted[i] == pytest.approx(without.lambda6)


def test_deleting_one_of_two_items_leaves_no_scale() -> None:
    items = cronbach_alpha(people(k=2)).items
    assert items is not None
    assert np.isnan(items.if_deleted).all()


@settings(max_examples=25)
@given(st.floats(-20, 20), st.permutations(range(12)))
def test_alpha_knows_neither_constants_nor_order(constant: float, order: list[int]) -> None:
    scores = people(12)
    first, moved = cronbach_alpha(scores), cronbach_alpha(scores[order] + constant)
    assert (moved.value, moved.raw.low) == pytest.approx((first.value, first.raw.low))
    assert cronbach_alpha(10 - (10 - scores)).value == pytest.approx(first.value)


def test_doubled_partnership_keeps_pooled_alpha_nearly() -> None:
    scores, group = people(), np.arange(40) // 8
    first = pooled_alpha(scores, group)
    twice = pooled_alpha(np.vstack([scores, scores]), np.concatenate([group, group + 5]))
    assert twice.value == pytest.approx(first.value)
    assert twice.raw.high - twice.raw.low < first.raw.high - first.raw.low


def test_pooled_alpha_ignores_differences_between_partnerships() -> None:
    scores, group = people(), np.arange(40) // 8
    found = pooled_alpha(scores, group)
    moved = pooled_alpha(scores + 15.0 * group[:, None], group)
    assert (moved.value, moved.raw.low, moved.raw.high) == pytest.approx((found.value, found.raw.low, found.raw.high))
    assert cronbach_alpha(scores + 15.0 * group[:, None]).value > moved.value + 0.1
    assert found.raw.interval == pytest.approx(feldt_interval(found.value, 40 - 5, 5))


def test_one_group_pooled_is_alpha() -> None:
    scores = people()
    assert pooled_alpha(scores, np.zeros(40, dtype=int)).value == pytest.approx(cronbach_alpha(scores).value)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((5, 3), N), "no_data"),
        (np.ones((5, 1)), "too_few"),
        (people(2), "too_few"),
        (np.full((6, 3), 4.0), "zero_variance"),
        (np.column_stack([np.arange(6.0), -np.arange(6.0)]), "zero_variance"),
        (np.column_stack([people(6), np.full(6, N)]), "too_few"),
    ],
)
def test_no_alpha_without_something_to_compare(scores: np.ndarray, reason: str) -> None:
    found = cronbach_alpha(scores)
    assert found.raw.reason == reason
    assert np.isnan([found.value, found.raw.low, found.standardized]).all()


def test_items_never_answered_together() -> None:
    scores = people(10, 2)
    scores[:5, 0] = N
    scores[5:, 1] = N
    assert cronbach_alpha(scores, missing="pairwise").raw.reason == "no_overlap"


def test_constant_item_stays_and_is_flagged() -> None:
    scores = people()
    with_constant = np.column_stack([scores, np.full(40, 7.0)])
    found = cronbach_alpha(with_constant)
    assert found.raw.flags == ("zero_variance_item",)
    assert found.value == pytest.approx(cronbach_alpha(scores).value * 6 / 5 * 4 / 5)
    assert math.isnan(found.standardized)


def test_identical_items_are_perfectly_consistent() -> None:
    one = people(k=1)
    found = cronbach_alpha(np.column_stack([one, one, one]))
    assert (found.value, found.raw.low, found.raw.high) == pytest.approx((1, 1, 1))
    assert math.isnan(found.lambda6)


def test_too_few_to_pool() -> None:
    assert pooled_alpha(people(19), np.zeros(19, dtype=int)).raw.reason == "too_few"
    assert pooled_alpha(people(25), np.arange(25)).raw.reason == "too_few"


def test_error_of_measurement() -> None:
    assert standard_error_of_measurement(20.0, 0.75) == 10.0
    assert math.isnan(standard_error_of_measurement(20.0, -0.1))
    assert math.isnan(standard_error_of_measurement(20.0, N))


def test_mean_of_all_splits_of_an_even_scale_is_alpha() -> None:
    matrix = covariance(people(k=6))
    splits = all_splits(matrix)
    assert splits.size == 10
    bounds = guttman_lambdas(matrix)
    assert splits.mean() == pytest.approx(bounds.lambda3)
    assert bounds.lambda1 < bounds.lambda3 <= bounds.lambda2 <= 1
    assert splits.max() >= bounds.lambda3


def test_splits_are_those_of_the_halves_written_out() -> None:
    scores = people(k=5)
    splits = all_splits(covariance(scores))
    assert splits.size == 10
    first = scores[:, :2].sum(axis=1)
    rest = scores[:, 2:].sum(axis=1)
    expected = 4 * np.cov(first, rest)[0, 1] / np.var(first + rest, ddof=1)
    assert splits[0] == pytest.approx(expected)
    found = split(covariance(scores), np.array([True, True, False, False, False]))
    assert found.rulon == pytest.approx(expected)
    assert found.r == pytest.approx(np.corrcoef(first, rest)[0, 1])
    assert found.spearman_brown == pytest.approx(2 * found.r / (1 + found.r))


def test_lambda5_by_hand() -> None:
    # one strong item: 2 sqrt(.5^2 + .4^2) above lambda 1
    matrix = np.array([[1, 0.5, 0.4], [0.5, 1, 0.2], [0.4, 0.2, 1]])
    assert guttman_lambdas(matrix).lambda5 == pytest.approx(2.2 / 5.2 + 2 * np.sqrt(0.41) / 5.2)


def test_nothing_to_split() -> None:
    assert all_splits(np.zeros((4, 4))).size == 0
    assert all_splits(np.eye(17)).size == 0
    assert math.isnan(guttman_lambdas(np.zeros((3, 3))).lambda2)
    assert math.isnan(split(np.zeros((2, 2)), np.array([True, False])).r)
