"""Disputes: raised by people, led up the ladder of the charter by people; read only by those who are in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.concern_pages import citable, read_citation
from server.concern_pages import get as get_concern
from server.deps import FormDep
from server.dispute_pages import (
    Bench,
    DisputeLine,
    Record,
    audience_words,
    bench,
    dispute_lines,
    move_words,
    record_of,
    timeliness_words,
)
from server.fields import Fields, Typed
from server.kept_files import LARGEST_MB
from server.pages import Page, Words, see_other
from server.places import Place, PlaceDep
from surveys import dispute_parties, disputes
from surveys.dispute_states import ENDED
from surveys.kept_files import MEDIA_TYPES
from surveys.ladder import ladder_of
from surveys.models import Concern, Dispute

router = APIRouter()
LATE = ("monitoring", "closed")  # steps that lead on from an agreement, not back


@dataclass(frozen=True, slots=True)
class DisputesPage(Page):
    template = "disputes/list.html"
    title: Words
    address: str
    contact: str
    disputes: tuple[DisputeLine, ...]
    figures: tuple[tuple[str, str], ...]
    may_raise: bool


@dataclass(frozen=True, slots=True)
class NewDisputePage(Page):
    template = "disputes/new.html"
    title: Words
    address: str
    concern: str
    raisers: tuple[tuple[str, Words], ...]  # for whom it may be raised here, where that is not plain
    partners: tuple[tuple[str, Words], ...]
    against: frozenset[str]
    findings: tuple[tuple[str, str], ...]
    typed: Typed


@dataclass(frozen=True, slots=True)
class DisputePage(Page):
    template = "disputes/one.html"
    title: Words
    address: str
    dispute_address: str
    number: str
    record: Record
    leads: bool
    has_ended: bool
    version: int
    moves: tuple[tuple[str, str], ...]
    open_forms: frozenset[str]
    typed: Typed
    trouble: str
    audiences: tuple[tuple[str, str], ...]
    may_confirm: tuple[tuple[str, Words], ...]
    neutral: tuple[tuple[str, str], ...]
    judges: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, Words], ...]
    kinds: str
    largest: int


@router.get("/partnerships/{partnership_id}/disputes")
def list_page(place: PlaceDep) -> Response:
    page = DisputesPage(
        title=place.title,
        address=place.address,
        contact=ladder_of(place.session, place.partnership.id).contact,
        disputes=dispute_lines(place),
        figures=timeliness_words(place),
        may_raise=place.may_run or place.organization_id in place.members(),
    )
    return place.show(page)


def _raisers(place: Place) -> dict[str, UUID]:
    """For whom this account may raise a dispute: its own organization; the facilitator for a partner that asks."""
    if place.organization_id is not None:
        return {str(place.organization_id): place.organization_id} if place.organization_id in place.members() else {}
    return {str(key): key for key in place.members()} if place.may_run else {}


def _concern(place: Place, raw: object) -> Concern | None:
    if not raw:
        return None
    try:
        one = get_concern(place, UUID(str(raw)), to_change=True)
    except ValueError:
        raise HTTPException(404) from None
    if one.organization_id != place.organization_id or one.state in ("taken_up", "withdrawn"):
        raise HTTPException(404)
    return one


@router.get("/partnerships/{partnership_id}/disputes/new")
def new_page(place: PlaceDep, concern: Annotated[UUID | None, Query()] = None) -> Response:
    if not _raisers(place):
        raise HTTPException(404)
    one = _concern(place, concern)
    given = {"happened": one.happened, "hoped_for": one.hoped_for} if one else {}
    return place.show(_new_page(place, one, frozenset(), Typed(given)))


def _new_page(place: Place, concern: Concern | None, against: frozenset[str], typed: Typed) -> NewDisputePage:
    return NewDisputePage(
        title=place.title,
        address=place.address,
        concern=str(concern.id) if concern else "",
        raisers=place.choices() if place.organization_id is None else (),
        partners=place.choices(without=place.organization_id),
        against=against,
        findings=citable(place),
        typed=typed,
    )


@router.post("/partnerships/{partnership_id}/disputes")
def raise_dispute(place: PlaceDep, form: FormDep) -> Response:
    raisers, members = _raisers(place), {str(key): key for key in place.members()}
    if not raisers:
        raise HTTPException(404)
    concern = _concern(place, form.get("concern"))
    fields = Fields(form, place._)
    raised_for = place.organization_id or fields.organization("raised_for", raisers)
    title = fields.line("title", required=True)
    happened, hoped_for = fields.text("happened", required=True), fields.text("hoped_for", required=True)
    cited = read_citation(fields, place)
    chosen = frozenset(one for one in map(str, form.getlist("against")) if one in members and one != str(raised_for))
    if not chosen:
        fields.faults["against"] = place._("A dispute needs another party: choose at least one partner.")
    if fields.faults or raised_for is None:
        return place.show(_new_page(place, concern, chosen, fields.typed), status=422)
    same = (title, happened, "raised")
    made = next((one for one in _mine(place) if (one.title, one.happened, one.state) == same), None)
    if made is None:  # sent twice it is one dispute
        made = disputes.raise_dispute(
            place.session,
            partnership_id=place.partnership.id,
            raised_for=raised_for,
            against=[members[one] for one in sorted(chosen)],
            members=members.values(),
            title=title,
            happened=happened,
            hoped_for=hoped_for,
            by=place.account.name,
            ladder=ladder_of(place.session, place.partnership.id),
            now=place.now,
            cited=cited,
            concern=concern,
        )
        place.record("raised a dispute", f"dispute {made.id}")
    return see_other(f"{place.address}/disputes/{made.id}")


def _mine(place: Place) -> list[Dispute]:
    several = disputes.of_partnership(place.session, place.partnership.id)
    return [one for one in several if dispute_parties.role_in(place.session, one, place.seat) is not None]


@router.get("/partnerships/{partnership_id}/disputes/{dispute_id}")
def dispute_page(place: PlaceDep, dispute_id: UUID) -> Response:
    return place.show(page_of(bench(place, dispute_id)))


def page_of(on: Bench, typed: Typed | None = None, *, form: str = "", trouble: str = "") -> DisputePage:
    """form: which of the forms is shown again with what was typed."""
    place, dispute = on.place, on.dispute
    words, moves = move_words(place), disputes.moves_of(dispute, on.stands, on.ladder)
    mine = tuple((to, words[to]) for to, roles in moves.items() if on.role in roles)
    again = dispute.state in ("agreed", "monitoring", "closed")
    neutral = dispute_parties.neutral_accounts(place.session, dispute) if on.leads else {}
    record = record_of(on)
    audiences = audience_words(place)
    return DisputePage(
        title=place.title,
        address=place.address,
        dispute_address=on.address,
        number=str(dispute.id),
        record=record,
        leads=on.leads,
        has_ended=dispute.state in ENDED,
        version=dispute.version,
        moves=tuple((to, place._("Open it again") if again and to not in LATE else said) for to, said in mine),
        open_forms=frozenset({form}),
        typed=typed or Typed({"agreement": dispute.agreement, **_people(dispute)}),
        trouble=trouble,
        audiences=tuple(audiences.items()) if on.party_id else (("all", audiences["all"]),),
        may_confirm=_may_confirm(on),
        neutral=tuple((str(key), account.name) for key, (account, _) in neutral.items()),
        judges=tuple((str(key), one.name) for key, (one, seat) in neutral.items() if seat.role != "facilitator"),
        others=tuple(one for one in place.choices() if one[0] not in {p.id for p in record.parties if not p.left}),
        kinds=", ".join(MEDIA_TYPES),
        largest=LARGEST_MB,
    )


def _people(dispute: Dispute) -> dict[str, str]:
    return {"facilitator": str(dispute.facilitator_id or ""), "adjudicator": str(dispute.adjudicator_id or "")}


def _may_confirm(on: Bench) -> tuple[tuple[str, Words], ...]:
    """For which parties this reader may say that the agreement stands."""
    if on.dispute.state != "agreed":
        return ()
    present = dispute_parties.parties_of(on.place.session, on.dispute.id, present=True)
    waiting = {one.organization_id for one in present if not one.confirmed_by}
    mine = {on.party_id} if on.party_id else waiting if on.leads else set()
    return tuple(one for one in on.place.choices() if UUID(one[0]) in waiting & mine)
