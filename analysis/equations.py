"""What an attacker reads in a release, as linear equations.

Unknowns are means of atoms: the people of one organization who answered one leaf. Where a second published population
takes fewer of them (people matched over two rounds), the organization falls into nested atoms. Numbers on a target with
parts are equations over all its leaves. Nothing here decides what may be shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.estimates import FloatArray
from analysis.published import Population, ProtectedRelease, Shown, Structure, Term

Subject = tuple[str, str]  # what an attacker aims at: a leaf and "", or the target and population of a secret


@dataclass(frozen=True, slots=True)
class Layout:
    """The atoms of a leaf. organization: index of each atom's organization; people: how many they are."""

    organization: tuple[int, ...]
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The share a leaf has in an equation: share * (weights @ means of its atoms). weights sum to one in a mean."""

    leaf: int
    share: float
    weights: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """low <= sum of parts <= high: one published number, found at `number` among those shown."""

    number: int
    target: str
    parts: tuple[Part, ...]
    low: float
    high: float

    @property
    def is_range(self) -> bool:
        """Wider than rounding to whole points explains."""
        return self.high - self.low > 1.0 + 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """A mean nobody may work out, but for the organizations that learn it by subtracting from a number over the floors.

    exempt: indices of organizations without which its people are those of a mean that is shown.
    """

    target: str
    population: str
    parts: tuple[Part, ...]
    exempt: frozenset[int]

    @property
    def subject(self) -> Subject:
        return self.target, self.population


@dataclass(slots=True, eq=False)
class System:
    """Everything one release tells, and the truth where it is known (None for a reader without answers).

    own, linked: per leaf, the equations on the leaf itself and on targets it is a part of.
    """

    organizations: tuple[str, ...]
    leaves: tuple[str, ...]
    layouts: tuple[Layout, ...]
    steps: FloatArray
    truth: list[FloatArray | None]
    equations: list[Equation] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    own: list[list[Equation]] = field(default_factory=list)
    linked: list[list[Equation]] = field(default_factory=list)


def organization_weights(population: Population, statistic: str, sides: Mapping[str, str]) -> dict[str, float]:
    """The weight each organization has in a mean over a population; they sum to one.

    People: n_o / n. Organizations: 1 / n_organizations. Sides: 1 / (n_sides * organizations of that side).
    """
    counts = population.counts
    if statistic == "mean_of_organizations":
        return dict.fromkeys(counts, 1.0 / len(counts))
    if statistic == "mean_of_sides":
        size: dict[str, int] = {}
        for organization in counts:
            size[sides.get(organization, "")] = size.get(sides.get(organization, ""), 0) + 1
        return {organization: 1.0 / (len(size) * size[sides.get(organization, "")]) for organization in counts}
    total = sum(counts.values())
    return {organization: n / total for organization, n in counts.items()}


class _Builder:
    """Turns a release into a system; remembers layouts and weights, which repeat from item to item."""

    def __init__(self, release: ProtectedRelease, structure: Structure, history: Sequence[ProtectedRelease]) -> None:
        self.release, self.structure = release, structure
        self.past = {earlier.round_key: earlier for earlier in history}
        self.counts = {key: population.counts for key, population in release.populations.items()}
        self.ids = tuple(dict.fromkeys([*structure.organizations, *(o for c in self.counts.values() for o in c)]))
        self.index = {organization: i for i, organization in enumerate(self.ids)}
        self.weights: dict[tuple[Layout, str, str, frozenset[str]], FloatArray] = {}
        self.layouts: dict[tuple[frozenset[str], ...], Layout] = {}
        self.largest: dict[frozenset[str], dict[str, int]] = {}
        self.keys = self.populations_by_target()
        self.parts = {target: structure.leaves(target) for target in self.keys}
        self.leaves = tuple(dict.fromkeys(leaf for inner in self.parts.values() for leaf in inner))
        self.position = {leaf: i for i, leaf in enumerate(self.leaves)}
        self.atoms = self.atoms_of_leaves()

    def populations_by_target(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for number in self.release.shown:
            for term in self.terms(number):
                found.setdefault(number.target, set()).add(term.population)
        for secret in self.release.hidden:
            found.setdefault(secret.target, set()).add(secret.population)
        return {target: frozenset(keys) for target, keys in found.items()}

    def terms(self, number: Shown) -> Iterable[Term]:
        """The means of this round a number is made of."""
        if not number.terms:
            return (Term(self.release.round_key, number.population, 1.0),)
        return (term for term in number.terms if term.round_key == self.release.round_key)

    def layout(self, own: frozenset[str], linked: frozenset[str], silent: frozenset[str]) -> Layout:
        """Atoms from the leaf's own populations; organizations only its targets know come as one atom each."""
        known = self.layouts.get((own, linked, silent))
        if known is not None:
            return known
        levels: dict[str, set[int]] = {}
        for key in own:
            for organization, n in self.counts[key].items():
                levels.setdefault(organization, set()).add(n)
        for organization, n in self.most(linked).items():
            if organization not in silent:
                levels.setdefault(organization, {n})
        atoms = []
        for organization in sorted(levels, key=self.index.__getitem__):
            steps = sorted(levels[organization])
            atoms += [(self.index[organization], n - m) for m, n in zip([0, *steps], steps, strict=False)]
        made = Layout(tuple(o for o, _ in atoms), tuple(n for _, n in atoms))
        self.layouts[own, linked, silent] = made
        return made

    def most(self, keys: frozenset[str]) -> dict[str, int]:
        """The largest head-count each organization has in any of the populations."""
        if keys not in self.largest:
            most: dict[str, int] = {}
            for key in keys:
                for organization, n in self.counts[key].items():
                    most[organization] = max(n, most.get(organization, 0))
            self.largest[keys] = most
        return self.largest[keys]

    def row(self, layout: Layout, population: str, statistic: str, owner: frozenset[str]) -> FloatArray:
        """The weights of a mean on the atoms of a leaf. owner: all populations of the target the mean is taken of."""
        key = (layout, population, statistic, owner)
        if key in self.weights:
            return self.weights[key]
        counts, whole = self.counts[population], self.most(owner)
        weights = organization_weights(self.release.populations[population], statistic, self.structure.sides)
        covered = np.zeros(len(layout.people))
        reached: dict[int, int] = {}
        for atom, (index, n) in enumerate(zip(layout.organization, layout.people, strict=True)):
            organization = self.ids[index]
            reached[index] = reached.get(index, 0) + n
            if organization in counts:
                everybody = counts[organization] >= whole[organization]
                covered[atom] = n if everybody or reached[index] <= counts[organization] else 0
        totals = np.zeros(len(self.ids))
        np.add.at(totals, list(layout.organization), covered)
        row = np.zeros(len(covered))
        for atom, index in enumerate(layout.organization):
            if covered[atom]:
                row[atom] = weights[self.ids[index]] * covered[atom] / totals[index]
        self.weights[key] = row
        return row

    def ends(self, number: Shown) -> tuple[float, float]:
        """The published ends, less what is known of the terms of earlier rounds."""
        low, high = number.low, number.high
        for term in number.terms:
            if term.round_key != self.release.round_key:
                least, most = earlier_mean(number.target, number.statistic, term, self.release, self.past)
                ends = (term.weight * least, term.weight * most)
                low, high = low - max(ends), high - min(ends)
        return low, high

    def secrets(self) -> Iterator[Secret]:
        """The hidden means, but for those over the same people as another mean of the same target that is shown."""
        known: dict[str, list[Mapping[str, int]]] = {}
        for number in self.release.shown:
            if not number.terms:
                known.setdefault(number.target, []).append(self.counts[number.population])
        told: set[tuple[str, frozenset[tuple[str, int]]]] = set()
        for hidden in self.release.hidden:
            counts = self.counts[hidden.population]
            mark = (hidden.target, frozenset(counts.items()))
            published = known.get(hidden.target, [])
            if mark not in told and counts not in published:
                told.add(mark)
                parts = self.parts_of(hidden.target, [(hidden.population, 1.0)], hidden.statistic)
                yield Secret(hidden.target, hidden.population, parts, self.exempt(counts, published))

    def exempt(self, counts: Mapping[str, int], published: Sequence[Mapping[str, int]]) -> frozenset[int]:
        """Organizations without which these are the people of a published mean."""
        between = [{o for o in counts.keys() | one.keys() if counts.get(o, 0) != one.get(o, 0)} for one in published]
        return frozenset(self.index[one] for differing in between if len(differing) == 1 for one in differing)

    def atoms_of_leaves(self) -> tuple[Layout, ...]:
        linked: dict[str, set[str]] = {leaf: set() for leaf in self.leaves}
        for target, inner in self.parts.items():
            for leaf in inner:
                linked[leaf] |= self.keys[target] if leaf != target else set()
        return tuple(
            self.layout(self.keys.get(leaf, frozenset()), frozenset(linked[leaf]), self.silent(leaf))
            for leaf in self.leaves
        )

    def silent(self, leaf: str) -> frozenset[str]:
        """Organizations that answered other leaves but not this one."""
        given = self.structure.answers.get(leaf)
        return frozenset() if given is None else frozenset(o for o in self.ids if not given.get(o))

    def parts_of(self, target: str, terms: Iterable[tuple[str, float]], statistic: str) -> tuple[Part, ...]:
        """A weighted sum of means of one target, written on the atoms of its leaves. terms: (population, weight)."""
        owner, made = self.keys[target], []
        for leaf, share in self.parts[target].items():
            position = self.position[leaf]
            rows = [weight * self.row(self.atoms[position], key, statistic, owner) for key, weight in terms]
            made.append(Part(position, share, rows[0] if len(rows) == 1 else np.sum(rows, axis=0)))
        return tuple(made)

    def truth(self, leaf: str, layout: Layout) -> FloatArray | None:
        """The mean of every atom; who is in which of nested atoms is not known, so they share their organization's."""
        answers = self.structure.answers.get(leaf, {})
        given = [answers.get(self.ids[index], ()) for index in layout.organization]
        return np.array([math.fsum(one) / len(one) for one in given]) if all(given) else None


def earlier_mean(
    target: str, statistic: str, term: Term, release: ProtectedRelease, past: Mapping[str, ProtectedRelease]
) -> tuple[float, float]:
    """What the release of an earlier round tells about a mean over the people of a term: its ends, or 0 and 100."""
    earlier = past.get(term.round_key)
    behind = population_of(term, release, past)
    if earlier is None or behind is None:
        return 0.0, 100.0
    counts = behind.counts
    for number in earlier.shown:
        same = number.target == target and number.statistic == statistic and not number.terms
        if same and earlier.populations[number.population].counts == counts:
            return number.low, number.high
    return 0.0, 100.0


def population_of(term: Term, release: ProtectedRelease, past: Mapping[str, ProtectedRelease]) -> Population | None:
    """The people behind a term: of an earlier round, as its release knows them or as they are given now."""
    earlier = past.get(term.round_key) if term.round_key != release.round_key else None
    if earlier is not None and term.population in earlier.populations:
        return earlier.populations[term.population]
    return release.populations.get(term.population)


def system_of(release: ProtectedRelease, structure: Structure, history: Sequence[ProtectedRelease] = ()) -> System:
    """All equations of a release. Numbers without a mean of this round say nothing about it and are left out.

    A mean that was not shown is no secret while another mean of the same target over the same people is shown.
    """
    builder = _Builder(release, structure, history)
    shares = {number.target for number in release.shown if number.statistic == "share"}
    steps = np.array([100.0 if leaf in shares else structure.step for leaf in builder.leaves])
    truth = [builder.truth(leaf, layout) for leaf, layout in zip(builder.leaves, builder.atoms, strict=True)]
    system = System(builder.ids, builder.leaves, builder.atoms, steps, truth)
    system.own, system.linked = [[] for _ in truth], [[] for _ in truth]
    for index, number in enumerate(release.shown):
        terms = [(term.population, term.weight) for term in builder.terms(number)]
        if terms:
            equation = Equation(
                index, number.target, builder.parts_of(number.target, terms, number.statistic), *builder.ends(number)
            )
            system.equations.append(equation)
            for part in equation.parts:
                side = system.own if builder.leaves[part.leaf] == number.target else system.linked
                side[part.leaf].append(equation)
    system.secrets = list(builder.secrets())
    return system
