"""Files to take away: of one release, of one partnership's series, of everything a reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import exports
from server.deps import AccountDep, SessionDep, partnership_for
from server.dossiers import Dossier, address_of, open_dossier
from server.exchange.tidy import What
from server.exports import Export, Suffix, sheaf_of
from server.pages import Page, Words, language_of, render
from server.routes.rounds import RoundNumber
from server.sheets import title_of
from surveys import accounts
from surveys.models import Account

router = APIRouter()
ChosenLanguage = Annotated[Literal["en", "km", "fr"] | None, Query()]


@dataclass(frozen=True, slots=True)
class ExportsPage(Page):
    template = "exports/page.html"
    partnerships: tuple[tuple[str, Words], ...]


@router.get("/exports")
def exports_page(request: Request, session: SessionDep, account: AccountDep) -> Response:
    language = language_of(request)
    several = [(address_of(one), title_of(one, language)) for one in accounts.partnerships_of(session, account)]
    return render(request, ExportsPage(tuple(sorted(several, key=lambda one: one[1].text.casefold()))))


def get_programme(
    request: Request, session: SessionDep, account: AccountDep, language: ChosenLanguage = None
) -> Export:
    return exports.programme_of(session, account, language or language_of(request))


def get_series(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    partnership_id: UUID,
    what: Annotated[What, Query()] = "all",
    language: ChosenLanguage = None,
) -> Export:
    dossier = _dossier(request, session, account, partnership_id, language)
    name = f"series {dossier.partnership.code}"
    return Export(name, dossier.title.text, (sheaf_of(dossier),), dossier.wording, what)


def get_release(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    partnership_id: UUID,
    number: RoundNumber,
    language: ChosenLanguage = None,
) -> Export:
    dossier = _dossier(request, session, account, partnership_id, language)
    return release_export(dossier, number)


def release_export(dossier: Dossier, number: int) -> Export:
    """One release of the series; 404 where there is none."""
    if not dossier.has_release(number):
        raise HTTPException(404)
    dossier = dossier.at(number)
    name = f"release {dossier.partnership.code} round {number}"
    title = f"{dossier.title.text}, {dossier.wording.label(dossier.series[-1].round_label)}"
    return Export(name, title, (sheaf_of(dossier, number),), dossier.wording, number=number)


def _dossier(
    request: Request, session: Session, account: Account, partnership_id: UUID, language: str | None
) -> Dossier:
    partnership = partnership_for(session, account, partnership_id)
    return open_dossier(session, account, partnership, language or language_of(request))


ProgrammeDep = Annotated[Export, Depends(get_programme)]
SeriesDep = Annotated[Export, Depends(get_series)]
ReleaseDep = Annotated[Export, Depends(get_release)]


@router.get("/exports/programme-codebook.csv")
def programme_codebook(export: ProgrammeDep) -> Response:
    return exports.codebook_file(export)


@router.get("/exports/programme.{suffix}")
def programme_file(export: ProgrammeDep, suffix: Suffix) -> Response:
    return exports.respond(export, suffix)


@router.get("/partnerships/{partnership_id}/series-codebook.csv")
def series_codebook(export: SeriesDep) -> Response:
    return exports.codebook_file(export)


@router.get("/partnerships/{partnership_id}/series.{suffix}")
def series_file(export: SeriesDep, suffix: Suffix) -> Response:
    return exports.respond(export, suffix)


@router.get("/partnerships/{partnership_id}/rounds/{number}/release-codebook.csv")
def release_codebook(export: ReleaseDep) -> Response:
    return exports.codebook_file(export)


@router.get("/partnerships/{partnership_id}/rounds/{number}/release.{suffix}")
def release_file(export: ReleaseDep, suffix: Suffix) -> Response:
    return exports.respond(export, suffix)
