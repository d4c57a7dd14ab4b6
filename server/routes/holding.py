"""A key holder's own pages, entered by a personal link: make a code, confirm, test, rehearse, open a round, lose it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, KeystoreDep, SessionDep
from server.entrances import Entrance
from server.holding import HeldRound, held_rounds, rehearsal_of
from server.key_pages import mistake_words
from server.pages import Page, Words, language_of, render, see_other
from server.sheets import title_of
from server.unlocking import enter_code, lose_code
from surveys import key_holders, rehearsals
from surveys.models import KeyHolder, Partnership
from surveys.problems import CodeMistyped, SurveyProblem, WrongCode

router = APIRouter()
Typed = Annotated[str, Form(max_length=500)]
Said = Literal["", "confirmed", "works", "waiting", "passed", "failed", "released", "not_opened", "lost"]


@dataclass(frozen=True, slots=True)
class EnterPage(Page):
    template = "keys/enter.html"
    problem: bool


@dataclass(frozen=True, slots=True)
class CodePage(Page):
    """The code, this once."""

    template = "keys/code.html"
    title: Words
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HolderPage(Page):
    template = "keys/holder.html"
    title: Words
    person: str
    stage: str  # new, shown, confirmed, former
    holders: tuple[str, ...]
    tested_on: date | None
    rehearsal: str  # "", mine, others
    rounds: tuple[HeldRound, ...]
    zone: str
    said: str
    mistake: str
    mistaken_at: str  # the form in which it was made
    typed: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A key holder at work: who it is, and what the page is made of."""

    request: Request
    session: Session
    holder: KeyHolder
    now: datetime

    @property
    def title(self) -> Words:
        return title_of(self._partnership(), language_of(self.request))

    def _partnership(self) -> Partnership:
        return self.session.get_one(Partnership, self.holder.partnership_id)

    def show(self, *, said: str = "", mistake: str = "", mistaken_at: str = "", typed: str = "") -> Response:
        partnership, holder, language = self._partnership(), self.holder, language_of(self.request)
        present = key_holders.of_partnership(self.session, partnership.id)
        page = HolderPage(
            title=self.title,
            person=holder.person,
            stage=_stage(holder),
            holders=tuple(one.person for one in present),
            tested_on=holder.tested_on,
            rehearsal=rehearsal_of(self.session, holder),
            rounds=held_rounds(self.session, holder, language, self.now),
            zone=partnership.time_zone,
            said=said,
            mistake=mistake,
            mistaken_at=mistaken_at,
            typed=typed,
        )
        return render(self.request, page, status=422 if mistake else 200)

    def correct(self, problem: SurveyProblem, at: str, typed: str) -> Response:
        """The page again with what was typed, and which group to look at."""
        mistake = mistake_words(problem, language_of(self.request))
        return self.show(mistake=mistake, mistaken_at=at, typed=typed)


def _stage(holder: KeyHolder) -> str:
    if holder.is_removed:
        return "former"
    if holder.is_confirmed:
        return "confirmed"
    return "shown" if holder.public_key else "new"


ENTRANCE = Entrance(
    cookie="key_holder",
    entry="/k",
    inside="/keys",
    page=EnterPage,
    redeem=lambda session, secret, _now: key_holders.redeem(session, secret),
)
ENTRANCE.open_on(router, exit_="/keys/leave")
HolderDep = Annotated[KeyHolder, Depends(ENTRANCE.who_is_inside)]


def get_duty(request: Request, session: SessionDep, now: ClockDep, holder: HolderDep) -> Duty:
    return Duty(request, session, holder, now)


DutyDep = Annotated[Duty, Depends(get_duty)]


@router.get("/keys")
def duty_page(duty: DutyDep, said: Annotated[Said, Query()] = "") -> Response:
    return duty.show(said=said)


@router.get("/keys/{step}")
@router.get("/keys/rounds/{round_id}/{step}")
def back_to_keys(step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """A step's page is left by its form; who reloads it or changes the language there begins anew."""
    return see_other("/keys")


@router.post("/keys/code")
def show_code(duty: DutyDep) -> Response:
    """A new code, in this answer and nowhere else; before it is confirmed another one may be asked for."""
    if duty.holder.is_removed or duty.holder.is_confirmed:
        return see_other("/keys")
    code = key_holders.make_code(duty.holder)
    return render(duty.request, CodePage(duty.title, tuple(code.split())))


@router.post("/keys/confirm")
def confirm(duty: DutyDep, code: Typed = "") -> Response:
    """The code typed back, the first time and at every test."""
    was_confirmed = duty.holder.is_confirmed
    if not duty.holder.public_key:
        return see_other("/keys")
    try:
        key_holders.confirm(duty.holder, code, duty.now.date())
    except (CodeMistyped, WrongCode) as problem:
        return duty.correct(problem, "confirm", code)
    return see_other(f"/keys?said={'works' if was_confirmed else 'confirmed'}")


@router.post("/keys/rehearse")
def rehearse(duty: DutyDep, keystore: KeystoreDep, code: Typed = "") -> Response:
    found = key_holders.last_rehearsal(duty.session, duty.holder.partnership_id)
    if found is None or rehearsal_of(duty.session, duty.holder) != "mine":
        return see_other("/keys")
    try:
        outcome = rehearsals.enter(duty.session, found[0], duty.holder.id, code, keystore, today=duty.now.date())
    except (CodeMistyped, WrongCode) as problem:
        return duty.correct(problem, "rehearse", code)
    return see_other(f"/keys?said={outcome}")


# A round: the request holds no transaction here, the opening job commits by itself -----------------------------------


@router.post("/keys/rounds/{round_id}/open")
def open_(request: Request, keystore: KeystoreDep, now: ClockDep, round_id: UUID, code: Typed = "") -> Response:
    engine = request.app.state.engine
    with Session(engine) as session:
        holder_id = ENTRANCE.who_is_inside(request, session, now).id
    try:
        became = enter_code(engine, keystore, round_id, holder_id, code, now=now)
    except (CodeMistyped, WrongCode) as problem:
        with Session(engine) as session:
            duty = Duty(request, session, session.get_one(KeyHolder, holder_id), now)
            return duty.correct(problem, f"round-{round_id}", code)
    return see_other(f"/keys?said={became}")


@router.post("/keys/rounds/{round_id}/lost")
def lost(request: Request, now: ClockDep, round_id: UUID, sure: Annotated[str, Form(max_length=5)] = "") -> Response:
    if sure != "yes":
        return see_other("/keys")
    engine = request.app.state.engine
    with Session(engine) as session:
        holder_id = ENTRANCE.who_is_inside(request, session, now).id
    lose_code(engine, round_id, holder_id, now=now)
    return see_other("/keys?said=lost")
