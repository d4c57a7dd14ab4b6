"""How sure are we: the technical sheet of a released round."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import technical
from server.brief_blocks import Table
from server.deps import AccountDep, SessionDep, partnership_for
from server.dossiers import open_dossier, with_pulses
from server.how_sure import Part, parts
from server.pages import Page, Words, language_of, render
from server.routes.rounds import RoundNumber, is_intact
from surveys import rounds

router = APIRouter()


@dataclass(frozen=True, slots=True)
class SurePage(Page):
    template = "rounds/how_sure.html"
    title: Words
    round_address: str
    round_label: str
    parts: tuple[Part, ...]
    further: Table
    provenance: tuple[tuple[str, str], ...]
    command: str


@router.get("/partnerships/{partnership_id}/rounds/{number}/how-sure")
def sure_page(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, number: RoundNumber
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    round_ = rounds.get_round(session, partnership.id, number)
    whole = open_dossier(session, account, partnership, language_of(request))
    if round_.kind == "pulse":
        whole = with_pulses(session, whole)
    if not whole.has_release(number):
        raise HTTPException(404)
    dossier = whole.at(number)
    release = dossier.series[-1]
    page = SurePage(
        title=dossier.title,
        round_address=f"{dossier.address}/rounds/{number}",
        round_label=dossier.wording.label(release.round_label),
        parts=parts(dossier),
        further=technical.further(release, dossier.wording),
        provenance=technical.provenance(release, dossier.wording, is_intact=is_intact(session, round_)),
        command=f"rapport verify {release.provenance['digest'][:16]}",
    )
    return render(request, page)
