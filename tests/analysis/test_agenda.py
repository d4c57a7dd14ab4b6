from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.agenda import AgendaItem, Subject, agenda
from analysis.estimates import FloatArray
from analysis.signals import (
    Signal,
    fall_signals,
    importance_gap_signals,
    meta_gap_signal,
    side_gap_signals,
    spread_signals,
)

BLOCK = np.repeat(np.arange(7), [4, 4, 5, 7, 4, 7, 8])
CONSTRUCTS = list("VGTHLRS")
ITEMS = [f"{CONSTRUCTS[b]}.{i}" for i, b in enumerate(BLOCK)]
SUBJECTS = [Subject(c, "construct", c) for c in CONSTRUCTS] + [
    Subject(item, "item", CONSTRUCTS[b]) for item, b in zip(ITEMS, BLOCK, strict=True)
]
MEANS = (BLOCK[:, None] == np.arange(7)) / np.bincount(BLOCK)
PAIR = [Subject("T", "construct", "T"), Subject("T1", "item", "T"), Subject("T2", "item", "T")]


def positions(rng: np.random.Generator, own: np.ndarray, shared: FloatArray, person_sd: float) -> FloatArray:
    """Organization means of 39 items, 0-100: level 65, shared part of an organization, people with person_sd."""
    answers = 65 + shared[own][:, None] + rng.normal(0, person_sd, (own.size, 39))
    rounded = np.clip(np.round(answers / 10), 0, 10) * 10
    sums = np.zeros((shared.size, 39))
    np.add.at(sums, own, rounded)
    return np.asarray(sums / np.bincount(own)[:, None], dtype=np.float64)


def noise_round(
    rng: np.random.Generator, n: int, people: int, organization_sd: float, person_sd: float
) -> tuple[AgendaItem, ...]:
    """Two rounds without change, sides without gap, importance the same everywhere, trust as believed."""
    own = np.repeat(np.arange(n), rng.integers(1, people + 1, n))
    before = rng.normal(0, organization_sd, n)
    now = 0.7 * before + np.sqrt(1 - 0.49) * rng.normal(0, organization_sd, n)
    items, earlier = positions(rng, own, now, person_sd), positions(rng, own, before, person_sd)
    sides = rng.permutation(np.arange(n) % 2)
    importance = np.clip(np.round(rng.normal(8.5, 1.8, (n, 7))), 0, 10) * 10
    belief, trust = (np.clip(np.round(rng.normal(6.5, 1.8, (n, n))), 0, 10) * 10 for _ in range(2))
    found = [
        *side_gap_signals(CONSTRUCTS, items @ MEANS, sides),
        *side_gap_signals(ITEMS, items, sides),
        *fall_signals(CONSTRUCTS, items @ MEANS, earlier @ MEANS),
        *fall_signals(ITEMS, items, earlier),
        *spread_signals(CONSTRUCTS, items @ MEANS),
        *spread_signals(ITEMS, items),
        *importance_gap_signals(CONSTRUCTS, importance, items @ MEANS),
        meta_gap_signal("R", belief, trust),
    ]
    return agenda(SUBJECTS, found)


def share_shown(seed: int, rounds: int, n: int, people: int, organization_sd: float, person_sd: float) -> float:
    rng = np.random.default_rng(seed)
    return float(np.mean([bool(noise_round(rng, n, people, organization_sd, person_sd)) for _ in range(rounds)]))


NOISE = [(6, 1, 0, 18), (8, 1, 12, 13.4), (8, 5, 0, 18), (12, 5, 12, 18), (20, 5, 12, 20)]


@pytest.mark.parametrize(("n", "people", "organization_sd", "person_sd"), NOISE)
def test_noise_leaves_the_agenda_empty(n: int, people: int, organization_sd: float, person_sd: float) -> None:
    assert share_shown(20260301, 250, n, people, organization_sd, person_sd) <= 0.10


@pytest.mark.slow
@pytest.mark.parametrize(("n", "people", "organization_sd", "person_sd"), [*NOISE, (4, 3, 12, 18), (30, 5, 12, 18)])
def test_noise_leaves_the_agenda_empty_long(n: int, people: int, organization_sd: float, person_sd: float) -> None:
    assert share_shown(7, 4000, n, people, organization_sd, person_sd) <= 0.08


def test_a_gap_between_sides_is_found() -> None:
    rng, hits = np.random.default_rng(2), 0
    for _ in range(60):
        own = np.repeat(np.arange(10), 2)
        items = positions(rng, own, rng.normal(0, 8, 10), 18)
        sides = np.arange(10) % 2
        items[:, BLOCK == 2] += np.where(sides == 0, -18, 18)[:, None]
        scores = items @ MEANS
        shown = agenda(SUBJECTS, [*side_gap_signals(CONSTRUCTS, scores, sides), *side_gap_signals(ITEMS, items, sides)])
        hits += any(entry.code.startswith("T") and entry.evidence[0].kind == "side_gap" for entry in shown)
        assert len(shown) <= 5
    assert hits >= 55


def test_side_gap_by_hand() -> None:
    scores = np.array([[60.0], [70.0], [80.0], [40.0], [50.0], [30.0]])
    (found,) = side_gap_signals(["T"], scores, np.array([0, 0, 0, 1, 1, 1]))
    assert (found.value, found.n) == (30.0, 6)
    # Student: SE = 10 sqrt(2/3), t = 3.674 on 4 degrees of freedom
    assert found.p == pytest.approx(0.021311641, rel=1e-6)
    assert found.low == pytest.approx(30 - 2.7764451051977987 * 10 * np.sqrt(2 / 3))
    assert found.high == pytest.approx(30 + 2.7764451051977987 * 10 * np.sqrt(2 / 3))


def test_fall_by_hand() -> None:
    now, before = np.array([[50.0], [60.0], [40.0], [50.0]]), np.array([[60.0], [66.0], [54.0], [60.0]])
    (found,) = fall_signals(["T"], now, before)
    # differences -10, -6, -14, -10: mean -10, s^2 = 32/3
    t = -10 / np.sqrt(32 / 3 / 4)
    assert (found.value, found.n) == (-10.0, 4)
    assert found.p == pytest.approx(
        0.5 - np.arctan(-t / np.sqrt(3)) / np.pi - (-t / np.sqrt(3)) / (np.pi * (1 + t * t / 3))
    )


def test_a_rise_is_no_concern() -> None:
    now, before = np.array([[60.0], [66.0], [54.0], [60.0]]), np.array([[50.0], [60.0], [40.0], [50.0]])
    signals = fall_signals(["T"], now, before)
    assert signals[0].p > 0.99
    assert agenda(PAIR, signals) == ()


def test_neighbours_steady_a_subject_that_happens_not_to_vary() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(60, 18, (6, 20))
    scores[:, 0] = [60, 60, 60, 50, 50, 50]
    found = side_gap_signals([str(i) for i in range(20)], scores, np.array([0, 0, 0, 1, 1, 1]))[0]
    assert found.value == 10
    assert found.p > 0.05


def test_importance_counts_beyond_the_common_gap() -> None:
    scores = np.full((8, 4), 60.0)
    scores += np.random.default_rng(5).normal(0, 4, scores.shape)
    importance = np.full((8, 4), 85.0)
    importance[:, 1] = 100
    scores[:, 1] -= 20
    found = importance_gap_signals(list("VGTH"), importance, scores)
    assert found[1].value == pytest.approx(35 * 3 / 4, abs=3)
    assert found[1].p < 1e-4
    assert all(signal.p > 0.5 for i, signal in enumerate(found) if i != 1)


def test_meta_gap_is_the_mean_pair_gap() -> None:
    rng = np.random.default_rng(6)
    belief, trust = rng.normal(60, 10, (7, 7)), rng.normal(60, 10, (7, 7))
    found = meta_gap_signal("R", belief, trust)
    off = ~np.eye(7, dtype=bool)
    assert found.value == pytest.approx((belief - trust.T)[off].mean())
    assert found.n == 7
    assert meta_gap_signal("R", trust + rng.normal(30, 3, (7, 7)), trust).p < 1e-4


def test_spread_needs_more_than_a_sixth_of_the_scale() -> None:
    torn = np.array([10.0, 10, 10, 10, 90, 90, 90, 90])
    calm = np.array([60.0, 60, 70, 70, 60, 60, 70, 70])
    found = spread_signals(["torn", "calm"], np.column_stack([torn, calm]))
    assert found[0].value == pytest.approx(40 - 110 / 6)
    assert found[0].p < 1e-4
    assert found[1].value < 0
    assert found[1].p > 0.9


def test_spread_p_holds_its_word() -> None:
    rng = np.random.default_rng(8)
    many = np.round(rng.normal(50, 18, (8, 20_000)) / 10) * 10
    p = np.array([s.p for s in spread_signals([str(i) for i in range(20_000)], many)])
    for level in (0.05, 0.01, 0.001):
        assert (p < level).mean() <= level * 1.15 + 2 * np.sqrt(level / 20_000)


def test_thin_data_gives_reasons() -> None:
    few = np.full((3, 1), 50.0)
    assert side_gap_signals(["T"], few, np.array([0, 1, 1]))[0].reason == "too_few"
    assert fall_signals(["T"], few, few)[0].reason == "too_few"
    assert spread_signals(["T"], few)[0].reason == "too_few"
    assert fall_signals(["T"], np.full((6, 1), np.nan), np.full((6, 1), 5.0))[0].reason == "no_data"
    assert importance_gap_signals(["T"], np.full((6, 1), 9.0), np.full((6, 1), 5.0))[0].reason == "no_overlap"
    assert fall_signals(["T"], np.full((5, 1), 50.0), np.full((5, 1), 60.0))[0].reason == "zero_variance"
    assert agenda(PAIR, fall_signals(["T"], few, few)) == ()


def test_ranked_with_the_evidence_that_ranked_it() -> None:
    signals = [
        Signal("T1", "fall", -22.0, -30.0, -14.0, 9, 1e-5),
        Signal("T1", "side_gap", 25.0, 15.0, 35.0, 9, 1e-4),
        Signal("T2", "fall", -12.0, -30.0, 6.0, 9, 0.2),
        Signal("T", "fall", -18.0, -25.0, -11.0, 9, 1e-7),
    ]
    shown = agenda(PAIR, signals)
    assert [entry.code for entry in shown] == ["T1"]  # the construct's fall is carried by its item
    assert [e.kind for e in shown[0].evidence] == ["fall", "side_gap"]
    assert shown[0].priority == pytest.approx(4.264890793922825)  # normal deviate of 1e-5, one-sided
    assert shown[0].evidence[1].z == pytest.approx(3.890591886413107)  # of 1e-4, two-sided
    assert (shown[0].evidence[0].value, shown[0].evidence[0].low, shown[0].evidence[0].n) == (-22.0, -30.0, 9)


def test_construct_stands_when_no_item_carries_it() -> None:
    shown = agenda(PAIR, [Signal("T", "fall", -18.0, -25.0, -11.0, 9, 1e-5), Signal("T1", "fall", -9, -20, 2, 9, 0.3)])
    assert [(entry.code, entry.kind) for entry in shown] == [("T", "construct")]


def test_item_gate_opens_only_with_its_construct() -> None:
    many = [Subject(f"X{i}", "item", "X") for i in range(40)]
    item = Signal("T1", "side_gap", 20.0, 5.0, 35.0, 9, 0.004)
    rest = [Signal(subject.code, "side_gap", 1.0, -5.0, 7.0, 9, 0.8) for subject in many]
    closed = agenda([*PAIR, *many], [item, *rest, Signal("T", "side_gap", 9, -2, 20, 9, 0.2)])
    opened = agenda([*PAIR, *many], [item, *rest, Signal("T", "side_gap", 19, 9, 29, 9, 0.001)])
    assert closed == ()
    assert [entry.code for entry in opened] == ["T1"]


def test_raised_by_three_organizations_adds_one() -> None:
    subjects = [Subject("T1", "item", "T", raised_by=3), Subject("T2", "item", "T", raised_by=2), PAIR[0]]
    plain = agenda(PAIR, [Signal("T1", "side_gap", 30.0, 20.0, 40.0, 9, 1e-6)])
    raised = agenda(subjects, [Signal("T1", "side_gap", 30.0, 20.0, 40.0, 9, 1e-6)])
    assert raised[0].priority == pytest.approx(plain[0].priority + 1)
    alone = agenda(subjects, [])
    assert [(entry.code, entry.priority) for entry in alone] == [("T1", 1.0)]
    assert (alone[0].evidence[0].kind, alone[0].evidence[0].n) == ("raised", 3)


def test_never_more_than_five() -> None:
    signals = [Signal(item, "side_gap", 40.0, 30.0, 50.0, 9, 10.0 ** -(6 + i)) for i, item in enumerate(ITEMS[:9])]
    shown = agenda(SUBJECTS, signals)
    assert [entry.code for entry in shown] == list(reversed(ITEMS[4:9]))
    assert agenda(SUBJECTS, [Signal(ITEMS[0], "side_gap", 40.0, 30.0, 50.0, 9, 0.0)])[0].priority == 8.0


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_order_of_signals_changes_nothing(order: list[int]) -> None:
    signals = [Signal(ITEMS[i], "fall", -20.0, -30.0, -10.0, 9, 10.0 ** -(5 + i)) for i in range(6)]
    assert agenda(SUBJECTS, [signals[i] for i in order]) == agenda(SUBJECTS, signals)


def test_callers_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown"):
        agenda(PAIR, [Signal("Z", "fall", p=0.1)])
    with pytest.raises(ValueError, match="own"):
        agenda([*PAIR, PAIR[0]], [])
    with pytest.raises(ValueError, match="level"):
        agenda(PAIR, [], level=1.0)
    with pytest.raises(ValueError, match="column"):
        spread_signals(["T"], np.zeros((4, 2)))
    with pytest.raises(ValueError, match="side"):
        side_gap_signals(["T"], np.zeros((4, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="same"):
        fall_signals(["T"], np.zeros((4, 1)), np.zeros((5, 1)))
    with pytest.raises(ValueError, match="square"):
        meta_gap_signal("T", np.zeros((4, 4)), np.zeros((3, 3)))
