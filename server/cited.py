"""A finding as it was cited: what the release of that day and revision said of it, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session, select

from server.brief_blocks import Table
from server.briefing import evidence_words, views_of
from server.dossiers import Dossier
from server.languages import format_month
from server.wording import Wording
from surveys import releases
from surveys.models import ReleaseRow
from surveys.releases import AgendaEntry, Release


@dataclass(frozen=True, slots=True)
class Cited:
    """What stands in the release that was cited; `revised` is the revision that stands now, where it is another."""

    number: int
    label: str
    about: str
    digest: str
    revision: int
    revised: int | None
    level: str
    spread: str
    change: str
    views: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    comments: tuple[str, ...]


def cited(session: Session, dossier: Dossier, round_id: UUID, digest: str, revision: int, target: str) -> Cited:
    """The very revision that was seen, also when a later one stands; the latest one where it is not kept."""
    rows = session.exec(select(ReleaseRow).where(ReleaseRow.round_id == round_id)).all()
    latest = max(rows, key=lambda row: row.revision)
    seen = next((row for row in rows if row.digest == digest), latest)
    release = _without_withdrawn(releases.from_json(seen.body), releases.from_json(latest.body))
    release = releases.for_audience(release, dossier.audience)
    wording = dossier.at(release.round_number).wording
    entry = next((one for one in release.agenda if one.target == target), AgendaEntry(target, 0.0, ()))
    return Cited(
        number=release.round_number,
        label=wording.label(release.round_label),
        about=wording.target(target),
        digest=digest,
        revision=revision,
        revised=latest.revision if latest.revision > revision else None,
        level=wording.full_level(release.find("level", target)),
        spread=wording.spread(release.find("spread", target)),
        change=wording.change(change) if (change := release.find("change_last", target)) else "",
        views=views_of(entry, release, wording),
        evidence=tuple(evidence_words(entry, release, wording)),
        comments=tuple(one.text for one in release.comments if one.topic in topics_of(target, wording)),
    )


def _without_withdrawn(seen: Release, now: Release) -> Release:
    """The release as it was seen; what a later revision withdrew is shown no more, wherever it was cited."""
    if seen.revision == now.revision:
        return seen
    standing = {
        (cell.estimate, cell.target, cell.population, cell.audience)
        for cell in now.cells
        if cell.value is not None or cell.low is not None or cell.word is not None
    }
    cells = tuple(
        cell for cell in seen.cells if (cell.estimate, cell.target, cell.population, cell.audience) in standing
    )
    comments = tuple(one for one in seen.comments if one in now.comments)
    return replace(seen, cells=cells, comments=comments)


def topics_of(target: str, wording: Wording) -> set[str]:
    """The topics of comments that speak about a target."""
    kind, _, code = target.partition(":")
    if kind == "headline":
        return {
            one for headline in wording.instrument.headlines if headline.code == code for one in headline.constructs
        }
    if kind == "item":
        return {item.construct_code for item in wording.instrument.items if item.code == code}
    return {code}


def since_table(dossier: Dossier, target: str, number: int) -> Table:
    """What the numbers said when the finding was taken up, and in every round since."""
    _ = dossier.wording._
    rows = tuple(
        _since_row(release, target, dossier.wording) for release in dossier.series if release.round_number >= number
    )
    header = (_("Round"), _("Date"), _("Points (interval)"), _("Since the round before"))
    return Table(_("What the numbers said then, and since"), header, rows)


def _since_row(release: Release, target: str, wording: Wording) -> tuple[str, ...]:
    return (
        wording.label(release.round_label),
        format_month(release.closed_on, wording.language),
        wording.level(release.find("level", target)),
        wording.change(release.find("change_last", target)),
    )
