"""Continuing on another device: the link alone does not open a draft, the code shown while answering does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, SealerDep, SessionDep
from server.pages import Page, render, see_other
from server.questionnaire import digits_in
from server.respondents import RespondentDep, remember
from server.security import Attempts
from server.sheets import save_content
from surveys import ballots

router = APIRouter()
attempts = Attempts(limit=5, window=timedelta(minutes=15))  # a million codes: five tries at a time guess none


@dataclass(frozen=True, slots=True)
class ResumePage(Page):
    template = "answering/resume.html"
    was_wrong: bool


@router.get("/resume")
def resume_page(request: Request, _respondent: RespondentDep) -> Response:
    return render(request, ResumePage(was_wrong=False))


@router.post("/resume")
def resume(
    request: Request,
    session: SessionDep,
    sealer: SealerDep,
    respondent: RespondentDep,
    now: ClockDep,
    code: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    visit = respondent.visit
    guesser = str(visit.invitation.id)
    if not attempts.may_try(guesser, now):
        raise HTTPException(429)
    device = ballots.device_secret_from_code(
        session, respondent.keys, visit.invitation.id, respondent.secret, digits_in(code)
    )
    if device is None:
        attempts.note(guesser, now)
        return render(request, ResumePage(was_wrong=True), status=422)
    response = see_other("/answer")
    remember(response, request, sealer, replace(respondent, device=device), now)
    return response


@router.post("/resume/restart")
def restart(session: SessionDep, respondent: RespondentDep) -> Response:
    """Give up what another device saved and begin from an empty form."""
    if ballots.has_draft(session, respondent.keys, respondent.visit.invitation.id):
        save_content(session, respondent, {})
    return see_other("/answer")
