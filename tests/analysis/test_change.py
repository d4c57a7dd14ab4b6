import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.change import (
    independent_change,
    measurement_error,
    overlapping_change,
    overlapping_test,
    paired_change,
    paired_test,
    paired_tests,
    reliable_change,
    standardized_change,
)

BEFORE = np.array([50.0, 62, 71, 55, 48, 66, np.nan, 58])
AFTER = np.array([56.0, 61, 78, 60, 57, np.nan, 70, 66])


def test_paired_change_matches_scipy():
    from scipy.stats import ttest_rel

    both = ~np.isnan(BEFORE) & ~np.isnan(AFTER)
    theirs = ttest_rel(AFTER[both], BEFORE[both])
    found = paired_test(BEFORE, AFTER)
    interval = theirs.confidence_interval()
    assert (found.t, found.p, found.df) == pytest.approx((theirs.statistic, theirs.pvalue, 5))
    assert found.estimate.interval == pytest.approx((interval.low, interval.high))
    assert found.estimate.n == 6


def test_independent_change_matches_scipy():
    from scipy.stats import ttest_ind

    theirs = ttest_ind(AFTER, BEFORE, equal_var=False, nan_policy="omit").confidence_interval()
    assert independent_change(BEFORE, AFTER).interval == pytest.approx((theirs.low, theirs.high))


def test_overlapping_lies_between_its_extremes():
    rng = np.random.default_rng(1)
    level = rng.normal(60, 12, 12)
    first, second = level + rng.normal(0, 6, 12), level + rng.normal(4, 6, 12)
    paired, overlap = paired_test(first, second), overlapping_test(first, second)
    assert overlap.estimate.interval == pytest.approx(paired.estimate.interval)
    apart_first, apart_second = np.append(first, [np.nan] * 12), np.append([np.nan] * 12, second)
    alone = overlapping_change(apart_first, apart_second)
    assert alone.interval == pytest.approx(independent_change(first, second).interval)


def test_textbook_form_by_hand():
    found = overlapping_test(BEFORE, AFTER, form="correlation")
    a, b = BEFORE[~np.isnan(BEFORE)], AFTER[~np.isnan(AFTER)]
    both = ~np.isnan(BEFORE) & ~np.isnan(AFTER)
    r = np.corrcoef(BEFORE[both], AFTER[both])[0, 1]
    s1, s2 = a.std(ddof=1), b.std(ddof=1)
    assert found.se**2 == pytest.approx(s1**2 / 7 + s2**2 / 7 - 2 * 6 * r * s1 * s2 / 49)
    assert found.estimate.value == pytest.approx(b.mean() - a.mean())
    assert found.estimate.n == 8


def test_components_by_hand():
    found = overlapping_test(BEFORE, AFTER)
    both = ~np.isnan(BEFORE) & ~np.isnan(AFTER)
    s1, s2 = np.nanvar(BEFORE, ddof=1), np.nanvar(AFTER, ddof=1)
    paired = (AFTER - BEFORE)[both].var(ddof=1)
    assert found.se**2 == pytest.approx((6 * paired + s1 + s2) / 49)
    parts = np.array([6 * paired, s1, s2])
    below = (parts**2 / [5, 6, 6]).sum() + 2 * 6 / 7 * s1 * s2 / 6
    assert found.df == pytest.approx(parts.sum() ** 2 / below)


def test_few_common_organizations_do_not_lend_the_textbook_their_correlation():
    first = np.array([50.0, 60, 70, 80, np.nan, np.nan])
    second = np.array([51.0, 61, 71, 81, 40, 66])
    cautious = overlapping_test(first, second, form="correlation")
    trusting = overlapping_test(first, second, form="correlation", fewest_common=3)
    assert cautious.se > trusting.se
    assert cautious.se == pytest.approx(math.hypot(first[:4].std(ddof=1) / 2, second.std(ddof=1) / math.sqrt(6)))


def test_one_common_organization_counts_as_two():
    first = np.array([50.0, 60, 70, 80, np.nan, np.nan, np.nan])
    second = np.array([np.nan, np.nan, np.nan, 82, 61, 40, 66])
    welch = independent_change(first, second)
    assert overlapping_change(first, second).interval == pytest.approx(welch.interval)


@pytest.mark.parametrize("change", [paired_change, overlapping_change])
def test_too_little_to_compare(change):
    nothing = np.full(3, np.nan)
    assert change(nothing, np.ones(3)).reason == "no_data"
    few = change(np.array([50.0, 60, np.nan]), np.array([54.0, 62, np.nan]))
    assert (few.value, few.reason) == (3.0, "too_few")
    assert math.isnan(few.low)
    constant = change(np.full(5, 40.0), np.full(5, 47.0))
    assert (constant.value, constant.reason) == (7.0, "zero_variance")
    with pytest.raises(ValueError, match="one place"):
        change(np.ones(3), np.ones(4))


def test_nobody_in_both_rounds():
    first, second = np.array([50.0, np.nan]), np.array([np.nan, 60.0])
    assert paired_change(first, second).reason == "no_overlap"
    assert overlapping_change(first, second).value == 10.0


points = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=4, max_size=9)


@settings(max_examples=40, deadline=None)
@given(points, st.integers(-40, 40))
def test_shift_order_and_absent_organizations(pairs, shift):
    first, second = np.array(pairs, dtype=float).T
    for change in (paired_change, overlapping_change, independent_change):
        base = change(first, second)
        moved = change(np.append(first[::-1] + shift, np.nan), np.append(second[::-1] + shift, np.nan))
        back = change(second, first)
        np.testing.assert_allclose([moved.value, moved.low], [base.value, base.low], atol=1e-9)
        np.testing.assert_allclose([back.value, back.high], [-base.value, -base.low], atol=1e-9)


def test_exact_tests_beside_the_interval():
    found = paired_tests(np.zeros(6), np.array([1.0, 2, 3, 4, 5, 6]))
    assert found.signed_rank.p == found.sign_flip.two_sided == pytest.approx(2 / 64)
    five = paired_tests(np.zeros(5), np.array([1.0, 2, 3, 4, 5]))
    assert five.sign_flip.smallest == pytest.approx(0.0625)
    assert paired_tests(np.zeros(1), np.ones(1)).reason == "too_few"


def test_standardized_change():
    first, second = np.array([1.0, 2, 3]), np.array([2.0, 4, 6])
    found = standardized_change(first, second)
    assert found.d_z == pytest.approx(2.0)
    assert found.d_av == pytest.approx(2 / math.sqrt((1 + 4) / 2))
    assert standardized_change(first, first + 1).reason == "zero_variance"
    assert standardized_change(first[:1], second[:1]).reason == "too_few"


def test_reliable_change_by_hand():
    found = reliable_change(np.array([50.0, 50, np.nan]), np.array([70.0, 55, 60]), sem=6.0)
    np.testing.assert_allclose(found.rc, [20 / (6 * math.sqrt(2)), 5 / (6 * math.sqrt(2)), np.nan])
    assert found.beyond_noise.tolist() == [True, False, False]
    np.testing.assert_allclose(found.mdc95, 1.959964 * math.sqrt(2) * 6, rtol=1e-6)


def test_both_errors_count_when_they_differ():
    found = reliable_change(np.array([50.0]), np.array([60.0]), sem=3.0, sem_second=4.0)
    assert found.rc[0] == pytest.approx(2.0)
    assert np.isnan(reliable_change(np.ones(1), np.ones(1) * 2, sem=0.0).rc[0])


def test_measurement_error():
    scores = np.array([40.0, 50, 60, np.nan])
    assert measurement_error(scores, 0.75) == pytest.approx(5.0)
    assert math.isnan(measurement_error(scores[:1], 0.75))
    with pytest.raises(ValueError, match="reliability"):
        measurement_error(scores, 1.2)


def test_reliable_change_calls_noise_noise():
    rng = np.random.default_rng(5)
    truth = rng.normal(60, 10, 20000)
    first, second = truth + rng.normal(0, 5, 20000), truth + rng.normal(0, 5, 20000)
    assert reliable_change(first, second, sem=5.0).beyond_noise.mean() == pytest.approx(0.05, abs=0.005)
