"""Area B, reliability: alpha, two items, omega, Guttman's lambdas and split halves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.estimates import FloatArray
from analysis.omega import OneFactor, chi_square, omega_total
from analysis.ratings import reverse_key
from analysis.reliability import (
    AlphaEstimate,
    alpha_of,
    checked_scores,
    correlation,
    covariance,
    cronbach_alpha,
    feldt_interval,
    lambda6_of,
    unexplained,
)
from analysis.split_half import all_splits, guttman_lambdas, split
from tests.reference.cases import Case, Method, nothing_of

FEWEST = 2  # the packages compute from two rows on


def _items(case: Case) -> list[str]:
    return list(case.input.get("items") or case.data)


def _keyed(case: Case) -> FloatArray:
    """Reversed by the observed ends of the whole set, as R psych does; only the means of the items depend on it."""
    scores = checked_scores(case.matrix(_items(case)))
    keys = case.input.get("keys") or [1] * scores.shape[1]
    known = scores[np.isfinite(scores)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    return reverse_key(scores, [key < 0 for key in keys], low=low, high=high)


def _column_moments(scores: FloatArray) -> tuple[list[float], list[float]]:
    known = [column[np.isfinite(column)] for column in scores.T]
    return (
        [float(x.mean()) if x.size else math.nan for x in known],
        [float(x.std(ddof=1)) if x.size > 1 else math.nan for x in known],
    )


def _person_means(scores: FloatArray) -> FloatArray:
    answered = np.isfinite(scores)
    count = answered.sum(axis=1)
    return np.where(count > 0, np.where(answered, scores, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _item_total(scores: FloatArray) -> list[float]:
    means = _person_means(scores)
    pairs = [correlation(covariance(np.column_stack([column, means])[np.isfinite(column)])) for column in scores.T]
    return [float(pair[0, 1]) for pair in pairs]


def _root(value: float) -> float:
    return math.sqrt(value) if value > 0 else math.nan


def _corrected_total(r: FloatArray) -> FloatArray:
    """Item-whole correlations with the item's own variance replaced by its squared multiple correlation."""
    common = r.copy()
    np.fill_diagonal(common, 1 - unexplained(r))
    return common.sum(axis=0) / _root(common.sum())


def alpha_case(case: Case) -> Mapping[str, Any]:
    scores = _keyed(case)
    confidence = float(case.input.get("conf", 0.95))
    listwise = cronbach_alpha(scores, confidence=confidence, fewest=FEWEST)
    narrower = cronbach_alpha(scores, confidence=0.90, fewest=FEWEST)
    unfounded = nothing_of(case.expected)
    return {
        "pairwise_psych": unfounded.get("pairwise_psych", {}) | _as_psych(case, scores, confidence),
        "listwise": {
            "n": listwise.raw.n,
            "alpha_raw": listwise.value,
            "alpha_std": listwise.standardized,
            f"feldt{confidence * 100:g}": listwise.raw.interval,
            "feldt90": narrower.raw.interval,
            "item_rest_r": listwise.items and listwise.items.rest,
            "alpha_if_deleted": listwise.items and listwise.items.if_deleted,
            "lambda6": listwise.lambda6,
        },
    }


def _as_psych(case: Case, scores: FloatArray, confidence: float) -> dict[str, Any]:
    """R psych uses pairs, counts rows that answered nothing, and drops items that do not vary."""
    names, keys = np.array(_items(case)), np.array(case.input.get("keys") or [1] * scores.shape[1])
    varies = np.nan_to_num(np.array(_column_moments(scores)[1])) > 0
    scores = scores[:, varies]
    found = cronbach_alpha(scores, confidence=confidence, missing="pairwise", fewest=FEWEST)
    if found.items is None:
        return {"n_rows": len(scores), "n_items": scores.shape[1], "alpha_raw": math.nan}
    whole = _person_means(scores)
    mean, deviation = _column_moments(scores)
    r = correlation(found.covariance)
    return {
        "n_rows": len(scores),
        "n_items": scores.shape[1],
        "n_complete": int(np.isfinite(scores).all(axis=1).sum()),
        "alpha_raw": found.value,
        "alpha_std": found.standardized,
        "lambda6_smc": found.lambda6,
        "average_r": found.average_r,
        "median_r": found.median_r,
        "signal_noise": len(r) * found.average_r / (1 - found.average_r) if found.average_r < 1 else math.nan,
        "ase": found.asymptotic_error * math.sqrt(found.raw.n / len(scores)),
        "scale_mean": float(np.nanmean(whole)),
        "scale_sd": float(np.nanstd(whole, ddof=1)),
        f"feldt{confidence * 100:g}": _feldt_on_rows(found, len(scores), confidence),
        "items": {
            "name": names[varies],
            "key": keys[varies],
            "n": np.isfinite(scores).sum(axis=0),
            "mean": mean,
            "sd": deviation,
            "item_rest_r": found.items.rest,
            "item_total_r_raw": _item_total(scores),
            "item_total_r_std": r.sum(axis=0) / _root(r.sum()),
            "item_r_cor": _corrected_total(r),
            "alpha_raw_if_deleted": found.items.if_deleted,
            "alpha_std_if_deleted": found.items.standardized_if_deleted,
            "lambda6_if_deleted": found.items.lambda6_if_deleted,
            "average_r_if_deleted": found.items.average_r_if_deleted,
        },
    }


def _feldt_on_rows(found: AlphaEstimate, rows: int, confidence: float) -> dict[str, Any]:
    low, high = feldt_interval(found.value, rows - 1, len(found.covariance), confidence=confidence)
    return {"lower": low, "upper": high, "n_used": rows}


def two_items(case: Case) -> Mapping[str, Any]:
    scores = _keyed(case)
    found = cronbach_alpha(scores, fewest=FEWEST)
    c = covariance(scores[np.isfinite(scores).all(axis=1)])
    halves = split(correlation(c), np.array([True, False]))
    return {
        "n": found.raw.n,
        "r": halves.r,
        "alpha_raw": found.value,
        "alpha_std": found.standardized,
        "spearman_brown": halves.spearman_brown,
        "item_rest_r": found.items and found.items.rest,
        "psych_alpha_if_deleted": [c[0, 1] / own if own > 0 else math.nan for own in (c[1, 1], c[0, 0])],
        "textbook_alpha_if_deleted": None,
    }


def omega_case(case: Case) -> Mapping[str, Any]:
    scores = case.matrix(_items(case))
    fewest = 4
    by_correlation = omega_total(scores, fewest=fewest)
    by_covariance = omega_total(scores, standardize=False, fewest=fewest)
    by_minres = omega_total(scores, fit="minres", fewest=fewest)
    ml, raw, minres = by_correlation.solution, by_covariance.solution, by_minres.solution
    if ml is None or raw is None or minres is None:
        return nothing_of(case.expected) | {"n": by_correlation.n, "k": scores.shape[1]}
    statistic, df = chi_square(ml, by_correlation.n)
    return {
        "n": by_correlation.n,
        "k": scores.shape[1],
        "ml_correlation": {
            "loadings": ml.loadings,
            "uniquenesses": ml.uniquenesses,
            "omega_model": ml.omega_model,
            "omega_observed": ml.omega_from_uniqueness,
            "loglik_criterion": ml.criterion,
            "chisq_bartlett": statistic,
            "df": df,
        },
        "minres_correlation": {
            "loadings": minres.loadings,
            "omega_model": minres.omega_model,
            "omega_observed": minres.omega_from_uniqueness,
        },
        "ml_covariance_lavaan": {
            "loadings": raw.loadings,
            "residual_variances": raw.uniquenesses,
            "omega_model": raw.omega_model,
            "omega_observed": raw.omega_observed,
            "semTools_compRelSEM": raw.omega_observed,
        },
        "psych_omega_nf1_minres": _as_psych_omega(minres),
        "psych_omega_nf1_ml": {"omega_tot": ml.omega_from_uniqueness},
    }


def _as_psych_omega(found: OneFactor) -> dict[str, float]:
    return {
        "omega_tot": found.omega_from_uniqueness,
        "omega_h": found.omega_observed,
        "alpha": alpha_of(found.observed),
        "G6": lambda6_of(found.observed),
    }


def split_case(case: Case) -> Mapping[str, Any]:
    scores = case.matrix(_items(case))
    used = scores[np.isfinite(scores).all(axis=1)]
    raw = covariance(used)
    standard = correlation(raw)
    k = len(raw)
    odd = np.arange(k) % 2 == 0
    first = np.arange(k) < math.ceil(k / 2)
    halves = split(raw, odd)
    early = split(raw, first)
    return {
        "n": len(used),
        "k": k,
        "standardised": _lambdas(standard),
        "covariance": _lambdas(raw),
        "all_splits_correlation": _splits(standard),
        "all_splits_covariance": _splits(raw),
        "psych_splitHalf": {
            "correlation": _as_psych_splits(standard, counted=True),
            "covariance": _as_psych_splits(raw, counted=False),
            "agrees_with_full_enumeration": k % 2 == 0,
        },
        "odd_even": {
            "r": halves.r,
            "spearman_brown": halves.spearman_brown,
            "guttman_rulon": halves.rulon,
            "flanagan_4cov": halves.rulon,
        },
        "first_second": {"r": early.r, "spearman_brown": early.spearman_brown, "guttman_rulon": early.rulon},
    }


def _lambdas(matrix: FloatArray) -> dict[str, float]:
    found = guttman_lambdas(matrix)
    return {name: getattr(found, name) for name in ("lambda1", "lambda2", "lambda3", "lambda5", "lambda6")}


def _splits(matrix: FloatArray) -> dict[str, Any]:
    found = all_splits(matrix)
    if found.size == 0:
        return dict.fromkeys(("max_lambda4", "min_beta", "mean", "median"), math.nan) | {"n_splits": 0}
    return {
        "max_lambda4": float(found.max()),
        "min_beta": float(found.min()),
        "mean": float(found.mean()),
        "median": float(np.median(found)),
        "n_splits": found.size,
    }


def _as_psych_splits(matrix: FloatArray, *, counted: bool) -> dict[str, Any]:
    """R psych 2.2.9 looks at the first half of the splits it lists and divides by half their number."""
    found = all_splits(matrix)
    listed = math.comb(len(matrix), len(matrix) // 2)
    seen = found[: math.ceil(listed / 2)] if found.size else np.full(1, np.nan)
    shown = {"max": float(seen.max()), "min": float(seen.min()), "mean": float(seen.sum()) / (listed / 2)}
    return shown | ({"n_evaluated": seen.size} if counted else {})


METHODS: dict[str, Method] = {
    "Cronbach alpha (raw, standardized), Feldt CI, item-rest r, alpha if deleted, lambda-6": Method(alpha_case),
    "Two items": Method(two_items),
    "McDonald omega total, one factor": Method(omega_case),
    "Guttman lambdas 1,2,3,5,6; split-half (all splits, odd-even, first-second)": Method(split_case),
}
