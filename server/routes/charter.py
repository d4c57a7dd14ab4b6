"""The charter of a partnership: read it, write a draft, put it to signature, sign it with an account, or on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.agreed_names import names_of
from server.charter_shown import show
from server.deps import (
    AccountDep,
    ClockDep,
    FormDep,
    SessionDep,
    may_run,
    partnership_for,
    partnership_to_run,
)
from server.dossiers import address_of
from server.entry_forms import FormField, form_fields, read_entry
from server.pages import Page, Words, language_of, render, see_other
from server.sheets import title_of
from surveys import audit, charter_versions
from surveys import charter as agreed
from surveys.instruments import text_in
from surveys.models import Account, Charter, Partnership
from surveys.problems import InvalidEntry, SurveyProblem

router = APIRouter()
Short = Annotated[str, Form(max_length=500)]
Code = Annotated[str, Path(max_length=40, pattern=r"^[a-z_]+$")]


@dataclass(frozen=True, slots=True)
class SectionPage(Page):
    """One form of the draft: a section, or an entry of a list."""

    template = "charter/section.html"
    title: Words
    address: str
    section: str
    about: str
    place: str  # "" for a section that is one form, "new", or the number of the entry
    code: str
    fields: tuple[FormField, ...]
    is_faulty: bool


@router.get("/partnerships/{partnership_id}/charter")
def charter_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    """The version that counts, or the draft where there is none yet."""
    partnership = partnership_for(session, account, partnership_id)
    return show(request, session, account, partnership, _shown_version(session, partnership, account), now.date())


def _shown_version(session: Session, partnership: Partnership, account: Account) -> Charter | None:
    draft = charter_versions.find_draft(session, partnership.id)
    if draft is not None and may_run(session, account, partnership.id):
        return draft
    return agreed.current(session, partnership.id)


@router.get("/partnerships/{partnership_id}/charter/versions/{number}")
def version_page(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    number: Annotated[int, Path(ge=1, le=9999)],
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    found = next((one for one in agreed.versions(session, partnership.id) if one.version == number), None)
    if found is None or (found.state == "draft" and not may_run(session, account, partnership.id)):
        raise HTTPException(404)
    return show(request, session, account, partnership, found, now.date())


@router.post("/partnerships/{partnership_id}/charter/draft")
def begin_draft(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    try:
        draft = charter_versions.begin_draft(session, partnership, reason=reason)
    except SurveyProblem as problem:
        current = agreed.current(session, partnership.id)
        return show(request, session, account, partnership, current, now.date(), problem=problem)
    audit.record(session, account.email, "began a draft of the charter", f"version {draft.version}", now)
    return see_other(f"{address_of(partnership)}/charter")


@router.get("/partnerships/{partnership_id}/charter/draft/{code}")
@router.get("/partnerships/{partnership_id}/charter/draft/{code}/{place}")
def section_page(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, code: Code, place: str = ""
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    draft = _draft_of(session, partnership)
    return _form(request, session, partnership, code, place, _values(draft, code, place), {})


@router.post("/partnerships/{partnership_id}/charter/draft/{code}")
@router.post("/partnerships/{partnership_id}/charter/draft/{code}/{place}")
def save_section(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    form: FormDep,
    partnership_id: UUID,
    code: Code,
    place: str = "",
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    draft = _draft_of(session, partnership)
    _values(draft, code, place)  # 404 for what is not there
    if "remove" in form and place not in ("", "new"):
        charter_versions.remove_entry(draft, code, int(place))
    elif fault := _save(session, draft, code, place, form, now.date()):
        values = read_entry(charter_versions.sections()[code], form)
        return _form(request, session, partnership, code, place, values, fault.details["faults"])
    audit.record(session, account.email, "wrote the draft of the charter", f"version {draft.version}, {code}", now)
    return see_other(f"{address_of(partnership)}/charter#{code}")


def _save(session: Session, draft: Charter, code: str, place: str, form: FormData, today: date) -> InvalidEntry | None:
    """The form into the draft; what cannot be comes back with its faults, and nothing is saved."""
    given = read_entry(charter_versions.sections()[code], form)
    try:
        if place:
            number = None if place == "new" else int(place)
            charter_versions.write_entry(session, draft, code, number, given, today=today)
        else:
            charter_versions.write_section(session, draft, code, given, today=today)
    except InvalidEntry as problem:
        return problem
    return None


def _draft_of(session: Session, partnership: Partnership) -> Charter:
    draft = charter_versions.find_draft(session, partnership.id)
    if draft is None:
        raise HTTPException(404)
    return draft


def _values(draft: Charter, code: str, place: str) -> dict[str, Any]:
    """What stands there now; 404 for a section, or a place in it, that does not exist."""
    description = charter_versions.sections().get(code)
    if description is None or description.is_list != bool(place):
        raise HTTPException(404)
    given = draft.body.get(code)
    if not place:
        return dict(given or {})
    if place == "new":
        return {}
    if not place.isascii() or not place.isdecimal() or int(place) >= len(given or ()):
        raise HTTPException(404)
    return dict((given or ())[int(place)])


def _form(
    request: Request,
    session: Session,
    partnership: Partnership,
    code: str,
    place: str,
    values: dict[str, Any],
    faults: dict[str, str],
) -> Response:
    language, description = language_of(request), charter_versions.sections()[code]
    page = SectionPage(
        title=title_of(partnership, language),
        address=address_of(partnership),
        section=text_in(description.title, language),
        about=text_in(description.about, language),
        place=place,
        code=code,
        fields=form_fields(description, values, faults, names_of(session, partnership, language), language),
        is_faulty=bool(faults),
    )
    return render(request, page, status=422 if faults else 200)
