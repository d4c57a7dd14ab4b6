"""Levels: how high each score stands, for all and for each side, and what the disclosure rules must know of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analysis.estimates import BoolArray, Estimate, FloatArray, IntArray
from analysis.intervals import partnership_level
from analysis.published import Population, Structure
from analysis.ratings import error_variance
from server.candidates import Candidate, cell_of
from server.estimation_quality import SIDES
from server.measurement import RoundAnswers

LENDERS = "lending_un_bilateral"
LENDER_KINDS = ("lending_agency", "un_agency", "donor_country")


class Levels:
    """The levels of one round, and who stands behind which number."""

    def __init__(self, given: RoundAnswers) -> None:
        self.given = given
        self.ids = [one.id for one in given.organizations]
        self.populations: dict[str, Population] = {}
        self.leaves: dict[str, FloatArray] = {}  # what is asked of people beside the scores
        for code in ("all", *SIDES, LENDERS):
            self._add(code, given.counts, self.mask(code))

    @property
    def sides(self) -> tuple[str, ...]:
        """Both sides, or none: the only side there is says what all say."""
        return tuple(SIDES) if len(set(self.given.sides.tolist())) > 1 else ()

    def mask(self, population: str) -> BoolArray:
        """(N,), the organizations of a population."""
        if population == "all":
            return np.ones(len(self.ids), dtype=bool)
        if population == LENDERS:
            return np.array([one.kind in LENDER_KINDS for one in self.given.organizations], dtype=bool)
        return np.asarray(self.given.sides == SIDES[population])

    def population(self, target: str, code: str, counts: IntArray | None = None) -> str:
        """The key of who answered this target: a population of its own where not everybody did."""
        if counts is None:
            counts = self.given.organization_scores[target][1]
        mask = self.mask(code)
        if np.array_equal(counts[mask], self.given.counts[mask]):
            return code
        self._add(f"{code} {target}", counts, mask)
        return f"{code} {target}"

    def _add(self, key: str, counts: IntArray, mask: BoolArray) -> None:
        members = ((self.ids[at], int(counts[at])) for at in np.flatnonzero(mask & (counts > 0)))
        self.populations[key] = Population(key, tuple(members))

    def of(self, kinds: Sequence[str], population: str = "all") -> Iterator[Candidate]:
        for target, values in self.given.scores.items():
            if target.split(":")[0] in kinds:
                cell = cell_of("level", target, population, self._level(target, values, population))
                key = self.population(target, population)
                yield Candidate(replace(cell, n=self.populations[key].n_people), "mean_of_organizations", target, key)

    def of_lenders(self) -> Iterator[Candidate]:
        """Headlines as lending, UN and bilateral agencies see them, where they are not simply the external side."""
        mask = self.mask(LENDERS)
        if mask.any() and not np.array_equal(mask, self.mask("external")):
            yield from self.of(("headline",), LENDERS)

    def by_side(self, kinds: Sequence[str]) -> Iterator[Candidate]:
        for side in self.sides:
            yield from self.of(kinds, side)

    def _level(self, target: str, values: FloatArray, population: str) -> Estimate:
        given, mask = self.given, self.mask(population)
        inside = np.where(mask[given.organization], values, np.nan)
        counts = given.organization_scores[target][1]
        invited = np.where(mask, counts if given.invited is None else given.invited, 0)
        return partnership_level(
            inside,
            given.organization,
            invited,
            question="infinite" if given.invited is None else "finite",
            error_variance=self._error_variance(target),
        )

    def _error_variance(self, target: str) -> float:
        kind, _, code = target.partition(":")
        instrument = self.given.instrument
        if kind == "headline":
            code = next(h.constructs[0] for h in instrument.headlines if h.code == code)
        if kind not in ("headline", "construct"):
            return math.nan
        return error_variance(self.given.points[:, self.given.columns(instrument.items_of(code))])

    def structure(self) -> Structure:
        """How the numbers hang together, for the audit: parts only where every part was answered by everybody."""
        given, people = self.given, dict(zip(self.ids, self.given.counts.tolist(), strict=True))
        parts = {}
        for construct in given.instrument.constructs:
            columns = given.columns(given.instrument.items_of(construct.code))
            if columns.size and np.isfinite(given.points[:, columns]).all():
                names = [f"item:{given.instrument.items[at].code}" for at in columns]
                parts[f"construct:{construct.code}"] = tuple((name, 1 / len(names)) for name in names)
        for headline in given.instrument.headlines:
            if f"headline:{headline.code}" in given.scores:
                weight = 1 / len(headline.constructs)
                parts[f"headline:{headline.code}"] = tuple((f"construct:{c}", weight) for c in headline.constructs)
        return Structure(
            organizations={one: n for one, n in people.items() if n},
            parts=parts,
            answers={leaf: self._by_organization(values) for leaf, values in (self.given.scores | self.leaves).items()},
            sides={one.id: one.side for one in given.organizations},
            step=step_of(given),
        )

    def _by_organization(self, values: FloatArray) -> dict[str, tuple[float, ...]]:
        found: dict[str, list[float]] = {}
        for at, value in zip(self.given.organization, values, strict=True):
            if math.isfinite(value):
                found.setdefault(self.ids[at], []).append(float(value))
        return {one: tuple(sorted(answers)) for one, answers in found.items()}


def step_of(given: RoundAnswers) -> float:
    scales = [given.instrument.scale_of(item) for item in given.instrument.items]
    return min((100.0 / (scale.high - scale.low) for scale in scales if scale.whole), default=1.0)
