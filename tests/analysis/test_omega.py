from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.omega import chi_square, omega_total, one_factor
from analysis.reliability import cronbach_alpha

LOADINGS = np.array([0.8, 0.7, 0.6, 0.5, 0.75])


def implied(loadings: np.ndarray) -> np.ndarray:
    r = np.outer(loadings, loadings)
    np.fill_diagonal(r, 1.0)
    return r


def people(n: int = 200, seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) * LOADINGS + rng.normal(size=(n, 5)) * np.sqrt(1 - LOADINGS**2)


@pytest.mark.parametrize("fit", ["ml", "minres"])
def test_factor_that_fits_is_found_exactly(fit: str) -> None:
    found = one_factor(implied(LOADINGS), fit=fit)
    assert found.loadings == pytest.approx(LOADINGS, abs=1e-9)
    assert found.uniquenesses == pytest.approx(1 - LOADINGS**2, abs=1e-9)
    assert found.criterion == pytest.approx(0, abs=1e-12)
    assert found.omega_model == pytest.approx(found.omega_observed)
    assert found.omega_model == pytest.approx(found.omega_from_uniqueness)


def test_three_items_have_a_closed_form() -> None:
    r = np.array([[1, 0.48, 0.4], [0.48, 1, 0.3], [0.4, 0.3, 1]])
    found = one_factor(r)
    assert found.loadings == pytest.approx(np.sqrt([0.48 * 0.4 / 0.3, 0.48 * 0.3 / 0.4, 0.4 * 0.3 / 0.48]))
    statistic, df = chi_square(found, 100)
    assert math.isnan(statistic)
    assert df == 0


def test_equal_loadings_make_omega_alpha() -> None:
    r = implied(np.full(4, 0.6))
    assert one_factor(r).omega_model == pytest.approx(4 / 3 * (1 - 4 / r.sum()))


def test_likelihood_is_at_its_minimum() -> None:
    r = np.corrcoef(people(), rowvar=False)
    found = one_factor(r)
    rng = np.random.default_rng(1)
    for _ in range(50):
        loadings = found.loadings + 0.01 * rng.normal(size=5)
        unique = found.uniquenesses + 0.01 * rng.normal(size=5)
        near = np.outer(loadings, loadings) + np.diag(unique)
        criterion = np.linalg.slogdet(near)[1] + np.trace(np.linalg.solve(near, r)) - np.linalg.slogdet(r)[1] - 5
        assert criterion > found.criterion


def test_standardizing_decides_whether_spread_counts() -> None:
    scores = people()
    stretched = scores * np.array([1, 2, 3, 4, 5.0])
    assert omega_total(stretched).value == pytest.approx(omega_total(scores).value)
    unequal = omega_total(stretched, standardize=False)
    assert unequal.solution is not None
    assert unequal.value != pytest.approx(omega_total(scores).value, abs=1e-3)
    # the solution of covariances is that of correlations, stretched
    plain = omega_total(scores, standardize=False).solution
    assert plain is not None
    assert unequal.solution.loadings == pytest.approx(plain.loadings * np.array([1, 2, 3, 4, 5.0]))


def test_sign_of_all_items_does_not_matter() -> None:
    scores = people()
    assert omega_total(-scores).value == pytest.approx(omega_total(scores).value)
    assert omega_total(scores).value > cronbach_alpha(scores).standardized


def test_differences_between_partnerships_taken_out() -> None:
    scores, group = people(), np.arange(200) // 20
    found = omega_total(scores + 5.0 * group[:, None], group=group)
    assert found.value == pytest.approx(omega_total(scores, group=group).value)
    assert omega_total(scores + 5.0 * group[:, None]).value > found.value + 0.1


def test_item_beyond_its_bound_is_held_there() -> None:
    r = implied(np.array([0.5, 0.5, 0.5, 0.5]))
    r[0, 1:] = r[1:, 0] = 0.55  # would need a loading of 1.1
    for fit in ("ml", "minres"):
        assert one_factor(r, fit=fit).uniquenesses.min() == pytest.approx(0.005)
    assert one_factor(r, bounded=False).uniquenesses.min() < 0


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((60, 4), np.nan), "no_data"),
        (people(49), "too_few"),
        (people(60)[:, :2], "too_few"),
        (np.column_stack([people(60), np.ones(60)]), "zero_variance"),
        (np.column_stack([people(60), people(60)[:, 0]]), "singular"),
    ],
)
def test_no_omega_without_a_factor_to_fit(scores: np.ndarray, reason: str) -> None:
    found = omega_total(scores)
    assert found.reason == reason
    assert math.isnan(found.value)
