"""The charts of the latest round as files: a drawing for other programs, a picture for slides, the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import drawings
from server.csv_files import Value, download, to_csv
from server.deps import AccountDep, SessionDep, partnership_for
from server.dossiers import Dossier, open_dossier
from server.pages import language_of
from server.pictures import Picture
from server.profile_pictures import Column, importance_columns, profile_columns, sides_columns
from server.reading import construct_targets, has_sides

router = APIRouter()
Name = Literal["profile", "sides", "importance"]


def get_dossier(request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID) -> Dossier:
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    if not dossier.series:
        raise HTTPException(404)
    return dossier


DossierDep = Annotated[Dossier, Depends(get_dossier)]


def _picture(dossier: Dossier, name: Name) -> Picture:
    subject, targets = drawings.subject_of(dossier), tuple(construct_targets(dossier.wording))
    found: Picture | None = None
    if name == "profile":
        found = drawings.profile_of(subject, targets)
    elif name == "importance":
        found = drawings.importance_of(subject, targets)
    elif has_sides(dossier.series[-1]):
        found = drawings.sides_of(subject, targets)
    if found is None:
        raise HTTPException(404)
    return found


def _file_name(dossier: Dossier, name: Name, suffix: str) -> str:
    return f"{name} {dossier.partnership.code} round {dossier.series[-1].round_number}.{suffix}"


@router.get("/partnerships/{partnership_id}/charts/{chart}.svg")
def chart_svg(dossier: DossierDep, chart: Name) -> Response:
    """Letters as shapes: a drawing for other programs needs none of our fonts."""
    drawn = _picture(dossier, chart).svg(outlined=True)
    return download(drawn.encode(), _file_name(dossier, chart, "svg"), "image/svg+xml; charset=utf-8")


@router.get("/partnerships/{partnership_id}/charts/{chart}.png")
def chart_png(dossier: DossierDep, chart: Name) -> Response:
    return download(_picture(dossier, chart).png(), _file_name(dossier, chart, "png"), "image/png")


HEADER = (
    "partnership",
    "round",
    "round_label",
    "closed_on",
    "estimate",
    "index",
    "index_name",
    "population",
    "value",
    "low",
    "high",
    "people",
    "words",
)


@router.get("/partnerships/{partnership_id}/charts/{chart}.csv")
def chart_csv(dossier: DossierDep, chart: Name) -> Response:
    rows = list(_rows(dossier, _columns(dossier, chart)))
    return download(to_csv(HEADER, rows), _file_name(dossier, chart, "csv"), "text/csv; charset=utf-8")


def _columns(dossier: Dossier, name: Name) -> list[Column]:
    series, wording = dossier.series, dossier.wording
    if name == "profile":
        return profile_columns(series[-1], wording, series[-2] if len(series) > 1 else None)
    if name == "sides":
        return sides_columns(series[-1], wording) if has_sides(series[-1]) else []
    asked = drawings.latest_with_importance(series)
    return [] if asked is None else importance_columns(asked, wording)


def _rows(dossier: Dossier, columns: list[Column]) -> Iterator[tuple[Value, ...]]:
    """A number that is not shown is empty, and the words say why."""
    if not columns:
        raise HTTPException(404)
    wording = dossier.wording
    for target in construct_targets(wording):
        for _, release, estimate, population in columns:
            cell = release.find(estimate, target, population)
            if cell is not None:
                yield (
                    release.partnership,
                    release.round_number,
                    release.round_label,
                    release.closed_on.isoformat(),
                    estimate,
                    target,
                    wording.target(target),
                    population,
                    cell.value,
                    cell.low,
                    cell.high,
                    cell.n_band or cell.n,
                    wording.full_level(cell),
                )
