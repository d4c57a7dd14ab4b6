"""The parts of the audit, each against what can be worked out by hand."""

import time

import numpy as np
import pytest

from analysis.audit import audit
from analysis.estimates import Interval
from analysis.exchanges import Known, everybody_is_open, kinds_of
from analysis.protection import protect
from analysis.published import Hidden, ProtectedRelease, Shown
from analysis.widths import interval_is_open
from analysis.witnesses import climb, moves
from tests.analysis.attacker import person_bounds
from tests.analysis.releases import candidate, draw_answers, make_structure, population, typical_round

NO_RANGES = (np.zeros((0, 4)), np.zeros((1, 0)), np.zeros((1, 0)))


def shown(target, who, value, statistic="mean_of_organizations"):
    return Shown(target, who.code, statistic, value - 0.5, value + 0.5)


def test_a_witness_reaches_what_one_mean_allows():
    start, row = np.array([[80.0, 90.0, 70.0, 60.0]]), np.full((1, 4), 0.25)
    free = np.array([[True] * 4, [False, True, True, True]])
    found = moves(start, free, row, NO_RANGES, np.eye(4))
    np.testing.assert_allclose(found.high[0, 0], [100.0] * 4)
    np.testing.assert_allclose(found.low[0, 0], [0.0] * 4, atol=1e-9)
    np.testing.assert_allclose(found.low[0, 1, 1:], [20.0] * 3)


def test_a_climb_uses_a_range_up():
    start, row = np.array([[10.0, 0.0, 0.0, 0.0]]), np.full((1, 4), 0.25)
    ranges = (row, np.array([[0.0]]), np.array([[10.0]]))
    found = climb(start, np.ones((1, 4), dtype=bool), np.zeros((0, 4)), ranges, np.array([[0.0, 1.0, 0.0, 0.0]]))
    assert found.low[0] == pytest.approx(0.0)
    assert found.high[0] <= 40.0 + 1e-6
    assert found.high[0] >= 20.0


def test_a_secret_mean_between_two_published_ones():
    structure = make_structure(draw_answers(np.random.default_rng(2), [3] * 6, ["T1"], level=50.0))
    everybody, half = population("all", [3] * 6), population("half", [3, 3, 3, 0, 0, 0])
    rest = population("rest", [0, 0, 0, 3, 3, 3])
    numbers = [shown("T1", who, round(candidate(structure, "T1", who).value)) for who in (everybody, half)]
    groups = {who.code: who for who in (everybody, half, rest)}
    bare = ProtectedRelease("r1", groups, tuple(numbers), (Hidden("T1", "rest", "mean_of_organizations"),))
    failure = audit(bare, structure).failures[0]
    assert (failure.about, failure.attacker) == ("population:rest", "")
    assert failure.width == pytest.approx(3.0, abs=0.01)


def test_a_second_population_splits_organizations():
    structure = make_structure(draw_answers(np.random.default_rng(3), [4] * 6, ["T1"], level=50.0))
    everybody, matched = population("all", [4] * 6), population("matched", [3, 3, 3, 3, 3, 4])
    numbers = [candidate(structure, "T1", who) for who in (everybody, matched)]
    protection = protect(numbers, {who.code: who for who in (everybody, matched)}, structure)
    assert [one.state for one in protection.verdicts.values()] == ["shown", "shown"]
    assert protection.report.checked > 6 * 6


def test_a_share_leaves_both_answers():
    yes = {"share": {"o0": (100.0, 100.0), "o1": (0.0, 0.0), "o2": (0.0, 0.0), "o3": (0.0, 0.0)}}
    structure, everybody = make_structure(yes), population("all", [2] * 4)
    number = candidate(structure, "share", everybody, "share")
    verdicts = protect([number], {"all": everybody}, structure).verdicts
    assert verdicts[number.key].state == "range"
    seen = ([number], verdicts, {"all": everybody}, structure, ("share",), "o0")
    low, high = person_bounds(*seen, {("share", "o1", 0): 1.0})
    assert (low, high) == (pytest.approx(0.0, abs=1e-5), pytest.approx(100.0, abs=1e-5))


def known(answers, sizes, variance):
    n = len(answers)
    rows = np.full((1, n), 1 / n)
    mean, members = float(np.mean(answers)), np.ones((1, n), dtype=bool)
    organization = np.repeat(np.arange(len(sizes)), sizes)
    low, high = np.array([mean - 0.5]), np.array([mean + 0.5])
    return Known(np.array(answers), organization, rows, low, high, kinds_of(rows), members, np.array([variance]), 10.0)


def test_exchanges_keep_a_mixed_group_open():
    assert everybody_is_open(known([20.0, 50.0, 80.0, 30.0, 60.0, 90.0], (2, 2, 2), (600.0, 800.0)))


def test_no_spread_at_all_pins_everybody():
    assert not everybody_is_open(known([50.0] * 6, (2, 2, 2), (0.0, 0.25)))
    assert everybody_is_open(known([50.0] * 6, (2, 2, 2), (0.0, 225.0)))


def test_a_narrow_interval_bounds_the_means():
    people, means = [2] * 8, np.full(8, 60.0) + np.linspace(-1, 1, 8)
    assert not interval_is_open(means, people, 60.0, 0.6, Interval(59.0, 61.0), 10.0)
    apart = np.array([30.0, 45.0, 55.0, 60.0, 62.0, 68.0, 75.0, 85.0])
    half = 2.365 * float(apart.std(ddof=1)) / np.sqrt(8)
    assert interval_is_open(apart, people, 60.0, half, Interval(45.0, 75.0), 10.0)


@pytest.mark.parametrize("sizes", [[4] * 15, [17] * 30])
def test_large_rounds_take_seconds(sizes):
    made = typical_round(np.random.default_rng(1), sizes)
    started = time.process_time()
    assert protect(*made).report.passed
    assert time.process_time() - started < 10
