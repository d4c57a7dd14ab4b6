"""What is kept after a round was opened: one immutable, protected release per round, and the only source of every page.

A release holds cells. A cell without a number says why (`reason`). Keys of the vocabulary:

estimate     level, spread, agreement_ad, agreement_rwg, cannot_judge, prefer_not, importance, gap_sides,
             gap_importance, change_last, change_first, change_since_<round> (of what commitments should move),
             slope_year, trend, composite_arithmetic, composite_geometric,
             composite_lowest, composite_monte_carlo, composite_change, sensitivity_first, sensitivity_total,
             alpha, omega, correlation, response_people, response_organizations, overlap_organizations,
             turnover_people, language_share, assisted_answers, step_event,
             rating, received, given, asymmetry, meta_gap, self_enhancement, reciprocity, density,
             srm_rater, srm_rated, srm_variance, srm_share, srm_reliability, srm_reciprocity, srm_meta,
             topic_raised
target       headline:<code>, construct:<code>, facet:<code>, item:<code>, composite, partnership, language:<code>,
             partner:<organization id>, pair:<rater id>><rated id>, factor:<name>, component:<name>,
             construct:<a>~construct:<b>, topic:<code>
population   all, national, external, lending_un_bilateral, programme
audience     all, facilitator, partner:<organization id>
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import ReleaseRow, Round
from surveys.problems import ReleaseExists

WITHIN_NOISE = "within_noise"  # flag of a change that measurement error alone could make


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


def to_json(release: Release) -> str:
    """Canonical JSON: equal releases give equal text."""
    body = shallow(release)
    return json.dumps(body, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(part: Any) -> Any:
    """Parts of a release as JSON knows them; several times faster than copying the whole release first."""
    if isinstance(part, date):
        return part.isoformat()
    if isinstance(part, Mapping):
        return dict(part)
    return shallow(part)


def shallow(part: Any) -> dict[str, Any]:
    return {one.name: getattr(part, one.name) for one in fields(part)}


def from_json(text: str) -> Release:
    return from_body(json.loads(text))


def from_body(body: dict[str, Any]) -> Release:
    body["closed_on"] = date.fromisoformat(body["closed_on"])
    body["partners"] = tuple(Partner(**one) for one in body["partners"])
    body["cells"] = tuple(Cell(**{**one, "flags": tuple(one["flags"])}) for one in body["cells"])
    body["comments"] = tuple(Comment(**one) for one in body["comments"])
    body["facts"] = tuple(Fact(**one) for one in body["facts"])
    body["markers"] = tuple(Marker(**{**one, "on": date.fromisoformat(one["on"])}) for one in body["markers"])
    body["agenda"] = tuple(_agenda_entry(one) for one in body["agenda"])
    body["annotations"] = tuple(body["annotations"])
    return Release(**body)


def _agenda_entry(body: dict[str, Any]) -> AgendaEntry:
    evidence = tuple(Evidence(**{**one, "cell": tuple(one["cell"])}) for one in body["evidence"])
    return AgendaEntry(body["target"], body["priority"], evidence)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def store(session: Session, round_: Round, release: Release, *, now: datetime) -> ReleaseRow:
    """Store the release of a round, once; a later revision must say what it withdrew, relabelled or noted."""
    latest = session.exec(
        select(ReleaseRow).where(ReleaseRow.round_id == round_.id).order_by(col(ReleaseRow.revision).desc()).limit(1)
    ).first()
    if release.revision != (latest.revision + 1 if latest else 1):
        raise ReleaseExists(f"round {round_.number} has revision {latest.revision if latest else 0} already")
    text = to_json(release)
    previous = latest.digest if latest else _digest_before(session, round_)
    row = ReleaseRow(
        round_id=round_.id,
        revision=release.revision,
        body=text,
        digest=digest_of(text),
        previous_digest=previous,
        stored_at=now,
    )
    from surveys.main_numbers import copy_of  # here: it knows what a release is

    session.add(row)
    session.flush()  # the copy refers to it
    session.add(copy_of(row, release))
    return row


def _digest_before(session: Session, round_: Round) -> str:
    query = (
        select(ReleaseRow.digest)
        .join(Round, col(ReleaseRow.round_id) == col(Round.id))
        .where(Round.partnership_id == round_.partnership_id, Round.number < round_.number)
        .order_by(col(Round.number).desc(), col(ReleaseRow.revision).desc())
        .limit(1)
    )
    return session.exec(query).first() or ""


def verify(row: ReleaseRow) -> bool:
    """Whether the stored text is the one that was stored; says nothing about the estimates."""
    return digest_of(row.body) == row.digest


def series(session: Session, partnership_id: UUID, *, audience: str = "all") -> list[Release]:
    """The latest revision of every released round, oldest first, as this audience may see it."""
    return [for_audience(release, audience) for release in _latest(session, [partnership_id]).get(partnership_id, [])]


def of_pulses(session: Session, partnership_id: UUID, *, audience: str = "all") -> list[Release]:
    """The released pulses of a partnership, oldest first: a line of its own beside the series."""
    query = (
        select(ReleaseRow.digest, ReleaseRow.body, Round.number)
        .join(Round, col(ReleaseRow.round_id) == col(Round.id))
        .where(Round.partnership_id == partnership_id, Round.kind == "pulse")
        .order_by(col(Round.number), col(ReleaseRow.revision))
    )
    latest = {number: _parsed(digest, body) for digest, body, number in session.exec(query)}
    return [for_audience(one, audience) for one in latest.values()]


def series_of_many(session: Session, audiences: Mapping[UUID, str]) -> dict[UUID, list[Release]]:
    """The series of several partnerships, each for its audience, with one question to the database."""
    found = _latest(session, list(audiences))
    return {key: [for_audience(one, audience) for one in found.get(key, [])] for key, audience in audiences.items()}


def _latest(session: Session, partnership_ids: Sequence[UUID]) -> dict[UUID, list[Release]]:
    query = (
        select(Round.partnership_id, Round.number, ReleaseRow.digest, ReleaseRow.body)
        .join(ReleaseRow, col(ReleaseRow.round_id) == col(Round.id))
        .where(col(Round.partnership_id).in_(partnership_ids), Round.kind == "full")
        .order_by(col(Round.number), col(ReleaseRow.revision))
    )
    latest: dict[tuple[UUID, int], Release] = {}
    for partnership_id, number, digest, body in session.exec(query):
        latest[partnership_id, number] = _parsed(digest, body)
    grouped: dict[UUID, list[Release]] = {}
    for (partnership_id, _), release in latest.items():
        grouped.setdefault(partnership_id, []).append(release)
    return grouped


@lru_cache(maxsize=512)  # releases never change: their digest names their content; each takes a third of a megabyte
def _parsed(digest: str, body: str) -> Release:
    release = from_json(body)
    return replace(release, provenance={**release.provenance, "digest": digest})


def for_audience(release: Release, audience: str) -> Release:
    """What this audience may see: what everybody may, and what is meant for it."""
    seen = ("all", audience)
    return replace(
        release,
        cells=tuple(cell for cell in release.cells if cell.audience in seen),
        comments=tuple(comment for comment in release.comments if comment.audience in seen),
    )
