"""The registers of a partnership: one set of pages for all of them, made from their descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.agreed_names import names_of
from server.deps import AccountDep, ClockDep, FormDep, SessionDep, may_run, partnership_for, partnership_to_run
from server.dossiers import address_of
from server.entry_forms import FormField, Names, entry_words, form_fields, read_entry, value_words
from server.pages import Page, Words, language_of, render, see_other
from server.refusals import cite_row
from server.sheets import title_of
from surveys import audit, registers
from surveys.descriptions import Description, read_catalog
from surveys.instruments import text_in
from surveys.models import Partnership, RegisterEntry
from surveys.principles import read_principles
from surveys.problems import InvalidEntry

router = APIRouter()
Code = Annotated[str, Path(max_length=40, pattern=r"^[a-z_]+$")]


@dataclass(frozen=True, slots=True)
class RegisterLine:
    address: str
    title: str
    about: str
    count: int


@dataclass(frozen=True, slots=True)
class RegisterGroup:
    """The registers that serve one passage of the founding text."""

    row: str
    lines: tuple[RegisterLine, ...]


@dataclass(frozen=True, slots=True)
class IndexPage(Page):
    template = "registers/index.html"
    title: Words
    address: str
    groups: tuple[RegisterGroup, ...]


@dataclass(frozen=True, slots=True)
class EntryLine:
    address: str
    name: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The same entries as a table: the latest of each cell."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class RegisterPage(Page):
    template = "registers/register.html"
    title: Words
    address: str
    code: str
    register: str
    about: str
    rule: str
    row: str
    matrix: Matrix | None
    entries: tuple[EntryLine, ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class EntryPage(Page):
    template = "registers/entry.html"
    title: Words
    address: str
    code: str
    register: str
    rule: str
    fields: tuple[FormField, ...]
    is_new: bool
    is_faulty: bool
    action: str


@router.get("/partnerships/{partnership_id}/registers")
def index_page(request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID) -> Response:
    partnership, language = partnership_for(session, account, partnership_id), language_of(request)
    kept, address = registers.of_partnership(session, partnership.id), address_of(partnership)
    groups = []
    for row in read_principles()[0].values():
        lines = tuple(
            RegisterLine(
                f"{address}/registers/{code}",
                text_in(one.title, language),
                text_in(one.about, language),
                len(kept.get(code, ())),
            )
            for code, one in read_catalog("registers").items()
            if one.row == row.code
        )
        if lines:
            groups.append(RegisterGroup(text_in(row.title, language), lines))
    return render(request, IndexPage(title_of(partnership, language), address, tuple(groups)))


@router.get("/partnerships/{partnership_id}/registers/{code}")
def register_page(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, code: Code
) -> Response:
    partnership, language = partnership_for(session, account, partnership_id), language_of(request)
    description = registers.describe(code)
    names, address = names_of(session, partnership, language), address_of(partnership)
    entries = _in_order(registers.of_register(session, partnership.id, code), names)
    page = RegisterPage(
        title=title_of(partnership, language),
        address=address,
        code=code,
        register=text_in(description.title, language),
        about=text_in(description.about, language),
        rule=text_in(description.rule, language) if description.rule else "",
        row=cite_row(read_principles()[0][description.row], language),
        matrix=_matrix(entries, description, names, language),
        entries=tuple(_entry_line(one, description, names, address, language) for one in entries),
        may_run=may_run(session, account, partnership.id),
    )
    return render(request, page)


def _in_order(entries: list[RegisterEntry], names: Names) -> list[RegisterEntry]:
    """What national partners entered comes first, the newest of each side on top."""
    newest = list(reversed(entries))
    return sorted(newest, key=lambda one: names.sides.get(str(one.body.get("partner")), True) is False)


def _entry_line(entry: RegisterEntry, description: Description, names: Names, address: str, language: str) -> EntryLine:
    (_, name), *lines = entry_words(description, entry.body, names, language)
    return EntryLine(f"{address}/registers/{description.code}/{entry.id}", name, tuple(lines))


def _matrix(entries: list[RegisterEntry], description: Description, names: Names, language: str) -> Matrix | None:
    """Where the description asks for one: every choice is a row, every partner named is a column."""
    if description.matrix is None or not entries:
        return None
    down, across, inside = (description.field(code) for code in description.matrix)
    cells = {
        (one.body[down.code], one.body[across.code]): value_words(inside, one.body[inside.code], names, language)
        for one in reversed(entries)
    }
    columns = [id_ for id_ in names.partners if any(column == id_ for _, column in cells)]
    rows = tuple(
        (text_in(choice.texts, language), tuple(cells.get((choice.code, column), "") for column in columns))
        for choice in down.choices
    )
    return Matrix(tuple(names.partners[column] for column in columns), rows)


@router.get("/partnerships/{partnership_id}/registers/{code}/new")
def new_page(request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, code: Code) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    return _form(request, session, partnership, code, None, {}, {})


@router.post("/partnerships/{partnership_id}/registers/{code}/new")
def enter(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    form: FormDep,
    partnership_id: UUID,
    code: Code,
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    given = read_entry(registers.describe(code), form)
    try:
        entry = registers.enter(session, partnership, code, given, now=now)
    except InvalidEntry as problem:
        return _form(request, session, partnership, code, None, given, problem.details["faults"])
    audit.record(session, account.email, f"entered a line in {code}", f"entry {entry.id}", now)
    return see_other(f"{address_of(partnership)}/registers/{code}")


@router.get("/partnerships/{partnership_id}/registers/{code}/{entry_id}")
def entry_page(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, code: Code, entry_id: UUID
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    entry = registers.get_entry(session, partnership.id, code, entry_id)
    return _form(request, session, partnership, code, entry, entry.body, {})


@router.post("/partnerships/{partnership_id}/registers/{code}/{entry_id}")
def change(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    form: FormDep,
    partnership_id: UUID,
    code: Code,
    entry_id: UUID,
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    entry = registers.get_entry(session, partnership.id, code, entry_id)
    if "withdraw" in form:
        registers.withdraw(entry, now=now)
        audit.record(session, account.email, f"withdrew a line in {code}", f"entry {entry.id}", now)
        return see_other(f"{address_of(partnership)}/registers/{code}")
    given = read_entry(registers.describe(code), form)
    try:
        registers.change(session, partnership, entry, given, now=now)
    except InvalidEntry as problem:
        return _form(request, session, partnership, code, entry, given, problem.details["faults"])
    audit.record(session, account.email, f"changed a line in {code}", f"entry {entry.id}", now)
    return see_other(f"{address_of(partnership)}/registers/{code}")


def _form(
    request: Request,
    session: Session,
    partnership: Partnership,
    code: str,
    entry: RegisterEntry | None,
    values: Mapping[str, Any],
    faults: Mapping[str, str],
) -> Response:
    language, description = language_of(request), registers.describe(code)
    address = address_of(partnership)
    page = EntryPage(
        title=title_of(partnership, language),
        address=address,
        code=code,
        register=text_in(description.title, language),
        rule=text_in(description.rule, language) if description.rule else "",
        fields=form_fields(description, values, faults, names_of(session, partnership, language), language),
        is_new=entry is None,
        is_faulty=bool(faults),
        action=f"{address}/registers/{code}/{entry.id if entry else 'new'}",
    )
    return render(request, page, status=422 if faults else 200)
