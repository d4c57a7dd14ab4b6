"""Two partnerships of the programme side by side, with what their intervals allow to be said."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, SessionDep
from server.dossiers import open_dossiers
from server.overview import last_words
from server.pages import Page, Words, language_of, render
from server.sheets import title_of
from server.side_by_side import Line, lines
from surveys import accounts

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the two."""

    address: str
    title: Words
    last: str


@dataclass(frozen=True, slots=True)
class ComparingPage(Page):
    template = "partnerships/side_by_side.html"
    choices: tuple[tuple[str, Words], ...]
    chosen: tuple[str, str]
    shown: tuple[Shown, ...]
    lines: tuple[Line, ...]


@router.get("/side-by-side")
def comparing_page(
    request: Request, session: SessionDep, account: AccountDep, one: UUID | None = None, other: UUID | None = None
) -> Response:
    """A partnership without a seat is not among the choices, and does not exist when asked for."""
    language = language_of(request)
    several = {found.id: found for found in accounts.partnerships_of(session, account)}
    if any(asked is not None and asked not in several for asked in (one, other)):
        raise HTTPException(404)
    pair = [several[asked] for asked in (one, other) if asked is not None]
    dossiers = open_dossiers(session, account, pair, language) if len(pair) == 2 and one != other else ()
    page = ComparingPage(
        choices=tuple((str(key), title_of(found, language)) for key, found in several.items()),
        chosen=(str(one or ""), str(other or "")),
        shown=tuple(Shown(found.address, found.title, last_words(found.series, found.wording)) for found in dossiers),
        lines=lines(*dossiers) if dossiers else (),
    )
    return render(request, page)
