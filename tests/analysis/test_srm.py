from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import FloatArray
from analysis.srm import COMPONENTS, missing_allowed, round_robin, round_robins
from analysis.srm_pooled import pooled_round_robins
from analysis.srm_reml import restricted_round_robin

REFERENCE = Path(os.environ.get("RAPPORT_REFERENCE", "../shared/reference"))
TEAMS = REFERENCE / "real" / "teams" / "dyads.csv"
SMALL = REFERENCE / "public" / "G02_srm_small_6.json"

SIX = np.array(
    [
        [np.nan, 7, 6, 8, 7, 6],
        [4, np.nan, 5, 3, 4, 3],
        [6, 7, np.nan, 5, 6, 7],
        [9, 8, 7, np.nan, 9, 8],
        [5, 4, 5, 6, np.nan, 4],
        [8, 7, 8, 7, 9, np.nan],
    ]
)


def simulated(rng: np.random.Generator, groups: int, n: int) -> FloatArray:
    """Normal round robins: rater variance 9, rated 4, their covariance 2, relationship 16, its covariance 6."""
    effects = rng.multivariate_normal([0, 0], [[9.0, 2.0], [2.0, 4.0]], (groups, n))
    upper = rng.multivariate_normal([0, 0], [[16.0, 6.0], [6.0, 16.0]], (groups, n, n))
    pair = np.triu(np.ones((n, n)), 1)
    relation = upper[..., 0] * pair + (upper[..., 1] * pair).transpose(0, 2, 1)
    return 60.0 + effects[..., 0][:, :, None] + effects[..., 1][:, None, :] + relation


TRUE = np.array([9.0, 4.0, 16.0, 2.0, 6.0])


@pytest.mark.skipif(not SMALL.exists(), reason="the reference folder is not here")
def test_six_people_against_tripler() -> None:
    """RR(liking_b ~ actor*partner), TripleR 1.5.4; the p of the covariance two-sided."""
    expected = json.loads(SMALL.read_text(encoding="utf-8"))["expected"]
    table = table_of(read_rows(SMALL.with_suffix(".csv")), "actor", "partner", "liking_b")
    found = round_robin(table, variances_from=4)
    known = expected["variance_components"]
    for ours, theirs in (
        ("value", "estimate"),
        ("share", "standardized"),
        ("se", "se_lashley_bond"),
        ("t", "t"),
        ("p", "p_one_sided_var_two_sided_cov"),
    ):
        figures = np.array(known[theirs], dtype=np.float64)
        np.testing.assert_allclose([getattr(c, ours) for c in found.components], figures, rtol=1e-10)
    np.testing.assert_allclose(found.rater, expected["effects"]["actor"], atol=1e-12)
    np.testing.assert_allclose(found.rated, expected["effects"]["partner"], atol=1e-12)
    assert found.reliability_rater == pytest.approx(expected["effects"]["reliability_actor"], rel=1e-10)
    assert np.isnan(found.reliability_rated)


def test_negative_variance_is_kept_and_named() -> None:
    rated = round_robin(SIX, variances_from=4).components[1]
    assert rated.value < 0
    assert rated.reason == "negative_component"
    assert np.isnan([rated.share, rated.se, rated.t, rated.p]).all()
    assert "negative_component" in round_robin(SIX, variances_from=4).flags


def test_additive_ratings_have_no_relationship() -> None:
    rater, rated = np.array([4.0, -1.0, -3.0, 2.0, -2.0]), np.array([1.0, 2.0, -3.0, 0.5, -0.5])
    found = round_robin(50 + rater[:, None] + rated[None, :], variances_from=4)
    np.testing.assert_allclose(found.rater, rater, atol=1e-12)
    np.testing.assert_allclose(found.rated, rated, atol=1e-12)
    assert np.nanmax(np.abs(found.relationship)) < 1e-12
    assert found.components[0].value == pytest.approx(rater.var(ddof=1), rel=1e-12)
    assert found.components[1].value == pytest.approx(rated.var(ddof=1), rel=1e-12)
    assert found.components[3].value == pytest.approx(np.cov(rater, rated)[0, 1], rel=1e-12)
    assert found.reliability_rater == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("n", [4, 6, 9])
def test_components_and_errors_are_unbiased(n: int) -> None:
    many = round_robins(simulated(np.random.default_rng(11), 12_000, n))
    spread = many.value.std(axis=0)
    assert (np.abs(many.value.mean(axis=0) - TRUE) < 4 * spread / np.sqrt(12_000)).all()
    np.testing.assert_allclose(many.variance.mean(axis=0), spread**2, rtol=0.08)


def test_four_or_five_hide_variances_only() -> None:
    found = round_robin(SIX[:5, :5])
    assert found.reason == "too_few"
    assert not np.isnan(found.rater).any()
    assert [c.reason for c in found.components] == ["too_few"] * 5
    assert np.isnan([c.value for c in found.components]).all()
    assert np.isnan([found.reliability_rater, found.reliability_rated]).all()


def test_three_partners_have_no_model() -> None:
    found = round_robin(SIX[:3, :3])
    assert (found.n, found.reason) == (3, "too_few")
    assert np.isnan(found.rater).all()
    assert [c.name for c in found.components] == list(COMPONENTS)


def test_nothing_answered() -> None:
    found = round_robin(np.full((6, 6), np.nan))
    assert (found.n, found.reason) == (0, "no_data")
    assert np.isnan(found.mean)


def test_all_equal_is_zero_not_noise() -> None:
    found = round_robin(np.full((7, 7), 0.1))
    assert found.reason == "zero_variance"
    assert [c.value for c in found.components] == [0.0] * 5
    assert np.isnan([c.p for c in found.components]).all()


def test_silent_partner_is_left_out() -> None:
    table = np.vstack([np.hstack([SIX, np.full((6, 1), 3.0)]), np.full((1, 7), np.nan)])
    found, six = round_robin(table), round_robin(SIX)
    assert (found.n, found.n_missing) == (6, 0)
    np.testing.assert_array_equal(found.rater[:6], six.rater)
    assert np.isnan(found.rater[6])


def test_limits_for_missing_pairs() -> None:
    assert [missing_allowed(n) for n in range(3, 12)] == [0, 1, 2, 4, 6, 8, 10, 18, 22]
    table = SIX.copy()
    table[0, 1:5] = np.nan
    assert round_robin(table).reason is None
    table[1, 2] = np.nan
    assert round_robin(table).reason == "too_few"
    assert "too_many_missing" in round_robin(table).flags
    assert round_robin(table, limit_missing=False).reason is None


def test_missing_cells_stay_missing() -> None:
    table = SIX.copy()
    table[0, 3] = np.nan
    found = round_robin(table)
    assert found.n_missing == 1
    assert np.isnan(found.relationship[0, 3])
    assert "missing_cells" in found.flags
    assert np.isfinite(found.rater).all()


def test_batch_equals_one_by_one() -> None:
    rng = np.random.default_rng(3)
    many = simulated(rng, 40, 8)
    many[rng.random(many.shape) < 0.1] = np.nan
    many[::3, 7] = np.nan
    many[::3, :, 7] = np.nan
    batch = round_robins(many)
    for g, table in enumerate(many):
        alone = round_robins(table[None])
        for name in ("rater", "rated", "value", "variance", "share", "se", "t", "p", "reliability", "relationship"):
            np.testing.assert_allclose(getattr(batch, name)[g], getattr(alone, name)[0], rtol=1e-9, atol=1e-12)


@given(st.integers(0, 10_000), st.floats(-50, 50), st.integers(4, 9))
@settings(max_examples=25, deadline=None)
def test_constant_and_order_change_nothing(seed: int, shift: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    table = simulated(rng, 1, n)[0]
    table[0, 1] = np.nan
    order = rng.permutation(n)
    plain, moved = round_robin(table, variances_from=4), round_robin(table + shift, variances_from=4)
    turned = round_robin(table[np.ix_(order, order)], variances_from=4)
    np.testing.assert_allclose(moved.rater, plain.rater, atol=1e-8)
    np.testing.assert_allclose([c.value for c in moved.components], [c.value for c in plain.components], atol=1e-7)
    np.testing.assert_allclose(turned.rated, plain.rated[order], atol=1e-8)
    np.testing.assert_allclose([c.se for c in turned.components], [c.se for c in plain.components], atol=1e-7)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_turning_the_table_exchanges_roles(seed: int) -> None:
    table = simulated(np.random.default_rng(seed), 1, 6)[0]
    plain, turned = round_robin(table), round_robin(table.T)
    np.testing.assert_allclose(turned.rater, plain.rated, atol=1e-9)
    assert turned.components[0].value == pytest.approx(plain.components[1].value, rel=1e-9, abs=1e-9)
    assert turned.components[4].value == pytest.approx(plain.components[4].value, rel=1e-9, abs=1e-9)


def test_restricted_likelihood_on_complete_data() -> None:
    closed, fitted = round_robin(SIX), restricted_round_robin(SIX)
    np.testing.assert_allclose(
        [c.value for c in fitted.components], [c.value for c in closed.components], rtol=1e-8, atol=1e-9
    )
    assert fitted.mean == pytest.approx(closed.mean, rel=1e-10)
    assert fitted.components[1].reason == "negative_component"


def test_restricted_likelihood_is_not_drawn_down() -> None:
    rng = np.random.default_rng(8)
    tables = simulated(rng, 60, 10)
    tables[rng.random(tables.shape) < 0.12] = np.nan
    fitted = [restricted_round_robin(t, limit_missing=False).components[2].value for t in tables]
    imputed = round_robins(tables).value[:, 2]
    assert np.mean(fitted) == pytest.approx(16.0, abs=1.5)
    assert np.mean(imputed) < np.mean(fitted) - 1.0


def test_restricted_likelihood_refuses_as_the_model() -> None:
    assert restricted_round_robin(SIX[:5, :5]).reason == "too_few"
    assert restricted_round_robin(np.full((6, 6), np.nan)).reason == "no_data"
    flat = restricted_round_robin(np.full((6, 6), 4.0))
    assert (flat.reason, flat.mean) == ("zero_variance", 4.0)
    assert [c.value for c in flat.components] == [0.0] * 5


@given(st.integers(0, 10_000), st.integers(4, 7))
@settings(max_examples=30, deadline=None)
def test_restricted_likelihood_agrees_or_says_why(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    table = simulated(rng, 1, n)[0]
    whole = restricted_round_robin(table, variances_from=4)
    closed = round_robin(table, variances_from=4)
    np.testing.assert_allclose(
        [c.value for c in whole.components], [c.value for c in closed.components], rtol=1e-5, atol=1e-5
    )
    table[rng.random((n, n)) < 0.15] = np.nan
    gaps = restricted_round_robin(table, variances_from=4, limit_missing=False)
    assert gaps.reason in (None, "not_converged", "too_few", "no_data")
    assert np.isfinite([c.value for c in gaps.components]).all() == (gaps.reason is None)


def test_pooling_weights_groups_by_size() -> None:
    rng = np.random.default_rng(5)
    groups = [simulated(rng, 1, n)[0] for n in (4, 6, 9)]
    pooled = pooled_round_robins([*groups, np.ones((3, 3))])
    single = [round_robin(g, variances_from=4) for g in groups]
    weights = np.array([3.0, 5.0, 8.0])
    values = np.array([[c.value for c in s.components] for s in single])
    np.testing.assert_array_equal(pooled.used, [0, 1, 2])
    np.testing.assert_allclose([c.value for c in pooled.components], weights @ values / 16, rtol=1e-12)
    assert pooled.components[2].df == 16
    assert pooled.between[2].df == 2
    errors = pooled.groups.variance[:3]
    assert pooled.components[2].se == pytest.approx(np.sqrt(weights**2 @ errors[:, 2]) / 16, rel=1e-12)


def test_pooling_one_group_or_none() -> None:
    one = pooled_round_robins([SIX])
    assert [c.value for c in one.components] == [c.value for c in round_robin(SIX).components]
    assert np.isnan([c.se for c in one.between]).all()
    assert np.isnan(one.group_mean_variance)
    none = pooled_round_robins([SIX[:3, :3]])
    assert none.reason == "too_few"


@pytest.mark.skipif(not TEAMS.exists(), reason="the reference folder is not here")
def test_sixty_six_real_teams() -> None:
    pooled = pooled_round_robins(real_teams(), complete_only=True)
    assert len(pooled.groups.n) == 66
    assert pooled.used.size == 64
    np.testing.assert_allclose([c.value for c in pooled.components[:3]], [0.841, 0.018, 0.236], atol=5e-4)
    assert pooled.components[0].p < 0.001


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table_of(rows: list[dict[str, str]], rater: str, rated: str, value: str) -> FloatArray:
    members = sorted({row[rater] for row in rows} | {row[rated] for row in rows})
    table = np.full((len(members), len(members)), np.nan)
    for row in rows:
        if row[value]:
            table[members.index(row[rater]), members.index(row[rated])] = float(row[value])
    return table


def real_teams() -> list[FloatArray]:
    first = [row for row in read_rows(TEAMS) if row["round"] == "1"]
    names = dict.fromkeys(row["partnership"] for row in first)
    return [table_of([r for r in first if r["partnership"] == name], "rater", "rated", "liking") for name in names]


@pytest.mark.parametrize("wrong", [np.zeros((2, 3)), np.zeros(4)])
def test_refuses_what_is_not_square(wrong: FloatArray) -> None:
    with pytest.raises(ValueError, match="square"):
        round_robin(wrong)
    with pytest.raises(ValueError, match="square"):
        restricted_round_robin(wrong)


def test_refuses_infinite_ratings() -> None:
    table = SIX.copy()
    table[0, 1] = np.inf
    with pytest.raises(ValueError, match="finite"):
        round_robin(table)


def test_a_thousand_round_robins_take_no_time() -> None:
    rng = np.random.default_rng(1)
    many = simulated(rng, 1000, 12)
    many[rng.random(many.shape) < 0.08] = np.nan
    round_robins(many[:2])
    took = []
    for _ in range(3):
        start = time.perf_counter()
        found = round_robins(many)
        took.append(time.perf_counter() - start)
    assert np.isfinite(found.value).all()
    assert min(took) < 0.5
