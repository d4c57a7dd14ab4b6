"""The answers behind the numbers of a round, as disclosure control needs them: means per organization and target."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.estimates import FloatArray
from analysis.published import Population, Structure


class Truth:
    """Looks up answers once per target. Points of 100 throughout."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self._means: dict[str, dict[str, float]] = {}

    def means(self, target: str) -> dict[str, float]:
        """Organization -> mean of its people: given scores, else the weighted mean of the leaves it answered."""
        if target not in self._means:
            given = self.structure.answers.get(target)
            if given is not None:
                self._means[target] = {o: math.fsum(one) / len(one) for o, one in given.items() if one}
            else:
                self._means[target] = self._from_parts(target)
        return self._means[target]

    def _from_parts(self, target: str) -> dict[str, float]:
        total: dict[str, float] = {}
        weight: dict[str, float] = {}
        for part, share in self.structure.parts.get(target, ()):
            for organization, mean in self.means(part).items():
                total[organization] = total.get(organization, 0.0) + share * mean
                weight[organization] = weight.get(organization, 0.0) + share
        return {organization: total[organization] / weight[organization] for organization in total}

    def lacking(self, target: str, population: Population) -> list[str]:
        """Organizations of a population without any answer on a target; none are missed when no answers are given."""
        if not self.structure.answers:
            return []
        means = self.means(target)
        return sorted(organization for organization in population.counts if organization not in means)

    def table(self, targets: Sequence[str], organizations: Sequence[str]) -> FloatArray:
        """Means per target (rows) and organization; NaN where there is none."""
        rows = {target: [self.means(target).get(o, math.nan) for o in organizations] for target in set(targets)}
        return np.array([rows[target] for target in targets], dtype=np.float64)
