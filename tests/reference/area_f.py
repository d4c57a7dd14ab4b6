"""Area F, change and trend: Mann-Kendall, change between waves, mixed model, control charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.change import (
    Change,
    correlation,
    measurement_error,
    overlapping_test,
    paired_test,
    reliable_change,
    standardized_change,
    welch_test,
)
from analysis.control import D2_OF_TWO, expected_range, individuals_chart, means_chart, smoothed_chart
from analysis.estimates import FloatArray
from analysis.mann_kendall import mann_kendall
from analysis.mixed import RandomIntercept, profile_interval, random_intercept
from analysis.theil_sen import theil_sen
from tests.reference.cases import Case, Method


def _normal(z: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def trend(case: Case) -> Mapping[str, Any]:
    t, y = case.column("t"), case.column("y")
    known = ~np.isnan(t) & ~np.isnan(y)
    order = np.argsort(t[known], kind="stable")
    t, y = t[known][order], y[known][order]
    test = mann_kendall(y[None, :])
    n, s, variance = int(test.n[0]), int(test.s[0]), float(test.variance[0])
    pairs = n * (n - 1) // 2
    _, ties = np.unique(y, return_counts=True)
    untied = pairs - int((ties * (ties - 1)).sum()) // 2
    sd = np.sqrt(variance) if variance > 0 else np.nan
    z = {"continuity": 0.0 if s == 0 else (s - np.sign(s)) / sd, "no_continuity": s / sd}
    sen = {level: theil_sen(t, y[None, :], confidence=level, interval="normal") for level in (0.95, 0.90)}
    tau = s / np.sqrt(untied * pairs) if untied else np.nan
    sen_slope = float(sen[0.95].slope[0])
    by_step = theil_sen(np.arange(n) * 1.0, y[None, :], confidence=0.95, interval="normal")
    return {
        "n": n,
        "S": s,
        "varS": variance,
        "tau_b": tau,
        "tau_a": s / pairs if pairs else np.nan,
        "z_continuity": z["continuity"],
        "z_no_continuity": z["no_continuity"],
        "p_continuity": _normal(z["continuity"]),
        "p_no_continuity": _normal(z["no_continuity"]),
        "sen_slope": sen_slope,
        "n_slopes": pairs,
        "ci95": [float(sen[0.95].low[0]), float(sen[0.95].high[0])],
        "ci90": [float(sen[0.90].low[0]), float(sen[0.90].high[0])],
        "intercept_median_y_t": float(sen[0.95].intercept_separate[0]),
        "intercept_median_resid": float(sen[0.95].intercept[0]),
        "trend_pkg": {
            "S": s,
            "varS": variance,
            "tau": tau,
            "z": z["continuity"] if variance > 0 else np.nan,
            "p": _normal(z["continuity"]) if variance > 0 else np.nan,
            "sen_slope_per_step": float(by_step.slope[0]),
            "ci95_per_step": [float(by_step.low[0]), float(by_step.high[0])],
        },
        "kendall_pkg": {
            "tau": tau if untied else 1.0,
            "p": _normal(z["continuity"]) if n > 3 else 1.0,
            "S": s,
            "varS": variance,
            "note": case.expected.get("kendall_pkg", {}).get("note"),
        },
        "p_exact_permutation": 1.0 if untied == 0 else float(test.p[0]),
    }


def _tested(found: Change) -> dict[str, Any]:
    return {
        "change": found.estimate.value,
        "se": found.se,
        "t": found.t,
        "df": found.df,
        "p": found.p,
        "ci": list(found.estimate.interval),
    }


def change(case: Case) -> Mapping[str, Any]:
    first, second = case.column("wave1"), case.column("wave2")
    confidence = float(case.input.get("conf", 0.95))
    both = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[both], second[both]
    paired = paired_test(first, second, confidence=confidence, fewest=2)
    welch = welch_test(first, second, confidence=confidence, fewest=2)
    overlap = overlapping_test(first, second, confidence=confidence, form="correlation", fewest=2, fewest_common=2)
    scaled = standardized_change(first, second)
    sem = measurement_error(a, float(case.input["reliability"]))
    reliable = reliable_change(a, b, sem=sem, quantile=1.96)
    return {
        "n_wave1": int((~np.isnan(first)).sum()),
        "n_wave2": int((~np.isnan(second)).sum()),
        "n_both": int(both.sum()),
        "mean1": _mean(first),
        "mean2": _mean(second),
        "paired": _tested(paired) | {"sd_change": paired.se * np.sqrt(a.size), "r": correlation(a, b)},
        "independent_welch": _tested(welch),
        "partial_overlap": _tested(overlap),
        "d_z": scaled.d_z,
        "d_av": scaled.d_av,
        "rci": {
            "sem": sem,
            "s_diff": sem * np.sqrt(2),
            "values": reliable.rc,
            "n_improved": int((reliable.beyond_noise & (reliable.value > 0)).sum()),
            "n_worse": int((reliable.beyond_noise & (reliable.value < 0)).sum()),
            "n_unchanged": int((~reliable.beyond_noise).sum()),
            "threshold_points": float(reliable.mdc95[0]) if a.size else np.nan,
        },
    }


def _mean(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _fit(found: RandomIntercept) -> dict[str, float]:
    return {
        "intercept": found.intercept,
        "slope": found.slope,
        "se_intercept": found.se_intercept,
        "se_slope": found.se_slope,
        "var_group": found.variance_group,
        "var_resid": found.variance_error,
        "loglik": found.loglik,
    }


def mixed(case: Case) -> Mapping[str, Any]:
    x, y = case.column("time"), case.column("y")
    cells = [str(cell) for cell in case.text("group")]
    names = _names(case, cells)
    codes = np.array([names.index(cell) for cell in cells])
    confidence = float(case.input.get("conf", 0.95))
    reml = random_intercept(x, y, codes, confidence=confidence)
    ml = random_intercept(x, y, codes, method="ML", confidence=confidence)
    se, df, p = reml.kenward_roger
    return {
        "n": reml.n,
        "groups": reml.groups,
        "reml": _fit(reml),
        "ml": _fit(ml),
        "icc_reml": reml.icc,
        "satterthwaite": {"df": reml.df, "t": reml.t, "p": reml.p, "ci": list(reml.interval)},
        "kenward_roger": {"se": se, "df": df, "p": p},
        "wald_ci": list(reml.wald),
        "profile_ci_ml": list(profile_interval(x, y, codes, confidence=confidence)),
        "blup": {"group": names, "intercept_deviation": reml.deviations},
        "nlme_slope": reml.slope,
        "nlme_var_group": reml.variance_group,
        "nlme_loglik": reml.loglik,
    }


def _names(case: Case, cells: Sequence[str]) -> list[str]:
    """Groups in the order the case lists them, else sorted, numbers as numbers."""
    listed = [str(name) for name in case.expected.get("blup", {}).get("group", [])]
    if set(listed) == set(cells):
        return listed
    numeric = all(cell.replace(".", "", 1).isdigit() for cell in cells)
    return sorted(set(cells), key=(lambda name: (float(name), name)) if numeric else (lambda name: (0.0, name)))


def individuals(case: Case) -> Mapping[str, Any]:
    y = case.column("y")
    y = y[~np.isnan(y)]
    width, weight = float(case.input.get("nsigmas", 3)), float(case.input.get("lambda", 0.2))
    chart = individuals_chart(y, baseline=y.size, sigmas=width, fewest=2)
    smooth = smoothed_chart(y, centre=chart.centre, sigma=chart.sigma, weight=weight, sigmas=width)
    return {
        "n": y.size,
        "center": chart.centre,
        "sigma_mr": chart.sigma,
        "sigma_qcc_default": chart.range_mean / round(D2_OF_TWO, 3),
        "mean_moving_range": chart.range_mean,
        "shewhart_lcl": chart.low,
        "shewhart_ucl": chart.high,
        "shewhart_beyond": _positions(y, chart.low, chart.high),
        "ewma": smooth.value,
        "ewma_lcl": smooth.low,
        "ewma_ucl": smooth.high,
        "ewma_beyond": np.flatnonzero(smooth.beyond) + 1,
        "ewma_asymptotic_halfwidth": smooth.half_width,
    }


def _positions(values: FloatArray, low: FloatArray | float, high: FloatArray | float) -> list[int]:
    """As qcc lists them, from one: those above, then those below."""
    return [*(np.flatnonzero(values > high) + 1).tolist(), *(np.flatnonzero(values < low) + 1).tolist()]


def subgroups(case: Case) -> Mapping[str, Any]:
    wave, y = case.text("wave"), case.column("y")
    if np.isnan(y).all():
        return dict.fromkeys(case.expected)
    names = list(dict.fromkeys(name for name, value in zip(wave, y, strict=True) if not np.isnan(value)))
    groups = [y[np.array([name == own for own in wave])] for name in names]
    width, weight = float(case.input.get("nsigmas", 3)), float(case.input.get("lambda", 0.2))
    chart = means_chart(groups, sigmas=width)
    smooth = smoothed_chart(
        chart.mean, centre=chart.centre, sigma=chart.sigma, weight=weight, sigmas=width, sizes=chart.n * 1.0
    )
    return {
        "n": chart.n,
        "mean": chart.mean,
        "center": chart.centre,
        "sigma": chart.sigma,
        "sigma_qcc_default": _rounded_sigma(groups) if chart.reason is None else None,
        "lcl": chart.low,
        "ucl": chart.high,
        "beyond": _positions(chart.mean, chart.low, chart.high),
        "ewma": smooth.value,
        "ewma_lcl": smooth.low,
        "ewma_ucl": smooth.high,
        "ewma_sigma": chart.sigma,
    }


def _rounded_sigma(groups: Sequence[FloatArray]) -> float:
    """qcc's table of d2 has three decimals."""
    known = [group[~np.isnan(group)] for group in groups]
    return float(np.mean([np.ptp(group) / round(expected_range(group.size), 3) for group in known if group.size > 1]))


def _trend_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    """Kendall's package computes in single precision."""
    if path[0] != "kendall_pkg":
        return None
    return float(case.tolerance.get("kendall_pkg_rel", 1e-5)), case.rel_abs[1]


def _mixed_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    name, given = path[-1] if not path[-1].isdigit() else path[-2], case.tolerance
    if path[0] == "blup":
        return 0.0, float(given.get("blup_abs", 1e-3))
    if "loglik" in name:
        return 0.0, float(given.get("loglik_abs", 1e-5))
    if "var" in name or name == "icc_reml":
        scale = case.expected["reml"]["var_resid"] if "var" in name else 1.0
        return float(given.get("var_rel", 1e-4)), 1e-7 * float(scale)  # a boundary of zero, as far as lme4 goes
    if path[0] in ("satterthwaite", "kenward_roger", "profile_ci_ml"):
        return float(given.get("df_rel", 1e-3)), 1e-11
    return float(given.get("fixed_rel", 1e-6)), 1e-9


METHODS: dict[str, Method] = {
    "Mann-Kendall with ties, Theil-Sen slope with Sen CI": Method(trend, tolerance=_trend_tolerance),
    "Wave-on-wave change: paired, independent (Welch), partially overlapping; standardised change; "
    "reliable change index": Method(change),
    "Linear mixed model slope with random intercept (REML and ML)": Method(mixed, tolerance=_mixed_tolerance),
    "Individuals (Shewhart) chart and EWMA chart with exact time-varying limits": Method(individuals),
    "Xbar chart with unequal subgroup sizes, EWMA of subgroup means": Method(subgroups),
}
