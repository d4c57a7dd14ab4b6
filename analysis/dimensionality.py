"""Do the items belong together at all: sampling adequacy, sphericity, eigenvalues, how many components beat chance."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from analysis.estimates import BoolArray, FloatArray, Reason, nobody_complete

PEOPLE_FROM = 50  # as omega: below it a correlation of .3 is not told from none
REPLICATES = 1000
CONDITION = 1e12  # reciprocal of the smallest share of the largest eigenvalue an invertible matrix may have


def _empty() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class SamplingAdequacy:
    """Kaiser-Meyer-Olkin measure.

    value: overall, 0-1; per_item: (k,), the same for each item; smc: (k,), squared multiple correlation of each item
    with the others. n: complete respondents. All NaN when reason says why.
    """

    value: float
    per_item: FloatArray
    smc: FloatArray
    n: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Sphericity:
    """Bartlett's test that all correlations are zero: chi2 on df, p (may underflow to 0), log determinant of R."""

    chi2: float
    df: int
    p: float
    log_determinant: float
    n: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    """Eigenvalues beside those of unrelated items.

    eigenvalues, random_mean, random_quantile: (k,), largest first. by_mean, by_quantile: components kept, counted
    until the first eigenvalue that does not exceed its random counterpart. n: complete respondents. quantile: 0-1.
    """

    eigenvalues: FloatArray
    random_mean: FloatArray = field(default_factory=_empty)
    random_quantile: FloatArray = field(default_factory=_empty)
    by_mean: int = 0
    by_quantile: int = 0
    n: int = 0
    replicates: int = 0
    quantile: float = 0.95
    reason: Reason | None = None


def sampling_adequacy(scores: FloatArray, *, people_from: int = PEOPLE_FROM) -> SamplingAdequacy:
    """How much of the correlation between two items is shared with the rest (Kaiser-Meyer-Olkin, MSA).

    scores: (n, k), NaN = not answered; respondents with a gap are left out. Any unit: reversing or rescaling an item
    changes nothing. people_from: fewest complete respondents; there must also be more of them than items.
    KMO = sum r_ij^2 / (sum r_ij^2 + sum q_ij^2), i != j, q the partial correlations given all other items (anti-image).
    Reasons: `no_data`, `no_overlap` (nobody complete, as two items were never answered together), `too_few` (people,
    or fewer than two items), `zero_variance` (an item does not vary),
    `singular` (an item follows from the others). No correlation at all with an item: `zero_variance`.
    Raises ValueError when scores is not two-dimensional.
    Source: Kaiser (1970), Psychometrika 35, 401-415; Kaiser & Rice (1974). As psych::KMO.
    """
    rows, correlation, reason = _correlation(scores, people_from)
    k = correlation.shape[0]
    blank = np.full(k, math.nan)
    if reason is not None:
        return SamplingAdequacy(math.nan, blank, blank, rows, reason)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = inverse / np.outer(scale, scale)
    np.fill_diagonal(partial, 0.0)
    shared = correlation - np.eye(k)
    squares, rest = (shared**2).sum(axis=0), (partial**2).sum(axis=0)
    if np.any(squares + rest == 0):
        return SamplingAdequacy(math.nan, blank, blank, rows, "zero_variance")
    overall = float(squares.sum() / (squares.sum() + rest.sum()))
    return SamplingAdequacy(overall, squares / (squares + rest), 1.0 - 1.0 / np.diag(inverse), rows)


def sphericity(scores: FloatArray, *, people_from: int = PEOPLE_FROM) -> Sphericity:
    """Bartlett's test that the items are uncorrelated.

    scores, people_from, missing data and reasons: as `sampling_adequacy`.
    chi2 = -ln|R| (n - 1 - (2k + 5)/6) on k (k - 1)/2 degrees of freedom. Assumes normal answers; with many people it
    rejects whatever the items, so it can only warn that there is nothing to analyse.
    Source: Bartlett (1950), British Journal of Psychology 3, 77-85. As psych::cortest.bartlett.
    """
    from scipy.special import chdtrc

    rows, correlation, reason = _correlation(scores, people_from)
    k = correlation.shape[0]
    df = k * (k - 1) // 2
    if reason is not None:
        return Sphericity(math.nan, df, math.nan, math.nan, rows, reason)
    log_determinant = float(np.linalg.slogdet(correlation)[1])
    chi2 = -log_determinant * (rows - 1 - (2 * k + 5) / 6)
    return Sphericity(chi2, df, float(chdtrc(df, max(chi2, 0.0))), log_determinant, rows)


def eigenvalues(scores: FloatArray) -> FloatArray:
    """Eigenvalues of the correlation matrix of the complete respondents, largest first; they add up to k.

    scores: (n, k), NaN = not answered. Returns (k,), NaN with fewer than two complete respondents, a single item, or a
    constant one.
    """
    _, correlation, reason = _correlation(scores, 2, invertible=False)
    if reason is not None:
        return np.full(correlation.shape[0], math.nan)
    return _descending(correlation)


def parallel_analysis(
    scores: FloatArray,
    *,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    quantile: float = 0.95,
    people_from: int = PEOPLE_FROM,
) -> ParallelAnalysis:
    """How many components carry more than the same number of unrelated normal items would (Horn).

    scores: (n, k), NaN = not answered; respondents with a gap are left out. replicates: random correlation matrices.
    quantile: of their eigenvalues, position by position (type 7). Components (ones on the diagonal), not factors.
    The random matrices are drawn as Wishart factors (Bartlett's decomposition), which is the law of n normal rows
    without drawing the rows.
    Reasons: as `sampling_adequacy`, but a singular correlation matrix has eigenvalues all the same.
    Raises ValueError when scores is not two-dimensional, replicates is below 1 or quantile is not between 0 and 1.
    Source: Horn (1965), Psychometrika 30, 179-185.
    """
    if replicates < 1 or not 0 < quantile < 1:
        raise ValueError("at least one replicate, and a quantile between 0 and 1")
    rows, correlation, reason = _correlation(scores, people_from, invertible=False)
    k = correlation.shape[0]
    if reason is None and rows <= k:
        reason = "too_few"
    if reason is not None:
        return ParallelAnalysis(np.full(k, math.nan), n=rows, quantile=quantile, reason=reason)
    found = _descending(correlation)
    random = _random_eigenvalues(rows, k, replicates, rng)
    mean, upper = random.mean(axis=0), np.quantile(random, quantile, axis=0)
    return ParallelAnalysis(
        found, mean, upper, _leading(found > mean), _leading(found > upper), rows, replicates, quantile
    )


def _random_eigenvalues(n: int, k: int, replicates: int, rng: np.random.Generator) -> FloatArray:
    lower = np.tril(rng.standard_normal((replicates, k, k)), -1)
    diagonal = np.arange(k)
    lower[:, diagonal, diagonal] = np.sqrt(rng.chisquare(n - 1 - diagonal, (replicates, k)))
    lower /= np.linalg.norm(lower, axis=2, keepdims=True)
    return np.asarray(np.linalg.eigvalsh(lower @ lower.transpose(0, 2, 1))[:, ::-1], dtype=np.float64)


def _leading(exceeds: BoolArray) -> int:
    return int(np.cumprod(exceeds).sum())


def _descending(correlation: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.eigvalsh(correlation)[::-1], dtype=np.float64)


def _correlation(
    scores: FloatArray, people_from: int, *, invertible: bool = True
) -> tuple[int, FloatArray, Reason | None]:
    """Complete respondents, their correlation matrix (k, k), and why it cannot serve."""
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError("scores must be two-dimensional: people by items")
    complete = table[~np.isnan(table).any(axis=1)]
    n, k = complete.shape
    blank = np.full((k, k), math.nan)
    if n == 0 or k == 0:
        return n, blank, nobody_complete(table)
    if n < max(people_from, k + 1 if invertible else 2) or k < 2:
        return n, blank, "too_few"
    if np.any(np.ptp(complete, axis=0) == 0):
        return n, blank, "zero_variance"
    correlation = np.asarray(np.corrcoef(complete, rowvar=False), dtype=np.float64)
    if invertible:
        ends = np.linalg.eigvalsh(correlation)[[0, -1]]
        if ends[0] * CONDITION < ends[1]:
            return n, correlation, "singular"
    return n, correlation, None
