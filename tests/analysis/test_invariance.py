from __future__ import annotations

import numpy as np
import pytest

from analysis.confirmatory import one_factor_fit
from analysis.estimates import FloatArray, IntArray
from analysis.invariance import LEVELS, Invariance, measurement_invariance

ONE = np.ones((5, 1), dtype=bool)


def answers(
    *sizes: int,
    seed: int = 0,
    factor_mean: float = 0.0,
    loading: float = 0.0,
    intercept: float = 0.0,
    residual: float = 0.0,
) -> tuple[FloatArray, IntArray]:
    """Groups that differ from the first by the shifts given: of the factor, or of the last item."""
    rng = np.random.default_rng(seed)
    rows = []
    for g, n in enumerate(sizes):
        later = float(g > 0)
        loadings = np.full(5, 0.8) + later * loading * np.eye(5)[4]
        noise = np.full(5, 0.6) + later * residual * np.eye(5)[4]
        factor = rng.normal(later * factor_mean, 1, (n, 1))
        rows.append(6 + factor * loadings + rng.normal(size=(n, 5)) * noise + later * intercept * np.eye(5)[4])
    return np.vstack(rows), np.repeat(np.arange(len(sizes)), sizes)


def found(*sizes: int, groups: int = 2, **shifts: float) -> Invariance:
    return measurement_invariance(*answers(*sizes, **shifts), ONE, n_groups=groups)  # type: ignore[arg-type]


def test_equal_groups_reach_the_strictest_level() -> None:
    result = found(400, 300)
    assert (result.level, result.n, result.reason) == ("strict", (400, 300), None)
    assert [model.level for model in result.models] == list(LEVELS)
    assert [model.indices.df for model in result.models if model.indices] == [10, 14, 18, 23]
    assert [step.df for step in result.steps] == [4, 4, 5]
    assert all(step.chi2 >= 0 and step.p > 0.001 for step in result.steps)


@pytest.mark.parametrize(
    ("shift", "level"),
    [({"loading": 1.0}, "configural"), ({"intercept": 1.0}, "metric"), ({"residual": 1.0}, "scalar")],
)
def test_a_difference_is_found_at_its_level(shift: dict[str, float], level: str) -> None:
    result = found(500, 500, **shift)
    assert result.level == level
    failed = result.steps[LEVELS.index(level)]  # type: ignore[arg-type]
    assert failed.p < 1e-6
    assert failed.cfi < -0.01


def test_factor_means_are_recovered() -> None:
    result = found(1500, 1500, factor_mean=0.5)
    assert result.level == "strict"
    for model in result.models[2:]:
        np.testing.assert_array_equal(model.factor_means[0], 0.0)
        assert abs(model.factor_means[1, 0] - 0.4) < 3 * model.factor_mean_errors[1, 0] < 0.15
    assert all(np.isnan(model.factor_means).all() for model in result.models[:2])


def test_configural_fit_is_the_sum_over_groups() -> None:
    scores, group = answers(200, 250, seed=3)
    alone = [one_factor_fit(scores[group == g]).indices for g in (0, 1)]
    both = measurement_invariance(scores, group, ONE, n_groups=2).models[0].indices
    assert both is not None
    assert both.chi2 == pytest.approx(sum(fit.chi2 for fit in alone if fit), rel=1e-9)
    assert both.baseline_chi2 == pytest.approx(sum(fit.baseline_chi2 for fit in alone if fit), rel=1e-9)
    assert both.n_parameters == 30
    assert both.log_likelihood == pytest.approx(sum(fit.log_likelihood for fit in alone if fit), rel=1e-12)


def test_difference_tests_hold_their_level() -> None:
    p = [[step.p for step in found(150, 150, seed=seed).steps] for seed in range(200)]
    np.testing.assert_allclose(np.mean(np.array(p) < 0.05, axis=0), 0.05, atol=0.045)


def test_unit_and_order_change_nothing() -> None:
    scores, group = answers(150, 180, seed=4, intercept=0.3)
    first = measurement_invariance(scores, group, ONE, n_groups=2)
    order = np.random.default_rng(0).permutation(len(scores))
    again = measurement_invariance(10 - 4 * scores[order], group[order], ONE, n_groups=2)
    for one, other in zip(first.steps, again.steps, strict=True):
        assert (other.chi2, other.cfi, other.rmsea, other.srmr) == pytest.approx(
            (one.chi2, one.cfi, one.rmsea, one.srmr), rel=1e-5, abs=1e-8
        )
    np.testing.assert_allclose(again.models[2].factor_means, -4 * first.models[2].factor_means, rtol=1e-5)


def test_exchanging_two_groups_turns_the_factor_mean() -> None:
    scores, group = answers(200, 220, seed=5, factor_mean=0.4)
    one = measurement_invariance(scores, group, ONE, n_groups=2).models[2]
    other = measurement_invariance(scores, 1 - group, ONE, n_groups=2).models[2]
    assert other.factor_means[1, 0] == pytest.approx(-one.factor_means[1, 0], rel=1e-5)


def test_three_groups() -> None:
    result = found(120, 130, 140, groups=3, loading=0.1)
    assert result.n == (120, 130, 140)
    assert [step.df for step in result.steps] == [8, 8, 10]


def test_incomplete_respondents_are_left_out() -> None:
    scores, group = answers(150, 150)
    gaps = np.vstack([scores, np.where(np.eye(5, dtype=bool), np.nan, 3.0)])
    again = measurement_invariance(gaps, np.append(group, [0, 0, 1, 1, 1]), ONE, n_groups=2)
    assert again.n == (150, 150)
    assert again.steps == measurement_invariance(scores, group, ONE, n_groups=2).steps


def refused(scores: FloatArray, group: IntArray, reason: str) -> None:
    result = measurement_invariance(scores, group, ONE, n_groups=2)
    assert (result.reason, result.level) == (reason, None)
    assert all(model.indices is None and model.reason == reason for model in result.models)
    assert all(np.isnan([step.chi2, step.p, step.cfi, step.rmsea, step.srmr]).all() for step in result.steps)
    assert not any(step.holds for step in result.steps)


def test_no_number_and_why() -> None:
    refused(*answers(100, 99), "too_few")
    refused(*answers(300, 0), "too_few")
    scores, group = answers(120, 120)
    refused(np.full(scores.shape, np.nan), group, "no_data")
    constant = scores.copy()
    constant[group == 1, 2] = 5.0
    refused(constant, group, "zero_variance")
    twice = scores.copy()
    twice[:, 1] = twice[:, 0]
    refused(twice, group, "singular")


def test_five_people_per_parameter() -> None:
    scores, group = answers(140, 140)
    two = measurement_invariance(np.hstack([scores, scores[::-1]]), group, np.ones((10, 1), dtype=bool), n_groups=2)
    assert two.reason == "too_few"


def test_mistakes_are_refused() -> None:
    scores, group = answers(120, 120)
    for codes, groups in ((group[:-1], 2), (group + 1, 2), (group * 0, 1)):
        with pytest.raises(ValueError, match="group code"):
            measurement_invariance(scores, codes, ONE, n_groups=groups)
