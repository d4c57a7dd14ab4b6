"""Who opens the rounds of a partnership: the server by itself, or key holders with their codes; and the rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, KeystoreDep, SessionDep, SettingsDep, partnership_to_run
from server.dossiers import address_of
from server.languages import translator
from server.pages import Page, Words, language_of, render, see_other
from server.settings import Settings
from server.sheets import title_of
from surveys import audit, key_holders, key_locks, rehearsals
from surveys.models import Account, KeyHolder, Partnership
from surveys.problems import InvalidInput, KeyHoldersNotReady

router = APIRouter()
AT = "/partnerships/{partnership_id}/keys"


@dataclass(frozen=True, slots=True)
class HolderLine:
    id: UUID
    person: str
    state: str  # new, shown, confirmed
    tested_on: date | None
    has_rehearsed: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A personal link, on this page only."""

    person: str
    link: str
    code: str
    enter_at: str


@dataclass(frozen=True, slots=True)
class KeysPage(Page):
    template = "keys/holders.html"
    title: Words
    back: str
    address: str
    needed: int
    choices: tuple[int, ...]
    holders: tuple[HolderLine, ...]
    rehearsal: str  # none, waiting, passed, failed, outdated
    can_rehearse: bool
    shown: Shown | None
    problem: str


@dataclass(frozen=True, slots=True)
class Circle:
    """A partnership whose key holders this account may change."""

    request: Request
    session: Session
    account: Account
    now: datetime
    settings: Settings
    partnership: Partnership

    @property
    def address(self) -> str:
        return f"{address_of(self.partnership)}/keys"

    def record(self, act: str) -> None:
        audit.record(self.session, self.account.email, act, f"partnership {self.partnership.id}", self.now)

    def holder(self, holder_id: UUID) -> KeyHolder:
        return key_holders.get_holder(self.session, self.partnership.id, holder_id)

    def show(self, *, shown: Shown | None = None, problem: str = "", status: int = 200) -> Response:
        self.session.flush()  # the page reads what was just written
        return render(self.request, _keys_page(self, shown, problem), status=status)

    def shown(self, holder: KeyHolder, secret: str) -> Shown:
        base = self.settings.base_url.rstrip("/")
        return Shown(holder.person, f"{base}/k#{secret}", secret, f"{base}/k")


def get_circle(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    settings: SettingsDep,
    partnership_id: UUID,
) -> Circle:
    return Circle(request, session, account, now, settings, partnership_to_run(session, account, partnership_id))


CircleDep = Annotated[Circle, Depends(get_circle)]


def _keys_page(circle: Circle, shown: Shown | None, problem: str) -> KeysPage:
    session, partnership = circle.session, circle.partnership
    holders = key_holders.of_partnership(session, partnership.id)
    rehearsal, done = _rehearsal(session, partnership)
    lines = tuple(HolderLine(one.id, one.person, _state(one), one.tested_on, one.id in done) for one in holders)
    choices = range(key_holders.FEWEST_NEEDED, max(len(holders), partnership.keys_needed) + 1)
    return KeysPage(
        title=title_of(partnership, language_of(circle.request)),
        back=address_of(partnership),
        address=circle.address,
        needed=partnership.keys_needed,
        choices=(0, *choices),
        holders=lines,
        rehearsal=rehearsal,
        can_rehearse=_can_rehearse(session, partnership),
        shown=shown,
        problem=problem,
    )


def _state(holder: KeyHolder) -> str:
    if holder.is_confirmed:
        return "confirmed"
    return "shown" if holder.public_key else "new"


def _rehearsal(session: Session, partnership: Partnership) -> tuple[str, set[UUID]]:
    """How the last rehearsal stands, and who has entered a code so far."""
    found = key_holders.last_rehearsal(session, partnership.id)
    if found is None:
        return "none", set()
    lock, rehearsal = found
    done = {one.holder_id for one in key_locks.shares_of(session, lock.id) if one.entered}
    if rehearsal.outcome == "passed" and not key_holders.is_rehearsed(session, partnership):
        return "outdated", set()
    return rehearsal.outcome, done


def _can_rehearse(session: Session, partnership: Partnership) -> bool:
    try:
        key_holders.check_codes(session, partnership)
    except KeyHoldersNotReady:
        return False
    return True


@router.get(AT)
def keys_page(circle: CircleDep) -> Response:
    return circle.show()


@router.get(f"{AT}/{{step:path}}")
def back_to_keys(circle: CircleDep, step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """Where the language was changed on the answer to a form."""
    return see_other(circle.address)


@router.post(f"{AT}/holders")
def add_holder(circle: CircleDep, person: Annotated[str, Form(max_length=200)] = "") -> Response:
    try:
        holder, secret = key_holders.add(circle.session, circle.partnership, person)
    except InvalidInput:
        _ = translator(language_of(circle.request)).gettext
        problem = _("Please give a name that is not yet among the key holders; at most {count} people can be.")
        return circle.show(problem=problem.format(count=key_holders.MOST_HOLDERS), status=422)
    circle.record("added a key holder")
    return circle.show(shown=circle.shown(holder, secret))


@router.post(f"{AT}/holders/{{holder_id}}/link")
def new_link(circle: CircleDep, holder_id: UUID) -> Response:
    holder = circle.holder(holder_id)
    secret = key_holders.new_link(holder)
    circle.record("made a new link for a key holder")
    return circle.show(shown=circle.shown(holder, secret))


@router.post(f"{AT}/holders/{{holder_id}}/start-over")
def start_over(circle: CircleDep, holder_id: UUID) -> Response:
    key_holders.start_over(circle.session, circle.partnership, circle.holder(holder_id))
    circle.record("let a key holder start over")
    return see_other(circle.address)


@router.post(f"{AT}/holders/{{holder_id}}/remove")
def remove_holder(circle: CircleDep, holder_id: UUID) -> Response:
    key_holders.remove(circle.session, circle.partnership, circle.holder(holder_id))
    circle.record("removed a key holder")
    return see_other(circle.address)


@router.post(f"{AT}/needed")
def set_needed(circle: CircleDep, needed: Annotated[int, Form()]) -> Response:
    key_holders.set_needed(circle.session, circle.partnership, needed)
    circle.record(f"set the codes needed to {needed}")
    return see_other(circle.address)


@router.post(f"{AT}/rehearsal")
def begin_rehearsal(circle: CircleDep, keystore: KeystoreDep) -> Response:
    try:
        rehearsals.begin(circle.session, circle.partnership, keystore)
    except KeyHoldersNotReady:
        _ = translator(language_of(circle.request)).gettext
        return circle.show(problem=_("Every key holder must write down and confirm a code first."), status=409)
    circle.record("began a rehearsal of the key codes")
    return see_other(circle.address)
