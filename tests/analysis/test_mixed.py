import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import t as student

from analysis.mixed import profile_interval, random_intercept

RNG = np.random.default_rng(12)


def unbalanced(spread=6.0, seed=1):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(9), [2, 3, 4, 5, 6, 3, 2, 7, 4])
    x = rng.uniform(0, 5, group.size) + 0.2 * group
    y = 50 + 2 * x + rng.normal(0, spread, 9)[group] + rng.normal(0, 5, group.size)
    return x, y, group


def dense_deviance(log_parameters, x, y, group, reml):
    between, error = np.exp(log_parameters)
    X = np.column_stack([np.ones_like(x), x])
    V = between * (group[:, None] == group) + error * np.eye(x.size)
    Vi = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ Vi @ X, X.T @ Vi @ y)
    r = y - X @ beta
    out = np.linalg.slogdet(V)[1] + r @ Vi @ r + (x.size - 2 * reml) * math.log(2 * math.pi)
    return out + reml * np.linalg.slogdet(X.T @ Vi @ X)[1]


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_matches_a_dense_likelihood(method):
    x, y, group = unbalanced()
    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
    best = minimize(
        dense_deviance, np.log([30.0, 20.0]), (x, y, group, method == "REML"), method="Nelder-Mead", options=options
    )
    found = random_intercept(x, y, group, method=method)
    np.testing.assert_allclose([found.variance_group, found.variance_error], np.exp(best.x), rtol=1e-5)
    assert found.loglik == pytest.approx(-best.fun / 2, abs=1e-8)


def dense_freedom(x, y, group, found):
    """Satterthwaite from a numerical Hessian, Kenward-Roger from the full matrices."""
    X = np.column_stack([np.ones_like(x), x])
    G = [(group[:, None] == group).astype(float), np.eye(x.size)]
    theta = np.array([found.variance_group, found.variance_error])

    def pieces(values):
        Vi = np.linalg.inv(values[0] * G[0] + values[1] * G[1])
        return Vi, np.linalg.inv(X.T @ Vi @ X)

    step = theta * 1e-3
    hessian, gradient = np.zeros((2, 2)), np.zeros(2)
    for a in range(2):
        up, down = theta.copy(), theta.copy()
        up[a] += step[a]
        down[a] -= step[a]
        gradient[a] = (pieces(up)[1][1, 1] - pieces(down)[1][1, 1]) / (2 * step[a])
        for b in range(2):
            for one in (1, -1):
                for two in (1, -1):
                    at = theta.copy()
                    at[a] += one * step[a]
                    at[b] += two * step[b]
                    weight = one * two / (4 * step[a] * step[b])
                    hessian[a, b] += weight * dense_deviance(np.log(at), x, y, group, True)
    Vi, cov = pieces(theta)
    satterthwaite = 2 * cov[1, 1] ** 2 / (gradient @ np.linalg.inv(hessian / 2) @ gradient)
    P = [-X.T @ Vi @ g @ Vi @ X for g in G]
    Q = [[X.T @ Vi @ g @ Vi @ h @ Vi @ X for h in G] for g in G]
    info = np.array(
        [
            [np.trace(Vi @ G[a] @ Vi @ G[b]) - np.trace(cov @ (2 * Q[a][b] - P[a] @ cov @ P[b])) for b in range(2)]
            for a in range(2)
        ]
    )
    W = 2 * np.linalg.inv(info)
    middle = sum(W[a, b] * (Q[a][b] - P[a] @ cov @ P[b]) for a in range(2) for b in range(2))
    adjusted = cov + 2 * cov @ middle @ cov
    c = np.array([(cov @ p @ cov)[1, 1] for p in P])
    return satterthwaite, math.sqrt(adjusted[1, 1]), 2 * cov[1, 1] ** 2 / (c @ W @ c)


def test_degrees_of_freedom_match_dense_matrices():
    x, y, group = unbalanced()
    found = random_intercept(x, y, group)
    df, se, kr = dense_freedom(x, y, group, found)
    assert found.df == pytest.approx(df, rel=1e-3)
    assert found.kenward_roger[:2] == pytest.approx((se, kr), rel=1e-7)
    assert found.p == pytest.approx(2 * student.sf(abs(found.t), found.df))


def test_boundary_of_no_group_variance():
    for seed in range(40):
        x, y, group = unbalanced(0.0, seed)
        found = random_intercept(x, y, group)
        if found.variance_group == 0:
            break
    assert found.variance_group == 0
    assert found.df == pytest.approx(x.size - 2)
    slope, intercept = np.polyfit(x, y, 1)
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept))
    assert np.all(found.deviations == 0)


def test_balanced_slope_is_the_within_group_slope():
    x = np.tile(np.arange(4.0), 6)
    group = np.repeat(np.arange(6), 4)
    y = RNG.normal(0, 20, 6)[group] + 3 * x + RNG.normal(0, 2, 24)
    found = random_intercept(x, y, group)
    assert found.slope == pytest.approx(np.polyfit(x, y, 1)[0])
    assert found.df == pytest.approx(24 - 6 - 1)


def test_profile_interval_solves_its_equation():
    x, y, group = unbalanced()
    low, high = profile_interval(x, y, group)
    found = random_intercept(x, y, group, method="ML")
    assert low < found.slope < high
    assert high - low == pytest.approx(2 * 1.96 * found.se_slope, rel=0.1)


def test_missing_rows_are_left_out():
    x, y, group = unbalanced()
    whole = random_intercept(x, y, group)
    gappy = random_intercept(np.append(x, 1.0), np.append(y, np.nan), np.append(group, 9))
    assert (gappy.slope, gappy.n, gappy.groups) == (whole.slope, whole.n, whole.groups)
    assert np.isnan(gappy.deviations[9])


def test_says_why_not():
    x, y, group = unbalanced()
    assert random_intercept(x, y, np.zeros_like(group)).reason == "too_few"
    assert random_intercept(np.full_like(x, 2.0), y, group).reason == "singular"
    assert random_intercept(x, np.full_like(y, np.nan), group).reason == "no_data"
    assert random_intercept(x, 3 + 2 * x, group).reason == "zero_variance"
    assert random_intercept(x[:3], y[:3], np.arange(3)).reason == "too_few"
    assert math.isnan(profile_interval(x, y, np.zeros_like(group)).low)


@pytest.mark.parametrize("spread", [1e3, 1e5])
def test_levels_far_apart_leave_the_slope_alone(spread):
    x, y, group = unbalanced(0.0)
    levels = np.array([3.0, -1, 4, 1, -5, 9, -2, 6, 5]) * spread
    found = random_intercept(x, y + levels[group], group)
    within_x = x - (np.bincount(group, x) / np.bincount(group))[group]
    assert found.slope == pytest.approx(float(within_x @ y / (within_x @ within_x)), rel=1e-4)
    assert found.variance_group == pytest.approx(levels.var(ddof=1), rel=0.02)
    assert found.df == pytest.approx(x.size - 9 - 1, rel=1e-3)
    assert found.kenward_roger[1] == pytest.approx(found.df, rel=1e-3)
