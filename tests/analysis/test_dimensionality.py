from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.dimensionality import eigenvalues, parallel_analysis, sampling_adequacy, sphericity
from analysis.estimates import FloatArray


def with_correlation(correlation: FloatArray, n: int = 60, seed: int = 0) -> FloatArray:
    """Scores whose sample correlation is exactly the one asked for."""
    raw = np.random.default_rng(seed).normal(size=(n, len(correlation)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw / (n - 1))).T
    return white @ np.linalg.cholesky(correlation).T


def equal(k: int, r: float) -> FloatArray:
    return np.full((k, k), r) + (1 - r) * np.eye(k)


def two_factors(n: int = 300, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 2))
    return np.repeat(factors, 4, axis=1) + rng.normal(size=(n, 8))


# Equal correlations r: the partial correlation of two items given the other k - 2 is r / (1 + (k - 2) r).
@pytest.mark.parametrize(("k", "r"), [(3, 0.3), (6, 0.5), (10, 0.05)])
def test_adequacy_of_equal_correlations(k: int, r: float) -> None:
    found = sampling_adequacy(with_correlation(equal(k, r)))
    partial = r / (1 + (k - 2) * r)
    assert found.value == pytest.approx(r**2 / (r**2 + partial**2), rel=1e-10)
    np.testing.assert_allclose(found.per_item, found.value, rtol=1e-10)
    multiple = (k - 1) * r**2 / (1 + (k - 2) * r)
    np.testing.assert_allclose(found.smc, multiple, rtol=1e-10)
    assert (found.n, found.reason) == (60, None)


def test_two_items_are_half_adequate() -> None:
    assert sampling_adequacy(with_correlation(equal(2, 0.7))).value == pytest.approx(0.5)


def test_sphericity_of_equal_correlations() -> None:
    k, r, n = 5, 0.4, 80
    found = sphericity(with_correlation(equal(k, r), n))
    log_determinant = (k - 1) * math.log(1 - r) + math.log(1 + (k - 1) * r)
    assert found.log_determinant == pytest.approx(log_determinant, rel=1e-12)
    assert found.chi2 == pytest.approx(-log_determinant * (n - 1 - 15 / 6), rel=1e-12)
    assert (found.df, found.n) == (10, n)
    assert 0 < found.p < 1e-10


def test_sphericity_holds_its_level() -> None:
    rng = np.random.default_rng(5)
    p = [sphericity(rng.normal(size=(60, 6))).p for _ in range(2000)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_eigenvalues_of_equal_correlations() -> None:
    np.testing.assert_allclose(eigenvalues(with_correlation(equal(4, 0.25))), [1.75, 0.75, 0.75, 0.75])


def test_two_factors_are_found() -> None:
    found = parallel_analysis(two_factors(), rng=np.random.default_rng(0))
    assert (found.by_mean, found.by_quantile, found.n, found.replicates) == (2, 2, 300, 1000)
    assert found.eigenvalues.sum() == pytest.approx(8)
    assert found.random_mean.sum() == pytest.approx(8)
    assert np.all(found.random_quantile > found.random_mean)


def test_random_eigenvalues_are_those_of_normal_rows() -> None:
    rng = np.random.default_rng(2)
    plain = np.array([eigenvalues(rng.normal(size=(60, 5))) for _ in range(4000)])
    found = parallel_analysis(plain[:60], rng=np.random.default_rng(3), replicates=20_000)
    np.testing.assert_allclose(found.random_mean, plain.mean(axis=0), atol=0.012)
    np.testing.assert_allclose(found.random_quantile, np.quantile(plain, 0.95, axis=0), atol=0.02)


def test_unrelated_items_seldom_keep_a_component() -> None:
    rng = np.random.default_rng(7)
    kept = [parallel_analysis(rng.normal(size=(60, 6)), rng=rng, replicates=200).by_quantile for _ in range(400)]
    assert np.mean(np.array(kept) > 0) < 0.09


def test_unit_order_and_reversal_change_nothing() -> None:
    scores = two_factors(120)
    changed = scores[::-1, ::-1] * np.array([3, -1, 10, 1, -2, 1, 0.1, 5]) + 7
    np.testing.assert_allclose(sampling_adequacy(changed).per_item[::-1], sampling_adequacy(scores).per_item)
    assert sphericity(changed).chi2 == pytest.approx(sphericity(scores).chi2)
    np.testing.assert_allclose(eigenvalues(changed), eigenvalues(scores))


def test_incomplete_respondents_are_left_out() -> None:
    scores = two_factors(120)
    gaps = np.vstack([scores, np.where(np.eye(8, dtype=bool), np.nan, 1.0)])
    assert sampling_adequacy(gaps).value == sampling_adequacy(scores).value
    assert sphericity(gaps).n == 120


def test_same_seed_same_answer() -> None:
    first, second = (parallel_analysis(two_factors(), rng=np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first.random_quantile, second.random_quantile)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((60, 4), np.nan), "no_data"),
        (np.empty((60, 0)), "no_data"),
        (np.random.default_rng(0).normal(size=(49, 4)), "too_few"),
        (np.random.default_rng(0).normal(size=(60, 1)), "too_few"),
        (np.random.default_rng(0).normal(size=(60, 60)), "too_few"),
        (np.column_stack([np.random.default_rng(0).normal(size=(60, 3)), np.full(60, 2.0)]), "zero_variance"),
    ],
)
def test_no_number_and_why(scores: FloatArray, reason: str) -> None:
    adequacy, test = sampling_adequacy(scores), sphericity(scores)
    parallel = parallel_analysis(scores, rng=np.random.default_rng(0))
    assert (adequacy.reason, test.reason, parallel.reason) == (reason, reason, reason)
    assert math.isnan(adequacy.value)
    assert np.isnan(adequacy.per_item).all()
    assert np.isnan(adequacy.smc).all()
    assert np.isnan([test.chi2, test.p, test.log_determinant]).all()
    assert np.isnan(parallel.eigenvalues).all()
    assert (parallel.by_mean, parallel.by_quantile) == (0, 0)


def test_an_item_given_twice_is_singular() -> None:
    scores = two_factors(100)
    twice = np.column_stack([scores, scores[:, 0]])
    assert sampling_adequacy(twice).reason == "singular"
    assert sphericity(twice).reason == "singular"
    assert parallel_analysis(twice, rng=np.random.default_rng(0)).reason is None
    assert eigenvalues(twice)[-1] == pytest.approx(0, abs=1e-12)


def test_fewer_people_than_items_have_eigenvalues() -> None:
    scores = np.random.default_rng(0).normal(size=(5, 8))
    found = eigenvalues(scores)
    np.testing.assert_allclose(found.sum(), 8)
    np.testing.assert_allclose(found[4:], 0, atol=1e-12)
    assert sampling_adequacy(scores, people_from=2).reason == "too_few"
    assert parallel_analysis(scores, rng=np.random.default_rng(0), people_from=2).reason == "too_few"


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="two-dimensional"):
        sampling_adequacy(np.zeros(5))
    with pytest.raises(ValueError, match="quantile"):
        parallel_analysis(two_factors(), rng=np.random.default_rng(0), quantile=1.0)
