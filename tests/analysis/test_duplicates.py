"""A partnership entered twice keeps the figures it had alone, and does not differ from its copy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cells import Cells, Items, cell_alphas, cell_bootstrap, cell_scores
from analysis.dif import item_dif
from analysis.estimates import FloatArray, IntArray
from analysis.icc import group_icc
from analysis.invariance import measurement_invariance
from analysis.mann_kendall import mann_kendall
from analysis.reliability import pooled_alpha
from analysis.srm import round_robins
from analysis.srm_pooled import pooled_round_robins
from analysis.theil_sen import theil_sen
from analysis.trends import trend_table
from tests.analysis.estimators import assert_same

few = settings(max_examples=8, deadline=None)
seeds = st.integers(0, 1000)


def answers(seed: int, n: int = 24, k: int = 6) -> FloatArray:
    rng = np.random.default_rng(seed)
    found = np.clip(np.round(5 + 1.6 * rng.normal(size=(n, 1)) + 1.3 * rng.normal(size=(n, k))), 0, 10)
    found[rng.random((n, k)) < 0.05] = np.nan
    return found


def whole(seed: int, n: int = 80) -> FloatArray:
    return np.nan_to_num(answers(seed, n, 5), nan=5.0)


def of_cells(copies: int, found: FloatArray) -> tuple[Cells, Items]:
    organization = np.tile(np.arange(len(found)) // 4, copies)
    cell = np.repeat(np.arange(copies), len(found))
    return Cells.of(cell, organization), Items(np.tile(found, (copies, 1)), np.array([0, 0, 0, 1, 1, 1]), 0, 10)


@few
@given(seeds)
def test_scores_of_every_cell(seed: int) -> None:
    alone, twice = (cell_scores(*of_cells(copies, answers(seed))) for copies in (1, 3))
    for name in ("scores", "low", "high", "n"):
        one, other = getattr(alone, name), getattr(twice, name)
        np.testing.assert_allclose(other, np.repeat(one, 3, axis=0), rtol=1e-9, err_msg=name)


@few
@given(seeds)
def test_alphas_of_every_cell(seed: int) -> None:
    alone, twice = (cell_alphas(*of_cells(copies, answers(seed))) for copies in (1, 2))
    for name in ("value", "low", "high", "n"):
        one, other = getattr(alone, name), getattr(twice, name)
        np.testing.assert_allclose(other, np.repeat(one, 2, axis=0), rtol=1e-8, err_msg=name)


def test_bootstrap_of_every_cell() -> None:
    values = np.random.default_rng(1).uniform(40, 70, 7)
    low, high = cell_bootstrap(np.tile(values, 2), np.repeat([0, 1], 7), 2, rng=np.random.default_rng(0))
    assert low[0] == low[1] < high[0] == high[1]


@few
@given(seeds)
def test_a_series_beside_its_copy(seed: int) -> None:
    values = np.random.default_rng(seed).integers(30, 70, (1, 9)).astype(np.float64)
    years = np.arange(9.0)
    for estimator in (mann_kendall, lambda v: theil_sen(years, v), lambda v: trend_table(years, v)):
        alone, twice = estimator(values), estimator(np.repeat(values, 2, axis=0))
        for name in type(alone).__dataclass_fields__:
            one, other = np.asarray(getattr(alone, name)), np.asarray(getattr(twice, name))
            np.testing.assert_array_equal(other, np.concatenate([one, one]), err_msg=name)


@few
@given(seeds)
def test_a_round_robin_beside_its_copy(seed: int) -> None:
    table = np.random.default_rng(seed).integers(0, 11, (1, 7, 7)).astype(np.float64)
    alone, twice = round_robins(table), round_robins(np.repeat(table, 2, axis=0))
    np.testing.assert_allclose(twice.value, np.repeat(alone.value, 2, axis=0), rtol=1e-9)
    np.testing.assert_allclose(twice.se, np.repeat(alone.se, 2, axis=0), rtol=1e-9)
    pooled = pooled_round_robins(np.repeat(table, 2, axis=0))
    np.testing.assert_allclose([c.value for c in pooled.components], alone.value[0], rtol=1e-9)


@few
@given(seeds)
def test_pooled_alpha_stays(seed: int) -> None:
    found = whole(seed)
    group = np.repeat([0, 1], 40)
    alone = pooled_alpha(found, group)
    twice = pooled_alpha(np.vstack([found, found]), np.concatenate([group, group + 2]))
    assert twice.raw.value == pytest.approx(alone.raw.value)
    assert twice.raw.n == 2 * alone.raw.n
    assert twice.raw.high - twice.raw.low < alone.raw.high - alone.raw.low


def test_groups_entered_twice_keep_their_spread() -> None:
    values, group = np.random.default_rng(3).normal(50, 9, 30), np.repeat(np.arange(6), 5)
    alone, twice = group_icc(values, group), group_icc(np.tile(values, 2), np.concatenate([group, group + 6]))
    assert twice.ms_within == pytest.approx(alone.ms_within)
    assert twice.ms_between == pytest.approx(alone.ms_between * 10 / 11)


def halves(found: FloatArray) -> tuple[FloatArray, IntArray]:
    return np.vstack([found, found]), np.repeat([0, 1], len(found))


def test_a_group_does_not_differ_from_its_copy() -> None:
    one_factor = np.ones((5, 1), dtype=bool)
    result = measurement_invariance(*halves(whole(4, 120)), one_factor, n_groups=2)
    assert result.level == "strict"
    np.testing.assert_allclose([step.chi2 for step in result.steps], 0, atol=1e-7)
    np.testing.assert_allclose([step.p for step in result.steps], 1, atol=1e-5)
    np.testing.assert_allclose(result.models[2].factor_means, 0, atol=1e-6)


def test_no_item_works_differently_in_a_copy() -> None:
    for item in item_dif(*halves(whole(5)), n_groups=2):
        assert item.total.chi2 == pytest.approx(0, abs=1e-7)
        np.testing.assert_allclose(item.group_effects, 0, atol=1e-6)
        assert item.magnitude == "negligible"


def test_the_second_copy_is_seen() -> None:
    """The comparison itself can fail."""
    with pytest.raises(AssertionError):
        assert_same({"a": 1.0}, {"a": 1.1})
