"""How well a factor model reproduces means and covariances: chi2, CFI, TLI, RMSEA, SRMR, information criteria."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, Interval
from analysis.factor_model import GroupModel, Moments

CLOSE = 0.05  # RMSEA of a close fit


@dataclass(frozen=True, slots=True)
class FitIndices:
    """Fit of one model; NaN where the quantity is not defined (p and close_p without degrees of freedom).

    chi2 on df, p: likelihood ratio against no model at all. baseline_*: the same for uncorrelated items. cfi: held to
    0-1; tli, nfi, rni: not held. rmsea with rmsea_interval (90 %), close_p: that it is at most .05. srmr: residuals
    over the observed standard deviations (Bentler), with the means where modelled; srmr_mplus: of correlations, and
    with a mean structure not independent of where the scale begins.
    n_parameters, log_likelihood, aic, bic: normal likelihood. discrepancy: minimum of F.
    """

    chi2: float
    df: int
    p: float
    baseline_chi2: float
    baseline_df: int
    cfi: float
    tli: float
    nfi: float
    rni: float
    rmsea: float
    rmsea_interval: Interval
    close_p: float
    srmr: float
    srmr_mplus: float
    n_parameters: int
    log_likelihood: float
    aic: float
    bic: float
    discrepancy: float


def fit_indices(
    moments: Sequence[Moments],
    models: Sequence[GroupModel],
    values: FloatArray,
    discrepancy: float,
    *,
    people: Sequence[int],
    confidence: float = 0.90,
) -> FitIndices:
    """All indices of a fitted model, groups pooled.

    people: respondents per group. chi2 = sum of weights x F; RMSEA = sqrt(max(chi2 - df, 0)/(w df)) x sqrt(groups), its
    interval from the noncentral chi2; SRMR: mean over groups weighted by people. As lavaan 0.6-14.
    Sources: Bentler (1990), Psychological Bulletin 107; Steiger (1990), Multivariate Behavioral Research 25;
    Hu & Bentler (1999), Structural Equation Modeling 6.
    """
    weight, p = sum(m.weight for m in moments), len(moments[0].mean)
    with_means = models[0].intercepts is not None
    df = len(moments) * (p * (p + 1) // 2 + (p if with_means else 0)) - values.size
    chi2 = weight * discrepancy
    baseline_chi2, baseline_df = _baseline(moments)
    cfi, tli, nfi, rni = incremental(chi2, df, baseline_chi2, baseline_df)
    rmsea, interval, close_p = approximation_error(chi2, df, weight, len(moments), confidence)
    residuals = [_residuals(m, model, values, with_means) for m, model in zip(moments, models, strict=True)]
    srmr, srmr_mplus = (float(v) for v in np.average(residuals, axis=0, weights=people))
    saturated = -0.5 * sum(
        n * (p * math.log(2 * math.pi) + float(np.linalg.slogdet(m.covariance)[1]) + p)
        for n, m in zip(people, moments, strict=True)
    )
    log_likelihood = saturated - chi2 / 2
    return FitIndices(
        chi2,
        df,
        chi2_p(chi2, df),
        baseline_chi2,
        baseline_df,
        cfi,
        tli,
        nfi,
        rni,
        rmsea,
        interval,
        close_p,
        srmr,
        srmr_mplus,
        values.size,
        log_likelihood,
        2 * values.size - 2 * log_likelihood,
        values.size * math.log(sum(people)) - 2 * log_likelihood,
        discrepancy,
    )


def chi2_p(chi2: float, df: float) -> float:
    """Upper tail of chi2; NaN without degrees of freedom."""
    from scipy.special import chdtrc

    return float(chdtrc(df, max(chi2, 0.0))) if df > 0 else math.nan


def incremental(chi2: float, df: int, baseline_chi2: float, baseline_df: int) -> tuple[float, float, float, float]:
    """CFI, TLI, NFI and RNI: improvement over uncorrelated items. A saturated model has CFI and TLI 1."""
    excess, baseline = chi2 - df if df > 0 else 0.0, baseline_chi2 - baseline_df
    worst = max(excess, baseline, 0.0)
    cfi = 1.0 - max(excess, 0.0) / worst if worst > 0 else 1.0
    tli = 1.0 - excess * baseline_df / (baseline * df) if df > 0 and baseline != 0 else 1.0
    nfi = (baseline_chi2 - chi2) / baseline_chi2 if baseline_chi2 > 0 else 1.0
    return cfi, tli, nfi, 1.0 - excess / baseline if baseline > 0 else math.nan


def approximation_error(
    chi2: float, df: int, weight: float, groups: int = 1, confidence: float = 0.90
) -> tuple[float, Interval, float]:
    """RMSEA, its interval, and p of the hypothesis that it is at most .05."""
    from scipy.special import chndtr

    if df == 0:
        return 0.0, Interval(0.0, 0.0), math.nan
    scale = groups / (weight * df)
    low, high = (math.sqrt(_noncentrality(chi2, df, 0.5 + side * confidence / 2) * scale) for side in (1.0, -1.0))
    close_p = 1.0 - float(chndtr(chi2, df, CLOSE**2 / scale))
    return math.sqrt(max(chi2 - df, 0.0) * scale), Interval(low, high), close_p


def _noncentrality(chi2: float, df: int, probability: float) -> float:
    """Noncentrality at which the distribution function at chi2 has this value; 0 where none reaches it."""
    from scipy.special import chdtr, chndtrinc

    return float(chndtrinc(chi2, df, probability)) if chdtr(df, chi2) > probability else 0.0


def _baseline(moments: Sequence[Moments]) -> tuple[float, int]:
    """Independence model: chi2 = -sum w ln|R|, on p (p - 1)/2 degrees of freedom per group."""
    chi2 = 0.0
    for group in moments:
        variances = np.diag(group.covariance)
        chi2 += group.weight * float(np.log(variances).sum() - np.linalg.slogdet(group.covariance)[1])
    p = len(moments[0].mean)
    return chi2, len(moments) * p * (p - 1) // 2


def _residuals(group: Moments, model: GroupModel, values: FloatArray, with_means: bool) -> tuple[float, float]:
    covariance, mean = model.implied(values)
    scale, implied_scale = np.sqrt(np.diag(group.covariance)), np.sqrt(np.diag(covariance))
    lower = np.tril_indices(len(scale))
    difference = (group.covariance - covariance) / np.outer(scale, scale)
    bentler = difference[lower]
    correlations = group.covariance / np.outer(scale, scale) - covariance / np.outer(implied_scale, implied_scale)
    np.fill_diagonal(correlations, np.diag(difference))
    mplus = correlations[lower]
    if with_means:
        bentler = np.concatenate([bentler, (group.mean - mean) / scale])
        mplus = np.concatenate([mplus, group.mean / scale - mean / implied_scale])
    return math.sqrt(float((bentler**2).mean())), math.sqrt(float((mplus**2).mean()))
