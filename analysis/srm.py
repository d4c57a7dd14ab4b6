"""The Social Relations Model: what in T_ij comes from the rater, the rated organization and the pair.

One round robin, many at once, and several pooled. `ratings[i, j]` is always organization i about organization j; own
cells are not used. Formulas 24-29 of the measurement page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.estimates import BoolArray, FloatArray, IntArray, Reason
from analysis.srm_effects import Effects, round_robin_effects
from analysis.srm_errors import Component as Raw
from analysis.srm_errors import Moments, effect_component, relationship_component

AnyFloats = npt.NDArray[np.floating[Any]]

COMPONENTS = ("rater", "rated", "relationship", "rater_rated_covariance", "relationship_covariance")
SMALLEST = 4
VARIANCES_FROM = 6
INTERPRETABLE_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class Component:
    """One variance or covariance of the model.

    value: squared scale points, negative values kept. share: of the positive variances for a variance, correlation
    (held to -1..1) for a covariance. se, t, df: standard error and test; p: one-sided for a variance, two-sided for a
    covariance. reason: why something is missing. flags: `below_tenth` when the share is under 10 % of the total,
    so that the component is not to be interpreted.
    """

    name: str
    value: float = np.nan
    share: float = np.nan
    se: float = np.nan
    t: float = np.nan
    df: float = np.nan
    p: float = np.nan
    reason: Reason | None = None
    flags: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """Social Relations Model of one group.

    n: organizations the model rests on. n_missing: cells among them that were not answered. mean: in scale points.
    rater, rated: (n_given,) effects in points around the mean, NaN for an organization left out. relationship:
    (n_given, n_given), NaN where nothing was answered. reliability_rater, reliability_rated: 0-1, of the effects.
    components: the five of `COMPONENTS`, in that order. reason: why there is no model, or no variances.
    """

    n: int
    n_missing: int
    mean: float
    rater: FloatArray
    rated: FloatArray
    relationship: FloatArray
    reliability_rater: float
    reliability_rated: float
    components: tuple[Component, ...]
    reason: Reason | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundRobins:
    """Social Relations Models of g groups at once: the arrays behind `RoundRobin`.

    n, n_missing: (g,). mean: (g,). rater, rated: (g, n_max). relationship: (g, n_max, n_max).
    value, share, se, t, p: (g, 5) in the order of `COMPONENTS`. variance: (g, 5), squared standard errors also where
    `se` is withheld because a variance came out negative. reliability: (g, 2), rater and rated.
    too_many_missing: (g,), more unanswered cells than the model bears. settled: (g,), the imputation came to rest.
    """

    n: IntArray
    n_missing: IntArray
    mean: FloatArray
    rater: FloatArray
    rated: FloatArray
    relationship: FloatArray
    value: FloatArray
    share: FloatArray
    variance: FloatArray
    se: FloatArray
    t: FloatArray
    p: FloatArray
    reliability: FloatArray
    too_many_missing: BoolArray
    settled: BoolArray


def missing_allowed(n: int) -> int:
    """How many of the n(n - 1) cells may be unanswered: 1, 2, 4, 6, 8, 10 for n = 4 to 9, a fifth from 10 on.

    Source: the limits recommended with TripleR (Schoenbrodt, Back & Schmukle); n = 9 interpolated.
    """
    if n < SMALLEST:
        return 0
    return 10 if n == 9 else {4: 1, 5: 2, 6: 4, 7: 6, 8: 8}.get(n, int(0.2 * n * (n - 1)))


def round_robins(ratings: FloatArray, *, tolerance: float = 0.01) -> RoundRobins:
    """Social Relations Models of many groups at once.

    ratings: (g, n_max, n_max), scale points, NaN = not answered. Smaller groups are padded with NaN; an organization
    that answered nothing, or about which nothing was answered, is left out. Groups of fewer than four give NaN.
    Missing cells: formula 29 (see `round_robin_effects`), no correction of the divisor.
    Raises ValueError when ratings is not a stack of square matrices.
    """
    found = round_robin_effects(ratings, tolerance=tolerance)
    groups = found.n.shape[0]
    raw = np.full((groups, 5), np.nan)
    variance = np.full((groups, 5), np.nan)
    for n in np.unique(found.n[found.n >= SMALLEST]):
        chosen = np.flatnonzero(found.n == n)
        parts = components_of(effect_moments([found], int(n), chosen), 0)
        raw[chosen] = np.stack([part.value for part in parts], axis=1)
        variance[chosen] = np.stack([part.variance for part in parts], axis=1)
    _settle_constant(ratings, raw, variance)
    share = shares(raw)
    se, t, p = significance(raw, variance, found.n - 1.0)
    allowed = np.array([missing_allowed(n) for n in range(int(found.n.max(initial=0)) + 1)], dtype=np.int64)
    return RoundRobins(
        n=found.n,
        n_missing=found.n_missing,
        mean=found.mean,
        rater=found.rater,
        rated=found.rated,
        relationship=found.relationship,
        value=raw,
        share=share,
        variance=variance,
        se=se,
        t=t,
        p=p,
        reliability=effect_reliability(raw, found.n.astype(np.float64)),
        too_many_missing=found.n_missing > allowed[found.n],
        settled=found.settled,
    )


def effect_moments(found: Sequence[Effects], n: int, chosen: IntArray) -> Moments:
    """Mean products of the effects of p variables for the groups `chosen`, all of n organizations. Formula 25.

    Effects of organizations left out count as zero; a pair enters the relationship part when both its cells were
    answered in both variables, the divisor stays that of the complete round robin.
    """
    effects = np.stack([e.rater[chosen] for e in found] + [e.rated[chosen] for e in found], axis=1)
    effects[np.isnan(effects)] = 0.0
    pairs = np.stack([e.relationship[chosen] for e in found], axis=1)
    unknown = np.isnan(pairs)
    np.putmask(pairs, unknown | unknown.swapaxes(2, 3), 0.0)
    flat = (len(chosen), len(found), -1)
    here = pairs.reshape(flat)
    alike = here @ here.swapaxes(1, 2)
    crossed = here @ pairs.swapaxes(2, 3).reshape(flat).swapaxes(1, 2)
    return Moments(
        n=n,
        effects=effects @ effects.swapaxes(1, 2) / (n - 1),
        symmetric=(alike + crossed) / (n * (n - 3.0)),
        antisymmetric=(alike - crossed) / ((n - 1.0) * (n - 2.0)),
    )


def components_of(moments: Moments, variable: int) -> tuple[Raw, ...]:
    """The five components of one variable, in the order of `COMPONENTS`."""
    p = moments.n_variables
    rater, rated = variable, variable + p
    return (
        effect_component(moments, rater, rater),
        effect_component(moments, rated, rated),
        relationship_component(moments, variable, variable, swapped=False),
        effect_component(moments, rater, rated),
        relationship_component(moments, variable, variable, swapped=True),
    )


def shares(raw: FloatArray, extra: FloatArray | float = 0.0) -> FloatArray:
    """Standardized components. Formulas 25 and 26.

    raw: (g, 5). extra: (g,) further variance in the total (error, with two indicators).
    A variance is divided by the sum of the variances that are not negative, NaN when negative itself; the covariance
    of rater and rated effects by the root of their variances, that of relationships by their variance (this is the
    dyadic reciprocity), NaN unless the variances are positive, and held between -1 and 1.
    """
    positive = np.where(raw[:, :3] >= 0, raw[:, :3], np.nan)
    total = np.nansum(positive, axis=1) + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.full(raw.shape, np.nan)
        out[:, :3] = positive / np.where(total > 0, total, np.nan)[:, None]
        product = np.where((raw[:, 0] > 0) & (raw[:, 1] > 0), raw[:, 0] * raw[:, 1], np.nan)
        out[:, 3] = raw[:, 3] / np.sqrt(product)
        out[:, 4] = raw[:, 4] / np.where(raw[:, 2] > 0, raw[:, 2], np.nan)
    return np.asarray(np.clip(out, -1.0, 1.0), dtype=np.float64)


def significance(
    raw: FloatArray, variance: FloatArray, freedom: AnyFloats
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Standard errors, t and p of the components; NaN where a variance they rest on is negative. Formula 28.

    raw, variance: (g, 5). freedom: (g,). p is one-sided for variances, two-sided for covariances.
    """
    withheld = np.zeros(raw.shape, dtype=bool)
    withheld[:, :3] = raw[:, :3] < 0
    withheld[:, 3] = (raw[:, 0] <= 0) | (raw[:, 1] <= 0)
    withheld[:, 4] = raw[:, 2] <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.where(withheld, np.nan, np.sqrt(variance))
        t = np.where(se > 0, raw / se, np.nan)
    sides = np.array([1.0, 1.0, 1.0, 2.0, 2.0])
    return se, t, tail_probability(t, freedom[:, None]) * sides


def tail_probability(t: AnyFloats, freedom: AnyFloats) -> FloatArray:
    """P(T > abs t) of Student's t; NaN stays NaN."""
    from scipy.special import stdtr

    return np.asarray(stdtr(freedom, -np.abs(t)), dtype=np.float64)


def effect_reliability(raw: FloatArray, n: FloatArray) -> FloatArray:
    """Reliability of rater and rated effects, s/(s + s_g (n - 1)/k + s_gg/k), k = n(n - 2). Formula 27.

    raw: (g, 5). n: (g,), may be a mean size. Returns (g, 2), NaN for a negative variance.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        k = n * (n - 2.0)
        error = raw[:, 2] * (n - 1.0) / k + raw[:, 4] / k
        out = raw[:, :2] / (raw[:, :2] + error[:, None])
    return np.where((raw[:, :2] < 0) | ~np.isfinite(out), np.nan, out)


def round_robin(
    ratings: FloatArray,
    *,
    variances_from: int = VARIANCES_FROM,
    limit_missing: bool = True,
    tolerance: float = 0.01,
) -> RoundRobin:
    """Social Relations Model of one group. Formulas 24-29.

    ratings: (n, n), scale points, row = rater, column = rated, NaN = not answered, own cells unused.
    Organizations that answered nothing, or about which nothing was answered, are left out of the model.
    variances_from: smallest group whose variances are shown; below it the effects stay and the components say
    `too_few` (four is what the estimator itself needs: use it for pooling or to compare with other software).
    limit_missing: refuse the model when more cells are unanswered than `missing_allowed`.
    Fewer than four organizations: reason `too_few`. All ratings equal: components zero, reason `zero_variance`.
    Negative components are kept, with reason `negative_component` and without share, standard error or test.
    Raises ValueError when ratings is not square.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError("ratings must be a square matrix, raters in rows")
    many = round_robins(table[None], tolerance=tolerance)
    refused = bool(many.too_many_missing[0]) and limit_missing
    return _single(many, 0, variances_from=variances_from, refused=refused)


def _single(many: RoundRobins, g: int, *, variances_from: int, refused: bool) -> RoundRobin:
    n = int(many.n[g])
    reason: Reason | None = None
    if n == 0:
        reason = "no_data"
    elif n < SMALLEST or refused or n < variances_from:
        reason = "too_few"
    elif np.all(many.value[g] == 0):
        reason = "zero_variance"
    gone = n < SMALLEST or refused
    blank = np.full(many.rater.shape[1], np.nan)
    hidden = n < max(SMALLEST, variances_from) or gone
    return RoundRobin(
        n=n,
        n_missing=int(many.n_missing[g]),
        mean=float(many.mean[g]),
        rater=blank if gone else many.rater[g],
        rated=blank if gone else many.rated[g],
        relationship=np.full(many.relationship.shape[1:], np.nan) if gone else many.relationship[g],
        reliability_rater=np.nan if hidden else float(many.reliability[g, 0]),
        reliability_rated=np.nan if hidden else float(many.reliability[g, 1]),
        components=_components(many, g, reason if hidden or reason == "zero_variance" else None, hidden=hidden),
        reason=reason,
        flags=_flags(many, g),
    )


def _components(many: RoundRobins, g: int, reason: Reason | None, *, hidden: bool) -> tuple[Component, ...]:
    if hidden:
        return tuple(Component(name, reason=reason) for name in COMPONENTS)
    return name_components(
        COMPONENTS,
        value=many.value[g],
        share=many.share[g],
        se=many.se[g],
        t=many.t[g],
        p=many.p[g],
        df=float(many.n[g] - 1),
        reason=reason,
        n_variances=3,
    )


def name_components(
    names: Sequence[str],
    *,
    value: FloatArray,
    share: FloatArray,
    se: FloatArray,
    t: FloatArray,
    p: FloatArray,
    df: float,
    reason: Reason | None,
    n_variances: int,
) -> tuple[Component, ...]:
    """Rows of one group's arrays as named components; the first `n_variances` are variances."""
    out = []
    for i, name in enumerate(names):
        withheld: Reason | None = reason
        if reason is None and np.isnan(se[i]):
            withheld = "negative_component"
        small = i < n_variances and share[i] < INTERPRETABLE_SHARE
        flags = ("below_tenth",) if small else ()
        out.append(
            Component(
                name,
                float(value[i]),
                float(share[i]),
                float(se[i]),
                float(t[i]),
                df,
                float(p[i]),
                withheld,
                flags,
            )
        )
    return tuple(out)


def _flags(many: RoundRobins, g: int) -> tuple[str, ...]:
    flags = []
    if many.n_missing[g] > 0:
        flags.append("missing_cells")
    if many.too_many_missing[g]:
        flags.append("too_many_missing")
    if not many.settled[g]:
        flags.append("not_settled")
    if np.any(many.value[g, :3] < 0):
        flags.append("negative_component")
    return tuple(flags)


def _settle_constant(ratings: FloatArray, raw: FloatArray, variance: FloatArray) -> None:
    """Groups whose ratings are all equal get exact zeros instead of rounding noise."""
    for g in np.flatnonzero(np.abs(raw).sum(axis=1) < 1e-12):
        table = np.array(ratings[g], dtype=np.float64)
        np.fill_diagonal(table, np.nan)
        if np.nanmax(table) == np.nanmin(table):
            raw[g] = 0.0
            variance[g] = 0.0
