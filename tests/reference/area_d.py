"""Area D, dimensionality: adequacy, parallel analysis, factor models, invariance, polychoric correlations, DIF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.confirmatory import Likelihood, factor_fit
from analysis.dif import ItemDif, item_dif
from analysis.dimensionality import eigenvalues, parallel_analysis, sampling_adequacy, sphericity
from analysis.estimates import BoolArray, FloatArray
from analysis.fit_indices import FitIndices
from analysis.invariance import measurement_invariance
from analysis.ordinal_factor import ordinal_factor_fit
from analysis.polychoric import Fitting, polychoric_matrix
from tests.reference.cases import Case, Method, Place

SEED = 20261123  # parallel analysis is a simulation: the cases give its tolerance


def _items(case: Case, *, but: tuple[str, ...] = ()) -> list[str]:
    return list(case.input.get("items") or [name for name in case.data if name not in but])


def _scores(case: Case) -> FloatArray:
    return case.matrix(_items(case))


def adequacy(case: Case) -> Mapping[str, Any]:
    scores = _scores(case)
    found, test = sampling_adequacy(scores, people_from=2), sphericity(scores, people_from=2)
    return {
        "n": found.n,
        "p": scores.shape[1],
        "kmo": found.value,
        "msa": found.per_item,
        "bartlett_chi2": test.chi2,
        "bartlett_df": test.df,
        "bartlett_p": test.p,
        "log_det": test.log_determinant,
        "eigenvalues": eigenvalues(scores),
        "smc": found.smc,
    }


def components(case: Case) -> Mapping[str, Any]:
    scores = _scores(case)
    found = parallel_analysis(
        scores,
        rng=np.random.default_rng(SEED),
        replicates=int(case.input.get("replicates", 4000)),
        quantile=float(case.input.get("quantile", 0.95)),
        people_from=2,
    )
    return {
        "n": found.n,
        "p": scores.shape[1],
        "eigenvalues": found.eigenvalues,
        "random_mean": found.random_mean,
        "random_q95": found.random_quantile,
        "n_components_mean": found.by_mean,
        "n_components_q95": found.by_quantile,
    }


def _simulated(case: Case, path: Place) -> tuple[float, float] | None:
    if path[0].startswith("random"):
        return 0.0, float(case.tolerance.get("random_abs", 0.02))
    if path[0] == "eigenvalues":
        return float(case.tolerance.get("eigenvalues_rel", 1e-9)), 1e-12
    return 0.0, 0.0


def _model(case: Case) -> tuple[list[str], list[str], BoolArray]:
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
    factors, items, pattern = _model(case)
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
        "fit": _fit(found.indices),
        "wishart": _fit(other.indices),
        "loadings": {
            "factor": [factors[j] for j in column],
            "item": [items[i] for i in row],
            "est": found.loadings[row, column],
            "se": np.nan_to_num(found.loading_errors[row, column]),
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


def _fit(fit: FitIndices | None) -> dict[str, Any]:
    if fit is None:
        return {}
    return {
        "npar": fit.n_parameters,
        "fmin": fit.discrepancy / 2,
        "chisq": fit.chi2,
        "df": fit.df,
        "pvalue": fit.p,
        "baseline.chisq": fit.baseline_chi2,
        "baseline.df": fit.baseline_df,
        "cfi": fit.cfi,
        "tli": fit.tli,
        "nfi": fit.nfi,
        "rni": fit.rni,
        "rmsea": fit.rmsea,
        "rmsea.ci.lower": fit.rmsea_interval.low,
        "rmsea.ci.upper": fit.rmsea_interval.high,
        "rmsea.pvalue": fit.close_p,
        "srmr": fit.srmr,
        "srmr_bentler": fit.srmr,
        "srmr_mplus": fit.srmr_mplus,
        "aic": fit.aic,
        "bic": fit.bic,
        "logl": fit.log_likelihood,
    }


def invariance(case: Case) -> Mapping[str, Any]:
    factors, items, pattern = _model(case)
    label = case.text(case.input["group"])
    order = list(dict.fromkeys(name for name in label if name is not None))
    known = [row for row, name in enumerate(label) if name is not None]
    found = measurement_invariance(
        case.matrix(items)[known],
        np.array([order.index(str(label[row])) for row in known]),
        pattern,
        n_groups=len(order),
        people_per_group=2,
        people_per_parameter=0,
    )
    scalar = found.models[2]
    return {
        "group_order": order,
        "n": found.n,
        "models": {model.level: _fit(model.indices) for model in found.models},
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


def _bound(case: Case, path: Place) -> tuple[float, float] | None:
    given = case.tolerance
    if path[0] == "latent_means_scalar":
        return float(given.get("rel", 2e-5)), float(given.get("est_abs", 1e-4))
    return None


def _iterated(case: Case, path: Place) -> tuple[float, float] | None:
    given = case.tolerance
    if "se" in path:
        return float(given.get("se_rel", 0.005)), 1e-6
    if path[0] in ("fit", "wishart", "models") or "fit_rel" not in given:
        return float(given.get("fit_rel", given.get("rel", 2e-6))), float(given.get("fit_abs", given.get("abs", 2e-6)))
    return float(given.get("est_rel", 2e-4)), float(given.get("est_abs", 1e-4))


def polychoric_pairs(case: Case) -> Mapping[str, Any]:
    items, scores = _items(case), _scores(case)
    one, other = np.triu_indices(len(items), 1)

    def pairs(fitting: Fitting = "two_step", empty_cells: float = 0.0) -> FloatArray:
        found = polychoric_matrix(scores, fitting=fitting, empty_cells=empty_cells, people_from=2)
        return found.correlation[one, other]

    found, two_step = polychoric_matrix(scores, people_from=2), pairs()
    return {
        "n": found.n,
        "pairs": [f"{items[i]}~{items[j]}" for i, j in zip(one, other, strict=True)],
        "thresholds": dict(zip(items, found.thresholds, strict=True)),
        "two_step_polycor": two_step,
        "two_step_se_polycor": found.errors[one, other],
        "full_ml_polycor": pairs("full_stopped"),
        "psych_correct0": two_step,
        "psych_correct05": pairs(empty_cells=0.5),
        "lavCor": two_step,
        "two_step_reference": two_step,
    }


def _searched(case: Case, path: Place) -> tuple[float, float] | None:
    given = case.tolerance
    if path[0] == "thresholds":
        return float(given.get("thresholds_rel", 1e-9)), 1e-12
    if path[0] == "two_step_reference":
        return 0.0, float(given.get("two_step_reference_abs", 1e-5))
    return 0.0, float(given.get("abs", 2e-4))


def ordinal_model(case: Case) -> Mapping[str, Any]:
    _, items, pattern = _model(case)
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


def _weighted(case: Case, path: Place) -> tuple[float, float] | None:
    if path[0] == "fit":
        return float(case.tolerance.get("fit_rel", 1e-4)), float(case.tolerance.get("fit_abs", 1e-6))
    return 0.0, float(case.tolerance.get("est_abs", 1e-4))


def differential(case: Case) -> Mapping[str, Any]:
    column = str(case.input.get("group", "group"))
    items, label = _items(case, but=(column,)), case.text(column)
    levels = [str(level) for level in case.input.get("group_levels") or sorted({str(name) for name in label if name})]
    reference = str(case.input.get("reference", levels[0]))
    order = [reference, *[level for level in levels if level != reference]]
    known = [row for row, name in enumerate(label) if name in order]
    found = item_dif(
        case.matrix(items)[known],
        np.array([order.index(str(label[row])) for row in known]),
        n_groups=len(order),
        people_per_group=2,
    )
    return {"n": found[0].n, "items": {name: _item(one) for name, one in zip(items, found, strict=True)}}


def _item(found: ItemDif) -> dict[str, Any]:
    return {
        "deviance_null": found.null_deviance,
        "deviance": found.deviances,
        "lr_uniform": found.uniform.chi2,
        "p_uniform": found.uniform.p,
        "lr_nonuniform": found.nonuniform.chi2,
        "p_nonuniform": found.nonuniform.p,
        "lr_total": found.total.chi2,
        "p_total": found.total.p,
        "mcfadden_delta_13": found.mcfadden,
        "nagelkerke_delta_12": found.nagelkerke_uniform,
        "nagelkerke_delta_13": found.nagelkerke_total,
        "beta_rest_model1": found.rest_alone,
        "beta_rest_model2": found.rest,
        "beta_group_model2": found.group_effects,
    }


METHODS: dict[str, Method] = {
    "Ordinal CFA": Method(ordinal_model, tolerance=_weighted),
    "KMO (MSA overall and per item), Bartlett sphericity, eigenvalues": Method(adequacy),
    "Horn parallel analysis, PCA eigenvalues, normal random data": Method(components, tolerance=_simulated),
    "CFA by maximum likelihood: chi-square, CFI, TLI, RMSEA (90% CI), SRMR, loadings": Method(
        factor_model, tolerance=_iterated
    ),
    "Measurement invariance: configural, metric, scalar, strict (multi-group ML, mean structure)": Method(
        invariance, tolerance=_bound
    ),
    "Polychoric correlations (two-step and full ML) and thresholds": Method(polychoric_pairs, tolerance=_searched),
    "DIF: ordinal logistic regression, rest-score matching, uniform and non-uniform LR tests": Method(differential),
}
