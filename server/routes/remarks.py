"""What colleagues say of the draft of their organization's position, before somebody signs it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import positions
from server.deps import FormDep, SessionDep
from server.pages import language_of, render, see_other
from server.partner_sheets import OVERVIEW, has_positions, open_position, partner_sheets
from server.positions import REMARK_LIMIT
from server.respondents import RespondentDep
from server.routes.positions import overview_of

router = APIRouter()


@router.post("/position/act/comment", dependencies=[Depends(has_positions)])
def comment(request: Request, session: SessionDep, respondent: RespondentDep, form: FormDep) -> Response:
    """Say something about the draft to one's colleagues; text above the limit is refused, never cut."""
    person = respondent.visit.invitation
    partners = {str(sheet.partner_id) for sheet in partner_sheets(session, respondent, language_of(request))}
    text = str(form.get("text", "")).replace("\r\n", "\n").strip()
    partner = str(form.get("partner", ""))
    if partner not in ("", *partners):
        raise HTTPException(422)
    if len(text) > REMARK_LIMIT:
        typed = {"partner": partner, "text": text}
        return render(request, overview_of(request, session, respondent, typed), status=422)
    if text:
        position = open_position(session, respondent)
        room = positions.room_for_remarks(respondent.visit.round_)
        more = position.remarked(partner, text, by=person.person, by_id=person.id, room=room)
        positions.save(session, respondent, more)
    return see_other(f"{OVERVIEW}#comments")


@router.post("/position/act/take-back", dependencies=[Depends(has_positions)])
def take_back(session: SessionDep, respondent: RespondentDep, remark: Annotated[str, Form()]) -> Response:
    position = open_position(session, respondent)
    positions.save(session, respondent, position.without_remark(remark, respondent.visit.invitation.id))
    return see_other(f"{OVERVIEW}#comments")
