"""The page on which a named representative signs for a partner: entered by a personal link, no account needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.agreed_names import names_of
from server.charter_pages import DifferenceView, SectionView, base_of, difference_views, section_views
from server.deps import ClockDep, SealerDep, SessionDep, is_https
from server.pages import Page, Words, language_of, render, see_other
from server.refusals import Refusal, refusals_of
from server.respondents import GoTo
from server.security import Sealer
from server.sheets import name_of, title_of
from surveys import signing
from surveys.invitations import normalize_secret
from surveys.models import Charter, CharterSignature, Organization, Partnership
from surveys.problems import LinkNotOpen, SurveyProblem

router = APIRouter()
COOKIE = "signer"
LASTS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class EnterPage(Page):
    template = "charter/enter.html"
    problem: bool


@dataclass(frozen=True, slots=True)
class SignPage(Page):
    """The whole text, what it changes, and one place to sign."""

    template = "charter/sign.html"
    title: Words
    organization: Words
    person: str
    version: int
    reason: str
    sections: tuple[SectionView, ...]
    differences: tuple[DifferenceView, ...]
    is_compared: bool
    digest: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class SignedPage(Page):
    template = "charter/signed.html"
    title: Words
    organization: Words
    person: str
    version: int
    is_in_force: bool
    digest: str


@router.get("/sign")
def enter_page(request: Request) -> Response:
    return render(request, EnterPage(problem=False))


@router.post("/sign")
def enter(
    request: Request, session: SessionDep, sealer: SealerDep, secret: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """A mail scanner that posts the link signs nothing: it only comes to the page that asks."""
    normal = normalize_secret(secret) or ""
    try:
        signing.redeem(session, normal)
    except LinkNotOpen:
        return render(request, EnterPage(problem=True), status=410)
    response = see_other("/sign/charter")
    response.set_cookie(
        COOKIE,
        sealer.seal(COOKIE, {"secret": normal}),
        max_age=int(LASTS.total_seconds()),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/sign/charter")
def sign_page(request: Request, session: SessionDep, sealer: SealerDep) -> Response:
    line, charter = _found(request, session, sealer)
    return _show(request, session, line, charter, None)


@router.post("/sign/charter")
def sign(
    request: Request,
    session: SessionDep,
    sealer: SealerDep,
    now: ClockDep,
    person: Annotated[str, Form(max_length=500)] = "",
    digest: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Signs the text that was read: its digest comes with the form."""
    line, charter = _found(request, session, sealer)
    if digest != charter.digest:
        return see_other("/sign/charter")
    try:
        with session.begin_nested():  # what is refused leaves no trace, and the page says why
            signing.sign_by_link(session, line, charter, person=person, on=now.date())
    except SurveyProblem as problem:
        return _show(request, session, line, charter, problem)
    page = SignedPage(
        title=title_of(session.get_one(Partnership, charter.partnership_id), language_of(request)),
        organization=name_of(session.get_one(Organization, line.organization_id), language_of(request)),
        person=line.person,
        version=charter.version,
        is_in_force=charter.state == "in_force",
        digest=charter.digest,
    )
    response = render(request, page)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


def _found(request: Request, session: Session, sealer: Sealer) -> tuple[CharterSignature, Charter]:
    held = sealer.unseal(COOKIE, request.cookies.get(COOKIE))
    try:
        return signing.redeem(session, held["secret"] if held else "")
    except LinkNotOpen as unknown:
        raise GoTo("/sign") from unknown


def _show(
    request: Request, session: Session, line: CharterSignature, charter: Charter, problem: SurveyProblem | None
) -> Response:
    language = language_of(request)
    partnership = session.get_one(Partnership, charter.partnership_id)
    names, base = names_of(session, partnership, language), base_of(session, charter)
    page = SignPage(
        title=title_of(partnership, language),
        organization=name_of(session.get_one(Organization, line.organization_id), language),
        person=line.person,
        version=charter.version,
        reason=charter.reason,
        sections=section_views(charter.body, names, language, empty=False),
        differences=difference_views(base, charter, names, language) if base else (),
        is_compared=base is not None,
        digest=charter.digest,
        refusals=refusals_of(problem, language) if problem else (),
    )
    return render(request, page, status=422 if problem else 200)
