"""How much of the Partnership Health Index, and of its change, is due to how it is computed. Formulas 32 and 33.

Seven choices are drawn at once, thousands of times: the weights of the blocks, the way they are averaged, whose voice
counts, how many items must be answered, a block left out, the reversed items, and which organizations took part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, Estimate, FloatArray, IntArray, Reason
from analysis.sensitivity import Sensitivity, sensitivity_indices

FACTORS = (
    "weights",
    "aggregation",
    "voices",
    "missing_rule",
    "dropped_block",
    "reversed_items",
    "organizations",
)
LEAST_RUNS = 2000
MISSING_RULES = (2 / 3, 1 / 2)
# Each weight then has a standard deviation of a quarter of its official value, for seven equal blocks.
CONCENTRATION = 95.0
GEOMETRIC_FLOOR = 1.0
LEAST_ORGANIZATIONS = 4
SIGN_HOLDS_FROM = 0.95


@dataclass(frozen=True, slots=True)
class Answers:
    """One round. answers: (people, items), rating scale, reversed items already turned, NaN = not answered.

    organization: (people,), 0 to n - 1 in the list of `Design.sides`, the same number in every round.
    """

    answers: FloatArray
    organization: IntArray


@dataclass(frozen=True, slots=True)
class Design:
    """What the rounds have in common.

    blocks: (items,), block of each item, 0 to B - 1. reversed_items: (items,). sides: (n,), side of each organization,
    0 or 1, -1 for none. low, high: ends of the rating scale. weights: (B,) official, None for equal.
    """

    blocks: IntArray
    reversed_items: BoolArray
    sides: IntArray
    low: float = 0.0
    high: float = 10.0
    weights: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class FactorShare:
    """Share of the variance over all runs that one choice explains: alone (first) and with the others (total)."""

    factor: str
    first: float
    total: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """Score and change over all runs.

    official: the index by the official rule, 0-100. score: median with 5th and 95th percentile; n = organizations.
    official_change, change: the same for the difference to the previous round, run by run with the same choices.
    sign_share: share of runs whose change has the sign of the official one; sign_holds: from 95 % on.
    score_shares, change_shares: one `FactorShare` per entry of `FACTORS`.
    n_runs: independent runs behind the percentiles; n_model_runs: with those for the shares, per round.
    """

    official: float
    score: Estimate
    official_change: float
    change: Estimate
    sign_share: float
    sign_holds: bool
    score_shares: tuple[FactorShare, ...]
    change_shares: tuple[FactorShare, ...]
    n_runs: int
    n_model_runs: int


def robustness(
    current: Answers,
    design: Design,
    *,
    rng: np.random.Generator,
    previous: Answers | None = None,
    n_runs: int = 2048,
) -> Robustness:
    """Monte Carlo of the index over seven choices, with sensitivity shares. Formula 33.

    current, previous: rounds with the items of `design`. n_runs: independent runs, at least 2,000.
    A block with no score in a run is left out and the weights are scaled up; an item nobody answered does not exist.
    Fewer than four organizations: the official index, no percentiles, reason `too_few`; nobody: `no_data`. No previous
    round: change `not_computed`.
    Raises ValueError when shapes disagree or n_runs is below 2,000.

    Weights: Dirichlet around the official ones, concentration 95. Average: arithmetic or geometric (floor 1 point).
    Voices: organizations, persons, or sides equally (where both exist). Items needed: 2/3 or 1/2 of a block. Left out:
    no block or one of them, equally likely. Reversed items: in or out. Organizations: drawn again with replacement,
    within sides, the same draw for both rounds.
    Source: Saisana, Saltelli & Tarantola (2005), Journal of the Royal Statistical Society A 168.
    """
    _check(current, design)
    if n_runs < LEAST_RUNS:
        raise ValueError(f"robustness needs at least {LEAST_RUNS} runs")
    draws = _Draws.of(design, -(-n_runs // 2), rng)
    rounds = [_Round.of(current, design, draws)]
    if previous is not None:
        _check(previous, design)
        rounds.append(_Round.of(previous, design, draws))
    at_rule = [_official(each, draws) for each in rounds]
    score = sensitivity_indices(lambda u: _run(rounds[0], draws, u), len(FACTORS), n=draws.n, rng=rng)
    reasons = [_refusal(each) for each in rounds]
    change = _no_change(draws.n)
    if previous is not None:
        change = sensitivity_indices(
            lambda u: _run(rounds[0], draws, u) - _run(rounds[1], draws, u), len(FACTORS), n=draws.n, rng=rng
        )
        reasons.append(reasons[0] or reasons[1])
    official_change = at_rule[0] - at_rule[1] if previous is not None else float("nan")
    change_reason: Reason | None = reasons[2] if previous is not None else "not_computed"
    sign_share = _sign_share(change.sample, official_change) if change_reason is None else float("nan")
    return Robustness(
        official=at_rule[0],
        score=_summary(score, at_rule[0], rounds[0].n_organizations, reasons[0]),
        official_change=official_change,
        change=_summary(change, official_change, min(each.n_organizations for each in rounds), change_reason),
        sign_share=sign_share,
        sign_holds=sign_share >= SIGN_HOLDS_FROM,
        score_shares=_shares(score, reasons[0]),
        change_shares=_shares(change, change_reason),
        n_runs=2 * draws.n,
        n_model_runs=score.n_runs,
    )


@dataclass(frozen=True, slots=True)
class _Draws:
    """Lists of which a run uses one entry. weights: (n, B). copies: (n, organizations), how often each is drawn."""

    n: int
    weights: FloatArray
    copies: FloatArray
    official: FloatArray

    @classmethod
    def of(cls, design: Design, n: int, rng: np.random.Generator) -> _Draws:
        blocks = int(design.blocks.max()) + 1
        official = np.full(blocks, 1.0 / blocks) if design.weights is None else design.weights / design.weights.sum()
        copies = np.zeros((n, design.sides.size))
        for side in np.unique(design.sides):
            members = np.flatnonzero(design.sides == side)
            drawn = members[rng.integers(0, members.size, (n, members.size))]
            np.add.at(copies, (np.arange(n)[:, None], drawn), 1.0)
        return cls(n, rng.dirichlet(CONCENTRATION * official, size=n), copies, official)


@dataclass(frozen=True, slots=True)
class _Round:
    """Block scores of every draw, 0-100. table: (rule, reversed, voices, draw, block). official: (block,)."""

    table: FloatArray
    official: FloatArray
    n_organizations: int

    @classmethod
    def of(cls, given: Answers, design: Design, draws: _Draws) -> _Round:
        table = np.empty((2, 2, 3, draws.n, draws.official.size))
        official = np.full(draws.official.size, np.nan)
        organizations = 0
        everybody = np.ones((1, design.sides.size))
        for r, rule in enumerate(MISSING_RULES):
            for v, kept in enumerate((np.ones(design.blocks.size, dtype=bool), ~design.reversed_items)):
                scores = person_block_scores(given.answers, design, kept, rule)
                totals = _by_organization(scores, given.organization, design.sides.size)
                for w, voices in enumerate(_voices(totals, design.sides)):
                    table[r, v, w] = voices(draws.copies)
                    if r == v == w == 0:
                        official = voices(everybody)[0]
                        organizations = int((totals[1] > 0).any(axis=1).sum())
        return cls(table, official, organizations)


def person_block_scores(answers: FloatArray, design: Design, kept: BoolArray, rule: float) -> FloatArray:
    """Block scores of every person, 0-100. Formulas 2 and 3.

    answers: (people, items). kept: (items,), items that count. rule: share of a block's items that must be answered.
    Returns (people, B), NaN below the share. Items nobody answered are not counted as part of the block.
    """
    asked = kept & ~np.isnan(answers).all(axis=0)
    belongs = np.zeros((answers.shape[1], int(design.blocks.max()) + 1))
    belongs[np.arange(answers.shape[1]), design.blocks] = asked
    answered = ~np.isnan(answers)
    counts = answered.astype(np.float64) @ belongs
    sums = np.where(answered, answers, 0.0) @ belongs
    needed = np.ceil(rule * belongs.sum(axis=0) - 1e-9)
    enough = (counts >= needed) & (counts > 0)
    means = np.where(enough, sums / np.maximum(counts, 1.0), np.nan)
    return np.asarray((means - design.low) / (design.high - design.low) * 100.0, dtype=np.float64)


def _by_organization(scores: FloatArray, organization: IntArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Sums of scores and numbers of people with one: (organizations, B) each."""
    known = ~np.isnan(scores)
    belongs = np.zeros((n, len(scores)))
    belongs[organization, np.arange(len(scores))] = 1.0
    return belongs @ np.where(known, scores, 0.0), belongs @ known.astype(np.float64)


class _Weighted:
    """Block scores of draws of organizations: a ratio of two sums, averaged over the sides asked for."""

    def __init__(self, numerator: FloatArray, denominator: FloatArray, sides: list[BoolArray]) -> None:
        self.parts = [(np.where(s[:, None], numerator, 0.0), np.where(s[:, None], denominator, 0.0)) for s in sides]

    def __call__(self, copies: FloatArray) -> FloatArray:
        found = []
        for numerator, denominator in self.parts:
            below = copies @ denominator
            found.append(np.where(below > 0, copies @ numerator / np.where(below > 0, below, 1.0), np.nan))
        stack = np.stack(found)
        known = ~np.isnan(stack)
        count = known.sum(axis=0)
        total = np.where(known, stack, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _voices(totals: tuple[FloatArray, FloatArray], sides: IntArray) -> tuple[_Weighted, _Weighted, _Weighted]:
    """Organizations, persons, sides; without two sides the third is the first."""
    sums, counts = totals
    present = (counts > 0).astype(np.float64)
    means = np.where(counts > 0, sums / np.maximum(counts, 1.0), 0.0)
    everybody = [np.ones(sides.size, dtype=bool)]
    taking_part = (counts > 0).any(axis=1)
    both = [sides == s for s in (0, 1)]
    split = both if all((s & taking_part).any() for s in both) else everybody
    return _Weighted(means, present, everybody), _Weighted(sums, counts, everybody), _Weighted(means, present, split)


def _run(given: _Round, draws: _Draws, u: FloatArray) -> FloatArray:
    """Index of every run; u: (runs, 7) in the order of `FACTORS`."""
    blocks = draws.official.size
    weights = draws.weights[_level(u[:, 0], draws.n)]
    dropped = _level(u[:, 4], blocks + 1)
    weights = np.where(np.arange(blocks) == dropped[:, None] - 1, 0.0, weights)
    scores = given.table[_level(u[:, 3], 2), _level(u[:, 5], 2), _level(u[:, 2], 3), _level(u[:, 6], draws.n)]
    return composite(scores, weights, geometric=_level(u[:, 1], 2) == 1)


def _level(u: FloatArray, levels: int) -> IntArray:
    return np.minimum((u * levels).astype(np.int64), levels - 1)


def composite(scores: FloatArray, weights: FloatArray, *, geometric: BoolArray) -> FloatArray:
    """Weighted mean of block scores, arithmetic or geometric. Formula 32.

    scores, weights: (runs, B), NaN = no score: the block is left out and the weights scaled up. geometric: (runs,),
    scores below 1 point then count as 1. Returns (runs,), NaN when no block with weight has a score.
    """
    known = ~np.isnan(scores) & (weights > 0)
    w = np.where(known, weights, 0.0)
    total = w.sum(axis=1)
    safe = np.where(total > 0, total, 1.0)
    plain = np.where(known, scores, 0.0)
    arithmetic = (w * plain).sum(axis=1) / safe
    logarithm = np.log(np.maximum(np.where(known, scores, 1.0), GEOMETRIC_FLOOR))
    product = np.exp((w * logarithm).sum(axis=1) / safe)
    return np.where(total > 0, np.where(geometric, product, arithmetic), np.nan)


def _official(given: _Round, draws: _Draws) -> float:
    return float(composite(given.official[None], draws.official[None], geometric=np.array([False]))[0])


def _refusal(given: _Round) -> Reason | None:
    if given.n_organizations == 0:
        return "no_data"
    return "too_few" if given.n_organizations < LEAST_ORGANIZATIONS else None


def _no_change(n: int) -> Sensitivity:
    blank = np.full(len(FACTORS), np.nan)
    return Sensitivity(blank, blank, np.full(2 * n, np.nan), 0, "not_computed")


def _summary(found: Sensitivity, official: float, n: int, reason: Reason | None) -> Estimate:
    if reason is not None:
        value = official if reason == "too_few" else float("nan")
        return Estimate(value, n=n, method="monte_carlo", confidence=0.90, reason=reason)
    low, middle, high = (float(q) for q in np.nanquantile(found.sample, [0.05, 0.5, 0.95]))
    failed = ("runs_without_score",) if np.isnan(found.sample).any() else ()
    return Estimate(middle, low, high, n, "monte_carlo", 0.90, flags=failed)


def _sign_share(sample: FloatArray, official: float) -> float:
    known = sample[~np.isnan(sample)]
    if known.size == 0 or np.isnan(official):
        return float("nan")
    return float((np.sign(known) == np.sign(official)).mean())


def _shares(found: Sensitivity, reason: Reason | None) -> tuple[FactorShare, ...]:
    if reason is not None:
        return tuple(FactorShare(name, float("nan"), float("nan")) for name in FACTORS)
    return tuple(
        FactorShare(name, float(first), float(total))
        for name, first, total in zip(FACTORS, found.first, found.total, strict=True)
    )


def _check(given: Answers, design: Design) -> None:
    answers, items = given.answers, design.blocks.size
    if answers.ndim != 2 or answers.shape[1] != items or design.reversed_items.shape != (items,):
        raise ValueError("answers need one column per item, and every item a block and a direction")
    if given.organization.shape != (len(answers),):
        raise ValueError("every person needs an organization")
    if np.any((given.organization < 0) | (given.organization >= design.sides.size)):
        raise ValueError("organizations are numbered as in sides")
    if design.weights is not None and (
        design.weights.shape != (int(design.blocks.max()) + 1,) or np.any(design.weights <= 0)
    ):
        raise ValueError("one positive weight per block")
    if np.any((answers < design.low) | (answers > design.high)):
        raise ValueError("answers lie outside the rating scale")
