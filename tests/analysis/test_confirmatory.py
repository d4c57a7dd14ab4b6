from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.confirmatory import factor_fit, moments_of, one_factor_fit
from analysis.estimates import FloatArray
from analysis.fit_indices import approximation_error, chi2_p, incremental

THREE = np.repeat(np.eye(3, dtype=bool), 3, axis=0)


def with_covariance(covariance: FloatArray, n: int = 120, seed: int = 0) -> FloatArray:
    """Scores whose sample covariance, divided by n, is exactly the one asked for."""
    raw = np.random.default_rng(seed).normal(size=(n, len(covariance)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw / n)).T
    return white @ np.linalg.cholesky(covariance).T


def three_factors(n: int, seed: int, link: float = 0.4) -> FloatArray:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 3)) @ np.linalg.cholesky(np.full((3, 3), link) + (1 - link) * np.eye(3)).T
    return 50 + 8 * np.repeat(factors, 3, axis=1) + rng.normal(0, 6, (n, 9))


def test_three_items_in_closed_form() -> None:
    covariance = np.array([[1.0, 0.42, 0.30], [0.42, 1.5, 0.35], [0.30, 0.35, 0.9]])
    fit = one_factor_fit(with_covariance(covariance))
    expected = np.sqrt([0.42 * 0.30 / 0.35, 0.42 * 0.35 / 0.30, 0.30 * 0.35 / 0.42])
    np.testing.assert_allclose(fit.loadings[:, 0], expected, rtol=1e-8)
    np.testing.assert_allclose(fit.residual_variances, np.diag(covariance) - expected**2, rtol=1e-8)
    np.testing.assert_allclose(fit.standardized[:, 0], expected / np.sqrt(np.diag(covariance)), rtol=1e-8)
    np.testing.assert_array_equal(fit.factor_covariance, [[1.0]])
    assert np.isnan(fit.factor_covariance_errors).all()
    assert fit.flags == ("saturated",)
    assert fit.indices is not None
    assert (fit.indices.df, fit.indices.cfi, fit.indices.tli, fit.indices.rmsea) == (0, 1.0, 1.0, 0.0)
    assert fit.indices.chi2 == pytest.approx(0, abs=1e-9)
    assert fit.indices.srmr == pytest.approx(0, abs=1e-8)
    assert math.isnan(fit.indices.p)
    assert math.isnan(fit.indices.close_p)


def test_a_perfect_model_is_recovered() -> None:
    loadings = np.where(THREE, np.linspace(0.5, 1.3, 9)[:, None], 0.0)
    factors = np.array([[1.0, 0.3, -0.2], [0.3, 1.0, 0.5], [-0.2, 0.5, 1.0]])
    residuals = np.linspace(0.4, 1.2, 9)
    fit = factor_fit(with_covariance(loadings @ factors @ loadings.T + np.diag(residuals), 200), THREE)
    assert fit.indices is not None
    np.testing.assert_allclose(fit.loadings, loadings, atol=1e-7)
    np.testing.assert_allclose(fit.factor_covariance, factors, atol=1e-7)
    np.testing.assert_allclose(fit.residual_variances, residuals, atol=1e-7)
    assert fit.indices.chi2 == pytest.approx(0, abs=1e-9)
    assert fit.indices.p == pytest.approx(1)
    assert (fit.indices.cfi, fit.indices.rmsea, fit.indices.df, fit.indices.n_parameters) == (1.0, 0.0, 24, 21)
    assert fit.indices.rmsea_interval == (0.0, 0.0)
    assert fit.indices.tli > 1


# Equal loadings on standardized items: the error of the mean loading follows from the variance of the mean correlation.
def test_errors_are_those_of_repeated_samples() -> None:
    rng = np.random.default_rng(8)
    found = []
    for _ in range(300):
        factor = rng.normal(size=(150, 1))
        found.append(one_factor_fit(0.8 * factor + rng.normal(0, 0.6, (150, 5))))
    loadings = np.array([fit.loadings[:, 0] for fit in found])
    errors = np.array([fit.loading_errors[:, 0] for fit in found])
    residuals = np.array([fit.residual_variances for fit in found])
    residual_errors = np.array([fit.residual_errors for fit in found])
    np.testing.assert_allclose(errors.mean(), loadings.std(axis=0).mean(), rtol=0.05)
    np.testing.assert_allclose(residual_errors.mean(), residuals.std(axis=0).mean(), rtol=0.05)
    p = np.array([fit.indices.p for fit in found if fit.indices])
    assert len(p) == 300
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.035)


def test_identification_changes_no_fit() -> None:
    scores = three_factors(300, 1)
    free, marked = factor_fit(scores, THREE), factor_fit(scores, THREE, identification="marker")
    assert free.indices is not None
    assert marked.indices is not None
    assert marked.indices.chi2 == pytest.approx(free.indices.chi2, rel=1e-9)
    np.testing.assert_allclose(marked.standardized, free.standardized, rtol=1e-6)
    np.testing.assert_array_equal(marked.loadings[[0, 3, 6], [0, 1, 2]], 1.0)
    assert np.isnan(marked.loading_errors[[0, 3, 6], [0, 1, 2]]).all()
    scale = np.sqrt(np.diag(marked.factor_covariance))
    np.testing.assert_allclose(marked.factor_covariance / np.outer(scale, scale), free.factor_covariance, rtol=1e-6)


def test_the_two_likelihoods() -> None:
    scores = three_factors(150, 2)
    normal, wishart = factor_fit(scores, THREE), factor_fit(scores, THREE, likelihood="wishart")
    assert normal.indices is not None
    assert wishart.indices is not None
    assert wishart.indices.chi2 / normal.indices.chi2 == pytest.approx(149 / 150, rel=1e-9)
    np.testing.assert_allclose(wishart.residual_variances / normal.residual_variances, 150 / 149, rtol=1e-6)


def test_unit_order_and_keying_change_no_fit() -> None:
    scores = three_factors(250, 3)
    shuffled = np.random.default_rng(0).permutation(scores)
    first = factor_fit(scores, THREE)
    changed = factor_fit(100 - 3 * shuffled[:, [2, 0, 1, 3, 4, 5, 6, 7, 8]], THREE)
    assert first.indices is not None
    assert changed.indices is not None
    for name in ("chi2", "cfi", "tli", "rmsea", "srmr", "srmr_mplus", "close_p"):
        assert getattr(changed.indices, name) == pytest.approx(getattr(first.indices, name), rel=1e-7), name
    np.testing.assert_allclose(changed.loadings[3:], 3 * first.loadings[3:], rtol=1e-6)


def test_a_first_item_loads_positively() -> None:
    scores = three_factors(250, 4)
    scores[:, 0] *= -1
    found = factor_fit(scores, THREE)
    assert found.loadings[0, 0] > 0
    assert (found.loadings[1:3, 0] < 0).all()
    assert (found.factor_covariance[0, 1:] < 0).all()


def test_cross_loadings_are_estimated() -> None:
    scores = three_factors(2000, 5)
    scores[:, 0] += 0.5 * (scores[:, 3] - 50)
    pattern = THREE.copy()
    pattern[0, 1] = True
    plain, crossed = factor_fit(scores, THREE), factor_fit(scores, pattern)
    assert plain.indices is not None
    assert crossed.indices is not None
    assert crossed.indices.df == plain.indices.df - 1
    assert crossed.indices.chi2 < plain.indices.chi2 - 50
    assert crossed.loadings[0, 1] > 0


def test_incomplete_respondents_are_left_out() -> None:
    scores = three_factors(200, 6)
    gaps = np.vstack([scores, np.where(np.eye(9, dtype=bool), np.nan, 1.0)])
    assert factor_fit(gaps, THREE).indices == factor_fit(scores, THREE).indices
    assert factor_fit(gaps, THREE).n == 200


def test_improper_solutions_are_flagged() -> None:
    covariance = np.array([[1.0, 0.8, 0.8], [0.8, 1.0, 0.5], [0.8, 0.5, 1.0]])
    fit = one_factor_fit(with_covariance(covariance))
    assert fit.residual_variances[0] == pytest.approx(1 - 0.8 * 0.8 / 0.5)
    assert fit.flags == ("saturated", "negative_residual_variance")


def test_factors_that_are_one_are_flagged() -> None:
    covariance = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    covariance[:2, 2:] = covariance[2:, :2] = 0.6
    fit = factor_fit(with_covariance(covariance), np.repeat(np.eye(2, dtype=bool), 2, axis=0))
    assert fit.factor_covariance[0, 1] == pytest.approx(1.2)
    assert fit.flags == ("factor_covariance_not_positive_definite",)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((80, 4), np.nan), "no_data"),
        (three_factors(49, 0)[:, :4], "too_few"),
        (three_factors(59, 0)[:, :6], "too_few"),
        (np.column_stack([three_factors(80, 0)[:, :3], np.full(80, 3.0)]), "zero_variance"),
        (three_factors(80, 0)[:, [0, 1, 2, 2]], "singular"),
        (three_factors(80, 0)[:, :2], "singular"),
        (three_factors(80, 0)[:, :1], "singular"),
    ],
)
def test_no_number_and_why(scores: FloatArray, reason: str) -> None:
    fit = one_factor_fit(scores)
    assert (fit.reason, fit.indices, fit.flags) == (reason, None, ())
    for values in (fit.loadings, fit.loading_errors, fit.standardized, fit.residual_variances, fit.residual_errors):
        assert np.isnan(values).all()
    assert np.isnan(fit.factor_covariance).all()


def test_a_model_without_a_best_fit_says_so() -> None:
    covariance = np.array([[1.0, 0.6, 0.01], [0.6, 1.0, -0.01], [0.01, -0.01, 1.0]])
    fit = one_factor_fit(with_covariance(covariance))
    assert fit.reason in ("singular", "not_converged")
    assert np.isnan(fit.loadings).all()


def test_indices_in_closed_form() -> None:
    assert incremental(30, 10, 110, 20) == pytest.approx((1 - 20 / 90, 1 - 2 / 4.5, 80 / 110, 1 - 20 / 90))
    assert incremental(5, 10, 110, 20)[0] == 1.0
    assert incremental(0, 0, 110, 20)[:2] == (1.0, 1.0)
    rmsea, interval, close_p = approximation_error(30, 10, 200)
    assert rmsea == pytest.approx(math.sqrt(20 / 2000))
    assert 0 < interval.low < rmsea < interval.high
    assert 0 < close_p < 0.05
    assert approximation_error(30, 10, 200, 2)[0] == pytest.approx(rmsea * math.sqrt(2))
    assert chi2_p(2 * math.log(20), 2) == pytest.approx(0.05)


def test_mistakes_are_refused() -> None:
    scores = three_factors(80, 0)
    with pytest.raises(ValueError, match="items by factors"):
        factor_fit(scores, THREE[:8])
    with pytest.raises(ValueError, match="every item"):
        factor_fit(scores, THREE[:, :2])
    with pytest.raises(ValueError, match="two-dimensional"):
        one_factor_fit(scores[0])
    with pytest.raises(ValueError, match="likelihood"):
        moments_of(scores, "other")  # type: ignore[arg-type]
