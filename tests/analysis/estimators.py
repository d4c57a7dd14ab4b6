"""Every public estimator under one name, by the shape of what it takes, and how two results are compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from analysis.agreement import ad_mean, ad_median, agreement, rwg_j_star
from analysis.bootstrap import cluster_bootstrap
from analysis.change import (
    independent_change,
    overlapping_change,
    overlapping_test,
    paired_change,
    paired_test,
    paired_tests,
    standardized_change,
    welch_test,
)
from analysis.confirmatory import one_factor_fit
from analysis.control import individuals_chart, step_at_event
from analysis.dif import item_dif
from analysis.dimensionality import eigenvalues, parallel_analysis, sampling_adequacy, sphericity
from analysis.dominance import dominance
from analysis.dyads import asymmetry, between_sides, density, trust_given, trust_received, weighted_reciprocity
from analysis.estimates import FloatArray
from analysis.gaps import mean_difference, side_gap
from analysis.icc import group_icc, rater_icc
from analysis.indices import partnership_score
from analysis.intervals import partnership_level, t_interval
from analysis.invariance import measurement_invariance
from analysis.mann_kendall import mann_kendall
from analysis.mixed import random_intercept
from analysis.omega import omega_total
from analysis.ordinal_factor import ordinal_factor_fit
from analysis.polychoric import polychoric_matrix
from analysis.ranks import mann_whitney
from analysis.ratings import error_variance, person_scores
from analysis.reciprocity import reciprocity
from analysis.reliability import cronbach_alpha, pooled_alpha
from analysis.several_groups import games_howell, kruskal_wallis, one_way, welch_anova
from analysis.srm import round_robin
from analysis.srm_reml import restricted_round_robin
from analysis.srm_two import two_variables
from analysis.theil_sen import theil_sen
from analysis.trends import trend, trend_table


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def halves(n: int) -> FloatArray:
    return np.arange(n) % 2


def one_factor(x: FloatArray) -> FloatArray:
    return np.ones((x.shape[1], 1), dtype=bool)


# (people, items) -> anything that does not depend on where the scale begins
ITEMS: dict[str, Callable[[FloatArray], Any]] = {
    "error_variance": error_variance,
    "alpha": cronbach_alpha,
    "alpha_pairwise": lambda x: cronbach_alpha(x, missing="pairwise"),
    "alpha_pooled": lambda x: pooled_alpha(x, halves(len(x)), fewest=4),
    "omega": lambda x: omega_total(x, fewest=10),
    "omega_pooled": lambda x: omega_total(x, group=halves(len(x)), fewest=10),
    "rater_icc": rater_icc,
    "agreement": agreement,
    "rwg_j_star": lambda x: rwg_j_star(x, 10.0),
    "adequacy": lambda x: sampling_adequacy(x, people_from=10),
    "sphericity": lambda x: sphericity(x, people_from=10),
    "eigenvalues": eigenvalues,
    "parallel": lambda x: parallel_analysis(x, rng=rng(), replicates=50, people_from=10),
    "one_factor_fit": lambda x: one_factor_fit(x, people_from=10, people_per_parameter=0),
    "invariance": lambda x: measurement_invariance(
        x, halves(len(x)), one_factor(x), n_groups=2, people_per_group=10, people_per_parameter=0
    ),
    "polychoric": lambda x: polychoric_matrix(x, people_from=10),
    "ordinal_factor": lambda x: ordinal_factor_fit(x, one_factor(x), people_from=10, people_per_parameter=0),
    "dif": lambda x: item_dif(x, halves(len(x)), n_groups=2, people_per_group=5),
}

# (people,) with two organizations or more -> anything that moves with the scores, or not at all
LEVELS: dict[str, Callable[[FloatArray], Any]] = {
    "t_interval": t_interval,
    "infinite": lambda v: level(v, "infinite"),
    "finite": lambda v: level(v, "finite"),
    "organizations": lambda v: partnership_score(
        v, organizations(v), len(set(organizations(v))), weighting="organization"
    ),
    "persons": lambda v: partnership_score(v, organizations(v), len(set(organizations(v))), weighting="person"),
    "bootstrap": lambda v: cluster_bootstrap(v, organizations(v), rng=rng(), resamples=100),
    "bootstrap_bca": lambda v: cluster_bootstrap(v, organizations(v), rng=rng(), resamples=100, method="bca"),
}

# two samples, or two rounds of the same organizations -> differences
PAIRS: dict[str, Callable[[FloatArray, FloatArray], Any]] = {
    "paired": paired_change,
    "independent": independent_change,
    "overlapping": overlapping_change,
    "paired_test": paired_test,
    "paired_tests": paired_tests,
    "welch": welch_test,
    "overlapping_test": overlapping_test,
    "standardized": standardized_change,
    "mean_difference": mean_difference,
    "dominance": dominance,
    "mann_whitney": mann_whitney,
    "side_gap": lambda a, b: side_gap(np.concatenate([a, b]), np.repeat([0, 1], [a.size, b.size]), rng=rng()),
    "kruskal": lambda a, b: kruskal_wallis([a, b]),
    "one_way": lambda a, b: one_way([a, b]),
    "welch_anova": lambda a, b: welch_anova([a, b]),
    "games_howell": lambda a, b: games_howell([a, b]),
}

# (rounds,) -> movement
SERIES: dict[str, Callable[[FloatArray], Any]] = {
    "mann_kendall": lambda v: mann_kendall(v[None]),
    "theil_sen": lambda v: theil_sen(np.arange(v.size) * 0.5, v[None]),
    "trend": lambda v: trend(np.arange(v.size) * 0.5, v),
    "trend_table": lambda v: trend_table(np.arange(v.size) * 0.5, v[None]),
    "step": lambda v: step_at_event(v, v.size // 2) if v.size > 1 else None,
}

# (people,) in groups -> components of variance
GROUPED: dict[str, Callable[[FloatArray], Any]] = {
    "group_icc": lambda v: group_icc(v, organizations(v), fewest_groups=2),
    "mixed": lambda v: random_intercept(np.arange(v.size) % 4.0, v, organizations(v)),
}

# (n, n) ratings -> components, gaps and reciprocity that do not depend on where the scale begins
DYADS: dict[str, Callable[[FloatArray], Any]] = {
    "round_robin": lambda x: [(c.value, c.se, c.p) for c in round_robin(x, variances_from=4).components],
    "reml": lambda x: [(c.value, c.se, c.p) for c in restricted_round_robin(x, variances_from=4).components],
    "two_variables": lambda x: two_variables(x, 10 - x.T, variances_from=4).links,
    "asymmetry": lambda x: dataclasses.replace(asymmetry(x, sem=1.0), pairs=()),
    "reciprocity": reciprocity,
}
DYADIC_LEVELS: dict[str, Callable[[FloatArray], Any]] = {
    "received": trust_received,
    "given": trust_given,
    "between_sides": lambda x: between_sides(x, halves(len(x)), n_sides=2),
    "weighted_reciprocity": weighted_reciprocity,
    "density": density,
    "full_round_robin": round_robin,
    "full_reml": restricted_round_robin,
}


def organizations(values: FloatArray) -> FloatArray:
    """Two people each, the last one alone when their number is odd."""
    return np.arange(len(values)) // 2


def level(values: FloatArray, question: str) -> Any:
    invited = np.full(len(set(organizations(values))), 3)
    return partnership_level(values, organizations(values), invited, question=question)  # type: ignore[arg-type]


def everything() -> Iterator[tuple[str, Callable[..., Any], str]]:
    """Name, estimator and the shape it takes."""
    kinds = {
        "items": ITEMS,
        "people": LEVELS | GROUPED,
        "pairs": PAIRS,
        "series": SERIES,
        "square": DYADS | DYADIC_LEVELS,
    }
    for kind, table in kinds.items():
        for name, estimator in table.items():
            yield name, estimator, kind
    yield "person_scores", person_scores, "items"
    yield "ad", lambda x: (ad_mean(x.ravel()), ad_median(x.ravel())), "items"
    yield "individuals", individuals_chart, "series"


def flat(result: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every number, text and truth value of a result with the way to it."""
    if dataclasses.is_dataclass(result):
        for each in dataclasses.fields(result):
            yield from flat(getattr(result, each.name), f"{path}.{each.name}")
    elif isinstance(result, Mapping):
        for key, value in result.items():
            yield from flat(value, f"{path}.{key}")
    elif isinstance(result, np.ndarray):
        yield path, result
    elif isinstance(result, tuple | list):
        for index, value in enumerate(result):
            yield from flat(value, f"{path}[{index}]")
    else:
        yield path, result


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number | np.ndarray) and not isinstance(value, bool)


def assert_same(one: Any, other: Any, *, rtol: float = 1e-6, atol: float = 1e-7) -> None:
    first, second = dict(flat(one)), dict(flat(other))
    assert first.keys() == second.keys()
    for path, value in first.items():
        if is_number(value):
            np.testing.assert_allclose(second[path], value, rtol=rtol, atol=atol, err_msg=path)
        else:
            assert second[path] == value, path
