from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.permutation import sign_flip_tails, two_sample_tails
from analysis.ranks import mann_whitney, midranks, signed_rank

small = st.lists(st.integers(-30, 30).map(lambda x: x / 10), min_size=2, max_size=8)


@settings(max_examples=40, deadline=None)
@given(small, small)
def test_counts_what_a_plain_enumeration_counts(a, b):
    first, values = np.array(a), np.array(a + b)
    n1, n = len(a), len(a) + len(b)
    observed = np.mean(a) - np.mean(b)
    differences = []
    for chosen in combinations(range(n), n1) if n <= 10 else ():
        mask = np.isin(np.arange(n), chosen)
        differences.append(values[mask].mean() - values[~mask].mean())
    if not differences:
        return
    found = two_sample_tails(first, np.array(b))
    d = np.array(differences)
    assert found.relabellings == d.size
    assert found.two_sided == pytest.approx(np.mean(np.abs(d) >= abs(observed) - 1e-9))
    assert found.greater == pytest.approx(np.mean(d >= observed - 1e-9))
    assert found.less == pytest.approx(np.mean(d <= observed + 1e-9))
    assert found.smallest == pytest.approx(np.mean(np.abs(d) >= np.abs(d).max() - 1e-9))


@settings(max_examples=40, deadline=None)
@given(small)
def test_sign_flips_are_all_counted(changes):
    d = np.array(changes)
    sums = np.array(list(product([-1, 1], repeat=d.size))) @ d
    found = sign_flip_tails(d)
    assert found.two_sided == pytest.approx(np.mean(np.abs(sums) >= abs(d.sum()) - 1e-9))
    assert found.greater == pytest.approx(np.mean(sums >= d.sum() - 1e-9))
    assert found.smallest == pytest.approx(np.mean(np.abs(sums) >= np.abs(d).sum() - 1e-9))


@pytest.mark.parametrize(("n", "smallest"), [(3, 0.1), (4, 2 / 70), (5, 2 / 252)])
def test_a_design_has_a_smallest_p(n, smallest):
    found = two_sample_tails(np.arange(n) + 50.0, np.arange(n) * 1.1)
    assert found.two_sided == pytest.approx(smallest)
    assert found.smallest == pytest.approx(smallest)


def test_noise_in_the_last_digit_does_not_break_ties():
    clean = sign_flip_tails(np.array([0.3, 0.3, -0.3, 0.6]))
    noisy = sign_flip_tails(np.array([0.1 + 0.2, 0.3, 0.6 - 0.9, 0.6]))
    assert noisy == clean


def test_large_samples_draw_and_never_reach_zero():
    rng = np.random.default_rng(3)
    first, second = rng.normal(60, 5, 30), rng.normal(50, 5, 30)
    found = two_sample_tails(first, second, rng)
    assert not found.exact
    assert 0 < found.two_sided <= 2e-5
    with pytest.raises(ValueError, match="random generator"):
        two_sample_tails(first, second)


def test_drawn_and_counted_agree():
    rng = np.random.default_rng(4)
    d = rng.normal(0.25, 1, 37)
    drawn = sign_flip_tails(d, rng).two_sided
    t = abs(d.mean()) / (d.std(ddof=1) / np.sqrt(37))
    from scipy.stats import t as student

    assert drawn == pytest.approx(2 * student.sf(t, 36), abs=0.01)


def test_midranks_share():
    ranks, ties = midranks(np.array([3.0, 1.0, 3.0, 2.0]))
    assert ranks.tolist() == [3.5, 1.0, 3.5, 2.0]
    assert sorted(ties.tolist()) == [1, 1, 2]


@settings(max_examples=40, deadline=None)
@given(small, small)
def test_exact_rank_sum_counts_assignments(a, b):
    found = mann_whitney(np.array(a), np.array(b))
    ranks, _ = midranks(np.array(a + b))
    if len(set(a + b)) == 1:
        assert found.reason == "zero_variance"
        return
    n1, n = len(a), len(a) + len(b)
    if n > 9:
        return
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(n), n1)])
    centre = n1 * (n + 1) / 2
    expected = np.mean(np.abs(sums - centre) >= abs(ranks[:n1].sum() - centre) - 1e-9)
    assert found.p == pytest.approx(expected)


def test_rank_tests_match_scipy_without_ties():
    from scipy.stats import mannwhitneyu, wilcoxon

    rng = np.random.default_rng(5)
    a, b = rng.normal(0, 1, 9), rng.normal(1, 1, 12)
    theirs = mannwhitneyu(a, b, method="exact")
    ours = mann_whitney(a, b)
    assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    d = rng.normal(0.5, 1, 11)
    assert signed_rank(d).p == pytest.approx(wilcoxon(d, method="exact").pvalue)


def test_five_pairs_cannot_pass():
    assert signed_rank(np.array([1.0, 2, 3, 4, 5])).p == pytest.approx(0.0625)
    assert signed_rank(np.arange(1.0, 7)).p == pytest.approx(0.03125)


def test_nothing_to_rank():
    assert signed_rank(np.zeros(4)).reason == "zero_variance"
    assert signed_rank(np.array([np.nan])).reason == "no_data"
    assert mann_whitney(np.array([]), np.ones(3)).reason == "no_data"


def test_an_empty_group_has_no_tails():
    assert np.isnan(two_sample_tails(np.array([]), np.ones(3)).two_sided)
    assert np.isnan(sign_flip_tails(np.array([])).two_sided)
