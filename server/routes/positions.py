"""The position of an organization: one page per partner, then propose, agree, sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server import positions
from server.deps import FormDep, SessionDep, set_language
from server.languages import LANGUAGES
from server.pages import Page, Words, language_of, render, see_other
from server.partner_sheets import OVERVIEW, PartnerSheet, get_sheet, has_positions, open_position, partner_sheets
from server.positions import REMARK_LIMIT, REMARKS_AT_MOST, Position, Remark
from server.questionnaire import Asked
from server.respondents import Respondent, RespondentDep
from server.routes.answering import RatingRow
from server.sheets import (
    Progress,
    SavedNote,
    name_of,
    period_of,
    title_of,
)
from surveys import ballots

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PartnerEntry:
    path: str
    name: Words
    n_missing: int


@dataclass(frozen=True, slots=True)
class RemarkLine:
    """One comment of a colleague on the draft."""

    id: str
    about: Words | None  # the partner; None: the position as a whole
    text: str
    by: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class PositionsPage(Page):
    template = "answering/positions.html"
    title: Words
    organization: Words
    disclosure_level: str
    state: str
    entries: Sequence[PartnerEntry]
    is_single: bool
    may_sign: bool
    drafter: str
    person: str
    version: int
    remarks: Sequence[RemarkLine]
    remark: Remark | None  # as typed, where it could not be kept
    remark_limit: int
    remarks_at_most: int


@dataclass(frozen=True, slots=True)
class PositionPage(Page):
    """What one organization is asked about one partner; the mode is said above the questions."""

    template = "answering/position.html"
    sheet: Progress
    disclosure_level: str
    period: int  # months to think of; 0: since the last round
    contact: Asked
    contact_answer: str | None
    contact_missing: bool
    with_contact: Sequence[RatingRow]
    always: Sequence[RatingRow]
    remarks: Sequence[RemarkLine]


@router.get("/position")
def positions_page(request: Request, session: SessionDep, respondent: RespondentDep) -> Response:
    return render(request, overview_of(request, session, respondent))


def overview_of(
    request: Request, session: Session, respondent: Respondent, remark: Remark | None = None
) -> PositionsPage:
    visit, language = respondent.visit, language_of(request)
    sheets = partner_sheets(session, respondent, language)
    position = positions.load(session, respondent) or Position({})
    entries = [
        PartnerEntry(sheet.path, sheet.name, len(sheet.missing(position.ratings.get(str(sheet.partner_id), {}))))
        for sheet in sheets
    ]
    return PositionsPage(
        title=title_of(visit.partnership, language),
        organization=name_of(visit.organization, language),
        disclosure_level=visit.round_.disclosure_level,
        state=positions.state_of_position(session, respondent),
        entries=entries,
        is_single=positions.is_single_informant(session, respondent),
        may_sign=positions.may_sign(position, respondent),
        drafter=position.drafter,
        person=visit.invitation.person,
        version=position.version,
        remarks=_remark_lines(respondent, sheets, position),
        remark=remark,
        remark_limit=REMARK_LIMIT,
        remarks_at_most=REMARKS_AT_MOST,
    )


def _remark_lines(respondent: Respondent, sheets: Sequence[PartnerSheet], position: Position) -> tuple[RemarkLine, ...]:
    names, own = {str(sheet.partner_id): sheet.name for sheet in sheets}, str(respondent.visit.invitation.id)
    return tuple(
        RemarkLine(one["id"], names.get(one["partner"]), one["text"], one["by"], one["by_id"] == own)
        for one in position.remarks
    )


@router.get("/position/{partner_id}")
def position_page(
    request: Request,
    session: SessionDep,
    respondent: RespondentDep,
    partner_id: UUID,
    missing: Annotated[bool, Query()] = False,
) -> Response:
    sheets = partner_sheets(session, respondent, language_of(request))
    position = open_position(session, respondent)
    return render(request, _page_of(respondent, sheets, get_sheet(sheets, partner_id), position, points_out=missing))


@router.post("/position/{partner_id}")
def save_position(
    request: Request,
    session: SessionDep,
    respondent: RespondentDep,
    form: FormDep,
    partner_id: UUID,
    save_only: Annotated[bool, Query(alias="save")] = False,
) -> Response:
    sheets = partner_sheets(session, respondent, language_of(request))
    sheet = get_sheet(sheets, partner_id)
    person = respondent.visit.invitation
    before = open_position(session, respondent)
    position = before.rated(partner_id, sheet.read(form), by=person.person, by_id=person.id)
    if position is not before:
        positions.save(session, respondent, position)
    if save_only:
        return render(request, SavedNote(is_whole=True))
    answers = position.ratings.get(str(partner_id), {})
    points_out = form.get("go") == "on" and "pointed_out" not in form and bool(sheet.missing(answers))
    return _way_on(request, sheets, sheet, form, points_out=points_out)


def _way_on(
    request: Request,
    sheets: Sequence[PartnerSheet],
    sheet: PartnerSheet,
    form: Mapping[str, Any],
    *,
    points_out: bool,
) -> Response:
    if (language := str(form.get("language", ""))) in LANGUAGES:
        response = see_other(sheet.path)
        set_language(response, request, language)
        return response
    if points_out:
        return see_other(f"{sheet.path}?missing=1")
    place = sheets.index(sheet) + (-1 if form.get("go") == "back" else 1)
    return see_other(sheets[place].path if 0 <= place < len(sheets) else OVERVIEW)


@router.post("/position/act/propose", dependencies=[Depends(has_positions)])
def propose(session: SessionDep, respondent: RespondentDep) -> Response:
    positions.save(session, respondent, open_position(session, respondent).proposed())
    return see_other(OVERVIEW)


@router.post("/position/act/sign", dependencies=[Depends(has_positions)])
def sign(session: SessionDep, respondent: RespondentDep, version: Annotated[int, Form()]) -> Response:
    """Hand the position in. Sent twice it is signed once."""
    if position := positions.load(session, respondent):
        positions.sign(session, respondent, position, version)
    return see_other(OVERVIEW)


@router.post("/position/act/replace", dependencies=[Depends(has_positions)])
def replace_position(session: SessionDep, respondent: RespondentDep) -> Response:
    """Begin again from an empty form; what was handed in counts until the new position is signed."""
    visit = respondent.visit
    if positions.load(session, respondent) is None:
        ballots.save_position(session, visit.round_, respondent.keys, visit.organization.id, Position({}).as_content())
    return see_other(OVERVIEW)


def _page_of(
    respondent: Respondent,
    sheets: Sequence[PartnerSheet],
    sheet: PartnerSheet,
    position: Position,
    *,
    points_out: bool = False,
) -> PositionPage:
    answers = position.ratings.get(str(sheet.partner_id), {})
    missing = sheet.missing(answers) if points_out else ()
    texts = {sheet.contact.name: sheet.contact.text} | {r.name: r.text for r in sheet.ratings}
    progress = Progress(
        title=sheet.name,
        action=sheet.path,
        step=sheets.index(sheet) + 1,
        steps=len(sheets),
        missing={name: texts[name] for name in missing},
        resume_code=None,
    )
    rows = [RatingRow(r, answers.get(r.name), r.name in missing) for r in sheet.ratings]
    return PositionPage(
        sheet=progress,
        disclosure_level=respondent.visit.round_.disclosure_level,
        period=period_of(respondent.visit.partnership, respondent.visit.round_),
        contact=sheet.contact,
        contact_answer=answers.get(sheet.contact.name),
        contact_missing=sheet.contact.name in missing,
        with_contact=[row for row in rows if row.rating.name not in sheet.always],
        always=[row for row in rows if row.rating.name in sheet.always],
        remarks=[one for one in _remark_lines(respondent, sheets, position) if one.about == sheet.name],
    )
