from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from analysis.cell_sums import Cells, Items
from analysis.cells import balanced_means, cell_alphas, cell_bootstrap, cell_scores
from analysis.estimates import BoolArray
from analysis.intervals import partnership_level
from analysis.ratings import organization_means, person_scores, to_points
from analysis.reliability import cronbach_alpha

of_item = np.array([0, 1, 0, 2, 1, 0, 2])  # three, two, two items, not side by side
N_CELLS = 9


def survey(n: int = 3000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells of very unequal size, one of them (8) empty; organizations numbered across all of them."""
    rng = np.random.default_rng(seed)
    cell = np.minimum(rng.geometric(0.35, n) - 1, 7)
    organization = cell * 3 + rng.integers(0, 12, n)
    answers = np.clip(np.round(6 + rng.normal(size=(n, 1)) + 2 * rng.normal(size=(n, 7))), 0, 10)
    answers[rng.random(answers.shape) < 0.15] = np.nan
    return cell, organization, answers


def points_of(answers: np.ndarray, rows: BoolArray, construct: int) -> np.ndarray:
    return to_points(answers[rows][:, of_item == construct], low=0, high=10)


def test_scores_equal_those_of_one_cell_at_a_time() -> None:
    cell, organization, answers = survey()
    cells = Cells.of(cell, organization, N_CELLS)
    found = cell_scores(cells, Items(answers, of_item, 0, 10))
    for c in range(N_CELLS):
        rows = cell == c
        for b in range(3):
            values = person_scores(points_of(answers, rows, b))
            invited = np.bincount(organization[rows], minlength=int(organization.max()) + 1)
            one = partnership_level(values, organization[rows], invited, question="infinite")
            assert found.n[c, b] == one.n
            many = found.scores[c, b], found.low[c, b], found.high[c, b]
            assert many == pytest.approx((one.value, one.low, one.high), nan_ok=True)


def test_index_is_the_mean_over_organizations_of_their_constructs() -> None:
    cell, organization, answers = survey()
    cells = Cells.of(cell, organization, N_CELLS)
    found = cell_scores(cells, Items(answers, of_item, 0, 10))
    rows = cell == 2
    size = int(organization.max()) + 1
    means = np.array(
        [organization_means(person_scores(points_of(answers, rows, b)), organization[rows], size)[0] for b in range(3)]
    )
    by_organization = np.nanmean(means[:, ~np.isnan(means).all(axis=0)], axis=0)
    assert found.index[2] == pytest.approx(by_organization.mean())
    assert found.index_by_organization[cells.place_cell == 2] == pytest.approx(by_organization)
    assert cells.place_organization[cells.place_cell == 2].tolist() == np.unique(organization[rows]).tolist()


def test_alphas_equal_those_of_one_cell_at_a_time() -> None:
    cell, organization, answers = survey()
    found = cell_alphas(Cells.of(cell, organization, N_CELLS), Items(answers, of_item, 0, 10))
    for c in range(N_CELLS):
        for b in range(3):
            one = cronbach_alpha(answers[cell == c][:, of_item == b]).raw
            assert found.n[c, b] == one.n
            many = found.value[c, b], found.low[c, b], found.high[c, b]
            assert many == pytest.approx((one.value, one.low, one.high), nan_ok=True)
    assert np.isnan(found.value[8]).all()


def test_whole_numbers_with_a_code_for_missing_are_the_same_answers() -> None:
    cell, organization, answers = survey()
    cells = Cells.of(cell, organization, N_CELLS)
    floats = Items(answers + 1, of_item, 1, 11)
    zeros = Items(np.nan_to_num(answers + 1, nan=0).astype(np.int8), of_item, 1, 11, missing=0)
    nines = Items(np.nan_to_num(answers + 1, nan=99).astype(np.int16), of_item, 1, 11, missing=99)
    for coded in (zeros, nines):
        ours, theirs = cell_scores(cells, coded), cell_scores(cells, floats)
        np.testing.assert_allclose(ours.scores, theirs.scores, rtol=1e-12)
        np.testing.assert_allclose(ours.low, theirs.low, rtol=1e-9)
        np.testing.assert_allclose(cell_alphas(cells, coded).value, cell_alphas(cells, floats).value, rtol=1e-9)


def test_order_of_respondents_and_duplicated_partnerships_change_nothing() -> None:
    cell, organization, answers = survey()
    order = np.random.default_rng(5).permutation(cell.size)
    first = cell_scores(Cells.of(cell, organization), Items(answers, of_item, 0, 10))
    moved = cell_scores(Cells.of(cell[order], organization[order]), Items(answers[order], of_item, 0, 10))
    np.testing.assert_allclose(moved.scores, first.scores, rtol=1e-12)
    twice = cell_scores(
        Cells.of(np.concatenate([cell, cell + 8]), np.tile(organization, 2)),
        Items(np.vstack([answers, answers]), of_item, 0, 10),
    )
    np.testing.assert_allclose(twice.scores[8:], first.scores, rtol=1e-12)


@pytest.mark.parametrize("far", [1, 900, 60_000, 900_000])
def test_scattered_codes_find_their_places(far: int) -> None:
    cells = Cells.of(np.array([0, 2, 2, 0, 2]), far * np.array([1, 0, 1, 1, 1]))
    assert (cells.n_cells, cells.n_places) == (3, 3)
    assert cells.place.tolist() == [0, 1, 2, 0, 2]
    assert cells.place_cell.tolist() == [0, 2, 2]
    assert cells.place_organization.tolist() == [far, 0, far]


def test_constant_cell_has_a_score_and_neither_interval_nor_alpha() -> None:
    cells = Cells.of(np.zeros(10, dtype=int), np.arange(10) // 2)
    items = Items(np.full((10, 7), 7.0), of_item, 0, 10)
    found = cell_scores(cells, items)
    assert found.scores.ravel() == pytest.approx([70] * 4)
    assert np.isnan(found.low).all()
    assert np.isnan(cell_alphas(cells, items).value).all()
    low, _ = cell_bootstrap(found.index_by_organization, cells.place_cell, 1, rng=np.random.default_rng(1))
    assert np.isnan(low).all()


def test_bootstrap_is_that_of_the_organizations_drawn() -> None:
    rng = np.random.default_rng(3)
    cell = np.repeat(np.arange(40), np.tile([3, 5, 8, 12], 10))
    values = 65 + 12 * rng.normal(size=cell.size)
    low, high = cell_bootstrap(values, cell, 41, rng=np.random.default_rng(1))
    assert np.isnan(low[0::4]).all()
    assert np.isnan(low[40])
    own = values[cell == 3]
    draws = own[np.random.default_rng(2).integers(0, 12, (20_000, 12))].mean(axis=1)
    expected = np.quantile(draws, [0.025, 0.975])
    assert (low[3], high[3]) == pytest.approx(expected, abs=0.15 * draws.std())


def test_bootstrap_takes_quantiles_as_numpy_does() -> None:
    values, cell = np.array([40.0, 50, 70, 80, 90]), np.zeros(5, dtype=int)
    for resamples in (20, 101, 2000):
        copies = np.random.default_rng(9).multinomial(5, np.full(5, 0.2), resamples)
        expected = np.quantile(copies @ values / 5, [0.05, 0.95])
        low, high = cell_bootstrap(values, cell, 1, rng=np.random.default_rng(9), resamples=resamples, confidence=0.9)
        assert (low[0], high[0]) == pytest.approx(expected)


def test_mean_of_organizations_with_gaps() -> None:
    values = np.array([[50.0, np.nan], [60, 10], [70, np.nan], [80, np.nan]])
    mean, low, _, n = balanced_means(values, np.zeros(4, dtype=int), 1)
    assert mean.tolist() == [[65.0, 10.0]]
    assert n.tolist() == [[4, 1]]
    assert np.isnan(low).tolist() == [[False, True]]


def test_memory_stays_below_three_times_the_answers() -> None:
    rng = np.random.default_rng(1)
    answers = rng.integers(0, 6, (200_000, 30)).astype(np.int8)
    cell, organization = rng.integers(0, 240, 200_000), rng.integers(0, 8, 200_000)
    cell_alphas(Cells.of(cell[:9], organization[:9]), Items(answers[:9], np.arange(30) // 5, 1, 5))  # its imports
    tracemalloc.start()
    cells = Cells.of(cell, organization)
    items = Items(answers, np.arange(30) // 5, 1, 5, missing=0)
    found = cell_scores(cells, items)
    cell_alphas(cells, items)
    cell_bootstrap(found.index_by_organization, cells.place_cell, cells.n_cells, rng=rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * answers.nbytes


def test_mistakes_of_the_caller_are_named() -> None:
    with pytest.raises(ValueError, match="equally long"):
        Cells.of(np.zeros(3, dtype=int), np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="one code per item"):
        Items(np.ones((3, 2)), np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="below high"):
        Items(np.ones((3, 2)), np.zeros(2, dtype=int), 5, 5)
