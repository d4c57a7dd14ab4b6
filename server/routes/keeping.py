"""One commitment: its date, said to be done with evidence, verified by the other side, or dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.deps import FormDep
from server.fields import Fields, Typed, seen_version
from server.languages import format_day
from server.pages import Page, Words, see_other
from server.places import Place, PlaceDep
from server.promises import PromiseLine, may_read, promise_line
from server.sheets import name_of
from surveys import commitments, discussions, dispute_parties, disputes
from surveys.models import Commitment
from surveys.problems import ChangedMeanwhile, NotFound

router = APIRouter()
BEFORE = {"date": ("draft", "agreed"), "done": ("agreed",), "verify": ("done",), "drop": ("draft", "agreed")}
AFTER = {"date": ("agreed",), "done": ("done",), "verify": ("verified", "agreed"), "drop": ("dropped",)}


@dataclass(frozen=True, slots=True)
class CommitmentPage(Page):
    template = "commitments/one.html"
    title: Words
    address: str
    line: PromiseLine
    history: tuple[tuple[str, str], ...]
    about: tuple[str, str] | None  # the question or dispute it came from: words and address
    target: str
    note: str
    version: int
    steps: frozenset[str]  # what this account may do now: date, done, verify, drop
    verifiers: tuple[tuple[str, Words], ...]
    typed: Typed
    changed: bool


def _get(place: Place, commitment_id: UUID, *, to_change: bool = False) -> Commitment:
    one = commitments.get(place.session, commitment_id, place.partnership.id, to_change=to_change)
    if not may_read(place, one):
        raise NotFound("there is no such commitment")
    return one


def _leads(place: Place, one: Commitment) -> bool:
    """Whether this account keeps the record in which the commitment stands."""
    if one.dispute_id is None:
        return place.may_run
    dispute = disputes.get(place.session, one.dispute_id, place.partnership.id)
    return dispute_parties.role_in(place.session, dispute, place.seat) == "facilitator"


def _verifiers(place: Place, one: Commitment) -> dict[UUID, Words]:
    """For whom this account may say that it is done: a representative for the own organization, the one who keeps the
    record for any that has said so."""
    members = place.members()
    owner = place.organizations()[one.owner_organization_id]
    found = {
        key: name_of(other, place.language)
        for key, other in members.items()
        if commitments.may_verify(one, other, owner)
    }
    if place.organization_id is not None:
        return {key: name for key, name in found.items() if key == place.organization_id}
    return found if _leads(place, one) else {}


def _steps(place: Place, one: Commitment) -> frozenset[str]:
    leads, owns = _leads(place, one), place.organization_id == one.owner_organization_id
    found = set()
    if one.status in ("draft", "agreed") and leads:
        found |= {"date", "drop"}
    if one.status == "agreed" and (leads or owns):
        found.add("done")
    if one.status == "done" and _verifiers(place, one):
        found.add("verify")
    return frozenset(found)


@router.get("/partnerships/{partnership_id}/commitments/{commitment_id}")
def commitment_page(place: PlaceDep, commitment_id: UUID) -> Response:
    return place.show(_page(place, _get(place, commitment_id)))


def _page(place: Place, one: Commitment, typed: Typed | None = None, *, changed: bool = False) -> CommitmentPage:
    wording, due_on = place.dossier.wording, one.due_on.isoformat() if one.due_on else ""
    return CommitmentPage(
        title=place.title,
        address=place.address,
        line=promise_line(one, place, place.organizations()),
        history=_history(place, one),
        about=_about(place, one),
        target=wording.target(one.target) if one.target else "",
        note=one.note,
        version=one.version,
        steps=_steps(place, one),
        verifiers=tuple((str(key), name) for key, name in _verifiers(place, one).items()),
        typed=typed or Typed({"done_on": place.today.isoformat(), "due_on": due_on}),
        changed=changed,
    )


def _history(place: Place, one: Commitment) -> tuple[tuple[str, str], ...]:
    _, names = place._, place.organizations()

    def on(day: date | None) -> str:
        return format_day(day, place.language) if day else ""

    found = [(_("Agreed on"), on(one.agreed_on)), (_("Done on"), on(one.done_on))]
    if one.done_on and one.due_on and one.done_on > one.due_on:
        found.append((_("Days late"), str((one.done_on - one.due_on).days)))
    if one.verified_for_id:
        who = name_of(names[one.verified_for_id], place.language).text
        said = _("{person} for {organization}, {day}")
        found.append((_("Verified by"), said.format(person=one.verified_by, organization=who, day=on(one.verified_on))))
    return tuple(pair for pair in found if pair[1])


def _about(place: Place, one: Commitment) -> tuple[str, str] | None:
    if one.discussion_id is not None:
        entry = discussions.get_entry(place.session, one.discussion_id, place.partnership.id)
        return entry.question, f"{place.address}/discussion/{entry.id}"
    if one.dispute_id is not None:
        dispute = disputes.get(place.session, one.dispute_id, place.partnership.id)
        if dispute_parties.role_in(place.session, dispute, place.seat) is not None:
            return dispute.title, f"{place.address}/disputes/{dispute.id}"
    return None


Act = Callable[[Place, Commitment, Fields, int], str]


def _act(place: Place, form: Mapping[str, object], commitment_id: UUID, step: str, act: Act) -> Response:
    """One step of a commitment, by whoever may take it; to all others the step does not exist."""
    one = _get(place, commitment_id, to_change=True)
    if step not in _steps(place, one):
        return _too_late(place, form, one, step)
    fields = Fields(form, place._)
    try:
        said = act(place, one, fields, seen_version(form))
    except ChangedMeanwhile:
        return place.show(_page(place, one, fields.typed, changed=True), status=409)
    if fields.faults:
        return place.show(_page(place, one, fields.typed), status=422)
    place.record(said, f"commitment {one.id}")
    return see_other(f"{place.address}/commitments/{one.id}")


def _too_late(place: Place, form: Mapping[str, object], one: Commitment, step: str) -> Response:
    """Sent twice, it is what this account did itself; else whoever might have taken the step sees how it stands."""
    if one.status in BEFORE[step]:
        raise HTTPException(404)  # it could be taken now, by somebody else
    if one.status in AFTER[step] and one.changed_by in (place.account.name, form.get("person")):
        return see_other(f"{place.address}/commitments/{one.id}")
    if place.organization_id == one.owner_organization_id or _leads(place, one) or _verifiers(place, one):
        return place.show(_page(place, one, changed=True), status=409)
    raise HTTPException(404)


@router.post("/partnerships/{partnership_id}/commitments/{commitment_id}/date")
def set_date(place: PlaceDep, form: FormDep, commitment_id: UUID) -> Response:
    return _act(place, form, commitment_id, "date", _set_date)


def _set_date(place: Place, one: Commitment, fields: Fields, seen: int) -> str:
    due_on = fields.day("due_on", required=True, earliest=place.today)
    if not fields.faults and due_on is not None:
        commitments.set_date(one, due_on, seen=seen, by=place.account.name, now=place.now)
    return "set the date of a commitment"


@router.post("/partnerships/{partnership_id}/commitments/{commitment_id}/done")
def report_done(place: PlaceDep, form: FormDep, commitment_id: UUID) -> Response:
    return _act(place, form, commitment_id, "done", _report_done)


def _report_done(place: Place, one: Commitment, fields: Fields, seen: int) -> str:
    evidence = fields.text("evidence", required=True)
    done_on = fields.day("done_on", required=True, latest=place.today)
    if done_on is not None and done_on < one.agreed_on and "done_on" not in fields.faults:
        fields.faults["done_on"] = place._("It cannot have been done before it was agreed.")
    if not fields.faults and done_on is not None:
        commitments.report_done(one, evidence, done_on, seen=seen, by=place.account.name, now=place.now)
    return "reported a commitment as done"


@router.post("/partnerships/{partnership_id}/commitments/{commitment_id}/verify")
def verify(place: PlaceDep, form: FormDep, commitment_id: UUID) -> Response:
    """The other side has seen that it is done, or has not: then it is open again, with the reason."""
    return _act(place, form, commitment_id, "verify", _verify)


def _verify(place: Place, one: Commitment, fields: Fields, seen: int) -> str:
    found = fields.choice("found", ("yes", "no"))
    for_id = fields.organization("verifier", {str(key) for key in _verifiers(place, one)})
    person = fields.line("person", required=True)
    note = fields.text("note", required=found == "no")
    if fields.faults or for_id is None:
        return ""
    names = place.organizations()
    if found == "no":
        commitments.give_back(one, note, seen=seen, by=person, now=place.now)
        return "gave a commitment back as not done"
    owner = names[one.owner_organization_id]
    commitments.verify(one, names[for_id], owner=owner, person=person, seen=seen, now=place.now)
    return "verified a commitment"


@router.post("/partnerships/{partnership_id}/commitments/{commitment_id}/drop")
def drop(place: PlaceDep, form: FormDep, commitment_id: UUID) -> Response:
    return _act(place, form, commitment_id, "drop", _drop)


def _drop(place: Place, one: Commitment, fields: Fields, seen: int) -> str:
    reason = fields.text("reason", required=True)
    if not fields.faults:
        commitments.drop(one, reason, seen=seen, by=place.account.name, now=place.now)
    return "dropped a commitment"
