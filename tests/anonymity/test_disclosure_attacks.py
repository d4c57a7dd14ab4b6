"""Attacks on what a round publishes, each by somebody who exists: colleagues, partners, readers of two rounds."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.audit import audit
from analysis.disclosure import difference
from analysis.protection import protect
from analysis.published import Hidden, Population, ProtectedRelease, Published, Shown, Structure, Term
from tests.analysis.attacker import person_bounds, whole_answers_left
from tests.analysis.releases import candidate, companions, draw_answers, make_structure, population


def release_of(populations, *shown):
    """A release made without any protection, of numbers (target, population, statistic, value) in whole points."""
    numbers = tuple(Shown(t, p, s, round(v) - 0.5, round(v) + 0.5) for t, p, s, v in shown)
    return ProtectedRelease("r2", populations, numbers)


def test_two_colleagues_subtract_their_answers():
    """Mean and SD of five people, published bare, give the other three away; what is protected does not."""
    row = np.array([60.0, 70.0, 90.0, 90.0, 20.0])
    sizes, everybody = (2, 2, 1), population("all", (2, 2, 1))
    structure = make_structure({"T1": {"o0": (60.0, 70.0), "o1": (90.0, 90.0), "o2": (20.0,)}})
    numbers = [candidate(structure, "T1", everybody, "mean_of_people"), *companions(structure, "T1", everybody, "r1")]
    mean, sd = row.mean(), row.std(ddof=1)
    fits = [
        (a, b, c)
        for a in range(0, 101, 10)
        for b in range(a, 101, 10)
        for c in range(0, 101, 10)
        if abs(np.mean([60, 70, a, b, c]) - mean) < 0.5 and abs(np.std([60, 70, a, b, c], ddof=1) - sd) < 0.5
    ]
    assert sorted({tuple(sorted(one)) for one in fits}) == [(20, 90, 90)]
    verdicts = protect(numbers, {"all": everybody}, structure).verdicts
    assert verdicts[numbers[1].key].state != "shown"
    assert min(left for _, _, left in whole_answers_left(numbers, verdicts, sizes, row, 10.0)) >= 3


def test_colleagues_learn_89_percent_from_mean_and_spread_but_not_from_what_is_shown():
    draw, sizes, everybody = np.random.default_rng(3), (2, 2, 1), population("all", (2, 2, 1))
    for _ in range(6):
        row = np.clip(np.round(draw.normal(6.5, 2.0, 5)), 0, 10) * 10.0
        structure = make_structure({"T1": {"o0": tuple(row[:2]), "o1": tuple(row[2:4]), "o2": tuple(row[4:])}})
        numbers = [candidate(structure, "T1", everybody), *companions(structure, "T1", everybody, "r1")]
        verdicts = protect(numbers, {"all": everybody}, structure).verdicts
        assert all(verdicts[one.key].state in ("word", "suppressed") for one in numbers[1:3])
        assert min(left for _, _, left in whole_answers_left(numbers, verdicts, sizes, row, 10.0)) >= 3


def two_rounds(newcomer):
    """The same seven people in two rounds, in the second with a newcomer; a paired change over the seven."""
    sizes, later = [3, 2, 2], [3, 2, 2, 1]
    first = make_structure(draw_answers(np.random.default_rng(5), sizes, ["T1"], level=50.0))
    second = draw_answers(np.random.default_rng(6), later, ["T1"], level=55.0)
    second["T1"]["o3"] = (newcomer,)
    structure = make_structure(second)
    before, now = population("all", sizes), population("all", later)
    matched = population("matched", sizes)
    change = candidate(structure, "T1", matched, round_key="r2").value - candidate(first, "T1", before).value
    terms = (Term("r2", "matched", 1.0), Term("r1", "all", -1.0))
    paired = Published("paired", "T1", "matched", change, "mean_of_organizations", "r2", terms)
    overlap = Published(
        "overlap", "T1", "all", change, "mean_of_organizations", "r2", (Term("r2", "all", 1.0), Term("r1", "all", -1.0))
    )
    earlier = protect([candidate(first, "T1", before)], {"all": before}, first).release
    return structure, now, matched, earlier, paired, overlap


@pytest.mark.parametrize("newcomer", [0.0, 40.0, 100.0])
def test_a_newcomer_between_two_rounds(newcomer):
    structure, now, matched, earlier, paired, overlap = two_rounds(newcomer)
    level = candidate(structure, "T1", now, round_key="r2")
    everything = [level, paired, overlap]
    bare = [(level.target, "all", level.statistic, level.value)]
    # with level, earlier level and paired change: four times the level less three times the matched level
    matched_level = (earlier.shown[0].low + earlier.shown[0].high) / 2 + paired.value
    assert abs(4 * bare[0][3] - 3 * matched_level - newcomer) <= 4 * 0.5 + 3 * 1.0
    protection = protect(everything, {"all": now, "matched": matched}, structure, [earlier])
    assert protection.verdicts["paired"].reason == "differencing"
    assert protection.verdicts["overlap"].reason is None
    assert protection.report.passed


def test_a_change_comes_first_and_the_level_gives_way():
    structure, now, matched, earlier, paired, _ = two_rounds(40.0)
    level = candidate(structure, "T1", now, round_key="r2")
    protection = protect([paired, level], {"all": now, "matched": matched}, structure, [earlier])
    states = [one.state for one in protection.verdicts.values()]
    assert states == ["shown", "suppressed"]


def test_the_change_of_a_later_round_reaches_back():
    """Two changes that refer to nearly the same people of the first round would give the difference away."""
    sizes = [3, 3, 3, 3]
    first = make_structure(draw_answers(np.random.default_rng(1), sizes, ["T1"], level=50.0))
    everybody = population("all", sizes)
    one = protect([candidate(first, "T1", everybody)], {"all": everybody}, first).release
    fewer = population("since r1", [3, 3, 3, 2])
    terms = (Term("r3", "all", 1.0), Term("r1", "since r1", -1.0))
    change = Published("change", "T1", "all", 5.0, "mean_of_organizations", "r3", terms)
    populations = {"all": everybody, "since r1": fewer}
    verdicts = protect([change], populations, first, [one]).verdicts
    assert verdicts["change"].reason == "differencing"


@pytest.mark.parametrize("everyone", [0.0, 100.0])
@pytest.mark.parametrize("sizes", [(2, 2, 1), (3, 3, 3, 3), (1,) * 8])
def test_everyone_answers_the_same(everyone, sizes):
    structure = make_structure({"T1": {f"o{i}": (everyone,) * n for i, n in enumerate(sizes)}})
    everybody = population("all", sizes)
    numbers = [candidate(structure, "T1", everybody), *companions(structure, "T1", everybody, "r1")]
    protection = protect(numbers, {"all": everybody}, structure)
    level, spread, agreement, interval = protection.verdicts.values()
    assert level.state in ("range", "suppressed")
    assert spread.state in ("word", "suppressed")
    assert {agreement.state, interval.state} == {"suppressed"}
    for attacker in ("", "o0"):
        seen = (numbers, protection.verdicts, {"all": everybody}, structure, ("T1",), attacker)
        low, high = person_bounds(*seen, {("T1", "o1", 0): 1.0})
        assert high - low >= 20


def test_everyone_in_the_middle_keeps_a_number_but_no_spread():
    structure = make_structure({"T1": {f"o{i}": (50.0,) * 3 for i in range(4)}})
    everybody = population("all", [3] * 4)
    numbers = [candidate(structure, "T1", everybody), *companions(structure, "T1", everybody, "r1")]
    level, spread, agreement, interval = protect(numbers, {"all": everybody}, structure).verdicts.values()
    assert level.state == "shown"
    assert spread.state in ("word", "suppressed")
    assert agreement.state == "suppressed"
    assert interval.state == "suppressed" or interval.high - interval.low >= 10


@pytest.mark.parametrize("n", [6, 8, 10])
def test_means_over_n_and_one_less(n):
    """Published to the point, both means pin the missing person; only one of them may appear."""
    sizes = [2] * (n // 2)
    structure = make_structure(draw_answers(np.random.default_rng(n), sizes, ["T1"], level=50.0))
    everybody, fewer = population("all", sizes), population("fewer", [*sizes[:-1], 1])
    assert difference(everybody, fewer) == (1, 1)
    lone = 30.0
    rest = sum(sum(own) for own in structure.answers["T1"].values()) - sum(structure.answers["T1"][f"o{n // 2 - 1}"])
    full, less = (rest + 60.0 + lone) / n, (rest + 60.0) / (n - 1)
    assert abs(n * full - (n - 1) * less - lone) < 1e-9
    for statistic in ("mean_of_people", "mean_of_organizations"):
        numbers = [
            candidate(structure, "T1", everybody, statistic),
            candidate(structure, "T1", fewer, "mean_of_people", value=less),
        ]
        verdicts = protect(numbers, {"all": everybody, "fewer": fewer}, structure).verdicts
        assert verdicts[numbers[1].key].reason == "differencing"


def test_a_hidden_item_is_not_recovered_from_its_block():
    """Four items and the block shown would give the fifth away to 9 points."""
    leaves, sizes = [f"T{i}" for i in range(1, 6)], [3, 3, 3, 3]
    parts = {"T": tuple((leaf, 0.2) for leaf in leaves)}
    answers = draw_answers(np.random.default_rng(9), sizes, leaves, level=50.0)
    answers["T5"] = {f"o{i}": (100.0,) * 3 for i in range(4)}
    structure, everybody = make_structure(answers, parts), population("all", sizes)
    numbers = [candidate(structure, target, everybody) for target in ("T", *leaves)]
    bare = release_of({"all": everybody}, *((n.target, "all", n.statistic, n.value) for n in numbers[:-1]))
    kept = replace(bare, hidden=(Hidden("T5", "all", "mean_of_organizations"),))
    failure = audit(kept, structure).failures[0]
    assert (failure.target, failure.about) == ("T5", "population:all")
    assert failure.width < 10
    verdicts = protect(numbers, {"all": everybody}, structure).verdicts
    seen = (numbers, verdicts, {"all": everybody}, structure, leaves, "o0")
    for organization in ("o1", "o2", "o3"):
        low, high = person_bounds(*seen, {("T5", organization, p): 1 / 3 for p in range(3)})
        assert high - low >= 20 - 1e-4


def test_a_release_without_protection_fails_the_audit():
    structure = make_structure({"T1": {"o0": (50.0, 60.0), "o1": (40.0, 80.0), "o2": (30.0,)}})
    everybody = population("all", [2, 2, 1])
    means = [(s, candidate(structure, "T1", everybody, s).value) for s in ("mean_of_organizations", "mean_of_people")]
    report = audit(release_of({"all": everybody}, *(("T1", "all", s, v) for s, v in means)), structure)
    assert not report.passed
    assert report.failures[0].width < 20
    assert report.narrowest == min(report.failures, key=lambda one: one.width)


def test_numbers_no_answers_fit_are_a_mistake():
    everybody = Population("all", (("a", 2), ("b", 2), ("c", 2)))
    shown = [Shown("T1", "all", s, v, v + 1) for s, v in (("mean_of_people", 10.0), ("mean_of_organizations", 80.0))]
    with pytest.raises(ValueError, match="no answers fit what is published of T1"):
        audit(ProtectedRelease("r1", {"all": everybody}, tuple(shown)), Structure({"a": 2, "b": 2, "c": 2}))
