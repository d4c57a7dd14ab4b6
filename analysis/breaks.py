"""Where a series stops being comparable with itself. Formula 46."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimates import FloatArray, IntArray

BreakKind = Literal["item_version", "scale", "language", "membership"]
LARGEST_LANGUAGE_SHIFT = 0.20
LEAST_OVERLAP = 0.80


@dataclass(frozen=True, slots=True)
class Breaks:
    """Breaks of one series. segments: (n_rounds,) codes 0, 1, ... of comparable stretches, for `trend`.

    why: for every round, what broke since the round before; empty where nothing did. markers: for every round, changes
    worth a vertical line that break nothing (members came or went, most stayed).
    """

    segments: IntArray
    why: tuple[tuple[BreakKind, ...], ...]
    markers: tuple[tuple[BreakKind, ...], ...]


def comparability_breaks(
    versions: Sequence[str],
    scales: Sequence[str],
    language_shares: FloatArray,
    overlap: FloatArray,
) -> Breaks:
    """Compare every round with the one before it.

    versions: of the items behind the series, one per round; scales: of the answer scale; any change breaks.
    language_shares: (n_rounds, n_languages) 0-1, NaN = unknown, which breaks nothing; a share that moves by more than
    20 points breaks. overlap: (n_rounds,) organizations in both rounds over organizations in either, of each round with
    the one before (the first is ignored); below .80 breaks, any other change of members is a marker.
    Raises ValueError when lengths disagree.
    """
    n = len(versions)
    shares, shared = np.asarray(language_shares, dtype=np.float64), np.asarray(overlap, dtype=np.float64)
    if len(scales) != n or shares.shape[:1] != (n,) or shares.ndim != 2 or shared.shape != (n,):
        raise ValueError("one entry for each round")
    why: list[tuple[BreakKind, ...]] = []
    markers: list[tuple[BreakKind, ...]] = []
    for now in range(n):
        found: list[BreakKind] = []
        if now and versions[now] != versions[now - 1]:
            found.append("item_version")
        if now and scales[now] != scales[now - 1]:
            found.append("scale")
        if now and _language_shift(shares[now - 1], shares[now]) > LARGEST_LANGUAGE_SHIFT + 1e-9:
            found.append("language")
        if now and shared[now] < LEAST_OVERLAP - 1e-9:
            found.append("membership")
        why.append(tuple(found))
        markers.append(("membership",) if now and LEAST_OVERLAP - 1e-9 <= shared[now] < 1 else ())
    segments = np.cumsum([bool(found) for found in why]).astype(np.int64) if n else np.zeros(0, dtype=np.int64)
    return Breaks(segments, tuple(why), tuple(markers))


def _language_shift(before: FloatArray, after: FloatArray) -> float:
    moved = np.abs(after - before)
    return float(moved[~np.isnan(moved)].max(initial=0.0))
