"""What people do in a dispute: take a step, confirm, name people, change parties, write notes, add documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.deps import FormDep
from server.dispute_pages import Bench, audience_words, bench
from server.fields import Fields, Typed, seen_version
from server.kept_files import LARGEST_MB, UploadDep, send_back
from server.pages import see_other
from server.places import Place, PlaceDep
from server.routes.disputes import page_of
from surveys import dispute_papers, dispute_parties, disputes, lessons
from surveys.dispute_states import STATES
from surveys.kept_files import MEDIA_TYPES
from surveys.models import Account
from surveys.problems import ChangedMeanwhile, InvalidInput, NotAllowedNow

router = APIRouter()
HOME = "/partnerships/{partnership_id}/disputes/{dispute_id}"


def _leading(place: Place, dispute_id: UUID) -> Bench:
    on = bench(place, dispute_id, to_change=True)
    if not on.leads:
        raise HTTPException(404)
    return on


def _refused(on: Bench, typed: Typed, form: str) -> Response:
    return on.place.show(page_of(on, typed, form=form), status=422)


def _changed(on: Bench, typed: Typed, form: str) -> Response:
    said = on.place._(
        "Somebody else changed this dispute meanwhile. Look at it as it stands now; "
        "what you typed is still in the form."
    )
    return on.place.show(page_of(on, typed, form=form, trouble=said), status=409)


def _not_now(on: Bench, typed: Typed, form: str) -> Response:
    """Why a step that belongs to this reader cannot be taken yet."""
    _ = on.place._
    said = _(
        "This step cannot be taken yet. Every party confirms an agreement before it is watched; a dispute is closed "
        "when no commitment of it is open; with one party left it can only be ended."
    )
    return on.place.show(page_of(on, typed, form=form, trouble=said), status=409)


@router.post(HOME + "/step")
def take_step(place: PlaceDep, form: FormDep, dispute_id: UUID) -> Response:
    """One step of the ladder. Nothing takes a step by itself, however long it lasts."""
    on = bench(place, dispute_id, to_change=True)
    to = str(form.get("to", ""))
    if to not in STATES:
        raise HTTPException(422)
    if on.dispute.state == to:
        return see_other(on.address)  # sent twice
    if on.role not in disputes.moves_of(on.dispute, on.stands, on.ladder).get(to, frozenset()):
        raise HTTPException(404)
    fields = Fields(form, place._)
    reason = fields.text("reason")
    agreement = fields.text("agreement", required=True) if to == "agreed" else ""
    lesson = _read_lesson(fields, form) if to == "closed" else {}
    if fields.faults:
        return _refused(on, fields.typed, to)
    try:
        disputes.move(
            place.session,
            on.dispute,
            to,
            on.role,
            ladder=on.ladder,
            reason=reason,
            agreement=agreement,
            by=place.account.name,
            seen=seen_version(form),
            now=place.now,
        )
    except ChangedMeanwhile:
        return _changed(on, fields.typed, to)
    except NotAllowedNow:
        return _not_now(on, fields.typed, to)
    if lesson:
        lessons.create(place.session, partnership_id=place.partnership.id, learned_on=place.today, **lesson)
    place.record(f"took a dispute to {to}", f"dispute {dispute_id}")
    return see_other(on.address)


def _read_lesson(fields: Fields, form: Mapping[str, Any]) -> dict[str, str]:
    """A dispute is closed with a lesson: what others may learn from it. It names no dispute and no party by itself."""
    found = {
        "title": fields.line("lesson_title", required=True),
        "context": fields.text("lesson_context", required=True),
        "tried": fields.text("lesson_tried", required=True),
        "evidence": fields.text("lesson_evidence"),
    }
    found["audience"] = "everybody" if form.get("lesson_audience") == "everybody" else "partnership"
    return found


@router.post(HOME + "/confirm")
def confirm(place: PlaceDep, form: FormDep, dispute_id: UUID) -> Response:
    """A party stands by the agreement; the facilitator may record that it said so at the table."""
    on = bench(place, dispute_id, to_change=True)
    fields = Fields(form, place._)
    present = {str(one.organization_id) for one in dispute_parties.parties_of(place.session, dispute_id, present=True)}
    if on.party_id is None and not on.leads:
        raise HTTPException(404)
    organization_id = on.party_id or fields.organization("organization", present)
    person = place.account.name if on.party_id else fields.line("person", required=True)
    if fields.faults or organization_id is None:
        return _refused(on, fields.typed, "confirm")
    try:
        disputes.confirm(place.session, on.dispute, organization_id, person=person, today=place.today)
    except NotAllowedNow:
        return _not_now(on, fields.typed, "confirm")
    place.record("confirmed an agreement", f"dispute {dispute_id}, organization {organization_id}")
    return see_other(on.address)


@router.post(HOME + "/people")
def name_people(place: PlaceDep, form: FormDep, dispute_id: UUID) -> Response:
    on = _leading(place, dispute_id)
    fields = Fields(form, place._)
    eligible = {str(key): one for key, (one, _) in dispute_parties.neutral_accounts(place.session, on.dispute).items()}
    chosen: dict[str, Account | None] = {
        name: eligible.get(fields.choice(name, eligible, required=False)) for name in ("facilitator", "adjudicator")
    }
    if not fields.faults and chosen["facilitator"] is not None and chosen["facilitator"] is chosen["adjudicator"]:
        fields.faults["adjudicator"] = place._("The adjudicator is somebody else than the facilitator.")
    if fields.faults:
        return _refused(on, fields.typed, "people")
    try:
        dispute_parties.name_people(place.session, on.dispute, seen=seen_version(form), **chosen)
    except ChangedMeanwhile:
        return _changed(on, fields.typed, "people")
    except InvalidInput:
        fields.faults["adjudicator"] = place._("Whoever runs the rounds of a partnership does not adjudicate in it.")
        return _refused(on, fields.typed, "people")
    place.record("named the people of a dispute", f"dispute {dispute_id}")
    still_in = dispute_parties.role_in(place.session, on.dispute, place.seat) is not None
    return see_other(on.address if still_in else f"{place.address}/disputes")


@router.post(HOME + "/parties")
def change_parties(place: PlaceDep, form: FormDep, dispute_id: UUID) -> Response:
    """A party leaves in the middle, with a reason, or another joins."""
    on = _leading(place, dispute_id)
    fields = Fields(form, place._)
    present = {str(one.organization_id) for one in dispute_parties.parties_of(place.session, dispute_id, present=True)}
    members = {str(key): key for key in place.members()}
    leaving = fields.organization("leaves", present, required=False)
    joining = fields.organization("joins", set(members) - present, required=False)
    reason = fields.text("left_because", required=leaving is not None)
    if fields.faults:
        return _refused(on, fields.typed, "parties")
    seen = seen_version(form)
    try:
        if leaving is not None:
            dispute_parties.remove_party(
                place.session, on.dispute, leaving, reason=reason, seen=seen, today=place.today
            )
            seen += 1
        if joining is not None:
            dispute_parties.add_party(place.session, on.dispute, joining, members=members.values(), seen=seen)
    except ChangedMeanwhile:
        return _changed(on, fields.typed, "parties")
    except NotAllowedNow:
        return _not_now(on, fields.typed, "parties")
    place.record("changed the parties of a dispute", f"dispute {dispute_id}")
    return see_other(on.address)


@router.post(HOME + "/notes")
def write_note(place: PlaceDep, form: FormDep, dispute_id: UUID) -> Response:
    on = bench(place, dispute_id, to_change=True)
    fields = Fields(form, place._)
    audience = fields.choice("audience", audience_words(place) if on.party_id else ("all",))
    text = fields.text("note", required=True)
    if fields.faults:
        return _refused(on, fields.typed, "notes")
    written = dispute_papers.notes_for(place.session, on.dispute, on.role, on.party_id)
    if not any((one.text, one.audience, one.author) == (text, audience, place.account.name) for one in written):
        try:
            dispute_papers.write_note(
                place.session,
                on.dispute,
                audience=audience,
                text=text,
                author=place.account.name,
                organization_id=on.party_id,
                now=place.now,
            )
        except NotAllowedNow:
            return _not_now(on, fields.typed, "notes")
        place.record("wrote a note in a dispute", f"dispute {dispute_id}")
    return see_other(on.address)


@router.post(HOME + "/documents")
def add_document(place: PlaceDep, upload: UploadDep, dispute_id: UUID) -> Response:
    on = bench(place, dispute_id, to_change=True)
    fields = Fields(upload.form, place._)
    audience = fields.choice("audience", audience_words(place) if on.party_id else ("all",))
    if not upload.content:
        fields.faults["file"] = place._("Please choose a file that is not empty.")
    if not fields.faults:
        try:
            dispute_papers.add_document(
                place.session,
                on.dispute,
                name=upload.name,
                content=upload.content,
                audience=audience,
                author=place.account.name,
                organization_id=on.party_id,
                now=place.now,
            )
        except NotAllowedNow:
            return _not_now(on, fields.typed, "documents")
        except InvalidInput:
            said = place._(
                "Nothing was kept: a file is what its name says, one of {kinds}, and at most {size} MB large."
            )
            fields.faults["file"] = said.format(kinds=", ".join(MEDIA_TYPES), size=LARGEST_MB)
    if fields.faults:
        return _refused(on, fields.typed, "documents")
    place.record("added a document to a dispute", f"dispute {dispute_id}")
    return see_other(on.address)


@router.get(HOME + "/documents/{document_id}")
def document_file(place: PlaceDep, dispute_id: UUID, document_id: UUID) -> Response:
    on = bench(place, dispute_id)
    found = dispute_papers.get_document(place.session, on.dispute, document_id, on.role, on.party_id)
    return send_back(found.name, found.suffix, found.content)
