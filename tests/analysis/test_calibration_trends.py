"""Do trends claim nothing out of nothing, and do intervals of change cover? Fixed seeds; the long version is slow.

Generator: organizations N(65, 12) on 0-100, 1-5 people each, people SD 20, skewed by about -1, rounded and clipped to
0-10; an organization keeps part of its level from round to round. A round's index is the mean over organizations in
whole points.
"""

import numpy as np
import pytest

from analysis.change import independent_change, overlapping_change, overlapping_test, paired_change
from analysis.gaps import side_gap
from analysis.trends import average_change, hold_back, trend, trend_table

ROUNDS = (5, 6, 8, 12)
YEARS = 2024 + np.arange(12) / 2.0


def skewed(rng, shape):
    """Mean 0, SD 1, skew -1: a reflected gamma."""
    return -(rng.gamma(4.0, size=shape) - 4.0) / 2.0


def organization_scores(rng, n_series, n_organizations, n_rounds, *, kept=0.5, shift=0.0):
    """(n_series, n_organizations, n_rounds) organization means 0-100. kept: share of the variance that stays."""
    shape = (n_series, n_organizations, n_rounds)
    people = rng.integers(1, 6, size=(n_series, n_organizations))
    level = 12 * (np.sqrt(kept) * rng.normal(size=shape[:2])[..., None] + np.sqrt(1 - kept) * rng.normal(size=shape))
    total = np.zeros(shape)
    for person in range(5):
        answers = (65 + shift * np.arange(n_rounds) + level + 20 * skewed(rng, shape)) / 10
        total += np.where(person < people[..., None], 10 * np.clip(np.rint(answers), 0, 10), 0)
    return total / people[..., None]


def persistent(rng, n_series, n_rounds, correlation, sd):
    noise = rng.normal(size=(n_series, n_rounds))
    for k in range(1, n_rounds):
        noise[:, k] = correlation * noise[:, k - 1] + np.sqrt(1 - correlation**2) * noise[:, k]
    return 65 + sd * noise


def false_claims(indices):
    return float(np.mean(trend_table(YEARS[: indices.shape[1]], indices).direction != 0))


@pytest.mark.parametrize("n_rounds", ROUNDS)
@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_no_change_no_trend(n_rounds, correlation):
    rng = np.random.default_rng(100 + n_rounds)
    for sd in (2.0, 6.0):
        assert false_claims(persistent(rng, 6000, n_rounds, correlation, sd)) <= 0.05


@pytest.mark.parametrize("n_rounds", ROUNDS)
def test_no_change_no_trend_from_answers(n_rounds):
    rng = np.random.default_rng(200 + n_rounds)
    scores = organization_scores(rng, 1500, 8, n_rounds)
    assert false_claims(scores.mean(axis=1)) <= 0.05


def test_a_real_rise_is_found():
    rng = np.random.default_rng(7)
    rising = persistent(rng, 2000, 8, 0.0, 4.0) + 6 * (YEARS[:8] - 2024)
    found = trend_table(YEARS[:8], rising)
    assert np.mean(found.direction == 1) > 0.7
    assert np.mean(found.direction == -1) == 0
    assert np.median(found.slope) == pytest.approx(6, abs=0.3)


def test_three_headlines_together_claim_little():
    rng = np.random.default_rng(8)
    any_claim = 0
    for _ in range(400):
        three = tuple(trend(YEARS[:6], row) for row in persistent(rng, 3, 6, 0.3, 5.0))
        any_claim += any(each.claim != "none" for each in hold_back(three))
    assert any_claim / 400 <= 0.05


def with_turnover(rng, n_series, n, leaving, *, kept, shift=5.0):
    """Two rounds of n organizations each; `leaving` of the first are replaced in the second."""
    scores = organization_scores(rng, n_series, n + leaving, 2, kept=kept, shift=shift)
    scores[:, n:, 0] = np.nan
    scores[:, :leaving, 1] = np.nan
    return scores


def true_change(shift=5.0):
    """Clipping takes a little off: 400,000 organizations know how much."""
    scores = organization_scores(np.random.default_rng(99), 1, 400_000, 2, shift=shift)
    return float((scores[0, :, 1] - scores[0, :, 0]).mean())


TRUTH = true_change()


def coverage(change, rng, n_series, n, leaving, kept):
    inside = []
    for scores in with_turnover(rng, n_series, n, leaving, kept=kept):
        found = change(scores[:, 0], scores[:, 1])
        inside.append(found.low <= TRUTH <= found.high)
    return float(np.mean(inside))


DESIGNS = [(4, 0), (6, 0), (6, 2), (8, 2), (12, 0), (12, 4)]


@pytest.mark.parametrize(("n", "leaving"), DESIGNS)
def test_change_covers_with_turnover(n, leaving):
    rng = np.random.default_rng(300 + 10 * n + leaving)
    scores = coverage(overlapping_change, rng, 1200, n, leaving, 0.8)
    assert 0.93 <= scores <= 0.97


@pytest.mark.parametrize(("n", "leaving"), [(4, 0), (8, 2), (12, 4)])
def test_paired_change_covers(n, leaving):
    rng = np.random.default_rng(400 + n)
    assert 0.93 <= coverage(paired_change, rng, 1200, n, leaving, 0.8) <= 0.97


def test_average_change_covers():
    rng = np.random.default_rng(9)
    scores = organization_scores(rng, 1000, 8, 4)
    found = [average_change(YEARS[:4], each) for each in scores]
    assert 0.93 <= np.mean([each.low <= 0 <= each.high for each in found]) <= 0.97


def test_no_gap_no_gap_claimed():
    rng = np.random.default_rng(10)
    sides = np.repeat([0, 1], [5, 4])
    scores = organization_scores(rng, 800, 9, 1)[..., 0]
    found = [side_gap(each, sides) for each in scores]
    assert np.mean([each.p <= 0.05 for each in found]) <= 0.065
    assert 0.92 <= np.mean([each.low <= 0 <= each.high for each in found]) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("n_rounds", [5, 6, 7, 8, 9, 10, 12, 16, 20])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5])
def test_false_trend_claims_long(n_rounds, correlation):
    rng = np.random.default_rng(500 + n_rounds)
    years = 2020 + np.arange(n_rounds) / 2.0
    rates = []
    for sd in (2.0, 4.0, 8.0, 12.0):
        found = trend_table(years, persistent(rng, 60_000, n_rounds, correlation, sd))
        rates.append(float(np.mean(found.direction != 0)))
    print(f"rounds {n_rounds}, correlation {correlation}: {max(rates):.4f} at most over four spreads")
    assert max(rates) <= (0.05 if correlation <= 0.3 else 0.11)


@pytest.mark.slow
@pytest.mark.parametrize("n", [4, 5, 6, 8, 12, 20])
@pytest.mark.parametrize("share_leaving", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_change_coverage_long(n, share_leaving, kept):
    leaving = round(share_leaving * n)

    def textbook(first, second):
        return overlapping_test(first, second, form="correlation").estimate

    rates = {}
    for name, change in (
        ("paired", paired_change),
        ("overlapping", overlapping_change),
        ("textbook", textbook),
        ("independent", independent_change),
    ):
        if name == "paired" and n - leaving < 4:
            continue
        rates[name] = coverage(change, np.random.default_rng(600 + n), 4000, n, leaving, kept)
    print(f"n {n}, leaving {leaving}, kept {kept}: {rates}")
    assert 0.935 <= rates["overlapping"] <= 0.97
    assert 0.94 <= rates.get("paired", 0.95) <= 0.965
