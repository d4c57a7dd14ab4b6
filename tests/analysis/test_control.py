import math

import numpy as np
import pytest

from analysis.control import (
    D2_OF_TWO,
    D4_OF_TWO,
    expected_range,
    individuals_chart,
    means_chart,
    smoothed_chart,
    step_at_event,
)

STEADY = np.array([60.0, 62, 59, 61, 60, 63, 61, 60])


def test_published_constants():
    assert pytest.approx(2.66, abs=0.002) == 3 / D2_OF_TWO
    assert pytest.approx(3.267, abs=0.0005) == D4_OF_TWO
    table = {2: 1.128, 3: 1.693, 4: 2.059, 5: 2.326, 10: 3.078, 25: 3.931}
    for n, d2 in table.items():
        assert expected_range(n) == pytest.approx(d2, abs=0.0006)
    assert expected_range(2) == pytest.approx(D2_OF_TWO, abs=1e-12)


def test_limits_by_hand():
    chart = individuals_chart(STEADY)
    ranges = np.abs(np.diff(STEADY))
    assert chart.high - chart.centre == pytest.approx(3 * ranges.mean() / D2_OF_TWO)
    assert chart.range_high == pytest.approx(3.267 * ranges.mean(), rel=1e-3)
    assert not chart.beyond.any()


def test_baseline_is_frozen():
    before, after = individuals_chart(STEADY), individuals_chart(np.append(STEADY, [90.0, 91, 92]))
    assert (before.low, before.high, before.centre) == (after.low, after.high, after.centre)
    assert after.beyond.tolist() == [False] * 8 + [True] * 3
    assert individuals_chart(np.append(STEADY, 90.0), baseline=9).high > after.high


def test_runs_only_from_twelve_points():
    drift = np.append(STEADY[:3], np.full(8, 61.5))
    assert not individuals_chart(drift).run.any()
    longer = np.append(STEADY[:4], np.full(8, 61.5))
    assert individuals_chart(longer).run.tolist() == [False] * 4 + [True] * 8


def test_too_few_points_have_no_limits():
    chart = individuals_chart(STEADY[:7])
    assert chart.reason == "too_few"
    assert math.isnan(chart.high)
    assert individuals_chart(np.array([])).reason == "no_data"
    assert individuals_chart(np.full(8, 50.0)).reason == "zero_variance"
    with pytest.raises(ValueError, match="baseline"):
        individuals_chart(STEADY, baseline=1)


def test_a_gap_is_not_a_point():
    with_gap = np.insert(STEADY, 3, np.nan)
    chart = individuals_chart(with_gap)
    assert chart.high == individuals_chart(STEADY).high
    assert chart.beyond.size == 9
    assert not chart.beyond[3]


def test_false_alarms_of_a_long_baseline_are_rare():
    rng = np.random.default_rng(3)
    beyond = [individuals_chart(rng.normal(60, 4, 120), baseline=100).beyond[100:].mean() for _ in range(200)]
    assert np.mean(beyond) == pytest.approx(0.0035, abs=0.0025)


def test_smoothed_chart_by_hand():
    chart = smoothed_chart(np.array([70.0, np.nan, 60.0]), centre=60, sigma=5, weight=0.5)
    np.testing.assert_allclose(chart.value, [65, 65, 62.5])
    assert chart.high[0] - 60 == pytest.approx(3 * 5 * 0.5)
    assert chart.high[0] < chart.high[1] < 60 + chart.half_width
    with pytest.raises(ValueError, match="weight"):
        smoothed_chart(STEADY, centre=60, sigma=5, weight=0)


def test_means_chart_says_why_not():
    assert means_chart([np.array([np.nan])]).reason == "no_data"
    assert means_chart([np.array([1.0]), np.array([2.0])]).reason == "too_few"
    assert means_chart([np.ones(3), np.ones(2)]).reason == "zero_variance"
    chart = means_chart([np.array([1.0, 3]), np.array([2.0, 4, 6]), np.array([])])
    assert chart.centre == pytest.approx(3.2)
    assert math.isnan(chart.mean[2])
    assert not chart.beyond.any()


def test_step_at_event():
    values = np.array([50.0, 51, 50, 49, 50, 60, 61, 59, 60, 60])
    found = step_at_event(values, 5)
    assert found.change.value == pytest.approx(10)
    assert (found.p, found.positions) == (found.smallest_p, 7)
    assert step_at_event(values, 3).p > found.p
    short = step_at_event(values[2:8], 3)
    assert short.change.reason == "too_few_rounds"
    assert math.isnan(short.p)
    assert step_at_event(np.append([np.nan] * 3, values), 2).change.reason == "no_data"
    with pytest.raises(ValueError, match="between two rounds"):
        step_at_event(values, 0)
