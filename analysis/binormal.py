"""Cells of a table of two ordered variables cut from a bivariate normal distribution, and their derivatives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.estimates import FloatArray

NOT_ZERO = 1e-100
SMALLEST_CELL = 1e-200  # keeps logarithms finite where a probability vanishes


def binormal_cdf(a: FloatArray, b: FloatArray, rho: float) -> FloatArray:
    """P(X <= a_i, Y <= b_j) for correlation rho, as (len(a), len(b)); infinite limits are allowed, |rho| < 1.

    (Phi(a) + Phi(b))/2 - T(a, (b - rho a)/(a r)) - T(b, (a - rho b)/(b r)), less 1/2 where a and b differ in sign, with
    r = sqrt(1 - rho^2) and T Owen's function. Right to about 1e-16 also close to |rho| = 1, where quadrature fails.
    Source: Owen (1956), Annals of Mathematical Statistics 27, 1075-1090.
    """
    from scipy.special import ndtr, owens_t

    one, other = _off_zero(_finite(a))[:, None], _off_zero(_finite(b))[None, :]
    root = np.sqrt(1.0 - rho**2)
    below = (ndtr(one) + ndtr(other)) / 2.0 - np.where(one * other > 0, 0.0, 0.5)
    below = (
        below - owens_t(one, (other - rho * one) / (one * root)) - owens_t(other, (one - rho * other) / (other * root))
    )
    inside = np.isfinite(a)[:, None] & np.isfinite(b)[None, :]
    return np.where(inside, below, np.outer(ndtr(a), ndtr(b)))


def binormal_density(a: FloatArray, b: FloatArray, rho: float) -> FloatArray:
    """Density at (a_i, b_j), which is also the derivative of `binormal_cdf` by rho; zero at infinite limits."""
    one, other = _finite(a)[:, None], _finite(b)[None, :]
    rest = 1.0 - rho**2
    density = np.exp(-(one**2 + other**2 - 2.0 * rho * one * other) / (2.0 * rest)) / (2.0 * np.pi * np.sqrt(rest))
    return np.where(np.isfinite(a)[:, None] & np.isfinite(b)[None, :], density, 0.0)


class Cells(NamedTuple):
    """Probabilities (r, c); derivatives by rho once and twice, by the thresholds of rows (r - 1, r, c) and columns."""

    probability: FloatArray
    by_rho: FloatArray
    by_rho_twice: FloatArray
    by_row: FloatArray
    by_column: FloatArray


def cells(row: FloatArray, column: FloatArray, rho: float) -> Cells:
    """Table of r x c cells between r - 1 and c - 1 finite thresholds."""
    a, b = _bounded(row), _bounded(column)
    one, other = _finite(a)[:, None], _finite(b)[None, :]
    density, rest = binormal_density(a, b, rho), 1.0 - rho**2
    bend = density * (rho / rest + (one * other * (1.0 + rho**2) - rho * (one**2 + other**2)) / rest**2)
    probability = np.maximum(_between(binormal_cdf(a, b, rho)), SMALLEST_CELL)
    by_column = _edges(column, row, rho).transpose(0, 2, 1)
    return Cells(probability, _between(density), _between(bend), _edges(row, column, rho), by_column)


def _edges(row: FloatArray, column: FloatArray, rho: float) -> FloatArray:
    """Derivative of every cell by each row threshold: what the row below gains, the row above loses."""
    from scipy.special import ndtr

    limits = _bounded(column)
    share = ndtr((limits[None, :] - rho * row[:, None]) / np.sqrt(1.0 - rho**2))
    gain = np.exp(-(row[:, None] ** 2) / 2.0) / np.sqrt(2.0 * np.pi) * np.diff(share, axis=1)
    r = len(row)
    out = np.zeros((r, r + 1, len(column) + 1))
    out[np.arange(r), np.arange(r)] = gain
    out[np.arange(r), np.arange(r) + 1] = -gain
    return out


def _bounded(thresholds: FloatArray) -> FloatArray:
    return np.concatenate([[-np.inf], thresholds, [np.inf]])


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, 0.0)


def _between(corners: FloatArray) -> FloatArray:
    return np.diff(np.diff(corners, axis=0), axis=1)


def _off_zero(values: FloatArray) -> FloatArray:
    """A limit of zero a little above it, so that the ratios of `binormal_cdf` keep a sign."""
    return np.where(values == 0.0, NOT_ZERO, values)
