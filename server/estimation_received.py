"""Trust a partner received from people, in the personal mode: a mean over organizations, or nothing.

Every other number about single partners would need a row, a pair or a matrix; none is computed. The disclosure rules
decide whether the mean may be shown, like that of any other number people stand behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.estimates import FloatArray, IntArray
from analysis.ratings import organization_means
from server.measurement import RoundAnswers
from surveys.releases import Cell


@dataclass(frozen=True, slots=True)
class Received:
    """leaf: the name the audit knows it by. values: (n,) points of 100, NaN = not asked. counts: (N,) people."""

    leaf: str
    cell: Cell
    values: FloatArray
    counts: IntArray


def received_by_partners(given: RoundAnswers) -> Iterator[Received]:
    """One mean for each partner that anybody rated; nothing where organizations took positions."""
    if given.received is None:
        return
    n = len(given.organizations)
    for at, partner in enumerate(given.organizations):
        values = given.received[:, at]
        if not np.isfinite(values).any():
            continue
        means, counts = organization_means(values, given.organization, n)
        has = counts > 0
        cell = Cell(
            "received",
            f"partner:{partner.id}",
            value=float(means[has].mean()),
            n=int(has.sum()),
            method="mean received",
        )  # without interval: how far raters lie apart is nobody's to know
        yield Received(f"received:{partner.id}", cell, values, counts)
