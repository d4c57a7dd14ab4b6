from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.icc import group_icc, rater_icc, spearman_brown
from analysis.reliability import cronbach_alpha

# Shrout & Fleiss (1979), table 2: six targets, four judges
RATINGS = np.array([[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


@pytest.mark.parametrize("convention", ["shrout_fleiss", "mcgraw_wong"])
def test_published_coefficients(convention: str) -> None:
    found = rater_icc(RATINGS, convention=convention)
    assert [round(c.value, 2) for c in found.coefficients] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]  # their table 4
    assert (found.ms_rows, found.ms_within) == pytest.approx((11.24, 6.26), abs=0.005)


def test_consistency_of_the_average_is_alpha() -> None:
    average = rater_icc(RATINGS).coefficients[5]
    alpha = cronbach_alpha(RATINGS).raw
    assert (average.value, average.low, average.high) == pytest.approx((alpha.value, alpha.low, alpha.high))


def test_conventions_differ_in_the_average_of_agreement_only() -> None:
    stepped = rater_icc(RATINGS, convention="shrout_fleiss").coefficients
    recomputed = rater_icc(RATINGS, convention="mcgraw_wong").coefficients
    same = [(a.low, a.high) == pytest.approx((b.low, b.high)) for a, b in zip(stepped, recomputed, strict=True)]
    assert same == [True, True, True, True, False, True]


def test_rater_who_is_always_stricter_lowers_agreement_not_consistency() -> None:
    shifted = RATINGS - np.array([0, 0, 0, 3.0])
    before, after = rater_icc(RATINGS).coefficients, rater_icc(shifted).coefficients
    assert after[2].value == pytest.approx(before[2].value)
    assert after[1].value != pytest.approx(before[1].value, abs=1e-3)


def test_target_with_a_gap_is_left_out() -> None:
    gap = RATINGS.copy()
    gap[0, 1] = np.nan
    assert rater_icc(gap) == rater_icc(RATINGS[1:])


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (RATINGS[:1], "too_few"),
        (RATINGS[:, :1], "too_few"),
        (np.full((4, 3), np.nan), "no_data"),
        (np.full((4, 3), 5.0), "zero_variance"),
        (np.arange(4.0)[:, None] + np.arange(3.0), "zero_variance"),
    ],
)
def test_no_coefficient_without_raters_who_differ(scores: np.ndarray, reason: str) -> None:
    found = rater_icc(scores)
    assert found.reason == reason
    assert found.coefficients == ()


def test_targets_all_alike_have_no_reliability_of_the_average() -> None:
    found = rater_icc(np.array([[1.0, 3], [3, 1], [2, 2]])).coefficients
    assert found[0].value == pytest.approx(-1)
    assert np.isnan([found[3].value, found[3].low, found[3].high]).all()


def groups(sizes: list[int], between: float, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    return 60 + between * rng.normal(size=len(sizes))[group] + 20 * rng.normal(size=group.size), group


def test_balanced_groups_in_all_definitions_alike() -> None:
    values, group = groups([6] * 8, 12)
    found = group_icc(values, group)
    f, p = stats.f_oneway(*values.reshape(8, 6))
    assert (found.f, found.p) == pytest.approx((f, p))
    assert found.icc1 == pytest.approx(found.icc1_k0)
    assert found.icc2 == pytest.approx(spearman_brown(found.icc1, 6))
    assert found.reml is not None
    # restricted likelihood of balanced data is the analysis of variance
    assert found.reml.within == pytest.approx(found.ms_within, rel=1e-6)
    assert found.reml.icc1 == pytest.approx(found.icc1, rel=1e-5)
    assert found.icc1 == pytest.approx(rater_icc(values.reshape(8, 6)).coefficients[0].value)


def test_unbiased_component_on_average() -> None:
    found = [group_icc(*groups([2, 3, 4, 9, 2, 5], 12, seed)) for seed in range(300)]
    size = found[0].k0
    component = np.mean([(f.ms_between - f.ms_within) / size for f in found])
    assert size == pytest.approx((25 - (4 + 9 + 16 + 81 + 4 + 25) / 25) / 5)
    assert component == pytest.approx(144, rel=0.15)


def test_groups_more_alike_than_chance_keep_their_negative_value() -> None:
    values = np.tile([10.0, 50.0, 90.0], 5) + np.repeat(np.arange(5.0), 3)
    found = group_icc(values, np.repeat(np.arange(5), 3))
    assert found.icc1 < 0
    assert found.icc2 < 0
    assert found.flags == ("negative_component",)
    assert found.reml is not None
    assert (found.reml.between, found.reml.icc1, found.reml.mean_reliability) == (0, 0, 0)


@pytest.mark.parametrize(
    ("values", "group", "reason"),
    [
        (np.full(6, np.nan), np.arange(6), "no_data"),
        (np.arange(8.0), np.repeat(np.arange(4), 2), "too_few"),
        (np.arange(6.0), np.arange(6), "too_few"),
        (np.repeat(np.arange(6.0), 2), np.repeat(np.arange(6), 2), "zero_variance"),
    ],
)
def test_no_share_between_groups_without_groups(values: np.ndarray, group: np.ndarray, reason: str) -> None:
    found = group_icc(values, group)
    assert found.reason == reason
    assert math.isnan(found.icc1)
