"""Who trusts whom: trust given and received, asymmetry, reciprocity, density, belief about being trusted.

`ratings[i, j]` is organization i about organization j, scale points or 0-100 as the caller likes; NaN = not answered;
own cells are never used. What of it may be shown is decided elsewhere: these functions know no disclosure level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, Estimate, FloatArray, IntArray, Reason, missing

INTERVAL_FROM = 4


@dataclass(frozen=True, slots=True)
class TrustByOrganization:
    """Trust received by, or given by, each organization.

    estimates: one per organization, mean of the others' ratings with a t interval over the raters (rated).
    overall: mean over organizations that have one.
    """

    estimates: tuple[Estimate, ...]
    overall: float


@dataclass(frozen=True, slots=True)
class PairGap:
    """One pair of organizations that answered about each other, i < j.

    difference: T_ij - T_ji. margin: half-width of the 95 % band of measurement error around no difference, NaN when the
    error is not known. beyond_error: the difference is larger than the margin.
    """

    i: int
    j: int
    forward: float
    back: float
    difference: float
    margin: float
    beyond_error: bool

    @property
    def mean(self) -> float:
        return (self.forward + self.back) / 2.0


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Differences between the two directions of every pair. Formula 21.

    matrix: (n, n), T_ij - T_ji. pairs: those answered both ways. mean_absolute: mean of abs difference over them.
    n_beyond_error: pairs whose difference exceeds the margin. reason: why there is no mean, or no margin beside it.
    """

    matrix: FloatArray
    pairs: tuple[PairGap, ...]
    mean_absolute: float
    n_beyond_error: int
    reason: Reason | None = None


def trust_received(
    ratings: FloatArray, *, confidence: float = 0.95, interval_from: int = INTERVAL_FROM
) -> TrustByOrganization:
    """Mean rating each organization receives from the others. Formula 20, intervals as formula 6.

    ratings: (n, n), scale points, NaN = not answered. `n` of an estimate counts the raters.
    No rater: `no_data`. Fewer than interval_from raters: the point without interval, reason `too_few`. All raters
    equal: the point without interval, reason `zero_variance` (a width of zero would claim certainty).
    Raises ValueError when ratings is not square or confidence is not between 0 and 1.
    """
    return _by_column(_off_diagonal(ratings), confidence, interval_from, "received")


def trust_given(
    ratings: FloatArray, *, confidence: float = 0.95, interval_from: int = INTERVAL_FROM
) -> TrustByOrganization:
    """Mean rating each organization gives to the others; everything else as `trust_received`. Formula 20.

    Raises ValueError as `trust_received`.
    """
    return _by_column(_off_diagonal(ratings).T, confidence, interval_from, "given")


def _by_column(table: FloatArray, confidence: float, interval_from: int, method: str) -> TrustByOrganization:
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    estimates = tuple(
        mean_over_raters(table[:, j], confidence=confidence, interval_from=interval_from, method=method)
        for j in range(table.shape[1])
    )
    known = [e.value for e in estimates if not e.is_missing]
    return TrustByOrganization(estimates, float(np.mean(known)) if known else float("nan"))


def mean_over_raters(values: FloatArray, *, confidence: float, interval_from: int, method: str) -> Estimate:
    """Mean of one set of ratings, t interval with raters - 1 degrees of freedom; reasons as in `trust_received`."""
    from scipy.special import stdtrit

    known = values[~np.isnan(values)]
    n = known.size
    if n == 0:
        return missing("no_data", method=method)
    mean = float(known.mean())
    if n < max(2, interval_from):
        return Estimate(mean, n=n, method=method, confidence=confidence, reason="too_few")
    if np.ptp(known) == 0:
        return Estimate(mean, n=n, method=method, confidence=confidence, reason="zero_variance")
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * float(known.std(ddof=1)) / float(np.sqrt(n))
    return Estimate(mean, mean - half, mean + half, n, method, confidence)


def asymmetry(ratings: FloatArray, *, sem: float | FloatArray | None = None, critical: float = 1.96) -> Asymmetry:
    """Difference between what i says of j and j says of i, judged against measurement error. Formula 21.

    ratings: (n, n), NaN = not answered. sem: standard error of measurement of one position, one number or (n,) by
    rater, from `sem_from_reliability` (single informants) or `sem_from_informants` (two or more); None or NaN where it
    is not known: then no pair is flagged. Margin: critical x sqrt(sem_i^2 + sem_j^2), which is 1.96 sqrt(2) sem.
    No pair answered both ways: reason `no_overlap`.
    Raises ValueError when shapes disagree or sem is negative.
    """
    table = _off_diagonal(ratings)
    error = _position_errors(sem, len(table))
    matrix = table - table.T
    pairs = []
    for i, j in zip(*np.triu_indices(len(table), 1), strict=True):
        if np.isnan(matrix[i, j]):
            continue
        margin = critical * float(np.sqrt(error[i] ** 2 + error[j] ** 2))
        difference = float(matrix[i, j])
        beyond = abs(difference) > margin
        pairs.append(PairGap(int(i), int(j), float(table[i, j]), float(table[j, i]), difference, margin, beyond))
    if not pairs:
        return Asymmetry(matrix, (), float("nan"), 0, "no_overlap")
    reason: Reason | None = "not_computed" if all(np.isnan(pair.margin) for pair in pairs) else None
    mean_absolute = float(np.mean([abs(pair.difference) for pair in pairs]))
    return Asymmetry(matrix, tuple(pairs), mean_absolute, sum(pair.beyond_error for pair in pairs), reason)


def _position_errors(sem: float | FloatArray | None, n: int) -> FloatArray:
    if sem is None:
        return np.full(n, np.nan)
    error = np.asarray(sem, dtype=np.float64)
    if error.ndim == 1 and error.shape != (n,):
        raise ValueError("sem must be one number, or one per organization")
    if np.any(error < 0):
        raise ValueError("a standard error of measurement cannot be negative")
    return np.broadcast_to(error, (n,)).astype(np.float64)


def sem_from_reliability(sd: float, reliability: float) -> float:
    """Standard error of measurement s sqrt(1 - rel) of a position given by one informant. Formulas 11 and 21.

    sd: standard deviation of the dyadic trust scores, points. reliability: alpha of the dyadic items, 0-1; a negative
    or missing one gives NaN.
    """
    if np.isnan(sd) or np.isnan(reliability) or reliability < 0 or sd < 0:
        return float("nan")
    return float(sd * np.sqrt(max(0.0, 1.0 - reliability)))


def sem_from_informants(scores: FloatArray, rater: IntArray, *, n: int) -> FloatArray:
    """Standard error of each organization's position from the spread between its informants. Formula 21.

    scores: (n_people, n), each person about each organization, NaN = not answered. rater: (n_people,), the person's
    own organization, 0 to n - 1. Returns (n,): s_w / sqrt(m_i), m_i the mean number of informants behind a cell, s_w
    pooled over all cells with two informants or more; NaN for an organization without answers, and everywhere when no
    cell has two.
    Raises ValueError when shapes disagree.
    """
    table, own = np.asarray(scores, dtype=np.float64), np.asarray(rater, dtype=np.int64)
    if table.ndim != 2 or table.shape[1] != n or own.shape != (table.shape[0],) or np.any((own < 0) | (own >= n)):
        raise ValueError("scores must be (people, n) with one organization per person")
    squares, freedom = 0.0, 0
    informants = np.full(n, np.nan)
    for i in range(n):
        mine = table[own == i]
        count = (~np.isnan(mine)).sum(axis=0)
        if count.any():
            informants[i] = count[count > 0].mean()
        for column in mine.T[count >= 2]:
            known = column[~np.isnan(column)]
            squares += float(((known - known.mean()) ** 2).sum())
            freedom += known.size - 1
    if freedom == 0:
        return np.full(n, np.nan)
    return np.asarray(np.sqrt(squares / freedom / informants), dtype=np.float64)


def weighted_reciprocity(ratings: FloatArray) -> Estimate:
    """Share of all trust that is returned, 2 sum min(T_ij, T_ji) / sum (T_ij + T_ji). Formula 22.

    ratings: (n, n), not negative, NaN = not answered; only pairs answered both ways count, `n` counts them. 1 = every
    pair symmetric. Descriptive: no interval. No pair: `no_overlap`. All ratings zero: `zero_variance`.
    Raises ValueError when a rating is negative.
    Source: Squartini, Picciolo, Ruzzenenti & Garlaschelli (2013), Scientific Reports 3.
    """
    table = _off_diagonal(ratings)
    if np.any(table < 0):
        raise ValueError("weighted reciprocity needs ratings that are not negative")
    forward, back = _both_ways(table)
    if forward.size == 0:
        return missing("no_overlap", method="weighted_reciprocity")
    total = float((forward + back).sum())
    if total == 0:
        return missing("zero_variance", method="weighted_reciprocity", n=forward.size)
    return Estimate(2.0 * float(np.minimum(forward, back).sum()) / total, n=forward.size, method="weighted_reciprocity")


def density(contact: FloatArray) -> Estimate:
    """Share of pairs that worked together, by both accounts. Formula 23.

    contact: (n, n), D0 as a number, 0 = none, NaN = not answered. Of the pairs answered both ways, those where both
    say more than none; `n` counts the pairs. No pair: `no_overlap`. Descriptive: no interval.
    """
    forward, back = _both_ways(_off_diagonal(contact))
    if forward.size == 0:
        return missing("no_overlap", method="density")
    return Estimate(float(((forward > 0) & (back > 0)).mean()), n=forward.size, method="density")


def meta_gap(belief: FloatArray, trust: FloatArray) -> FloatArray:
    """Pair gap M_ij = D8_ij - D7_ji: above zero, i thinks it is trusted more than it is. Formula 30.

    belief: (n, n), row i about how much j trusts i. trust: (n, n), row i about j. Both in the same unit, NaN = not
    answered. Returns (n, n), NaN where either is missing and on the diagonal.
    Raises ValueError when shapes disagree.
    """
    believed, given = _off_diagonal(belief), _off_diagonal(trust)
    if believed.shape != given.shape:
        raise ValueError("belief and trust must have the same shape")
    return believed - given.T


def self_enhancement(own: FloatArray, rater: FloatArray, rated: FloatArray) -> FloatArray:
    """Self-rating beyond how one rates and is rated: (self_i - mean self) - a_i - b_i. Formula 31.

    own: (n,) self-ratings, scale points, NaN = none given. rater, rated: (n,) effects of `srm.round_robin` on the same
    scale. Returns (n,), NaN where anything is missing.
    Raises ValueError when shapes disagree. Source: Kwan, John, Kenny, Bond & Robins (2004), Psychological Review 111.
    """
    ratings = np.asarray(own, dtype=np.float64)
    if ratings.shape != np.shape(rater) or ratings.shape != np.shape(rated) or ratings.ndim != 1:
        raise ValueError("one self-rating, rater effect and rated effect per organization")
    known = ~np.isnan(ratings)
    if not known.any():
        return np.full(ratings.shape, np.nan)
    return np.asarray(ratings - ratings[known].mean() - rater - rated, dtype=np.float64)


def between_sides(ratings: FloatArray, sides: IntArray, *, n_sides: int) -> tuple[tuple[Estimate, ...], ...]:
    """Mean trust from one kind of partner to another, each rating organization counted once.

    ratings: (n, n). sides: (n,), 0 to n_sides - 1 (national and external, or lenders, UN and bilaterals). Entry [s][t]:
    mean over the organizations of s of their mean rating of those of t; `n` counts these raters. Interval and reasons
    as in `trust_received`. This is the sub-matrix shown where single pairs may not be.
    Raises ValueError when shapes disagree.
    """
    table, side = _off_diagonal(ratings), np.asarray(sides, dtype=np.int64)
    if side.shape != (len(table),) or np.any((side < 0) | (side >= n_sides)):
        raise ValueError("one side per organization, from 0 to n_sides - 1")
    rows = []
    for s in range(n_sides):
        means = [_row_means(table[side == s][:, side == t]) for t in range(n_sides)]
        rows.append(
            tuple(
                mean_over_raters(m, confidence=0.95, interval_from=INTERVAL_FROM, method="between_sides") for m in means
            )
        )
    return tuple(rows)


def _row_means(block: FloatArray) -> FloatArray:
    count = (~np.isnan(block)).sum(axis=1)
    total = np.nansum(block, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _both_ways(table: FloatArray) -> tuple[FloatArray, FloatArray]:
    i, j = np.triu_indices(len(table), 1)
    forward, back = table[i, j], table[j, i]
    both: BoolArray = ~(np.isnan(forward) | np.isnan(back))
    return forward[both], back[both]


def _off_diagonal(ratings: FloatArray) -> FloatArray:
    table = np.array(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError("ratings must be a square matrix, raters in rows")
    if np.isinf(table).any():
        raise ValueError("ratings must be finite or NaN")
    np.fill_diagonal(table, np.nan)
    return table
