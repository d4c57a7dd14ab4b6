from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.intervals import partnership_level, t_interval, two_stage_error, wilson

N = np.nan
# five organizations of 3, 2, 2, 1 and 2 invited; the fourth did not answer, the first and last not wholly
ORGANIZATION = np.array([0, 0, 1, 1, 2, 2, 4])
VALUES = np.array([60.0, 80, 50, 70, 90, 70, 40])
INVITED = np.array([3, 2, 2, 1, 2])


def test_t_interval_as_scipy() -> None:
    values = np.array([62.0, 71, N, 55, 80])
    found = t_interval(values, confidence=0.9)
    known = values[np.isfinite(values)]
    assert found.interval == pytest.approx(stats.t.interval(0.9, 3, known.mean(), stats.sem(known)))
    assert found.n == 4


@pytest.mark.parametrize(("values", "reason"), [([], "no_data"), ([N, N], "no_data"), ([50.0], "too_few")])
def test_t_interval_needs_two(values: list[float], reason: str) -> None:
    found = t_interval(np.array(values))
    assert found.reason == reason
    assert math.isnan(found.low)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (17, 30)])
def test_wilson_as_scipy(successes: int, trials: int) -> None:
    found = wilson(successes, trials)
    theirs = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert found.interval == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_of_nobody() -> None:
    assert wilson(0, 0).reason == "no_data"
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_infinite_question_is_t_over_organizations() -> None:
    found = partnership_level(VALUES, ORGANIZATION, INVITED, question="infinite")
    means = np.array([70.0, 60, 80, 40])
    assert (found.value, found.n) == (62.5, 4)
    low, high = stats.t.interval(0.95, 3, 62.5, stats.sem(means))
    assert found.interval == pytest.approx((low, high))


def test_finite_question_by_hand() -> None:
    found = partnership_level(VALUES, ORGANIZATION, INVITED, question="finite")
    between = np.var([70.0, 60, 80, 40], ddof=1)
    within = (200 + 200 + 200) / 3
    variance = (1 - 4 / 5) * between / 4 + ((1 - 2 / 3) / 2 + 0 + 0 + (1 - 1 / 2)) * within / (4 * 5)
    half = stats.t.ppf(0.975, 3) * np.sqrt(variance)
    assert found.interval == pytest.approx((62.5 - half, 62.5 + half))


def test_many_at_once_are_each_alone() -> None:
    rng = np.random.default_rng(2)
    asked = rng.integers(0, 5, (30, 6))
    answered = np.minimum(asked, rng.integers(0, 4, (30, 6)))
    means, squares = rng.normal(60, 10, (30, 6)), rng.uniform(0, 500, 30)
    many = two_stage_error(means, answered, asked, squares)
    for i in range(30):
        alone = two_stage_error(means[i], answered[i], asked[i], squares[i])
        assert (float(alone[0]), float(alone[1])) == pytest.approx((many[0][i], many[1][i]), nan_ok=True)


def test_lone_answers_borrow_the_spread_between() -> None:
    variance, df = two_stage_error(np.array([50.0, 60, 70, 80]), np.ones(4, dtype=int), np.full(4, 3), 0.0)
    between = np.var([50.0, 60, 70, 80], ddof=1)
    assert float(variance) == pytest.approx(4 * (2 / 3) * between / 16)
    assert float(df) == 3


def test_everybody_answered_leaves_measurement_error_only() -> None:
    values, organization = np.array([60.0, 80, 50, 70, 90]), np.array([0, 0, 1, 2, 3])
    invited = np.array([2, 1, 1, 1, 0])
    bare = partnership_level(values, organization, invited, question="finite")
    assert (bare.reason, bare.n) == ("complete_count", 4)
    found = partnership_level(values, organization, invited, question="finite", error_variance=100.0)
    assert found.flags == ("complete_count",)
    assert found.high - found.value == pytest.approx(np.sqrt(100 / 2 + 3 * 100) / 4)


def test_interval_stays_on_the_scale() -> None:
    values = np.array([100.0, 100, 100, 60])
    found = partnership_level(values, np.arange(4), np.ones(4, dtype=int), question="infinite")
    assert found.high == 100.0
    assert found.low < 90


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([N] * 5, "no_data"),
        ([50.0, 60, 70, N, N], "too_few"),
        ([50.0] * 5, "zero_variance"),
        ([50.1] * 5, "zero_variance"),
    ],
)
@pytest.mark.parametrize("question", ["finite", "infinite"])
def test_no_interval_and_why(values: list[float], reason: str, question: str) -> None:
    found = partnership_level(np.array(values), np.arange(5), np.full(5, 2), question=question)
    assert found.reason == reason
    assert np.isnan([found.low, found.high]).all()


@given(st.permutations(range(7)), st.floats(-20, 20))
def test_level_knows_no_order_and_moves_with_a_constant(order: list[int], constant: float) -> None:
    for question in ("finite", "infinite"):
        first = partnership_level(VALUES, ORGANIZATION, INVITED, question=question, confidence=0.5)
        moved = partnership_level(
            VALUES[order] + constant, ORGANIZATION[order], INVITED, question=question, confidence=0.5
        )
        assert (moved.value, moved.low) == pytest.approx((first.value + constant, first.low + constant))


def test_confidence_must_be_a_share() -> None:
    with pytest.raises(ValueError, match="confidence"):
        t_interval(np.arange(3.0), confidence=95)
