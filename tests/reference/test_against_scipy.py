"""The adapters on random data of other shapes, against scipy and formulas written out: no case file is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.reference.cases import Case
from tests.reference.run import methods

SEEDS = range(3)


def computed(start: str, options: Mapping[str, Any], columns: Mapping[str, Any]) -> Mapping[str, Any]:
    method = next(one for name, one in methods().items() if name.startswith(start))
    data = {
        name: [None if isinstance(cell, float) and np.isnan(cell) else str(cell) for cell in cells]
        for name, cells in columns.items()
    }
    return method.compute(Case("X", start, dict(options), {}, {}, "", data))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_groups_of_unequal_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 11, 5 + seed) + 1.0, rng.integers(0, 11, 8) * 1.0
    columns = {"group": ["b"] * 8 + ["a"] * first.size, "y": [*second, *first]}
    options = {"first_group": "a", "second_group": "b", "conf": 0.9}
    welch = stats.ttest_ind(first, second, equal_var=False)
    found = computed("Mean difference", options, columns)["welch"]
    assert [found["p"], *found["ci"]] == pytest.approx([welch.pvalue, *welch.confidence_interval(0.9)])
    rank = stats.mannwhitneyu(first, second, method="asymptotic")
    ordinal = computed("Cliff delta", options, columns)
    assert [ordinal["U1"], ordinal["p_continuity"]] == pytest.approx([rank.statistic, rank.pvalue])
    exact = stats.permutation_test(
        (first, second), lambda a, b: abs(a.mean() - b.mean()), alternative="greater", n_resamples=10**6
    )
    assert computed("Exact two-sample", options, columns)["p_two_sided"] == pytest.approx(exact.pvalue)


@pytest.mark.parametrize("seed", SEEDS)
def test_several_groups_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = [rng.integers(0, 8, size) * 1.0 for size in rng.integers(3, 12, 4)]
    names = ["10", "9", "c", "1"]
    columns = {"group": np.repeat(names, [g.size for g in groups]).tolist(), "y": np.concatenate(groups).tolist()}
    found = computed("Kruskal-Wallis", {"levels": names}, columns)
    assert [found["H"], found["p"]] == pytest.approx(list(stats.kruskal(*groups)))
    assert [found["anova"]["F"], found["anova"]["p"]] == pytest.approx(list(stats.f_oneway(*groups)))
    assert found["welch"]["p"] == pytest.approx(stats.f_oneway(*groups, equal_var=False).pvalue)
    pairs = stats.tukey_hsd(*groups, equal_var=False).pvalue[np.triu_indices(4, 1)]
    assert found["games_howell"]["p"] == pytest.approx(pairs, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_change_with_a_gap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after = rng.integers(0, 11, (2, 10)) * 1.0
    before[2] = np.nan
    difference = np.delete(after - before, 2)
    columns = {"unit": list(range(10)), "wave1": before.tolist(), "wave2": after.tolist()}
    paired = computed("Wave-on-wave", {"reliability": 0.75, "conf": 0.9}, columns)["paired"]
    test = stats.ttest_1samp(difference, 0)
    assert [paired["p"], *paired["ci"]] == pytest.approx([test.pvalue, *test.confidence_interval(0.9)])
    flips = computed("Paired sign-flip", {}, columns)
    ranks = stats.wilcoxon(difference[difference != 0], correction=True, method="asymptotic")
    assert flips["wilcoxon_p_continuity"] == pytest.approx(ranks.pvalue)


@pytest.mark.parametrize("seed", SEEDS)
def test_trend_out_of_order_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, y = np.sort(rng.choice(100, 11, replace=False)) / 7, rng.integers(0, 6, 11) * 1.0
    y[1] = np.nan
    known, order = ~np.isnan(y), rng.permutation(11)
    found = computed("Mann-Kendall", {}, {"t": t[order].tolist(), "y": y[order].tolist()})
    line = stats.theilslopes(y[known], t[known], method="joint")
    assert [found["sen_slope"], *found["ci95"]] == pytest.approx([line.slope, line.low_slope, line.high_slope])
    assert found["tau_b"] == pytest.approx(stats.kendalltau(t[known], y[known]).statistic)


@pytest.mark.parametrize("seed", SEEDS)
def test_alpha_of_other_ends_and_keys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.clip(np.round(rng.normal(0, 2, (70, 1)) + rng.normal(5, 2, (70, 5))), 0, 10)
    turned = scores.copy()
    turned[:, 2] = 10 - turned[:, 2]
    turned[rng.random(turned.shape) < 0.07] = np.nan
    options = {"items": list("abcde"), "keys": [1, 1, -1, 1, 1], "scale_min": 0, "scale_max": 10}
    found = computed("Cronbach alpha", options, dict(zip("abcde", turned.T.tolist(), strict=True)))["listwise"]
    c = np.cov(scores[~np.isnan(turned).any(axis=1)].T)
    alpha = 5 / 4 * (1 - np.trace(c) / c.sum())
    assert found["alpha_raw"] == pytest.approx(alpha)
    limits = stats.f.ppf([0.975, 0.025], found["n"] - 1, 4 * (found["n"] - 1))
    assert list(found["feldt95"]) == pytest.approx(1 - (1 - alpha) * limits)


@pytest.mark.parametrize("n", [5, 8])
def test_round_robin_of_named_persons(n: int) -> None:
    rng = np.random.default_rng(n)
    table = rng.normal(size=(n, n)) + rng.normal(size=(n, 1)) + rng.normal(size=n)
    np.fill_diagonal(table, np.nan)
    pairs = [(i, j) for i in rng.permutation(n) for j in range(n) if i != j]
    columns = {
        "actor": [f"p{i}" for i, _ in pairs],
        "partner": [f"p{j}" for _, j in pairs],
        "v": [table[i, j] for i, j in pairs],
    }
    found = computed("Social Relations Model, one round robin", {"variable": "v"}, columns)
    assert found["variance_components"]["estimate"] == pytest.approx(by_the_book(table))


def by_the_book(table: np.ndarray) -> list[float]:
    """Formulas 24 and 25 as they stand in the specification."""
    n = len(table)
    k, m = n * (n - 2), np.nanmean(table)
    r, c = np.nanmean(table, axis=1), np.nanmean(table, axis=0)
    a = (n - 1) ** 2 / k * r + (n - 1) / k * c - (n - 1) / (n - 2) * m
    b = (n - 1) ** 2 / k * c + (n - 1) / k * r - (n - 1) / (n - 2) * m
    g = table - a[:, None] - b - m
    even = np.nansum((0.5 * (g + g.T)) ** 2) / ((n - 1) * (n - 2) / 2 - 1)
    odd = 0.5 * np.nansum((g - g.T) ** 2) / ((n - 1) * (n - 2))
    s, t = (even + odd) / 2, (even - odd) / 2
    own = [float(x @ x) / (n - 1) - s * (n - 1) / k - t / k for x in (a, b)]
    return [*own, s, float(a @ b) / (n - 1) - t * (n - 1) / k - s / k, t]
