"""From estimates to the release: the disclosure rules decide what is shown, rounding and words follow. Pure.

Everything a page, chart, file or brief will ever say of a round is decided here, once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from analysis.agenda import AgendaItem
from analysis.disclosure import cell_refusal, interval_grid, rounded_outward, size_band, whole_points
from analysis.protection import protect
from analysis.published import AuditReport, ProtectedRelease, Published, Verdict
from server.candidates import Candidate
from server.estimation import Estimated
from server.estimation_changes import SINCE
from server.estimation_dyads import dyad_cells
from server.findings import raised_topics
from server.measurement import EarlierRound, RoundAnswers
from server.series import markers, step_cells, trend_cells
from surveys.releases import AgendaEntry, Cell, Comment, Evidence, Marker, Release

RATIOS = frozenset(
    {"alpha", "omega", "correlation", "reciprocity", "density", "srm_reliability", "srm_reciprocity", "srm_share"}
    | {"srm_meta"}
    | {"sensitivity_first", "sensitivity_total"}
)
SIGNED = frozenset(
    {
        "gap_sides",
        "gap_importance",
        "change_last",
        "change_first",
        "slope_year",
        "step_event",
        "composite_change",
        "asymmetry",
    }
    | {"meta_gap", "srm_rater", "srm_rated", "srm_variance", "trend"}
)


def is_signed(cell: Cell) -> bool:
    """Whether a number is a difference, which may lie below zero."""
    return cell.estimate in SIGNED or cell.estimate.startswith(SINCE)


EVIDENCE = {
    "side_gap": "gap_sides",
    "importance_gap": "gap_importance",
    "fall": "change_last",
    "spread": "spread",
    "meta_gap": "meta_gap",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a release says of itself."""

    partnership: str
    round_label: str
    dyadic_mode: str
    disclosure_level: str


@dataclass(frozen=True, slots=True)
class Protected:
    """A release ready to be stored, with what the next opening must remember of its protection."""

    release: Release
    published: ProtectedRelease | None
    report: AuditReport | None


def release_of(
    heading: Heading,
    given: RoundAnswers,
    estimated: Estimated,
    earlier: Sequence[EarlierRound] = (),
    before: Sequence[Release] = (),
    *,
    comments: Sequence[Comment] = (),
    agreed: Sequence[date] = (),
    provenance: Mapping[str, Any] | None = None,
    floors_only: bool = False,
) -> Protected:
    """Protect, round and assemble. before: the releases of the series so far, oldest first.

    agreed: days on which the partners agreed on something. floors_only: for local analysis, which is never published:
    the floors alone, no search for combinations.
    """
    if floors_only:
        shown, published, report = _by_floors(estimated), None, None
    else:
        shown, published, report = _protected(estimated, earlier, before)
    cells = [*shown, *(rounded(cell) for cell in estimated.open_cells), *_topics(given)]
    cells += [*trend_cells(given, cells, earlier, before), *step_cells(given, cells, earlier, before, agreed)]
    release = _assembled(
        heading,
        given,
        cells,
        provenance or {},
        agenda=tuple(_agenda(estimated.agenda, cells)),
        comments=tuple(comments),
        markers=tuple(markers(given, earlier, agreed)),
    )
    return Protected(release, published, report)


def _protected(
    estimated: Estimated, earlier: Sequence[EarlierRound], before: Sequence[Release]
) -> tuple[list[Cell], ProtectedRelease, AuditReport]:
    """Cells in the order of the candidates; sums of published numbers are taken from these, as any reader can."""
    own = [one for one in estimated.candidates if not one.terms]
    offered = [entry for one in own for entry in _offered(one, estimated.round_key)]
    history = [one.published for one in earlier if one.published is not None]
    found = protect(offered, estimated.populations, estimated.structure, history)
    levels = {
        (f"r{release.round_number}", cell.target, cell.population): cell
        for release in before
        for cell in release.cells
        if cell.estimate == "level"
    }
    shown = {one.key: _shown(one, found.verdicts) for one in own}
    for one in own:
        if one.cell.estimate == "level":
            levels[estimated.round_key, one.cell.target, one.cell.population] = shown[one.key]
    cells = [_summed(one, levels) if one.terms else shown[one.key] for one in estimated.candidates]
    return cells, found.release, found.report


def _summed(one: Candidate, levels: Mapping[tuple[str, str, str], Cell]) -> Cell:
    """A change or a gap, from the published whole points; its interval keeps its width, rounded outward."""
    cell = one.cell
    if cell.value is None:
        return hidden(cell, cell.reason or "no_data")
    parts = [(term.weight, levels.get((term.round_key, cell.target, term.population))) for term in one.terms]
    value = 0.0
    for weight, level in parts:
        if level is None or level.value is None:
            return hidden(cell, (level.reason if level else None) or "suppressed")
        value += weight * level.value
    grid = interval_grid(cell.n or 0)
    if cell.low is None or cell.high is None or grid == 0:
        return replace(cell, value=value, low=None, high=None, p=_p(cell), n=None, reason=cell.reason or "too_few")
    half = (cell.high - cell.low) / 2
    return rounded(replace(cell, value=value, low=value - half, high=value + half, n=None), grid)


def _offered(one: Candidate, key: str) -> Iterator[Published]:
    """The candidate as the disclosure rules see it, and its interval beside it."""
    value = math.nan if one.cell.value is None else one.cell.value
    yield Published(one.key, one.leaf, one.population, value, one.statistic, key, one.terms)
    if one.cell.estimate == "level" and one.cell.low is not None and one.cell.high is not None:
        half = (one.cell.high - one.cell.low) / 2
        yield Published(f"{one.key}|interval", one.leaf, one.population, half, "interval", key)


def _shown(one: Candidate, verdicts: Mapping[str, Verdict]) -> Cell:
    """The cell as it may be shown: a number, a range, a word, or the reason why not."""
    cell, verdict = one.cell, verdicts[one.key]
    if cell.value is None and cell.reason is not None:
        return hidden(cell, cell.reason)
    n = cell.n if one.population == "all" and verdict.state == "shown" else None
    kept = replace(cell, n=n, n_band=verdict.n_band or None)
    if verdict.state == "suppressed":
        return hidden(kept, verdict.reason or "suppressed")
    if verdict.state == "range":
        bare = replace(kept, value=None, low=verdict.low, high=verdict.high, p=None)
        return replace(bare, flags=(*cell.flags, "range"), reason=None)
    if verdict.state == "word":
        return replace(kept, value=None, low=None, high=None, p=None, word=verdict.word)
    interval = verdicts.get(f"{one.key}|interval")
    if interval is not None and interval.state != "shown":
        return replace(rounded(replace(kept, low=None, high=None)), reason=cell.reason or interval.reason)
    return rounded(kept, verdict.grid if interval is None else interval.grid)


def hidden(cell: Cell, reason: str) -> Cell:
    """The cell without anything an answer stands behind."""
    return replace(cell, value=None, low=None, high=None, p=None, n=None, n_band=None, word=None, reason=reason)


def rounded(cell: Cell, grid: int = 1) -> Cell:
    """Whole points; intervals outward to the grid, none at all on a grid of 0; ratios to two digits."""
    if cell.estimate in RATIOS:
        low, high = (None if end is None else round(end, 2) for end in (cell.low, cell.high))
        return replace(cell, value=None if cell.value is None else round(cell.value, 2), low=low, high=high)
    value = None if cell.value is None else float(whole_points(cell.value)) + 0.0  # no minus zero
    low, high = cell.low, cell.high
    if low is None or high is None:
        return replace(cell, value=value, low=None, high=None, p=_p(cell))
    bounds = (-math.inf, math.inf) if cell.estimate == "srm_variance" else (-100.0, 100.0)
    ends = rounded_outward(low, high, grid, bounds if is_signed(cell) else (0.0, 100.0))
    return replace(cell, value=value, low=float(ends.low) + 0.0, high=float(ends.high) + 0.0, p=_p(cell))


def _p(cell: Cell) -> float | None:
    return None if cell.p is None else round(cell.p, 3)


def _by_floors(estimated: Estimated) -> list[Cell]:
    """Only the floors: enough where nothing is published, never enough where it is."""
    found = []
    for one in estimated.candidates:
        members = estimated.populations[one.population].members
        refusal = cell_refusal([n for _, n in members])
        if refusal is not None:
            found.append(hidden(one.cell, refusal))
            continue
        cell = replace(one.cell, n_band=size_band(sum(n for _, n in members)) or None)
        found.append(cell if interval_grid(len(members)) else replace(cell, low=None, high=None))
    return found


def _topics(given: RoundAnswers) -> Iterator[Cell]:
    for topic, organizations in raised_topics(given).items():
        yield Cell("topic_raised", f"topic:{topic}", value=float(organizations), method="organizations")


def _agenda(items: Sequence[AgendaItem], cells: Sequence[Cell]) -> Iterator[AgendaEntry]:
    """Entries whose evidence may be shown: what is hidden may not speak through the agenda either."""
    shown = {(c.estimate, c.target, c.population) for c in cells if c.value is not None or c.word or c.low is not None}
    for item in items:
        target = f"{item.kind}:{item.code}"
        evidence = []
        for one in item.evidence:
            raised = one.kind == "raised"
            key = ("topic_raised", f"topic:{item.code}", "all") if raised else (EVIDENCE[one.kind], target, "all")
            if key in shown:
                evidence.append(Evidence(key[0], round(one.z, 2), key))
        if evidence:
            yield AgendaEntry(target, round(item.priority, 2), tuple(evidence))


def unopened_release(heading: Heading, nobody: RoundAnswers, level: str, provenance: Mapping[str, Any]) -> Protected:
    """The release of a round that too few answered: no personal number, only positions, and a gap in the trend."""
    instrument = nobody.instrument
    targets = [f"headline:{headline.code}" for headline in instrument.headlines]
    targets += [f"construct:{construct.code}" for construct in instrument.constructs]
    cells = [Cell("level", target, reason="too_few") for target in targets]
    cells += [rounded(cell) for cell in dyad_cells(nobody, level)]
    gap = Marker("no_release", nobody.closed_on, is_break=False)
    release = _assembled(heading, nobody, cells, provenance, markers=(gap,))
    return Protected(release, None, None)


def _assembled(
    heading: Heading,
    given: RoundAnswers,
    cells: Sequence[Cell],
    provenance: Mapping[str, Any],
    *,
    agenda: tuple[AgendaEntry, ...] = (),
    comments: tuple[Comment, ...] = (),
    markers: tuple[Marker, ...] = (),
) -> Release:
    return Release(
        partnership=heading.partnership,
        round_number=given.number,
        round_label=heading.round_label,
        closed_on=given.closed_on,
        instrument=given.instrument.code,
        instrument_version=given.instrument.version,
        instrument_digest=given.instrument.digest,
        dyadic_mode=heading.dyadic_mode,
        disclosure_level=heading.disclosure_level,
        partners=given.organizations,
        cells=tuple(cells),
        agenda=agenda,
        comments=comments,
        markers=markers,
        provenance=dict(provenance),
    )
