"""Where a link for an account leads: the first account, an invitation, a new password. Each link works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, SecondFactorDep, SessionDep, set_language
from server.entrances import Entrance
from server.invitees import is_address
from server.languages import LANGUAGES, is_readable, translator
from server.pages import LANGUAGE_NAMES, Page, Words, language_of, render, see_other
from server.passwords import weakness_words
from server.routes.login import attempts, let_in
from server.seats import role_words
from server.sheets import title_of
from surveys import account_links, accounts, audit
from surveys.models import Account, AccountLink, Organization, Partnership
from surveys.problems import WeakPassword

router = APIRouter()
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class EnterPage(Page):
    template = "account/enter.html"
    problem: bool


@dataclass(frozen=True, slots=True)
class JoinPage(Page):
    """Name, password, language; of somebody who has an account only the password."""

    template = "account/join.html"
    purpose: str  # setup, invitation, reset, known
    email: str
    name: str
    place: Words | None
    role: str
    languages: tuple[tuple[str, str], ...]
    chosen: str
    problem: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody at the door with a link that is open."""

    request: Request
    session: Session
    now: datetime
    link: AccountLink

    @property
    def known(self) -> Account | None:
        """Whose address was invited although there is an account: it logs in instead of making another."""
        found = accounts.find_account(self.session, self.link.email) if self.link.purpose == "invitation" else None
        return None if found is None or found.is_closed else found

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    def show(self, *, email: str = "", name: str = "", chosen: str = "", problem: str = "") -> Response:
        link, language = self.link, language_of(self.request)
        partnership = self.session.get(Partnership, link.partnership_id) if link.partnership_id else None
        organization = self.session.get(Organization, link.organization_id) if link.organization_id else None
        page = JoinPage(
            purpose="known" if self.known else link.purpose,
            email=email or link.email,
            name=name or link.name,
            place=title_of(partnership, language) if partnership else None,
            role=role_words(link.role, organization, language) if link.role else "",
            languages=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
            chosen=chosen or (language if link.purpose == "setup" else link.language),
            problem=problem,
        )
        return render(self.request, page, status=422 if problem else 200)


def _greet(request: Request, response: Response, link: AccountLink) -> None:
    """Who is invited reads on in the language of the invitation."""
    if link.purpose == "invitation":
        set_language(response, request, link.language)


ENTRANCE = Entrance(
    cookie="account_link",
    entry="/join",
    inside="/join/form",
    page=EnterPage,
    redeem=account_links.redeem,
    greet=_greet,
    lasts=timedelta(minutes=30),
)
ENTRANCE.open_on(router)
LinkDep = Annotated[AccountLink, Depends(ENTRANCE.who_is_inside)]


def get_arrival(request: Request, session: SessionDep, now: ClockDep, link: LinkDep) -> Arrival:
    return Arrival(request, session, now, link)


ArrivalDep = Annotated[Arrival, Depends(get_arrival)]


@router.get("/join/form")
def join_page(arrival: ArrivalDep) -> Response:
    return arrival.show()


@router.post("/join/form")
def join(
    arrival: ArrivalDep,
    required: SecondFactorDep,
    password: Annotated[str, Form(max_length=2000)] = "",
    again: Annotated[str, Form(max_length=2000)] = "",
    name: Annotated[str, Form(max_length=1000)] = "",
    email: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Everything, or the form again with what is wrong; the link is used up only when all is well."""
    name, email = " ".join(name.split()), (email if arrival.link.purpose == "setup" else arrival.link.email).strip()
    problem = _problem_of(arrival, name, email, password, again, language)
    if problem:
        return arrival.show(email=email, name=name, chosen=language, problem=problem)
    if arrival.known is not None:
        return _join_known(arrival, arrival.known, password)
    try:
        account = _accept(arrival, email=email, name=name, password=password, language=language)
    except WeakPassword as weak:
        problem = weakness_words(weak, language_of(arrival.request))
        return arrival.show(email=email, name=name, chosen=language, problem=problem)
    if account.totp_secret:
        response: Response = see_other("/login")  # a link replaces the password, never the telephone
    else:
        response = let_in(arrival.request, arrival.session, account, arrival.now, required=required)
    if language in LANGUAGES:
        set_language(response, arrival.request, language)
    return ENTRANCE.forget(response)


def _problem_of(arrival: Arrival, name: str, email: str, password: str, again: str, language: str) -> str:
    if arrival.known is not None:
        return ""
    if password != again:
        return arrival._("The two passwords differ. Nothing was changed.")
    if arrival.link.purpose == "reset":
        return ""
    if not name or len(name) > LONGEST_NAME or not is_readable(name):
        return arrival._("Please give your name, in letters that can be printed.")
    if not is_address(email):
        return arrival._("This is not an e-mail address; nothing was changed.")
    return "" if language in LANGUAGES else arrival._("Please choose a language.")


def _accept(arrival: Arrival, *, email: str, name: str, password: str, language: str) -> Account:
    session, link = arrival.session, arrival.link
    if link.purpose == "reset":
        account = account_links.set_password(session, link, password)
        act = "set a new password"
    else:
        account = account_links.accept(session, link, email=email, name=name, password=password, language=language)
        act = "accepted an invitation" if link.purpose == "invitation" else "set up the first account"
    subject = f"partnership {link.partnership_id}" if link.partnership_id else f"account {account.id}"
    audit.record(session, account.email, act, subject, arrival.now)
    return account


def _join_known(arrival: Arrival, account: Account, password: str) -> Response:
    """The seat for somebody who has an account, once the password says that it is the same person."""
    key = account.email
    if not attempts.may_try(key, arrival.now):
        return arrival.show(problem=arrival._("Too many attempts with this address. Please wait fifteen minutes."))
    if accounts.check_password(arrival.session, account.email, password) is None:
        attempts.note(key, arrival.now)
        return arrival.show(problem=arrival._("This address and this password do not belong together."))
    account_links.take_place(arrival.session, arrival.link, account)
    subject = f"partnership {arrival.link.partnership_id}"
    audit.record(arrival.session, account.email, "accepted an invitation", subject, arrival.now)
    arrival.session.delete(arrival.link)
    return ENTRANCE.forget(see_other("/login"))
