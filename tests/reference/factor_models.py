"""Factor models of area D: by maximum likelihood, over groups, of ordered answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analysis.confirmatory import Likelihood, factor_fit
from analysis.estimates import BoolArray
from analysis.fit_indices import FitIndices
from analysis.invariance import measurement_invariance
from analysis.ordinal_factor import ordinal_factor_fit
from tests.reference.cases import Case, Place, nothing_of


def model_of(case: Case) -> tuple[list[str], list[str], BoolArray]:
    """Factors and items of a model text, `factor =~ item + item` per line, and which item loads where."""
    lines = [line.split("#")[0] for line in case.input["model"].replace(";", "\n").splitlines()]
    loads: dict[str, list[str]] = {}
    for line in filter(str.strip, lines):
        factor, items = line.split("=~")
        loads.setdefault(factor.strip(), []).extend(item.strip() for item in items.split("+"))
    names = list(dict.fromkeys(item for items in loads.values() for item in items))
    pattern = np.array([[name in items for items in loads.values()] for name in names])
    return list(loads), names, pattern


def factor_model(case: Case) -> Mapping[str, Any]:
    factors, items, pattern = model_of(case)
    scores = case.matrix(items)
    identification = "variance" if case.input.get("std_lv", True) else "marker"
    likelihoods: tuple[Likelihood, ...] = ("normal", "wishart")
    found, other = (
        factor_fit(
            scores,
            pattern,
            identification=identification,
            likelihood=likelihood,
            people_from=2,
            people_per_parameter=0,
        )
        for likelihood in likelihoods
    )
    if str(case.input.get("likelihood", "normal")).startswith("wishart"):
        found = other
    column, row = np.nonzero(pattern.T)
    one, two = np.triu_indices(len(factors), 1)
    return {
        "n": found.n,
        "fit": fit_of(found.indices),
        "wishart": fit_of(other.indices),
        "loadings": {
            "factor": [factors[j] for j in column],
            "item": [items[i] for i in row],
            "est": found.loadings[row, column],
            "se": np.where(found.loadings[row, column] == 1.0, 0.0, found.loading_errors[row, column]),
            "std": found.standardized[row, column],
        },
        "residual_variances": {"item": items, "est": found.residual_variances, "se": found.residual_errors},
        "factor_correlations": {
            "f1": [factors[j] for j in one],
            "f2": [factors[j] for j in two],
            "est": found.factor_covariance[one, two],
            "se": found.factor_covariance_errors[one, two],
        },
    }


FIT: dict[str, Callable[[FitIndices], float]] = {
    "npar": lambda fit: fit.n_parameters,
    "fmin": lambda fit: fit.discrepancy / 2,
    "chisq": lambda fit: fit.chi2,
    "df": lambda fit: fit.df,
    "pvalue": lambda fit: fit.p,
    "baseline.chisq": lambda fit: fit.baseline_chi2,
    "baseline.df": lambda fit: fit.baseline_df,
    "cfi": lambda fit: fit.cfi,
    "tli": lambda fit: fit.tli,
    "nfi": lambda fit: fit.nfi,
    "rni": lambda fit: fit.rni,
    "rmsea": lambda fit: fit.rmsea,
    "rmsea.ci.lower": lambda fit: fit.rmsea_interval.low,
    "rmsea.ci.upper": lambda fit: fit.rmsea_interval.high,
    "rmsea.pvalue": lambda fit: fit.close_p,
    "srmr": lambda fit: fit.srmr,
    "srmr_bentler": lambda fit: fit.srmr,
    "srmr_mplus": lambda fit: fit.srmr_mplus,
    "aic": lambda fit: fit.aic,
    "bic": lambda fit: fit.bic,
    "logl": lambda fit: fit.log_likelihood,
}


def fit_of(fit: FitIndices | None) -> dict[str, Any]:
    return {name: None if fit is None else take(fit) for name, take in FIT.items()}


def invariance(case: Case) -> Mapping[str, Any]:
    factors, items, pattern = model_of(case)
    label = case.text(case.input.get("group", "group"))
    order = list(dict.fromkeys(name for name in label if name is not None))
    known = [row for row, name in enumerate(label) if name is not None]
    if len(order) < 2:
        return nothing_of(case.expected)
    found = measurement_invariance(
        case.matrix(items)[known],
        np.array([order.index(str(label[row])) for row in known]),
        pattern,
        n_groups=len(order),
        people_per_group=2,
        people_per_parameter=0,
    )
    scalar = found.models[2]
    named = case.expected.get("group_order", order)
    return {
        "group_order": order if isinstance(named[0], str) else [float(name) for name in order],
        "n": found.n,
        "models": {model.level: fit_of(model.indices) for model in found.models},
        "delta_chi2": [step.chi2 for step in found.steps],
        "delta_df": [step.df for step in found.steps],
        "p": [step.p for step in found.steps],
        "delta_cfi": [step.cfi for step in found.steps],
        "delta_rmsea": [step.rmsea for step in found.steps],
        "delta_srmr": [step.srmr for step in found.steps],
        "latent_means_scalar": {
            "factor": factors * len(order),
            "group": [g + 1 for g in range(len(order)) for _ in factors],
            "est": scalar.factor_means.ravel(),
            "se": scalar.factor_mean_errors.ravel(),
        },
    }


def bound_tolerance(case: Case, path: Place) -> tuple[float, float] | None:
    given = case.tolerance
    if path[0] == "latent_means_scalar":
        return float(given.get("rel", 2e-5)), float(given.get("est_abs", 1e-4))
    return None


def iterated_tolerance(case: Case, path: Place) -> tuple[float, float] | None:
    given = case.tolerance
    if "se" in path:
        return float(given.get("se_rel", 0.005)), 1e-6
    if path[0] in ("fit", "wishart", "models") or "fit_rel" not in given:
        return float(given.get("fit_rel", given.get("rel", 2e-6))), float(given.get("fit_abs", given.get("abs", 2e-6)))
    return float(given.get("est_rel", 2e-4)), float(given.get("est_abs", 1e-4))


def ordinal_model(case: Case) -> Mapping[str, Any]:
    _, items, pattern = model_of(case)
    found = ordinal_factor_fit(case.matrix(items), pattern, people_from=2, people_per_parameter=0)
    column, row = np.nonzero(pattern.T)
    return {
        "n": found.n,
        "fit": {
            "chisq": found.chi2,
            "df": found.df,
            "cfi": found.cfi,
            "tli": found.tli,
            "rmsea": found.rmsea,
            "chisq.scaled": found.scaled_chi2,
            "pvalue.scaled": found.scaled_p,
            "chisq.scaling.factor": found.scaling_factor,
            "cfi.scaled": found.scaled_cfi,
            "tli.scaled": found.scaled_tli,
            "rmsea.scaled": found.scaled_rmsea,
            "srmr": found.srmr,
        },
        "loadings": found.loadings[row, column],
        "polychoric": found.polychoric,
    }


def weighted_tolerance(case: Case, path: Place) -> tuple[float, float] | None:
    if path[0] == "fit":
        return float(case.tolerance.get("fit_rel", 1e-4)), float(case.tolerance.get("fit_abs", 1e-6))
    return 0.0, float(case.tolerance.get("est_abs", 1e-4))
