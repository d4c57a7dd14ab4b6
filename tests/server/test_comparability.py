"""Formula 46 whole: a break on the chart also ends every change, slope, trend and step that would lie across it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from server.comparability import comparable_rounds
from server.estimation_changes import changes
from server.measurement import EarlierRound, RoundAnswers, remembered
from server.payloads import answers_of_round
from server.series import step_cells, trend_cells
from surveys.releases import Cell, Partner, Release
from tests.sample_releases import INSTRUMENT, SERIES

NAMES = "abcdefgh"
TARGET = "headline:trust"


def day(number: int) -> date:
    return date(2020 + (number - 1) // 2, 6 if number % 2 else 12, 30)


def answered(number: int, *, names: str = NAMES, english: float = 0.0, trust: float = 5.0) -> RoundAnswers:
    """Two people of each organization, this share of them in English; trust differs a little between organizations."""
    partners = [Partner(name, name, "national_ngo", "national") for name in names]
    people = [name for name in names for _ in range(2)]
    payloads = [
        {
            "organization": name,
            "language": "en" if at < english * len(people) else "km",
            "answers": {"R1": trust + (at * number % 5) / 4, "T1": 5, "T5": 5},
        }
        for at, name in enumerate(people)
    ]
    return answers_of_round(INSTRUMENT, number, day(number), partners, None, payloads)


def released(number: int, value: float, **given: object) -> Release:
    partners = tuple(Partner(name, name, "national_ngo", "national") for name in NAMES)
    cells = (Cell("level", TARGET, value=value),)
    made = replace(SERIES[0], round_number=number, closed_on=day(number), cells=cells, partners=partners)
    return replace(made, **given)  # type: ignore[arg-type]  # Type ignore: fields of a release by name


def earlier_rounds(n: int, **third: object) -> list[EarlierRound]:
    """Rounds 1 to n, with something different from the third on."""
    rounds = (answered(at, trust=5 - at / 10, **(third if at >= 3 else {})) for at in range(1, n + 1))
    return [remembered(one, None) for one in rounds]


BREAKS = pytest.mark.parametrize("what", [{"english": 0.5}, {"names": "abcdxyz"}], ids=["languages", "partners"])


def reasons(given: RoundAnswers, earlier: list[EarlierRound]) -> dict[str, str | None]:
    return {cell.estimate: cell.reason for cell, target, _ in changes(given, earlier, "r") if target == TARGET}


@BREAKS
def test_change_does_not_cross_a_break(what):
    given = answered(3, **what)
    assert comparable_rounds(given, earlier_rounds(2), TARGET) == set()
    said = reasons(given, earlier_rounds(2))
    assert said["change_last"] == said["change_first"] == "broken_series"
    assert said["slope_year"] == "too_few_rounds"


@BREAKS
def test_change_since_the_beginning_does_not_reach_over_a_break(what):
    given = answered(5, **what)
    said = reasons(given, earlier_rounds(4, **what))
    assert (said["change_last"], said["change_first"]) == (None, "broken_series")


def test_slope_rests_on_the_rounds_since_the_break():
    earlier = earlier_rounds(6, english=0.5)
    given = answered(7, english=0.5, trust=4.3)
    assert comparable_rounds(given, earlier, TARGET) == {3, 4, 5, 6}
    jumped = [replace(one, means={TARGET: dict.fromkeys(NAMES, 90.0)}) if one.number < 3 else one for one in earlier]
    slopes = [
        next(c for c, t, _ in changes(given, e, "r") if (c.estimate, t) == ("slope_year", TARGET))
        for e in (earlier, jumped)
    ]
    assert slopes[0].value == slopes[1].value


@pytest.mark.parametrize("what", [{"english": 0.18}, {"names": "abcdefghi"}, {}], ids=["languages", "partners", "none"])
def test_small_shifts_break_nothing(what):
    given = answered(3, **what)
    assert comparable_rounds(given, earlier_rounds(2), TARGET) == {1, 2}
    assert reasons(given, earlier_rounds(2))["change_last"] is None


def test_unknown_languages_break_nothing():
    unknown = [
        replace(one, languages=languages) for one, languages in zip(earlier_rounds(2), ({}, {"": 100.0}), strict=True)
    ]
    assert comparable_rounds(answered(3), unknown, TARGET) == {1, 2}


def test_changed_words_break_what_rests_on_them_only():
    earlier = [replace(one, wordings={**one.wordings, "T1": "other words"}) for one in earlier_rounds(1)]
    given = answered(2)
    assert comparable_rounds(given, earlier, "construct:T") == comparable_rounds(given, earlier, "composite") == set()
    assert comparable_rounds(given, earlier, "construct:R") == comparable_rounds(given, earlier, "item:T5") == {1}


def test_returning_to_the_old_words_does_not_join_what_a_break_parted():
    first, second = earlier_rounds(2)
    second = replace(second, wordings={**second.wordings, "R1": "other words"})
    assert comparable_rounds(answered(3), [first, second], TARGET) == set()


def trend_of(given: RoundAnswers, earlier: list[EarlierRound], before: list[Release]) -> Cell:
    level = Cell("level", TARGET, value=90 - 4 * given.number)
    return next(trend_cells(given, [level], earlier, before))


def test_trend_is_taken_since_the_break():
    before = [released(at, 90 - 4 * at) for at in range(1, 7)]
    whole = trend_of(answered(7), earlier_rounds(6), before)
    assert (whole.n, whole.word) == (7, "falling")
    cut = trend_of(answered(7, english=0.5), earlier_rounds(6, english=0.5), before)
    assert (cut.n, cut.word, cut.value) == (5, "falling", whole.value)
    short = trend_of(answered(7, english=0.5), earlier_rounds(6), before)
    assert (short.n, short.word) == (1, "too_few_rounds")


def test_trend_without_the_box_knows_breaks_from_the_releases():
    """Unpaired organizations leave nothing to carry over; the releases still name questionnaire and partners."""
    before = [released(at, 90 - 4 * at) for at in range(1, 7)]
    assert trend_of(answered(7), [], before).n == 7
    before[1] = replace(before[1], instrument_version=9)
    assert trend_of(answered(7), [], before).n == 5
    before[4] = replace(before[4], partners=before[4].partners[:3])
    assert trend_of(answered(7), [], before).n == 2


def test_step_is_taken_since_the_break():
    before = [released(at, 40 if at < 3 else 60) for at in range(1, 7)]
    level = [Cell("level", TARGET, value=70)]
    agreed = [day(5)]
    (whole,) = step_cells(answered(7), level, earlier_rounds(6), before, agreed)
    (cut,) = step_cells(answered(7, english=0.5), level, earlier_rounds(6, english=0.5), before, agreed)
    assert (whole.n, cut.n) == (7, 5)
    assert cut.value == pytest.approx(np.mean([60, 70]) - 60)
