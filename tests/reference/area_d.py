"""Area D, dimensionality: adequacy, parallel analysis, factor models, invariance, polychoric correlations, DIF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.dif import ItemDif, item_dif
from analysis.dimensionality import eigenvalues, parallel_analysis, sampling_adequacy, sphericity
from analysis.estimates import FloatArray
from analysis.polychoric import Fitting, polychoric_matrix
from tests.reference.cases import Case, Method, Place
from tests.reference.factor_models import (
    bound_tolerance,
    factor_model,
    invariance,
    iterated_tolerance,
    ordinal_model,
    weighted_tolerance,
)

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
    "Ordinal CFA": Method(ordinal_model, tolerance=weighted_tolerance),
    "KMO (MSA overall and per item), Bartlett sphericity, eigenvalues": Method(adequacy),
    "Horn parallel analysis, PCA eigenvalues, normal random data": Method(components, tolerance=_simulated),
    "CFA by maximum likelihood: chi-square, CFI, TLI, RMSEA (90% CI), SRMR, loadings": Method(
        factor_model, tolerance=iterated_tolerance
    ),
    "Measurement invariance: configural, metric, scalar, strict (multi-group ML, mean structure)": Method(
        invariance, tolerance=bound_tolerance
    ),
    "Polychoric correlations (two-step and full ML) and thresholds": Method(polychoric_pairs, tolerance=_searched),
    "DIF: ordinal logistic regression, rest-score matching, uniform and non-uniform LR tests": Method(differential),
}
