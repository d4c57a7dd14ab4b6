import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.dominance import dominance
from analysis.gaps import correction_factor, mean_difference, noncentral_t, noncentrality_interval, side_gap
from analysis.several_groups import dunn, games_howell, kruskal_wallis, one_way, welch_anova

NATIONAL = np.array([70.0, 66, 74, 71, 69])
EXTERNAL = np.array([55.0, 61, 58, 49, 60])


def gap_of(first, second, **options):
    sides = np.repeat([0, 1], [len(first), len(second)])
    return side_gap(np.concatenate([first, second]), sides, **options)


def test_side_gap_of_separated_sides():
    found = gap_of(NATIONAL, EXTERNAL)
    assert found.value == pytest.approx(13.4)
    assert found.p == found.smallest_p == pytest.approx(2 / 252)
    assert found.low < found.value < found.high
    assert (found.n, found.reason) == (10, None)


def test_side_gap_matches_scipy():
    from scipy.stats import permutation_test, ttest_ind

    rng = np.random.default_rng(2)
    a, b = rng.normal(60, 10, 5), rng.normal(52, 14, 5)
    found = gap_of(a, b)
    interval = ttest_ind(a, b, equal_var=False).confidence_interval()
    assert found.interval == pytest.approx((interval.low, interval.high))
    theirs = permutation_test((a, b), lambda x, y: x.mean() - y.mean(), n_resamples=np.inf)
    assert found.p == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize(("n", "level", "reachable"), [(3, 0.05, False), (4, 0.05, True), (4, 0.05 / 3, False)])
def test_small_sides_are_out_of_reach(n, level, reachable):
    found = gap_of(NATIONAL[:n], EXTERNAL[:n], level=level)
    assert (found.reason is None) == reachable
    assert found.reason in (None, "out_of_reach")
    assert found.p >= found.smallest_p


def test_side_gap_says_why_there_is_nothing():
    assert gap_of(NATIONAL, EXTERNAL[:0]).reason == "no_data"
    few = gap_of(NATIONAL, EXTERNAL[:2])
    assert (few.reason, few.value) == ("too_few", pytest.approx(12.0))
    assert math.isnan(few.p)
    assert math.isnan(few.low)
    assert gap_of(np.full(4, 50.0), np.full(4, 50.0)).reason == "zero_variance"
    with pytest.raises(ValueError, match="one side"):
        side_gap(np.ones(3), np.array([0, 1]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=6, max_size=12), st.integers(-20, 20))
def test_side_gap_ignores_shift_order_and_outsiders(points, shift):
    scores = np.array(points, dtype=float)
    sides = np.arange(scores.size) % 2
    found = side_gap(scores, sides)
    moved = side_gap(np.append(scores[::-1] + shift, [np.nan, 12.0]), np.append(sides[::-1], [0, 7]))
    assert moved.value == pytest.approx(found.value)
    assert moved.n == found.n
    np.testing.assert_allclose([moved.p, moved.smallest_p], [found.p, found.smallest_p])


def test_side_gap_swaps_sign_with_the_sides():
    one, other = gap_of(NATIONAL, EXTERNAL), gap_of(EXTERNAL, NATIONAL)
    assert (one.value, one.low, one.p) == pytest.approx((-other.value, -other.high, other.p))


def test_permutation_p_keeps_its_word_without_a_gap():
    rng = np.random.default_rng(7)
    p = np.array([gap_of(rng.normal(60, 12, 5), rng.normal(60, 12, 6)).p for _ in range(1500)])
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_standardized_difference_closed_forms():
    found = mean_difference(np.array([3.0, 5.0]), np.array([0.0, 2.0]))
    assert found.d == pytest.approx(3 / math.sqrt(2))
    assert found.glass == pytest.approx(3 / math.sqrt(2))
    assert correction_factor(2) == pytest.approx(1 / math.sqrt(math.pi) * math.gamma(1))
    assert correction_factor(40) == pytest.approx(1 - 3 / 159, abs=1e-4)


def test_noncentral_interval_inverts_the_distribution():
    from scipy.stats import nct

    low, high = noncentrality_interval(1.7, 9, 0.9)
    assert nct.sf(1.7, 9, low) == pytest.approx(0.05)
    assert nct.cdf(1.7, 9, high) == pytest.approx(0.05)


def test_standardized_difference_says_why_not():
    assert mean_difference(np.array([1.0]), np.array([1.0, 2])).reason == "too_few"
    assert mean_difference(np.array([]), np.array([1.0, 2])).reason == "no_data"
    constant = mean_difference(np.full(4, 2.0), np.full(5, 1.0))
    assert (constant.reason, constant.difference) == ("zero_variance", 1.0)
    assert math.isnan(constant.d)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=9),
    st.lists(st.integers(1, 7), min_size=2, max_size=9),
)
def test_dominance_counts_every_pair(a, b):
    signs = np.sign(np.subtract.outer(a, b))
    found = dominance(np.array(a, dtype=float), np.array(b, dtype=float))
    assert found.delta == pytest.approx(signs.mean())
    assert (found.greater, found.less, found.tied) == ((signs > 0).sum(), (signs < 0).sum(), (signs == 0).sum())
    if found.reason is None and not math.isnan(found.low):
        assert -1 <= found.low <= found.delta + 1e-9
        assert found.delta - 1e-9 <= found.high <= 1
    mirrored = dominance(np.array(b, dtype=float), np.array(a, dtype=float))
    assert mirrored.delta == pytest.approx(-found.delta)


def test_dominance_interval_covers():
    rng = np.random.default_rng(11)
    from scipy.stats import norm

    truth = 2 * norm.cdf(0.8 / math.sqrt(2)) - 1
    inside = 0
    for _ in range(800):
        found = dominance(rng.normal(0.8, 1, 15), rng.normal(0, 1, 12))
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 800 <= 0.98


def test_dominance_says_why_not():
    assert dominance(np.array([]), np.ones(2)).reason == "no_data"
    assert dominance(np.array([2.0]), np.array([1.0, 3])).reason == "too_few"
    equal = dominance(np.ones(3), np.ones(4))
    assert (equal.delta, equal.reason) == (0.0, "zero_variance")


def groups(seed=1):
    rng = np.random.default_rng(seed)
    return [np.round(rng.normal(m, s, n)) for m, s, n in ((50, 8, 9), (58, 12, 6), (55, 5, 11))]


def test_several_groups_match_scipy():
    from scipy.stats import f_oneway, kruskal, tukey_hsd

    a = groups()
    ranked, means = kruskal_wallis(a), one_way(a)
    assert (ranked.h, ranked.p) == pytest.approx(tuple(kruskal(*a)))
    assert (means.f, means.p) == pytest.approx(tuple(f_oneway(*a)))
    theirs = tukey_hsd(*a, equal_var=False)
    pairwise = games_howell(a)
    np.testing.assert_allclose(pairwise.p, theirs.pvalue[np.triu_indices(3, 1)], rtol=1e-6)


def test_two_groups_reduce_to_the_two_sample_tests():
    from scipy.stats import ttest_ind

    a, b, _ = groups(4)
    welch = ttest_ind(a, b, equal_var=False)
    found = welch_anova([a, b])
    assert (found.f, found.df_within, found.p) == pytest.approx((welch.statistic**2, welch.df, welch.pvalue))
    assert dunn([a, b]).statistic[0] ** 2 == pytest.approx(kruskal_wallis([a, b]).h)


def test_several_groups_without_variation_or_values():
    same = [np.full(3, 4.0), np.full(3, 4.0)]
    assert kruskal_wallis(same).reason == one_way(same).reason == welch_anova(same).reason == "zero_variance"
    assert np.isnan(dunn(same).p).all()
    assert np.isnan(games_howell(same).p).all()
    assert kruskal_wallis([np.array([])]).reason == one_way([np.array([])]).reason == "no_data"
    assert kruskal_wallis([np.ones(2)]).reason == "too_few"
    with_gap = [*groups(), np.full(4, np.nan)]
    assert kruskal_wallis(with_gap).h == pytest.approx(kruskal_wallis(groups()).h)
    assert np.isnan(games_howell(with_gap).p[[2, 4, 5]]).all()


@pytest.mark.parametrize(("t", "df", "delta"), [(60, 3, 55), (200, 2, 150), (60, 1, 10), (-80, 5, -70)])
def test_noncentral_t_far_out_is_scipys(t: float, df: float, delta: float) -> None:
    assert noncentral_t(t, df, delta) == pytest.approx(stats.nct.cdf(t, df, delta), abs=1e-12)


@pytest.mark.parametrize("t", [0.0, 1e-3, 7.0, 49.9, 141.0, -141.0, 1e5, 1e9])
@pytest.mark.parametrize("df", [1.0, 2.0, 14.0, 598.0])
def test_noncentrality_has_both_ends(t: float, df: float) -> None:
    low, high = noncentrality_interval(t, df)
    assert low < t < high


def test_two_pairs_that_hardly_vary_have_an_interval() -> None:
    found = mean_difference(np.array([60.0, 60.1]), np.array([50.0, 49.9]))
    assert found.d_interval.low < found.d < found.d_interval.high
