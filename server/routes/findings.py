"""From a finding to a question for the table: take it up, word it, order it, reply to it, say what was concluded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.deps import FormDep
from server.dossiers import Dossier
from server.fields import Fields, Typed, seen_version
from server.pages import Page, Words, see_other
from server.places import ChairDep, Place, PlaceDep
from server.promise_words import status_words
from server.questions import Question, QuestionLine, question_lines, question_of
from server.reading import Finding, findings
from surveys import discussions, replies, rounds
from surveys.models import Discussion
from surveys.problems import ChangedMeanwhile

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DiscussionPage(Page):
    template = "discussion/list.html"
    title: Words
    address: str
    last_number: int | None
    to_take_up: tuple[Finding, ...]
    questions: tuple[QuestionLine, ...]
    heard: tuple[tuple[str, str], ...]  # what the last round says of keeping agreements
    may_run: bool


@dataclass(frozen=True, slots=True)
class NewEntryPage(Page):
    template = "discussion/new.html"
    title: Words
    address: str
    round_number: int
    round_label: str
    target: str
    about: str
    finding: Finding | None
    typed: Typed


@dataclass(frozen=True, slots=True)
class EntryPage(Page):
    template = "discussion/entry.html"
    title: Words
    address: str
    entry: Question
    typed: Typed
    version: int
    statuses: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str, str], ...]  # field, what stands saved, what was typed: after a collision
    changed_by: str
    reply: str | None  # this account's own comment; None where it represents nobody, or it is too late
    reply_typed: Typed
    may_run: bool


@router.get("/partnerships/{partnership_id}/discussion")
def discussion_page(place: PlaceDep) -> Response:
    dossier = place.dossier
    last = dossier.series[-1] if dossier.series else None
    page = DiscussionPage(
        title=dossier.title,
        address=dossier.address,
        last_number=last.round_number if last else None,
        to_take_up=_to_take_up(place),
        questions=question_lines(place),
        heard=_heard(dossier),
        may_run=place.may_run,
    )
    return place.show(page)


def _to_take_up(place: Place) -> tuple[Finding, ...]:
    """The agenda of the last release without what stands on the table already."""
    if not place.dossier.series:
        return ()
    last = place.dossier.series[-1]
    numbers = {one.id: one.number for one in rounds.of_partnership(place.session, place.partnership.id)}
    entries = discussions.of_partnership(place.session, place.partnership.id)
    taken = {one.target for one in entries if numbers[one.round_id] == last.round_number}
    return tuple(one for one in findings(last, place.dossier.wording) if one.target not in taken)


def _heard(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    """C1 and C2, asked from the second round on: was it done, did anything improve?"""
    if not dossier.series:
        return ()
    last, wording = dossier.series[-1], dossier.wording
    asked = [f"item:{item.code}" for item in wording.instrument.items if not item.in_index]
    return tuple(
        (wording.target(target), wording.full_level(cell)) for target in asked if (cell := last.find("level", target))
    )


@router.get("/partnerships/{partnership_id}/discussion/new")
def new_entry_page(
    place: ChairDep,
    number: Annotated[int, Query(alias="round", ge=1, le=9999)],
    target: Annotated[str, Query(max_length=200)],
) -> Response:
    return place.show(_new_entry(place.dossier, number, target))


def _new_entry(dossier: Dossier, number: int, target: str, typed: Typed | None = None) -> NewEntryPage:
    """The form for one finding of one release; what the release does not speak of cannot be taken up."""
    if not dossier.has_release(number):
        raise HTTPException(404)
    cited = dossier.at(number)
    release, wording = cited.series[-1], cited.wording
    agenda = {finding.target: finding for finding in findings(release, wording)}
    if target not in agenda and all(cell.target != target for cell in release.cells):
        raise HTTPException(404)
    return NewEntryPage(
        title=dossier.title,
        address=dossier.address,
        round_number=number,
        round_label=wording.label(release.round_label),
        target=target,
        about=wording.target(target),
        finding=agenda.get(target),
        typed=typed or Typed({"question": wording.question(target)}),
    )


@router.post("/partnerships/{partnership_id}/discussion")
def open_entry(
    place: ChairDep,
    form: FormDep,
    number: Annotated[int, Form(alias="round", ge=1, le=9999)],
    target: Annotated[str, Form(max_length=200)],
) -> Response:
    """Take up a finding. The same question sent twice is one entry."""
    fields = Fields(form, place._)
    question = fields.text("question", required=True)
    page = _new_entry(place.dossier, number, target, fields.typed)  # refuses what the release does not speak of
    if fields.faults:
        return place.show(page, status=422)
    id_ = place.partnership.id
    round_ = rounds.get_round(place.session, id_, number)
    entry = _find_same(place.session, id_, round_.id, target, question)
    if entry is None:
        by = place.account.name
        entry = discussions.open_entry(
            place.session,
            partnership_id=id_,
            round_id=round_.id,
            target=target,
            question=question,
            now=place.now,
            by=by,
        )
        place.record("opened a discussion entry", f"entry {entry.id}")
    return see_other(f"{place.address}/discussion/{entry.id}")


def _find_same(session: Session, partnership_id: UUID, round_id: UUID, target: str, question: str) -> Discussion | None:
    wanted = (round_id, target, question)
    entries = discussions.of_partnership(session, partnership_id)
    return next((one for one in entries if (one.round_id, one.target, one.question) == wanted), None)


@router.get("/partnerships/{partnership_id}/discussion/{entry_id}")
def entry_page(place: PlaceDep, entry_id: UUID) -> Response:
    return place.show(_entry_page(place, discussions.get_entry(place.session, entry_id, place.partnership.id)))


def _entry_page(
    place: Place,
    entry: Discussion,
    typed: Typed | None = None,
    reply_typed: Typed | None = None,
    *,
    changed: bool = False,
) -> EntryPage:
    saved = {"question": entry.question, "status": entry.status, "conclusion": entry.conclusion}
    words = status_words(place._)
    own = None
    if place.organization_id is not None and entry.status == discussions.OPEN:
        found = replies.find(place.session, entry.id, place.organization_id)
        own = found.text if found else ""
    return EntryPage(
        title=place.title,
        address=place.address,
        entry=question_of(entry, place),
        typed=typed or Typed(saved),
        version=entry.version,
        statuses=tuple((code, words[code]) for code in discussions.STATUSES),
        changed=differences(place, saved, typed) if changed and typed else (),
        changed_by=entry.changed_by,
        reply=own,
        reply_typed=reply_typed or Typed({"reply": own or ""}),
        may_run=place.may_run,
    )


def differences(place: Place, saved: dict[str, str], typed: Typed) -> tuple[tuple[str, str, str], ...]:
    """Field by field what somebody else saved and what was typed here; nothing of either is lost."""
    _, words = place._, status_words(place._)
    names = {
        "question": _("The question for the table"),
        "status": _("State"),
        "conclusion": _("What was agreed"),
        "notes": _("What was said"),
        "decision": _("What was agreed"),
        "rule": _("Decided by"),
        "dissent": _("Who sees it differently, and why"),
    }
    return tuple(
        (names[name], words.get(value, value), words.get(typed[name], typed[name]))
        for name, value in saved.items()
        if value != typed[name]
    )


@router.post("/partnerships/{partnership_id}/discussion/{entry_id}")
def update_entry(place: ChairDep, form: FormDep, entry_id: UUID) -> Response:
    entry = discussions.get_entry(place.session, entry_id, place.partnership.id, to_change=True)
    fields = Fields(form, place._)
    question, conclusion = fields.text("question", required=True), fields.text("conclusion")
    status = fields.choice("status", discussions.STATUSES)
    if status == discussions.AGREED and not conclusion:
        fields.faults["conclusion"] = place._("Please say what was agreed.")
    if fields.faults:
        return place.show(_entry_page(place, entry, fields.typed), status=422)
    try:
        discussions.update_entry(
            entry,
            question=question,
            status=status,
            conclusion=conclusion,
            seen=seen_version(form),
            by=place.account.name,
            now=place.now,
        )
    except ChangedMeanwhile:
        if not (page := _entry_page(place, entry, fields.typed, changed=True)).changed:
            return see_other(f"{place.address}/discussion/{entry.id}")  # sent twice: it is saved already
        return place.show(page, status=409)
    place.record(f"set a discussion entry to {status}", f"entry {entry.id}")
    return see_other(f"{place.address}/discussion/{entry.id}")


@router.post("/partnerships/{partnership_id}/discussion/{entry_id}/move")
def move_entry(place: ChairDep, entry_id: UUID, to: Annotated[str, Form(pattern="^(up|down)$")]) -> Response:
    entry = discussions.get_entry(place.session, entry_id, place.partnership.id, to_change=True)
    discussions.move(place.session, entry, up=to == "up")
    return see_other(f"{place.address}/discussion")


@router.post("/partnerships/{partnership_id}/discussion/{entry_id}/reply")
def reply(place: PlaceDep, form: FormDep, entry_id: UUID) -> Response:
    """A partner's comment before the meeting, in place of its earlier one."""
    entry = discussions.get_entry(place.session, entry_id, place.partnership.id, to_change=True)
    if place.organization_id is None or place.organization_id not in place.members():
        raise HTTPException(404)
    fields = Fields(form, place._)
    text = fields.text("reply")
    if fields.faults:
        return place.show(_entry_page(place, entry, reply_typed=fields.typed), status=422)
    replies.write(place.session, entry, place.organization_id, author=place.account.name, text=text, now=place.now)
    place.record("commented on a discussion entry", f"entry {entry.id}")
    return see_other(f"{place.address}/discussion/{entry.id}")
