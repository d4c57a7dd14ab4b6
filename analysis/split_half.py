"""Guttman's lower bounds of reliability and split halves, from a covariance or a correlation matrix."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from analysis.estimates import BoolArray, FloatArray
from analysis.reliability import alpha_of, correlation, lambda6_of

MOST_ITEMS = 16  # 6,435 splits; 20 items would have 92,378


@dataclass(frozen=True, slots=True)
class Lambdas:
    """Guttman's lambda 1, 2, 3 (= alpha), 5 and 6; lambda 4 is the best of `all_splits`."""

    lambda1: float
    lambda2: float
    lambda3: float
    lambda5: float
    lambda6: float


@dataclass(frozen=True, slots=True)
class Split:
    """One split. r: correlation of the halves; spearman_brown: 2r/(1+r), exact for halves of one length only;
    rulon: 4 cov(A, B)/var(A + B), by Guttman, Rulon and Flanagan."""

    r: float
    spearman_brown: float
    rulon: float


def guttman_lambdas(matrix: FloatArray) -> Lambdas:
    """Lower bounds of the reliability of the sum of k items.

    matrix: (k, k) covariances (`reliability.covariance`), or correlations for the standardized bounds.
    NaN throughout when the sum has no variance or a covariance is missing; lambda 6 needs a matrix with an inverse.
    Source: Guttman (1945), Psychometrika 10, 255-282.
    """
    matrix = _checked(matrix)
    k, total = len(matrix), float(matrix.sum())
    third = alpha_of(matrix)
    if math.isnan(third):
        return Lambdas(*[math.nan] * 5)
    first = third * (k - 1) / k
    squares = (matrix**2).sum(axis=0) - np.diag(matrix) ** 2
    second = first + math.sqrt(k / (k - 1) * float(squares.sum())) / total
    fifth = first + 2 * math.sqrt(float(squares.max())) / total
    return Lambdas(first, second, third, fifth, lambda6_of(matrix))


def all_splits(matrix: FloatArray) -> FloatArray:
    """4 cov(A, B)/var(A + B) of every split into halves (k odd: one item more in one half).

    In the order of the first half's items; an even scale names each split once, by the half with item 1. The highest is
    lambda 4, the lowest Revelle's beta. R psych 2.2.9 leaves out half of the splits when k is odd.
    Empty below two or above 16 items, or without variance.
    """
    matrix = _checked(matrix)
    k, total = len(matrix), float(matrix.sum())
    if not 2 <= k <= MOST_ITEMS or math.isnan(alpha_of(matrix)):
        return np.empty(0)
    halves = np.array(list(itertools.combinations(range(k), k // 2)))
    if k % 2 == 0:
        halves = halves[halves[:, 0] == 0]
    sign = np.ones((len(halves), k))
    np.put_along_axis(sign, halves, -1.0, axis=1)
    return np.asarray(1 - np.einsum("si,ij,sj->s", sign, matrix, sign) / total)


def split(matrix: FloatArray, first: BoolArray) -> Split:
    """One split. matrix: (k, k); first: (k,), True for the items of the first half. NaN when a half does not vary."""
    matrix = _checked(matrix)
    first = np.asarray(first, dtype=bool)
    inside = float(matrix[np.ix_(first, first)].sum())
    outside = float(matrix[np.ix_(~first, ~first)].sum())
    between = float(matrix[np.ix_(first, ~first)].sum())
    if not inside > 0 or not outside > 0:
        return Split(math.nan, math.nan, math.nan)
    r = between / math.sqrt(inside * outside)
    total = inside + outside + 2 * between
    undefined = total <= 1e-12 * (inside + outside)
    return Split(r, math.nan if r <= -1 else 2 * r / (1 + r), math.nan if undefined else 4 * between / total)


def standardized(matrix: FloatArray) -> FloatArray:
    """The same items at equal variance: the correlations of a covariance matrix.

    NaN in the row and column of an item that does not vary.
    """
    return correlation(_checked(matrix))


def _checked(matrix: FloatArray) -> FloatArray:
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError("the matrix must be square")
    return matrix
