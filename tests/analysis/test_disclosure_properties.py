"""Random partnerships: nothing published breaks a rule, and an attacker written apart from the audit finds nothing."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.audit import audit
from analysis.disclosure import difference
from analysis.protection import protect
from analysis.published import LINEAR, Structure
from tests.analysis.attacker import person_bounds, whole_answers_left
from tests.analysis.releases import candidate, companions, draw_answers, gap, make_structure, population

PARTS = {"construct:A": (("A1", 0.5), ("A2", 0.5)), "composite": (("construct:A", 0.5), ("B1", 0.5))}
LEAVES = ("A1", "A2", "B1")


def small_round(sizes, seed, level, sd):
    """All numbers of three leaves, a construct and a composite over everybody and both sides."""
    rng = np.random.default_rng(seed)
    answers = draw_answers(rng, sizes, LEAVES, level=level, sd=sd)
    side = {f"o{i}": "national" if i % 2 else "external" for i in range(len(sizes))}
    structure = Structure({f"o{i}": n for i, n in enumerate(sizes)}, PARTS, answers, side)
    groups = [population("all", sizes)] + [
        population(name, [n if side[f"o{i}"] == name else 0 for i, n in enumerate(sizes)])
        for name in ("national", "external")
    ]
    numbers = []
    for target, who in itertools.product(("composite", "construct:A", *LEAVES), groups):
        numbers += [candidate(structure, target, who, s) for s in ("mean_of_organizations", "mean_of_people")]
        if target in LEAVES:
            numbers += companions(structure, target, who, "r1")
    numbers += [gap(structure, target, *groups[1:3]) for target in LEAVES]
    return numbers, {who.code: who for who in groups}, structure


sizes_of_partnerships = st.lists(st.integers(1, 4), min_size=2, max_size=6)
rounds = st.builds(
    small_round,
    sizes_of_partnerships,
    st.integers(0, 10**6),
    st.sampled_from([5.0, 50.0, 70.0, 97.0]),
    st.sampled_from([2.0, 12.0, 25.0]),
)
quietly = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quietly
@given(rounds)
def test_nothing_published_breaks_a_rule(made):
    numbers, populations, structure = made
    verdicts = protect(numbers, populations, structure).verdicts
    standing = {}
    for one in numbers:
        verdict, who = verdicts[one.key], populations[one.population]
        if verdict.state == "suppressed":
            assert verdict.reason is not None
            assert math.isnan(verdict.value)
            continue
        sizes = who.counts.values()
        assert sum(sizes) >= 5
        assert len(sizes) >= 3
        assert sum(sizes) - max(sizes) >= 3
        assert math.isnan(verdict.value) or verdict.value == round(verdict.value)
        if one.statistic in ("spread", "agreement"):
            assert verdict.state == "word" or who.n_people >= 10
        if one.statistic == "interval":
            assert len(sizes) >= 4
            assert verdict.low % verdict.grid == verdict.high % verdict.grid == 0
            assert verdict.grid >= (1 if len(sizes) >= 8 else 5)
        if one.statistic in LINEAR:
            standing.setdefault(one.target, []).append(who)
    for together in standing.values():
        for first, second in itertools.combinations(together, 2):
            people, organizations = difference(first, second)
            assert people == 0 or (people >= 5 and organizations >= 3)


@quietly
@given(rounds)
def test_the_audit_of_what_is_published_passes(made):
    numbers, populations, structure = made
    protection = protect(numbers, populations, structure)
    assert protection.report.passed
    again = audit(protection.release, structure)
    assert again.passed, again.failures
    outside = Structure(structure.organizations, structure.parts, {}, structure.sides)
    assert audit(protection.release, outside).passed


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds, st.randoms(use_true_random=False))
def test_another_attacker_finds_nothing(made, random):
    numbers, populations, structure = made
    verdicts = protect(numbers, populations, structure).verdicts
    organizations = list(structure.organizations)
    for leaf in LEAVES:
        attacker = random.choice(["", *organizations])
        victim = random.choice([o for o in organizations if o != attacker])
        n = structure.organizations[victim]
        seen = (numbers, verdicts, populations, structure, LEAVES, attacker)
        low, high = person_bounds(*seen, {(leaf, victim, p): 1 / n for p in range(n)})
        assert high - low >= 20 - 1e-4
        low, high = person_bounds(*seen, {(leaf, victim, 0): 1.0})
        assert math.floor(high / 10 + 1e-6) - math.ceil(low / 10 - 1e-6) + 1 >= 3


@pytest.mark.parametrize("statistics", [("mean_of_organizations",), ("mean_of_organizations", "mean_of_people")])
@pytest.mark.parametrize("sizes", [(2, 2, 1), (1, 1, 1, 1, 1)])
def test_all_answers_of_five_people(sizes, statistics):
    step, organization = 25.0, np.repeat(np.arange(len(sizes)), sizes)
    seen = set()
    for row in itertools.product(np.arange(0, 101, step), repeat=5):
        given_answers = np.array(row)
        mark = tuple(sorted((n, *sorted(given_answers[organization == o])) for o, n in enumerate(sizes)))
        if mark not in seen:
            seen.add(mark)
            assert_nobody_is_pinned(sizes, given_answers, step, statistics)
    assert len(seen) > 100


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 1), (2, 2, 1, 1)])
def test_answers_of_six_people(sizes):
    draw = np.random.default_rng(11)
    for _ in range(60):
        assert_nobody_is_pinned(sizes, draw.integers(0, 5, 6) * 25.0, 25.0, ("mean_of_organizations", "mean_of_people"))


def test_answers_of_five_people_on_the_whole_scale():
    draw = np.random.default_rng(12)
    for _ in range(15):
        assert_nobody_is_pinned((2, 2, 1), draw.integers(0, 11, 5) * 10.0, 10.0, ("mean_of_organizations",))


def assert_nobody_is_pinned(sizes, row, step, statistics):
    """Full enumeration: whatever one organization subtracts, everybody else keeps three answers."""
    ends = np.cumsum([0, *sizes])
    answers = {"T1": {f"o{i}": tuple(row[a:b]) for i, (a, b) in enumerate(itertools.pairwise(ends))}}
    structure, everybody = make_structure(answers, step=step), population("all", sizes)
    numbers = [candidate(structure, "T1", everybody, s) for s in statistics]
    numbers += companions(structure, "T1", everybody, "r1")
    verdicts = protect(numbers, {"all": everybody}, structure).verdicts
    for attacker, person, left in whole_answers_left(numbers, verdicts, sizes, row, step):
        assert left >= 3, (row, attacker, person, left)
