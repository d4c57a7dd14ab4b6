from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import FloatArray
from analysis.robustness import FACTORS, Answers, Design, composite, person_block_scores, robustness
from analysis.sensitivity import sensitivity_indices

BLOCKS = np.repeat(np.arange(7), [4, 4, 5, 7, 4, 7, 8])
REVERSED = np.isin(np.arange(39), [3, 12, 18, 30])


def design_of(organizations: int) -> Design:
    return Design(BLOCKS, REVERSED, (np.arange(organizations) % 2).astype(np.int64))


def round_of(seed: int, organizations: int = 10, people: int = 3, level: float = 6.5) -> Answers:
    rng = np.random.default_rng(seed)
    own = np.repeat(np.arange(organizations), people)
    centre = level + rng.normal(0, 1.2, organizations)[own][:, None]
    answers = np.clip(np.round(centre + rng.normal(0, 1.8, (own.size, 39))), 0, 10)
    answers[rng.random(answers.shape) < 0.08] = np.nan
    return Answers(answers, own)


def ishigami(u: FloatArray) -> FloatArray:
    x = -np.pi + 2 * np.pi * u
    out: FloatArray = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    return out


def test_indices_of_the_ishigami_function() -> None:
    found = sensitivity_indices(ishigami, 3, n=16384, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found.first, [0.3139, 0.4424, 0.0], atol=0.02)
    np.testing.assert_allclose(found.total, [0.5576, 0.4424, 0.2437], atol=0.02)
    assert found.n_runs == 16384 * 5
    assert found.sample.mean() == pytest.approx(3.5, abs=0.03)


def test_indices_of_a_sum() -> None:
    found = sensitivity_indices(lambda u: 3 * u[:, 0] + u[:, 1], 3, n=4096, rng=np.random.default_rng(2))
    np.testing.assert_allclose(found.first, [0.9, 0.1, 0.0], atol=0.02)
    np.testing.assert_allclose(found.total, [0.9, 0.1, 0.0], atol=0.03)
    assert found.total[2] == 0.0


def test_indices_where_nothing_moves() -> None:
    rng = np.random.default_rng(3)
    assert sensitivity_indices(lambda u: np.full(len(u), 7.0), 2, n=50, rng=rng).reason == "zero_variance"
    assert sensitivity_indices(lambda u: np.full(len(u), np.nan), 2, n=50, rng=rng).reason == "no_data"
    with pytest.raises(ValueError, match="at least one"):
        sensitivity_indices(ishigami, 0, n=5, rng=rng)


def test_indices_leave_out_failed_runs() -> None:
    def broken(u: FloatArray) -> FloatArray:
        return np.where(u[:, 0] < 0.02, np.nan, u[:, 1])

    found = sensitivity_indices(broken, 2, n=4096, rng=np.random.default_rng(4))
    assert found.first[1] == pytest.approx(1.0, abs=0.05)
    assert np.isfinite(found.total).all()


def test_official_index_by_hand() -> None:
    answers = np.full((3, 39), 5.0)
    answers[0] = 9.0
    answers[1] = 7.0
    found = robustness(Answers(answers, np.array([0, 0, 1])), design_of(2), rng=np.random.default_rng(0))
    assert found.official == pytest.approx((80 + 50) / 2)
    assert found.score.reason == "too_few"
    assert found.score.value == pytest.approx(65.0)
    assert np.isnan([found.score.low, found.score.high, found.score_shares[0].first]).all()
    assert found.change.reason == "not_computed"
    assert not found.sign_holds


def test_percentiles_surround_the_official_index() -> None:
    found = robustness(round_of(1), design_of(10), rng=np.random.default_rng(5), previous=round_of(2, level=5.0))
    assert found.score.low < found.official < found.score.high
    assert found.score.low < found.score.value < found.score.high
    assert found.change.low < found.official_change < found.change.high
    assert found.official_change > 0
    assert (found.sign_share, found.sign_holds) == (1.0, True)
    assert (found.n_runs, found.n_model_runs) == (2048, 1024 * 9)
    assert [share.factor for share in found.score_shares] == list(FACTORS)
    totals = np.array([share.total for share in found.score_shares])
    assert (totals > -0.01).all()
    assert totals[FACTORS.index("organizations")] > 0.3


def test_no_change_has_no_sign() -> None:
    found = robustness(round_of(7), design_of(10), rng=np.random.default_rng(5), previous=round_of(8))
    assert found.change.low < 0 < found.change.high
    assert not found.sign_holds
    same = robustness(round_of(7), design_of(10), rng=np.random.default_rng(5), previous=round_of(7))
    assert (same.change.low, same.change.high, same.official_change) == (0.0, 0.0, 0.0)


def test_same_seed_same_numbers() -> None:
    first, again = (robustness(round_of(1), design_of(10), rng=np.random.default_rng(9)) for _ in range(2))
    assert first.score == again.score
    assert first.score_shares == again.score_shares


def test_everybody_equal_moves_nothing() -> None:
    flat = Answers(np.full((12, 39), 6.0), np.repeat(np.arange(6), 2))
    found = robustness(flat, design_of(6), rng=np.random.default_rng(1))
    assert (found.score.low, found.score.value, found.score.high) == pytest.approx((60.0, 60.0, 60.0))
    assert all(np.isnan(share.first) for share in found.score_shares)


def test_nobody_answered() -> None:
    empty = Answers(np.full((8, 39), np.nan), np.arange(8))
    found = robustness(empty, design_of(8), rng=np.random.default_rng(1), previous=round_of(1, 8))
    assert (found.score.reason, found.change.reason) == ("no_data", "no_data")
    assert np.isnan([found.official, found.score.value, found.change.value, found.sign_share]).all()


def test_weights_explain_only_what_blocks_differ() -> None:
    answers = np.where(BLOCKS == 6, 2.0, 8.0)[None].repeat(8, axis=0)
    found = robustness(Answers(answers, np.arange(8)), design_of(8), rng=np.random.default_rng(2))
    shares = {share.factor: share for share in found.score_shares}
    assert shares["organizations"].total == pytest.approx(0.0, abs=1e-12)
    assert shares["dropped_block"].first > shares["weights"].first > 0.01


def test_person_block_scores() -> None:
    design = Design(np.array([0, 0, 0, 1, 1]), np.array([False, False, True, False, False]), np.zeros(1, dtype=int))
    answers = np.array([[10.0, 5, np.nan, np.nan, 4], [np.nan, 5, np.nan, np.nan, np.nan]])
    everything = np.ones(5, dtype=bool)
    strict = person_block_scores(answers, design, everything, 2 / 3)
    # item 3 of block 0 and item 1 of block 1 were answered by nobody: they do not exist
    np.testing.assert_allclose(strict, [[75, 40], [np.nan, np.nan]])
    np.testing.assert_allclose(person_block_scores(answers, design, everything, 1 / 2), [[75, 40], [50, np.nan]])


def test_composite_renormalizes_and_floors() -> None:
    scores = np.array([[60.0, np.nan, 80.0], [0.0, 100.0, 100.0], [np.nan] * 3])
    weights = np.array([[0.25, 0.5, 0.25], [1 / 3] * 3, [1 / 3] * 3])
    plain = composite(scores, weights, geometric=np.zeros(3, dtype=bool))
    np.testing.assert_allclose(plain, [70, 200 / 3, np.nan])
    product = composite(scores, weights, geometric=np.ones(3, dtype=bool))
    np.testing.assert_allclose(product, [np.sqrt(4800), 10 ** (4 / 3), np.nan])


@given(st.integers(0, 500))
@settings(max_examples=8, deadline=None)
def test_order_of_people_and_an_empty_item_change_nothing(seed: int) -> None:
    given_ = round_of(seed, organizations=6)
    order = np.random.default_rng(seed).permutation(len(given_.answers))
    shuffled = Answers(given_.answers[order], given_.organization[order])
    wider = Answers(np.column_stack([given_.answers, np.full(len(order), np.nan)]), given_.organization)
    wide = Design(np.append(BLOCKS, 2), np.append(REVERSED, False), design_of(6).sides)
    found = [
        robustness(answers, design, rng=np.random.default_rng(seed))
        for answers, design in ((given_, design_of(6)), (shuffled, design_of(6)), (wider, wide))
    ]
    for other in found[1:]:
        assert other.official == pytest.approx(found[0].official)
        assert other.score.low == pytest.approx(found[0].score.low)
        assert other.score.high == pytest.approx(found[0].score.high)


def test_one_round_takes_under_a_quarter_second() -> None:
    now, before = round_of(3, organizations=15, people=5), round_of(4, organizations=15, people=5)
    robustness(now, design_of(15), rng=np.random.default_rng(0))
    took = []
    for seed in range(3):
        start = time.perf_counter()
        robustness(now, design_of(15), rng=np.random.default_rng(seed), previous=before)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.25


@pytest.mark.parametrize(
    ("answers", "organization", "runs"),
    [
        (np.zeros((3, 38)), np.zeros(3, dtype=int), 2000),
        (np.zeros((3, 39)), np.zeros(2, dtype=int), 2000),
        (np.zeros((3, 39)), np.full(3, 9), 2000),
        (np.full((3, 39), 11.0), np.zeros(3, dtype=int), 2000),
        (np.zeros((3, 39)), np.zeros(3, dtype=int), 500),
    ],
)
def test_callers_mistakes_are_refused(answers: FloatArray, organization: FloatArray, runs: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        robustness(Answers(answers, organization), design_of(4), rng=np.random.default_rng(0), n_runs=runs)


def test_weights_must_be_positive_and_complete() -> None:
    for weights in (np.ones(6), np.zeros(7)):
        design = Design(BLOCKS, REVERSED, np.zeros(10, dtype=int), weights=weights)
        with pytest.raises(ValueError, match="weight"):
            robustness(round_of(1), design, rng=np.random.default_rng(0))
