"""Very small linear programs against the solver."""

import numpy as np
import pytest
from scipy.optimize import linprog

from analysis.corners import is_small, optimum


@pytest.mark.parametrize("seed", range(40))
def test_corners_agree_with_the_solver(seed):
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 4)), int(rng.integers(1, 9))
    matrix, x = rng.integers(0, 3, (m, n)) / 3, rng.uniform(0, 100, n)
    low, high = matrix @ x - rng.uniform(0, 10, m), matrix @ x + rng.uniform(0, 10, m)
    box = np.tile([0.0, 100.0], (n, 1))
    known = rng.random(n) < 0.2
    box[known] = x[known, None]
    aim = rng.normal(size=n) * (rng.random(n) < 0.5)
    found = optimum(matrix, low, high, box, aim)
    limits = {"A_ub": np.vstack([matrix, -matrix]), "b_ub": np.concatenate([high, -low]), "bounds": box}
    least, most = linprog(aim, **limits).fun, -linprog(-aim, **limits).fun
    np.testing.assert_allclose(found.ends, (least, most), atol=1e-6)


def test_the_rows_that_set_an_end_are_named():
    box = np.tile([0.0, 100.0], (3, 1))
    matrix = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = optimum(matrix, np.array([10.0, 40.0]), np.array([12.0, 60.0]), box, np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(found.ends, (0.0, 12.0))
    np.testing.assert_array_equal(found.tight, [True, False])


def test_large_programs_go_to_the_solver():
    assert is_small(3, 8)
    assert not is_small(0, 8)
    assert not is_small(4, 30)
    assert not is_small(9, 3)
