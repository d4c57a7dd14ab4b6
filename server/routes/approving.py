"""Approval of a round by a second person: asked for on the round's page, given by a personal link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server import letters
from server.deps import ClockDep, SessionDep, SettingsDep, find_login
from server.dossiers import organizations_by_id
from server.entrances import Entrance
from server.invitees import is_address
from server.key_pages import opened_by_words
from server.languages import is_readable, label_in, translator
from server.pages import Page, Words, language_of, render, see_other
from server.preparing import in_order
from server.routes.setup import Run, RunDep
from server.seats import role_words
from server.sheets import name_of, title_of
from surveys import accounts, approvals, audit, rounds
from surveys.approvals import LONGEST_REASON
from surveys.models import ListApproval, Organization, Partnership, Round
from surveys.problems import InvalidInput, ListTooSmall

router = APIRouter()
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class EnterPage(Page):
    template = "approvals/enter.html"
    problem: bool


@dataclass(frozen=True, slots=True)
class ApprovalPage(Page):
    """Everything the second person answers for, and the two ways on."""

    template = "approvals/approval.html"
    title: Words
    label: str
    person: str
    asked_by: str
    state: str  # waiting, approved, sent_back, changed, own
    reason: str
    opens_at: datetime
    closes_at: datetime
    zone: str
    organizations: tuple[tuple[Words, tuple[tuple[str, str], ...]], ...]
    n_people: int
    opened_by: str
    mode: str
    level: str
    problem: str
    limit: int


@dataclass(frozen=True, slots=True)
class Look:
    """A second person with the list before them."""

    request: Request
    session: Session
    now: datetime
    asked: ListApproval
    round_: Round

    @property
    def partnership(self) -> Partnership:
        return self.session.get_one(Partnership, self.round_.partnership_id)

    @property
    def is_author(self) -> bool:
        """Whether this browser is logged in as somebody who wrote the list: that is not a second person."""
        found = find_login(self.request, self.session, self.now)
        if found is None:
            return False
        wrote = approvals.authors(self.session, self.round_) | {self.asked.asked_by.casefold()}
        return found[0].email.casefold() in wrote

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    @property
    def state(self) -> str:
        if self.asked.decision == "waiting" and not approvals.is_current(self.session, self.asked, self.round_):
            return "changed"
        return "own" if self.asked.decision == "waiting" and self.is_author else self.asked.decision

    def show(self, problem: str = "", status: int = 200) -> Response:
        language, round_, partnership = language_of(self.request), self.round_, self.partnership
        listed = _listed(self.session, round_, language)
        page = ApprovalPage(
            title=title_of(partnership, language),
            label=label_in(round_.label, language),
            person=self.asked.person,
            asked_by=self.asked.asked_by,
            state=self.state,
            reason=self.asked.reason,
            opens_at=round_.opens_at,
            closes_at=round_.closes_at,
            zone=partnership.time_zone,
            organizations=listed,
            n_people=sum(len(people) for _, people in listed),
            opened_by=opened_by_words(self.session, round_, language),
            mode=round_.dyadic_mode,
            level=round_.disclosure_level,
            problem=problem,
            limit=LONGEST_REASON,
        )
        return render(self.request, page, status=status)


def _listed(session: Session, round_: Round, language: str) -> tuple[tuple[Words, tuple[tuple[str, str], ...]], ...]:
    """Organizations with the people invited from each."""
    organizations = organizations_by_id(session, round_.partnership_id)
    grouped: dict[str, tuple[Words, list[tuple[str, str]]]] = {}
    for one in in_order(rounds.invitations_of(session, round_), organizations):
        organization = organizations[one.organization_id]
        entry = grouped.setdefault(str(organization.id), (name_of(organization, language), []))
        entry[1].append((one.person, one.email or ""))
    return tuple((name, tuple(people)) for name, people in grouped.values())


ENTRANCE = Entrance(
    cookie="approval",
    entry="/approval",
    inside="/approval/list",
    page=EnterPage,
    redeem=lambda session, secret, _now: approvals.redeem(session, secret),
)
ENTRANCE.open_on(router, exit_="/approval/leave")
AskedDep = Annotated[tuple[ListApproval, Round], Depends(ENTRANCE.who_is_inside)]


def get_look(request: Request, session: SessionDep, now: ClockDep, asked: AskedDep) -> Look:
    return Look(request, session, now, *asked)


LookDep = Annotated[Look, Depends(get_look)]


@router.get("/approval/list")
def approval_page(look: LookDep) -> Response:
    return look.show()


@router.post("/approval/list")
def decide(
    look: LookDep,
    decision: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Approve, or send back with a reason; sent twice it is decided once."""
    why = reason.strip()
    if look.state != "waiting":
        return look.show(status=200 if look.asked.decision in ("approved", "sent_back") else 409)
    if decision not in ("approve", "send_back") or (decision == "send_back" and not why):
        return look.show(look._("Please say what should be changed, so that the facilitator can do it."), 422)
    if len(why) > LONGEST_REASON:
        too_long = look._("This text is too long: at most {count} characters. Nothing was decided.")
        return look.show(too_long.format(count=LONGEST_REASON), 422)
    approves = decision == "approve"
    try:
        approvals.decide(look.session, look.asked, look.round_, approves=approves, reason=why, on=look.now.date())
    except ListTooSmall:
        return look.show(look._("The list is too small to be approved."), 422)
    act = "approved the list and the dates" if approves else "sent the list back"
    audit.record(look.session, f"{look.asked.person} ({look.asked.email})", act, f"round {look.round_.id}", look.now)
    return see_other("/approval/list")


# The facilitator asks -------------------------------------------------------------------------------------------------


@router.get("/partnerships/{partnership_id}/rounds/{number}/approval")
def back_to_round(run: RunDep) -> Response:
    """Where the language was changed on the page with the link."""
    return see_other(run.address)


@router.post("/partnerships/{partnership_id}/rounds/{number}/approval")
def ask(
    run: RunDep,
    settings: SettingsDep,
    seat: Annotated[str, Form(max_length=60)] = "",
    person: Annotated[str, Form(max_length=1000)] = "",
    email: Annotated[str, Form(max_length=1000)] = "",
    office: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Somebody who sits in the partnership, or another person by name and address."""
    run.require("prepared")
    person, email, office = " ".join(person.split()), email.strip().lower(), " ".join(office.split())
    language = language_of(run.request)
    if seat:
        found = _seated(run, seat)
        if found is None:
            return run.refuse(run._("Please choose who approves the list."), 422)
        person, email, office, language = found
    elif problem := _problem_of(run, person, email, office):
        return run.refuse(problem, 422)
    given = {"person": person, "email": email, "office": office, "asked_by": run.account.email}
    try:
        asked, secret = approvals.ask(run.session, run.round_, **given)
    except ListTooSmall:
        return run.refuse(run._("The list is too small to be approved."), 422)
    except InvalidInput:
        return run.refuse(run._("The list is approved by a second person, not by who wrote it."), 422)
    run.record("asked for an approval")
    title = title_of(run.partnership, language).text
    shown = letters.send_approval(run.session, settings, asked, secret, title, language)
    return run.show(shown=shown)


def _seated(run: Run, account_id: str) -> tuple[str, str, str, str] | None:
    """Name, address, office and language of a representative or trustee."""
    language = language_of(run.request)
    for seat, account in accounts.seats_in(run.session, run.partnership.id):
        if str(account.id) == account_id and seat.role in ("representative", "trustee"):
            organization = run.session.get(Organization, seat.organization_id) if seat.organization_id else None
            return account.name, account.email, role_words(seat.role, organization, language), account.language
    return None


def _problem_of(run: Run, person: str, email: str, office: str) -> str:
    if not person or any(len(text) > LONGEST_NAME or not is_readable(text) for text in (person, office)):
        return run._("Please give the name of the second person.")
    if not is_address(email):
        return run._("This is not an e-mail address; nothing was changed.")
    if person.casefold() == run.account.name.casefold():
        return run._("The list is approved by a second person, not by who wrote it.")
    return ""
