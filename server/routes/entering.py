"""Coming in and going out: the first page, personal links, the choice of language, leaving a shared computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from server.deps import set_language
from server.desk import Call, DeskRouter
from server.languages import LANGUAGES
from server.pages import LANGUAGE_COOKIE, RECEIPT_COOKIE, Page, render, see_other
from server.respondents import Respondent, find_respondent, forget, remember
from surveys import ballots, invitations
from surveys.invitations import normalize_secret
from surveys.problems import SurveyProblem

router = DeskRouter()


@dataclass(frozen=True, slots=True)
class FrontPage(Page):
    template = "front.html"


@dataclass(frozen=True, slots=True)
class LinkPage(Page):
    """Where a personal link lands, with a field for its code where scripts do not run."""

    template = "answering/link.html"


@dataclass(frozen=True, slots=True)
class OtherPersonPage(Page):
    """Two people's links in one browser: the first one's answers must not open to the second."""

    template = "answering/other_person.html"


@dataclass(frozen=True, slots=True)
class FinishedPage(Page):
    template = "answering/finished.html"


@router.get("/")
def front_page(request: Request) -> Response:
    return render(request, FrontPage())


@router.desk("GET", "/i")
def link_page(call: Call) -> Response:
    return render(call.request, LinkPage())


@router.desk("POST", "/i")
def enter(call: Call) -> Response:
    request, session, keystore, sealer, now = call.request, call.session, call.keystore, call.sealer, call.now
    secret = str(call.form.get("secret", ""))
    visit = invitations.redeem(session, normalize_secret(secret) or "", now=now)
    try:
        earlier = find_respondent(request, session, keystore, sealer, now)
    except SurveyProblem:
        earlier = None  # a link of a round that is over gives way
    if earlier and earlier.visit.invitation.id != visit.invitation.id:
        return render(request, OtherPersonPage(), status=409)
    device = earlier.device if earlier else ballots.new_device_secret()
    respondent = Respondent(visit, keystore.load(visit.round_.id), normalize_secret(secret) or "", device)
    response = see_other("/answer")
    remember(response, request, sealer, respondent, now)
    if LANGUAGE_COOKIE not in request.cookies:  # who chose a language keeps it when the link is opened again
        set_language(response, request, visit.invitation.language)
    return response


@router.post("/finish")
def finish() -> Response:
    """Leave a shared computer: the link and what the browser kept go, the saved answers stay."""
    response = see_other("/finished")
    forget(response)
    response.delete_cookie(RECEIPT_COOKIE, httponly=True, samesite="lax")
    return response


@router.get("/finished")
def finished_page(request: Request) -> Response:
    return render(request, FinishedPage())


@router.post("/language")
def choose_language(
    request: Request, language: Annotated[str, Form()], back: Annotated[str, Form(max_length=200)] = "/"
) -> Response:
    is_ours = back.startswith("/") and not back.startswith("//") and "\\" not in back and back.isprintable()
    response = see_other(back if is_ours else "/")
    if language in LANGUAGES:
        set_language(response, request, language)
    return response
