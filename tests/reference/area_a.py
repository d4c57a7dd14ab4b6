"""Area A, scaling, indices and their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.bootstrap import (
    Clusters,
    Distribution,
    acceleration,
    basic,
    bca,
    jackknife,
    normal,
    percentile,
)
from analysis.cluster_means import cluster_robust_mean, fixed_organizations, organization_spreads
from analysis.estimates import FloatArray, IntArray
from analysis.indices import aggregate, rescale, standardize
from analysis.intervals import t_interval
from analysis.ratings import organization_means, person_scores, reverse_key, to_points
from tests.reference.cases import ABS, Case, Method, in_listed_order


def _codes(names: list[Any], listed: Sequence[Any] = ()) -> tuple[list[str], IntArray]:
    found = [str(name) for name in names]
    first = [name for name in map(str, listed) if name in found]
    labels = first + in_listed_order(sorted(set(found) - set(first)), ())
    return labels, np.array([labels.index(name) for name in found], dtype=np.int64)


def _spread(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if known.size > 1 else math.nan


def _column_means(table: FloatArray) -> list[float]:
    return [t_interval(column).value for column in table.T]


def _keyed(case: Case, scores: FloatArray) -> FloatArray:
    keys = case.input.get("keys") or [1] * scores.shape[1]
    low, high = float(case.input["scale_min"]), float(case.input["scale_max"])
    return reverse_key(scores, [key < 0 for key in keys], low=low, high=high)


def _person_means(case: Case, keyed: FloatArray) -> FloatArray:
    k = keyed.shape[1]
    share = float(case.input.get("min_completeness", 0))
    needed = case.input.get("items_needed") or math.ceil(share * k - 1e-9)
    return person_scores(keyed, complete=max(1, int(needed)) / k)


def person_score(case: Case) -> Mapping[str, Any]:
    low, high = float(case.input["scale_min"]), float(case.input["scale_max"])
    keyed = _keyed(case, case.matrix(case.input["items"]))
    score = to_points(_person_means(case, keyed), low=low, high=high)
    known = score[np.isfinite(score)]
    answered = np.isfinite(keyed)
    top = (keyed >= high - 1).sum(axis=0) / np.where(answered.any(axis=0), answered.sum(axis=0), np.nan)
    return {
        "n_answered": answered.sum(axis=1),
        "mean_raw": person_scores(keyed, complete=1 / keyed.shape[1]),  # whatever was answered
        "score_0_100": score,
        "n_valid": known.size,
        "mean": t_interval(score).value,
        "sd": _spread(score),
        "median": float(np.median(known)) if known.size else math.nan,
        "item_mean_0_100": _column_means(to_points(keyed, low=low, high=high)),
        "item_n": answered.sum(axis=0),
        "top_box_share": top,
    }


def recoded_score(case: Case) -> Mapping[str, Any]:
    low, high = float(case.input["scale_min"]), float(case.input["scale_max"])
    given = case.matrix(case.input["items"])
    unknown = np.isin(given, np.atleast_1d(np.array(case.input.get("dont_know_code", []), dtype=float)))
    keyed = _keyed(case, np.where(unknown, np.nan, given))
    points = to_points(keyed, low=low, high=high)
    score = to_points(_person_means(case, keyed), low=low, high=high)
    filled = np.isfinite(given).sum(axis=0)
    return {
        "n_answered": np.isfinite(keyed).sum(axis=1),
        "score_0_100": score,
        "n_valid": int(np.isfinite(score).sum()),
        "mean": t_interval(score).value,
        "item_valid_n": np.isfinite(keyed).sum(axis=0),
        "item_dont_know_n": unknown.sum(axis=0),
        "item_blank_n": np.isnan(given).sum(axis=0),
        "dont_know_share_of_given": unknown.sum(axis=0) / np.where(filled > 0, filled, np.nan),
        "item_mean_0_100": _column_means(points),
        "item_sd": [_spread(column) for column in keyed.T],
    }


def partnerships(case: Case) -> Mapping[str, Any]:
    names = [str(name) for name in case.text("partnership")]
    listed = case.expected.get("partnerships", {})
    values = case.column("y")
    found = {}
    for name in sorted(set(names)):
        rows = np.flatnonzero([own == name for own in names])
        labels, codes = _codes([case.text("org")[row] for row in rows], listed.get(name, {}).get("org", []))
        found[name] = _partnership(case, labels, codes, values[rows])
    return {"partnerships": found}


def _partnership(case: Case, labels: list[str], codes: IntArray, values: FloatArray) -> dict[str, Any]:
    confidence = float(case.input.get("conf", 0.95))
    k = len(labels)
    _, count = organization_means(values, codes, k)
    kept = count >= max(1, int(case.input.get("min_respondents_per_org", 1)))
    values = np.where(kept[codes], values, np.nan)
    means, count = organization_means(values, codes, k)
    spreads = organization_spreads(values, codes, k)
    balanced = t_interval(means, confidence=confidence)
    fixed = fixed_organizations(values, codes, k, confidence=confidence)
    pooled = t_interval(values, confidence=confidence)
    between = _spread(means[kept])
    se = between / math.sqrt(kept.sum()) if kept.any() else math.nan
    robust = {}
    for kind in ("CR0", "CR1", "CR2"):
        mean = cluster_robust_mean(values, codes, correction=kind, confidence=confidence)
        robust[f"pooled_cluster_{kind}"] = {"se": mean.se, "df": mean.df, "ci": [mean.low, mean.high]}
    return {
        "orgs": k,
        "orgs_kept": int(kept.sum()),
        "respondents": int(count.sum()),
        "balanced_mean": balanced.value,
        "balanced_sd_between": between,
        "balanced_ci_t": [balanced.low, balanced.high],
        "balanced_se": se,
        "balanced_se_svy_cluster": se,
        "fixed_org_se": fixed.se,
        "fixed_org_df": fixed.df,
        "fixed_org_ci": [fixed.low, fixed.high],
        "pooled_mean": pooled.value,
        "pooled_sd": _spread(values),
        "pooled_ci_t": [pooled.low, pooled.high],
        "org": [_as_listed(label, case) for label, keep in zip(labels, kept, strict=True) if keep],
        "org_n": count[kept],
        "org_mean": means[kept],
        "org_sd": spreads[kept],
        **robust,
    }


def _as_listed(label: str, case: Case) -> Any:
    """A label as the case writes it: codes of numbers stand as numbers in some files."""
    groups = case.expected.get("partnerships", {}).values()
    numbers = any(isinstance(name, int | float) for group in groups for name in group.get("org", []))
    return float(label) if numbers else label


def small_samples(case: Case) -> Mapping[str, Any]:
    groups = [str(name) for name in case.text("set")]
    values = case.column("y")
    confidence = float(case.input.get("conf", 0.95))
    return {name: _small_sample(values[[own == name for own in groups]], confidence) for name in dict.fromkeys(groups)}


def _small_sample(values: FloatArray, confidence: float) -> dict[str, Any]:
    found = t_interval(values, confidence=confidence)
    spread = _spread(values)
    label = f"ci{confidence * 100:g}"
    return {
        "n": found.n,
        "mean": found.value,
        "sd": spread,
        "se": spread / math.sqrt(found.n) if found.n else math.nan,
        label: [found.low, found.high],
        f"{label}_truncated_0_100": [float(np.clip(end, 0, 100)) for end in found.interval],
        "r_t_test": _as_r_refuses(found.n, found.value, spread),
    }


def _as_r_refuses(n: int, mean: float, spread: float) -> str:
    """The words with which R's t.test refuses what we answer with a reason or a width of zero."""
    if n < 2:
        return "not enough 'x' observations"
    constant = spread / math.sqrt(n) < 10 * np.finfo(float).eps * abs(mean)
    return "data are essentially constant" if constant else "ok"


def exact_bootstrap(case: Case) -> Mapping[str, Any]:
    cluster = case.input.get("cluster", "cluster")
    _, codes = _codes(case.text(cluster))
    value = "y" if "y" in case.data else [name for name in case.data if name != cluster][-1]
    confidence = float(case.input.get("conf", 0.95))
    found = {}
    for key, voices in (("pooled", "person"), ("balanced", "organization")):
        clusters = Clusters.of(case.column(value), codes, int(codes.max(initial=-1)) + 1, voices)
        found[key] = _all_draws(clusters, confidence)
    return found


def _all_draws(clusters: Clusters, confidence: float) -> dict[str, Any]:
    draws = clusters.all_draws()
    estimate = float(clusters.means(np.ones((1, clusters.n)))[0])
    less, equal = draws.below(estimate)
    skew = acceleration(clusters.left_out())
    label = f"{confidence * 100:g}"
    return {
        "estimate": estimate,
        "boot_mean": draws.mean,
        "boot_se_divisor_B": draws.standard_error(divisor="n"),
        f"percentile{label}": percentile(draws, confidence=confidence),
        "percentile90": percentile(draws, confidence=0.9),
        f"basic{label}": basic(draws, estimate, confidence=confidence),
        "acceleration": skew,
        "prop_less": less,
        "prop_equal": equal,
        **_both_conventions(draws, estimate, skew, confidence),
    }


def _both_conventions(draws: Distribution, estimate: float, skew: float, confidence: float) -> dict[str, Any]:
    found = {}
    for ties in ("strict", "midrank"):
        made = bca(draws, estimate, skew, confidence=confidence, ties=ties)
        found[f"bca_{ties}"] = {"z0": made.z0, "alpha": made.shares, "ci": made.interval}
    return found


STATISTICS: dict[str, Callable[[FloatArray], float]] = {
    "mean": lambda x: float(np.mean(x)),
    "median": lambda x: float(np.median(x)),
    "sd": lambda x: float(np.std(x, ddof=1)),
    "var": lambda x: float(np.var(x, ddof=1)),
    "correlation": lambda x: float(np.corrcoef(x.T)[0, 1]),
    "ratio": lambda x: float(x[:, 1].mean() / x[:, 0].mean()),
}


def stored_replicates(case: Case) -> Mapping[str, Any]:
    draws = Distribution.of(case.column("t_star"))
    statistic = STATISTICS[case.input["statistic"]]
    sample = np.array(case.input["sample"], dtype=float)
    estimate, confidence = statistic(sample), float(case.input.get("conf", 0.95))
    left_out = jackknife(sample, statistic)
    skew = acceleration(left_out)
    as_boot = {"confidence": confidence, "interpolation": "normal"}
    return {
        "estimate": estimate,
        "bias": draws.mean - estimate,
        "se": draws.standard_error(),
        "jackknife_values": left_out,
        "acceleration": skew,
        "normal": normal(draws, estimate, confidence=confidence),
        "numpy_linear": {
            "percentile": percentile(draws, confidence=confidence),
            "basic": basic(draws, estimate, confidence=confidence),
            **_both_conventions(draws, estimate, skew, confidence),
        },
        "boot_norm_inter": {
            "percentile": percentile(draws, **as_boot),
            "basic": basic(draws, estimate, **as_boot),
            "bca": bca(draws, estimate, skew, ties="strict", **as_boot).interval,
        },
    }


def _posts(column: FloatArray) -> FloatArray:
    known = column[np.isfinite(column)]
    return np.quantile(known, [0.1, 0.9]) if known.size else np.full(2, np.nan)


def composite(case: Case) -> Mapping[str, Any]:
    names = case.input["indicators"]
    table = case.matrix(names)
    direction = np.array(case.input.get("direction") or [1] * len(names), dtype=float)
    weights = np.array(case.input.get("weights") or [1] * len(names), dtype=float)
    turned = table * direction
    ends = [(t.min(), t.max()) if (t := c[np.isfinite(c)]).size else (math.nan, math.nan) for c in turned.T]
    whole = np.column_stack([rescale(c, *end) for c, end in zip(turned.T, ends, strict=True)])
    above = np.column_stack([rescale(c, *end, to=(1.0, 100.0)) for c, end in zip(turned.T, ends, strict=True)])
    posts = [_posts(column)[:: int(sign)] for column, sign in zip(table.T, direction, strict=True)]
    arithmetic = aggregate(whole, weights)
    return {
        "unit": case.text(next(name for name in case.data if name not in names)),
        "minmax_0_100": dict(zip(names, whole.T, strict=True)),
        "goalposts_q10_q90": {n: rescale(c, *p, clip=True) for n, c, p in zip(names, table.T, posts, strict=True)},
        "zscore": {name: standardize(column) for name, column in zip(names, turned.T, strict=True)},
        "arithmetic": arithmetic,
        "geometric": aggregate(above, weights, how="geometric"),
        "harmonic": aggregate(above, weights, how="harmonic"),
        "rank_arithmetic": [1 + int((arithmetic > own).sum()) for own in arithmetic],
    }


def _exact(case: Case, path: tuple[str, ...]) -> tuple[float, float]:
    return float(case.tolerance["exact_rel"]), ABS


METHODS: dict[str, Method] = {
    "Reverse keying, 0-100 scaling, person mean score with minimum completeness": Method(person_score),
    "Recode, reverse, score": Method(recoded_score),
    "Organisation-balanced and pooled partnership index with t-based, cluster-robust and fixed-organisation CI": Method(
        partnerships
    ),
    "Mean, SD, SE, t interval": Method(small_samples),
    "Cluster bootstrap of the mean, exact (all K^K resamples of clusters): SE, percentile, basic, BCa": Method(
        exact_bootstrap, tolerance=_exact
    ),
    "Bootstrap CI from stored replicates: normal, basic, percentile, BCa": Method(stored_replicates),
    "Composite index: min-max and goalpost normalisation with direction, weighted arithmetic, geometric, harmonic "
    "aggregation": Method(composite),
}
