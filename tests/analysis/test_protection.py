"""What becomes of each candidate number."""

import math

import numpy as np
import pytest

from analysis.protection import protect
from analysis.published import Published, Term
from tests.analysis.releases import candidate, companions, draw_answers, gap, make_structure, population, typical_round

SPREAD_OUT = (20.0, 50.0, 80.0, 40.0, 60.0)


def made(sizes, leaves=("T1",), **drawn):
    return make_structure(draw_answers(np.random.default_rng(7), sizes, leaves, level=55.0, **drawn))


def judge(structure, *numbers, groups, history=()):
    return protect(numbers, {who.code: who for who in groups}, structure, history)


def test_a_typical_round_is_shown_nearly_whole():
    numbers, groups, structure = typical_round(np.random.default_rng(1), [3] * 8, shares=False)
    protection = protect(numbers, groups, structure)
    means = [v for c, v in zip(numbers, protection.verdicts.values(), strict=True) if "mean" in c.statistic]
    assert protection.report.passed
    assert [one.key for one in numbers] == list(protection.verdicts)
    assert sum(v.state == "shown" for v in means) >= 0.95 * len(means)


def test_values_are_whole_points_with_a_band():
    structure, everybody = made([3, 3, 2, 2]), population("all", [3, 3, 2, 2])
    number = candidate(structure, "T1", everybody)
    verdict = judge(structure, number, groups=[everybody]).verdicts[number.key]
    assert (verdict.state, verdict.value, verdict.n_band) == ("shown", math.floor(number.value + 0.5), "8-10")


@pytest.mark.parametrize(
    ("sizes", "reason"), [([1, 1, 2], "too_few"), ([3, 3], "too_few"), ([3, 1, 1], "insider"), ([2, 2, 1], None)]
)
def test_floors_come_first(sizes, reason):
    answers = {"T1": {f"o{i}": SPREAD_OUT[i : i + n] for i, n in enumerate(sizes)}}
    structure, everybody = make_structure(answers), population("all", sizes)
    number = candidate(structure, "T1", everybody)
    assert judge(structure, number, groups=[everybody]).verdicts[number.key].reason == reason


def test_no_value_no_number():
    structure, everybody = made([3, 3, 3]), population("all", [3, 3, 3])
    number = candidate(structure, "T1", everybody, value=math.nan)
    assert judge(structure, number, groups=[everybody]).verdicts[number.key].reason == "no_data"


def test_everybody_the_same_becomes_a_range():
    answers = {"T1": {f"o{i}": (100.0, 100.0, 100.0) for i in range(4)}}
    structure, everybody = make_structure(answers), population("all", [3] * 4)
    number = candidate(structure, "T1", everybody)
    verdict = judge(structure, number, groups=[everybody]).verdicts[number.key]
    assert (verdict.state, verdict.reason) == ("range", "extremes")
    assert (verdict.low, verdict.high) == (90.0, 100.0)
    assert math.isnan(verdict.value)


def test_the_more_important_of_two_close_populations_stays():
    structure = made([3, 3, 3, 3])
    everybody, matched = population("all", [3, 3, 3, 3]), population("matched", [3, 3, 3, 2])
    first, second = candidate(structure, "T1", everybody), candidate(structure, "T1", matched)
    verdicts = judge(structure, first, second, groups=[everybody, matched]).verdicts
    assert [v.reason for v in verdicts.values()] == [None, "differencing"]
    verdicts = judge(structure, second, first, groups=[everybody, matched]).verdicts
    assert [v.reason for v in verdicts.values()] == [None, "differencing"]


def test_a_change_on_nearly_everybody_gives_way():
    structure = made([3, 3, 3, 3])
    everybody, matched = population("all", [3, 3, 3, 3]), population("matched", [3, 3, 3, 2])
    level = candidate(structure, "T1", everybody, round_key="r2")
    earlier = judge(structure, candidate(structure, "T1", everybody), groups=[everybody]).release
    terms = (Term("r2", "matched", 1.0), Term("r1", "matched", -1.0))
    paired = Published("change", "T1", "matched", 4.0, "mean_of_organizations", "r2", terms)
    whole = (Term("r2", "all", 1.0), Term("r1", "all", -1.0))
    overlapping = Published("overlap", "T1", "all", 4.0, "mean_of_organizations", "r2", whole)
    verdicts = judge(structure, level, paired, overlapping, groups=[everybody, matched], history=[earlier]).verdicts
    assert [v.reason for v in verdicts.values()] == [None, "differencing", None]


def test_a_change_without_its_history_is_not_shown():
    structure, everybody = made([3, 3, 3, 3]), population("all", [3] * 4)
    terms = (Term("r2", "all", 1.0), Term("r1", "elsewhere", -1.0))
    change = Published("change", "T1", "all", 4.0, "mean_of_organizations", "r2", terms)
    assert judge(structure, change, groups=[everybody]).verdicts["change"].reason == "no_data"


def test_an_earlier_secret_stays_one():
    structure, everybody = made([3, 3, 3]), population("all", [3, 3, 3])
    pinned = make_structure({"T1": {f"o{i}": (100.0,) * 3 for i in range(3)}})
    earlier = judge(pinned, candidate(pinned, "T1", everybody), groups=[everybody]).release
    hidden = type(earlier)("r1", earlier.populations, (), tuple(_hide(earlier)))
    terms = (Term("r2", "all", 1.0), Term("r1", "all", -1.0))
    change = Published("change", "T1", "all", -30.0, "mean_of_organizations", "r2", terms)
    level = candidate(structure, "T1", everybody, round_key="r2")
    verdicts = judge(structure, level, change, groups=[everybody], history=[hidden]).verdicts
    assert [v.reason for v in verdicts.values()] == [None, "complementary"]


def _hide(release):
    from analysis.published import Hidden

    return [Hidden(one.target, one.population, one.statistic) for one in release.shown]


def test_two_weighted_means_of_three_organizations_do_not_stand_together():
    answers = {"T1": {"o0": (50.0, 60.0), "o1": (40.0, 80.0), "o2": (30.0,)}}
    structure, everybody = make_structure(answers), population("all", [2, 2, 1])
    numbers = [candidate(structure, "T1", everybody, s) for s in ("mean_of_organizations", "mean_of_people")]
    verdicts = list(judge(structure, *numbers, groups=[everybody]).verdicts.values())
    assert verdicts[0].state == "shown"
    assert (verdicts[1].state in ("range", "suppressed"), verdicts[1].reason) == (True, "complementary")


def test_a_gap_falls_with_its_sides():
    structure = made([3] * 6)
    national = population("national", [3, 3, 3, 0, 0, 0])
    external = population("external", [0, 0, 0, 3, 3, 0])
    number = gap(structure, "T1", national, external)
    assert judge(structure, number, groups=[national, external]).verdicts[number.key].reason == "too_few"


def test_companions_follow_their_mean():
    given = [(20.0, 50.0, 30.0), (80.0, 60.0, 90.0), (30.0, 70.0, 50.0), (60.0, 100.0, 80.0)]
    structure = make_structure({"T1": {f"o{i}": own for i, own in enumerate(given)}})
    everybody = population("all", [3] * 4)
    pair = population("pair", [3, 3, 0, 0])
    derived = [Published(f"geometric|{who.code}", "T1", who.code, 51.0, "geometric", "r1") for who in (everybody, pair)]
    numbers = [candidate(structure, "T1", everybody), *companions(structure, "T1", everybody, "r1"), *derived]
    verdicts = list(judge(structure, *numbers, groups=[everybody, pair]).verdicts.values())
    assert [v.state for v in verdicts] == ["shown"] * 5 + ["suppressed"]
    interval = verdicts[3]
    assert interval.grid == 5
    assert interval.low % 5 == interval.high % 5 == 0
    assert interval.low <= numbers[0].value - numbers[3].value <= numbers[0].value + numbers[3].value <= interval.high


def test_below_ten_people_a_word_stands_for_the_spread():
    structure, everybody = made([3, 3, 3]), population("all", [3] * 3)
    numbers = [candidate(structure, "T1", everybody), *companions(structure, "T1", everybody, "r1")]
    spread, agreement, interval = list(judge(structure, *numbers, groups=[everybody]).verdicts.values())[1:]
    assert (spread.state, spread.reason) == ("word", "too_few")
    assert spread.word in ("close", "mixed", "apart")
    assert math.isnan(spread.value)
    assert agreement.state == interval.state == "suppressed"


def test_mistakes_of_the_caller_are_refused():
    structure, everybody = made([3, 3, 3]), population("all", [3] * 3)
    number = candidate(structure, "T1", everybody)
    with pytest.raises(ValueError, match="key of its own"):
        judge(structure, number, number, groups=[everybody])
    with pytest.raises(ValueError, match="populations not given: all"):
        judge(structure, number, groups=[])
    with pytest.raises(ValueError, match="one round"):
        judge(structure, number, candidate(structure, "T1", everybody, key="x", round_key="r2"), groups=[everybody])
    with pytest.raises(ValueError, match="no answers given for T9"):
        judge(structure, candidate(structure, "T9", everybody, value=50.0), groups=[everybody])


def test_an_empty_round_is_protected():
    protection = protect([], {}, made([3, 3, 3]))
    assert protection.report.passed
    assert not protection.verdicts
