"""Do partners trust those who trust them? Raw agreement of the two directions, and what the model says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, Reason
from analysis.srm import SMALLEST, RoundRobins, round_robins


@dataclass(frozen=True, slots=True)
class Reciprocity:
    """Agreement between the two directions of the pairs of one group.

    dyads: pairs answered both ways. double_entry_r: correlation of the pairs entered twice. ms_between, ms_within,
    icc, f, df_between, df_within, p: one-way analysis of variance of pairs, p one-sided. mean_abs_gap: scale points.
    share_mutual, share_one_sided: pairs where both, or only one, reach the threshold; NaN without one.
    generalized_covariance, generalized_r: rater with rated effects, freed of error. dyadic_covariance, dyadic_r: the
    two relationship effects of a pair. naive_pair_r, naive_effect_r: correlations of the estimated effects themselves:
    biased, given as a warning. reason: why there are no numbers from the pairs.
    """

    n: int
    dyads: int
    double_entry_r: float = np.nan
    ms_between: float = np.nan
    ms_within: float = np.nan
    icc: float = np.nan
    f: float = np.nan
    df_between: float = np.nan
    df_within: float = np.nan
    p: float = np.nan
    mean_abs_gap: float = np.nan
    share_mutual: float = np.nan
    share_one_sided: float = np.nan
    generalized_covariance: float = np.nan
    generalized_r: float = np.nan
    dyadic_covariance: float = np.nan
    dyadic_r: float = np.nan
    naive_pair_r: float = np.nan
    naive_effect_r: float = np.nan
    reason: Reason | None = None


def reciprocity(ratings: FloatArray, *, threshold: float | None = None) -> Reciprocity:
    """Reciprocity of a round robin, raw and from the Social Relations Model. Formula 26.

    ratings: (n, n), scale points, row = rater, NaN = not answered, own cells unused. threshold: a rating from which a
    partner counts as trusted. Pairs answered one way only are left out of the raw measures.
    Fewer than two pairs: `too_few`; all ratings equal: `zero_variance` (the gap and the shares are still given).
    The model's part is NaN below four organizations.
    Raises ValueError when ratings is not square.

    icc = (MSB - MSW)/(MSB + MSW), F = MSB/MSW with N - 1 and N degrees of freedom for N pairs; the double-entry
    correlation is its maximum-likelihood sibling. generalized_r = s_ab/sqrt(s_a s_b), dyadic_r = s_gg/s_g.
    Source: Kenny, Kashy & Cook (2006), Dyadic Data Analysis.
    """
    table = np.array(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError("ratings must be a square matrix, raters in rows")
    np.fill_diagonal(table, np.nan)
    model = round_robins(table[None])
    i, j = np.triu_indices(len(table), 1)
    both = ~np.isnan(table[i, j]) & ~np.isnan(table[j, i])
    x, y = table[i, j][both], table[j, i][both]
    answering = int((~np.isnan(table).all(axis=1) | ~np.isnan(table).all(axis=0)).sum())
    values, reason = _raw(x, y, threshold)
    return Reciprocity(n=answering, dyads=int(x.size), **values, **_model_part(model), reason=reason)


def _raw(x: FloatArray, y: FloatArray, threshold: float | None) -> tuple[dict[str, float], Reason | None]:
    pairs = x.size
    if pairs == 0:
        return {}, "no_overlap"
    values = {"mean_abs_gap": float(np.abs(x - y).mean())}
    if threshold is not None:
        high, back = x >= threshold, y >= threshold
        values["share_mutual"] = float((high & back).mean())
        values["share_one_sided"] = float((high != back).mean())
    if pairs < 2:
        return values, "too_few"
    if np.ptp(np.concatenate([x, y])) == 0:
        return values, "zero_variance"
    return values | _variance_of_pairs(x, y), None


def _variance_of_pairs(x: FloatArray, y: FloatArray) -> dict[str, float]:
    from scipy.special import fdtrc

    pairs = x.size
    middle = (x + y) / 2.0
    between = 2.0 * float(((middle - middle.mean()) ** 2).sum()) / (pairs - 1)
    within = float(((x - y) ** 2).sum()) / (2.0 * pairs)
    f = between / within if within > 0 else float("nan")
    return {
        "double_entry_r": correlation(np.concatenate([x, y]), np.concatenate([y, x])),
        "ms_between": between,
        "ms_within": within,
        "icc": (between - within) / (between + within),
        "f": f,
        "df_between": pairs - 1.0,
        "df_within": float(pairs),
        "p": float(fdtrc(pairs - 1.0, float(pairs), f)) if within > 0 else float("nan"),
    }


def _model_part(model: RoundRobins) -> dict[str, float]:
    if model.n[0] < SMALLEST:
        return {}
    pair = model.relationship[0]
    i, j = np.triu_indices(len(pair), 1)
    both = ~np.isnan(pair[i, j]) & ~np.isnan(pair[j, i])
    x, y = pair[i, j][both], pair[j, i][both]
    known = ~np.isnan(model.rater[0])
    return {
        "generalized_covariance": float(model.value[0, 3]),
        "generalized_r": float(model.share[0, 3]),
        "dyadic_covariance": float(model.value[0, 4]),
        "dyadic_r": float(model.share[0, 4]),
        "naive_pair_r": correlation(np.concatenate([x, y]), np.concatenate([y, x])),
        "naive_effect_r": correlation(model.rater[0][known], model.rated[0][known]),
    }


def correlation(x: FloatArray, y: FloatArray) -> float:
    """Pearson correlation; NaN for fewer than two values or when one side does not vary."""
    if x.size < 2:
        return float("nan")
    dx, dy = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((dx @ dx) * (dy @ dy)))
    return float(dx @ dy) / scale if scale > 0 else float("nan")
