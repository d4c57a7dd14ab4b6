"""From nothing to an open round: prepare, date, approve by a second person, start; and close early where allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import scheduling
from server.deps import AccountDep, ClockDep, KeystoreDep, SessionDep, partnership_to_run
from server.dossiers import address_of, open_dossier
from server.languages import translator
from server.letters import ShownLink
from server.pages import Page, Words, language_of, place_of, render, see_other
from server.preparing import prepared_page
from server.routes.rounds import RoundNumber
from server.scheduling import Dates, Typed
from server.sheets import title_of
from surveys import approvals, audit, own_questionnaires, rounds
from surveys.models import Account, Partnership, Round
from surveys.problems import (
    KeyHoldersNotReady,
    ListTooSmall,
    NotApproved,
    RoundNotPrepared,
    TooEarly,
)
from surveys.pulses import pulse_of

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DatesPage(Page):
    template = "rounds/dates.html"
    title: Words
    back: str
    action: str
    is_new: bool
    typed: Typed
    zone: str
    faults: tuple[str, ...]
    rhythm_address: str
    may_pulse: bool
    is_pulse: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A round that this account may change, and what is needed to say how that went."""

    request: Request
    session: Session
    account: Account
    now: datetime
    partnership: Partnership
    round_: Round

    @property
    def address(self) -> str:
        return f"{address_of(self.partnership)}/rounds/{self.round_.number}"

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    def record(self, act: str) -> None:
        audit.record(self.session, self.account.email, act, f"round {self.round_.id}", self.now)

    def refuse(self, problem: str, status: int) -> Response:
        """The round's page again, with the reason above everything."""
        dossier = open_dossier(self.session, self.account, self.partnership, language_of(self.request))
        page = prepared_page(self.session, self.account, dossier, self.round_, self.now, problem=problem)
        return render(self.request, page, status=status)

    def show(self, *, shown: ShownLink | None = None) -> Response:
        """The round's page after a step, with a link where one was made."""
        self.session.flush()  # the page reads what was just written
        dossier = open_dossier(self.session, self.account, self.partnership, language_of(self.request))
        return render(
            self.request, prepared_page(self.session, self.account, dossier, self.round_, self.now, shown=shown)
        )

    def require(self, state: str) -> None:
        if self.round_.state != state:
            raise RoundNotPrepared(f"round {self.round_.number} is {self.round_.state}, not {state}")


def get_run(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID, number: RoundNumber
) -> Run:
    partnership = partnership_to_run(session, account, partnership_id)
    return Run(request, session, account, now, partnership, rounds.get_round(session, partnership.id, number))


RunDep = Annotated[Run, Depends(get_run)]


def read_typed(
    label: Annotated[str, Form()] = "",
    opens_at: Annotated[str, Form(max_length=40)] = "",
    closes_at: Annotated[str, Form(max_length=40)] = "",
) -> Typed:
    return Typed(label, opens_at, closes_at)


TypedDep = Annotated[Typed, Depends(read_typed)]


@router.get("/partnerships/{partnership_id}/rounds/new")
def new_round_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = _with_new_rounds(session, account, partnership_id)
    if waiting := _find_prepared(session, partnership):
        return see_other(f"{address_of(partnership)}/rounds/{waiting.number}")
    last = _last_full(session, partnership)
    page = _new_page(request, partnership, scheduling.proposed(partnership, last, now), may_pulse=last is not None)
    return render(request, page)


@router.post("/partnerships/{partnership_id}/rounds")
def prepare(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    typed: TypedDep,
    kind: Annotated[Literal["full", "pulse"], Form()] = "full",
) -> Response:
    """One round at a time is in preparation, so that a form sent twice makes one round."""
    partnership = _with_new_rounds(session, account, partnership_id)
    _ = translator(language_of(request)).gettext
    round_ = _find_prepared(session, partnership)
    if round_ is None:
        dates, faults = scheduling.read_dates(typed, partnership.time_zone, now, _)
        if dates is None:
            may_pulse = _last_full(session, partnership) is not None
            page = _new_page(request, partnership, typed, faults, may_pulse=may_pulse, is_pulse=kind == "pulse")
            return render(request, page, status=422)
        if kind == "pulse" and _last_full(session, partnership) is None:
            raise RoundNotPrepared("a pulse comes between two rounds: there is none before it")
        round_ = _prepare(session, partnership, dates, kind)
        audit.record(session, account.email, "prepared a round", f"round {round_.id}", now)
    return see_other(f"{address_of(partnership)}/rounds/{round_.number}")


def _prepare(session: Session, partnership: Partnership, dates: Dates, kind: str) -> Round:
    instrument = own_questionnaires.instrument_for(session, partnership)
    return rounds.prepare(
        session,
        partnership,
        instrument if kind == "full" else pulse_of(instrument),
        opens_at=dates.opens_at,
        closes_at=dates.closes_at,
        label=dates.label,
        kind=kind,
    )


def _last_full(session: Session, partnership: Partnership) -> Round | None:
    """The latest round that is no pulse; it gives the rhythm."""
    full = [one for one in rounds.of_partnership(session, partnership.id) if one.kind == "full"]
    return full[-1] if full else None


def _with_new_rounds(session: Session, account: Account, partnership_id: UUID) -> Partnership:
    partnership = partnership_to_run(session, account, partnership_id)
    if partnership.phase in ("imported", "closed"):
        raise HTTPException(404)
    return partnership


def _find_prepared(session: Session, partnership: Partnership) -> Round | None:
    return next((one for one in rounds.of_partnership(session, partnership.id) if one.state == "prepared"), None)


def _new_page(
    request: Request,
    partnership: Partnership,
    typed: Typed,
    faults: tuple[str, ...] = (),
    *,
    may_pulse: bool,
    is_pulse: bool = False,
) -> DatesPage:
    address = address_of(partnership)
    title = title_of(partnership, language_of(request))
    zone = place_of(partnership.time_zone, language_of(request))
    rhythm = f"{address}/rhythm"
    return DatesPage(title, address, f"{address}/rounds", True, typed, zone, faults, rhythm, may_pulse, is_pulse)


@router.get("/partnerships/{partnership_id}/rounds/{number}/dates")
def dates_page(run: RunDep) -> Response:
    run.require("prepared")
    return render(run.request, _dates_page(run, scheduling.of_round(run.round_, run.partnership.time_zone)))


@router.post("/partnerships/{partnership_id}/rounds/{number}/dates")
def change_dates(run: RunDep, typed: TypedDep) -> Response:
    """The second person approved the closing time too: other dates need a new approval."""
    run.require("prepared")
    round_ = run.round_
    dates, faults = scheduling.read_dates(typed, run.partnership.time_zone, run.now, run._)
    if dates is None:
        return render(run.request, _dates_page(run, typed, faults), status=422)
    if (dates.opens_at, dates.closes_at) != (round_.opens_at, round_.closes_at):
        round_.approved_by = ""
        approvals.forget_waiting(run.session, round_)
    round_.label, round_.opens_at, round_.closes_at = dates.label or round_.label, dates.opens_at, dates.closes_at
    run.record("changed the dates of a round")
    return see_other(run.address)


def _dates_page(run: Run, typed: Typed, faults: tuple[str, ...] = ()) -> DatesPage:
    title = title_of(run.partnership, language_of(run.request))
    zone = place_of(run.partnership.time_zone, language_of(run.request))
    return DatesPage(title, run.address, f"{run.address}/dates", False, typed, zone, faults, "", False, False)


@router.post("/partnerships/{partnership_id}/rounds/{number}/start")
def start(run: RunDep, keystore: KeystoreDep) -> Response:
    """Sent twice, the round starts once."""
    if run.round_.state == "open":
        return see_other(run.address)
    if run.round_.closes_at <= run.now:
        return run.refuse(run._("The closing time lies in the past: change the dates first."), 422)
    try:
        rounds.start(run.session, run.round_, keystore)
    except (NotApproved, ListTooSmall):
        return run.refuse(run._("A second person must approve the list first."), 409)
    except KeyHoldersNotReady:
        return run.refuse(run._("The key holders must pass a rehearsal with their present codes first."), 409)
    run.record("started a round")
    return see_other(run.address)


@router.post("/partnerships/{partnership_id}/rounds/{number}/close")
def close(run: RunDep, keystore: KeystoreDep) -> Response:
    """Early only when everybody has answered; otherwise the announced time stands."""
    if run.round_.state == "closed":
        return see_other(run.address)
    try:
        became = rounds.close(run.session, run.round_, keystore, now=run.now)
    except TooEarly:
        early = run._("Not everybody has answered yet: the round closes at its announced time, as everybody was told.")
        return run.refuse(early, 409)
    run.record(f"closed a round: {became}")
    return see_other(run.address)
