from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.estimates import FloatArray
from analysis.ordinal_factor import OrdinalFit, ordinal_factor_fit
from analysis.polychoric import polychoric_matrix

ONE = np.ones((5, 1), dtype=bool)
TWO = np.repeat(np.eye(2, dtype=bool), 3, axis=0)


def ordered(n: int, seed: int, pattern: FloatArray = ONE, link: float = 0.3, misfit: float = 0.0) -> FloatArray:
    rng = np.random.default_rng(seed)
    m = pattern.shape[1]
    factors = rng.normal(size=(n, m)) @ np.linalg.cholesky(np.full((m, m), link) + (1 - link) * np.eye(m)).T
    attitude = 0.7 * factors @ pattern.T + math.sqrt(1 - 0.49) * rng.normal(size=(n, len(pattern)))
    attitude[:, :2] += misfit * rng.normal(size=(n, 1))
    return np.digitize(attitude, [-1.2, -0.4, 0.3, 1.1]).astype(np.float64)


def one_factor(*args: int, **options: float) -> OrdinalFit:
    return ordinal_factor_fit(ordered(*args, **options), ONE)  # type: ignore[arg-type]


def test_three_items_in_closed_form() -> None:
    scores = ordered(400, 1)[:, :3]
    r = polychoric_matrix(scores).correlation
    fit = ordinal_factor_fit(scores, ONE[:3])
    expected = np.sqrt([r[0, 1] * r[0, 2] / r[1, 2], r[0, 1] * r[1, 2] / r[0, 2], r[0, 2] * r[1, 2] / r[0, 1]])
    np.testing.assert_allclose(fit.loadings[:, 0], expected, rtol=1e-7)
    np.testing.assert_allclose(fit.polychoric, r, atol=1e-9)
    assert fit.flags == ("saturated",)
    assert (fit.df, fit.cfi, fit.tli, fit.rmsea, fit.scaled_rmsea) == (0, 1.0, 1.0, 0.0, 0.0)
    assert fit.srmr == pytest.approx(0, abs=1e-8)
    assert math.isnan(fit.scaled_p)


def test_loadings_errors_and_test_over_samples() -> None:
    fits = [one_factor(300, seed) for seed in range(120)]
    loadings = np.array([fit.loadings[:, 0] for fit in fits])
    errors = np.array([fit.loading_errors[:, 0] for fit in fits])
    np.testing.assert_allclose(loadings.mean(axis=0), 0.7, atol=0.02)
    assert errors.mean() == pytest.approx(loadings.std(axis=0).mean(), rel=0.12)
    scaled = np.array([fit.scaled_chi2 for fit in fits])
    assert scaled.mean() == pytest.approx(5, abs=0.9)
    assert np.mean([fit.scaled_p < 0.05 for fit in fits]) <= 0.12


def test_misfit_shows_in_every_index() -> None:
    good, bad = one_factor(600, 2), one_factor(600, 2, misfit=0.9)
    assert bad.scaled_p < 1e-4 < good.scaled_p
    assert bad.scaled_cfi < good.scaled_cfi
    assert bad.cfi < good.cfi
    assert bad.scaled_tli < good.scaled_tli
    assert bad.tli < good.tli
    assert bad.scaled_rmsea > good.scaled_rmsea
    assert bad.rmsea > good.rmsea
    assert bad.srmr > good.srmr
    assert bad.scaled_chi2 == pytest.approx(bad.chi2 / bad.scaling_factor + bad.shift)


def test_two_factors_correlate() -> None:
    fit = ordinal_factor_fit(ordered(3000, 3, TWO, link=0.5), TWO)
    assert fit.factor_correlation[0, 1] == pytest.approx(0.5, abs=0.05)
    np.testing.assert_allclose(fit.loadings, 0.7 * TWO, atol=0.05)
    assert (fit.df, fit.reason, fit.flags) == (8, None, ())
    assert np.isnan(fit.loading_errors[~TWO]).all()


def test_names_of_categories_order_and_keying() -> None:
    scores = ordered(400, 4)
    first = ordinal_factor_fit(scores, ONE)
    shuffled = np.random.default_rng(0).permutation(scores)
    again = ordinal_factor_fit(30 - shuffled**3, ONE)
    for name in ("chi2", "scaled_chi2", "scaled_cfi", "scaled_rmsea", "srmr", "scaling_factor", "shift"):
        assert getattr(again, name) == pytest.approx(getattr(first, name), rel=1e-6), name
    np.testing.assert_allclose(again.loadings, first.loadings, rtol=1e-6)
    scores[:, 2] *= -1
    turned = ordinal_factor_fit(scores, ONE)
    np.testing.assert_allclose(turned.loadings[:, 0], first.loadings[:, 0] * [1, 1, -1, 1, 1], rtol=1e-6)


def test_incomplete_respondents_are_left_out() -> None:
    scores = ordered(300, 5)
    gaps = np.vstack([scores, np.where(np.eye(5, dtype=bool), np.nan, 1.0)])
    assert ordinal_factor_fit(gaps, ONE).chi2 == ordinal_factor_fit(scores, ONE).chi2
    assert ordinal_factor_fit(gaps, ONE).n == 300


def test_no_number_and_why() -> None:
    scores = ordered(250, 6)
    constant = scores.copy()
    constant[:, 1] = 3.0
    cases = [
        (np.full(scores.shape, np.nan), ONE, "no_data"),
        (scores[:199], ONE, "too_few"),
        (constant, ONE, "zero_variance"),
        (scores[:, :2], ONE[:2], "singular"),
        (scores[:, [0, 1, 2, 3, 3]], ONE, "singular"),
    ]
    for table, pattern, reason in cases:
        fit = ordinal_factor_fit(table, pattern)
        assert fit.reason == reason
        assert np.isnan([fit.chi2, fit.scaled_chi2, fit.scaled_p, fit.cfi, fit.rmsea, fit.srmr]).all()
        assert fit.loadings.shape == pattern.shape
        assert np.isnan(fit.loadings).all()
        assert np.isnan(fit.polychoric).all()


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="every item"):
        ordinal_factor_fit(ordered(250, 6), np.zeros((5, 1), dtype=bool))
