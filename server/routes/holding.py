"""A key holder's own pages, entered by a personal link: make a code, confirm, test, rehearse, open a round, lose it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, KeystoreDep, SealerDep, SessionDep, is_https
from server.holding import HeldRound, held_rounds, rehearsal_of
from server.key_pages import mistake_words
from server.pages import Page, Words, language_of, render, see_other
from server.respondents import GoTo
from server.security import Sealer
from server.sheets import title_of
from server.unlocking import enter_code, lose_code
from surveys import key_holders, rehearsals
from surveys.invitations import normalize_secret
from surveys.models import KeyHolder, Partnership
from surveys.problems import CodeMistyped, LinkNotOpen, SurveyProblem, WrongCode

router = APIRouter()
COOKIE = "key_holder"
LASTS = timedelta(hours=2)
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
class Desk:
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


def get_desk(request: Request, session: SessionDep, sealer: SealerDep, now: ClockDep) -> Desk:
    return Desk(request, session, _find_holder(request, session, sealer), now)


DeskDep = Annotated[Desk, Depends(get_desk)]


def _find_holder(request: Request, session: Session, sealer: Sealer) -> KeyHolder:
    held = sealer.unseal(COOKIE, request.cookies.get(COOKIE))
    try:
        return key_holders.redeem(session, held["secret"] if held else "")
    except LinkNotOpen as unknown:
        raise GoTo("/k") from unknown


def _stage(holder: KeyHolder) -> str:
    if holder.is_removed:
        return "former"
    if holder.is_confirmed:
        return "confirmed"
    return "shown" if holder.public_key else "new"


@router.get("/k")
def enter_page(request: Request) -> Response:
    return render(request, EnterPage(problem=False))


@router.post("/k")
def enter(
    request: Request, session: SessionDep, sealer: SealerDep, secret: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    normal = normalize_secret(secret) or ""
    try:
        key_holders.redeem(session, normal)
    except LinkNotOpen:
        return render(request, EnterPage(problem=True), status=410)
    response = see_other("/keys")
    response.set_cookie(
        COOKIE,
        sealer.seal(COOKIE, {"secret": normal}),
        max_age=int(LASTS.total_seconds()),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/keys/leave")
def leave() -> Response:
    response = see_other("/k")
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


@router.get("/keys")
def desk_page(desk: DeskDep, said: Annotated[Said, Query()] = "") -> Response:
    return desk.show(said=said)


@router.get("/keys/{step}")
@router.get("/keys/rounds/{round_id}/{step}")
def back_to_desk(step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """A step's page is left by its form; who reloads it or changes the language there begins at the desk."""
    return see_other("/keys")


@router.post("/keys/code")
def show_code(desk: DeskDep) -> Response:
    """A new code, in this answer and nowhere else; before it is confirmed another one may be asked for."""
    if desk.holder.is_removed or desk.holder.is_confirmed:
        return see_other("/keys")
    code = key_holders.make_code(desk.holder)
    return render(desk.request, CodePage(desk.title, tuple(code.split())))


@router.post("/keys/confirm")
def confirm(desk: DeskDep, code: Typed = "") -> Response:
    """The code typed back, the first time and at every test."""
    was_confirmed = desk.holder.is_confirmed
    if not desk.holder.public_key:
        return see_other("/keys")
    try:
        key_holders.confirm(desk.holder, code, desk.now.date())
    except (CodeMistyped, WrongCode) as problem:
        return desk.correct(problem, "confirm", code)
    return see_other(f"/keys?said={'works' if was_confirmed else 'confirmed'}")


@router.post("/keys/rehearse")
def rehearse(desk: DeskDep, keystore: KeystoreDep, code: Typed = "") -> Response:
    found = key_holders.last_rehearsal(desk.session, desk.holder.partnership_id)
    if found is None or rehearsal_of(desk.session, desk.holder) != "mine":
        return see_other("/keys")
    try:
        outcome = rehearsals.enter(desk.session, found[0], desk.holder.id, code, keystore, today=desk.now.date())
    except (CodeMistyped, WrongCode) as problem:
        return desk.correct(problem, "rehearse", code)
    return see_other(f"/keys?said={outcome}")


# A round: the request holds no transaction here, the opening job commits by itself -----------------------------------


@router.post("/keys/rounds/{round_id}/open")
def open_(
    request: Request, sealer: SealerDep, keystore: KeystoreDep, now: ClockDep, round_id: UUID, code: Typed = ""
) -> Response:
    engine = request.app.state.engine
    with Session(engine) as session:
        holder_id = _find_holder(request, session, sealer).id
    try:
        became = enter_code(engine, keystore, round_id, holder_id, code, now=now)
    except (CodeMistyped, WrongCode) as problem:
        with Session(engine) as session:
            desk = Desk(request, session, session.get_one(KeyHolder, holder_id), now)
            return desk.correct(problem, f"round-{round_id}", code)
    return see_other(f"/keys?said={became}")


@router.post("/keys/rounds/{round_id}/lost")
def lost(
    request: Request, sealer: SealerDep, now: ClockDep, round_id: UUID, sure: Annotated[str, Form(max_length=5)] = ""
) -> Response:
    if sure != "yes":
        return see_other("/keys")
    engine = request.app.state.engine
    with Session(engine) as session:
        holder_id = _find_holder(request, session, sealer).id
    lose_code(engine, round_id, holder_id, now=now)
    return see_other("/keys?said=lost")
