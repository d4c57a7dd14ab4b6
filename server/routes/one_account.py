"""One account, as an administrator sees it: its seats, a lost password or telephone, its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import Session, col, select
from starlette.responses import Response

from server import letters
from server.letters import ShownLink
from server.pages import Page, Words, language_of, render, see_other
from server.routes.accounts import Office, OfficeDep
from server.seats import role_words
from server.sheets import title_of
from surveys import account_links, accounts, logins, second_factor
from surveys.models import Account, Organization, Partnership
from surveys.problems import LastOfItsKind

router = APIRouter()


@dataclass(frozen=True, slots=True)
class SeatLine:
    partnership_id: UUID
    title: Words
    role: str


@dataclass(frozen=True, slots=True)
class OneAccountPage(Page):
    template = "people/one_account.html"
    address: str
    name: str
    email: str
    is_own: bool
    is_administrator: bool
    is_closed: bool
    has_factor: bool
    seats: tuple[SeatLine, ...]
    partnerships: tuple[tuple[UUID, Words], ...]
    shown: ShownLink | None
    problem: str


def show_one(office: Office, other: Account, *, shown: ShownLink | None = None, problem: str = "") -> Response:
    office.session.flush()  # the page reads what was just written
    language = language_of(office.request)
    every = office.session.exec(select(Partnership).order_by(col(Partnership.title))).all()
    seats = accounts.seats_of(office.session, other)
    page = OneAccountPage(
        address=f"/accounts/{other.id}",
        name=other.name,
        email=other.email,
        is_own=other.id == office.account.id,
        is_administrator=other.is_administrator,
        is_closed=other.is_closed,
        has_factor=bool(other.totp_secret),
        seats=tuple(
            SeatLine(
                one.id,
                title_of(one, language),
                role_words(seats[one.id].role, _organization(office.session, seats[one.id].organization_id), language),
            )
            for one in every
            if one.id in seats
        ),
        partnerships=tuple((one.id, title_of(one, language)) for one in every if one.id not in seats),
        shown=shown,
        problem=problem,
    )
    return render(office.request, page, status=409 if problem else 200)


def _organization(session: Session, organization_id: UUID | None) -> Organization | None:
    return session.get(Organization, organization_id) if organization_id else None


@router.get("/accounts/{account_id}")
def account_page(office: OfficeDep, account_id: UUID) -> Response:
    return show_one(office, office.other(account_id))


@router.get("/accounts/{account_id}/{step}")
def back_to_account(office: OfficeDep, account_id: UUID, step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """Where the language was changed on the answer to a form."""
    return see_other(f"/accounts/{office.other(account_id).id}")


@router.post("/accounts/{account_id}/password-link")
def make_password_link(office: OfficeDep, account_id: UUID) -> Response:
    """A link to set a new password, for somebody who can be recognized: by voice, in person."""
    other = office.other(account_id)
    if other.is_closed:
        return show_one(office, other, problem=office._("This account is closed: invite its address anew."))
    secret = account_links.make_reset(office.session, other, office.now)
    office.record("made a link for a new password", other)
    return show_one(office, other, shown=letters.link_to(office.settings, "join", other.name, secret))


@router.post("/accounts/{account_id}/forget-factor")
def forget_factor(office: OfficeDep, account_id: UUID) -> Response:
    """The telephone is lost: it is set up anew at the next login. Every present login ends."""
    other = office.other(account_id)
    second_factor.forget(office.session, other)
    logins.end_all(office.session, other.id)
    office.record("took the second factor off an account", other)
    return see_other(f"/accounts/{other.id}")


@router.post("/accounts/{account_id}/end-logins")
def end_logins(office: OfficeDep, account_id: UUID) -> Response:
    """A laptop is gone, or a login looks strange: whoever has the password and the telephone comes in again."""
    other = office.other(account_id)
    logins.end_all(office.session, other.id, but=_login_of(office, other))
    office.record("ended the logins of an account", other)
    return see_other(f"/accounts/{other.id}")


@router.post("/accounts/{account_id}/administrator")
def set_administrator(office: OfficeDep, account_id: UUID, value: Annotated[bool, Form()] = False) -> Response:
    other = office.other(account_id)
    if other.is_closed:
        return show_one(office, other, problem=office._("This account is closed: invite its address anew."))
    try:
        accounts.set_administrator(office.session, other, is_administrator=value)
    except LastOfItsKind:
        return show_one(office, other, problem=office._("An installation keeps at least one administrator."))
    if value:
        logins.end_all(office.session, other.id)  # the next login asks for the second factor
    office.record("made an account an administrator" if value else "took administration off an account", other)
    return see_other(f"/accounts/{other.id}" if office.account.is_administrator else "/partnerships")


@router.post("/accounts/{account_id}/seats")
def give_facilitation(
    office: OfficeDep, account_id: UUID, partnership_id: Annotated[UUID | None, Form()] = None
) -> Response:
    """A facilitator for a partnership that needs one; other seats are given by facilitators themselves."""
    other = office.other(account_id)
    partnership = office.session.get(Partnership, partnership_id) if partnership_id else None
    if other.is_closed or partnership is None:
        return show_one(office, other, problem=office._("Please choose a partnership."))
    accounts.give_seat(office.session, other, partnership.id, role="facilitator")
    logins.end_all(office.session, other.id, but=_login_of(office, other))
    office.record(f"made {other.email} facilitator", partnership_id=partnership.id)
    return see_other(f"/accounts/{other.id}")


def _login_of(office: Office, other: Account) -> UUID | None:
    """An administrator has the second factor already: one's own login goes on."""
    return office.request.state.login if other.id == office.account.id else None


@router.post("/accounts/{account_id}/seats/remove")
def remove_seat(office: OfficeDep, account_id: UUID, partnership_id: Annotated[UUID | None, Form()] = None) -> Response:
    other = office.other(account_id)
    seat = accounts.find_seat(office.session, other, partnership_id) if partnership_id else None
    if seat is None:
        return see_other(f"/accounts/{other.id}")
    try:
        accounts.remove_seat(office.session, seat)
    except LastOfItsKind:
        problem = office._("A partnership keeps at least one facilitator: give it another one first.")
        return show_one(office, other, problem=problem)
    office.record(f"took the seat of {other.email}", partnership_id=partnership_id)
    return see_other(f"/accounts/{other.id}")


@router.post("/accounts/{account_id}/close")
def close(office: OfficeDep, account_id: UUID, sure: Annotated[str, Form(max_length=5)] = "") -> Response:
    other = office.other(account_id)
    if sure != "yes" or other.id == office.account.id:
        return show_one(office, other, problem=office._("Please tick that you are sure; your own account stays."))
    try:
        accounts.close_account(office.session, other)
    except LastOfItsKind:
        problem = office._("This account is the only facilitator of a partnership: give it another one first.")
        return show_one(office, other, problem=problem)
    office.record("closed an account", other)
    return see_other("/accounts")
