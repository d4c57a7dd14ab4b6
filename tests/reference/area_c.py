"""Area C, agreement: rwg and its kin by group, intraclass correlations of groups and of raters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from analysis.agreement import (
    ad_mean,
    ad_median,
    awg,
    mean_item_variance,
    null_variance,
    rwg,
    rwg_j,
    rwg_j_star,
)
from analysis.estimates import FloatArray
from analysis.icc import RaterIcc, group_icc, rater_icc, spearman_brown
from tests.reference.cases import ABS, Case, Method, in_listed_order, nothing_of


def _groups(case: Case, names: list[str]) -> Iterator[tuple[str, FloatArray]]:
    """Each group with the rows that answered all of the named items; groups without such a row are left out."""
    table = case.matrix(names)
    group = case.text("grp")
    used = np.isfinite(table).all(axis=1) & np.array([name is not None for name in group], dtype=bool)
    listed = case.expected.get("grp" if len(names) == 1 else "grp_j", [])
    for name in in_listed_order(sorted({str(group[row]) for row in np.flatnonzero(used)}), listed):
        yield name, table[used & np.array([own == name for own in group], dtype=bool)]


def _null(case: Case) -> float:
    if case.input.get("null_variance") is not None:
        return float(case.input["null_variance"])
    low, high = (int(end) for end in case.input["scale"].split("-"))
    return null_variance(high - low + 1)


def _mean(values: list[float], of: Callable[[FloatArray], Any]) -> float:
    known = np.array(values)[np.isfinite(values)]
    return float(of(known)) if known.size else math.nan


def agreement_case(case: Case) -> Mapping[str, Any]:
    null = _null(case)
    single = [(name, rows[:, 0]) for name, rows in _groups(case, [case.input["single_item"]])]
    several = list(_groups(case, case.input["items"]))
    one = [rwg(values, null) for _, values in single]
    one_raw = [rwg(values, null, clip=False) for _, values in single]
    many = [rwg_j(rows, null) for _, rows in several]
    spread = [mean_item_variance(rows) for _, rows in several]
    return {
        "grp": [name for name, _ in single],
        "n_single": [values.size for _, values in single],
        "rwg_single": one,
        "rwg_single_unclipped": one_raw,
        "mean_rwg_single": _mean(one, np.mean),
        "median_rwg_single": _mean(one, np.median),
        "grp_j": [name for name, _ in several],
        "n_complete": [len(rows) for _, rows in several],
        "mean_item_variance": spread,
        "rwg_j": many,
        "rwg_j_unclipped": [rwg_j(rows, null, clip=False) for _, rows in several],
        "rwg_j_lindell": [rwg_j_star(rows, null) for _, rows in several],
        "mean_rwg_j": _mean(many, np.mean),
        "median_rwg_j": _mean(many, np.median),
        "n_groups_clipped_single": sum(value < 0 for value in one_raw),
        "n_groups_clipped_j": sum(value > null for value in spread),
    }


def deviation_case(case: Case) -> Mapping[str, Any]:
    low, high = (float(end) for end in case.input["range"])
    single = [(name, rows[:, 0]) for name, rows in _groups(case, [case.input["single_item"]])]
    several = list(_groups(case, case.input["items"]))

    def over_items(of: Callable[[FloatArray], float]) -> list[float]:
        return [_mean([of(column) for column in rows.T], np.mean) for _, rows in several]

    def bounded(values: FloatArray) -> float:
        return awg(values, low=low, high=high)

    return {
        "grp": [name for name, _ in single],
        "n": [values.size for _, values in single],
        "ad_mean_single": [ad_mean(values) for _, values in single],
        "ad_median_single": [ad_median(values) for _, values in single],
        "awg_single": [bounded(values) for _, values in single],
        "grp_j": [name for name, _ in several],
        "n_j": [len(rows) for _, rows in several],
        "ad_mean_multi": over_items(ad_mean),
        "ad_median_multi": over_items(ad_median),
        "awg_multi": over_items(bounded),
    }


def groups_case(case: Case) -> Mapping[str, Any]:
    names = case.text("grp")
    known = np.array([name is not None for name in names], dtype=bool)
    _, codes = np.unique(np.array([str(name) for name in names], dtype=str)[known], return_inverse=True)
    found = group_icc(case.column("y")[known], codes, fewest_groups=2)
    reml = found.reml
    return {
        "N": found.n,
        "groups": found.groups,
        "df_between": found.groups - 1,
        "df_within": found.n - found.groups,
        "ms_between": found.ms_between,
        "ms_within": found.ms_within,
        "F": found.f,
        "p": found.p,
        "k_mean": found.mean_size,
        "k0_searle": found.k0,
        "k_harmonic": found.harmonic_size,
        "icc1_multilevel": found.icc1,
        "icc2_multilevel": found.icc2,
        "icc1_k0": found.icc1_k0,
        "icc2_sb_from_icc1_k_mean": spearman_brown(found.icc1, found.mean_size),
        "icc2_sb_from_icc1_k0_k0": spearman_brown(found.icc1_k0, found.k0),
        "reml": reml
        and {
            "tau2": reml.between,
            "sigma2": reml.within,
            "icc1": reml.icc1,
            "icc2_mult_icc": reml.icc2,
            "mean_group_reliability": reml.mean_reliability,
            "intercept": reml.intercept,
        },
    }


def _reml_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    return (float(case.tolerance["reml_rel"]), ABS) if path[0] == "reml" else None


AS_PSYCH = {"(1,1)": "ICC1", "(2,1)": "ICC2", "(3,1)": "ICC3", "(1,k)": "ICC1k", "(2,k)": "ICC2k", "(3,k)": "ICC3k"}
AS_IRR = {
    "oneway_single": "(1,1)",
    "oneway_average": "(1,k)",
    "twoway_agreement_single": "(2,1)",
    "twoway_agreement_average": "(2,k)",
    "twoway_consistency_single": "(3,1)",
    "twoway_consistency_average": "(3,k)",
}


def raters_case(case: Case) -> Mapping[str, Any]:
    scores = case.matrix(list(case.input.get("items") or case.data))
    confidence = float(case.input.get("conf", 0.95))
    psych = rater_icc(scores, confidence=confidence, convention="shrout_fleiss")
    irr = rater_icc(scores, confidence=confidence, convention="mcgraw_wong")
    by_name = {found.name: found for found in irr.coefficients}
    columns = ("f", "df1", "df2", "p", "low", "high")
    return {
        "n_targets": psych.targets,
        "k_raters": psych.raters,
        "ms_rows": psych.ms_rows,
        "ms_columns": psych.ms_columns,
        "ms_error": psych.ms_error,
        "ms_within": psych.ms_within,
        "psych": {
            "type": [AS_PSYCH[found.name] for found in psych.coefficients],
            "icc": [found.value for found in psych.coefficients],
            **{_label(name): [getattr(found, name) for found in psych.coefficients] for name in columns},
        },
        "irr": {key: _as_irr(by_name[name]) for key, name in AS_IRR.items()}
        if by_name
        else nothing_of(case.expected.get("irr")),
    }


def _label(name: str) -> str:
    return {"f": "F", "low": "lower", "high": "upper"}.get(name, name)


def _as_irr(found: RaterIcc) -> dict[str, float]:
    return {
        "icc": found.value,
        "F": found.f,
        "df1": found.df1,
        "df2": found.df2,
        "p": found.p,
        "lower": found.low,
        "upper": found.high,
    }


METHODS: dict[str, Method] = {
    "rwg (single item), rwg(j), Lindell r*wg(j)": Method(agreement_case),
    "Average deviation index AD_M(mean), AD_Md(median), single and multi-item; a_wg (Brown & Hauenstein)": Method(
        deviation_case
    ),
    "ICC(1), ICC(2) from one-way ANOVA, unbalanced groups": Method(groups_case, tolerance=_reml_tolerance),
    "Inter-rater ICC (Shrout & Fleiss): (1,1),(2,1),(3,1),(1,k),(2,k),(3,k) with F and 95% CI": Method(raters_case),
}
