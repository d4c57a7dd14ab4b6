from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.mann_kendall import (
    PERSISTENT_FROM,
    claim_tail,
    exact_tail,
    mann_kendall,
    persistent_variance,
    tied_variance,
)

CRITICAL = {5: 10, 6: 13, 7: 15, 8: 18, 9: 20, 10: 23, 11: 27, 12: 30}


def score(values):
    return int(np.sign(np.subtract.outer(values, values))[np.tril_indices(len(values), -1)].sum())


@pytest.mark.parametrize(("n", "critical"), CRITICAL.items())
def test_published_critical_values(n, critical):
    tail = exact_tail((1,) * n)
    assert tail[critical] <= 0.05 < tail[critical - 2]


@pytest.mark.parametrize(("n", "smallest"), [(3, 1 / 3), (4, 1 / 12), (5, 1 / 60)])
def test_few_rounds_have_a_smallest_p(n, smallest):
    assert exact_tail((1,) * n)[-1] == pytest.approx(smallest)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=7))
def test_exact_with_any_ties(values):
    found = mann_kendall(np.array([values], dtype=float), persistence=0)
    s = score(values)
    assert found.s[0] == s
    everything = np.array([score(order) for order in permutations(values)])
    if len(set(values)) == 1:
        assert np.isnan(found.p[0])
        return
    assert found.p[0] == pytest.approx(np.mean(np.abs(everything) >= abs(s)))
    assert found.variance[0] == pytest.approx(np.mean(everything**2))


def test_matches_kendalls_tau_of_scipy():
    from scipy.stats import kendalltau

    rng = np.random.default_rng(3)
    table = rng.normal(size=(20, 9))
    found = mann_kendall(table, persistence=0)
    for i, row in enumerate(table):
        assert found.p[i] == pytest.approx(kendalltau(np.arange(9), row, method="exact").pvalue)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=2, max_size=14), st.integers(-50, 50))
def test_invariances(points, shift):
    row = np.array(points, dtype=float)
    base = mann_kendall(row[None, :])
    moved = mann_kendall((row + shift)[None, :])
    turned = mann_kendall(row[None, ::-1])
    gappy = mann_kendall(np.insert(row, len(row) // 2, np.nan)[None, :])
    for other, sign in ((moved, 1), (turned, -1), (gappy, 1)):
        assert other.s[0] == sign * base.s[0]
        np.testing.assert_array_equal(other.p_persistent, base.p_persistent)
        assert other.n[0] == base.n[0]


def test_many_series_equal_one_by_one():
    rng = np.random.default_rng(6)
    table = np.rint(rng.normal(60, 4, (200, 12)))
    table[rng.random(table.shape) < 0.3] = np.nan
    together = mann_kendall(table)
    for i in range(0, 200, 17):
        alone = mann_kendall(table[i : i + 1])
        for field in ("n", "s", "variance", "p", "p_persistent", "smallest_p"):
            np.testing.assert_array_equal(getattr(alone, field)[0], getattr(together, field)[i])


def test_persistence_only_ever_asks_for_more():
    for n in range(3, 15):
        plain, kept = exact_tail((1,) * n), claim_tail((1,) * n)
        assert np.all(kept >= plain)
        assert (n < PERSISTENT_FROM) == bool(np.array_equal(kept, plain))


def test_persistent_tail_is_the_simulated_one():
    for n in (6, 8, 12):
        rng = np.random.default_rng(n)
        y = rng.normal(size=(60000, n))
        for k in range(1, n):
            y[:, k] = 0.3 * y[:, k - 1] + np.sqrt(1 - 0.3**2) * y[:, k]
        size, tail = np.abs(mann_kendall(y).s), claim_tail((1,) * n)
        first = int(np.argmax(tail <= 0.05))
        for s in (first, first + 2, first + 4):
            if s < tail.size and tail[s] >= 0.01:
                assert np.mean(size >= s) == pytest.approx(tail[s], rel=0.15)


def test_persistent_variance():
    for n in (7, 12):
        assert persistent_variance(n, 0.0) == pytest.approx(tied_variance((1,) * n))
    rng = np.random.default_rng(1)
    y = rng.normal(size=(40000, 8))
    for k in range(1, 8):
        y[:, k] = 0.3 * y[:, k - 1] + np.sqrt(1 - 0.3**2) * y[:, k]
    simulated = float(mann_kendall(y).s.var())
    assert persistent_variance(8, 0.3) == pytest.approx(simulated, rel=0.03)


def test_long_series_fall_back_to_the_normal_form():
    n = 80
    s = 400
    z = (s - 1) / np.sqrt(tied_variance((1,) * n))
    from scipy.stats import norm

    assert exact_tail((1,) * n)[s] == pytest.approx(2 * norm.sf(z))
    joined = exact_tail((1,) * 60)
    z = (np.arange(200, 700, 2) - 1) / np.sqrt(tied_variance((1,) * 60))
    np.testing.assert_allclose(joined[200:700:2], 2 * norm.sf(z), atol=2e-3)


def test_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="one row per series"):
        mann_kendall(np.ones(4))
    with pytest.raises(ValueError, match="persistence"):
        mann_kendall(np.ones((1, 4)), persistence=1)
    empty = mann_kendall(np.full((2, 3), np.nan))
    assert empty.n.tolist() == [0, 0]
    assert np.isnan(empty.p).all()
    assert mann_kendall(np.empty((0, 5))).s.size == 0
