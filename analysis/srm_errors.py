"""Components of the Social Relations Model and their sampling errors, from the symmetry of a round robin.

A complete round robin of n organizations splits, under exchange of the organizations, into three parts that are
independent when ratings are normal: the effects of raters and rated (a Wishart matrix with n - 1 degrees of freedom),
the symmetric relationship effects (n(n - 3)/2 degrees) and the antisymmetric ones ((n - 1)(n - 2)/2). Every variance
and covariance of the model is a linear combination of one element of each, so its sampling variance is a sum of three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analysis.estimates import FloatArray


class Component(NamedTuple):
    """Unbiased estimate of a (co)variance of the model and of its sampling variance, one per group."""

    value: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean squares and products of p variables measured in g round robins of n organizations each.

    effects: (g, 2p, 2p), rater effects of the p variables first, then rated effects, sums of products over n - 1.
    symmetric, antisymmetric: (g, p, p), mean products of half sums and half differences of relationship effects.
    """

    n: int
    effects: FloatArray
    symmetric: FloatArray
    antisymmetric: FloatArray

    @property
    def n_variables(self) -> int:
        return int(self.symmetric.shape[-1])

    @property
    def symmetric_freedom(self) -> float:
        return self.n * (self.n - 3) / 2.0

    @property
    def antisymmetric_freedom(self) -> float:
        return (self.n - 1) * (self.n - 2) / 2.0


def element_covariance(matrix: FloatArray, freedom: float, ij: tuple[int, int], kl: tuple[int, int]) -> FloatArray:
    """Unbiased covariance of the elements S_ij and S_kl of Wishart mean matrices with `freedom` degrees m.

    matrix: (g, q, q). Returns (g,), NaN below two degrees of freedom.

    The population value (s_ik s_jl + s_il s_jk)/m, with S in the place of s, would be biased; unbiased is
    (m (S_ik S_jl + S_il S_jk) - 2 S_ij S_kl) / ((m + 2)(m - 1)). For one variance that is 2 S^2/(m + 2).
    Source: second moments of the Wishart distribution.
    """
    (i, j), (k, l) = ij, kl
    if freedom < 2:
        return np.full(matrix.shape[0], np.nan)
    crossed = matrix[:, i, k] * matrix[:, j, l] + matrix[:, i, l] * matrix[:, j, k]
    own = matrix[:, i, j] * matrix[:, k, l]
    return (freedom * crossed - 2.0 * own) / ((freedom + 2.0) * (freedom - 1.0))


def effect_component(moments: Moments, i: int, j: int) -> Component:
    """Variance (i = j) or covariance of two effects, freed of what relationships contribute. Formulas 25, 28, 30.

    i, j: 0 to p - 1 are rater effects of the variables, p to 2p - 1 rated effects.

    S_ij - n E/(2k) - s (n - 2) F/(2k), k = n(n - 2), E and F the symmetric and antisymmetric mean products of the two
    variables, s = 1 for two effects of the same role, -1 for a rater with a rated effect.
    Sources: Warner, Kenny & Stoto (1979), Journal of Personality and Social Psychology 37; sampling variance as in
    Bond & Lashley (1996), Psychological Bulletin 119, re-derived here (agrees with TripleR 1.5.4).
    """
    x, y = i % moments.n_variables, j % moments.n_variables
    sign = 1.0 if (i < moments.n_variables) == (j < moments.n_variables) else -1.0
    by_symmetric, by_antisymmetric = _weights(moments.n)
    value = (
        moments.effects[:, i, j]
        - by_symmetric * moments.symmetric[:, x, y]
        - sign * by_antisymmetric * moments.antisymmetric[:, x, y]
    )
    return Component(value, effect_covariance(moments, (i, j), (i, j)))


def effect_covariance(moments: Moments, ij: tuple[int, int], kl: tuple[int, int]) -> FloatArray:
    """Sampling covariance of two effect components, both of the same pair of variables in any order."""
    p = moments.n_variables
    by_symmetric, by_antisymmetric = _weights(moments.n)
    xy, zw = (ij[0] % p, ij[1] % p), (kl[0] % p, kl[1] % p)
    return (
        element_covariance(moments.effects, moments.n - 1.0, ij, kl)
        + by_symmetric**2 * element_covariance(moments.symmetric, moments.symmetric_freedom, xy, zw)
        + by_antisymmetric**2 * element_covariance(moments.antisymmetric, moments.antisymmetric_freedom, xy, zw)
    )


def relationship_component(moments: Moments, x: int, y: int, *, swapped: bool) -> Component:
    """(Co)variance of relationship effects of variables x and y. Formulas 25, 28, 30.

    swapped: False for i about j with i about j, (E + F)/2; True for i about j with j about i, (E - F)/2.
    """
    symmetric, antisymmetric = moments.symmetric[:, x, y], moments.antisymmetric[:, x, y]
    value = (symmetric - antisymmetric) / 2.0 if swapped else (symmetric + antisymmetric) / 2.0
    variance = (
        element_covariance(moments.symmetric, moments.symmetric_freedom, (x, y), (x, y))
        + element_covariance(moments.antisymmetric, moments.antisymmetric_freedom, (x, y), (x, y))
    ) / 4.0
    return Component(value, variance)


def _weights(n: int) -> tuple[float, float]:
    k = n * (n - 2)
    return n / (2.0 * k), (n - 2) / (2.0 * k)
