"""Everything a release will ever hold, computed once from one round and what is left of the rounds before it.

Numbers here are unrounded and unprotected: `server/releasing.py` decides what of them may be shown. An estimate that
cannot be given stays as a cell with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from analysis.agenda import AgendaItem
from analysis.agreement import agreement
from analysis.change import paired_change
from analysis.estimates import BoolArray, Estimate, FloatArray, IntArray
from analysis.gaps import side_gap
from analysis.intervals import partnership_level
from analysis.multiplicity import holm
from analysis.published import Population, Structure, Term
from analysis.ratings import error_variance, organization_means
from server.candidates import Candidate, cell_of, number, round_key
from server.estimation_changes import Change, changes
from server.estimation_composite import composites
from server.estimation_dyads import dyad_cells
from server.estimation_quality import SIDES, Programme, correlations, reliability, response
from server.estimation_received import received_by_partners
from server.findings import falls_of, findings
from server.measurement import EarlierRound, RoundAnswers
from surveys.releases import Cell

LENDERS = "lending_un_bilateral"
LENDER_KINDS = ("lending_agency", "un_agency", "donor_country")
SIGNS = (("national", 1.0), ("external", -1.0))
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Estimated:
    """candidates: most important first, about personal answers. open_cells: those no person's answer stands behind."""

    round_key: str
    candidates: tuple[Candidate, ...]
    open_cells: tuple[Cell, ...]
    populations: Mapping[str, Population]
    structure: Structure
    agenda: tuple[AgendaItem, ...] = ()


def estimate(
    given: RoundAnswers,
    earlier: Sequence[EarlierRound] = (),
    *,
    rng: np.random.Generator,
    programme: Programme | None = None,
    level: str = "B",
    robust: bool = True,
    linked: Mapping[str, int] | None = None,
) -> Estimated:
    """All estimates of a round.

    earlier: the rounds before it, oldest first. level: disclosure level of the positions. programme: for pooled
    reliability. robust: with the Monte Carlo of the composite index. linked: what commitments should move, with the
    number of the last round before they were made.
    """
    desk = _Desk(given)
    agenda = findings(given, earlier)
    change_list = list(changes(given, earlier, round_key(given.number), falls_of(agenda), linked))
    ordered = chain(
        desk.levels(("headline", "construct", "composite")),
        desk.side_levels(("headline", "construct")),
        _changes(desk, change_list),
        _gaps(desk, agenda),
        _received(desk),
        desk.levels(("item", "facet")),
        _importance(desk),
        _non_answers(desk),
        _spreads(desk, agenda),
        desk.side_levels(("item",)),
        desk.lender_levels(),
        (Candidate(cell, "derived", "composite", "all") for cell in composites(given, earlier, rng, robust=robust)),
    )
    candidates = tuple(ordered)
    open_cells = (*response(given, earlier), *reliability(programme), *correlations(given), *dyad_cells(given, level))
    return Estimated(round_key(given.number), candidates, open_cells, desk.populations, desk.structure(), agenda)


class _Desk:
    """One round while its levels are computed: who stands behind which number."""

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

    def levels(self, kinds: Sequence[str], population: str = "all") -> Iterator[Candidate]:
        for target, values in self.given.scores.items():
            if target.split(":")[0] in kinds:
                cell = cell_of("level", target, population, self._level(target, values, population))
                key = self.population(target, population)
                yield Candidate(replace(cell, n=self.populations[key].n_people), "mean_of_organizations", target, key)

    def lender_levels(self) -> Iterator[Candidate]:
        """Headlines as lending, UN and bilateral agencies see them, where they are not simply the external side."""
        mask = self.mask(LENDERS)
        if mask.any() and not np.array_equal(mask, self.mask("external")):
            yield from self.levels(("headline",), LENDERS)

    def side_levels(self, kinds: Sequence[str]) -> Iterator[Candidate]:
        for side in self.sides:
            yield from self.levels(kinds, side)

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
            step=_step(given),
        )

    def _by_organization(self, values: FloatArray) -> dict[str, tuple[float, ...]]:
        found: dict[str, list[float]] = {}
        for at, value in zip(self.given.organization, values, strict=True):
            if math.isfinite(value):
                found.setdefault(self.ids[at], []).append(float(value))
        return {one: tuple(sorted(answers)) for one, answers in found.items()}


def _step(given: RoundAnswers) -> float:
    scales = [given.instrument.scale_of(item) for item in given.instrument.items]
    return min((100.0 / (scale.high - scale.low) for scale in scales if scale.whole), default=1.0)


def _gaps(desk: _Desk, agenda: Sequence[AgendaItem]) -> list[Candidate]:
    """National minus external: headlines first, then constructs, then items of a construct; Holm within each.

    Items are tested inside a construct that passed; others appear only as patterns the agenda points at.
    """
    pointed = {f"item:{one.code}" for one in agenda if any(e.kind == "side_gap" for e in one.evidence)}
    found: list[Candidate] = []
    if not desk.sides:
        return found
    tested = _tested_gaps(desk, [t for t in desk.given.scores if t.startswith("headline:")], gate=True)
    found += tested
    gate = any("pattern" not in one.cell.flags and one.cell.p is not None for one in tested)
    constructs = _tested_gaps(desk, [t for t in desk.given.scores if t.startswith("construct:")], gate=gate)
    found += constructs
    for one in constructs:
        items = desk.given.instrument.items_of(one.cell.target.removeprefix("construct:"))
        passed = gate and "pattern" not in one.cell.flags
        targets = [f"item:{item.code}" for item in items if f"item:{item.code}" in desk.given.scores]
        found += _tested_gaps(desk, [t for t in targets if passed or t in pointed], gate=passed)
    return found


def _tested_gaps(desk: _Desk, targets: Sequence[str], *, gate: bool) -> list[Candidate]:
    gaps = [side_gap(desk.given.organization_scores[target][0], desk.given.sides) for target in targets]
    adjusted = holm(np.array([gap.p for gap in gaps])) if gaps else np.array([])
    found = []
    for target, gap, p in zip(targets, gaps, adjusted, strict=True):
        flags = () if gate and p <= SIGNIFICANT else ("pattern",)
        cell = Cell(
            "gap_sides",
            target,
            value=number(gap.value),
            low=number(gap.low),
            high=number(gap.high),
            n=gap.n,
            p=number(p),
            method="Welch interval, exact permutation, Holm",
            question="infinite",
            reason=gap.reason if math.isnan(gap.value) else None,
            flags=flags,
        )
        terms = tuple(Term(round_key(desk.given.number), side, sign) for side, sign in SIGNS)
        found.append(Candidate(cell, "mean_of_organizations", target, desk.population(target, "all"), terms))
    return found


def _changes(desk: _Desk, found: Sequence[Change]) -> Iterator[Candidate]:
    for cell, target, terms in found:
        statistic = "mean_of_organizations" if terms else "derived"
        yield Candidate(cell, statistic, target, desk.population(target, "all"), terms)


def _importance(desk: _Desk) -> Iterator[Candidate]:
    """How important each construct is, and how far its score lies below that."""
    given, n = desk.given, len(desk.ids)
    for at, construct in enumerate(given.instrument.constructs):
        values = given.importance_points[:, at]
        if not np.isfinite(values).any():
            continue
        target = f"construct:{construct.code}"
        means, counts = organization_means(values, given.organization, n)
        leaf = f"importance:{construct.code}"
        desk.leaves[leaf] = values
        key = desk.population(leaf, "all", counts)
        invited = counts if given.invited is None else given.invited
        level = partnership_level(values, given.organization, invited, question="infinite")
        cell = cell_of("importance", target, "all", level)
        yield Candidate(cell, "mean_of_organizations", leaf, key)
        if target in given.organization_scores:
            gap = paired_change(given.organization_scores[target][0], means)
            yield Candidate(cell_of("gap_importance", target, "all", gap), "derived", leaf, key)


def _received(desk: _Desk) -> Iterator[Candidate]:
    """What partners received from people; who is rated is not among the raters."""
    for one in received_by_partners(desk.given):
        desk.leaves[one.leaf] = one.values
        key = desk.population(one.leaf, "all", one.counts)
        cell = replace(one.cell, n=desk.populations[key].n_people)
        yield Candidate(cell, "mean_of_organizations", one.leaf, key)


def _non_answers(desk: _Desk) -> Iterator[Candidate]:
    """Share of the answers to each construct that were “I cannot judge” or “I prefer not to answer”."""
    given = desk.given
    for construct in given.instrument.constructs:
        columns = given.columns(given.instrument.items_of(construct.code))
        if not columns.size:
            continue
        for kind, marks in (("cannot_judge", given.cannot_judge), ("prefer_not", given.prefer_not)):
            leaf = f"{kind}:{construct.code}"
            desk.leaves[leaf] = 100.0 * marks[:, columns].mean(axis=1)
            share = float(desk.leaves[leaf].mean()) if given.n_people else math.nan
            cell = Cell(kind, f"construct:{construct.code}", value=number(share), n=given.n_people, method="share")
            yield Candidate(cell, "share", leaf, "all")


def _spreads(desk: _Desk, agenda: Sequence[AgendaItem]) -> Iterator[Candidate]:
    """How far answers lie apart: standard deviation of people; AD and rwg of the items of a construct."""
    given = desk.given
    wanted = {f"item:{item.code}" for item in agenda if any(e.kind == "spread" for e in item.evidence)}
    for target, values in given.scores.items():
        if not target.startswith(("headline:", "construct:")) and target not in wanted:
            continue
        known = values[np.isfinite(values)]
        spread = float(known.std(ddof=1)) if known.size > 1 else math.nan
        key = desk.population(target, "all")
        cell = Cell("spread", target, value=number(spread), n=known.size, method="SD of people")
        yield Candidate(cell if known.size > 1 else replace(cell, reason="too_few"), "spread", target, key)
        if target.startswith("construct:"):
            columns = given.columns(given.instrument.items_of(target.removeprefix("construct:")))
            step = _step(given)
            found = agreement(given.points[:, columns], scale_points=round(100 / step) + 1, step=step)
            ad = Cell("agreement_ad", target, value=number(found.ad_mean), n=found.n, method="AD(mean)")
            yield Candidate(replace(ad, reason=found.reason), "agreement", target, key)
            rwg = Cell("agreement_rwg", target, value=number(found.rwg_j * 100), n=found.n, method="rwg(J)")
            yield Candidate(
                replace(rwg, high=number(found.null_95 * 100), reason=found.reason), "agreement", target, key
            )
