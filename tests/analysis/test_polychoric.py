from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from analysis.binormal import binormal_cdf, cells
from analysis.estimates import FloatArray
from analysis.polychoric import polychoric, polychoric_matrix, thresholds
from analysis.simplex import stopped_simplex


def ordered(n: int, rho: float, seed: int = 0, cuts: tuple[float, ...] = (-1.2, -0.3, 0.5, 1.4)) -> FloatArray:
    rng = np.random.default_rng(seed)
    attitudes = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, rho], [rho, 1]]).T
    return np.digitize(attitudes, cuts).astype(np.float64)


def from_table(table: list[list[int]]) -> tuple[FloatArray, FloatArray]:
    counts = np.array(table)
    row, column = np.indices(counts.shape)
    return (
        np.repeat(row.ravel(), counts.ravel()).astype(np.float64),
        np.repeat(column.ravel(), counts.ravel()).astype(np.float64),
    )


# P(X <= a, Y <= b) as the integral of the conditional probability.
@pytest.mark.parametrize("rho", [-0.99, -0.5, 0.0, 0.3, 0.95, 0.999])
def test_binormal_against_integration(rho: float) -> None:
    a, b = np.array([-1.7, 0.0, 0.8]), np.array([-0.4, 1.9])
    found, spread = binormal_cdf(a, b, rho), math.sqrt(1 - rho**2)
    for i, j in np.ndindex(3, 2):
        bend = b[j] / rho if rho else 0.0
        points = [bend] if -9 < bend < a[i] else None
        exact, _ = quad(
            lambda x, j=j: norm.pdf(x) * norm.cdf((b[j] - rho * x) / spread), -9, a[i], points=points, epsabs=1e-13
        )
        assert found[i, j] == pytest.approx(exact, abs=1e-10)


def test_binormal_in_closed_form() -> None:
    for rho in (-0.9, 0.2, 0.7):
        assert binormal_cdf(np.zeros(1), np.zeros(1), rho)[0, 0] == pytest.approx(0.25 + math.asin(rho) / (2 * math.pi))
    limits = np.array([-np.inf, 0.3, np.inf])
    expected = np.outer(norm.cdf(limits), norm.cdf(limits))
    np.testing.assert_allclose(binormal_cdf(limits, limits, 0.6)[[0, 0, 2], [1, 2, 1]], expected[[0, 0, 2], [1, 2, 1]])


def test_derivatives_of_the_cells() -> None:
    row, column, rho, h = np.array([-0.9, 0.1, 1.2]), np.array([-0.3, 0.6]), 0.45, 1e-6
    found = cells(row, column, rho)
    assert found.probability.sum() == pytest.approx(1)
    ahead, behind = cells(row, column, rho + h), cells(row, column, rho - h)
    np.testing.assert_allclose(found.by_rho, (ahead.probability - behind.probability) / (2 * h), atol=1e-9)
    np.testing.assert_allclose(found.by_rho_twice, (ahead.by_rho - behind.by_rho) / (2 * h), atol=1e-8)
    for i in range(3):
        moved = h * np.eye(3)[i]
        change = cells(row + moved, column, rho).probability - cells(row - moved, column, rho).probability
        np.testing.assert_allclose(found.by_row[i], change / (2 * h), atol=1e-9)
    for j in range(2):
        moved = h * np.eye(2)[j]
        change = cells(row, column + moved, rho).probability - cells(row, column - moved, rho).probability
        np.testing.assert_allclose(found.by_column[j], change / (2 * h), atol=1e-9)


# Medians split: P(both below) = 1/4 + asin(rho) / (2 pi), so rho = sin(2 pi (share - 1/4)).
@pytest.mark.parametrize("fitting", ["two_step", "full"])
def test_median_splits_in_closed_form(fitting: str) -> None:
    x, y = from_table([[40, 20], [20, 40]])
    found = polychoric(x, y, fitting=fitting)  # type: ignore[arg-type]
    assert found.value == pytest.approx(math.sin(2 * math.pi * (40 / 120 - 0.25)), abs=1e-9)
    np.testing.assert_allclose([found.row_thresholds[0], found.column_thresholds[0]], 0, atol=1e-9)
    assert (found.n, found.reason, found.flags) == (120, None, ())


# Olsson (1979), table 2: rho .49, thresholds -1.77, -.14 and -.69, .67 (two-step and full agree to two decimals).
def test_the_example_of_olsson() -> None:
    x, y = from_table([[13, 6, 0], [69, 113, 22], [41, 132, 104]])
    found = polychoric(x, y, fitting="full")
    assert found.value == pytest.approx(0.49, abs=0.005)
    np.testing.assert_allclose(found.row_thresholds, [-1.77, -0.14], atol=0.005)
    np.testing.assert_allclose(found.column_thresholds, [-0.69, 0.67], atol=0.005)
    assert found.flags == ("empty_cells",)


def test_thresholds_are_quantiles_of_the_margins() -> None:
    answers = np.array([3.0] * 10 + [5.0] * 30 + [9.0] * 60 + [np.nan] * 7)
    np.testing.assert_allclose(thresholds(answers), norm.ppf([0.1, 0.4]), rtol=1e-12)
    assert thresholds(np.full(5, 2.0)).size == 0
    assert thresholds(np.full(5, np.nan)).size == 0


def test_full_maximum_is_a_maximum() -> None:
    x, y = ordered(300, 0.5).T
    best, first = polychoric(x, y, fitting="full"), polychoric(x, y)

    def height(rho: float, row: FloatArray, column: FloatArray) -> float:
        table = np.zeros((5, 5))
        np.add.at(table, (x.astype(int), y.astype(int)), 1)
        return float((table * np.log(cells(row, column, rho).probability)).sum())

    top = height(best.value, best.row_thresholds, best.column_thresholds)
    assert top > height(first.value, first.row_thresholds, first.column_thresholds)
    for step in (-1e-4, 1e-4):
        assert top > height(best.value + step, best.row_thresholds, best.column_thresholds)
        assert top > height(best.value, best.row_thresholds + step, best.column_thresholds)
        assert top > height(best.value, best.row_thresholds, best.column_thresholds + step)
    assert polychoric(x, y, fitting="full_stopped").value == pytest.approx(best.value, abs=0.01)


def test_estimates_and_errors_over_samples() -> None:
    pairs = [ordered(200, 0.6, seed).T for seed in range(300)]
    full = [polychoric(x, y, fitting="full") for x, y in pairs]
    quick = [polychoric(x, y) for x, y in pairs]
    values = np.array([found.value for found in full])
    assert values.mean() == pytest.approx(0.6, abs=0.01)
    assert np.mean([found.value for found in quick]) == pytest.approx(0.6, abs=0.01)
    assert np.mean([found.se for found in full]) == pytest.approx(values.std(), rel=0.12)
    assert np.mean([found.se for found in quick]) < np.mean([found.se for found in full])


def test_names_of_the_categories_do_not_matter() -> None:
    x, y = ordered(200, 0.4).T
    first = polychoric(x, y)
    again = polychoric(x**3 - 7, np.array([0.0, 1.0, 4.0, 6.0, 10.0])[y.astype(int)])
    assert (again.value, again.se) == (first.value, first.se)
    assert polychoric(y, x).value == pytest.approx(first.value, abs=1e-10)
    turned = polychoric(-x, y)
    assert turned.value == pytest.approx(-first.value, abs=1e-10)
    np.testing.assert_allclose(turned.row_thresholds, -first.row_thresholds[::-1], atol=1e-12)
    assert polychoric(-x, -y).value == pytest.approx(first.value, abs=1e-10)


def test_people_with_a_gap_do_not_count() -> None:
    x, y = ordered(200, 0.4).T
    gaps = polychoric(np.append(x, [np.nan, 4.0]), np.append(y, [1.0, np.nan]))
    assert (gaps.value, gaps.n) == (polychoric(x, y).value, 200)


def test_empty_cells_filled_as_psych_does() -> None:
    x, y = from_table([[30, 10, 0], [10, 30, 10], [0, 10, 30]])
    plain, filled = polychoric(x, y), polychoric(x, y, empty_cells=0.5)
    assert filled.value < plain.value
    np.testing.assert_allclose(filled.row_thresholds, norm.ppf([40.5 / 130, 90.5 / 130]), rtol=1e-12)
    np.testing.assert_allclose(plain.row_thresholds, norm.ppf([40 / 130, 90 / 130]), rtol=1e-12)
    full = ordered(200, 0.4, cuts=(0.0,)).T
    assert polychoric(*full, empty_cells=0.5).value == polychoric(*full).value


def test_a_filled_margin_beyond_everybody() -> None:
    x, y = from_table([[60, 20, 5], [0, 0, 1], [0, 0, 1]])
    assert polychoric(x, y, empty_cells=5.0).reason == "not_converged"


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_perfect_agreement_lies_at_the_bound(sign: float) -> None:
    x, _ = ordered(100, 0.0).T
    found = polychoric(x, sign * x)
    assert found.value == sign
    assert math.isnan(found.se)
    assert "at_bound" in found.flags
    assert "at_bound" in polychoric_matrix(np.column_stack([x, sign * x, ordered(100, 0.3, 5)[:, 0]])).flags


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        (np.full(80, np.nan), np.ones(80), "no_overlap"),
        (ordered(49, 0.3)[:, 0], ordered(49, 0.3)[:, 1], "too_few"),
        (np.full(80, 3.0), ordered(80, 0.3)[:, 1], "zero_variance"),
    ],
)
def test_no_number_and_why(x: FloatArray, y: FloatArray, reason: str) -> None:
    found = polychoric(x, y)
    assert found.reason == reason
    assert np.isnan([found.value, found.se]).all()


def test_matrix_holds_the_pairs() -> None:
    scores = np.column_stack([ordered(150, 0.5, 1), ordered(150, 0.2, 2)])
    gaps = np.vstack([scores, np.full((3, 4), np.nan)])
    found = polychoric_matrix(gaps)
    assert (found.n, found.reason, found.flags) == (150, None, ())
    for i, j in ((0, 1), (1, 3)):
        pair = polychoric(scores[:, i], scores[:, j])
        assert found.correlation[j, i] == pytest.approx(pair.value, abs=1e-10)
        assert found.errors[i, j] == pytest.approx(pair.se, abs=1e-8)
    np.testing.assert_array_equal(np.diag(found.correlation), 1.0)
    np.testing.assert_allclose(found.thresholds[0], thresholds(scores[:, 0]))


def test_matrix_edges() -> None:
    scores = ordered(150, 0.5)
    constant = polychoric_matrix(np.column_stack([scores, np.ones(150)]))
    assert constant.reason == "zero_variance"
    assert np.isnan(constant.correlation[2, :2]).all()
    assert not np.isnan(constant.correlation[:2, :2]).any()
    assert polychoric_matrix(scores[:20]).reason == "too_few"
    assert polychoric_matrix(np.full((80, 3), np.nan)).reason == "no_data"
    assert np.isnan(polychoric_matrix(scores[:20]).correlation).all()


def test_pairs_that_contradict_each_other_are_flagged() -> None:
    x = ordered(200, 0.0)[:, 0]
    found = polychoric_matrix(np.column_stack([x, x, -x]))
    assert "not_positive_definite" in found.flags


def test_the_simplex_finds_a_bowl() -> None:
    asked = []

    def bowl(values: FloatArray) -> float:
        asked.append(values)
        return float(((values - np.array([1.0, -2.0])) ** 2).sum())

    np.testing.assert_allclose(stopped_simplex(bowl, np.array([3.0, 3.0])), [1.0, -2.0], atol=1e-3)
    assert len(asked) < 200


def test_mistakes_are_refused() -> None:
    x, y = ordered(60, 0.3).T
    with pytest.raises(ValueError, match="same people"):
        polychoric(x, y[:-1])
    with pytest.raises(ValueError, match="not negative"):
        polychoric(x, y, empty_cells=-1)
    with pytest.raises(ValueError, match="two-dimensional"):
        polychoric_matrix(x)


# Near |rho| = 1 cells vanish and slopes turn to noise: the maximum must still be the highest point of a fine grid.
@pytest.mark.parametrize(("rho", "n", "seed"), [(0.97, 300, 3), (0.99, 60, 4), (-0.98, 80, 5), (0.9, 50, 6)])
def test_high_correlations_are_found(rho: float, n: int, seed: int) -> None:
    x, y = ordered(n, rho, seed).T
    found = polychoric(x, y)
    rows, columns = (np.unique(answers, return_inverse=True)[1] for answers in (x, y))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    grid = np.linspace(-0.999, 0.999, 1999)
    heights = [
        float((table * np.log(cells(found.row_thresholds, found.column_thresholds, r).probability)).sum()) for r in grid
    ]
    assert found.value == pytest.approx(grid[int(np.argmax(heights))], abs=1.5e-3)
