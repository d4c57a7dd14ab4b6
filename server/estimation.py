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
from analysis.gaps import side_gap
from analysis.intervals import partnership_level
from analysis.multiplicity import holm
from analysis.published import Population, Structure, Term
from analysis.ratings import organization_means
from server.candidates import Candidate, cell_of, number, round_key
from server.estimation_changes import Change, changes
from server.estimation_composite import composites
from server.estimation_dyads import dyad_cells
from server.estimation_levels import Levels, step_of
from server.estimation_quality import Programme, correlations, reliability, response
from server.estimation_received import received_by_partners
from server.findings import falls_of, findings
from server.measurement import EarlierRound, RoundAnswers
from surveys.releases import Cell

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
    levels = Levels(given)
    agenda = findings(given, earlier)
    change_list = list(changes(given, earlier, round_key(given.number), falls_of(agenda), linked))
    ordered = chain(
        levels.of(("headline", "construct", "composite")),
        levels.by_side(("headline", "construct")),
        _changes(levels, change_list),
        _gaps(levels, agenda),
        _received(levels),
        levels.of(("item", "facet")),
        _importance(levels),
        _non_answers(levels),
        _spreads(levels, agenda),
        levels.by_side(("item",)),
        levels.of_lenders(),
        (Candidate(cell, "derived", "composite", "all") for cell in composites(given, earlier, rng, robust=robust)),
    )
    candidates = tuple(ordered)
    open_cells = (*response(given, earlier), *reliability(programme), *correlations(given), *dyad_cells(given, level))
    return Estimated(round_key(given.number), candidates, open_cells, levels.populations, levels.structure(), agenda)


def _gaps(levels: Levels, agenda: Sequence[AgendaItem]) -> list[Candidate]:
    """National minus external: headlines first, then constructs, then items of a construct; Holm within each.

    Items are tested inside a construct that passed; others appear only as patterns the agenda points at.
    """
    pointed = {f"item:{one.code}" for one in agenda if any(e.kind == "side_gap" for e in one.evidence)}
    found: list[Candidate] = []
    if not levels.sides:
        return found
    tested = _tested_gaps(levels, [t for t in levels.given.scores if t.startswith("headline:")], gate=True)
    found += tested
    gate = any("pattern" not in one.cell.flags and one.cell.p is not None for one in tested)
    constructs = _tested_gaps(levels, [t for t in levels.given.scores if t.startswith("construct:")], gate=gate)
    found += constructs
    for one in constructs:
        items = levels.given.instrument.items_of(one.cell.target.removeprefix("construct:"))
        passed = gate and "pattern" not in one.cell.flags
        targets = [f"item:{item.code}" for item in items if f"item:{item.code}" in levels.given.scores]
        found += _tested_gaps(levels, [t for t in targets if passed or t in pointed], gate=passed)
    return found


def _tested_gaps(levels: Levels, targets: Sequence[str], *, gate: bool) -> list[Candidate]:
    gaps = [side_gap(levels.given.organization_scores[target][0], levels.given.sides) for target in targets]
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
        terms = tuple(Term(round_key(levels.given.number), side, sign) for side, sign in SIGNS)
        found.append(Candidate(cell, "mean_of_organizations", target, levels.population(target, "all"), terms))
    return found


def _changes(levels: Levels, found: Sequence[Change]) -> Iterator[Candidate]:
    for cell, target, terms in found:
        statistic = "mean_of_organizations" if terms else "derived"
        yield Candidate(cell, statistic, target, levels.population(target, "all"), terms)


def _importance(levels: Levels) -> Iterator[Candidate]:
    """How important each construct is, and how far its score lies below that."""
    given, n = levels.given, len(levels.ids)
    for at, construct in enumerate(given.instrument.constructs):
        values = given.importance_points[:, at]
        if not np.isfinite(values).any():
            continue
        target = f"construct:{construct.code}"
        means, counts = organization_means(values, given.organization, n)
        leaf = f"importance:{construct.code}"
        levels.leaves[leaf] = values
        key = levels.population(leaf, "all", counts)
        invited = counts if given.invited is None else given.invited
        level = partnership_level(values, given.organization, invited, question="infinite")
        cell = cell_of("importance", target, "all", level)
        yield Candidate(cell, "mean_of_organizations", leaf, key)
        if target in given.organization_scores:
            gap = paired_change(given.organization_scores[target][0], means)
            yield Candidate(cell_of("gap_importance", target, "all", gap), "derived", leaf, key)


def _received(levels: Levels) -> Iterator[Candidate]:
    """What partners received from people; who is rated is not among the raters."""
    for one in received_by_partners(levels.given):
        levels.leaves[one.leaf] = one.values
        key = levels.population(one.leaf, "all", one.counts)
        cell = replace(one.cell, n=levels.populations[key].n_people)
        yield Candidate(cell, "mean_of_organizations", one.leaf, key)


def _non_answers(levels: Levels) -> Iterator[Candidate]:
    """Share of the answers to each construct that were “I cannot judge” or “I prefer not to answer”."""
    given = levels.given
    for construct in given.instrument.constructs:
        columns = given.columns(given.instrument.items_of(construct.code))
        if not columns.size:
            continue
        for kind, marks in (("cannot_judge", given.cannot_judge), ("prefer_not", given.prefer_not)):
            leaf = f"{kind}:{construct.code}"
            levels.leaves[leaf] = 100.0 * marks[:, columns].mean(axis=1)
            share = float(levels.leaves[leaf].mean()) if given.n_people else math.nan
            cell = Cell(kind, f"construct:{construct.code}", value=number(share), n=given.n_people, method="share")
            yield Candidate(cell, "share", leaf, "all")


def _spreads(levels: Levels, agenda: Sequence[AgendaItem]) -> Iterator[Candidate]:
    """How far answers lie apart: standard deviation of people; AD and rwg of the items of a construct."""
    given = levels.given
    wanted = {f"item:{item.code}" for item in agenda if any(e.kind == "spread" for e in item.evidence)}
    for target, values in given.scores.items():
        if not target.startswith(("headline:", "construct:")) and target not in wanted:
            continue
        known = values[np.isfinite(values)]
        spread = float(known.std(ddof=1)) if known.size > 1 else math.nan
        key = levels.population(target, "all")
        cell = Cell("spread", target, value=number(spread), n=known.size, method="SD of people")
        yield Candidate(cell if known.size > 1 else replace(cell, reason="too_few"), "spread", target, key)
        if target.startswith("construct:"):
            columns = given.columns(given.instrument.items_of(target.removeprefix("construct:")))
            step = step_of(given)
            found = agreement(given.points[:, columns], scale_points=round(100 / step) + 1, step=step)
            ad = Cell("agreement_ad", target, value=number(found.ad_mean), n=found.n, method="AD(mean)")
            yield Candidate(replace(ad, reason=found.reason), "agreement", target, key)
            rwg = Cell("agreement_rwg", target, value=number(found.rwg_j * 100), n=found.n, method="rwg(J)")
            yield Candidate(
                replace(rwg, high=number(found.null_95 * 100), reason=found.reason), "agreement", target, key
            )
