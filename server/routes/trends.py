"""The trend of one partnership: a chart, the same numbers as a table, and what deserves discussion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import drawings
from server.csv_files import Value, download, to_csv
from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for
from server.dossiers import Dossier, open_dossier, overdue_counts
from server.drawings import Drawn
from server.pages import Page, Words, language_of, render
from server.pictures import Picture, trend_picture
from server.reading import (
    Finding,
    IndexLine,
    attention,
    construct_targets,
    findings,
    has_sides,
    headline_targets,
    index_lines,
    without_repeats,
)
from server.routes.partnerships import last_words
from surveys.releases import Cell, Release

router = APIRouter()
POPULATIONS: dict[str, tuple[str, ...]] = {"all": ("all",), "sides": drawings.SIDES}
Who = Literal["all", "sides"]


@dataclass(frozen=True, slots=True)
class Latest:
    """What the trend page says of the last released round."""

    number: int
    label: str
    lines: tuple[IndexLine, ...]
    profile: Drawn
    sides: Drawn | None  # where both sides are among the partners
    findings: tuple[Finding, ...]


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
    latest: Latest | None
    rounds: tuple[tuple[int, str], ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The index a reader chose, and for whom, in a dossier that holds it."""

    dossier: Dossier
    target: str
    who: Who

    @property
    def populations(self) -> tuple[str, ...]:
        return POPULATIONS[self.who]

    def picture(self) -> Picture:
        if not self.target:
            raise HTTPException(404)  # nothing was released yet
        return trend_picture(self.dossier.series, self.target, self.dossier.wording, populations=self.populations)

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
    return Chosen(dossier, index or next(iter(targets), ""), who)


ChosenDep = Annotated[Chosen, Depends(get_chosen)]


def _released(dossier: Dossier) -> set[str]:
    """Every index with a level, or the reason for none, in any round."""
    kinds = ("headline:", "construct:", "facet:", "composite")
    cells = (cell for release in dossier.series for cell in release.cells)
    return {cell.target for cell in cells if cell.estimate == "level" and cell.target.startswith(kinds)}


def choices_of(dossier: Dossier, chosen: str = "") -> tuple[tuple[str, str], ...]:
    """Headlines first, then as the questionnaire orders them; each number once, and the chosen one in any case."""
    wording, held = dossier.wording, _released(dossier)
    constructs = [f"construct:{construct.code}" for construct in wording.instrument.constructs]
    ordered = without_repeats([*headline_targets(wording), "composite", *constructs, *sorted(held)], wording)
    shown = [target for target in ordered if target in held]
    if chosen and chosen not in shown:
        shown.append(chosen)
    return tuple((target, wording.target(target)) for target in shown)


@router.get("/partnerships/{partnership_id}/trend")
def trend_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, chosen: ChosenDep
) -> Response:
    dossier = chosen.dossier
    subject = drawings.subject_of(dossier)
    overdue = overdue_counts(session, [dossier.partnership.id], now.date())[dossier.partnership.id]
    page = TrendPage(
        title=dossier.title,
        address=dossier.address,
        about=last_words(dossier),
        attention=attention(dossier.series[-1], overdue, dossier.wording) if dossier.series else (),
        picture=drawings.trend(subject, chosen.target, chosen.populations) if chosen.target else None,
        choices=choices_of(dossier, chosen.target),
        chosen=chosen.target,
        who=chosen.who,
        latest=_latest(dossier) if chosen.target else None,
        rounds=tuple((one.round_number, dossier.wording.label(one.round_label)) for one in reversed(dossier.series)),
        may_run=may_run(session, account, dossier.partnership.id),
    )
    return render(request, page, block="chart" if chosen.target else None)


def _latest(dossier: Dossier) -> Latest:
    last, wording, subject = dossier.series[-1], dossier.wording, drawings.subject_of(dossier)
    constructs = construct_targets(wording)
    lines = without_repeats([*headline_targets(wording), *constructs], wording)
    return Latest(
        number=last.round_number,
        label=wording.label(last.round_label),
        lines=index_lines(last, lines, wording),
        profile=drawings.profile(subject, tuple(constructs)),
        sides=drawings.sides(subject, tuple(constructs)) if has_sides(last) else None,
        findings=findings(last, wording),
    )


@router.get("/partnerships/{partnership_id}/trend.svg")
def trend_svg(chosen: ChosenDep) -> Response:
    """Letters as shapes: a drawing for other programs needs none of our fonts."""
    drawn = chosen.picture().svg(outlined=True)
    return download(drawn.encode(), chosen.file_name("svg"), "image/svg+xml")


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
