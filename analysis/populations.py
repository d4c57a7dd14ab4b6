"""Differencing: populations of the same answers must be equal or far apart, within a release and over a series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from analysis.disclosure import may_stand_together
from analysis.equations import population_of
from analysis.published import Hidden, Population, ProtectedRelease, Published, Term, Why

Members = tuple[tuple[str, int], ...]


class Candidate(Protocol):
    """A number on its way to a verdict."""

    number: Published
    reason: Why | None

    def hide(self, reason: Why) -> None: ...


def members(population: Population) -> Members:
    """The people of a population in a form that compares: two with the same are the same."""
    return tuple(sorted(population.counts.items()))


class Standing:
    """The populations numbers already stand on, per round and target.

    The answers of a round are one body: populations are compared within it, whatever the weighting of the mean, also
    when a number of another round (a change) refers to it. Means of different rounds are means of different answers.
    """

    def __init__(self, bare: ProtectedRelease, history: Sequence[ProtectedRelease]) -> None:
        self.bare, self.past = bare, {earlier.round_key: earlier for earlier in history}
        self.standing: dict[tuple[str, str], dict[Members, Population]] = {}
        self.judgements: dict[tuple[Members, Members], bool] = {}
        self.hidden: set[tuple[str, str, Members]] = set()
        for earlier in history:
            for number in earlier.shown:
                for term in number.terms or (Term(earlier.round_key, number.population, 1.0),):
                    self._stand(term.round_key, number.target, population_of(term, earlier, self.past))
            for secret in earlier.hidden:
                self._keep_secret(earlier, secret)

    def apply(self, judged: Iterable[Candidate]) -> None:
        """Hides, in the order given, every number that stands too near another one or on an earlier secret."""
        for one in judged:
            if one.reason is None:
                reason = self._refusal(one.number)
                if reason:
                    one.hide(reason)

    def _refusal(self, number: Published) -> Why | None:
        terms = number.terms or (Term(self.bare.round_key, number.population, 1.0),)
        behind = [(term.round_key, population_of(term, self.bare, self.past)) for term in terms]
        for round_key, population in behind:
            if population is None:
                return "no_data"
            if (round_key, number.target, members(population)) in self.hidden:
                return "complementary"
            others = [*self.standing.get((round_key, number.target), {}).values()]
            others += [one for key, one in behind if key == round_key and one is not None]
            if not all(self._together(population, other) for other in others):
                return "differencing"
        for round_key, population in behind:
            self._stand(round_key, number.target, population)
        return None

    def _together(self, first: Population, second: Population) -> bool:
        key = (members(first), members(second))
        if key not in self.judgements:
            self.judgements[key] = may_stand_together(first, second)
        return self.judgements[key]

    def _stand(self, round_key: str, target: str, population: Population | None) -> None:
        if population is not None:
            self.standing.setdefault((round_key, target), {})[members(population)] = population

    def _keep_secret(self, earlier: ProtectedRelease, secret: Hidden) -> None:
        population = earlier.populations[secret.population]
        self.hidden.add((earlier.round_key, secret.target, members(population)))
