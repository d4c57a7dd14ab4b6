"""A number on its way into a release: the cell as computed, and what the disclosure rules must know of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.estimates import Estimate
from analysis.published import Term
from surveys.releases import Cell


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cell as computed, and what the disclosure rules must know of it.

    statistic: see `analysis.published.Published`. leaf: the name the audit knows the target by. population: key into
    `Estimated.populations`. terms: for changes and gaps, the levels they are sums of, by the cell's own population.
    """

    cell: Cell
    statistic: str
    leaf: str
    population: str
    terms: tuple[Term, ...] = ()

    @property
    def key(self) -> str:
        return "|".join((self.cell.estimate, self.cell.target, self.cell.population))


def round_key(number: int) -> str:
    return f"r{number}"


def cell_of(kind: str, target: str, population: str, found: Estimate, *, word: str | None = None) -> Cell:
    """An estimate as a cell; a question it answers stands at the end of its method."""
    question = next((q for q in ("infinite", "finite") if found.method.endswith(q)), None)
    return Cell(
        kind,
        target,
        population,
        value=number(found.value),
        low=number(found.low),
        high=number(found.high),
        n=found.n,
        method=found.method,
        question=question,
        word=word,
        reason=found.reason,
        flags=found.flags,
    )


def number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
