"""Concerns: a partner says what went against a principle and what it hopes for; it is acknowledged within a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.cited import Cited
from server.concern_pages import (
    ConcernLine,
    citable,
    citation,
    clause_choices,
    concern_lines,
    get,
    principle_choices,
    principle_words,
    read_citation,
    state_words,
)
from server.concern_words import acknowledged_lines
from server.deps import FormDep
from server.fields import Fields, Typed
from server.languages import format_day
from server.pages import Page, Words, see_other
from server.places import ChairDep, Place, PlaceDep
from server.sheets import name_of
from surveys import concerns, rounds
from surveys.answers import CONCERN
from surveys.ladder import ladder_of
from surveys.models import Concern

router = APIRouter()
ENDED = {"acknowledge": "acknowledged", "answer": "answered", "withdraw": "withdrawn"}  # step -> state after it


@dataclass(frozen=True, slots=True)
class ConcernsPage(Page):
    template = "concerns/list.html"
    title: Words
    address: str
    contact: str
    days: int
    concerns: tuple[ConcernLine, ...]
    acknowledged: tuple[tuple[str, str, str], ...]
    waiting: tuple[tuple[int, str, tuple[str, ...]], ...]  # rounds with concerns nobody has acknowledged yet
    typed: Typed
    may_raise: bool


@dataclass(frozen=True, slots=True)
class NewConcernPage(Page):
    template = "concerns/new.html"
    title: Words
    address: str
    contact: str
    days: int
    principles: tuple[tuple[str, str], ...]
    clauses: tuple[tuple[str, str], ...]
    findings: tuple[tuple[str, str], ...]
    typed: Typed


@dataclass(frozen=True, slots=True)
class ConcernPage(Page):
    template = "concerns/one.html"
    title: Words
    address: str
    concern_address: str
    number: str
    organization: Words
    raised_by: str
    day: str
    principle: str
    happened: str
    hoped_for: str
    state: str
    code: str
    due: str
    is_late: bool
    answer: str
    answered_by: str
    finding: Cited | None
    is_mine: bool
    may_run: bool
    typed: Typed


@router.get("/partnerships/{partnership_id}/concerns")
def list_page(place: PlaceDep) -> Response:
    return place.show(_list_page(place, Typed({})))


def _list_page(place: Place, typed: Typed) -> ConcernsPage:
    ladder = ladder_of(place.session, place.partnership.id)
    return ConcernsPage(
        title=place.title,
        address=place.address,
        contact=ladder.contact,
        days=ladder.acknowledge_within_days,
        concerns=concern_lines(place),
        acknowledged=acknowledged_lines(place.session, place.dossier),
        waiting=_waiting(place) if place.may_run else (),
        typed=typed,
        may_raise=place.organization_id is not None and place.organization_id in place.members(),
    )


def _waiting(place: Place) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Rounds whose release holds concerns, with their words as the facilitator may read them."""
    done = {round_.number for round_, _ in concerns.acknowledgements(place.session, place.partnership.id)}
    found = []
    for release in reversed(place.dossier.series):
        texts = tuple(one.text for one in release.comments if one.kind == CONCERN)
        if texts and release.round_number not in done:
            found.append((release.round_number, place.dossier.wording.label(release.round_label), texts))
    return tuple(found)


@router.get("/partnerships/{partnership_id}/concerns/new")
def new_page(place: PlaceDep) -> Response:
    _require_partner(place)
    return place.show(_new_page(place, Typed({})))


def _require_partner(place: Place) -> UUID:
    """Whom this account raises a concern for; who represents no partner has no form."""
    if place.organization_id is None or place.organization_id not in place.members():
        raise HTTPException(404)
    return place.organization_id


def _new_page(place: Place, typed: Typed) -> NewConcernPage:
    ladder = ladder_of(place.session, place.partnership.id)
    return NewConcernPage(
        title=place.title,
        address=place.address,
        contact=ladder.contact,
        days=ladder.acknowledge_within_days,
        principles=principle_choices(place),
        clauses=clause_choices(place),
        findings=citable(place),
        typed=typed,
    )


@router.post("/partnerships/{partnership_id}/concerns")
def raise_concern(place: PlaceDep, form: FormDep) -> Response:
    organization_id = _require_partner(place)
    fields = Fields(form, place._)
    principle = fields.choice("principle", concerns.PRINCIPLES)
    clauses = {code for code, _ in clause_choices(place)}
    clause = fields.choice("clause", clauses, required=principle == "clause")
    happened, hoped_for = fields.text("happened", required=True), fields.text("hoped_for", required=True)
    cited = read_citation(fields, place)
    if fields.faults:
        return place.show(_new_page(place, fields.typed), status=422)
    several = concerns.of_partnership(place.session, place.partnership.id)
    same = (organization_id, principle, happened, hoped_for)
    made = next((one for one in several if _key(one) == same and one.state == "raised"), None)
    if made is None:  # sent twice it is one concern
        ladder = ladder_of(place.session, place.partnership.id)
        made = concerns.raise_concern(
            place.session,
            partnership_id=place.partnership.id,
            organization_id=organization_id,
            by=place.account.name,
            principle=principle,
            clause=clause,
            happened=happened,
            hoped_for=hoped_for,
            cited=cited,
            acknowledge_within_days=ladder.acknowledge_within_days,
            now=place.now,
        )
        place.record("raised a concern", f"concern {made.id}")
    return see_other(f"{place.address}/concerns/{made.id}")


def _key(one: Concern) -> tuple[UUID, str, str, str]:
    return (one.organization_id, one.principle, one.happened, one.hoped_for)


@router.post("/partnerships/{partnership_id}/concerns/rounds/{number}")
def acknowledge_round(place: ChairDep, form: FormDep, number: Annotated[int, Path(ge=1, le=9999)]) -> Response:
    """Say on the partnership's page that concerns came through a round. Nothing points to a single one."""
    round_ = rounds.get_round(place.session, place.partnership.id, number)
    if not place.dossier.has_release(number):
        raise HTTPException(404)
    fields = Fields(form, place._)
    text = fields.text("text", required=True)
    if fields.faults:
        return place.show(_list_page(place, fields.typed), status=422)
    concerns.acknowledge_round(place.session, round_.id, text, by=place.account.name, now=place.now)
    place.record("acknowledged concerns of a round", f"round {round_.id}")
    return see_other(f"{place.address}/concerns")


@router.get("/partnerships/{partnership_id}/concerns/{concern_id}")
def concern_page(place: PlaceDep, concern_id: UUID) -> Response:
    return place.show(_page(place, get(place, concern_id), Typed({})))


def _page(place: Place, one: Concern, typed: Typed) -> ConcernPage:
    return ConcernPage(
        title=place.title,
        address=place.address,
        concern_address=f"{place.address}/concerns/{one.id}",
        number=str(one.id),
        organization=name_of(place.organizations()[one.organization_id], place.language),
        raised_by=one.raised_by,
        day=format_day(one.raised_at.date(), place.language),
        principle=principle_words(place, one),
        happened=one.happened,
        hoped_for=one.hoped_for,
        state=state_words(place)[one.state],
        code=one.state,
        due=format_day(one.due_on, place.language),
        is_late=concerns.is_late(one, place.today),
        answer=one.answer,
        answered_by=one.answered_by,
        finding=citation(place, one.round_id, one.release_digest, one.release_revision, one.target),
        is_mine=place.organization_id == one.organization_id,
        may_run=place.may_run,
        typed=typed,
    )


@router.post("/partnerships/{partnership_id}/concerns/{concern_id}")
def take_step(place: PlaceDep, form: FormDep, concern_id: UUID) -> Response:
    """The facilitator acknowledges or answers; the partner that raised it may withdraw it."""
    one, step = get(place, concern_id, to_change=True), form.get("step")
    if step not in ENDED:
        raise HTTPException(422)
    is_mine = place.organization_id == one.organization_id
    if (step == "withdraw") != is_mine or (step != "withdraw" and not place.may_run):
        raise HTTPException(404)
    ended = ENDED[str(step)]
    if one.state == ended:
        return see_other(f"{place.address}/concerns/{one.id}")  # sent twice
    fields = Fields(form, place._)
    if step == "answer":
        text = fields.text("answer", required=True)
        if fields.faults:
            return place.show(_page(place, one, fields.typed), status=422)
        concerns.answer(one, text, by=place.account.name, now=place.now)
    elif step == "acknowledge":
        concerns.acknowledge(one, by=place.account.name, now=place.now)
    else:
        concerns.withdraw(one)
    place.record(f"{ended} a concern", f"concern {one.id}")
    return see_other(f"{place.address}/concerns/{one.id}")
