"""Area E, gaps: standardized differences, dominance, several groups, exact permutation, adjusted p."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis import multiplicity
from analysis.change import Change, paired_test, paired_tests
from analysis.dominance import Dominance, dominance, rank_biserial_interval
from analysis.estimates import FloatArray
from analysis.gaps import mean_difference
from analysis.permutation import two_sample_tails
from analysis.ranks import mann_whitney
from analysis.several_groups import dunn, games_howell, kruskal_wallis, one_way, welch_anova
from tests.reference.cases import Case, Method, nothing_of


def _label(value: Any) -> str:
    text = str(value)
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number == int(number) else str(number)


def group(case: Case, name: Any) -> FloatArray:
    """Values of one group, the missing left out."""
    values = case.column("y")
    own = np.array([cell is not None and _label(cell) == _label(name) for cell in case.text("group")], dtype=bool)
    return values[own & ~np.isnan(values)]


def _two_groups(case: Case) -> tuple[FloatArray, FloatArray]:
    levels = list(dict.fromkeys(name for name in case.text("group") if name is not None)) or [""]
    names = [case.input.get("first_group", levels[0]), case.input.get("second_group", levels[-1])]
    return group(case, names[0]), group(case, names[1])


def _confidence(case: Case) -> float:
    return float(case.input.get("conf", 0.95))


def _test(change: Change | None) -> dict[str, Any]:
    if change is None:
        return dict.fromkeys(("t", "df", "p", "ci"), None) | {"ci": [None, None]}
    return {"t": change.t, "df": change.df, "p": change.p, "ci": list(change.estimate.interval)}


def standardized(case: Case) -> Mapping[str, Any]:
    found = mean_difference(*_two_groups(case), confidence=_confidence(case))
    return {
        "n1": found.n[0],
        "n2": found.n[1],
        "mean1": found.mean[0],
        "mean2": found.mean[1],
        "sd1": found.sd[0],
        "sd2": found.sd[1],
        "sd_pooled": found.sd_pooled,
        "difference": found.difference,
        "cohens_d": found.d,
        "cohens_d_ci_nct": list(found.d_interval),
        "cohens_d_ci_effsize_nct": list(found.d_interval),
        "J_exact": found.j,
        "J_approx": found.j_approx,
        "hedges_g_exact": found.g,
        "hedges_g_effectsize": found.g,
        "hedges_g_ci_effectsize": list(found.g_interval),
        "hedges_g_effsize": found.g_approx,
        "hedges_g_ci_effsize": list(found.g_interval_t),
        "glass_delta": found.glass,
        "g_se_hedges_olkin": found.g_se,
        "student": _test(found.student),
        "welch": _test(found.welch),
    }


def _limits(found: Dominance) -> dict[str, float]:
    return {"delta": found.delta, "var": found.variance, "lower": found.low, "upper": found.high}


def ordinal(case: Case) -> Mapping[str, Any]:
    first, second = _two_groups(case)
    confidence = _confidence(case)
    found = dominance(first, second, confidence=confidence)
    ranks = mann_whitney(first, second)
    note = case.expected.get("effsize_default_algorithm", {}).get("note")
    return {
        "n1": found.n[0],
        "n2": found.n[1],
        "n_greater": found.greater,
        "n_less": found.less,
        "n_tied": found.tied,
        "delta": found.delta,
        "prob_superiority": found.superiority,
        "unbiased_t": _limits(found),
        "unbiased_normal": _limits(dominance(first, second, quantile="normal", confidence=confidence)),
        "consistent_t": _limits(dominance(first, second, variance="consistent", confidence=confidence)),
        "U1": ranks.statistic,
        "U2": found.n[0] * found.n[1] - ranks.statistic,
        "p_continuity": ranks.p_continuity,
        "p_no_continuity": ranks.p_normal,
        "rank_biserial": found.delta,
        "effsize_default_algorithm": _limits(found) | {"note": note},
        "rank_biserial_ci": list(rank_biserial_interval(found.delta, *found.n, confidence)),
    }


def several(case: Case) -> Mapping[str, Any]:
    named = sorted({name for name in case.text("group") if name is not None})
    levels = [_label(level) for level in case.input.get("levels", named)]
    groups = [group(case, level) for level in levels]
    ranked, means, welch = kruskal_wallis(groups), one_way(groups), welch_anova(groups)
    by_rank, by_mean = dunn(groups), games_howell(groups, confidence=_confidence(case))
    pair = [f"{levels[i]}|{levels[j]}" for i, j in by_rank.pairs]
    return {
        "n": sum(ranked.n),
        "k": sum(size > 0 for size in ranked.n),
        "group_n": list(ranked.n),
        "mean_rank": ranked.mean_ranks,
        "H": ranked.h,
        "df": ranked.df,
        "p": ranked.p,
        "epsilon_squared": ranked.epsilon_squared,
        "eta_squared_H": ranked.eta_squared,
        "anova": {"F": means.f, "p": means.p, "eta_squared": means.eta_squared},
        "welch": {"F": welch.f, "df1": welch.df_between, "df2": welch.df_within, "p": welch.p},
        "dunn": {"pair": pair, "z": by_rank.statistic, "p": by_rank.p, "p_bh": by_rank.p_adjusted},
        "games_howell": {
            "pair": pair,
            "difference_second_minus_first": by_mean.difference,
            "lower": by_mean.low,
            "upper": by_mean.high,
            "p": by_mean.p,
        },
    }


def two_sample_permutation(case: Case) -> Mapping[str, Any]:
    first, second = _two_groups(case)
    if not first.size or not second.size:
        return nothing_of(case.expected)
    tails = two_sample_tails(first, second, np.random.default_rng(1))
    scores, ranks = mann_whitney(first, second), np.concatenate([first, second])
    n1, n2, n = first.size, second.size, ranks.size
    variance = n1 * n2 / (n * max(n - 1, 1)) * float(((ranks - ranks.mean()) ** 2).sum())
    z = float(first.sum() - n1 * ranks.mean()) / np.sqrt(variance) if variance > 0 else None
    from scipy.special import ndtr

    return {
        "n_permutations": tails.relabellings,
        "observed_difference": float(first.mean() - second.mean()),
        "p_two_sided": tails.two_sided,
        "p_greater": tails.greater,
        "p_less": tails.less,
        "coin_oneway_p": tails.two_sided,
        "coin_oneway_z": z,
        "coin_wilcoxon_exact_p": scores.p,
        "coin_wilcoxon_z": scores.z,
        "asymptotic_oneway_p": None if z is None else float(2 * ndtr(-abs(z))),
    }


def paired_permutation(case: Case) -> Mapping[str, Any]:
    first, second = case.column("wave1"), case.column("wave2")
    found = paired_tests(first, second, np.random.default_rng(1))
    change = paired_test(first, second, fewest=2).estimate
    return {
        "n": change.n,
        "mean_change": change.value,
        "n_flips": found.sign_flip.relabellings,
        "p_two_sided": found.sign_flip.two_sided,
        "p_greater": found.sign_flip.greater,
        "perm_test_p": found.sign_flip.two_sided,
        "wilcoxon_V": found.signed_rank.statistic,
        "wilcoxon_p_continuity": found.signed_rank.p_continuity,
        "n_nonzero": found.signed_rank.n,
    }


def adjusted(case: Case) -> Mapping[str, Any]:
    p = case.column("p")
    bh = multiplicity.benjamini_hochberg(p)
    level = float(case.input.get("alpha", 0.05))
    return {
        "n": p.size,
        "n_tested": int((~np.isnan(p)).sum()),
        "bh": bh,
        "by": multiplicity.benjamini_yekutieli(p),
        "holm": multiplicity.holm(p),
        "bonferroni": multiplicity.bonferroni(p),
        "n_rejected_bh_05": int((bh <= level).sum()),
    }


def _standardized_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    """Root finding of the packages in the noncentral intervals."""
    noncentral = path[0] in ("cohens_d_ci_nct", "cohens_d_ci_effsize_nct", "hedges_g_ci_effectsize")
    return (case.rel_abs[0], float(case.tolerance.get("nct_abs", 2e-5))) if noncentral else None


def _ordinal_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    """The cases give the row-partition variance for information only: it is wrong in some tied samples."""
    return (0.0, math.inf) if path[0] == "effsize_default_algorithm" and path[-1] != "delta" else None


def _several_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    """rstatix rounds p to three digits, and its quantile of the studentized range stops early."""
    if path[0] != "games_howell" or path[1] == "difference_second_minus_first":
        return None
    return case.rel_abs[0], float(case.tolerance.get("games_howell_abs", 2e-3))


METHODS: dict[str, Method] = {
    "Mean difference, Cohen d, Hedges g (exact and approximate J), Glass delta, CI by noncentral t, "
    "Student and Welch t": Method(standardized, tolerance=_standardized_tolerance),
    "Cliff delta with CI, probability of superiority, Mann-Whitney with ties": Method(
        ordinal, tolerance=_ordinal_tolerance
    ),
    "Kruskal-Wallis with ties, epsilon/eta squared, Welch ANOVA, Dunn (BH), Games-Howell": Method(
        several, tolerance=_several_tolerance
    ),
    "Exact two-sample permutation test of the mean difference; exact Wilcoxon with ties": Method(
        two_sample_permutation
    ),
    "Paired sign-flip permutation test (exact), Wilcoxon signed rank": Method(paired_permutation),
    "Benjamini-Hochberg, Benjamini-Yekutieli, Holm, Bonferroni adjusted p": Method(adjusted),
}
