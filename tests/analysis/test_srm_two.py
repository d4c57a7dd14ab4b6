from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import FloatArray
from analysis.reciprocity import reciprocity
from analysis.srm import round_robin
from analysis.srm_two import LINKS, META_PERCEPTION, two_indicators, two_variables


def pair_of_tables(seed: int, n: int = 8, noise: float = 2.0) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    rater, rated, pair = rng.normal(0, 6, n), rng.normal(0, 5, n), rng.normal(0, 4, (n, n))
    shared = 60 + rater[:, None] + rated[None, :] + pair
    return shared + rng.normal(0, noise, (n, n)), shared + rng.normal(0, noise, (n, n))


def test_a_variable_with_itself() -> None:
    first, _ = pair_of_tables(1)
    both, alone = two_variables(first, first), round_robin(first)
    links = {link.name: link for link in both.links}
    assert [link.name for link in both.links] == list(LINKS)
    assert len(META_PERCEPTION) == len(LINKS)
    assert links["rater_rater"].value == pytest.approx(alone.components[0].value)
    assert links["rater_rater"].share == pytest.approx(1.0)
    assert links["rated_rated"].se == pytest.approx(alone.components[1].se)
    assert links["rater_rated"].value == pytest.approx(alone.components[3].value)
    assert links["rated_rater"].se == pytest.approx(alone.components[3].se)
    assert links["relationship_same_direction"].value == pytest.approx(alone.components[2].value)
    assert links["relationship_opposite_direction"].share == pytest.approx(alone.components[4].share)


def test_perfect_belief_about_being_trusted() -> None:
    trust, _ = pair_of_tables(2)
    links = {link.name: link for link in two_variables(trust, trust.T).links}
    assert links["rater_rated"].share == pytest.approx(1.0)
    assert links["rated_rater"].share == pytest.approx(1.0)
    assert links["relationship_opposite_direction"].share == pytest.approx(1.0)


def test_link_errors_are_unbiased() -> None:
    values, variances = [], []
    for seed in range(800):
        links = two_variables(*pair_of_tables(seed, n=6, noise=3.0), variances_from=6).links
        values.append([link.value for link in links])
        variances.append([link.se**2 for link in links])
    spread = np.var(values, axis=0)
    complete = ~np.isnan(variances).any(axis=1)
    assert complete.mean() > 0.7
    np.testing.assert_allclose(np.nanmean(variances, axis=0)[4:], spread[4:], rtol=0.15)
    np.testing.assert_allclose(np.mean(values, axis=0)[[0, 1, 4, 5]], [36, 25, 16, 0], atol=3)


def test_links_on_negative_variances_say_so() -> None:
    rng = np.random.default_rng(0)
    flat = 5 + rng.normal(0, 4, 6)[:, None] + rng.normal(0, 3, (6, 6))
    flat -= round_robin(flat).rated[None, :]
    found = two_variables(flat, flat)
    assert found.first.components[1].value < 0
    assert found.links[1].reason == "negative_component"
    assert np.isnan([found.links[1].share, found.links[1].se, found.links[1].p]).all()
    assert not np.isnan(found.links[1].value)


def test_both_variables_use_the_same_partners() -> None:
    first, second = pair_of_tables(3)
    second[2] = np.nan
    found = two_variables(first, second)
    assert (found.n, found.first.n, found.second.n) == (7, 7, 7)
    assert np.isnan(found.first.rater[2])


def test_two_indicators_separate_error() -> None:
    errors = [two_indicators(*pair_of_tables(seed, n=10)).unstable.relationship for seed in range(200)]
    assert np.mean(errors) == pytest.approx(4.0, abs=0.2)
    found = two_indicators(*pair_of_tables(0, n=10))
    assert found.components[2].value + found.unstable.relationship == pytest.approx(
        np.mean([round_robin(t).components[2].value for t in pair_of_tables(0, n=10)])
    )
    shares = [c.share for c in found.components[:3]]
    assert sum(shares) + found.error_share == pytest.approx(1.0)
    assert 0 < found.reliability_relationship < 1


def test_identical_indicators_have_no_error() -> None:
    first, _ = pair_of_tables(6)
    found, alone = two_indicators(first, first), round_robin(first)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert found.reliability_relationship == pytest.approx(1.0)
    assert found.reliability_rater == pytest.approx(alone.reliability_rater)
    np.testing.assert_allclose([c.value for c in found.components], [c.value for c in alone.components])
    np.testing.assert_allclose([c.se for c in found.components], [c.se for c in alone.components])
    np.testing.assert_allclose(found.rater, alone.rater)


def test_error_of_the_mean_covariance_is_smaller() -> None:
    tables = pair_of_tables(7)
    own = two_indicators(*tables).components[3].se
    tripler = two_indicators(*tables, covariance_error="root_mean_square").components[3].se
    assert own < tripler


def test_two_variables_of_few_partners() -> None:
    first, second = pair_of_tables(8, n=5)
    assert two_variables(first, second).reason == "too_few"
    assert two_variables(first, second, variances_from=4).reason is None
    found = two_indicators(first, second)
    assert found.reason == "too_few"
    assert not np.isnan(found.rater).any()
    assert np.isnan([found.error, found.reliability_rater, found.unstable.rater]).all()


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one shape"):
        two_variables(np.zeros((5, 5)), np.zeros((6, 6)))
    with pytest.raises(ValueError, match="one shape"):
        two_indicators(np.zeros((5, 4)), np.zeros((5, 4)))


def test_raw_reciprocity_by_hand() -> None:
    found = reciprocity(np.array([[np.nan, 4.0, 2.0], [5.0, np.nan, 3.0], [2.0, 1.0, np.nan]]), threshold=4)
    # pairs (4, 5), (2, 2), (3, 1): means 4.5, 2, 2 around 2.8333
    assert (found.n, found.dyads) == (3, 3)
    assert found.ms_between == pytest.approx(2 * (25 / 9 + 25 / 36 + 25 / 36) / 2)
    assert found.ms_within == pytest.approx((1 + 0 + 4) / 6)
    assert found.icc == pytest.approx((25 / 6 - 5 / 6) / 5)
    assert (found.f, found.df_between, found.df_within) == (pytest.approx(5.0), 2, 3)
    assert found.p == pytest.approx((1 + 2 * 5 / 3) ** -1.5)  # closed form of the F tail at 2 and 3
    assert found.mean_abs_gap == pytest.approx(1.0)
    assert (found.share_mutual, found.share_one_sided) == (pytest.approx(1 / 3), 0.0)
    assert np.isnan(found.generalized_r)


def test_reciprocity_without_pairs_or_variation() -> None:
    assert reciprocity(np.array([[np.nan, 4.0], [np.nan, np.nan]])).reason == "no_overlap"
    assert reciprocity(np.array([[np.nan, 4.0], [3.0, np.nan]])).reason == "too_few"
    flat = reciprocity(np.full((5, 5), 6.0), threshold=5)
    assert (flat.reason, flat.mean_abs_gap, flat.share_mutual) == ("zero_variance", 0.0, 1.0)
    assert np.isnan([flat.icc, flat.double_entry_r, flat.dyadic_r]).all()


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_reciprocity_does_not_know_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table, order = pair_of_tables(seed)[0], rng.permutation(8)
    plain, turned = reciprocity(table), reciprocity(table[np.ix_(order, order)])
    for name in ("icc", "double_entry_r", "dyadic_r", "generalized_covariance", "naive_pair_r", "naive_effect_r", "p"):
        assert getattr(turned, name) == pytest.approx(getattr(plain, name), nan_ok=True)


def test_perfectly_mutual_trust() -> None:
    table = pair_of_tables(9)[0]
    found = reciprocity((table + table.T) / 2)
    assert found.double_entry_r == pytest.approx(1.0)
    assert found.icc == pytest.approx(1.0)
    assert np.isnan(found.f)
    assert found.dyadic_r == pytest.approx(1.0)
    assert found.mean_abs_gap == 0.0
