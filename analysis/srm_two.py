"""Two variables in one round robin: trust beside belief about being trusted, or two indicators of one construct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, Reason
from analysis.srm import (
    COMPONENTS,
    SMALLEST,
    VARIANCES_FROM,
    Component,
    RoundRobin,
    effect_moments,
    name_components,
    round_robin,
    shares,
    significance,
    tail_probability,
)
from analysis.srm_effects import Effects, round_robin_effects
from analysis.srm_errors import Moments, effect_component, effect_covariance, relationship_component

LINKS = (
    "rater_rater",
    "rated_rated",
    "rater_rated",
    "rated_rater",
    "relationship_same_direction",
    "relationship_opposite_direction",
)
# What the six links say when the first variable is trust (D7) and the second the belief about being trusted (D8).
META_PERCEPTION = (
    "assumed_reciprocity_of_raters",
    "generalized_assumed_reciprocity",
    "meta_accuracy_of_raters",
    "generalized_meta_accuracy",
    "dyadic_assumed_reciprocity",
    "dyadic_meta_accuracy",
)


@dataclass(frozen=True, slots=True)
class TwoVariables:
    """Bivariate Social Relations Model.

    n: organizations with answers in both variables. first, second: the model of each variable on them.
    links: the six covariances in the order of `LINKS` (and of `META_PERCEPTION`); `share` is the correlation of the
    effects, held to -1..1. reason: why there are none.
    """

    n: int
    first: RoundRobin
    second: RoundRobin
    links: tuple[Component, ...]
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Unstable:
    """What the two indicators do not share, in squared points: mean of their components minus the stable one."""

    rater: float
    rated: float
    relationship: float
    rater_rated_covariance: float
    relationship_covariance: float


@dataclass(frozen=True, slots=True)
class TwoIndicators:
    """Social Relations Model of one construct with two indicators: relationship separated from error.

    components: stable parts in the order of `COMPONENTS`. error: sum of the positive unstable variances, squared
    points; error_share: of the total. rater, rated: effects, mean of the indicators. reliability_*: 0-1, of the means.
    dyadic_error: what stood for the unstable relationship covariance in them.
    """

    n: int
    components: tuple[Component, ...]
    unstable: Unstable
    error: float
    error_share: float
    rater: FloatArray
    rated: FloatArray
    reliability_rater: float
    reliability_rated: float
    reliability_relationship: float
    dyadic_error: float = np.nan
    reason: Reason | None = None


def two_variables(first: FloatArray, second: FloatArray, *, variances_from: int = VARIANCES_FROM) -> TwoVariables:
    """Bivariate Social Relations Model, for meta-perception among others. Formula 30.

    first, second: (n, n), scale points, row = rater, NaN = not answered. Organizations without answers in either
    variable are left out of both. variances_from: as in `round_robin`.
    A link whose variances are not positive keeps its covariance, without correlation, error and test, and says
    `negative_component`. All links are tested two-sided with n - 1 degrees of freedom.
    Raises ValueError when the two are not square matrices of one shape.

    Covariances: as the variances of formula 25, with products of two variables; errors: formula 28.
    Source: Kenny (1994); errors re-derived (see `srm_errors`), as Bond & Lashley (1996) and TripleR 1.5.4.
    """
    x, y = _on_common_members(first, second)
    models = [round_robin(table, variances_from=variances_from, limit_missing=False) for table in (x, y)]
    found, n = _effects_of(x, y)
    if n < max(SMALLEST, variances_from):
        blank = tuple(Component(name, reason="too_few") for name in LINKS)
        return TwoVariables(n, models[0], models[1], blank, "too_few")
    moments = effect_moments(found, n, np.array([0]))
    value, variance = _links(moments)
    scale = _link_variances(moments)
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = np.where((scale > 0).all(axis=0), scale[0] * scale[1], np.nan)
        correlation = np.clip(value / np.sqrt(positive), -1.0, 1.0)
        se = np.where(np.isnan(positive), np.nan, np.sqrt(variance))
        t = np.where(se > 0, value / se, np.nan)
    p = 2.0 * tail_probability(t, np.full(6, n - 1.0))
    links = name_components(
        LINKS, value=value, share=correlation, se=se, t=t, p=p, df=n - 1.0, reason=None, n_variances=0
    )
    return TwoVariables(n, models[0], models[1], links)


def _links(moments: Moments) -> tuple[FloatArray, FloatArray]:
    parts = (
        effect_component(moments, 0, 1),
        effect_component(moments, 2, 3),
        effect_component(moments, 0, 3),
        effect_component(moments, 2, 1),
        relationship_component(moments, 0, 1, swapped=False),
        relationship_component(moments, 0, 1, swapped=True),
    )
    return np.array([part.value[0] for part in parts]), np.array([part.variance[0] for part in parts])


def _link_variances(moments: Moments) -> FloatArray:
    """(2, 6): the two variances a link connects."""
    rater = [effect_component(moments, v, v).value[0] for v in (0, 1)]
    rated = [effect_component(moments, v, v).value[0] for v in (2, 3)]
    pair = [relationship_component(moments, v, v, swapped=False).value[0] for v in (0, 1)]
    return np.array(
        [
            [rater[0], rated[0], rater[0], rated[0], pair[0], pair[0]],
            [rater[1], rated[1], rated[1], rater[1], pair[1], pair[1]],
        ]
    )


def two_indicators(
    first: FloatArray,
    second: FloatArray,
    *,
    variances_from: int = VARIANCES_FROM,
    covariance_error: Literal["of_mean", "root_mean_square"] = "of_mean",
    dyadic_error: Literal["own", "generalized"] = "own",
) -> TwoIndicators:
    """Social Relations Model of one construct with two indicators. Formulas 24-28.

    first, second: (n, n), scale points, row = rater, NaN = not answered.
    covariance_error: standard error of the rater-rated covariance, the mean of two estimates: of that mean, their
    covariance included, or the root of the mean square of the two errors (TripleR 1.5.4).
    dyadic_error: what stands for the unstable relationship covariance in the reliabilities: its own value, or the one
    TripleR 1.5.4 puts there (mean rater-rated covariance minus stable relationship covariance, a slip of the index).
    Too few organizations, negative components: as in `round_robin`.
    Raises ValueError when the two are not square matrices of one shape.

    Stable components are the covariances between indicators; reliability = stable/(stable + unstable/2 + ...), the
    relationship terms of formula 27 entering as stable + unstable/2.
    Source: Bonito & Kenny (2010), Personal Relationships 17; latent analysis of TripleR 1.5.4.
    """
    x, y = _on_common_members(first, second)
    found, n = _effects_of(x, y)
    rater, rated = (found[0].rater[0] + found[1].rater[0]) / 2.0, (found[0].rated[0] + found[1].rated[0]) / 2.0
    if n < max(SMALLEST, variances_from):
        blank = tuple(Component(name, reason="too_few") for name in COMPONENTS)
        nothing = Unstable(*[np.nan] * 5)
        return TwoIndicators(n, blank, nothing, np.nan, np.nan, rater, rated, np.nan, np.nan, np.nan, reason="too_few")
    moments = effect_moments(found, n, np.array([0]))
    stable, variance = _stable(moments, covariance_error)
    unstable = _mean_components(moments) - stable
    error = float(np.maximum(unstable[:3], 0.0).sum())
    raw = stable[None]
    se, t, p = significance(raw, variance[None], np.array([n - 1.0]))
    se, t, p = _with_covariance_tests(stable, variance, (se[0], t[0], p[0]), n)
    share = shares(raw, error)[0]
    total = float(np.maximum(stable[:3], 0.0).sum()) + error
    dyadic = float(_mean_components(moments)[3] - stable[4] if dyadic_error == "generalized" else unstable[4])
    reliability = _two_indicator_reliability(stable, unstable, dyadic, n)
    return TwoIndicators(
        n=n,
        components=name_components(
            COMPONENTS, value=stable, share=share, se=se, t=t, p=p, df=n - 1.0, reason=None, n_variances=3
        ),
        unstable=Unstable(*(float(u) for u in unstable)),
        error=error,
        error_share=error / total if total > 0 else np.nan,
        rater=rater,
        rated=rated,
        reliability_rater=reliability[0],
        reliability_rated=reliability[1],
        reliability_relationship=reliability[2],
        dyadic_error=dyadic,
    )


def _stable(moments: Moments, covariance_error: str) -> tuple[FloatArray, FloatArray]:
    links, errors = _links(moments)
    crossed = errors[2:4].mean()
    if covariance_error == "of_mean":
        crossed = (errors[2] + errors[3] + 2.0 * effect_covariance(moments, (0, 3), (2, 1))[0]) / 4.0
    value = np.array([links[0], links[1], links[4], links[2:4].mean(), links[5]])
    return value, np.array([errors[0], errors[1], errors[4], crossed, errors[5]])


def _with_covariance_tests(
    stable: FloatArray, variance: FloatArray, found: tuple[FloatArray, FloatArray, FloatArray], n: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The two covariances keep their test even where a stable variance is negative, as in TripleR."""
    se, t, p = found
    for i in (3, 4):
        se[i] = np.sqrt(variance[i])
        t[i] = stable[i] / se[i] if se[i] > 0 else np.nan
        p[i] = 2.0 * tail_probability(t[i : i + 1], np.array([n - 1.0]))[0]
    return se, t, p


def _mean_components(moments: Moments) -> FloatArray:
    """Mean over the two indicators of the five components."""
    rows = [
        [
            effect_component(moments, v, v).value[0],
            effect_component(moments, v + 2, v + 2).value[0],
            relationship_component(moments, v, v, swapped=False).value[0],
            effect_component(moments, v, v + 2).value[0],
            relationship_component(moments, v, v, swapped=True).value[0],
        ]
        for v in (0, 1)
    ]
    return np.asarray(np.mean(np.array(rows), axis=0), dtype=np.float64)


def _two_indicator_reliability(
    stable: FloatArray, unstable: FloatArray, dyadic: float, n: int
) -> tuple[float, float, float]:
    k = n * (n - 2.0)
    pair = stable[2] + unstable[2] / 2.0
    noise = pair * (n - 1.0) / k + (stable[4] + dyadic / 2.0) / k
    out = []
    for value, total in (
        (stable[0], stable[0] + unstable[0] / 2.0 + noise),
        (stable[1], stable[1] + unstable[1] / 2.0 + noise),
        (stable[2], pair),
    ):
        out.append(float(value / total) if value >= 0 and total != 0 else float("nan"))
    return out[0], out[1], out[2]


def _effects_of(x: FloatArray, y: FloatArray) -> tuple[list[Effects], int]:
    found = [round_robin_effects(table[None]) for table in (x, y)]
    return found, int(min(found[0].n[0], found[1].n[0]))


def _on_common_members(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both tables with the same organizations left: those that answer and are answered about in both."""
    x, y = np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] != x.shape[1] or x.shape != y.shape:
        raise ValueError("both variables must be square matrices of one shape, raters in rows")
    while True:
        found = [~np.isnan(round_robin_effects(table[None]).rater[0]) for table in (x, y)]
        if np.array_equal(found[0], found[1]):
            return x, y
        gone = ~(found[0] & found[1])
        for table in (x, y):
            table[gone, :] = np.nan
            table[:, gone] = np.nan
