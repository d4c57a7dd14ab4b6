"""Ratios of the facts module: what was promised, and what was done. Formulas 34-37, 50 and 51.

Amounts give a ratio without interval: they are complete counts of money, not samples. Counts of things done out of
things due give a proportion with Wilson's interval. A denominator of zero gives no number and `no_data`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.estimates import Estimate, FloatArray, Reason, missing

ACCOUNTABILITY_CHECKS = ("policy", "targets", "joint_assessment", "inclusive", "public")
ACCOUNTABILITY_NEEDS = 4


@dataclass(frozen=True, slots=True)
class Predictability:
    """as_scheduled: share of scheduled money that came, never above 1. over_disbursed: money beyond the schedule, as a
    share of it. n of both: partners with both figures."""

    as_scheduled: Estimate
    over_disbursed: Estimate


@dataclass(frozen=True, slots=True)
class MutualAccountability:
    """passed, failed, unknown: how many of the five checks. accepted: True from four passed, False when four can no
    longer be reached, None while the unknown ones decide (reason `no_data`)."""

    passed: int
    failed: int
    unknown: int
    accepted: bool | None
    reason: Reason | None = None


def predictability(scheduled: FloatArray | float, disbursed: FloatArray | float) -> Predictability:
    """Annual predictability: money disbursed as scheduled. Formula 34.

    scheduled, disbursed: amounts, one or one per partner, not negative, NaN = not known (the pair is left out).
    sum min(disbursed, scheduled) / sum scheduled, capped partner by partner, so that one partner's excess does not
    hide another's shortfall; the excess sum max(disbursed - scheduled, 0) / sum scheduled stands apart.
    Nothing scheduled: `no_data`. Raises ValueError for negative amounts or shapes that disagree.
    Source: Paris indicator 7; GPEDC indicator 5a.
    """
    planned, paid = _amounts(scheduled, disbursed)
    total = float(planned.sum())
    if planned.size == 0 or total == 0:
        blank = missing("no_data", method="capped_ratio", n=planned.size)
        return Predictability(blank, blank)
    kept = float(np.minimum(paid, planned).sum()) / total
    excess = float(np.maximum(paid - planned, 0.0).sum()) / total
    return Predictability(
        Estimate(kept, n=planned.size, method="capped_ratio"),
        Estimate(excess, n=planned.size, method="excess_ratio"),
    )


def share_of_amount(part: FloatArray | float, whole: FloatArray | float) -> Estimate:
    """Share of money: through national systems, or recorded on budget. Formula 35.

    part, whole: amounts, one or one per partner, not negative, NaN = not known (the pair is left out). `n` counts the
    pairs. sum part / sum whole; above 1 (more recorded than disbursed) it is kept, with the flag `above_one`.
    Nothing in the whole: `no_data`. Raises ValueError for negative amounts or shapes that disagree.
    Source: Paris indicators 3 and 5.
    """
    some, every = _amounts(part, whole)
    total = float(every.sum())
    if every.size == 0 or total == 0:
        return missing("no_data", method="ratio_of_sums", n=every.size)
    ratio = float(some.sum()) / total
    return Estimate(ratio, n=every.size, method="ratio_of_sums", flags=("above_one",) if ratio > 1 else ())


def share_of_count(part: float, whole: float, *, confidence: float = 0.95) -> Estimate:
    """Proportion of countable things with Wilson's interval. Formulas 7, 35, 50 and 51.

    part, whole: counts, NaN = not known. Joint missions of all missions, documents published on time, actions done and
    verified of those due, stages closed inside their limit, disputes reopened, agenda items with an owner and a date.
    `n` is the whole. Nothing to count, or not known: `no_data`.
    Raises ValueError for negative or broken counts, part above whole, or confidence not between 0 and 1.

    (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Source: Wilson (1927), JASA 22.
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence must lie between 0 and 1")
    if math.isnan(part) or math.isnan(whole):
        return missing("no_data", method="wilson")
    if part < 0 or part > whole or part != int(part) or whole != int(whole):
        raise ValueError("counts are whole numbers, the part no larger than the whole")
    if whole == 0:
        return missing("no_data", method="wilson")
    low, high = _wilson(part / whole, whole, confidence)
    return Estimate(part / whole, low, high, int(whole), "wilson", confidence)


def _wilson(p: float, n: float, confidence: float) -> tuple[float, float]:
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2.0))
    centre, scale = p + z * z / (2.0 * n), 1.0 + z * z / n
    half = z * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    low = 0.0 if p == 0 else max(0.0, (centre - half) / scale)
    return low, 1.0 if p == 1 else min(1.0, (centre + half) / scale)


def halve_the_gap(base: float) -> float:
    """Target that halves the distance to all: base + (1 - base)/2. Formula 36.

    base: share at the start, 0-1; NaN stays NaN. Raises ValueError outside 0-1. Source: Paris indicators 3 and 7.
    """
    if base < 0 or base > 1:
        raise ValueError("a share lies between 0 and 1")
    return base + (1.0 - base) / 2.0


def reduce_stock(base: float) -> float:
    """Target that takes two thirds off a stock (of parallel units): base x (1 - 2/3). Formula 36.

    base: count at the start; NaN stays NaN. Raises ValueError when negative. Source: Paris indicator 6.
    """
    if base < 0:
        raise ValueError("a stock cannot be negative")
    return base * (1.0 - 2.0 / 3.0)


def mutual_accountability(checks: Mapping[str, bool | None]) -> MutualAccountability:
    """Four of five: policy, targets, joint assessment in the last two years, inclusive, public. Formula 37.

    checks: the five of `ACCOUNTABILITY_CHECKS`, None = not known. Raises ValueError when one is absent or unknown to
    the list. Source: GPEDC indicator 7.
    """
    if set(checks) != set(ACCOUNTABILITY_CHECKS):
        raise ValueError(f"the checks are {', '.join(ACCOUNTABILITY_CHECKS)}")
    answers = list(checks.values())
    passed, failed = sum(a is True for a in answers), sum(a is False for a in answers)
    unknown = len(answers) - passed - failed
    if passed >= ACCOUNTABILITY_NEEDS:
        return MutualAccountability(passed, failed, unknown, accepted=True)
    if passed + unknown < ACCOUNTABILITY_NEEDS:
        return MutualAccountability(passed, failed, unknown, accepted=False)
    return MutualAccountability(passed, failed, unknown, accepted=None, reason="no_data")


def median_days_overdue(days: FloatArray) -> Estimate:
    """Median days past the date agreed, over actions past it. Formula 50.

    days: one per action, zero or negative = not overdue (left out), NaN = not known (left out). `n` counts the overdue
    ones. Nothing overdue: `no_data` with the flag `nothing_overdue` when actions were there at all.
    """
    known = np.asarray(days, dtype=np.float64)
    known = known[~np.isnan(known)]
    late = known[known > 0]
    if late.size == 0:
        return missing("no_data", method="median", flags=("nothing_overdue",) if known.size else ())
    return Estimate(float(np.median(late)), n=late.size, method="median")


def _amounts(first: FloatArray | float, second: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    a, b = np.atleast_1d(np.asarray(first, dtype=np.float64)), np.atleast_1d(np.asarray(second, dtype=np.float64))
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError("amounts come in pairs")
    if np.any(a < 0) or np.any(b < 0) or np.isinf(a).any() or np.isinf(b).any():
        raise ValueError("amounts are finite and not negative")
    known = ~(np.isnan(a) | np.isnan(b))
    return a[known], b[known]
