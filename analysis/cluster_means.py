"""Means of people in organizations with intervals that know of the organizations: held fixed, or as clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray
from analysis.intervals import t_quantile
from analysis.ratings import organization_means

Correction = Literal["CR0", "CR1", "CR2"]


@dataclass(frozen=True, slots=True)
class MeanWithError:
    """A mean, its standard error and degrees of freedom, and the t interval. NaN where the data do not allow one."""

    value: float
    se: float = math.nan
    df: float = math.nan
    low: float = math.nan
    high: float = math.nan


def organization_spreads(values: FloatArray, organization: IntArray, n_organizations: int) -> FloatArray:
    """Standard deviation (n - 1) of the people of each organization, NaN below two. Shapes as `organization_means`."""
    means, count = organization_means(values, organization, n_organizations)
    known = np.isfinite(values)
    squares = (values[known] - means[organization[known]]) ** 2
    total = np.bincount(organization[known], weights=squares, minlength=n_organizations)
    return np.where(count > 1, np.sqrt(total / np.maximum(count - 1, 1)), np.nan)


def fixed_organizations(
    values: FloatArray, organization: IntArray, n_organizations: int, *, confidence: float = 0.95
) -> MeanWithError:
    """Mean of organization means when these organizations are all there are and people within them a sample.

    values: (n,), NaN left out; organization: (n,) codes. Variance sum(s_o^2/n_o)/k^2 over the k organizations with
    answers, Welch-Satterthwaite degrees of freedom. An organization of one person, or no spread anywhere: the mean
    without error. `intervals.partnership_level` with question "finite" is what the product uses: it also counts those
    who did not answer. Source: Welch (1947), Biometrika 34, 28-35.
    """
    means, count = organization_means(values, organization, n_organizations)
    has = count > 0
    if not has.any():
        return MeanWithError(math.nan)
    value = float(means[has].mean())
    parts = organization_spreads(values, organization, n_organizations)[has] ** 2 / count[has]
    total = float(parts.sum())
    if math.isnan(total):
        return MeanWithError(value)
    se = math.sqrt(total) / int(has.sum())
    if total == 0:
        return MeanWithError(value, se)
    df = total**2 / float((parts**2 / (count[has] - 1)).sum())
    return _with_interval(value, se, df, confidence)


def cluster_robust_mean(
    values: FloatArray, cluster: IntArray, *, correction: Correction = "CR2", confidence: float = 0.95
) -> MeanWithError:
    """Mean of all people (each one voice) with a standard error robust to likeness within organizations.

    values: (n,), NaN left out; cluster: (n,) codes. CR0: no correction; CR1: times k/(k - 1); CR2: Bell & McCaffrey,
    each cluster's residual sum divided by sqrt(1 - n_g/N), the choice for few clusters. Satterthwaite degrees of
    freedom under independence. One cluster: the mean without error. Agrees with R clubSandwich.
    Source: Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36, 672-683.
    """
    known = np.isfinite(values)
    _, codes = np.unique(cluster[known], return_inverse=True)
    known_values = values[known]
    if known_values.size == 0:
        return MeanWithError(math.nan)
    value = float(known_values.mean())
    size = np.bincount(codes).astype(float)
    if size.size < 2:
        return MeanWithError(value)
    residual = np.bincount(codes, weights=known_values - value)
    weight = _corrections(size, correction) / size.sum()
    se = math.sqrt(float((weight * residual) ** 2 @ np.ones(size.size)))
    products = np.outer(weight, weight) * (np.diag(size) - np.outer(size, size) / size.sum())
    df = float(np.trace(products)) ** 2 / float((products**2).sum())
    return _with_interval(value, se, df, confidence)


def _corrections(size: FloatArray, correction: Correction) -> FloatArray:
    if correction == "CR2":
        return np.asarray(1 / np.sqrt(1 - size / size.sum()))
    k = size.size
    return np.full(k, math.sqrt(k / (k - 1)) if correction == "CR1" else 1.0)


def _with_interval(value: float, se: float, df: float, confidence: float) -> MeanWithError:
    half = t_quantile(confidence, df) * se
    return MeanWithError(value, se, df, value - half, value + half)
