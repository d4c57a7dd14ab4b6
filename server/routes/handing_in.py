"""Before and after the questions: welcome, review, handing in, the receipt, replacing, withdrawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import is_https
from server.desk import Call, DeskRouter
from server.key_pages import opened_by_words
from server.languages import label_in
from server.mailing import reminders_words
from server.pages import RECEIPT_COOKIE, Page, Words, language_of, render, see_other, words_in
from server.positions import state_of_position
from server.questionnaire import Section, missing_from
from server.respondents import Respondent, anyone_of, forget, get_respondent, respondent_of
from server.security import Sealer
from server.sheets import (
    Sheet,
    find_sheet,
    name_of,
    organizations_of,
    payload_of,
    period_of,
    render_again,
    save_content,
    sheet_of,
    title_of,
)
from surveys import ballots, key_locks, rounds
from surveys.invitations import Visit

router = DeskRouter()
RECEIPT = RECEIPT_COOKIE


@dataclass(frozen=True, slots=True)
class Invited:
    name: Words
    n_people: int
    n_gone: int  # of them declared gone after the start: their links are refused, the head-count stays


@dataclass(frozen=True, slots=True)
class Terms:
    """What everybody invited to a round is told about it, in one language."""

    invited: tuple[Invited, ...]
    opened_by: str
    has_key_holders: bool
    reminders: str


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
    reminders: str
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


@router.desk("GET", "/answer")
def welcome_page(call: Call) -> Response:
    request, session, respondent = call.request, call.session, respondent_of(call)
    sheet = find_sheet(request, session, respondent)
    if sheet is None:
        return render(request, _handed_in_page(respondent))
    return render_again(request, sheet, _welcome_page(session, sheet, language_of(request)))


@router.desk("GET", "/answer/review")
def review_page(call: Call) -> Response:
    request, session, sheet = call.request, call.session, sheet_of(call)
    entries = tuple(_entry(sheet, section) for section in sheet.sections)
    state = state_of_position(session, sheet.respondent)
    return render_again(request, sheet, ReviewPage(entries, sum(entry.n_missing for entry in entries), state))


@router.desk("POST", "/answer/hand-in")
def hand_in(call: Call) -> Response:
    """Seal the answers. Sent twice it is one ballot and one receipt."""
    request, session, sealer, respondent = call.request, call.session, call.sealer, anyone_of(call)
    if respondent is None and sealer.unseal(RECEIPT, request.cookies.get(RECEIPT)):
        return see_other("/handed-in")
    respondent = get_respondent(respondent)
    sheet = find_sheet(request, session, respondent)
    return seal(call, sheet) if sheet else leave(call, respondent)


def seal(call: Call, sheet: Sheet) -> Response:
    """The answers of this sheet into the box, and the person out of this browser."""
    respondent = sheet.respondent
    visit, keys = respondent.visit, respondent.keys
    ballots.cast(call.session, visit.round_, keys, visit.invitation.id, payload_of(sheet, language_of(call.request)))
    return leave(call, respondent)


def leave(call: Call, respondent: Respondent) -> Response:
    response = see_other("/handed-in")
    _keep_receipt(response, call.request, call.session, call.sealer, respondent)
    forget(response)
    return response


@router.desk("GET", "/handed-in")
def receipt_page(call: Call) -> Response:
    request = call.request
    held = call.sealer.unseal(RECEIPT, request.cookies.get(RECEIPT))
    if held is None:
        raise HTTPException(404)
    closes_at = datetime.fromisoformat(held["closes_at"])
    return render(request, ReceiptPage(held["receipt"], closes_at, held["time_zone"], held["position_is_open"]))


@router.desk("POST", "/answer/replace")
def replace_answers(call: Call) -> Response:
    """Begin again from an empty form, once; what was handed in counts until the new form is."""
    session, respondent = call.session, respondent_of(call)
    keys, invitation_id = respondent.keys, respondent.visit.invitation.id
    if ballots.has_cast(session, keys, invitation_id) and not ballots.has_draft(session, keys, invitation_id):
        save_content(session, respondent, {})
    return see_other("/answer")


@router.desk("POST", "/answer/withdraw")
def withdraw_answers(call: Call) -> Response:
    """Take the ballot out of the box; the link then opens an empty form."""
    session, respondent = call.session, respondent_of(call)
    ballots.withdraw(session, respondent.keys, respondent.visit.invitation.id)
    return see_other("/answer")


def _terms_of(session: Session, visit: Visit, language: str) -> Terms:
    partnership, round_ = visit.partnership, visit.round_
    gone = rounds.gone_by_organization(session, round_)
    invited = tuple(
        Invited(name_of(organization, language), round_.invited[str(organization.id)], gone[organization.id])
        for organization in organizations_of(session, round_)
    )
    return Terms(
        invited,
        opened_by_words(session, round_, language),
        key_locks.is_locked(session, round_.id),
        reminders_words(session, round_, partnership.time_zone, language),
    )


def _welcome_page(session: Session, sheet: Sheet, language: str) -> WelcomePage:
    visit = sheet.respondent.visit
    partnership, round_ = visit.partnership, visit.round_
    assert visit.asking is not None  # the link was redeemed in this request
    terms = visit.asking.keep_beside(("terms", language), lambda: _terms_of(session, visit, language))
    purpose = words_in({"en": partnership.purpose}, language) if partnership.purpose else None
    return WelcomePage(
        title=title_of(partnership, language),
        round_label=label_in(round_.label, language),
        purpose=purpose,
        organization=name_of(visit.organization, language),
        minutes=sheet.minutes(n_partners=len(sheet.partners) or len(terms.invited) - 1),
        period=period_of(partnership, round_),
        closes_at=round_.closes_at,
        time_zone=partnership.time_zone,
        dyadic_mode=round_.dyadic_mode if round_.kind == "full" else "none",
        disclosure_level=round_.disclosure_level,
        opened_by=terms.opened_by,
        has_key_holders=terms.has_key_holders,
        invited=terms.invited,
        n_people=sum(organization.n_people for organization in terms.invited),
        has_begun=bool(sheet.content),
        reminders=terms.reminders,
        next=sheet.resume_at,
    )


def _handed_in_page(respondent: Respondent) -> HandedInPage:
    visit = respondent.visit
    return HandedInPage(visit.round_.closes_at, visit.partnership.time_zone, rounds.asks_positions(visit.round_))


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
