from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.dif import item_dif
from analysis.estimates import FloatArray, IntArray
from analysis.proportional_odds import proportional_odds


def answers(
    n: int = 150, *, seed: int = 0, k: int = 5, impact: float = 0.0, uniform: float = 0.0, slope: float = 0.0
) -> tuple[FloatArray, IntArray]:
    """Two groups of n on a scale of 1-5; impact moves the factor of the second, the others its last item alone."""
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1], n)
    factor = rng.normal(impact * group, 1)
    raw = 3 + factor[:, None] + rng.normal(0, 0.7, (2 * n, k))
    raw[:, -1] += group * (uniform + slope * factor)
    return np.clip(np.round(raw), 1, 5), group


# Two categories and a yes/no x: the coefficient is the log odds ratio of the table, its error sqrt(sum 1/n).
def test_two_by_two_in_closed_form() -> None:
    category = np.repeat([0, 1, 0, 1], [30, 20, 12, 38])
    x = np.repeat([0.0, 0.0, 1.0, 1.0], [30, 20, 12, 38])[:, None]
    found = proportional_odds(category, x)
    assert found.coefficients[0] == pytest.approx(math.log(38 * 30 / (12 * 20)), rel=1e-9)
    assert found.errors[0] == pytest.approx(math.sqrt(1 / 30 + 1 / 20 + 1 / 12 + 1 / 38), rel=1e-9)
    assert found.cutpoints[0] == pytest.approx(math.log(20 / 30), rel=1e-9)
    log_likelihood = 30 * math.log(0.6) + 20 * math.log(0.4) + 12 * math.log(0.24) + 38 * math.log(0.76)
    assert found.deviance == pytest.approx(-2 * log_likelihood, rel=1e-12)
    assert found.null_deviance == pytest.approx(-2 * (42 * math.log(0.42) + 58 * math.log(0.58)), rel=1e-12)
    assert found.n == 100


def test_coefficients_and_errors_over_samples() -> None:
    rng = np.random.default_rng(3)
    fits = []
    for _ in range(300):
        x = rng.normal(size=(200, 2))
        noise = rng.logistic(size=200)
        fits.append(proportional_odds(np.digitize(x @ [0.8, -0.4] + noise, [-1.5, 0.0, 1.0]), x))
    values = np.array([fit.coefficients for fit in fits])
    np.testing.assert_allclose(values.mean(axis=0), [0.8, -0.4], atol=0.035)
    np.testing.assert_allclose(np.mean([fit.cutpoints for fit in fits], axis=0), [1.5, 0.0, -1.0], atol=0.05)
    np.testing.assert_allclose(np.mean([fit.errors for fit in fits], axis=0), values.std(axis=0), rtol=0.12)


def test_unit_and_names_of_categories() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(120, 2))
    category = np.digitize(x[:, 0] + rng.logistic(size=120), [-1, 0, 1])
    first = proportional_odds(category, x)
    again = proportional_odds(category * 10 - 7, 100 + x * [1000, 0.01])
    np.testing.assert_allclose(again.coefficients * [1000, 0.01], first.coefficients, rtol=1e-7)
    assert again.deviance == pytest.approx(first.deviance, rel=1e-10)
    turned = proportional_odds(-category, x)
    np.testing.assert_allclose(turned.coefficients, -first.coefficients, rtol=1e-7)
    np.testing.assert_allclose(turned.cutpoints, -first.cutpoints[::-1], rtol=1e-6)


def test_regressions_without_a_number() -> None:
    x = np.arange(20.0)[:, None]
    half = np.repeat([0, 1], 10)
    for category, design, reason in (
        (half, x, "not_converged"),
        (np.zeros(20, dtype=np.int64), x, "zero_variance"),
        (half, np.ones((20, 1)), "singular"),
        (np.tile([0, 1], 10), np.hstack([x, 2 * x]), "singular"),
        (np.empty(0, dtype=np.int64), np.empty((0, 1)), "no_data"),
    ):
        found = proportional_odds(category, design)
        assert found.reason == reason
        assert np.isnan(found.coefficients).all()
        assert math.isnan(found.deviance)


def test_an_easier_item_is_found() -> None:
    found = item_dif(*answers(uniform=1.0, impact=0.5), n_groups=2)
    last = found[-1]
    assert last.uniform.p < 1e-6
    assert last.group_effects[0] > 4 * last.group_errors[0] > 0
    assert last.magnitude in ("moderate", "large")
    assert last.n == 300
    assert last.nagelkerke_total == max(item.nagelkerke_total for item in found)


def test_a_differently_working_item_is_found() -> None:
    last = item_dif(*answers(300, slope=-0.8), n_groups=2)[-1]
    assert last.nonuniform.p < 1e-4
    assert (last.uniform.df, last.nonuniform.df, last.total.df) == (1, 1, 2)
    assert last.total.chi2 == pytest.approx(last.uniform.chi2 + last.nonuniform.chi2)
    assert last.nagelkerke_total > last.nagelkerke_uniform
    assert last.mcfadden == pytest.approx((last.deviances[0] - last.deviances[2]) / last.null_deviance)


def test_a_strong_item_no_longer_taints_the_others() -> None:
    scores, group = answers(150, uniform=2.5)
    plain = item_dif(scores, group, n_groups=2)
    pure = item_dif(scores, group, n_groups=2, purify=True)
    assert [item.magnitude == "negligible" for item in pure] == [True, True, True, True, False]
    assert all(item.group_effects[0] < 0 for item in plain[:4])
    assert np.mean([abs(item.group_effects[0]) for item in pure[:4]]) < np.mean(
        [abs(item.group_effects[0]) for item in plain[:4]]
    )
    assert pure[4].total == plain[4].total
    clean = answers(150)
    assert [item.total for item in item_dif(*clean, n_groups=2, purify=True)] == [
        item.total for item in item_dif(*clean, n_groups=2)
    ]


def test_no_difference_is_rarely_claimed() -> None:
    found = [item for seed in range(40) for item in item_dif(*answers(50, seed=seed, impact=0.3), n_groups=2)]
    assert np.mean([item.uniform.p < 0.05 for item in found]) == pytest.approx(0.05, abs=0.04)
    assert np.mean([item.nonuniform.p < 0.05 for item in found]) == pytest.approx(0.05, abs=0.04)
    assert np.mean([item.magnitude != "negligible" for item in found]) < 0.02


def test_order_and_a_constant_change_nothing() -> None:
    scores, group = answers(uniform=0.5)
    order = np.random.default_rng(0).permutation(len(scores))
    for one, other in zip(
        item_dif(scores, group, n_groups=2), item_dif(20 - scores[order], group[order], n_groups=2), strict=True
    ):
        assert other.uniform.chi2 == pytest.approx(one.uniform.chi2, abs=1e-7)
        assert other.nonuniform.chi2 == pytest.approx(one.nonuniform.chi2, abs=1e-7)
        assert other.rest == pytest.approx(one.rest, rel=1e-6)
        np.testing.assert_allclose(other.group_effects, -one.group_effects, rtol=1e-6)


def test_exchanging_the_groups_turns_the_effect() -> None:
    scores, group = answers(uniform=0.5)
    one, other = (item_dif(scores, codes, n_groups=2)[-1] for codes in (group, 1 - group))
    np.testing.assert_allclose(other.group_effects, -one.group_effects, rtol=1e-7)
    assert other.total.p == pytest.approx(one.total.p, rel=1e-6)


def test_three_groups() -> None:
    scores, _ = answers(150)
    found = item_dif(scores, np.repeat([0, 1, 2], 100), n_groups=3)[0]
    assert (found.uniform.df, found.nonuniform.df, found.total.df) == (2, 2, 4)
    assert found.group_effects.shape == (2,)


def test_incomplete_respondents_are_left_out() -> None:
    scores, group = answers()
    gaps = np.vstack([scores, np.where(np.eye(5, dtype=bool), np.nan, 3.0)])
    again = item_dif(gaps, np.append(group, [0, 0, 1, 1, 1]), n_groups=2)
    assert [item.deviances for item in again] == [item.deviances for item in item_dif(scores, group, n_groups=2)]


def test_no_number_and_why() -> None:
    scores, group = answers(60)
    constant = scores.copy()
    constant[:, 1] = 3.0
    cases = [
        (np.full(scores.shape, np.nan), group, "no_data"),
        (scores, np.where(np.arange(120) < 71, 0, 1), "too_few"),
        (scores[:, :1], group, "too_few"),
    ]
    for table, codes, reason in cases:
        for item in item_dif(table, codes, n_groups=2):
            assert (item.reason, item.magnitude) == (reason, None)
            assert np.isnan([item.total.p, item.mcfadden, item.rest, *item.deviances, *item.group_effects]).all()
    found = item_dif(constant, group, n_groups=2)
    assert [item.reason for item in found] == [None, "zero_variance", None, None, None]
    pair = np.column_stack([scores[:, 0], np.full(120, 2.0)])
    assert [item.reason for item in item_dif(pair, group, n_groups=2)] == ["zero_variance", "zero_variance"]
    same = np.column_stack([scores[:, 0], scores[:, 0]])
    assert [item.reason for item in item_dif(same, group, n_groups=2)] == ["not_converged", "not_converged"]


def test_mistakes_are_refused() -> None:
    scores, group = answers(60)
    for codes, groups in ((group[:-1], 2), (group + 1, 2), (group * 0, 1)):
        with pytest.raises(ValueError, match="group code"):
            item_dif(scores, codes, n_groups=groups)
    with pytest.raises(ValueError, match="one row of x"):
        proportional_odds(group, np.ones((3, 1)))
