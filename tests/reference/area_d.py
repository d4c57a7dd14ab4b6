"""Area D, dimensionality: adequacy, parallel analysis, factor models, invariance, polychoric correlations, DIF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.dimensionality import eigenvalues, parallel_analysis, sampling_adequacy, sphericity
from analysis.estimates import FloatArray
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


METHODS: dict[str, Method] = {
    "KMO (MSA overall and per item), Bartlett sphericity, eigenvalues": Method(adequacy),
    "Horn parallel analysis, PCA eigenvalues, normal random data": Method(components, tolerance=_simulated),
}
