"""Commitments: promised with an owner and a date, said to be done with evidence, verified by the other side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.deps import FormDep
from server.fields import Fields, Typed
from server.pages import Page, Words, see_other
from server.places import Place, PlaceDep
from server.promises import PromiseLine, figures, promise_lines, readable
from surveys import commitments, discussions, dispute_parties, disputes
from surveys.commitments import Promise
from surveys.models import Discussion, Dispute
from surveys.problems import NotFound

router = APIRouter()


@dataclass(frozen=True, slots=True)
class CommitmentsPage(Page):
    template = "commitments/list.html"
    title: Words
    address: str
    figures: tuple[tuple[str, str], ...]
    open_ones: tuple[PromiseLine, ...]
    past: tuple[PromiseLine, ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class NewCommitmentPage(Page):
    template = "commitments/new.html"
    title: Words
    address: str
    about: str
    entry: str
    dispute: str
    typed: Typed
    partners: tuple[tuple[str, Words], ...]
    targets: tuple[tuple[str, str], ...]


@router.get("/partnerships/{partnership_id}/commitments")
def list_page(place: PlaceDep) -> Response:
    several = readable(place)
    lines = promise_lines(several, place)
    page = CommitmentsPage(
        title=place.title,
        address=place.address,
        figures=figures(place, several),
        open_ones=tuple(sorted((one for one in lines if _is_open(one)), key=lambda one: not one.is_overdue)),
        past=tuple(one for one in reversed(lines) if not _is_open(one)),
        may_run=place.may_run,
    )
    return place.show(page)


def _is_open(one: PromiseLine) -> bool:
    return one.status in commitments.OPEN


# Making one -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a commitment comes from; who may promise there is who leads that discussion."""

    entry: Discussion | None
    dispute: Dispute | None

    @property
    def ids(self) -> dict[str, UUID | None]:
        return {
            "discussion_id": self.entry.id if self.entry else None,
            "dispute_id": self.dispute.id if self.dispute else None,
        }


def _origin(place: Place, entry: UUID | None, dispute: UUID | None) -> _Origin:
    """To whoever may not add a commitment there, the form does not exist."""
    if dispute is not None:
        found = disputes.get(place.session, dispute, place.partnership.id)
        if dispute_parties.role_in(place.session, found, place.seat) != "facilitator":
            raise HTTPException(404)
        return _Origin(None, found)
    place.require_facilitator()
    return _Origin(discussions.get_entry(place.session, entry, place.partnership.id) if entry else None, None)


@router.get("/partnerships/{partnership_id}/commitments/new")
def new_page(
    place: PlaceDep, entry: Annotated[UUID | None, Query()] = None, dispute: Annotated[UUID | None, Query()] = None
) -> Response:
    origin = _origin(place, entry, dispute)
    target = origin.entry.target if origin.entry else origin.dispute.target if origin.dispute else ""
    return place.show(_new_page(place, origin, Typed({"target": target})))


def _new_page(place: Place, origin: _Origin, typed: Typed) -> NewCommitmentPage:
    return NewCommitmentPage(
        title=place.title,
        address=place.address,
        about=origin.entry.question if origin.entry else origin.dispute.title if origin.dispute else "",
        entry=str(origin.entry.id) if origin.entry else "",
        dispute=str(origin.dispute.id) if origin.dispute else "",
        typed=typed,
        partners=place.choices(),
        targets=targets_of(place),
    )


def targets_of(place: Place) -> tuple[tuple[str, str], ...]:
    """What a commitment may be linked to: headlines, topics and statements of the last questionnaire."""
    wording = place.dossier.wording
    instrument = wording.instrument
    named = [f"headline:{one.code}" for one in instrument.headlines]
    named += [f"construct:{one.code}" for one in instrument.constructs]
    named += [f"item:{one.code}" for one in instrument.items if one.in_index]
    return tuple((target, wording.target(target)) for target in named)


def read_promise(fields: Fields, place: Place, *, required: bool = True) -> Promise:
    """The part of a form that makes a commitment; faults stand beside the fields."""
    partners = {code for code, _ in place.choices()}
    what = fields.text("what", required=required)
    owner = fields.organization("owner", partners, required=required)
    to = fields.organization("to", partners, required=False)
    due_on = fields.day("due_on", earliest=place.today)
    target = fields.choice("target", {code for code, _ in targets_of(place)}, required=False)
    if to is not None and to == owner:
        fields.faults["to"] = place._("A commitment is made to somebody else than its owner.")
    return Promise(what, owner, to, due_on, target)


@router.post("/partnerships/{partnership_id}/commitments")
def make(place: PlaceDep, form: FormDep) -> Response:
    origin = _origin(place, _uuid(form.get("entry")), _uuid(form.get("dispute")))
    fields = Fields(form, place._)
    promise = read_promise(fields, place)
    if fields.faults:
        return place.show(_new_page(place, origin, fields.typed), status=422)
    id_, came_from = place.partnership.id, origin.ids
    made = commitments.find_same(place.session, id_, promise, **came_from) or commitments.make(
        place.session,
        id_,
        promise,
        members=list(place.members()),
        by=place.account.name,
        now=place.now,
        **came_from,
        is_open_to_all=origin.dispute is None or form.get("open") == "yes",
    )
    place.record("recorded a commitment", f"commitment {made.id}")
    return see_other(f"{place.address}/commitments/{made.id}")


def _uuid(raw: object) -> UUID | None:
    try:
        return UUID(str(raw)) if raw else None
    except ValueError:
        raise NotFound("there is no such entry") from None
