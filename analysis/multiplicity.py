"""p values of several tests made together. Missing p stay missing and do not count as tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from analysis.estimates import FloatArray


def holm(p: npt.ArrayLike) -> FloatArray:
    """p adjusted by Holm: the chance of any false claim among all tests stays below the level, whatever the dependence.

    p: (m,) raw two-sided p, NaN where there was no test. Returns (m,), NaN in the same places, never below p.
    Raises ValueError for a p outside 0-1. Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    return _adjusted(p, lambda sorted_p: np.maximum.accumulate(sorted_p * np.arange(sorted_p.size, 0, -1)))


def bonferroni(p: npt.ArrayLike) -> FloatArray:
    """p times the number of tests made, at most 1. Shapes and missing values as in `holm`."""
    return _adjusted(p, lambda sorted_p: sorted_p * sorted_p.size)


def benjamini_hochberg(p: npt.ArrayLike) -> FloatArray:
    """p adjusted so that the expected share of false claims stays below the level, for independent tests.

    Shapes and missing values as in `holm`. Source: Benjamini & Hochberg (1995), JRSS B 57, 289-300.
    """
    return _adjusted(p, _step_up)


def benjamini_yekutieli(p: npt.ArrayLike) -> FloatArray:
    """As `benjamini_hochberg`, holding under any dependence. Source: Benjamini & Yekutieli (2001), Annals of
    Statistics 29, 1165-1188."""
    return _adjusted(p, lambda sorted_p: _step_up(sorted_p) * float((1.0 / np.arange(1, sorted_p.size + 1)).sum()))


def _step_up(sorted_p: FloatArray) -> FloatArray:
    m = sorted_p.size
    stepped = np.minimum.accumulate((sorted_p * m / np.arange(1, m + 1))[::-1])[::-1]
    return np.asarray(stepped, dtype=np.float64)


def _adjusted(p: npt.ArrayLike, of_sorted: Callable[[FloatArray], FloatArray]) -> FloatArray:
    raw = np.asarray(p, dtype=np.float64).ravel()
    known = np.flatnonzero(~np.isnan(raw))
    if np.any((raw[known] < 0) | (raw[known] > 1)):
        raise ValueError("p must lie between 0 and 1")
    out = np.full(raw.size, np.nan)
    order = known[np.argsort(raw[known], kind="stable")]
    out[order] = np.minimum(of_sorted(raw[order]), 1.0) if order.size else raw[order]
    return out
