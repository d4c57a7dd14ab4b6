import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.theil_sen import theil_sen
from analysis.trends import average_change, hold_back, organization_slopes, trend, trend_table

YEARS = 2024 + np.arange(12) / 2.0


def test_a_rising_series():
    found = trend(YEARS[:6], np.array([50.0, 52, 53, 55, 58, 60]))
    assert found.claim == "rising"
    assert (found.S, found.reason) == (15, None)
    assert found.p == found.smallest_p
    assert 2 / 720 < found.p < 0.01
    assert found.slope.low < found.slope.value < found.slope.high
    assert found.slope.n == 6
    assert "between-round variation only" in found.slope.method


def test_slope_is_per_year_of_real_dates():
    years = np.array([2024.0, 2024.5, 2026.0, 2026.1, 2027.0])
    found = trend(years, 40 + 8 * (years - 2024), resolution=0)
    assert found.slope.value == pytest.approx(8)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_below_five_rounds_nothing_is_claimed(n):
    found = trend(YEARS[:n], np.arange(n) * 10.0)
    assert found.claim == "none"
    assert math.isnan(found.p)
    assert found.reason == ("too_few_rounds" if n else "no_data")
    assert found.slope.is_missing == (n < 3)
    assert math.isnan(found.slope.low)
    if n >= 3:
        assert found.slope.value == pytest.approx(20)
        assert found.slope.reason == "out_of_reach"


def test_equal_whole_points_are_ties():
    found = trend(YEARS[:5], np.array([50.1, 50.2, 50.3, 50.4, 50.45]))
    assert (found.S, found.claim, found.reason) == (0, "none", "zero_variance")
    assert found.slope.value == 0
    assert math.isnan(found.p)


def test_ties_can_put_a_claim_out_of_reach():
    found = trend(YEARS[:5], np.array([50.0, 50, 50, 50, 51]))
    assert found.reason == "out_of_reach"
    assert found.claim == "none"
    assert found.p == found.smallest_p == pytest.approx(0.4)


def test_only_the_last_comparable_segment_counts():
    values = np.array([90.0, 91, 92, 40, 43, 45, 46, 49])
    broken = trend(YEARS[:8], values, segments=np.array([0, 0, 0, 1, 1, 1, 1, 1]))
    alone = trend(YEARS[3:8], values[3:])
    assert (broken.p, broken.S, broken.claim) == (alone.p, alone.S, alone.claim)
    assert broken.slope == alone.slope
    late = trend(YEARS[:8], values, segments=np.array([0, 0, 0, 0, 0, 0, 1, 1]))
    assert (late.reason, late.claim) == ("broken_series", "none")
    assert late.slope.reason == "broken_series"


def test_a_gap_at_the_end_does_not_hide_the_last_segment():
    values = np.array([40.0, 43, 45, 46, 49, np.nan])
    found = trend(YEARS[:6], values, segments=np.array([0, 0, 0, 0, 0, 1]))
    assert found.claim == "rising"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=5, max_size=12), st.integers(-30, 30))
def test_shift_turn_and_empty_round(points, shift):
    values = np.array(points, dtype=float)
    years = YEARS[: values.size]
    base = trend(years, values)
    moved = trend(np.append(years, 2040.0), np.append(values + shift, np.nan))
    assert moved.claim == base.claim
    np.testing.assert_allclose(
        [moved.p, moved.slope.value, moved.slope.low], [base.p, base.slope.value, base.slope.low]
    )
    turned = trend(years, 100 - values)
    opposite = {"rising": "falling", "falling": "rising", "none": "none"}
    assert turned.claim == opposite[base.claim]
    np.testing.assert_allclose([turned.p, turned.slope.high], [base.p, -base.slope.low])


def test_theil_sen_matches_scipy():
    from scipy.stats import theilslopes

    rng = np.random.default_rng(8)
    table = np.rint(rng.normal(60, 5, (30, 12)))
    found = theil_sen(YEARS, table, interval="normal")
    for i, row in enumerate(table):
        slope, intercept, low, high = theilslopes(row, YEARS, 0.95, method="joint")
        np.testing.assert_allclose(
            [found.slope[i], found.intercept[i], found.low[i], found.high[i]], [slope, intercept, low, high], atol=1e-9
        )


@pytest.mark.parametrize(
    ("n", "interval"), [(5, "exact"), (8, "exact"), (6, "persistent"), (8, "persistent"), (12, "persistent")]
)
def test_interval_covers_the_slope(n, interval):
    rng = np.random.default_rng(n)
    noise = rng.normal(0, 5, (4000, n))
    if interval == "persistent":
        for k in range(1, n):
            noise[:, k] = 0.3 * noise[:, k - 1] + np.sqrt(1 - 0.09) * noise[:, k]
    found = theil_sen(YEARS[:n], 4 * YEARS[:n] + noise, interval=interval)
    assert np.mean((found.low <= 4) & (found.high >= 4)) >= 0.945


def test_interval_is_the_test_turned_round():
    rng = np.random.default_rng(9)
    table = rng.normal(60, 5, (300, 9)) + np.arange(9)
    found, sen = trend_table(YEARS[:9], table, resolution=0), theil_sen(YEARS[:9], table)
    beyond = (sen.low > 0) | (sen.high < 0)
    np.testing.assert_array_equal(beyond, found.direction != 0)


def test_tables_equal_single_series():
    rng = np.random.default_rng(10)
    table = np.rint(rng.normal(60, 3, (60, 9)))
    table[rng.random(table.shape) < 0.35] = np.nan
    segments = np.repeat([0, 1], [3, 6])
    found = trend_table(YEARS[:9], table, segments=segments)
    for i, row in enumerate(table):
        alone = trend(YEARS[:9], row, segments=segments)
        assert alone.reason == found.reason[i]
        assert ("none", "rising", "falling")[found.direction[i]] == alone.claim
        np.testing.assert_array_equal([alone.p, alone.slope.value], [found.p[i], found.slope[i]])


def test_three_headlines_are_claimed_together():
    up = trend(YEARS[:6], np.array([50.0, 52, 53, 55, 58, 60]))
    weak = trend(YEARS[:6], np.array([50.0, 52, 51, 55, 58, 60]))
    flat = trend(YEARS[:6], np.array([50.0, 52, 49, 53, 50, 51]))
    assert [each.claim for each in (up, weak, flat)] == ["rising", "rising", "none"]
    assert [each.claim for each in hold_back((flat, weak, up))] == ["none", "none", "rising"]
    assert [each.claim for each in hold_back((weak,))] == ["rising"]
    weaker = trend(YEARS[:8], np.array([50.0, 53, 51, 55, 54, 52, 60, 61]))
    assert hold_back((weaker, flat, flat))[0].claim == "none"
    short = trend(YEARS[:5], np.array([50.0, 51, 52, 53, 54]))
    assert hold_back((short, short, short))[0].claim == "rising"
    tied = trend(YEARS[:5], np.array([50.0, 50, 52, 53, 54]))
    assert tied.claim == "rising"
    assert [hold_back((tied, flat, short))[0].claim, hold_back((tied, flat, short))[0].reason] == [
        "none",
        "out_of_reach",
    ]


def test_average_change_is_a_mean_of_slopes():
    years = YEARS[:4]
    slopes = np.array([2.0, 3, 4, 5, 6, 4])
    scores = 50 + slopes[:, None] * (years - 2024)
    np.testing.assert_allclose(organization_slopes(years, scores), slopes)
    found = average_change(years, scores)
    assert found.value == pytest.approx(4)
    assert found.n == 6
    from scipy.stats import ttest_1samp

    interval = ttest_1samp(slopes, 0).confidence_interval()
    assert found.interval == pytest.approx((interval.low, interval.high))


def test_average_change_says_why_not():
    scores = np.tile([50.0, 52, 54], (6, 1))
    assert average_change(YEARS[:3], scores).reason == "zero_variance"
    assert average_change(YEARS[:3], scores[:5]).reason == "too_few"
    assert average_change(YEARS[:2], scores[:, :2]).reason == "too_few_rounds"
    scores[0, 1] = np.nan
    assert average_change(YEARS[:3], scores).reason == "too_few"
    with pytest.raises(ValueError, match="one row per organization"):
        average_change(YEARS[:2], scores)


def test_a_callers_mistakes():
    with pytest.raises(ValueError, match="increase"):
        trend(np.array([2024.0, 2024.0, 2025]), np.ones(3))
    with pytest.raises(ValueError, match="one year"):
        trend(YEARS[:2], np.ones(3))
    with pytest.raises(ValueError, match="segment"):
        trend(YEARS[:3], np.ones(3), segments=np.zeros(2, dtype=int))
