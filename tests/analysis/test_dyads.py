from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dyads import (
    asymmetry,
    between_sides,
    density,
    meta_gap,
    self_enhancement,
    sem_from_informants,
    sem_from_reliability,
    trust_given,
    trust_received,
    weighted_reciprocity,
)

N = np.nan
FIVE = np.array(
    [
        [N, 8, 6, 4, 6],
        [6, N, 7, 5, 6],
        [7, 7, N, 6, 6],
        [2, 6, 6, N, N],
        [9, 5, 3, 7, N],
    ]
)


def test_trust_received_with_interval_over_raters() -> None:
    first = trust_received(FIVE).estimates[0]
    # raters 6, 7, 2, 9: mean 6, s = 2.943920, t(.975, 3) = 3.182446
    assert (first.value, first.n, first.reason) == (6.0, 4, None)
    assert first.low == pytest.approx(6 - 3.182446305284263 * 2.943920288775949 / 2, rel=1e-9)
    assert first.high == pytest.approx(6 + 3.182446305284263 * 2.943920288775949 / 2, rel=1e-9)


def test_trust_given_is_received_turned() -> None:
    given_, turned = trust_given(FIVE), trust_received(FIVE.T)
    assert given_.overall == turned.overall
    assert [e.value for e in given_.estimates] == [e.value for e in turned.estimates]
    assert given_.estimates[3].n == 3
    assert given_.estimates[3].reason == "too_few"
    assert np.isnan(given_.estimates[3].low)


def test_received_by_nobody_has_no_number() -> None:
    table = np.full((3, 3), N)
    assert [e.reason for e in trust_received(table).estimates] == ["no_data"] * 3
    assert np.isnan(trust_received(table).overall)


def test_raters_who_all_agree_get_no_zero_width() -> None:
    found = trust_received(np.full((6, 6), 7.0)).estimates[0]
    assert (found.value, found.reason) == (7.0, "zero_variance")
    assert np.isnan([found.low, found.high]).all()


def test_asymmetry_against_measurement_error() -> None:
    found = asymmetry(FIVE, sem=1.0)
    assert len(found.pairs) == 9
    assert found.matrix[0, 4] == -3
    pair = found.pairs[3]
    assert (pair.i, pair.j, pair.forward, pair.back, pair.mean) == (0, 4, 6, 9, 7.5)
    assert pair.margin == pytest.approx(1.96 * np.sqrt(2))
    assert pair.beyond_error
    assert found.n_beyond_error == 2  # the other is 2 and 4: 6 against 3
    assert found.mean_absolute == pytest.approx((2 + 1 + 2 + 3 + 0 + 1 + 1 + 0 + 3) / 9)


def test_asymmetry_without_known_error_flags_nobody() -> None:
    found = asymmetry(FIVE)
    assert (found.n_beyond_error, found.reason) == (0, "not_computed")
    assert np.isnan(found.pairs[0].margin)


def test_asymmetry_without_a_pair() -> None:
    found = asymmetry(np.array([[N, 3.0], [N, N]]), sem=1.0)
    assert (found.pairs, found.reason) == ((), "no_overlap")
    assert np.isnan(found.mean_absolute)


def test_error_of_measurement_from_alpha() -> None:
    assert sem_from_reliability(20.0, 0.84) == pytest.approx(8.0)
    assert sem_from_reliability(20.0, 1.0) == 0.0
    assert np.isnan(sem_from_reliability(20.0, -0.2))
    assert np.isnan(sem_from_reliability(20.0, N))


def test_error_of_measurement_from_informants() -> None:
    scores = np.array([[N, 4.0, 6.0], [N, 6.0, 6.0], [7.0, N, 5.0], [N, N, N]])
    found = sem_from_informants(scores, np.array([0, 0, 1, 2]), n=3)
    # two cells with two people: squares 2 and 0 on 2 degrees of freedom, so s_w = 1
    np.testing.assert_allclose(found, [1 / np.sqrt(2), 1.0, N])


def test_error_of_measurement_needs_two_informants() -> None:
    assert np.isnan(sem_from_informants(np.array([[N, 4.0]]), np.array([0]), n=2)).all()


def test_weighted_reciprocity() -> None:
    found = weighted_reciprocity(np.array([[N, 8.0, N], [4.0, N, 6.0], [5.0, 6.0, N]]))
    assert found.value == pytest.approx(2 * (4 + 6) / (12 + 12))
    assert found.n == 2
    assert weighted_reciprocity(np.array([[N, 5.0], [5.0, N]])).value == 1.0
    assert weighted_reciprocity(np.array([[N, 5.0], [N, N]])).reason == "no_overlap"
    assert weighted_reciprocity(np.zeros((3, 3))).reason == "zero_variance"


def test_density_counts_pairs_answered_both_ways() -> None:
    contact = np.array([[N, 0, 2, N], [1, N, 3, 0], [1, 2, N, 2], [3, 0, 1, N]])
    found = density(contact)
    assert (found.value, found.n) == (pytest.approx(3 / 5), 5)
    assert density(np.full((3, 3), N)).reason == "no_overlap"


def test_belief_beside_trust() -> None:
    belief, trust = np.array([[N, 8.0], [5.0, N]]), np.array([[N, 6.0], [7.0, N]])
    gap = meta_gap(belief, trust)
    assert gap[0, 1] == 1.0
    assert gap[1, 0] == -1.0
    assert np.isnan(gap[0, 0])


def test_self_enhancement_is_centred() -> None:
    found = self_enhancement(np.array([8.0, 6.0, N, 4.0]), np.array([1.0, 0, 0, -1]), np.array([0.5, 0, 0, 0]))
    np.testing.assert_allclose(found, [0.5, 0.0, N, -1.0])
    assert np.isnan(self_enhancement(np.full(3, N), np.zeros(3), np.zeros(3))).all()


def test_between_sides_counts_each_rater_once() -> None:
    found = between_sides(FIVE, np.array([0, 0, 1, 1, 1]), n_sides=2)
    assert found[0][0].value == 7.0
    assert found[0][1].value == pytest.approx((16 / 3 + 6) / 2)
    assert (found[0][1].n, found[0][1].reason) == (2, "too_few")
    assert found[1][0].value == pytest.approx((7 + 4 + 7) / 3)
    assert found[1][1].value == pytest.approx((6 + 6 + 5) / 3)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_turning_the_table_keeps_what_is_mutual(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 11, (6, 6)).astype(float)
    table[rng.random((6, 6)) < 0.2] = N
    assert weighted_reciprocity(table).value == pytest.approx(weighted_reciprocity(table.T).value, nan_ok=True)
    assert density(table).value == pytest.approx(density(table.T).value, nan_ok=True)
    np.testing.assert_allclose(asymmetry(table).matrix, -asymmetry(table.T).matrix)


@pytest.mark.parametrize(
    "call",
    [
        lambda: trust_received(np.zeros((2, 3))),
        lambda: trust_received(np.zeros((3, 3)), confidence=1.0),
        lambda: asymmetry(FIVE, sem=-1.0),
        lambda: asymmetry(FIVE, sem=np.ones(3)),
        lambda: weighted_reciprocity(-FIVE),
        lambda: meta_gap(FIVE, FIVE[:3, :3]),
        lambda: self_enhancement(np.zeros(3), np.zeros(2), np.zeros(3)),
        lambda: between_sides(FIVE, np.array([0, 1]), n_sides=2),
        lambda: sem_from_informants(FIVE, np.zeros(5, dtype=int), n=4),
        lambda: density(np.array([[N, np.inf], [1.0, N]])),
    ],
)
def test_callers_mistakes_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=r"."):
        call()
