from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.indices import aggregate, composite_index, partnership_score, rescale, standardize

N = np.nan
VALUES = np.array([80.0, 60.0, 40.0, N, 10.0])
ORGANIZATION = np.array([0, 0, 1, 2, 3])
SIDES = np.array([0, 0, 1, 1])


def test_voices_of_organizations_persons_and_sides() -> None:
    def score(weighting: str) -> float:
        return partnership_score(VALUES, ORGANIZATION, 4, weighting=weighting, sides=SIDES)

    assert score("organization") == pytest.approx((70 + 40 + 10) / 3)
    assert score("person") == pytest.approx((80 + 60 + 40 + 10) / 4)
    assert score("side") == pytest.approx(((70 + 40) / 2 + 10) / 2)


def test_one_side_silent_leaves_the_organizations() -> None:
    values = np.array([80.0, 60.0, 40.0, N, N])
    sides = np.array([0, -1, 1, 1])
    assert partnership_score(values, ORGANIZATION, 4, weighting="side", sides=sides) == pytest.approx(55.0)


def test_nobody_answered_has_no_score() -> None:
    for weighting in ("organization", "person"):
        assert np.isnan(partnership_score(np.full(5, N), ORGANIZATION, 4, weighting=weighting))
    assert np.isnan(partnership_score(np.full(5, N), ORGANIZATION, 4, weighting="side", sides=SIDES))


def test_sides_must_be_told() -> None:
    with pytest.raises(ValueError, match="one side per organization"):
        partnership_score(VALUES, ORGANIZATION, 4, weighting="side")


@given(arrays(float, 12, elements=st.floats(0, 100)), st.floats(-50, 50), st.permutations(range(12)))
def test_score_moves_with_a_constant_and_not_with_the_order(
    values: np.ndarray, constant: float, order: list[int]
) -> None:
    organization = np.arange(12) % 5
    sides = np.array([0, 0, 1, 1, 1])
    for weighting in ("organization", "person", "side"):
        first = partnership_score(values, organization, 5, weighting=weighting, sides=sides)
        moved = partnership_score(values[order] + constant, organization[order], 5, weighting=weighting, sides=sides)
        assert moved == pytest.approx(first + constant, abs=1e-9)


def test_index_with_its_twins() -> None:
    found = composite_index(np.array([50.0, 60.0, 70.0, 80.0, 0.0, 90.0, 70.0]))
    assert found.arithmetic == pytest.approx(60.0)
    assert found.geometric == pytest.approx((50 * 60 * 70 * 80 * 1 * 90 * 70) ** (1 / 7))
    assert (found.lowest, found.lowest_at, found.n) == (0.0, 4, 7)


def test_block_without_score_scales_the_weights_up() -> None:
    found = composite_index(np.array([50.0, N, 70.0]), weights=np.array([1.0, 5.0, 3.0]))
    assert found.arithmetic == pytest.approx(65.0)
    assert found.geometric == pytest.approx(np.exp((np.log(50) + 3 * np.log(70)) / 4))
    assert found.n == 2


def test_no_block_no_index() -> None:
    found = composite_index(np.full(7, N))
    assert np.isnan([found.arithmetic, found.geometric, found.lowest]).all()
    assert found.lowest_at == -1


@given(arrays(float, 7, elements=st.floats(1, 100)))
def test_geometric_twin_never_above_the_index(blocks: np.ndarray) -> None:
    found = composite_index(blocks)
    assert found.lowest - 1e-9 <= found.geometric <= found.arithmetic + 1e-9


def test_aggregates_need_values_above_zero() -> None:
    table = np.array([[4.0, 1.0], [0.0, 9.0], [N, 9.0], [N, N]])
    assert aggregate(table, how="geometric")[[0, 2]] == pytest.approx([2.0, 9.0])
    assert aggregate(table, how="harmonic")[[0, 2]] == pytest.approx([1.6, 9.0])
    assert np.isnan(aggregate(table, how="geometric")[[1, 3]]).all()
    assert np.isnan(aggregate(table, renormalize=False)[2])


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0]])
def test_weights_that_cannot_weigh_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        aggregate(np.ones((1, 2)), np.array(weights))


def test_rescaling_turns_clips_and_refuses_no_distance() -> None:
    assert rescale(np.array([1.0, 3.0, 6.0, N]), 5.0, 1.0, clip=True)[:3].tolist() == [100.0, 50.0, 0.0]
    assert rescale(np.array([2.0]), 1.0, 3.0, to=(1.0, 100.0))[0] == 50.5
    assert np.isnan(rescale(np.ones(3), 1.0, 1.0)).all()


def test_standardizing_what_does_not_vary_gives_nothing() -> None:
    assert standardize(np.array([1.0, 3.0, N]))[:2] == pytest.approx([-1 / np.sqrt(2), 1 / np.sqrt(2)])
    assert np.isnan(standardize(np.ones(3))).all()
