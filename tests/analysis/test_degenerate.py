"""Degenerate input, line by line as the page of statistics promises it: a reason, never an exception."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.agreement import ad_mean, agreement, rwg, rwg_j
from analysis.bootstrap import Clusters, Distribution, acceleration, cluster_bootstrap, normal, percentile
from analysis.change import paired_change, paired_test, standardized_change
from analysis.confirmatory import one_factor_fit
from analysis.dimensionality import parallel_analysis, sampling_adequacy, sphericity
from analysis.dominance import dominance
from analysis.estimates import FloatArray, nobody_complete
from analysis.gaps import mean_difference, side_gap
from analysis.icc import group_icc, rater_icc
from analysis.intervals import partnership_level, t_interval
from analysis.mann_kendall import mann_kendall
from analysis.omega import omega_total
from analysis.polychoric import polychoric_matrix
from analysis.ranks import mann_whitney
from analysis.reliability import cronbach_alpha, pooled_alpha
from analysis.several_groups import kruskal_wallis, one_way, welch_anova
from analysis.srm import round_robin
from analysis.srm_pooled import pooled_round_robins
from analysis.srm_reml import restricted_round_robin
from analysis.srm_two import two_variables
from analysis.theil_sen import theil_sen
from analysis.trends import average_change, trend

RNG = np.random.default_rng(1)
ANSWERS = np.clip(np.round(RNG.normal(0, 1.5, (60, 1)) + RNG.normal(6, 1.2, (60, 4))), 0, 10)
CONSTANT_ITEM = np.column_stack([ANSWERS, np.full(60, 4.0)])
ALL_EQUAL = np.full((60, 4), 6.0)
IDENTICAL = np.repeat(ANSWERS[:, :1], 4, axis=1)
NOBODY = np.full((60, 4), np.nan)
SIX_GROUPS = np.arange(60) % 6
SAME = np.full(5, 60.0)


def apart() -> FloatArray:
    """The first two items were never answered by the same person."""
    table = ANSWERS.copy()
    table[::2, 0] = np.nan
    table[1::2, 1] = np.nan
    return table


def reasons(table: FloatArray) -> dict[str, str | None]:
    """Why there is no number, of everything that rests on covariances of items."""
    return {
        "alpha": cronbach_alpha(table).raw.reason,
        "pairwise": cronbach_alpha(table, missing="pairwise").raw.reason,
        "pooled": pooled_alpha(table, np.arange(len(table)) % 3).raw.reason,
        "omega": omega_total(table).reason,
        "kmo": sampling_adequacy(table).reason,
        "bartlett": sphericity(table).reason,
        "parallel": parallel_analysis(table, rng=np.random.default_rng(1), replicates=20).reason,
        "polychoric": polychoric_matrix(table).reason,
    }


def test_one_constant_item_stays_and_is_flagged() -> None:
    found = cronbach_alpha(CONSTANT_ITEM)
    assert found.raw.flags == ("zero_variance_item",)
    assert found.items is not None
    assert len(found.items.rest) == 5
    assert math.isnan(found.items.rest[4])
    assert found.value == pytest.approx(cronbach_alpha(ANSWERS).value * (5 / 4) / (4 / 3))
    assert omega_total(CONSTANT_ITEM).reason == sampling_adequacy(CONSTANT_ITEM).reason == "zero_variance"
    assert one_factor_fit(CONSTANT_ITEM).reason == "zero_variance"


def test_all_items_constant() -> None:
    assert set(reasons(ALL_EQUAL).values()) == {"zero_variance"}
    assert one_factor_fit(ALL_EQUAL).reason == rater_icc(ALL_EQUAL).reason == "zero_variance"
    assert group_icc(ALL_EQUAL[:, 0], SIX_GROUPS).reason == "zero_variance"
    assert rwg(ALL_EQUAL[:, 0], 10.0) == rwg_j(ALL_EQUAL, 10.0) == 1.0
    assert ad_mean(ALL_EQUAL[:, 0]) == 0.0


def test_all_equal_claims_no_certainty() -> None:
    level = partnership_level(ALL_EQUAL[:, 0], SIX_GROUPS, np.full(6, 12), question="infinite")
    assert (level.value, level.reason) == (6.0, "zero_variance")
    assert math.isnan(level.low)
    assert cluster_bootstrap(ALL_EQUAL[:, 0], SIX_GROUPS, rng=RNG).reason == "zero_variance"
    assert t_interval(SAME).flags == ("zero_variance",)


def test_identical_items() -> None:
    found = cronbach_alpha(IDENTICAL)
    assert found.value == found.raw.low == found.raw.high == 1.0
    assert math.isnan(found.lambda6)
    singular = [omega_total(IDENTICAL), sampling_adequacy(IDENTICAL), sphericity(IDENTICAL), one_factor_fit(IDENTICAL)]
    assert [one.reason for one in singular] == ["singular"] * 4
    assert math.isnan(sphericity(IDENTICAL).chi2)


def test_one_item() -> None:
    item = ANSWERS[:, :1]
    found = reasons(item)
    assert {found[name] for name in ("alpha", "pairwise", "pooled", "omega", "kmo", "bartlett")} == {"too_few"}
    assert rwg_j(item, 10.0) == pytest.approx(rwg(item[:, 0], 10.0))
    assert 0 < agreement(item).ad_mean < 10
    assert np.isfinite(group_icc(item[:, 0], SIX_GROUPS).icc1)


@pytest.mark.parametrize("n", [1, 2])
def test_hardly_anybody(n: int) -> None:
    found = reasons(ANSWERS[:n])
    assert set(found.values()) == {"too_few"}
    level = partnership_level(ANSWERS[:n, 0] * 10, np.arange(n), np.full(n, 3), question="finite")
    assert level.value == pytest.approx(ANSWERS[:n, 0].mean() * 10)
    assert (math.isnan(level.low), level.reason) == (True, "too_few")


def test_one_person() -> None:
    found = t_interval(ANSWERS[0, :1])
    assert (found.value, found.reason) == (ANSWERS[0, 0], "too_few")
    assert math.isnan(rwg(ANSWERS[:1, 0], 10.0))
    assert agreement(ANSWERS[:1]).reason == "too_few"


def test_nobody_answered() -> None:
    assert set(reasons(NOBODY).values()) == {"no_data"}
    assert t_interval(NOBODY).reason == agreement(NOBODY).reason == rater_icc(NOBODY).reason == "no_data"
    assert group_icc(NOBODY[:, 0], SIX_GROUPS).reason == "no_data"
    assert cluster_bootstrap(NOBODY[:, 0], SIX_GROUPS, rng=RNG).reason == "no_data"
    assert mann_whitney(NOBODY[:, 0], NOBODY[:, 1]).reason == "no_data"
    assert trend(np.arange(5.0), NOBODY[:5, 0]).claim == "none"


def test_no_replicate_no_interval() -> None:
    empty = Clusters.of(NOBODY[:, 0], SIX_GROUPS, 6, "person")
    draws = empty.all_draws()
    assert math.isnan(draws.mean)
    assert np.isnan(percentile(draws)).all()
    assert np.isnan(normal(draws, 5.0)).all()
    assert np.isnan(draws.below(5.0)).all()
    assert math.isnan(acceleration(empty.left_out()))
    assert math.isnan(Distribution.of(np.array([3.0])).standard_error())


def test_two_items_never_answered_together() -> None:
    assert set(reasons(apart()).values()) == {"no_overlap"}
    assert rater_icc(apart()).reason == "no_overlap"


def test_why_nobody_is_complete() -> None:
    planned = np.where(np.eye(3, dtype=bool), np.nan, 5.0)  # each of three people leaves out another item
    assert nobody_complete(planned) == "too_few"
    assert nobody_complete(np.where(np.eye(3, dtype=bool), 5.0, np.nan)) == "no_overlap"
    assert nobody_complete(np.full((3, 2), np.nan)) == "no_data"


def test_negative_component_is_kept_and_flagged() -> None:
    table = np.random.default_rng(3).normal(size=(6, 6))
    rater, rated, _, covariance, _ = round_robin(table).components
    assert rater.value < 0
    assert rater.reason == covariance.reason == "negative_component"
    assert np.isnan([rater.share, rater.se, rater.p, covariance.share, covariance.p]).all()
    assert (rated.reason, np.isfinite(rated.p)) == (None, True)


def test_negative_icc_is_kept_and_flagged() -> None:
    found = group_icc(np.tile([0.0, 10.0], 10), np.repeat(np.arange(10), 2))
    assert found.icc1 == pytest.approx(-1.0)
    assert found.flags == ("negative_component",)
    assert found.reml is not None
    assert found.reml.icc1 == 0.0


def test_two_groups_without_spread() -> None:
    for other in (SAME, SAME - 10):
        found = mean_difference(SAME, other)
        assert found.difference == 60 - other[0]
        assert math.isnan(found.d)
        assert math.isnan(found.g)
        assert found.student is None
        assert found.welch is not None
        assert found.welch.estimate.reason == "zero_variance"
    assert (dominance(SAME, SAME).delta, dominance(SAME, SAME).reason) == (0.0, "zero_variance")
    assert dominance(SAME, SAME - 10).delta == 1.0
    assert side_gap(np.full(8, 60.0), np.arange(8) % 2, rng=RNG).reason == "zero_variance"
    refused = [one_way([SAME, SAME]), welch_anova([SAME, SAME]), kruskal_wallis([SAME, SAME])]
    assert [one.reason for one in refused] == ["zero_variance"] * 3


def test_a_change_that_is_everywhere_the_same() -> None:
    found = paired_test(SAME, SAME + 5)
    assert (found.estimate.value, found.estimate.reason) == (5.0, "zero_variance")
    assert math.isnan(found.t)
    assert paired_change(SAME, SAME).reason == "zero_variance"
    assert standardized_change(SAME, SAME).reason == "zero_variance"


def test_a_series_without_movement() -> None:
    rounds = np.full((1, 8), 60.0)
    test, line = mann_kendall(rounds), theil_sen(np.arange(8.0), rounds)
    assert (int(test.s[0]), float(line.slope[0])) == (0, 0.0)
    assert math.isnan(test.p[0])
    found = trend(np.arange(8.0), rounds[0])
    assert (found.slope.value, found.S, found.claim, found.reason) == (0.0, 0, "none", "zero_variance")


def test_nobody_moves_in_any_organization() -> None:
    found = average_change(np.arange(4.0), np.full((7, 4), 60.0))
    assert (found.value, found.reason) == (0.0, "zero_variance")


def test_three_in_a_round_robin() -> None:
    table = np.round(np.random.default_rng(2).uniform(0, 10, (3, 3)))
    found = [round_robin(table), restricted_round_robin(table)]
    for one in found:
        assert [component.reason for component in one.components] == ["too_few"] * 5
    assert two_variables(table, table).links[0].reason == "too_few"
    assert pooled_round_robins([table]).components[0].reason == "too_few"
