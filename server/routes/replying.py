"""The right of reply by a one-time link: the facilitator makes it, a partner without an account writes by it, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from server.cited import Cited, cited
from server.deps import ClockDep, FormDep, SessionDep
from server.dossiers import read_dossiers
from server.fields import Fields, Typed
from server.languages import format_day, translator
from server.pages import Page, Words, language_of, render, see_other
from server.places import ChairDep, Place
from server.sheets import name_of, title_of
from surveys import replies
from surveys.models import Organization, Partnership, ReplyLink
from surveys.problems import LinkNotOpen

router = APIRouter()


@dataclass(frozen=True, slots=True)
class LinksPage(Page):
    template = "replies/links.html"
    title: Words
    address: str
    partners: tuple[tuple[str, Words], ...]
    n_questions: int
    typed: Typed
    link: str  # shown once, right after it was made
    code: str
    enter_at: str
    until: str


@dataclass(frozen=True, slots=True)
class EnterPage(Page):
    template = "replies/enter.html"
    problem: bool


@dataclass(frozen=True, slots=True)
class Asked:
    name: str
    question: str
    finding: Cited


@dataclass(frozen=True, slots=True)
class WritePage(Page):
    template = "replies/write.html"
    title: Words
    organization: Words
    person: str
    secret: str
    asked: tuple[Asked, ...]
    typed: Typed
    problem: str


@dataclass(frozen=True, slots=True)
class SentPage(Page):
    template = "replies/sent.html"


@router.get("/partnerships/{partnership_id}/replies")
def links_page(place: ChairDep) -> Response:
    return place.show(_links_page(place, Typed({})))


def _links_page(place: Place, typed: Typed, made: tuple[ReplyLink, str] | None = None, base: str = "") -> LinksPage:
    link, secret = made or (None, "")
    return LinksPage(
        title=place.title,
        address=place.address,
        partners=place.choices(),
        n_questions=len(replies.open_entries(place.session, place.partnership.id)),
        typed=typed,
        link=f"{base}/r#{secret}" if link else "",
        code=secret,
        enter_at=f"{base}/r",
        until=format_day(link.expires_at.date(), place.language) if link else "",
    )


@router.post("/partnerships/{partnership_id}/replies")
def make_link(place: ChairDep, form: FormDep) -> Response:
    """The link in this answer and nowhere else; a new one for the same partner ends the one before."""
    fields = Fields(form, place._)
    organization = fields.organization("organization", {code for code, _ in place.choices()})
    person = fields.line("person", required=True)
    if fields.faults or organization is None:
        return place.show(_links_page(place, fields.typed), status=422)
    made = replies.make_link(place.session, place.partnership.id, organization, person=person, now=place.now)
    place.record("made a link for comments of a partner", f"organization {organization}")
    return place.show(_links_page(place, Typed({}), made, str(place.request.base_url).rstrip("/")))


@router.get("/r")
def enter_page(request: Request) -> Response:
    return render(request, EnterPage(problem=False))


@router.post("/r")
def enter(
    request: Request, session: SessionDep, now: ClockDep, secret: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """No cookie: the code travels in the form, and nothing is left in the browser."""
    try:
        link = replies.redeem(session, secret, now=now)
    except LinkNotOpen:
        return render(request, EnterPage(problem=True), status=410)
    return render(request, _write_page(request, session, link, secret, Typed({})))


def _write_page(
    request: Request, session: SessionDep, link: ReplyLink, secret: str, typed: Typed, problem: str = ""
) -> WritePage:
    language, partnership = language_of(request), session.get_one(Partnership, link.partnership_id)
    audience = f"partner:{link.organization_id}"
    (dossier,) = read_dossiers(session, [partnership], language, {partnership.id: audience})
    return WritePage(
        title=title_of(partnership, language),
        organization=name_of(session.get_one(Organization, link.organization_id), language),
        person=link.person,
        secret=secret,
        asked=tuple(
            Asked(
                f"reply-{one.id}",
                one.question,
                cited(session, dossier, one.round_id, one.release_digest, one.release_revision, one.target),
            )
            for one in replies.open_entries(session, partnership.id)
        ),
        typed=typed,
        problem=problem,
    )


@router.post("/r/send")
def send(
    request: Request,
    session: SessionDep,
    now: ClockDep,
    form: FormDep,
    secret: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    link = replies.redeem(session, secret, now=now, to_change=True)
    _ = translator(language_of(request)).gettext
    fields = Fields(form, _)
    texts: dict[UUID, str] = {
        one.id: fields.text(f"reply-{one.id}") for one in replies.open_entries(session, link.partnership_id)
    }
    if not fields.faults and not any(texts.values()):
        problem = _("You have written nothing yet. Your link stays open.")
        return render(request, _write_page(request, session, link, secret, fields.typed, problem), status=422)
    if fields.faults:
        return render(request, _write_page(request, session, link, secret, fields.typed), status=422)
    replies.send(session, link, texts, now=now)
    return see_other("/r/sent")


@router.get("/r/send")
def back_to_entry() -> Response:
    """Reloaded, or the language changed there: the link is opened again."""
    return see_other("/r")


@router.get("/r/sent")
def sent_page(request: Request) -> Response:
    return render(request, SentPage())
