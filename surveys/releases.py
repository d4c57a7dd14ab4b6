"""What is kept after a round was opened: one immutable, protected release per round, and the only source of every page.

A release holds cells. A cell without a number says why (`reason`). Keys of the vocabulary:

estimate     level, spread, agreement_ad, agreement_rwg, cannot_judge, prefer_not, importance, gap_sides,
             gap_importance, change_last, change_first, slope_year, trend, composite_arithmetic, composite_geometric,
             composite_lowest, composite_monte_carlo, composite_change, sensitivity_first, sensitivity_total,
             alpha, omega, correlation, response_people, response_organizations, overlap_organizations,
             turnover_people, language_share,
             rating, received, given, asymmetry, meta_gap, self_enhancement, reciprocity, density,
             srm_rater, srm_rated, srm_variance, srm_reliability, srm_reciprocity, topic_raised
target       headline:<code>, construct:<code>, facet:<code>, item:<code>, composite, partnership, language:<code>,
             partner:<organization id>, pair:<rater id>><rated id>, factor:<name>, component:<name>,
             construct:<a>~construct:<b>, topic:<code>
population   all, national, external, lending_un_bilateral, programme
audience     all, facilitator, partner:<organization id>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """One published number, or the reason why there is none. Scores are whole points of 100."""

    estimate: str
    target: str
    population: str = "all"
    audience: str = "all"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None  # units behind the number; None where only the band may be shown
    n_band: str | None = None  # "5-7", "8-10", "11-15", "16-25", "26+"
    p: float | None = None
    method: str = ""
    question: str | None = None  # "finite": these partners now; "infinite": the underlying level
    word: str | None = None  # a code where a word stands in for a number: "close", "mixed", "apart", a verdict, ...
    reason: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    topic: str
    text: str
    kind: str  # code of the open question
    audience: str  # "all" or "facilitator", as its author chose


@dataclass(frozen=True, slots=True)
class Evidence:
    kind: str  # gap_sides, gap_importance, change_last, spread, meta_gap, topic_raised
    strength: float
    cell: tuple[str, str, str]  # estimate, target, population of the cell that carries it


@dataclass(frozen=True, slots=True)
class AgendaEntry:
    target: str
    priority: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A countable twin of a perception: fact as counted, of how many, with source and doubts."""

    code: str
    value: float | None
    low: float | None = None
    high: float | None = None
    source: str = ""
    doubts: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened to the series: drawn on every trend chart."""

    kind: str  # instrument_version, language_shares, membership, charter, agreement, dispute, no_release
    on: date
    is_break: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """An organization as the release names it."""

    id: str
    name: str
    kind: str
    side: str  # national or external
    role: str = "member"
    names: Mapping[str, str] = field(default_factory=dict)  # by language, where there are several


@dataclass(frozen=True, slots=True)
class Release:
    """The protected set published for one round."""

    partnership: str
    round_number: int
    round_label: str
    closed_on: date
    instrument: str
    instrument_version: int
    instrument_digest: str
    dyadic_mode: str  # positions or personal
    disclosure_level: str  # A, B or C
    partners: tuple[Partner, ...]
    cells: tuple[Cell, ...]
    agenda: tuple[AgendaEntry, ...] = ()
    comments: tuple[Comment, ...] = ()
    facts: tuple[Fact, ...] = ()
    markers: tuple[Marker, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 1
    annotations: tuple[str, ...] = ()  # what a later revision withdrew, relabelled or noted

    def find(self, estimate: str, target: str, population: str = "all", audience: str = "all") -> Cell | None:
        for cell in self.cells:
            if (cell.estimate, cell.target, cell.population, cell.audience) == (estimate, target, population, audience):
                return cell
        return None
