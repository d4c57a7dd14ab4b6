"""The page on which a named representative signs for a partner: entered by a personal link, no account needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.agreed_names import names_of
from server.charter_pages import DifferenceView, SectionView, base_of, difference_views, section_views
from server.deps import ClockDep, SessionDep
from server.entrances import Entrance
from server.pages import Page, Words, language_of, render, see_other
from server.refusals import Refusal, refusals_of
from server.sheets import name_of, title_of
from surveys import signing
from surveys.models import Charter, CharterSignature, Organization, Partnership
from surveys.problems import SurveyProblem

router = APIRouter()


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


ENTRANCE = Entrance(
    cookie="signer",
    entry="/sign",
    inside="/sign/charter",
    page=EnterPage,
    redeem=lambda session, secret, _now: signing.redeem(session, secret),
)
ENTRANCE.open_on(router)
FoundDep = Annotated[tuple[CharterSignature, Charter], Depends(ENTRANCE.who_is_inside)]


@router.get("/sign/charter")
def sign_page(request: Request, session: SessionDep, found: FoundDep) -> Response:
    return _show(request, session, *found, None)


@router.post("/sign/charter")
def sign(
    request: Request,
    session: SessionDep,
    now: ClockDep,
    found: FoundDep,
    person: Annotated[str, Form(max_length=500)] = "",
    digest: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Signs the text that was read: its digest comes with the form."""
    line, charter = found
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
    return ENTRANCE.forget(render(request, page))


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
