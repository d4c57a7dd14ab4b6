"""The trend of one partnership: a chart, the same numbers as a table, and what deserves discussion."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import drawings
from server.brief_blocks import Table
from server.brief_orders import readable_rounds
from server.csv_files import Value, download, to_csv
from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for, seat_for
from server.dossiers import Dossier, open_dossier, overdue_counts
from server.drawings import Drawn, Subject
from server.events import Happening, happenings
from server.facts_beside import facts_beside
from server.overview import last_words
from server.pages import Page, Words, language_of, render
from server.pictures import Picture
from server.reading import (
    Finding,
    IndexLine,
    attention,
    construct_targets,
    findings,
    glance,
    has_sides,
    headline_targets,
    index_lines,
    without_repeats,
)
from server.statements import Statement, statements_behind
from surveys.models import Seat
from surveys.releases import Cell, Release

router = APIRouter()
POPULATIONS: dict[str, tuple[str, ...]] = {"all": ("all",), "sides": drawings.SIDES}
Who = Literal["all", "sides"]


@dataclass(frozen=True, slots=True)
class Latest:
    """What the trend page says of the last released round.

    lines: indices, each with a small drawing of its series. pictures: with the name their files bear.
    """

    number: int
    label: str
    lines: tuple[tuple[IndexLine, str], ...]
    has_sides: bool
    pictures: tuple[tuple[str, Drawn], ...]
    findings: tuple[Finding, ...]
    has_brief: bool


@dataclass(frozen=True, slots=True)
class TrendPage(Page):
    template = "trends/trend.html"
    title: Words
    address: str
    about: str
    attention: tuple[str, ...]
    picture: Drawn | None
    choices: tuple[tuple[str, str], ...]
    chosen: str
    who: str
    over_all: str
    statements: tuple[Statement, ...]
    latest: Latest | None
    facts: Table | None  # what was counted for the latest round
    rounds: tuple[tuple[int, str], ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The index a reader chose, and for whom, in a dossier that holds it."""

    dossier: Dossier
    target: str
    who: Who
    happenings: tuple[Happening, ...]
    seat: Seat

    @property
    def populations(self) -> tuple[str, ...]:
        return POPULATIONS[self.who]

    @property
    def subject(self) -> Subject:
        return drawings.subject_of(self.dossier, self.happenings)

    def picture(self) -> Picture:
        if not self.target:
            raise HTTPException(404)  # nothing was released yet
        return drawings.trend_of(self.subject, self.target, self.populations)

    def file_name(self, suffix: str) -> str:
        return f"trend {self.dossier.partnership.code} {self.target} {self.who}.{suffix}"


def get_chosen(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    partnership_id: UUID,
    index: Annotated[str, Query(max_length=200)] = "",
    who: Annotated[Who, Query()] = "all",
) -> Chosen:
    """An index that was never released is not an address of ours."""
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    targets = [target for target, _ in choices_of(dossier)]
    if index and index not in _released(dossier):
        raise HTTPException(404)
    seat = seat_for(session, account, partnership.id)
    meanwhile = happenings(session, partnership.id, dossier.wording.language, seat)
    return Chosen(dossier, index or next(iter(targets), ""), who, meanwhile, seat)


ChosenDep = Annotated[Chosen, Depends(get_chosen)]


def _released(dossier: Dossier) -> set[str]:
    """Every index with a level, or the reason for none, in any round."""
    kinds = ("headline:", "construct:", "facet:", "item:", "composite")
    cells = (cell for release in dossier.series for cell in release.cells)
    return {cell.target for cell in cells if cell.estimate == "level" and cell.target.startswith(kinds)}


def choices_of(dossier: Dossier, chosen: str = "") -> tuple[tuple[str, str], ...]:
    """Headlines first, then as the questionnaire orders them; each number once, and the chosen one in any case."""
    wording, held = dossier.wording, _released(dossier)
    constructs = [f"construct:{construct.code}" for construct in wording.instrument.constructs]
    facets = (target for target in held if target.startswith("facet:"))
    ordered = without_repeats([*headline_targets(wording), "composite", *constructs, *sorted(facets)], wording)
    shown = [target for target in ordered if target in held]
    if chosen and chosen not in shown:
        shown.append(chosen)
    return tuple((target, wording.target(target)) for target in shown)


@router.get("/partnerships/{partnership_id}/trend")
def trend_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, chosen: ChosenDep
) -> Response:
    dossier = chosen.dossier
    overdue = overdue_counts(session, [dossier.partnership.id], now.date())[dossier.partnership.id]
    page = TrendPage(
        title=dossier.title,
        address=dossier.address,
        about=last_words(dossier.series, dossier.wording),
        attention=attention(dossier.series[-1], overdue, dossier.wording) if dossier.series else (),
        picture=drawings.trend(chosen.subject, chosen.target, chosen.populations) if chosen.target else None,
        choices=choices_of(dossier, chosen.target),
        chosen=chosen.target,
        who=chosen.who,
        over_all=over_all(dossier, chosen.target),
        statements=statements_behind(dossier, chosen.target),
        latest=_latest(dossier, readable_rounds(session, chosen.seat)) if chosen.target else None,
        facts=facts_beside(session, dossier) if chosen.target else None,
        rounds=tuple((one.round_number, dossier.wording.label(one.round_label)) for one in reversed(dossier.series)),
        may_run=may_run(session, account, dossier.partnership.id),
    )
    return render(request, page, block="chart" if chosen.target else None)


def over_all(dossier: Dossier, target: str) -> str:
    """The verdict on the series, and what may be said since it began; empty where the release says neither."""
    if not dossier.series:
        return ""
    last, wording = dossier.series[-1], dossier.wording
    first, trend = last.find("change_first", target), last.find("trend", target)
    said = []
    if first is not None:
        said.append(wording.about(wording._("Since the series began"), wording.change(first)))
    if trend is not None:
        said.append(wording.about(wording._("Over all rounds"), wording.trend(trend)))
    return ". ".join(said) + "." if said else ""


def _latest(dossier: Dossier, readable: Collection[int]) -> Latest:
    last, wording, subject = dossier.series[-1], dossier.wording, drawings.subject_of(dossier)
    constructs = tuple(construct_targets(wording))
    lines = index_lines(last, without_repeats([*headline_targets(wording), *constructs], wording), wording)
    pictures = [("profile", drawings.profile(subject, constructs))]
    if has_sides(last):
        pictures.append(("sides", drawings.sides(subject, constructs)))
    important = drawings.importance(subject, constructs)
    if important is not None:
        pictures.append(("importance", important))
    return Latest(
        number=last.round_number,
        label=wording.label(last.round_label),
        lines=tuple((line, glance(dossier.series, line.target, wording)) for line in lines),
        has_sides=any(line.sides for line in lines),
        pictures=tuple(pictures),
        findings=findings(last, wording),
        has_brief=last.round_number in readable,
    )


@router.get("/partnerships/{partnership_id}/trend.svg")
def trend_svg(chosen: ChosenDep) -> Response:
    """Letters as shapes: a drawing for other programs needs none of our fonts."""
    drawn = chosen.picture().svg(outlined=True)
    return download(drawn.encode(), chosen.file_name("svg"), "image/svg+xml; charset=utf-8")


@router.get("/partnerships/{partnership_id}/trend.png")
def trend_png(chosen: ChosenDep) -> Response:
    return download(chosen.picture().png(), chosen.file_name("png"), "image/png")


CSV_HEADER = (
    "partnership",
    "round",
    "round_label",
    "closed_on",
    "instrument",
    "version",
    "estimate",
    "index",
    "index_name",
    "population",
    "value",
    "low",
    "high",
    "people",
    "words",
    "method",
    "flags",
)


@router.get("/partnerships/{partnership_id}/trend.csv")
def trend_csv(chosen: ChosenDep) -> Response:
    rows = [
        row
        for release in chosen.dossier.series
        for population in chosen.populations
        for row in _rows(chosen, release, population)
    ]
    return download(to_csv(CSV_HEADER, rows), chosen.file_name("csv"), "text/csv; charset=utf-8")


def _rows(chosen: Chosen, release: Release, population: str) -> Iterator[tuple[Value, ...]]:
    """Level and change of one round; a number that is not shown is empty, and the words say why."""
    wording = chosen.dossier.wording
    for estimate, say in (("level", wording.level), ("change_last", wording.change)):
        cell = release.find(estimate, chosen.target, population)
        if cell is None and estimate == "change_last":
            continue
        shown = cell or Cell(estimate, chosen.target, population, reason="not_computed")
        yield (
            release.partnership,
            release.round_number,
            release.round_label,
            release.closed_on.isoformat(),
            release.instrument,
            release.instrument_version,
            estimate,
            chosen.target,
            wording.target(chosen.target),
            population,
            shown.value,
            shown.low,
            shown.high,
            shown.n_band or shown.n,
            say(shown),
            shown.method,
            " ".join(shown.flags),
        )
