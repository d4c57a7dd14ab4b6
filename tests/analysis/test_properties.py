"""What must not change a number, asked of every estimator: see `estimators`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import FloatArray
from analysis.ratings import person_scores, reverse_key
from tests.analysis.estimators import (
    DYADIC_LEVELS,
    DYADS,
    GROUPED,
    ITEMS,
    LEVELS,
    PAIRS,
    SERIES,
    assert_same,
    flat,
    organizations,
)

Estimator = Callable[..., Any]
SLOW = {"invariance", "ordinal_factor", "one_factor_fit", "parallel", "omega", "omega_pooled", "polychoric"}
quick = settings(max_examples=8, deadline=None)
seeds = st.integers(0, 1000)
shifts = st.integers(-30, 30).map(float)


def each(table: dict[str, Estimator]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", table)


def answers(seed: int, n: int = 60, k: int = 5) -> FloatArray:
    """Whole answers on 0-10 with one factor behind them, nothing missing."""
    rng = np.random.default_rng(seed)
    return np.clip(np.round(5 + 1.6 * rng.normal(size=(n, 1)) + 1.3 * rng.normal(size=(n, k))), 0, 10)


def scores(seed: int, n: int = 13) -> FloatArray:
    return np.random.default_rng(seed).integers(35, 66, n).astype(np.float64)


def table(seed: int, n: int = 7) -> FloatArray:
    found = np.random.default_rng(seed).integers(2, 9, (n, n)).astype(np.float64)
    np.fill_diagonal(found, np.nan)
    return found


def times(name: str) -> settings:
    return settings(max_examples=2 if name in SLOW else 8, deadline=None)


def moved_by(result: Any, shift: float) -> Any:
    """Value and interval of an estimate, or a bare score, less the shift."""
    if isinstance(result, float):
        return result - shift
    return (result.value - shift, result.low - shift, result.high - shift, result.n, result.reason)


@each(ITEMS)
def test_a_constant_changes_no_relation(name: str) -> None:
    @times(name)
    @given(seeds, shifts)
    def check(seed: int, shift: float) -> None:
        assert_same(
            relations(name, ITEMS[name](answers(seed))), relations(name, ITEMS[name](answers(seed) + shift)), rtol=1e-5
        )

    check()


def relations(name: str, result: Any) -> Any:
    """Without factor means, which are levels, and the residual of means that Mplus divides by another deviation."""
    if name != "invariance":
        return result
    return [(m.level, replace(m.indices, srmr_mplus=0.0)) for m in result.models]


@each(LEVELS)
@quick
@given(seeds, st.integers(-20, 20).map(float))
def test_a_constant_moves_a_level_by_itself(name: str, seed: int, shift: float) -> None:
    values = 50 + (scores(seed) - 50) / 3  # intervals stay away from 0 and 100, where they are cut
    assert_same(moved_by(LEVELS[name](values), 0.0), moved_by(LEVELS[name](values + shift), shift))


@each(PAIRS)
@quick
@given(seeds, shifts)
def test_a_constant_changes_no_difference(name: str, seed: int, shift: float) -> None:
    first, second = scores(seed), scores(seed + 1)
    one, other = PAIRS[name](first, second), PAIRS[name](first + shift, second + shift)
    if name == "mean_difference":
        np.testing.assert_allclose(np.array(other.mean) - shift, one.mean)
        one, other = replace(one, mean=()), replace(other, mean=())
    assert_same(one, other)


@each(SERIES)
@quick
@given(seeds, shifts)
def test_a_constant_changes_no_movement(name: str, seed: int, shift: float) -> None:
    def movement(values: FloatArray) -> Any:
        found = SERIES[name](values)
        return (found.slope, found.low, found.high) if name == "theil_sen" else found

    assert_same(movement(scores(seed, 8)), movement(scores(seed, 8) + shift))


@each(GROUPED)
@quick
@given(seeds, shifts)
def test_a_constant_changes_no_component(name: str, seed: int, shift: float) -> None:
    def components(values: FloatArray) -> Any:
        found = GROUPED[name](values)
        if name == "mixed":
            return (found.slope, found.se_slope, found.variance_group, found.variance_error)
        return replace(found, reml=None)

    assert_same(components(scores(seed)), components(scores(seed) + shift), rtol=1e-4, atol=1e-4)


@each(DYADS)
@quick
@given(seeds, shifts)
def test_a_constant_changes_no_dyad(name: str, seed: int, shift: float) -> None:
    assert_same(DYADS[name](table(seed)), DYADS[name](table(seed) + shift))


@each(ITEMS)
def test_the_order_of_respondents_changes_nothing(name: str) -> None:
    if name in ("alpha_pooled", "omega_pooled", "invariance", "dif"):
        order = np.array([*range(2, 60), 0, 1])  # keeps everybody in their half
    else:
        order = np.random.default_rng(0).permutation(60)
    assert_same(ITEMS[name](answers(4)), ITEMS[name](answers(4)[order]), rtol=1e-5)


@each(LEVELS | {"group_icc": GROUPED["group_icc"]})
@quick
@given(seeds)
def test_the_order_within_organizations_changes_nothing(name: str, seed: int) -> None:
    values = scores(seed, 12)
    swapped = values.reshape(-1, 2)[:, ::-1].ravel()
    assert_same((LEVELS | GROUPED)[name](values), (LEVELS | GROUPED)[name](swapped))


@each(PAIRS)
@quick
@given(seeds, st.permutations(range(13)))
def test_the_order_of_organizations_changes_nothing(name: str, seed: int, order: list[int]) -> None:
    first, second = scores(seed), scores(seed + 1)
    assert_same(PAIRS[name](first, second), PAIRS[name](first[order], second[order]))


@each(DYADS)
@quick
@given(seeds, st.permutations(range(7)))
def test_the_order_of_partners_changes_nothing(name: str, seed: int, order: list[int]) -> None:
    def without_cells(result: Any) -> Any:
        return (result.mean_absolute, result.n_beyond_error, result.reason) if name == "asymmetry" else result

    assert_same(
        without_cells(DYADS[name](table(seed))),
        without_cells(DYADS[name](table(seed)[np.ix_(order, order)])),
        rtol=1e-5,
    )


@each(ITEMS)
def test_reversing_twice_changes_nothing(name: str) -> None:
    once = reverse_key(answers(5), [True, False, True, False, False], low=0, high=10)
    again = reverse_key(once, [True, False, True, False, False], low=0, high=10)
    assert_same(ITEMS[name](answers(5)), ITEMS[name](again), rtol=0, atol=0)


@each({name: estimator for name, estimator in ITEMS.items() if name not in ("invariance", "dif", "polychoric")})
def test_reversing_everything_changes_nothing(name: str) -> None:
    turned = reverse_key(answers(6), [True] * 5, low=0, high=10)
    assert_same(ITEMS[name](answers(6)), ITEMS[name](turned), rtol=1e-5)


@each(PAIRS)
def test_an_organization_that_did_not_answer(name: str) -> None:
    first, second = scores(1), scores(2)
    assert_same(PAIRS[name](first, second), PAIRS[name](np.append(first, np.nan), np.append(second, np.nan)))


@each({name: estimator for name, estimator in SERIES.items() if name != "step"})
def test_a_round_without_answers_at_the_end(name: str) -> None:
    assert_same(SERIES[name](scores(3, 9)), SERIES[name](np.append(scores(3, 9), np.nan)))


@each(DYADS)
def test_a_partner_nobody_answered_about(name: str) -> None:
    def wider(found: FloatArray) -> FloatArray:
        return np.pad(found, (0, 1), constant_values=np.nan)

    one, other = DYADS[name](table(1)), DYADS[name](wider(table(1)))
    if name == "asymmetry":
        one, other = one.mean_absolute, other.mean_absolute
    assert_same(one, other)


@each(ITEMS)
def test_an_empty_respondent_changes_nothing(name: str) -> None:
    assert_same(ITEMS[name](answers(7)), ITEMS[name](np.vstack([answers(7), np.full((2, 5), np.nan)])))


@quick
@given(seeds)
def test_an_empty_item_changes_no_score(seed: int) -> None:
    found = answers(seed)
    np.testing.assert_array_equal(person_scores(found), person_scores(np.column_stack([found, np.full(60, np.nan)])))


@each(ITEMS)
def test_an_empty_item_invents_no_number(name: str) -> None:
    """Either it does not count, or there is no number: never another one."""
    found, wider = (
        dict(flat(ITEMS[name](x))) for x in (answers(8), np.column_stack([answers(8), np.full(60, np.nan)]))
    )
    compared = [path for path, value in found.items() if isinstance(value, float) and path in wider]
    assert compared or any(isinstance(value, np.ndarray) for value in found.values())
    for path in compared:
        assert np.isnan(wider[path]) or wider[path] == pytest.approx(found[path]), path


def test_organizations_pair_up() -> None:
    np.testing.assert_array_equal(organizations(scores(0, 5)), [0, 0, 1, 1, 2])


@each({name: estimator for name, estimator in DYADIC_LEVELS.items() if name != "between_sides"})
def test_partners_in_another_order_keep_their_figures(name: str) -> None:
    order = np.array([2, 0, 1, 3, 4, 5, 6])
    found, turned = DYADIC_LEVELS[name](table(2)), DYADIC_LEVELS[name](table(2)[np.ix_(order, order)])
    if name in ("received", "given"):
        assert_same([found.estimates[i] for i in order], list(turned.estimates))
        assert found.overall == pytest.approx(turned.overall)
    elif name in ("weighted_reciprocity", "density"):
        assert_same(found, turned)
    elif name == "full_round_robin":
        assert_same((found.rater[order], found.rated[order], found.mean), (turned.rater, turned.rated, turned.mean))
    else:
        assert found.mean == pytest.approx(turned.mean, rel=1e-6)
