"""For administrators: who has an account, who is invited. No partnership is read here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import letters
from server.deps import AdministratorDep, ClockDep, SessionDep, SettingsDep
from server.invitees import is_address
from server.languages import LANGUAGES, translator
from server.letters import ShownLink
from server.pages import LANGUAGE_NAMES, Page, language_of, render, see_other
from server.settings import Settings
from surveys import account_links, accounts, audit, logins
from surveys.models import Account

router = APIRouter()


@dataclass(frozen=True, slots=True)
class AccountLine:
    address: str
    name: str
    email: str
    is_administrator: bool
    is_closed: bool
    has_factor: bool
    n_seats: int


@dataclass(frozen=True, slots=True)
class WaitingLine:
    id: UUID
    email: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AccountsPage(Page):
    template = "people/accounts.html"
    accounts: tuple[AccountLine, ...]
    waiting: tuple[WaitingLine, ...]
    languages: tuple[tuple[str, str], ...]
    chosen: str
    email: str
    shown: ShownLink | None
    problem: str


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator at work."""

    request: Request
    session: Session
    account: Account
    now: datetime
    settings: Settings

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    def record(self, act: str, other: Account | None = None, partnership_id: UUID | None = None) -> None:
        subject = f"account {other.id}" if other else f"partnership {partnership_id}" if partnership_id else ""
        audit.record(self.session, self.account.email, act, subject, self.now)

    def other(self, account_id: UUID) -> Account:
        found = self.session.get(Account, account_id)
        if found is None:
            raise HTTPException(404)
        return found

    def show(self, *, email: str = "", shown: ShownLink | None = None, problem: str = "") -> Response:
        self.session.flush()  # the page reads what was just written
        language = language_of(self.request)
        waiting = account_links.open_invitations(self.session, self.now, None)
        page = AccountsPage(
            accounts=tuple(_line(self.session, one) for one in accounts.everybody(self.session)),
            waiting=tuple(WaitingLine(one.id, one.email, one.expires_at) for one in waiting),
            languages=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
            chosen=language,
            email=email,
            shown=shown,
            problem=problem,
        )
        return render(self.request, page, status=422 if problem else 200)


def _line(session: Session, one: Account) -> AccountLine:
    n_seats = len(accounts.seats_of(session, one))
    factor = bool(one.totp_secret)
    return AccountLine(f"/accounts/{one.id}", one.name, one.email, one.is_administrator, one.is_closed, factor, n_seats)


def get_office(
    request: Request, session: SessionDep, account: AdministratorDep, now: ClockDep, settings: SettingsDep
) -> Office:
    return Office(request, session, account, now, settings)


OfficeDep = Annotated[Office, Depends(get_office)]


@router.get("/accounts")
def accounts_page(office: OfficeDep) -> Response:
    return office.show()


@router.post("/accounts")
def invite(
    office: OfficeDep,
    email: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Invite somebody to look after accounts and machine; facilitators are invited on the partnership's page."""
    wanted = email.strip().lower()
    if not is_address(wanted):
        return office.show(email=email, problem=office._("This is not an e-mail address; nothing was changed."))
    known = accounts.find_account(office.session, wanted)
    if known is not None and not known.is_closed:
        return office.show(
            email=email, problem=office._("There is an account for this address already: open it in the list below.")
        )
    chosen = language if language in LANGUAGES else "en"
    _link, secret = account_links.invite(
        office.session,
        office.now,
        email=wanted,
        is_administrator=True,
        language=chosen,
        invited_by=office.account.email,
    )
    office.record("invited an administrator")
    shown = letters.send_invitation(office.session, office.settings, _link, secret)
    return office.show(shown=shown)


@router.post("/accounts/end-logins")
def end_everybodys_logins(office: OfficeDep, sure: Annotated[str, Form(max_length=5)] = "") -> Response:
    """After a break-in, or when the server's machine was lent out: everybody logs in again."""
    if sure != "yes":
        return office.show(problem=office._("Please tick that you are sure; nothing was changed."))
    logins.end_everybodys(office.session, but=office.request.state.login)
    office.record("ended everybody's logins")
    return see_other("/accounts")


@router.get("/accounts/end-logins")
def back_from_ending(office: OfficeDep) -> Response:  # noqa: ARG001 - for administrators, as the form is
    """Where the language was changed on the answer to the form."""
    return see_other("/accounts")


@router.get("/accounts/invitations/{link_id}/{step}")
def back_to_accounts(office: OfficeDep, link_id: UUID, step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """Where the language was changed on the answer to a form."""
    return see_other("/accounts")


@router.post("/accounts/invitations/{link_id}/renew")
def renew_invitation(office: OfficeDep, link_id: UUID) -> Response:
    link = account_links.get_invitation(office.session, None, link_id)
    secret = account_links.renew(link, office.now)
    office.record("made a new link for an invitation")
    return office.show(shown=letters.send_invitation(office.session, office.settings, link, secret))


@router.post("/accounts/invitations/{link_id}/withdraw")
def withdraw_invitation(office: OfficeDep, link_id: UUID) -> Response:
    office.session.delete(account_links.get_invitation(office.session, None, link_id))
    office.record("withdrew an invitation")
    return see_other("/accounts")
