"""Which choice moves a result: first-order and total sensitivity indices by Monte Carlo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, Reason

Model = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Shares of the variance of a model's output due to each of d inputs.

    first: (d,), due to the input alone. total: (d,), with everything it takes part in. Sampling error makes small
    negative values possible; they are kept. sample: (2n,) outputs at the independent points, for medians and quantiles.
    n_runs: n (d + 2), how often the model was run. reason: `zero_variance` when nothing moves, `no_data` when every run
    failed.
    """

    first: FloatArray
    total: FloatArray
    sample: FloatArray
    n_runs: int
    reason: Reason | None = None


def sensitivity_indices(model: Model, d: int, *, n: int, rng: np.random.Generator) -> Sensitivity:
    """First-order and total indices of a function of d independent uniform inputs. Formula 33.

    model: takes (points, d) in [0, 1), returns (points,); NaN where a run has no result: such points are left out of
    all indices that use them. n: base sample; the model runs n (d + 2) times.
    Raises ValueError when d or n is not positive.

    With A, B independent samples and AB_i = A with column i from B:
    S_i = mean(f(B) (f(AB_i) - f(A))) / V, outputs centred; T_i = mean((f(A) - f(AB_i))^2) / (2 V).
    Sources: Saltelli et al. (2010), Computer Physics Communications 181; Jansen (1999), same journal, 117.
    """
    if d < 1 or n < 1:
        raise ValueError("sensitivity needs at least one input and one point")
    a, b = _stratified(rng, n, d), _stratified(rng, n, d)
    at_a, at_b = model(a), model(b)
    sample = np.concatenate([at_a, at_b])
    if np.isnan(sample).all():
        return Sensitivity(np.full(d, np.nan), np.full(d, np.nan), sample, n * (d + 2), "no_data")
    centre, variance = float(np.nanmean(sample)), float(np.nanvar(sample))
    if variance <= (1e-12 * max(1.0, abs(centre))) ** 2:
        return Sensitivity(np.full(d, np.nan), np.full(d, np.nan), sample, n * (d + 2), "zero_variance")
    mixed = np.repeat(a[None], d, axis=0)
    for i in range(d):
        mixed[i, :, i] = b[:, i]
    at_mixed = model(mixed.reshape(d * n, d)).reshape(d, n)
    moved = at_mixed - at_a
    return Sensitivity(
        first=_row_mean((at_b - centre) * moved) / variance,
        total=_row_mean(moved**2) / (2.0 * variance),
        sample=sample,
        n_runs=n * (d + 2),
    )


def _row_mean(values: FloatArray) -> FloatArray:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _stratified(rng: np.random.Generator, n: int, d: int) -> FloatArray:
    """Latin hypercube: every input has one point in each of n equal slices."""
    slices = np.stack([rng.permutation(n) for _ in range(d)], axis=1)
    return np.asarray((slices + rng.random((n, d))) / n, dtype=np.float64)
