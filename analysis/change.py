"""Change between two rounds (formulas 38-40): the same organizations, others, or some of each.

Both rounds come as aligned arrays, one place per organization, NaN where it did not answer. Change is second minus
first. All of it asks about the underlying level (infinite question): organizations as a sample of what could have been.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import BoolArray, Estimate, FloatArray, Reason, missing
from analysis.intervals import FEWEST_FOR_INTERVAL, t_quantile
from analysis.permutation import NO_TAILS, Tails, sign_flip_tails
from analysis.ranks import RankTest, signed_rank

FEWEST_COMMON = 5  # organizations in both rounds, before their correlation is believed


@dataclass(frozen=True, slots=True)
class Change:
    """A change with its test. estimate: change and interval. se, df, t, p: of the test, two-sided, NaN without one."""

    estimate: Estimate
    se: float = math.nan
    df: float = math.nan
    t: float = math.nan
    p: float = math.nan


@dataclass(frozen=True, slots=True)
class PairedTests:
    """What the t interval of a paired change is checked against.

    signed_rank: Wilcoxon's, exact. sign_flip: of the mean, exact to 36 pairs; its `smallest` is what the design can
    reach (five pairs cannot pass .05). reason: why there is none.
    """

    signed_rank: RankTest
    sign_flip: Tails
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class StandardizedChange:
    """Change over a standard deviation. d_z: of the differences. d_av: root mean variance of both rounds. n: pairs."""

    d_z: float
    d_av: float
    n: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """Change beyond measurement noise, one by one. Arrays of the shape asked about.

    value: points. rc: value over its standard error of measurement. beyond_noise: |rc| above the quantile; never for
    NaN. mdc95: smallest change distinguishable from noise (at the confidence asked for).
    """

    value: FloatArray
    rc: FloatArray
    beyond_noise: BoolArray
    mdc95: FloatArray


def paired_change(first: FloatArray, second: FloatArray, *, confidence: float = 0.95) -> Estimate:
    """Mean change of the organizations in both rounds, with Student's t interval. Formula 38.

    first, second: (n_organizations,) scores 0-100, the same organization in the same place; NaN pairs are left out.
    n counts the pairs. No pair: `no_overlap` (`no_data` when a round is empty). Below four pairs: the change without
    interval, `too_few`; all changes equal: the change without interval, `zero_variance`. Raises ValueError for shapes
    that disagree. Where confidentiality allows one figure only, `overlapping_change` is the one published.
    """
    return paired_test(first, second, confidence=confidence).estimate


def independent_change(first: FloatArray, second: FloatArray, *, confidence: float = 0.95) -> Estimate:
    """Change of the mean as if the rounds had no organization in common: Welch's interval.

    For series whose charter switches pairing off. Arguments as in `paired_change`; lengths may differ. n counts the
    organizations of both rounds. Below four in either round: without interval, `too_few`. Wider than needed when the
    same organizations answered (independence is the worst case for positive correlation).
    """
    return welch_test(first, second, confidence=confidence).estimate


def overlapping_change(first: FloatArray, second: FloatArray, *, confidence: float = 0.95) -> Estimate:
    """Change of the mean when some organizations answered both rounds and others one of them. Formula 39.

    The difference of the two means is a sum over organizations: those in both rounds contribute b/n2 - a/n1, the
    others one of the two. Its variance is n_c times the variance of the first kind, plus s1^2 and s2^2 for the others;
    degrees of freedom by Satterthwaite, s1 and s2 counted as related by the share of organizations in both. It
    estimates s1^2/n1 + s2^2/n2 - 2 n_c r s1 s2/(n1 n2) without having to believe a correlation from a handful of
    pairs: that form (see `overlapping_test`) covers up to 99.9 % with few organizations, this one 94-98 %.
    With everybody in both rounds it is the paired interval, with nobody Welch's; one organization alone in both is
    treated as two different ones.
    Arguments as in `paired_change`. n counts the organizations in either round. Below four in either round: without
    interval, `too_few`; no variation: `zero_variance`.
    """
    return overlapping_test(first, second, confidence=confidence).estimate


def paired_test(first: FloatArray, second: FloatArray, *, confidence: float = 0.95, fewest: int = 4) -> Change:
    """`paired_change` with its t test. fewest: pairs an interval needs, at least 2; below it no t and no p."""
    a, b = _aligned(first, second)
    d = (b - a)[~np.isnan(a) & ~np.isnan(b)]
    if not d.size:
        empty = np.isnan(a).all() or np.isnan(b).all()
        return Change(missing("no_data" if empty else "no_overlap", method="paired t"))
    se = _sd(d) / math.sqrt(d.size)
    return _change(float(d.mean()), se, d.size - 1, d.size, "paired t", confidence, enough=d.size >= max(2, fewest))


def welch_test(first: FloatArray, second: FloatArray, *, confidence: float = 0.95, fewest: int = 4) -> Change:
    """`independent_change` with its t test. fewest: organizations each round needs, at least 2; below it no t."""
    a, b = _known(first), _known(second)
    if not a.size or not b.size:
        return Change(missing("no_data", method="Welch", n=a.size + b.size))
    enough = min(a.size, b.size) >= max(2, fewest)
    va, vb = _sd(a) ** 2 / a.size, _sd(b) ** 2 / b.size
    df = _welch_df(va, vb, a.size, b.size)
    value = float(b.mean()) - float(a.mean())
    return _change(value, math.sqrt(va + vb), df, a.size + b.size, "Welch", confidence, enough=enough)


def overlapping_test(
    first: FloatArray,
    second: FloatArray,
    *,
    confidence: float = 0.95,
    form: Literal["components", "correlation"] = "components",
    fewest_common: int = FEWEST_COMMON,
    fewest: int = FEWEST_FOR_INTERVAL,
) -> Change:
    """`overlapping_change` with its t test. fewest: organizations each round needs, at least 2.

    form "correlation" is the textbook's: r from the n_c pairs (0 below fewest_common), degrees of freedom between the
    paired and Welch's: T_new2 of Derrick, Russ, Toher & White (2017), Journal of Modern Applied Statistical Methods
    16(1), 137-157.
    """
    a, b = _aligned(first, second)
    in_a, in_b = ~np.isnan(a), ~np.isnan(b)
    n1, n2, n = int(in_a.sum()), int(in_b.sum()), int((in_a | in_b).sum())
    method = "partially overlapping t"
    if not n1 or not n2:
        return Change(missing("no_data", method=method, n=max(n1, n2)))
    value, enough = float(b[in_b].mean()) - float(a[in_a].mean()), min(n1, n2) >= max(2, fewest)
    if form == "components":
        variance, df = _component_variance(a, b)
    else:
        variance, df = _correlated_variance(a, b, fewest_common)
    return _change(value, math.sqrt(max(0.0, variance)), df, n, method, confidence, enough=enough)


def _component_variance(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    in_a, in_b = ~np.isnan(a), ~np.isnan(b)
    n1, n2, common = int(in_a.sum()), int(in_b.sum()), in_a & in_b
    n_c = int(common.sum())
    paired = n_c if n_c > 1 else 0
    first, second = (n1 - paired) * _sd(a[in_a]) ** 2 / n1**2, (n2 - paired) * _sd(b[in_b]) ** 2 / n2**2
    both = n_c * _sd(b[common] / n2 - a[common] / n1) ** 2 if paired else 0.0
    f1, f2, f3 = max(n1 - 1, 1), max(n2 - 1, 1), max(n_c - 1, 1)
    # s1 and s2 rest on the same organizations in part, so their errors do not cancel
    shared = 2 * paired / max(n1, n2) * first * second / math.sqrt(f1 * f2)
    below = first**2 / f1 + second**2 / f2 + both**2 / f3 + shared
    total = first + second + both
    return total, total**2 / below if below > 0 else math.nan


def _correlated_variance(a: FloatArray, b: FloatArray, fewest_common: int) -> tuple[float, float]:
    in_a, in_b = ~np.isnan(a), ~np.isnan(b)
    n1, n2, common = int(in_a.sum()), int(in_b.sum()), in_a & in_b
    n_c, s1, s2 = int(common.sum()), _sd(a[in_a]), _sd(b[in_b])
    believed = n_c >= max(2, fewest_common)
    r = correlation(a[common], b[common]) if believed else 0.0
    r = 0.0 if math.isnan(r) else r
    welch = _welch_df(s1**2 / n1, s2**2 / n2, n1, n2)
    alone = n1 + n2 - 2 * n_c
    # a correlation that is not used earns no degrees of freedom from the pairs
    df = n_c - 1 + (welch - n_c + 1) / (alone + 2 * n_c) * alone if believed else welch
    return s1**2 / n1 + s2**2 / n2 - 2 * n_c * r * s1 * s2 / (n1 * n2), df


def paired_tests(first: FloatArray, second: FloatArray, rng: np.random.Generator | None = None) -> PairedTests:
    """Exact tests beside `paired_change`; both ask nothing of the shape of the changes but symmetry.

    Arguments as in `paired_change`; rng only above 36 pairs. Fewer than two pairs: `too_few`.
    """
    a, b = _aligned(first, second)
    d = (b - a)[~np.isnan(a) & ~np.isnan(b)]
    if d.size < 2:
        return PairedTests(RankTest(n=d.size, reason="too_few"), NO_TAILS, "too_few")
    return PairedTests(signed_rank(d), sign_flip_tails(d, rng))


def standardized_change(first: FloatArray, second: FloatArray) -> StandardizedChange:
    """Mean change over the standard deviation of the changes (d_z) and of the scores (d_av), pairs only.

    Arguments as in `paired_change`. Fewer than two pairs: `too_few`; a standard deviation of zero leaves that NaN,
    with `zero_variance`.
    """
    a, b = _aligned(first, second)
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(both.sum())
    if n < 2:
        return StandardizedChange(math.nan, math.nan, n, "too_few")
    mean, sd = float((b - a)[both].mean()), _sd((b - a)[both])
    scale = math.sqrt((_sd(a[both]) ** 2 + _sd(b[both]) ** 2) / 2)
    reason: Reason | None = "zero_variance" if sd == 0 or scale == 0 else None
    return StandardizedChange(mean / sd if sd else math.nan, mean / scale if scale else math.nan, n, reason)


def reliable_change(
    first: FloatArray,
    second: FloatArray,
    *,
    sem: FloatArray | float,
    sem_second: FloatArray | float | None = None,
    confidence: float = 0.95,
    quantile: float | None = None,
) -> ReliableChange:
    """Is the change of one organization, or one pair, more than measurement noise? Formula 40.

    first, second: arrays of one shape. sem: standard error of measurement of a score (see `measurement_error`), one
    for all or one each; sem_second: that of the second score where it differs (fewer people answered, say).
    rc = (x2 - x1)/sqrt(sem^2 + sem_second^2): both scores carry error, the correction of Christensen & Mendoza (1986),
    Behavior Therapy 17, 305-308; with equal errors Jacobson & Truax (1991), Journal of Consulting and Clinical
    Psychology 59, 12-19. quantile: 1.96 to the digit where a published index says so; else from confidence.
    A missing score or error, or an error of zero: NaN and not beyond noise. It says nothing about causes.
    """
    a, b = np.broadcast_arrays(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    error = np.hypot(sem, sem if sem_second is None else sem_second) * np.ones(a.shape)
    cut = quantile if quantile is not None else _normal_quantile(confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        rc = np.where(error > 0, (b - a) / error, np.nan)
    return ReliableChange(b - a, rc, np.asarray(np.abs(rc) > cut), np.asarray(cut * error))


def measurement_error(scores: FloatArray, reliability: float) -> float:
    """Standard error of measurement s sqrt(1 - reliability). scores: (n,), NaN left out; fewer than two: NaN.

    Raises ValueError for a reliability above 1. Formula 11.
    """
    if not reliability <= 1:
        raise ValueError("reliability cannot exceed 1")
    known = _known(scores)
    return _sd(known) * math.sqrt(1 - reliability) if known.size > 1 else math.nan


def correlation(first: FloatArray, second: FloatArray) -> float:
    """Pearson's r of complete pairs; NaN below two pairs or without variation."""
    a, b = first - first.mean() if first.size else first, second - second.mean() if second.size else second
    scale = math.sqrt(float((a**2).sum()) * float((b**2).sum()))
    return max(-1.0, min(1.0, float((a * b).sum()) / scale)) if first.size > 1 and scale > 0 else math.nan


def _change(value: float, se: float, df: float, n: int, method: str, confidence: float, *, enough: bool) -> Change:
    if not enough:
        return Change(Estimate(value, n=n, method=method, confidence=confidence, reason="too_few"), se, df)
    if se <= 1e-12 * max(1.0, abs(value)):
        return Change(Estimate(value, n=n, method=method, confidence=confidence, reason="zero_variance"), 0.0, df)
    from scipy.special import stdtr

    half, t = t_quantile(confidence, df) * se, value / se
    estimate = Estimate(value, value - half, value + half, n, method, confidence)
    return Change(estimate, se, df, t, float(2 * stdtr(df, -abs(t))))


def _welch_df(va: float, vb: float, n1: int, n2: int) -> float:
    below = (va**2 / (n1 - 1) if n1 > 1 else 0.0) + (vb**2 / (n2 - 1) if n2 > 1 else 0.0)
    return (va + vb) ** 2 / below if below > 0 else math.nan


def _sd(values: FloatArray) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else math.nan


def _known(values: FloatArray) -> FloatArray:
    found = np.asarray(values, dtype=np.float64).ravel()
    return found[~np.isnan(found)]


def _aligned(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError("both rounds need one place for each organization")
    return a, b


def _normal_quantile(confidence: float) -> float:
    from scipy.special import ndtri

    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    return float(ndtri(0.5 + confidence / 2))
