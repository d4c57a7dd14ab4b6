"""One item of a meeting at a time: what is on the table, and the record of it while it is spoken about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.deps import FormDep
from server.drawings import Drawn
from server.fields import Fields, Typed, seen_version
from server.meeting_pages import Sitting, picture_of, promises_of, question_at, rule_words, sitting
from server.pages import Page, Words, is_htmx, see_other
from server.places import Place, PlaceDep
from server.promises import PromiseLine
from server.questions import Question
from server.routes.commitments import read_promise, targets_of
from server.routes.findings import differences
from surveys import commitments, discussions, meetings
from surveys.commitments import Promise
from surveys.models import MeetingItem
from surveys.problems import ChangedMeanwhile

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ItemPage(Page):
    template = "meetings/item.html"
    title: Words
    meeting_address: str
    meeting_name: str
    address: str
    number: int
    count: int
    name: str
    question: Question | None
    picture: Drawn | None
    notes: str
    decision: str
    decided_by: str
    dissent: str
    promises: tuple[PromiseLine, ...]
    may_record: bool
    rules: tuple[tuple[str, str], ...]
    typed: Typed
    version: int
    changed: tuple[tuple[str, str, str], ...]
    changed_by: str
    is_saved: bool
    partners: tuple[tuple[str, Words], ...]
    targets: tuple[tuple[str, str], ...]


@router.get("/partnerships/{partnership_id}/meetings/{meeting_id}/items/{item_place}")
def item_page(place: PlaceDep, meeting_id: UUID, item_place: int) -> Response:
    sits = sitting(place, meeting_id)
    return place.show(_page(place, sits, meetings.item_at(place.session, sits.meeting, item_place)), block="record")


def _saved(item: MeetingItem) -> dict[str, str]:
    return {"notes": item.notes, "decision": item.decision, "rule": item.rule, "dissent": item.dissent}


def _page(
    place: Place,
    sits: Sitting,
    item: MeetingItem,
    typed: Typed | None = None,
    *,
    changed: bool = False,
    is_saved: bool = False,
) -> ItemPage:
    question, rules, saved = question_at(place, item), rule_words(place), _saved(item)
    given = saved | {"rule": item.rule or rules[0][0], "target": question_target(place, item)}
    return ItemPage(
        title=place.title,
        meeting_address=sits.address,
        meeting_name=sits.meeting.title,
        address=f"{sits.address}/items/{item.place}",
        number=item.place,
        count=len(sits.items),
        name=item.title,
        question=question,
        picture=picture_of(place, item),
        notes=item.notes,
        decision=item.decision,
        decided_by=dict(rules).get(item.rule, item.rule),
        dissent=item.dissent,
        promises=promises_of(place, sits, item),
        may_record=sits.may_record and sits.meeting.state != "cancelled",
        rules=rules,
        typed=typed or Typed(given),
        version=item.version,
        changed=differences(place, saved, typed) if changed and typed else (),
        changed_by=item.changed_by,
        is_saved=is_saved,
        partners=place.choices(),
        targets=targets_of(place),
    )


def question_target(place: Place, item: MeetingItem) -> str:
    """What a promise made on this item is linked to at first."""
    if item.discussion_id is None:
        return ""
    target = discussions.get_entry(place.session, item.discussion_id, place.partnership.id).target
    return target if target in dict(targets_of(place)) else ""


@router.post("/partnerships/{partnership_id}/meetings/{meeting_id}/items/{item_place}")
def record_item(place: PlaceDep, form: FormDep, meeting_id: UUID, item_place: int) -> Response:
    """Save what was said and decided, and with it one commitment where one was typed."""
    sits = sitting(place, meeting_id)
    if not sits.may_record:
        raise HTTPException(404)
    item = meetings.item_at(place.session, sits.meeting, item_place, to_change=True)
    fields = Fields(form, place._)
    notes, decision, dissent = fields.text("notes"), fields.text("decision"), fields.text("dissent")
    rule = fields.choice("rule", {code for code, _ in rule_words(place)}, required=bool(decision))
    promise = read_promise(fields, place, required=bool(str(form.get("what", "")).strip()))
    if fields.faults:
        return place.show(_page(place, sits, item, fields.typed), block="record", status=422)
    by = place.account.name
    try:
        meetings.record(
            place.session,
            sits.meeting,
            item,
            notes=notes,
            decision=decision,
            rule=rule if decision else "",
            dissent=dissent,
            seen=seen_version(form),
            by=by,
            now=place.now,
        )
    except ChangedMeanwhile:
        page = _page(place, sits, item, fields.typed, changed=True)
        if page.changed or (promise.what and not _is_made(place, sits, item, promise)):
            # htmx swaps 422 and leaves a page alone at 409
            return place.show(page, block="record", status=422 if is_htmx(place.request) else 409)
        return _shown(place, sits, item)  # sent twice: it is saved already
    if promise.what and not _is_made(place, sits, item, promise):
        _promise(place, sits, item, promise)
    place.record("recorded an item of a meeting", f"meeting {meeting_id}, item {item.place}")
    return _shown(place, sits, item)


def _is_made(place: Place, sits: Sitting, item: MeetingItem, promise: Promise) -> bool:
    came_from = {"discussion_id": item.discussion_id, "dispute_id": sits.meeting.dispute_id}
    return commitments.find_same(place.session, place.partnership.id, promise, **came_from) is not None


def _promise(place: Place, sits: Sitting, item: MeetingItem, promise: Promise) -> None:
    commitments.make(
        place.session,
        place.partnership.id,
        promise,
        members=list(place.members()),
        by=place.account.name,
        now=place.now,
        discussion_id=item.discussion_id,
        dispute_id=sits.meeting.dispute_id,
        is_open_to_all=sits.meeting.dispute_id is None,
    )


def _shown(place: Place, sits: Sitting, item: MeetingItem) -> Response:
    if is_htmx(place.request):
        return place.show(_page(place, sits, item, is_saved=True), block="record")
    return see_other(f"{sits.address}/items/{item.place}")
