"""Verdicts on what accompanies a mean: its spread, its interval, and numbers derived from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.disclosure import (
    MIN_ORGANIZATIONS_INTERVAL,
    MIN_PEOPLE_SPREAD,
    cell_refusal,
    difference,
    interval_grid,
    rounded_outward,
    size_band,
    spread_word,
    whole_points,
    word_range,
)
from analysis.estimates import Interval
from analysis.populations import Members, members
from analysis.published import INTERVAL, LINEAR, Population, Published, Verdict, Why
from analysis.spreads import Spreads
from analysis.truth import Truth
from analysis.widths import interval_is_open

FOLLOWED = ("shown", "range")
AGREEMENT_POINTS = 5.0  # a whole point of rwg is 5 points squared on either side of the variance
GRIDS = (1, 5, 10)


class Companions:
    """Judges every number that is not linear, in the light of the verdicts on those that are."""

    def __init__(
        self,
        candidates: Sequence[Published],
        verdicts: Mapping[str, Verdict],
        populations: Mapping[str, Population],
        truth: Truth,
    ) -> None:
        self.candidates, self.populations, self.truth = candidates, populations, truth
        self.members = {key: members(population) for key, population in populations.items()}
        self.means: dict[str, list[tuple[Published, Interval]]] = {}
        self.by_target: dict[str, Spreads] = {}
        self.leading: dict[tuple[str, Members, object], tuple[Published, Verdict]] = {}
        for one in candidates:
            if one.statistic in LINEAR:
                self._lead(one, verdicts[one.key])
                if verdicts[one.key].state in FOLLOWED:
                    self.means.setdefault(one.target, []).append((one, _ends(verdicts[one.key])))
        self.with_agreement = {self._place(one) for one in candidates if one.statistic == "agreement"}
        self.spreads: dict[tuple[str, Members, object], Verdict] = {}
        self.numbered: dict[str, list[Population]] = {}

    def verdicts(self) -> dict[str, Verdict]:
        """The verdict on each spread, agreement, interval and derived number by its key."""
        judges = {"spread": self._spread, "agreement": self._agreement, INTERVAL: self._interval}
        return {
            one.key: judges.get(one.statistic, self._derived)(one)
            for one in self.candidates
            if one.statistic not in LINEAR
        }

    def _place(self, one: Published) -> tuple[str, Members, object]:
        return one.target, self.members[one.population], one.terms

    def _lead(self, one: Published, verdict: Verdict) -> None:
        """The most open of several means over the same people leads, the mean of organizations among equals."""
        place, order = self._place(one), ("shown", "range", "suppressed")
        known = self.leading.get(place)
        if known is None or order.index(verdict.state) < order.index(known[1].state):
            self.leading[place] = (one, verdict)

    def _derived(self, one: Published) -> Verdict:
        refused = self._refusal(one, ("shown",))
        return refused or self._shown(one, value=float(whole_points(one.value)))

    def _refusal(self, one: Published, follows: tuple[str, ...]) -> Verdict | None:
        population = self.populations[one.population]
        floor = cell_refusal(list(population.counts.values()))
        if math.isnan(one.value):
            return self._hidden(one, "no_data")
        if floor:
            return self._hidden(one, floor)
        led = self.leading.get(self._place(one))
        return None if led and led[1].state in follows else self._hidden(one, "derived")

    def _hidden(self, one: Published, reason: Why) -> Verdict:
        n = self.populations[one.population].n_people
        return Verdict(one.key, "suppressed", reason, n_band="" if reason in ("too_few", "no_data") else size_band(n))

    def _shown(
        self, one: Published, *, value: float = math.nan, ends: Interval | None = None, grid: int = 1
    ) -> Verdict:
        low, high = ends or (math.nan, math.nan)
        band = size_band(self.populations[one.population].n_people)
        return Verdict(one.key, "shown", None, value, low, high, grid=grid, n_band=band)

    def _interval(self, one: Published) -> Verdict:
        """The interval on the finest grid that leaves everybody open, from four organizations on."""
        refused = self._refusal(one, ("shown",))
        if refused:
            return refused
        population = self.populations[one.population]
        if population.n_organizations < MIN_ORGANIZATIONS_INTERVAL:
            return self._hidden(one, "too_few")
        leader, _ = self.leading[self._place(one)]
        means = self.truth.table([one.target], list(population.counts))[0]
        for grid in GRIDS:
            ends = rounded_outward(leader.value - one.value, leader.value + one.value, grid)
            fine_enough = grid >= interval_grid(population.n_organizations)
            if fine_enough and interval_is_open(
                means, list(population.counts.values()), leader.value, one.value, ends, self._step
            ):
                return self._shown(one, ends=ends, grid=grid)
        return self._hidden(one, "extremes")

    @property
    def _step(self) -> float:
        return self.truth.structure.step

    def _spread(self, one: Published) -> Verdict:
        """A number from 10 people on, else a word, else nothing: the first that pins nobody."""
        verdict = self._refusal(one, FOLLOWED) or self._number_or_word(one)
        self.spreads[self._place(one)] = verdict
        return verdict

    def _number_or_word(self, one: Published) -> Verdict:
        population = self.populations[one.population]
        spreads = self._spreads_of(one.target)
        if not spreads.knows(population):
            return self._hidden(one, "no_data")
        word, band = spread_word(one.value), size_band(population.n_people)
        reason = self._no_number(one, population)
        if reason is None:
            if spreads.admits(population, self._variance_known(one)):
                self.numbered.setdefault(one.target, []).append(population)
                return self._shown(one, value=float(whole_points(one.value)))
            reason = "extremes"
        low, high = word_range(word)
        if spreads.admits(population, Interval(low**2, high**2)):
            return Verdict(one.key, "word", reason, word=word, n_band=band)
        return self._hidden(one, "extremes")

    def _spreads_of(self, target: str) -> Spreads:
        if target not in self.by_target:
            means = self.means.get(target, [])
            self.by_target[target] = Spreads(target, means, self.populations, self.truth.structure)
        return self.by_target[target]

    def _no_number(self, one: Published, population: Population) -> Why | None:
        """Why only a word is possible: too few people, in it or between it and another population with a number."""
        if population.n_people < MIN_PEOPLE_SPREAD:
            return "too_few"
        gaps = [difference(population, other)[0] for other in self.numbered.get(one.target, [])]
        return None if all(gap == 0 or gap >= MIN_PEOPLE_SPREAD for gap in gaps) else "differencing"

    def _variance_known(self, one: Published) -> Interval:
        """To the whole point of the standard deviation, closer where an agreement of the same answers is shown too."""
        value = float(whole_points(one.value))
        least, most = max(value - 0.5, 0.0) ** 2, (value + 0.5) ** 2
        if self._place(one) in self.with_agreement:
            square = one.value**2
            least, most = max(least, square - AGREEMENT_POINTS), min(most, square + AGREEMENT_POINTS)
        return Interval(least, most)

    def _agreement(self, one: Published) -> Verdict:
        """Shown where the spread of the same answers is shown as a number, which was judged with it in mind."""
        refused = self._refusal(one, FOLLOWED)
        if refused:
            return refused
        spread = self.spreads.get(self._place(one)) or self._spread_of(one)
        if spread is None or spread.state != "shown":
            return self._hidden(one, "too_few" if spread and spread.reason == "too_few" else "derived")
        return self._shown(one, value=float(whole_points(one.value)))

    def _spread_of(self, one: Published) -> Verdict | None:
        """The verdict on the spread of the same answers, when it comes later in the order."""
        place = self._place(one)
        found = next(
            (other for other in self.candidates if other.statistic == "spread" and self._place(other) == place), None
        )
        return self._spread(found) if found else None


def _ends(verdict: Verdict) -> Interval:
    """What a reader knows of a mean that is shown, or shown as a range."""
    if verdict.state == "range":
        return Interval(verdict.low, verdict.high)
    return Interval(verdict.value - 0.5, verdict.value + 0.5)
