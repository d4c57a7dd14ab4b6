"""How partners see each other: trust received, where it is not returned, who thinks it is trusted more than it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import drawings, dyad_pictures
from server.brief_blocks import Table
from server.csv_files import download, to_csv
from server.deps import AccountDep, SessionDep, partnership_for
from server.dossiers import Dossier, open_dossier
from server.drawings import Drawn
from server.dyad_reading import Dyads, csv_rows, group_tables, how_asked, matrix_table, reliability_words, tables
from server.overview import last_words
from server.pages import Page, Words, language_of, render
from server.pictures import Picture

router = APIRouter()
Drawing = Literal["matrix", "lenders", "network"]
Number = Annotated[int | None, Query(alias="round", ge=1, le=9999)]


@dataclass(frozen=True, slots=True)
class DyadsPage(Page):
    template = "dyads/page.html"
    title: Words
    address: str
    about: str
    number: int | None
    rounds: tuple[tuple[int, str], ...]
    explained: tuple[str, ...]
    is_empty: bool
    group: tuple[Table, ...]
    pictures: tuple[tuple[str, Drawn], ...]
    matrices: tuple[Table, ...]  # where a drawing may not name organizations, and the reader may see the numbers
    tables: tuple[Table, ...]
    said: tuple[str, ...]


def get_dossier(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, number: Number = None
) -> Dossier:
    """The partnership as it stood with the chosen round, or with the latest."""
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    if number is not None and not dossier.has_release(number):
        raise HTTPException(404)
    return dossier


DossierDep = Annotated[Dossier, Depends(get_dossier)]


@router.get("/partnerships/{partnership_id}/dyads")
def dyads_page(request: Request, whole: DossierDep, number: Number = None) -> Response:
    dossier = whole if number is None else whole.at(number)
    return render(request, _page(whole, dossier) if dossier.series else _empty_page(dossier))


def _empty_page(dossier: Dossier) -> DyadsPage:
    about = last_words((), dossier.wording)
    return DyadsPage(dossier.title, dossier.address, about, None, (), (), True, (), (), (), (), ())


def _page(whole: Dossier, dossier: Dossier) -> DyadsPage:
    release, wording = dossier.series[-1], dossier.wording
    dyads = Dyads(release, wording)
    return DyadsPage(
        title=dossier.title,
        address=dossier.address,
        about=last_words(dossier.series, wording),
        number=release.round_number,
        rounds=tuple((one.round_number, wording.label(one.round_label)) for one in reversed(whole.series)),
        explained=how_asked(dyads) if wording.instrument.dyadic else (),
        is_empty=dyads.is_empty,
        group=group_tables(dyads),
        pictures=dyad_pictures.pictures(drawings.subject_of(dossier)),
        matrices=() if dyads.may_be_drawn else tuple(matrix_table(dyads)),
        tables=tables(dyads),
        said=reliability_words(dyads),
    )


def _picture(whole: Dossier, number: int | None, name: Drawing) -> Picture:
    dossier = whole if number is None else whole.at(number)
    found = dyad_pictures.picture_of(drawings.subject_of(dossier), name) if dossier.series else None
    if found is None:
        raise HTTPException(404)
    return found


def _file_name(dossier: Dossier, name: str, suffix: str) -> str:
    return f"{name} {dossier.partnership.code}.{suffix}"


@router.get("/partnerships/{partnership_id}/dyads/{drawing}.svg")
def dyads_svg(whole: DossierDep, drawing: Drawing, number: Number = None) -> Response:
    drawn = _picture(whole, number, drawing).svg(outlined=True)
    return download(drawn.encode(), _file_name(whole, drawing, "svg"), "image/svg+xml; charset=utf-8")


@router.get("/partnerships/{partnership_id}/dyads/{drawing}.png")
def dyads_png(whole: DossierDep, drawing: Drawing, number: Number = None) -> Response:
    return download(_picture(whole, number, drawing).png(), _file_name(whole, drawing, "png"), "image/png")


@router.get("/partnerships/{partnership_id}/dyads/{drawing}.csv")
def drawing_csv(whole: DossierDep, drawing: Drawing, number: Number = None) -> Response:
    picture = _picture(whole, number, drawing)
    content = to_csv(picture.header, list(picture.rows))
    return download(content, _file_name(whole, drawing, "csv"), "text/csv; charset=utf-8")


HEADER = ("estimate", "target", "name", "population", "value", "low", "high", "n", "words")


@router.get("/partnerships/{partnership_id}/dyads.csv")
def dyads_csv(whole: DossierDep, number: Number = None) -> Response:
    """Every dyadic number this reader may see."""
    dossier = whole if number is None else whole.at(number)
    if not dossier.series:
        raise HTTPException(404)
    rows = list(csv_rows(Dyads(dossier.series[-1], dossier.wording)))
    return download(to_csv(HEADER, rows), _file_name(dossier, "dyads", "csv"), "text/csv; charset=utf-8")
