"""95 % intervals of a partnership's score cover what they speak about, in both questions.

Generator: organizations N(65, 12), people around them with a standard deviation of 20 and an exponential left tail,
rounded and clipped to 0-10: skew -0.85 over all. Each organization has 1 to 5 people, equally likely.
Infinite question: the mean over all organizations there might be. Finite: over these organizations and their people.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtrit

from analysis.cells import balanced_means
from analysis.intervals import FEWEST_FOR_INTERVAL, NO_WIDTH, partnership_level, two_stage_error

PEOPLE = 5


class Rounds:
    """Many rounds of one partnership size. x: (runs, N, 5) points; invited, answered: the same shape, true or false."""

    def __init__(self, n: int, runs: int, response: float, seed: int) -> None:
        rng = np.random.default_rng([seed, n])
        organization = rng.normal(65, 12, (runs, n, 1))
        person = 20 * (1 - rng.exponential(size=(runs, n, PEOPLE)))
        self.x = np.clip(np.round((organization + person) / 10), 0, 10) * 10
        self.invited = np.arange(PEOPLE) < rng.integers(1, PEOPLE + 1, (runs, n, 1))
        self.answered = self.invited & (rng.random(self.x.shape) < response)
        self.count, self.asked = self.answered.sum(axis=2), self.invited.sum(axis=2)
        total = np.where(self.answered, self.x, 0.0).sum(axis=2)
        self.means = np.where(self.count > 0, total / np.maximum(self.count, 1), np.nan)
        has = (self.count > 0).sum(axis=1)
        self.value = np.nansum(self.means, axis=1) / np.maximum(has, 1)
        self.usable = has >= FEWEST_FOR_INTERVAL

    def infinite(self) -> tuple[np.ndarray, np.ndarray]:
        runs, n = self.means.shape
        _, low, high, _ = balanced_means(self.means.reshape(-1, 1), np.repeat(np.arange(runs), n), runs)
        return low[:, 0], high[:, 0]

    def finite(self) -> tuple[np.ndarray, np.ndarray]:
        squares = np.where(self.answered, (self.x - self.means[..., None]) ** 2, 0.0).sum(axis=(1, 2))
        variance, df = two_stage_error(self.means, self.count, self.asked, squares)
        half = stdtrit(df, 0.975) * np.sqrt(variance)
        known = self.usable & (half > NO_WIDTH) & (self.count < self.asked).any(axis=1)
        half = np.where(known, half, np.nan)
        return np.maximum(self.value - half, 0), np.minimum(self.value + half, 100)

    def present(self) -> np.ndarray:
        return (np.where(self.invited, self.x, 0.0).sum(axis=2) / self.asked).mean(axis=1)


def coverage(low: np.ndarray, high: np.ndarray, truth: np.ndarray | float) -> float:
    given = np.isfinite(low)
    return float(((low <= truth) & (truth <= high))[given].mean())


def underlying(runs: int = 2_000_000) -> float:
    return float(Rounds(1, runs, 1.0, seed=99).x[:, 0, 0].mean())


def check(sizes: list[int], runs: int, response: float, seed: int) -> None:
    truth = underlying()
    for n in sizes:
        rounds = Rounds(n, runs, response, seed)
        covered = coverage(*rounds.infinite(), truth), coverage(*rounds.finite(), rounds.present())
        for share in covered:
            assert share >= 0.93, (n, response, covered)
            assert share <= 0.97 or n < 8, (n, response, covered)


@pytest.mark.parametrize("response", [0.6, 0.8])
def test_intervals_cover(response: float) -> None:
    check([4, 5, 6, 8, 10, 15, 30], 6_000, response, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("response", [0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_intervals_cover_for_every_size(response: float) -> None:
    check(list(range(4, 31)), 20_000, response, seed=2)


def test_generator_is_the_one_written_down() -> None:
    x = Rounds(1, 200_000, 1.0, seed=3).x[:, 0, 0]
    assert (x.mean(), x.std()) == pytest.approx((65, 22), abs=0.5)
    assert ((x - x.mean()) ** 3).mean() / x.std() ** 3 == pytest.approx(-0.85, abs=0.03)


def test_intervals_simulated_are_those_of_the_product() -> None:
    rounds = Rounds(6, 40, 0.7, seed=4)
    many = {"finite": rounds.finite(), "infinite": rounds.infinite()}
    for run in range(40):
        organization, person = np.nonzero(rounds.answered[run])
        values = rounds.x[run, organization, person]
        for question, (low, high) in many.items():
            one = partnership_level(values, organization, rounds.asked[run], question=question)
            assert (one.low, one.high) == pytest.approx((low[run], high[run]), nan_ok=True)


def test_one_stage_finite_form_would_not_do() -> None:
    """The textbook correction (1 - n/N) alone forgets the colleagues who did not answer."""
    rounds = Rounds(10, 4_000, 0.6, seed=5)
    n = (rounds.count > 0).sum(axis=1)
    spread = np.nanvar(rounds.means, axis=1, ddof=1)
    half = stdtrit(n - 1, 0.975) * np.sqrt((1 - n / 10) * spread / n)
    assert coverage(rounds.value - half, rounds.value + half, rounds.present()) < 0.85
