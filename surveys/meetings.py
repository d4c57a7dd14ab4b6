"""Meetings: an agenda, one record per item, decisions by the charter's rule, dissent beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from surveys.discussions import check_seen, conclude
from surveys.models import Discussion, Meeting, MeetingItem
from surveys.problems import InvalidInput, NotAllowedNow, NotFound
from surveys.texts import LONGEST_LINE, checked

MOST_ITEMS = 5  # a meeting that takes up more finishes none
LONGEST_MEETING = 8 * 60


def plan(
    session: Session,
    *,
    partnership_id: UUID,
    title: str,
    location: str,
    starts_at: datetime,
    minutes: int,
    items: Sequence[Discussion],
    now: datetime,
    dispute_id: UUID | None = None,
    topics: Sequence[str] = (),
) -> Meeting:
    """A meeting ahead, with the questions it takes up; topics: items that cite no finding."""
    if starts_at <= now:
        raise InvalidInput("a meeting is planned for a time to come")
    if not 5 <= minutes <= LONGEST_MEETING:
        raise InvalidInput(f"a meeting takes 5 to {LONGEST_MEETING} minutes")
    if not 1 <= len(items) + len(topics) <= MOST_ITEMS:
        raise InvalidInput(f"a meeting has one to {MOST_ITEMS} items")
    meeting = Meeting(
        partnership_id=partnership_id,
        dispute_id=dispute_id,
        title=checked(title, "title", required=True, limit=LONGEST_LINE),
        location=checked(location, "place", limit=LONGEST_LINE),
        starts_at=starts_at,
        minutes=minutes,
        created_at=now,
    )
    session.add(meeting)
    session.flush()  # its items need its id
    titles = [(one.id, one.question) for one in items] + [(None, checked(one, "item", required=True)) for one in topics]
    for place, (discussion_id, words) in enumerate(titles, start=1):
        session.add(
            MeetingItem(meeting_id=meeting.id, discussion_id=discussion_id, place=place, title=words, changed_at=now)
        )
    session.flush()  # the page that follows reads them
    return meeting


def record(
    session: Session,
    meeting: Meeting,
    item: MeetingItem,
    *,
    notes: str,
    decision: str,
    rule: str,
    dissent: str,
    seen: int,
    by: str,
    now: datetime,
) -> None:
    """What was said and decided. A decision names the rule it was taken by; dissent stands beside it."""
    if meeting.state == "cancelled":
        raise NotAllowedNow("this meeting was cancelled")
    check_seen(item, seen)
    item.notes, item.dissent = checked(notes, "notes"), checked(dissent, "dissent")
    item.decision = checked(decision, "decision")
    item.rule = checked(rule, "rule", limit=LONGEST_LINE) if item.decision else ""
    if item.decision and not item.rule:
        raise InvalidInput("a decision names the rule it was taken by")
    item.version, item.changed_by, item.changed_at = seen + 1, by, now
    entry = session.get(Discussion, item.discussion_id) if item.discussion_id else None
    if entry is not None and item.decision:
        conclude(entry, item.decision, by=by, now=now)


def close(
    meeting: Meeting, *, chaired_by: str, present: Sequence[UUID], others: str, members: Collection[UUID], seen: int
) -> None:
    """The meeting was held: who led it and who was there."""
    if meeting.state == "cancelled":
        raise NotAllowedNow("this meeting was cancelled")
    check_seen(meeting, seen)
    if not set(present) <= set(members):
        raise InvalidInput("only partners of this partnership can have been present")
    meeting.chaired_by = checked(chaired_by, "name", required=True, limit=LONGEST_LINE)
    meeting.present, meeting.others = [str(one) for one in present], checked(others, "list of others")
    meeting.state, meeting.version = "held", seen + 1


def cancel(meeting: Meeting) -> None:
    if meeting.state != "planned":
        raise NotAllowedNow(f"a meeting that was {meeting.state} cannot be cancelled")
    meeting.state, meeting.version = "cancelled", meeting.version + 1


def get(session: Session, meeting_id: UUID, partnership_id: UUID, *, to_change: bool = False) -> Meeting:
    found = session.get(Meeting, meeting_id, with_for_update=to_change or None)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such meeting")
    return found


def items_of(session: Session, meeting_id: UUID) -> list[MeetingItem]:
    query = select(MeetingItem).where(MeetingItem.meeting_id == meeting_id)
    return sorted(session.exec(query).all(), key=lambda item: item.place)


def item_at(session: Session, meeting: Meeting, place: int, *, to_change: bool = False) -> MeetingItem:
    query = select(MeetingItem).where(MeetingItem.meeting_id == meeting.id, MeetingItem.place == place)
    found = session.exec(query.with_for_update() if to_change else query).first()
    if found is None:
        raise NotFound("there is no such item")
    return found


def of_partnership(session: Session, partnership_id: UUID, *, dispute_id: UUID | None = None) -> list[Meeting]:
    """Meetings of all partners, or of the parties to one dispute; the latest first."""
    query = select(Meeting).where(Meeting.partnership_id == partnership_id, Meeting.dispute_id == dispute_id)
    return sorted(session.exec(query).all(), key=lambda one: (one.starts_at, str(one.id)), reverse=True)
