"""Evidence that something deserves discussion, in one form: points, interval, and a p that noise keeps to its word.

Scores are of organizations, 0-100, one row each, one column per subject (a construct, or an item); NaN = missing. With
four to fifteen organizations a variance of its own is a poor guide, and single answers on a coarse scale may not vary
at all; so the variance of each subject is drawn towards the mean variance of its neighbours before anything is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray, Reason

SignalKind = Literal["side_gap", "importance_gap", "fall", "spread", "meta_gap"]
PRIOR_FREEDOM = 10.0
LEAST_PER_SIDE = 3
LEAST_PANEL = 4
NOISE_SD = (18.0, 22.0)


@dataclass(frozen=True, slots=True)
class Signal:
    """One kind of evidence about one subject.

    value: points on 0-100. side_gap: first minus second side. importance_gap: importance minus score, beyond the mean
    of all subjects. fall: change since the last round (a fall is negative). spread: mean absolute deviation beyond a
    sixth of the scale. meta_gap: belief about being trusted minus trust. low, high: 95 % interval. n: organizations.
    p: two-sided for side_gap and meta_gap, one-sided towards concern for the others; NaN with a reason.
    """

    code: str
    kind: SignalKind
    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    n: int = 0
    p: float = np.nan
    reason: Reason | None = None


def side_gap_signals(codes: Sequence[str], scores: FloatArray, sides: IntArray) -> tuple[Signal, ...]:
    """Gap between the two sides of every subject, national minus external. Formula 47, for ranking.

    scores: (n, k). sides: (n,), 0 first side, 1 second, anything else belongs to neither. Fewer than three
    organizations with a score on a side: `too_few`. Raises ValueError when shapes disagree.
    Mean difference, pooled variance drawn towards that of the other subjects; the exact permutation test of `gaps` is
    what a claim rests on, this only ranks.
    """
    table = _checked(codes, scores)
    side = np.asarray(sides)
    if side.shape != (len(table),):
        raise ValueError("one side per organization")
    first, second = _column_moments(table[side == 0]), _column_moments(table[side == 1])
    counts = np.minimum(first.n, second.n)
    freedom = np.maximum(first.n - 1, 0) + np.maximum(second.n - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (first.squares + second.squares) / freedom
        scale = 1.0 / first.n + 1.0 / second.n
    known = counts >= LEAST_PER_SIDE
    return _tested(codes, "side_gap", first.mean - second.mean, variance, freedom, scale, first.n + second.n, known)


def fall_signals(codes: Sequence[str], current: FloatArray, previous: FloatArray) -> tuple[Signal, ...]:
    """Change since the last round over the organizations in both. Formula 38, for ranking.

    current, previous: (n, k), the same organization in the same row. Fewer than four in both: `too_few`.
    Raises ValueError when shapes disagree. One-sided: only a fall counts.
    """
    now, before = _checked(codes, current), _checked(codes, previous)
    if now.shape != before.shape:
        raise ValueError("both rounds need the same organizations and subjects")
    moments = _column_moments(now - before)
    return _one_sample(codes, "fall", moments, direction=-1.0)


def importance_gap_signals(codes: Sequence[str], importance: FloatArray, scores: FloatArray) -> tuple[Signal, ...]:
    """Importance minus score, beyond the mean gap of all subjects. Formula 48, for ranking.

    importance, scores: (n, k), 0-100. Importance is nearly always rated above performance; what is worth a place on the
    agenda is a gap larger than the others'. So every organization's gaps are taken around their own mean; an
    organization with a missing gap is left out. Fewer than four: `too_few`; fewer than two subjects: `no_overlap`.
    Raises ValueError when shapes disagree. One-sided: only a larger gap counts.
    """
    wanted, found = _checked(codes, importance), _checked(codes, scores)
    if wanted.shape != found.shape:
        raise ValueError("importance and scores need the same organizations and subjects")
    gap = wanted - found
    gap = gap[~np.isnan(gap).any(axis=1)]
    if gap.shape[1] < 2:
        return tuple(Signal(code, "importance_gap", reason="no_overlap") for code in codes)
    return _one_sample(codes, "importance_gap", _column_moments(gap - gap.mean(axis=1, keepdims=True)), direction=1.0)


def meta_gap_signal(code: str, belief: FloatArray, trust: FloatArray) -> Signal:
    """Do partners think they are trusted more, or less, than they are? Formula 30, for ranking.

    belief, trust: (n, n), 0-100: belief[i, j] what i thinks j's trust in i is, trust[i, j] i's trust in j. Mean over
    organizations of (mean of its beliefs - mean of its trust): over a complete round robin that is the mean pair gap,
    and every organization's term rests on its own answers. Fewer than four: `too_few`.
    Raises ValueError when shapes disagree.
    """
    believed, given = np.array(belief, dtype=np.float64), np.array(trust, dtype=np.float64)
    if believed.ndim != 2 or believed.shape[0] != believed.shape[1] or believed.shape != given.shape:
        raise ValueError("belief and trust must be square matrices of one shape")
    np.fill_diagonal(believed, np.nan)
    np.fill_diagonal(given, np.nan)
    own = _column_moments(believed.T).mean - _column_moments(given.T).mean
    return _one_sample([code], "meta_gap", _column_moments(own[:, None]), direction=0.0)[0]


def spread_signals(
    codes: Sequence[str],
    positions: FloatArray,
    *,
    scale_points: int = 11,
    noise_sd: tuple[float, float] = NOISE_SD,
) -> tuple[Signal, ...]:
    """Mean absolute deviation of positions, against a sixth of the scale and against plain noise. Formulas 17 and 19.

    positions: (n, k), 0-100, one per organization. scale_points: A, the number of answers on the scale. value: AD minus
    A/6 (18.3 points for 0-10). p: that positions with the spread usual in this round, rounded to the scale, lie that
    far apart; usual is the standard deviation pooled over the subjects, held between the two values of noise_sd.
    Fewer than four organizations: `too_few`. Raises ValueError when shapes disagree.

    With eight organizations an AD above A/6 is common in pure noise of SD 18; both conditions together are not.
    AD of normal values: mean sd sqrt(2/pi (n-1)/n), variance by Herrey (1965), Technometrics 7; a gamma law with both.
    """
    from scipy.special import gammaincc

    table = _checked(codes, positions)
    step = 100.0 / (scale_points - 1)
    practical = scale_points / 6.0 * step
    moments = _column_moments(table)
    sd = float(np.hypot(_usual_sd(moments, noise_sd), step / np.sqrt(12.0)))
    far = np.abs(np.where(np.isnan(table), 0.0, table - moments.mean)).sum(axis=0)
    out = []
    for j, code in enumerate(codes):
        n = int(moments.n[j])
        if n < LEAST_PANEL:
            out.append(Signal(code, "spread", n=n, reason="too_few" if n else "no_data"))
            continue
        deviation = float(far[j]) / n
        mean, variance = _mean_deviation_of_normal(n)
        relative = variance / mean**2
        p = float(gammaincc(1.0 / relative, deviation / (sd * mean * relative)))
        beyond, half = deviation - practical, 1.96 * deviation * float(np.sqrt(relative))
        out.append(Signal(code, "spread", beyond, beyond - half, beyond + half, n, p))
    return tuple(out)


def _usual_sd(moments: _Moments, bounds: tuple[float, float]) -> float:
    freedom = float(np.maximum(moments.n - 1.0, 0.0).sum())
    pooled = float(np.sqrt(moments.squares.sum() / freedom)) if freedom > 0 else bounds[0]
    return min(max(pooled, bounds[0]), bounds[1])


def _mean_deviation_of_normal(n: int) -> tuple[float, float]:
    """Mean and variance of the mean absolute deviation from the mean of n standard normal values."""
    mean = float(np.sqrt(2.0 / np.pi * (n - 1) / n))
    inner = np.pi / 2.0 + np.sqrt(n * (n - 2.0)) - n + np.arcsin(1.0 / (n - 1.0))
    return mean, float(2.0 * (n - 1) / (n * n * np.pi) * inner)


@dataclass(frozen=True, slots=True)
class _Moments:
    n: FloatArray
    mean: FloatArray
    squares: FloatArray


def _column_moments(table: FloatArray) -> _Moments:
    known = ~np.isnan(table)
    n = known.sum(axis=0).astype(np.float64)
    mean = np.where(n > 0, np.where(known, table, 0.0).sum(axis=0) / np.maximum(n, 1.0), np.nan)
    squares = (np.where(known, table - mean, 0.0) ** 2).sum(axis=0)
    return _Moments(n, mean, squares)


def _one_sample(codes: Sequence[str], kind: SignalKind, m: _Moments, *, direction: float) -> tuple[Signal, ...]:
    freedom = np.maximum(m.n - 1.0, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance, scale = m.squares / freedom, 1.0 / m.n
    return _tested(codes, kind, m.mean, variance, freedom, scale, m.n, m.n >= LEAST_PANEL, direction=direction)


def _tested(
    codes: Sequence[str],
    kind: SignalKind,
    value: FloatArray,
    variance: FloatArray,
    freedom: FloatArray,
    scale: FloatArray,
    n: FloatArray,
    known: BoolArray,
    *,
    direction: float = 0.0,
) -> tuple[Signal, ...]:
    """t tests with variances drawn together; direction: the sign that counts, 0 for both."""
    from scipy.special import stdtr, stdtrit

    shrunk, used = _drawn_together(variance, freedom, known)
    out = []
    for j, code in enumerate(codes):
        if not known[j]:
            out.append(Signal(code, kind, n=int(n[j]), reason="too_few" if n[j] else "no_data"))
            continue
        error = float(np.sqrt(shrunk[j] * scale[j]))
        if error == 0:
            out.append(Signal(code, kind, float(value[j]), n=int(n[j]), reason="zero_variance"))
            continue
        t = float(value[j]) / error
        p = 2.0 * float(stdtr(used[j], -abs(t))) if direction == 0 else float(stdtr(used[j], -direction * t))
        half = float(stdtrit(used[j], 0.975)) * error
        out.append(Signal(code, kind, float(value[j]), float(value[j]) - half, float(value[j]) + half, int(n[j]), p))
    return tuple(out)


def _drawn_together(variance: FloatArray, freedom: FloatArray, known: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Variances and degrees of freedom after drawing each towards the mean of all, as if that had ten degrees.

    One subject alone has no neighbours: nothing is changed. Source: the moderated t of Smyth (2004), Statistical
    Applications in Genetics and Molecular Biology 3, with a fixed prior.
    """
    if known.sum() < 2:
        return np.where(known, variance, np.nan), freedom
    total = float(freedom[known].sum())
    common = float((variance[known] * freedom[known]).sum()) / total
    prior = np.minimum(PRIOR_FREEDOM, total - freedom)
    with np.errstate(invalid="ignore"):
        shrunk = (np.where(known, variance, 0.0) * freedom + prior * common) / (freedom + prior)
    return np.where(known, shrunk, np.nan), freedom + prior


def _checked(codes: Sequence[str], scores: FloatArray) -> FloatArray:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(codes):
        raise ValueError("scores need one row per organization and one column per code")
    return table
