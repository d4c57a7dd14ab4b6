"""What every estimator returns: a number with its interval, or the reason why there is none.

Numbers are never rounded here, never infinite, and never replaced by a guess: a missing number is NaN with a reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Reason = Literal[
    "not_computed",  # the estimator was not run for this cell
    "no_data",  # nothing was answered
    "too_few",  # fewer people, organizations or pairs than the estimator needs
    "too_few_rounds",  # fewer rounds than a trend claim needs
    "no_overlap",  # two things never answered together
    "zero_variance",  # everything equal: the quantity is not defined
    "singular",  # a matrix has no inverse
    "negative_component",  # a variance component came out negative
    "not_converged",  # the fit did not settle
    "out_of_reach",  # the design cannot reach the significance asked for
    "complete_count",  # everybody answered: no sampling error, the measurement error is given instead
    "broken_series",  # a comparability break lies between the two values
    "suppressed",  # the disclosure rules hide it
]


class TooFewRespondents(UserWarning):
    """Too little data for a number: the result says why and holds NaN."""


class DegenerateData(UserWarning):
    """The data have no variation, or no overlap, where the quantity needs some."""


class Interval(NamedTuple):
    low: float
    high: float


NO_INTERVAL = Interval(math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with its uncertainty.

    value: the estimate, NaN when there is none. low, high: ends of the interval, NaN when there is none.
    n: units the value rests on (people, organizations, pairs or rounds: the method says which).
    method: short name of the estimator and its convention. confidence: 0-1, of the interval.
    reason: why the value, or the interval beside a value, is missing. flags: remarks that do not remove the number.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    method: str = ""
    confidence: float = 0.95
    reason: Reason | None = None
    flags: tuple[str, ...] = field(default=())

    @property
    def interval(self) -> Interval:
        return Interval(self.low, self.high)

    @property
    def is_missing(self) -> bool:
        return math.isnan(self.value)


def missing(reason: Reason, *, method: str = "", n: int = 0, flags: tuple[str, ...] = ()) -> Estimate:
    """An estimate without a number, and why."""
    return Estimate(n=n, method=method, reason=reason, flags=flags)


def nobody_complete(scores: FloatArray) -> Reason:
    """Why no row of scores, (people, items), is complete.

    `no_data`: nothing was answered at all; `no_overlap`: two items that were answered, never by the same person;
    `too_few`: everything else, such as an item that nobody answered.
    """
    answered = np.isfinite(scores)
    together = answered.T.astype(np.int64) @ answered
    asked = answered.any(axis=0)
    if not asked.any():
        return "no_data"
    return "no_overlap" if (together[np.ix_(asked, asked)] == 0).any() else "too_few"
