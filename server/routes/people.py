"""Who sits in a partnership: facilitators, representatives, trustees, readers; inviting, handing over, leaving."""

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
from server.deps import AccountDep, ClockDep, SessionDep, SettingsDep, partnership_to_run
from server.dossiers import address_of
from server.invitees import is_address
from server.languages import LANGUAGES, is_readable, translator
from server.letters import ShownLink
from server.pages import LANGUAGE_NAMES, Page, Words, language_of, render, see_other
from server.seats import role_words
from server.settings import Settings
from server.sheets import name_of, title_of
from surveys import account_links, accounts, audit, partnerships
from surveys.models import Account, AccountLink, Organization, Partnership, Seat
from surveys.models.people import SEAT_ROLES
from surveys.problems import LastOfItsKind

router = APIRouter()
AT = "/partnerships/{partnership_id}/people"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class PersonLine:
    id: UUID
    name: str
    email: str
    role: str
    is_own: bool
    has_factor: bool


@dataclass(frozen=True, slots=True)
class InvitedLine:
    id: UUID
    name: str
    email: str
    role: str
    until: datetime
    takes_over: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """What was typed into the form."""

    name: str = ""
    email: str = ""
    role: str = "representative"
    organization: str = ""
    language: str = "en"
    takes_over: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePage(Page):
    template = "people/people.html"
    title: Words
    back: str
    address: str
    people: tuple[PersonLine, ...]
    invited: tuple[InvitedLine, ...]
    typed: Invited
    roles: tuple[tuple[str, str], ...]
    organizations: tuple[tuple[str, Words], ...]
    languages: tuple[tuple[str, str], ...]
    zone: str
    shown: ShownLink | None
    problem: str


@dataclass(frozen=True, slots=True)
class Table:
    """A partnership whose seats this account gives and takes."""

    request: Request
    session: Session
    account: Account
    now: datetime
    settings: Settings
    partnership: Partnership

    @property
    def address(self) -> str:
        return f"{address_of(self.partnership)}/people"

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    def record(self, act: str) -> None:
        audit.record(self.session, self.account.email, act, f"partnership {self.partnership.id}", self.now)

    def members(self) -> list[Organization]:
        return [one for _, one in partnerships.members_on(self.session, self.partnership.id, self.now.date())]

    def show(self, *, typed: Invited | None = None, shown: ShownLink | None = None, problem: str = "") -> Response:
        self.session.flush()  # the page reads what was just written
        language, session = language_of(self.request), self.session
        page = PeoplePage(
            title=title_of(self.partnership, language),
            back=address_of(self.partnership),
            address=self.address,
            people=tuple(self._line(seat, one) for seat, one in accounts.seats_in(session, self.partnership.id)),
            invited=tuple(
                self._invited(one) for one in account_links.open_invitations(session, self.now, self.partnership.id)
            ),
            typed=typed or Invited(language=language),
            roles=tuple((role, role_words(role, None, language)) for role in SEAT_ROLES),
            organizations=tuple((str(one.id), name_of(one, language)) for one in self.members()),
            languages=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
            zone=self.partnership.time_zone,
            shown=shown,
            problem=problem,
        )
        return render(self.request, page, status=422 if problem else 200)

    def role_of(self, role: str, organization_id: UUID | None) -> str:
        organization = self.session.get(Organization, organization_id) if organization_id else None
        return role_words(role, organization, language_of(self.request))

    def _line(self, seat: Seat, one: Account) -> PersonLine:
        role = self.role_of(seat.role, seat.organization_id)
        return PersonLine(one.id, one.name, one.email, role, one.id == self.account.id, bool(one.totp_secret))

    def _invited(self, one: AccountLink) -> InvitedLine:
        role = self.role_of(one.role or "reader", one.organization_id)
        return InvitedLine(one.id, one.name, one.email, role, one.expires_at, one.takes_over_from is not None)


def get_table(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    settings: SettingsDep,
    partnership_id: UUID,
) -> Table:
    return Table(request, session, account, now, settings, partnership_to_run(session, account, partnership_id))


TableDep = Annotated[Table, Depends(get_table)]


@router.get(AT)
def people_page(table: TableDep) -> Response:
    return table.show()


@router.get(f"{AT}/{{step:path}}")
def back_to_people(table: TableDep, step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """Where the language was changed on the answer to a form."""
    return see_other(table.address)


def read_invited(
    name: Annotated[str, Form(max_length=1000)] = "",
    email: Annotated[str, Form(max_length=1000)] = "",
    role: Annotated[str, Form(max_length=20)] = "",
    organization: Annotated[str, Form(max_length=50)] = "",
    language: Annotated[str, Form(max_length=10)] = "en",
    takes_over: Annotated[bool, Form()] = False,
) -> Invited:
    return Invited(" ".join(name.split()), email.strip().lower(), role, organization, language, takes_over)


@router.post(AT)
def invite(table: TableDep, typed: Annotated[Invited, Depends(read_invited)]) -> Response:
    """A link for somebody new, or for somebody who has an account elsewhere: both accept before they sit here."""
    organization_id = next((one.id for one in table.members() if str(one.id) == typed.organization), None)
    if problem := _problem_of(table, typed, organization_id):
        return table.show(typed=typed, problem=problem)
    takes_over = typed.takes_over and typed.role == "facilitator"
    link, secret = account_links.invite(
        table.session,
        table.now,
        email=typed.email,
        name=typed.name,
        language=typed.language,
        partnership_id=table.partnership.id,
        role=typed.role,
        organization_id=organization_id if typed.role == "representative" else None,
        takes_over_from=table.account.id if takes_over else None,
        invited_by=table.account.email,
    )
    table.record(f"invited {typed.email} as {typed.role}" + (" to take over" if takes_over else ""))
    return table.show(shown=letters.send_invitation(table.session, table.settings, link, secret))


def _problem_of(table: Table, typed: Invited, organization_id: UUID | None) -> str:
    if not typed.name or len(typed.name) > LONGEST_NAME or not is_readable(typed.name):
        return table._("Please give a name, in letters that can be printed.")
    if not is_address(typed.email):
        return table._("This is not an e-mail address; nothing was changed.")
    if typed.role not in SEAT_ROLES or typed.language not in LANGUAGES:
        return table._("Please choose a role and a language.")
    if typed.role == "representative" and organization_id is None:
        return table._("Please choose the partner this person represents.")
    seated = {one.email for _, one in accounts.seats_in(table.session, table.partnership.id)}
    if typed.email in seated:
        return table._("This address has a place here already: take it away first, then invite with another role.")
    return ""


@router.post(f"{AT}/invitations/{{link_id}}/renew")
def renew(table: TableDep, link_id: UUID) -> Response:
    link = account_links.get_invitation(table.session, table.partnership.id, link_id)
    secret = account_links.renew(link, table.now)
    table.record(f"made a new link for {link.email}")
    return table.show(shown=letters.send_invitation(table.session, table.settings, link, secret))


@router.post(f"{AT}/invitations/{{link_id}}/withdraw")
def withdraw(table: TableDep, link_id: UUID) -> Response:
    link = account_links.get_invitation(table.session, table.partnership.id, link_id)
    table.record(f"withdrew the invitation of {link.email}")
    table.session.delete(link)
    return see_other(table.address)


@router.post(f"{AT}/{{account_id}}/remove")
def remove(table: TableDep, account_id: UUID) -> Response:
    """Take a place away, one's own too: the last facilitator hands over first."""
    found = next(
        (pair for pair in accounts.seats_in(table.session, table.partnership.id) if pair[1].id == account_id), None
    )
    if found is None:
        raise HTTPException(404)
    seat, other = found
    try:
        accounts.remove_seat(table.session, seat)
    except LastOfItsKind:
        return table.show(problem=table._("You are the only facilitator: hand the partnership over first."))
    table.record(f"took the place of {other.email} as {seat.role}")
    return see_other("/partnerships" if other.id == table.account.id else table.address)
