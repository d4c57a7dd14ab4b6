"""The contacts of a partnership: whom each member organization names; the list of a round is proposed from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, SettingsDep, partnership_to_run
from server.dossiers import address_of
from server.invitees import Fault, is_address, read_named
from server.languages import LANGUAGES, is_readable
from server.pages import LANGUAGE_NAMES, Page, Words, language_of, render, see_other
from server.routes.people import LONGEST_NAME, Table
from server.sheets import name_of, title_of
from server.uploads import UploadedDep
from surveys import contacts
from surveys.contacts import Named
from surveys.models import Contact

router = APIRouter()
AT = "/partnerships/{partnership_id}/contacts"


@dataclass(frozen=True, slots=True)
class ContactLine:
    id: UUID
    person: str
    email: str
    function: str
    organization: str
    language: str


@dataclass(frozen=True, slots=True)
class ContactsPage(Page):
    template = "contacts/contacts.html"
    title: Words
    back: str
    address: str
    groups: tuple[tuple[Words, tuple[ContactLine, ...]], ...]
    without: tuple[ContactLine, ...]  # of organizations that have left
    organizations: tuple[tuple[str, Words], ...]
    languages: tuple[tuple[str, str], ...]
    typed: ContactLine
    text: str
    faults: tuple[Fault, ...]
    problem: str


def get_contacts_table(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    settings: SettingsDep,
    partnership_id: UUID,
) -> Table:
    return Table(request, session, account, now, settings, partnership_to_run(session, account, partnership_id))


TableDep = Annotated[Table, Depends(get_contacts_table)]
NOBODY = ContactLine(UUID(int=0), "", "", "", "", "")


def _show(
    table: Table,
    *,
    typed: ContactLine = NOBODY,
    text: str = "",
    faults: tuple[Fault, ...] = (),
    problem: str = "",
) -> Response:
    language, members = language_of(table.request), table.members()
    every = contacts.of_partnership(table.session, table.partnership.id)
    present = {one.id for one in members}
    page = ContactsPage(
        title=title_of(table.partnership, language),
        back=address_of(table.partnership),
        address=f"{address_of(table.partnership)}/contacts",
        groups=tuple(
            (name_of(one, language), tuple(_line(c) for c in every if c.organization_id == one.id)) for one in members
        ),
        without=tuple(_line(c) for c in every if c.organization_id not in present),
        organizations=tuple((str(one.id), name_of(one, language)) for one in members),
        languages=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
        typed=typed,
        text=text,
        faults=faults,
        problem=problem,
    )
    return render(table.request, page, status=422 if problem or faults else 200)


def _line(one: Contact) -> ContactLine:
    return ContactLine(one.id, one.person, one.email or "", one.function, str(one.organization_id), one.language)


@router.get(AT)
def contacts_page(table: TableDep) -> Response:
    return _show(table)


@router.get(f"{AT}/{{step:path}}")
def back_to_contacts(table: TableDep, step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """Where the language was changed on the answer to a form."""
    return see_other(f"{address_of(table.partnership)}/contacts")


def read_typed(
    person: Annotated[str, Form(max_length=1000)] = "",
    email: Annotated[str, Form(max_length=1000)] = "",
    organization: Annotated[str, Form(max_length=60)] = "",
    function: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=10)] = "en",
) -> ContactLine:
    tidy = " ".join(person.split()), email.strip().lower(), " ".join(function.split())
    return ContactLine(UUID(int=0), tidy[0], tidy[1], tidy[2], organization, language)


TypedDep = Annotated[ContactLine, Depends(read_typed)]


@router.post(AT)
def add(table: TableDep, typed: TypedDep) -> Response:
    """One more person; an address that is known is brought up to date."""
    organization = next((one for one in table.members() if str(one.id) == typed.organization), None)
    if problem := _problem_of(table, typed):
        return _show(table, typed=typed, problem=problem)
    if organization is None:
        return _show(table, typed=typed, problem=table._("Please choose the organization of this person."))
    named = Named(typed.person, typed.email, organization.id, typed.function, typed.language)
    if doubled := _doubled(table, [named]):
        return _show(table, typed=typed, problem=doubled)
    contacts.put(table.session, table.partnership.id, [named])
    table.record("wrote a contact")
    return see_other(f"{address_of(table.partnership)}/contacts")


def _problem_of(table: Table, typed: ContactLine) -> str:
    if not typed.person or any(
        len(text) > LONGEST_NAME or not is_readable(text) for text in (typed.person, typed.function)
    ):
        return table._("Please give a name, in letters that can be printed.")
    if typed.email and not is_address(typed.email):
        return table._("This is not an e-mail address; nothing was changed.")
    return "" if typed.language in LANGUAGES else table._("Please choose a language.")


def _doubled(table: Table, several: list[Named]) -> str:
    """What is wrong where two people could not be told apart; nothing where they can."""
    found = contacts.find_doubled(table.session, table.partnership.id, several)
    said = table._(
        "There are two people called {person} in this organization, and one of them has no e-mail address: write "
        "beside the name what tells them apart, such as the office. Nothing was changed."
    )
    return said.format(person=found) if found else ""


@router.post(f"{AT}/upload")
def upload(table: TableDep, uploaded: UploadedDep) -> Response:
    """All lines or none: with a fault nothing is saved, and every fault is named with its line."""
    if problem := uploaded.problem(table._):
        return _show(table, problem=problem)
    named, faults = read_named(uploaded.rows(), table.members(), table._, is_workbook=uploaded.is_workbook)
    if faults:
        return _show(table, text=uploaded.text, faults=tuple(faults))
    if doubled := _doubled(table, named):
        return _show(table, text=uploaded.text, problem=doubled)
    contacts.put(table.session, table.partnership.id, named)
    table.record(f"read {len(named)} contacts from a list")
    return see_other(f"{address_of(table.partnership)}/contacts")


@router.post(f"{AT}/{{contact_id}}/remove")
def remove(table: TableDep, contact_id: UUID) -> Response:
    """Rounds that began keep their lists."""
    contacts.remove(table.session, contacts.get_contact(table.session, table.partnership.id, contact_id))
    table.record("removed a contact")
    return see_other(f"{address_of(table.partnership)}/contacts")
