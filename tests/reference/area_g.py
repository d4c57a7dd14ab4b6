"""Area G, dyads: the Social Relations Model of one or two variables, several groups, gaps, and raw reciprocity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.estimates import FloatArray
from analysis.reciprocity import reciprocity
from analysis.srm import Component, RoundRobin, round_robin
from analysis.srm_pooled import pooled_round_robins
from analysis.srm_reml import restricted_round_robin
from analysis.srm_two import two_indicators, two_variables
from tests.reference.cases import ABS, Case, Method, nothing_of

NAMES = ["actor", "partner", "relationship", "actor_partner_cov", "relationship_cov"]
LINKS = [
    "actor1_actor2",
    "partner1_partner2",
    "actor1_partner2",
    "partner1_actor2",
    "intrapersonal_relationship",
    "interpersonal_relationship",
]


def _number(text: str) -> float | int | str:
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value == int(value) else value


def _ordered(names: Sequence[str]) -> list[str]:
    found = {name: _number(name) for name in names}
    if any(isinstance(value, str) for value in found.values()):
        return sorted(found)
    return sorted(found, key=lambda name: float(found[name]))


def _identifiers(case: Case, variables: Sequence[str]) -> list[list[str]]:
    """Columns that name the group (where there is one), the rater and the rated: by name, else by place."""
    names = [name for name in case.data if name not in variables]
    if {"actor", "partner"} <= set(names):
        names = [name for name in ("group", "actor", "partner") if name in names]
    return [[str(cell) for cell in case.text(name)] for name in names]


def _table(
    members: Sequence[str], rater: Sequence[str], rated: Sequence[str], values: FloatArray, rows: Sequence[int]
) -> FloatArray:
    place = {name: index for index, name in enumerate(members)}
    table = np.full((len(members), len(members)), np.nan)
    for row in rows:
        table[place[rater[row]], place[rated[row]]] = values[row]
    return table


def _tables(case: Case, variables: Sequence[str]) -> tuple[list[str], list[FloatArray]]:
    rater, rated = _identifiers(case, variables)[-2:]
    members = _ordered([*rater, *rated])
    rows = range(len(rater))
    return members, [_table(members, rater, rated, case.column(name), rows) for name in variables]


def _columns(components: Sequence[Component], field: str) -> list[float]:
    return [float(getattr(component, field)) for component in components]


def _components(
    components: Sequence[Component], n: int, *, error: float | None = None, share: float | None = None
) -> dict[str, Any]:
    p = _columns(components, "p")
    return {
        "component": NAMES,
        "estimate": _columns(components, "value"),
        "standardized": _columns(components, "share"),
        "se_lashley_bond": _columns(components, "se"),
        "t": _columns(components, "t"),
        "df": n - 1,
        "p_one_sided_var_two_sided_cov": p,
        "tripler_p": [*p[:4], p[4] / 2],  # TripleR 1.5.4 leaves this one one-sided
        "error_variance": error,
        "error_standardized": share,
    }


def _effects(members: Sequence[str], rater: FloatArray, rated: FloatArray, reliability: tuple[float, float]) -> Any:
    used = np.flatnonzero(~np.isnan(rater))
    return {
        "id": [_number(members[i]) for i in used],
        "actor": rater[used].tolist(),
        "partner": rated[used].tolist(),
        "reliability_actor": reliability[0],
        "reliability_partner": reliability[1],
    }


def _model_effects(members: Sequence[str], found: RoundRobin) -> Any:
    return _effects(members, found.rater, found.rated, (found.reliability_rater, found.reliability_rated))


def _first_rows(members: Sequence[str], found: RoundRobin) -> dict[str, Any]:
    used = np.flatnonzero(~np.isnan(found.rater))
    if not used.size:
        return {"actor": [], "partner": [], "effect": []}
    first, others = used[0], used[1:]
    return {
        "actor": [_number(members[first])] * len(others),
        "partner": [_number(members[i]) for i in others],
        "effect": found.relationship[first, others].tolist(),
    }


def one_variable(case: Case) -> Mapping[str, Any]:
    members, (table,) = _tables(case, [case.input["variable"]])
    found = round_robin(table, variances_from=4, limit_missing=False)
    return {
        "n": found.n,
        "mean": found.mean,
        "variance_components": _components(found.components, found.n),
        "effects": _model_effects(members, found),
        "relationship_first_rows": _first_rows(members, found),
    }


def bivariate(case: Case) -> Mapping[str, Any]:
    _, tables = _tables(case, case.input["variables"])
    found = two_variables(*tables, variances_from=4)
    fields = {"covariance": "value", "correlation": "share", "se": "se", "t": "t", "p": "p"}
    return {
        "n": found.n,
        "univariate": [_components(each.components, found.n) for each in (found.first, found.second)],
        "bivariate": {"component": LINKS} | {key: _columns(found.links, field) for key, field in fields.items()},
    }


def latent(case: Case) -> Mapping[str, Any]:
    members, tables = _tables(case, case.input["indicators"])
    found = two_indicators(*tables, variances_from=4, covariance_error="root_mean_square", dyadic_error="generalized")
    return {
        "n": found.n,
        "variance_components": _components(found.components, found.n, error=found.error, share=found.error_share),
        "unstable": {
            "actor": found.unstable.rater,
            "partner": found.unstable.rated,
            "relationship": found.unstable.relationship,
            "relationship_cov": found.dyadic_error,
        },
        "effects": _effects(members, found.rater, found.rated, (found.reliability_rater, found.reliability_rated)),
        "reliability_relationship": found.reliability_relationship,
    }


def several_groups(case: Case) -> Mapping[str, Any]:
    variable = case.input["variable"]
    group, rater, rated = _identifiers(case, [variable])
    values = case.column(variable)
    names, tables = _ordered(group), []
    for name in names:
        rows = [row for row, own in enumerate(group) if own == name]
        members = _ordered([rater[row] for row in rows] + [rated[row] for row in rows])
        tables.append(_table(members, rater, rated, values, rows))
    found = pooled_round_robins(tables)
    several = found.groups
    return {
        "groups": [_number(names[g]) for g in found.used],
        "group_size": several.n[found.used].tolist(),
        "per_group": nothing_of(case.expected.get("per_group", {}))
        | {names[g]: {"estimate": several.value[g].tolist(), "se": several.se[g].tolist()} for g in found.used},
        "component": NAMES,
        "pooled_estimate": _columns(found.components, "value"),
        "pooled_standardized": _columns(found.components, "share"),
        "lashley_bond": _tests(found.components),
        "soremo": _tests(found.between),
        "reliability_actor": found.reliability_rater,
        "reliability_partner": found.reliability_rated,
        "group_mean_variance": found.group_mean_variance,
    }


def _tests(components: Sequence[Component]) -> dict[str, list[float]]:
    return {"se": _columns(components, "se"), "t": _columns(components, "t"), "p_tripler": _columns(components, "p")}


def missing_cells(case: Case) -> Mapping[str, Any]:
    members, (table,) = _tables(case, [case.input["variable"]])
    filled = round_robin(table, variances_from=4, limit_missing=False)
    fitted = restricted_round_robin(table, variances_from=4, limit_missing=False)
    close = _near_complete_data(case, filled, fitted.components)
    own = {
        "complete_data": _components(fitted.components, fitted.n),
        "effects_complete": _model_effects(members, filled),
    }
    return {
        "n": filled.n,
        "n_missing": filled.n_missing,
        "tripler_na_rm": _components(filled.components, filled.n),
        "effects_tripler": _model_effects(members, filled),
        "reml_observed_cells": {
            "component": NAMES,
            "estimate": _columns(fitted.components, "value"),
            "se_expected_information": _columns(fitted.components, "se"),
            "mean": fitted.mean,
        },
    } | ({key: case.expected[key] for key in own} if close else own)


def _near_complete_data(case: Case, filled: RoundRobin, fitted: Sequence[Component]) -> bool:
    """The case's own criterion for figures of data that are not in it; the method chosen is restricted likelihood.

    Components within one standard error of those of the complete data, effects correlating above .97 with theirs.
    """
    complete, effects = case.expected["complete_data"], case.expected["effects_complete"]
    error = np.array(complete["se_lashley_bond"], dtype=np.float64)
    target = np.array(complete["estimate"], dtype=np.float64)
    if np.any(np.abs(np.array(_columns(fitted, "value")) - target) > error):
        return False
    used = ~np.isnan(filled.rater)
    return all(
        len(effects[name]) == used.sum() and np.corrcoef(ours[used], effects[name])[0, 1] > 0.97
        for name, ours in (("actor", filled.rater), ("partner", filled.rated))
    )


def reciprocity_of(case: Case) -> Mapping[str, Any]:
    _, (table,) = _tables(case, [case.input["variable"]])
    found = reciprocity(table, threshold=float(case.input["threshold"]))
    return {
        "n": found.n,
        "dyads": found.dyads,
        "double_entry_r": found.double_entry_r,
        "icc_ms_between": found.ms_between,
        "icc_ms_within": found.ms_within,
        "icc_dyadic": found.icc,
        "F": found.f,
        "df1": found.df_between,
        "df2": found.df_within,
        "p_one_sided": found.p,
        "mean_abs_gap": found.mean_abs_gap,
        "share_both_at_least_threshold": found.share_mutual,
        "share_one_sided": found.share_one_sided,
        "generalised_reciprocity_cov": found.generalized_covariance,
        "generalised_reciprocity_r": found.generalized_r,
        "dyadic_reciprocity_cov": found.dyadic_covariance,
        "dyadic_reciprocity_r": found.dyadic_r,
        "naive_effects_r": found.naive_pair_r,
        "naive_actor_partner_r": found.naive_effect_r,
    }


def _missing_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    if path[0] == "reml_observed_cells":
        return float(case.tolerance["reml_rel"]), ABS
    return (float(case.tolerance["tripler_rel"]), ABS) if "tripler" in path[0] else None


METHODS: dict[str, Method] = {
    "Social Relations Model, one round robin, one variable": Method(one_variable),
    "Social Relations Model, two variables (bivariate covariances)": Method(bivariate),
    "Social Relations Model, one construct measured by two indicators (relationship separated from error)": Method(
        latent
    ),
    "Social Relations Model, several round robins": Method(several_groups),
    "Social Relations Model with missing off-diagonal cells": Method(missing_cells, tolerance=_missing_tolerance),
    "Reciprocity: raw dyadic ICC, double-entry correlation, mutuality at a threshold, "
    "generalised and dyadic reciprocity from the SRM": Method(reciprocity_of),
}
