"""Invitation letters: printed in one batch by a second person, never by the facilitator, and on record."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.csv_files import download
from server.deps import AccountDep, ClockDep, KeystoreDep, SessionDep, SettingsDep, seat_for
from server.dossiers import open_dossier
from server.languages import translator
from server.pages import language_of, render
from server.paper_letters import letters_for, to_be_printed, to_pdf
from server.preparing import PRINTED, find_first, prepared_page
from server.routes.rounds import RoundNumber
from surveys import audit, rounds
from surveys.cancelling import MAY_CONFIRM
from surveys.models import Partnership
from surveys.problems import RoundNotOpen

router = APIRouter()
AGAIN = timedelta(minutes=15)  # an empty printer is no reason to ask a third person


@router.post("/partnerships/{partnership_id}/rounds/{number}/letters")
def print_letters(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    keystore: KeystoreDep,
    settings: SettingsDep,
    now: ClockDep,
    partnership_id: UUID,
    number: RoundNumber,
) -> Response:
    """Whoever holds the letters holds the links: it is one person, once, and everybody can see in the record who."""
    if seat_for(session, account, partnership_id).role not in MAY_CONFIRM:
        raise HTTPException(404)
    round_ = rounds.get_round(session, partnership_id, number)
    if round_.state != "open":
        raise RoundNotOpen(f"round {round_.number} is {round_.state}", round_id=round_.id)
    partnership, language = session.get_one(Partnership, partnership_id), language_of(request)
    _ = translator(language).gettext

    def refuse(problem: str) -> Response:
        dossier = open_dossier(session, account, partnership, language)
        return render(request, prepared_page(session, account, dossier, round_, now, problem=problem), status=409)

    subject = f"round {round_.id}"
    earlier = find_first(session, round_, PRINTED)
    if earlier is not None and (earlier.actor != account.email or now - earlier.at > AGAIN):
        return refuse(_("The letters were printed before, by {who}.").format(who=earlier.actor))
    people = to_be_printed(session, settings, round_)
    if not people:
        return refuse(_("Nobody needs a letter: every invitation went out by mail, as far as is known."))
    if earlier is None:
        audit.record(session, account.email, PRINTED, subject, now)
    letters = letters_for(session, settings, round_, keystore.load(round_.id), people)
    made = to_pdf(partnership, round_, letters, language)
    return download(made, f"letters {partnership.code} round {number}.pdf", "application/pdf")
