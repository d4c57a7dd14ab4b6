from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.facts import (
    ACCOUNTABILITY_CHECKS,
    halve_the_gap,
    median_days_overdue,
    mutual_accountability,
    predictability,
    reduce_stock,
    share_of_amount,
    share_of_count,
)


def test_excess_of_one_hides_no_shortfall_of_another() -> None:
    found = predictability(np.array([100.0, 50.0, 50.0]), np.array([60.0, 80.0, np.nan]))
    assert found.as_scheduled.value == pytest.approx((60 + 50) / 150)
    assert found.over_disbursed.value == pytest.approx(30 / 150)
    assert (found.as_scheduled.n, found.over_disbursed.n) == (2, 2)


def test_predictability_of_one_amount() -> None:
    found = predictability(40.0, 50.0)
    assert (found.as_scheduled.value, found.over_disbursed.value) == (1.0, 0.25)


@pytest.mark.parametrize("scheduled", [0.0, np.nan, np.array([])])
def test_nothing_scheduled(scheduled: float) -> None:
    found = predictability(scheduled, np.zeros_like(scheduled))
    assert (found.as_scheduled.reason, found.over_disbursed.reason) == ("no_data", "no_data")


def test_share_of_amount_may_pass_one() -> None:
    found = share_of_amount(np.array([30.0, 90.0]), np.array([50.0, 50.0]))
    assert (found.value, found.n, found.flags) == (pytest.approx(1.2), 2, ("above_one",))
    assert share_of_amount(25.0, 100.0).value == 0.25
    assert share_of_amount(0.0, 0.0).reason == "no_data"


def test_share_of_count_with_wilson() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81/263 and 0/20
    found = share_of_count(81, 263)
    assert (found.value, found.n) == (pytest.approx(81 / 263), 263)
    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)
    none = share_of_count(0, 20)
    assert (none.low, none.high) == (0.0, pytest.approx(0.1611, abs=5e-5))
    assert share_of_count(20, 20).high == 1.0


def test_share_of_nothing() -> None:
    assert share_of_count(0, 0).reason == "no_data"
    assert share_of_count(float("nan"), 5).reason == "no_data"


def test_targets() -> None:
    assert halve_the_gap(0.4) == pytest.approx(0.7)
    assert halve_the_gap(1.0) == 1.0
    assert np.isnan(halve_the_gap(float("nan")))
    assert reduce_stock(30.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("answers", "accepted", "reason"),
    [
        ([True, True, True, True, False], True, None),
        ([True, True, True, True, None], True, None),
        ([True, True, True, False, False], False, None),
        ([True, True, True, False, None], None, "no_data"),
        ([None] * 5, None, "no_data"),
        ([True, True, False, False, None], False, None),
    ],
)
def test_four_of_five(answers: list[bool | None], accepted: bool | None, reason: str | None) -> None:
    found = mutual_accountability(dict(zip(ACCOUNTABILITY_CHECKS, answers, strict=True)))
    assert (found.accepted, found.reason) == (accepted, reason)
    assert (found.passed, found.failed, found.unknown) == (
        answers.count(True),
        answers.count(False),
        answers.count(None),
    )


def test_median_days_overdue() -> None:
    found = median_days_overdue(np.array([3.0, -5.0, 10.0, np.nan, 0.0, 4.0]))
    assert (found.value, found.n) == (4.0, 3)
    on_time = median_days_overdue(np.array([-1.0, 0.0]))
    assert (on_time.reason, on_time.flags) == ("no_data", ("nothing_overdue",))
    assert median_days_overdue(np.array([])).flags == ()


@given(st.integers(1, 400), st.data())
@settings(max_examples=40, deadline=None)
def test_wilson_holds_the_share_and_is_symmetric(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    found, other = share_of_count(part, whole), share_of_count(whole - part, whole)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low == pytest.approx(1 - other.high, abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: predictability(np.array([-1.0]), np.array([1.0])),
        lambda: predictability(np.array([1.0, 2.0]), np.array([1.0])),
        lambda: share_of_amount(float("inf"), 1.0),
        lambda: share_of_count(3, 2),
        lambda: share_of_count(-1, 2),
        lambda: share_of_count(1.5, 2),
        lambda: share_of_count(1, 2, confidence=0),
        lambda: halve_the_gap(1.2),
        lambda: reduce_stock(-1),
        lambda: mutual_accountability({"policy": True}),
    ],
)
def test_callers_mistakes_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=r"."):
        call()
