from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from server.exchange.calendar import Calendar, months_later
from server.exchange.csv_in import read_answers
from server.exchange.dyads_in import read_dyads
from server.exchange.histories import Histories, slugs_of
from surveys.problems import InvalidInput
from tests.server.exchange.samples import HEADER, TINY, written


def test_rounds_of_a_partnership(tmp_path: Path) -> None:
    rows = ["w,M,1,a,3,7,2", "w,F,1,b,5,7,3", "w,F,2,b,6,7,3", "v,M,1,a,1,1,1"]
    found = Histories(TINY, read_answers(written(tmp_path, HEADER, *rows), TINY))
    first, second = found.rounds("w")
    assert [one.name for one in first.organizations] == ["F", "M"]
    np.testing.assert_array_equal(first.answers[:, 0], [5, 3])
    np.testing.assert_array_equal(first.organization, [0, 1])
    assert [one.name for one in second.organizations] == ["F"]
    assert (first.closed_on, second.closed_on) == (date(2000, 6, 30), date(2000, 12, 31))
    assert first.invited is None


def test_answers_and_ratings_of_one_round(tmp_path: Path) -> None:
    answers = read_answers(written(tmp_path, HEADER, "w,M,1,a,3,7,2", "w,F,1,b,5,7,3"), TINY)
    path = written(tmp_path, "partnership,round,rater,rated,D1", "w,1,M,F,8", "w,1,F,Silent,4", name="dyads.csv")
    (only,) = Histories(TINY, answers, read_dyads(path, TINY)).rounds("w")
    assert [one.name for one in only.organizations] == ["F", "M", "Silent"]
    expected = np.full((3, 3), np.nan)
    expected[1, 0], expected[0, 2] = 80, 40
    np.testing.assert_array_equal(only.dyadic_trust, expected)


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    notes = Histories(TINY, read_answers(written(tmp_path, HEADER, "w,M,1,a,3,7,2"), TINY)).notes
    assert any("taken as national" in note for note in notes)
    assert any("6 months apart" in note for note in notes)


def test_undated_rounds_are_a_rhythm_apart() -> None:
    days = Calendar(rhythm=12).days([1, 2, 4], {2: date(2024, 2, 29)})
    assert days == {1: date(2023, 2, 28), 2: date(2024, 2, 29), 4: date(2026, 2, 28)}


def test_rounds_out_of_order() -> None:
    with pytest.raises(InvalidInput, match="round 2 closed on 2024-01-01, not after round 1 on 2024-06-30"):
        Calendar().days([1, 2], {1: date(2024, 6, 30), 2: date(2024, 1, 1)})


def test_last_days_of_months_stay_last() -> None:
    assert months_later(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert months_later(date(2024, 11, 15), 3) == date(2025, 2, 15)


def test_slugs_are_safe_and_single() -> None:
    names = ["Water & Health", "water health", "../../etc/passwd", "ក្រសួង\u200bសុខាភិបាល", "!!!"]
    assert slugs_of(names) == ("water-health", "water-health-2", "etc-passwd", "ក្រសួងសុខាភិបាល", "unnamed")
