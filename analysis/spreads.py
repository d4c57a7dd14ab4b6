"""Which spreads of one target may be published together with its means. Means come with the ends a reader knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.equations import organization_weights
from analysis.estimates import FloatArray, Interval
from analysis.exchanges import Known, everybody_is_open, kinds_of
from analysis.published import Population, Published, Structure


class Spreads:
    """The people behind one target, the means published of them, and the spreads admitted so far."""

    def __init__(
        self,
        target: str,
        means: Sequence[tuple[Published, Interval]],
        populations: Mapping[str, Population],
        structure: Structure,
    ) -> None:
        self.structure, self.populations = structure, populations
        self.given = structure.answers.get(target, {})
        self.ids = [organization for organization, own in self.given.items() for _ in own]
        self.answers = np.array([answer for own in self.given.values() for answer in own], dtype=np.float64)
        sizes = [len(own) for own in self.given.values()]
        self.organization = np.repeat(np.arange(len(sizes)), sizes)
        rows = [(row, ends) for one, ends in means for row in self._row(one)]
        self.rows = np.array([row for row, _ in rows]).reshape(len(rows), len(self.ids))
        self.low, self.high = np.array([ends for _, ends in rows], dtype=np.float64).reshape(-1, 2).T
        self.kinds = kinds_of(self.rows)
        self.admitted: list[tuple[list[bool], Interval]] = []

    def knows(self, population: Population) -> bool:
        """Whether these are whole organizations, so that everybody's answer is known."""
        return bool(self.given) and all(len(self.given.get(o, ())) == n for o, n in population.counts.items())

    def admits(self, population: Population, variance: Interval) -> bool:
        """Whether a spread with this variance, points squared, pins nobody beside what is published; then it counts."""
        counts = population.counts
        together = [*self.admitted, ([one in counts for one in self.ids], variance)]
        if not everybody_is_open(self._known(together)):
            return False
        self.admitted = together
        return True

    def means_are_open(self) -> bool:
        """Whether the means alone pin nobody, whole answers considered."""
        return everybody_is_open(self._known([]))

    def _known(self, spreads: Sequence[tuple[list[bool], Interval]]) -> Known:
        members = np.array([who for who, _ in spreads], dtype=np.bool_).reshape(len(spreads), len(self.ids))
        ends = np.array([ends for _, ends in spreads], dtype=np.float64).reshape(-1, 2)
        return Known(
            self.answers,
            self.organization,
            self.rows,
            self.low,
            self.high,
            self.kinds,
            members,
            ends,
            self.structure.step,
        )

    def _row(self, one: Published) -> list[FloatArray]:
        """A published mean, person by person; none for means that reach over rounds or over parts of organizations."""
        terms = [(term.population, term.weight) for term in one.terms] or [(one.population, 1.0)]
        reaches = any(term.round_key != one.round_key for term in one.terms)
        if reaches or not all(self.knows(self.populations[key]) for key, _ in terms):
            return []
        row = np.zeros(len(self.ids))
        for key, weight in terms:
            weights = organization_weights(self.populations[key], one.statistic, self.structure.sides)
            by_organization = [weights.get(o, 0.0) / max(1, len(own)) for o, own in self.given.items()]
            row += weight * np.array(by_organization)[self.organization]
        return [row]
