"""Before and after the questions: welcome, review, handing in, the receipt, replacing, withdrawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import SealerDep, SessionDep, is_https
from server.key_pages import opened_by_words
from server.languages import label_in
from server.pages import RECEIPT_COOKIE, Page, Words, language_of, render, see_other, words_in
from server.positions import state_of_position
from server.questionnaire import Section, missing_from
from server.respondents import AnyoneDep, Respondent, RespondentDep, forget, get_respondent
from server.security import Sealer
from server.sheets import (
    Sheet,
    SheetDep,
    find_sheet,
    name_of,
    organizations_of,
    payload_of,
    period_of,
    save_content,
    title_of,
)
from surveys import ballots, key_locks, rounds

router = APIRouter()
RECEIPT = RECEIPT_COOKIE


@dataclass(frozen=True, slots=True)
class Invited:
    name: Words
    n_people: int
    n_gone: int  # of them declared gone after the start: their links are refused, the head-count stays


@dataclass(frozen=True, slots=True)
class WelcomePage(Page):
    template = "answering/welcome.html"
    title: Words
    round_label: str
    purpose: Words | None
    organization: Words
    minutes: int
    period: int  # months to think of; 0: since the last round
    closes_at: datetime
    time_zone: str
    dyadic_mode: str
    disclosure_level: str
    opened_by: str
    has_key_holders: bool
    invited: Sequence[Invited]
    n_people: int
    has_begun: bool
    next: str


@dataclass(frozen=True, slots=True)
class HandedInPage(Page):
    template = "answering/handed_in.html"
    closes_at: datetime
    time_zone: str
    has_position: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One section on the review page."""

    title: Words
    path: str
    n_missing: int
    n_given: int
    is_optional: bool


@dataclass(frozen=True, slots=True)
class ReviewPage(Page):
    template = "answering/review.html"
    entries: Sequence[Entry]
    n_missing: int
    position: str


@dataclass(frozen=True, slots=True)
class ReceiptPage(Page):
    template = "answering/receipt.html"
    receipt: str
    closes_at: datetime
    time_zone: str
    position_is_open: bool


@router.get("/answer")
def welcome_page(request: Request, session: SessionDep, respondent: RespondentDep) -> Response:
    sheet = find_sheet(request, session, respondent)
    page = _welcome_page(session, sheet, language_of(request)) if sheet else _handed_in_page(respondent)
    return render(request, page)


@router.get("/answer/review")
def review_page(request: Request, session: SessionDep, sheet: SheetDep) -> Response:
    entries = tuple(_entry(sheet, section) for section in sheet.sections)
    state = state_of_position(session, sheet.respondent)
    return render(request, ReviewPage(entries, sum(entry.n_missing for entry in entries), state))


@router.post("/answer/hand-in")
def hand_in(request: Request, session: SessionDep, sealer: SealerDep, respondent: AnyoneDep) -> Response:
    """Seal the answers. Sent twice it is one ballot and one receipt."""
    if respondent is None and sealer.unseal(RECEIPT, request.cookies.get(RECEIPT)):
        return see_other("/handed-in")
    respondent = get_respondent(respondent)
    visit, keys = respondent.visit, respondent.keys
    if sheet := find_sheet(request, session, respondent):
        ballots.cast(session, visit.round_, keys, visit.invitation.id, payload_of(sheet, language_of(request)))
    response = see_other("/handed-in")
    _keep_receipt(response, request, session, sealer, respondent)
    forget(response)
    return response


@router.get("/handed-in")
def receipt_page(request: Request, sealer: SealerDep) -> Response:
    held = sealer.unseal(RECEIPT, request.cookies.get(RECEIPT))
    if held is None:
        raise HTTPException(404)
    closes_at = datetime.fromisoformat(held["closes_at"])
    return render(request, ReceiptPage(held["receipt"], closes_at, held["time_zone"], held["position_is_open"]))


@router.post("/answer/replace")
def replace_answers(session: SessionDep, respondent: RespondentDep) -> Response:
    """Begin again from an empty form, once; what was handed in counts until the new form is."""
    keys, invitation_id = respondent.keys, respondent.visit.invitation.id
    if ballots.has_cast(session, keys, invitation_id) and not ballots.has_draft(session, keys, invitation_id):
        save_content(session, respondent, {})
    return see_other("/answer")


@router.post("/answer/withdraw")
def withdraw_answers(session: SessionDep, respondent: RespondentDep) -> Response:
    """Take the ballot out of the box; the link then opens an empty form."""
    ballots.withdraw(session, respondent.keys, respondent.visit.invitation.id)
    return see_other("/answer")


def _welcome_page(session: Session, sheet: Sheet, language: str) -> WelcomePage:
    visit = sheet.respondent.visit
    partnership, round_ = visit.partnership, visit.round_
    gone = Counter(one.organization_id for one in rounds.invitations_of(session, round_) if one.gone)
    invited = tuple(
        Invited(name_of(organization, language), round_.invited[str(organization.id)], gone[organization.id])
        for organization in organizations_of(session, round_)
    )
    purpose = words_in({"en": partnership.purpose}, language) if partnership.purpose else None
    return WelcomePage(
        title=title_of(partnership, language),
        round_label=label_in(round_.label, language),
        purpose=purpose,
        organization=name_of(visit.organization, language),
        minutes=sheet.minutes(n_partners=len(sheet.partners) or len(invited) - 1),
        period=period_of(partnership, round_),
        closes_at=round_.closes_at,
        time_zone=partnership.time_zone,
        dyadic_mode=round_.dyadic_mode,
        disclosure_level=round_.disclosure_level,
        opened_by=opened_by_words(session, round_, language),
        has_key_holders=key_locks.is_locked(session, round_.id),
        invited=invited,
        n_people=sum(organization.n_people for organization in invited),
        has_begun=bool(sheet.content),
        next=sheet.resume_at,
    )


def _handed_in_page(respondent: Respondent) -> HandedInPage:
    visit = respondent.visit
    return HandedInPage(visit.round_.closes_at, visit.partnership.time_zone, visit.round_.dyadic_mode == "positions")


def _entry(sheet: Sheet, section: Section) -> Entry:
    is_optional = section.kind == "comments"
    n_given = sum(1 for comment in sheet.content.get("comments", []) if comment["text"])
    return Entry(section.title, sheet.path_of(section), len(missing_from(section, sheet.content)), n_given, is_optional)


def _keep_receipt(
    response: Response, request: Request, session: Session, sealer: Sealer, respondent: Respondent
) -> None:
    """For an hour, so that reloading the receipt shows it again; it opens nothing."""
    visit = respondent.visit
    held = {
        "receipt": ballots.receipt(respondent.keys, visit.invitation.id),
        "closes_at": visit.round_.closes_at.isoformat(),
        "time_zone": visit.partnership.time_zone,
        "position_is_open": state_of_position(session, respondent) not in ("", "cast"),
    }
    response.set_cookie(
        RECEIPT, sealer.seal(RECEIPT, held), max_age=3600, secure=is_https(request), httponly=True, samesite="lax"
    )
