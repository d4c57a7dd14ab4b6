"""What may be shown of a round: every candidate number gets a verdict, and the audit must pass.

Numbers linear in the answers are judged first: floors, populations too alike, extremes, then the audit, which turns the
least important number that gives something away into a wider range and at last hides it. Spreads, intervals and
derived numbers follow. The caller's order of candidates is their importance, most important first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.audit import Search
from analysis.companions import Companions
from analysis.disclosure import cell_refusal, ranges_around, size_band, whole_points
from analysis.equations import organization_weights, population_of, system_of
from analysis.estimates import Interval
from analysis.extremes import Means, leaves_open
from analysis.populations import Standing
from analysis.published import (
    LINEAR,
    AuditReport,
    Hidden,
    Population,
    ProtectedRelease,
    Protection,
    Published,
    Shown,
    Structure,
    Verdict,
    Why,
)
from analysis.spreads import Spreads
from analysis.truth import Truth

HIDDEN = 4
MOST_WHOLE = 12  # people; among more, whole answers fill the gaps between what fractions reach
SECRETS: frozenset[Why] = frozenset({"too_few", "insider", "extremes", "complementary"})


@dataclass(slots=True, eq=False)
class Judged:
    """A linear number on its way to a verdict. level: 0 shown, 1-3 ever wider ranges, 4 suppressed."""

    number: Published
    level: int = 0
    reason: Why | None = None

    def hide(self, reason: Why) -> None:
        self.level, self.reason = HIDDEN, reason

    def widen(self, reason: Why) -> None:
        """The next wider range; a number over several means has none, because its scale is not 0-100."""
        self.level, self.reason = (HIDDEN if self.number.terms else self.level + 1), reason

    @property
    def ends(self) -> Interval:
        """What a reader knows of the number."""
        if self.level == 0:
            value = float(whole_points(self.number.value))
            return Interval(value - 0.5, value + 0.5)
        return ranges_around(self.number.value)[self.level - 1]


def protect(
    candidates: Sequence[Published],
    populations: Mapping[str, Population],
    structure: Structure,
    history: Sequence[ProtectedRelease] = (),
) -> Protection:
    """What may be shown of each candidate, with the audit that let it pass and the release the next round needs.

    candidates: numbers of one round, most important first; keys are unique. populations: who stands behind them.
    structure: how targets hang together, with the answers of everybody behind every linear candidate. history: the
    releases of all earlier rounds of the series.
    Rules in this order: "no_data"; "too_few" and "insider" (floors); "differencing" (two populations of the same
    answers too alike: the more important number stays); "extremes" (one number alone pins somebody: a range of 10, 20
    or 40 points, else nothing); "complementary" (all numbers together pin somebody: the least important one among those
    that do becomes a wider range, at last nothing); "derived" (the number it follows is not shown).
    Raises ValueError for a key used twice, a population not given, numbers of several rounds, or missing answers.
    Source: the confidentiality page, "What may be shown".
    """
    truth = Truth(structure)
    linear = _checked(candidates, populations, truth)
    round_key = candidates[0].round_key if candidates else ""
    judged = [Judged(number) for number in linear]
    bare = ProtectedRelease(round_key, dict(populations))
    _apply_floors(judged, bare, history)
    Standing(bare, history).apply(judged)
    _apply_extremes(judged, populations, truth)
    report = _apply_audit(judged, bare, structure, history)
    verdicts = {one.number.key: _verdict(one, populations) for one in judged}
    verdicts |= Companions(candidates, verdicts, populations, truth).verdicts()
    return Protection({one.key: verdicts[one.key] for one in candidates}, report, _release(judged, bare))


def _checked(candidates: Sequence[Published], populations: Mapping[str, Population], truth: Truth) -> list[Published]:
    """The linear candidates, after a look at what the caller gave."""
    if len({one.key for one in candidates}) < len(candidates):
        raise ValueError("every candidate needs a key of its own")
    if len({one.round_key for one in candidates}) > 1:
        raise ValueError("candidates belong to one round")
    unknown = {one.population for one in candidates} - set(populations)
    if unknown:
        raise ValueError(f"populations not given: {', '.join(sorted(unknown))}")
    linear = [one for one in candidates if one.statistic in LINEAR]
    for target, population in {(one.target, one.population) for one in linear if not math.isnan(one.value)}:
        lacking = truth.lacking(target, populations[population])
        if lacking:
            raise ValueError(f"no answers given for {target} of {', '.join(lacking)}")
    return linear


def _apply_floors(judged: Iterable[Judged], bare: ProtectedRelease, history: Sequence[ProtectedRelease]) -> None:
    past = {earlier.round_key: earlier for earlier in history}
    refusals: dict[tuple[int, ...], Why | None] = {}

    def refusal(population: Population | None) -> Why | None:
        sizes = tuple(population.counts.values()) if population else ()
        if sizes not in refusals:
            refusals[sizes] = cell_refusal(sizes)
        return refusals[sizes]

    for one in judged:
        behind = [bare.populations[one.number.population]]
        behind += [found for term in one.number.terms if (found := population_of(term, bare, past))]
        reasons = [reason for population in behind if (reason := refusal(population))]
        if math.isnan(one.number.value):
            one.hide("no_data")
        elif reasons:
            one.hide(reasons[0])


def _apply_extremes(judged: Iterable[Judged], populations: Mapping[str, Population], truth: Truth) -> None:
    """Widens each mean until it alone pins nobody."""
    left = [one for one in judged if one.level < HIDDEN and not one.number.terms]
    if not left:
        return
    means = _means(left, populations, truth)
    while left:
        ends = np.array([one.ends for one in left])
        pinned = ~leaves_open(means, ends[:, 0], ends[:, 1])
        left = [one for one, closed in zip(left, pinned.tolist(), strict=True) if closed]
        for one in left:
            one.widen("extremes")
        pinned[pinned] = [one.level < HIDDEN for one in left]
        means, left = means.rows(pinned), [one for one in left if one.level < HIDDEN]


def _means(left: Sequence[Judged], populations: Mapping[str, Population], truth: Truth) -> Means:
    ids = tuple(dict.fromkeys(o for key in {one.number.population: 0 for one in left} for o in populations[key].counts))
    sides = truth.structure.sides
    weights: dict[tuple[str, str], list[float]] = {}
    people: dict[str, list[int]] = {}
    for one in left:
        key, population = (one.number.population, one.number.statistic), populations[one.number.population]
        if key not in weights:
            by_id, counts = organization_weights(population, one.number.statistic, sides), population.counts
            weights[key] = [by_id.get(o, 0.0) for o in ids]
            people[key[0]] = [counts.get(o, 0) for o in ids]
    return Means(
        np.array([weights[one.number.population, one.number.statistic] for one in left]),
        truth.table([one.number.target for one in left], ids),
        np.array([people[one.number.population] for one in left], dtype=np.int64),
        np.array([100.0 if one.number.statistic == "share" else truth.structure.step for one in left]),
    )


def _apply_audit(
    judged: Sequence[Judged], bare: ProtectedRelease, structure: Structure, history: Sequence[ProtectedRelease]
) -> AuditReport:
    """Widens or hides the least important number behind every failure until the audit passes."""
    search = Search()
    while True:
        visible = [one for one in judged if one.level < HIDDEN]
        failures = search.failures(system_of(_release(judged, bare), structure, history))
        culprits = {max(failure.numbers) for failure in failures if failure.numbers}
        culprits = culprits or _pinning_whole_answers(visible, bare.populations, structure)
        if not culprits:
            return search.report(failures)
        for place in culprits:
            visible[place].widen("complementary")


def _pinning_whole_answers(
    visible: Sequence[Judged], populations: Mapping[str, Population], structure: Structure
) -> set[int]:
    """The least important mean of each target whose means, differently weighted, leave too few whole answers.

    A linear program sees fractions; of few people who answer in whole points two means may leave less than it sees.
    """
    by_target: dict[str, list[int]] = {}
    for place, one in enumerate(visible):
        if not one.number.terms and one.number.statistic != "share":
            by_target.setdefault(one.number.target, []).append(place)
    found = set()
    for target, places in by_target.items():
        several = len({visible[place].number.statistic for place in places}) > 1
        few = [place for place in places if populations[visible[place].number.population].n_people <= MOST_WHOLE]
        if several and few and structure.answers:
            means = [(visible[place].number, visible[place].ends) for place in places]
            if not Spreads(target, means, populations, structure).means_are_open():
                found.add(places[-1])
    return found


def _release(judged: Iterable[Judged], bare: ProtectedRelease) -> ProtectedRelease:
    shown, hidden = [], []
    for one in judged:
        number = one.number
        if one.level < HIDDEN:
            shown.append(Shown(number.target, number.population, number.statistic, *one.ends, number.terms))
        elif one.reason in SECRETS and not number.terms:
            hidden.append(Hidden(number.target, number.population, number.statistic))
    return ProtectedRelease(bare.round_key, bare.populations, tuple(shown), tuple(hidden))


def _verdict(one: Judged, populations: Mapping[str, Population]) -> Verdict:
    key, band = one.number.key, size_band(populations[one.number.population].n_people)
    if one.level == 0:
        return Verdict(key, "shown", value=float(whole_points(one.number.value)), n_band=band)
    if one.level == HIDDEN:
        return Verdict(key, "suppressed", one.reason, n_band="" if one.reason in ("too_few", "no_data") else band)
    return Verdict(key, "range", one.reason, low=one.ends.low, high=one.ends.high, n_band=band)
