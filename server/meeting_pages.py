"""Meetings as pages show them: who may see one, who records, one item with its chart, and the minutes as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from server import drawings
from server.brief_blocks import Block, Brief, Bullets, Paragraph, Section, Table
from server.briefing import ground_rules
from server.drawings import Drawn
from server.ical import CalendarEvent
from server.languages import format_day
from server.pages import format_moment
from server.places import Place
from server.promises import PromiseLine, promise_lines
from server.questions import Question, question_of
from server.sheets import name_of
from surveys import charter, commitments, discussions, dispute_parties, disputes, meetings, partnerships
from surveys.models import Commitment, Meeting, MeetingItem
from surveys.problems import NotFound

RULES = ("consensus", "consensus_then_majority", "majority", "two_thirds")


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting and what this account may do in it."""

    meeting: Meeting
    items: tuple[MeetingItem, ...]
    may_record: bool
    address: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    address: str
    place: int
    title: str
    decision: str
    promises: tuple[PromiseLine, ...]


def sitting(place: Place, meeting_id: UUID, *, to_change: bool = False) -> Sitting:
    """The meeting, for whoever may be at its table; a meeting about a dispute is there for the people in it only."""
    meeting = meetings.get(place.session, meeting_id, place.partnership.id, to_change=to_change)
    may_record = place.may_run
    if meeting.dispute_id is not None:
        dispute = disputes.get(place.session, meeting.dispute_id, place.partnership.id)
        role = dispute_parties.role_in(place.session, dispute, place.seat)
        if role is None:
            raise NotFound("there is no such meeting")
        may_record = role == "facilitator"
    items = tuple(meetings.items_of(place.session, meeting.id))
    return Sitting(meeting, items, may_record, f"{place.address}/meetings/{meeting.id}")


def when(place: Place, meeting: Meeting) -> str:
    return format_moment(meeting.starts_at, place.partnership.time_zone, place.language)


def item_lines(place: Place, sits: Sitting) -> tuple[ItemLine, ...]:
    return tuple(
        ItemLine(f"{sits.address}/items/{one.place}", one.place, one.title, one.decision, promises_of(place, sits, one))
        for one in sits.items
    )


def promises_of(place: Place, sits: Sitting, item: MeetingItem) -> tuple[PromiseLine, ...]:
    return promise_lines(_made_of(place, sits, item), place)


def _made_of(place: Place, sits: Sitting, item: MeetingItem) -> list[Commitment]:
    """What was promised on this item; of a dispute's meeting the promises stand at its first item."""
    several = commitments.of_partnership(place.session, place.partnership.id)
    if item.discussion_id is not None:
        return [one for one in several if one.discussion_id == item.discussion_id]
    if sits.meeting.dispute_id is not None and item.place == 1:
        return [one for one in several if one.dispute_id == sits.meeting.dispute_id]
    return []


def question_at(place: Place, item: MeetingItem) -> Question | None:
    if item.discussion_id is None:
        return None
    return question_of(discussions.get_entry(place.session, item.discussion_id, place.partnership.id), place)


def picture_of(place: Place, item: MeetingItem) -> Drawn | None:
    """The trend of what the item is about; where it has no number of its own, of the index that brought it up."""
    if item.discussion_id is None or not place.dossier.series:
        return None
    entry = discussions.get_entry(place.session, item.discussion_id, place.partnership.id)
    last = place.dossier.series[-1]
    evidence = next((one.evidence for one in last.agenda if one.target == entry.target), ())
    for target in (entry.target, *(one.cell[1] for one in evidence)):
        if any(release.find("level", target) for release in place.dossier.series):
            return drawings.trend(drawings.subject_of(place.dossier), target, ("all",))
    return None


def rule_words(place: Place) -> tuple[tuple[str, str], ...]:
    """How the charter says that decisions are taken; every way where it says nothing."""
    _ = place._
    words = {
        "consensus": _("consensus"),
        "consensus_then_majority": _("consensus, else a majority"),
        "majority": _("a majority"),
        "two_thirds": _("two thirds"),
    }
    rule = charter.decision_rule(place.session, place.partnership.id)
    codes = (rule.code,) if rule and rule.code in words else RULES
    return tuple((code, words[code]) for code in codes)


def quorum_words(place: Place, meeting: Meeting) -> str:
    """Whether enough partners were there by the charter's rule; nothing where nobody said who was there."""
    rule = charter.decision_rule(place.session, place.partnership.id)
    if rule is None or not meeting.present or meeting.dispute_id is not None:
        return ""
    held_on = meeting.starts_at.date()  # the partners of that day: the minutes say the same for ever
    members = {str(one.id) for _, one in partnerships.members_on(place.session, place.partnership.id, held_on)}
    count = len(set(meeting.present) & members)
    said = (
        place._("Quorum reached: {count} of {all} partners were there, {percent} % are needed.")
        if 100 * count >= rule.quorum * len(members)
        else place._("Quorum not reached: {count} of {all} partners were there, {percent} % are needed.")
    )
    return said.format(count=count, all=len(members), percent=rule.quorum)


def calendar_event(place: Place, meeting: Meeting) -> CalendarEvent:
    return CalendarEvent(
        uid=str(meeting.id),
        title=f"{place.title}: {meeting.title}",
        starts_at=meeting.starts_at,
        ends_at=meeting.starts_at + timedelta(minutes=meeting.minutes),
        changed_at=meeting.created_at,
        location=meeting.location,
        description="\n".join(one.title for one in meetings.items_of(place.session, meeting.id)),
        sequence=meeting.version - 1,
        is_cancelled=meeting.state == "cancelled",
    )


# Minutes --------------------------------------------------------------------------------------------------------------


def minutes_of(place: Place, sits: Sitting) -> Brief:
    """The record as a document: no clock, so that the same record gives the same bytes."""
    _, meeting = place._, sits.meeting
    sections = [Section(_("Who was there"), _present(place, meeting))]
    sections += [Section(f"{one.place}. {one.title}", _item(place, sits, one)) for one in sits.items]
    sections.append(Section(_("Ground rules for the meeting"), (Bullets(ground_rules(place.language)),)))
    notices = [_("Demonstration: people and answers are invented")] if place.partnership.is_demonstration else []
    if meeting.state != "held":
        notices.append(_("Draft: the meeting has not been recorded as held."))
    if meeting.dispute_id is not None:
        notices.append(_("Confidential: for the parties, the facilitator and the adjudicator only."))
    versions = [meeting.version, *(one.version for one in sits.items)]
    return Brief(
        language=place.language,
        title=str(place.title),
        subtitle=_("Minutes: {title}, {when}").format(title=meeting.title, when=when(place, meeting)),
        notices=tuple(notices),
        sections=tuple(sections),
        footer=_("Minutes of meeting {number}, version {version}").format(
            number=str(meeting.id)[:8], version="-".join(map(str, versions))
        ),
    )


def _present(place: Place, meeting: Meeting) -> tuple[Block, ...]:
    _, names = place._, place.organizations()
    there = [name_of(names[UUID(str(one))], place.language).text for one in meeting.present if UUID(str(one)) in names]
    lines: list[Block] = [Bullets(tuple(there))] if there else [Paragraph(_("Nobody has been recorded as present."))]
    if meeting.chaired_by:
        lines.append(Paragraph(_("Led by {person}.").format(person=meeting.chaired_by)))
    if meeting.location:
        lines.append(Paragraph(_("Place: {location}").format(location=meeting.location)))
    if meeting.others:
        lines.append(Paragraph(_("Also there: {names}").format(names=meeting.others)))
    if quorum := quorum_words(place, meeting):
        lines.append(Paragraph(quorum, is_note=True))
    return tuple(lines)


def _item(place: Place, sits: Sitting, item: MeetingItem) -> tuple[Block, ...]:
    _, rules = place._, dict(rule_words(place))
    found: list[Block] = []
    if item.notes:
        found.append(Paragraph(_("Said: {text}").format(text=item.notes)))
    if item.decision:
        rule = rules.get(item.rule, item.rule)
        found.append(Paragraph(_("Decided by {rule}: {text}").format(rule=rule, text=item.decision)))
    if item.dissent:
        found.append(Paragraph(_("Different view: {text}").format(text=item.dissent)))
    if rows := tuple(_promise_row(one, place) for one in _made_of(place, sits, item)):
        header = (_("What will be done"), _("Who does it"), _("For whom"), _("Until when"))
        found.append(Table(_("Commitments"), header, rows))
    return tuple(found) or (Paragraph(_("Nothing was recorded."), is_note=True),)


def _promise_row(one: Commitment, place: Place) -> tuple[str, ...]:
    names = place.organizations()
    to = (
        name_of(names[one.to_organization_id], place.language).text
        if one.to_organization_id
        else place._("all partners")
    )
    due = format_day(one.due_on, place.language) if one.due_on else place._("no date yet")
    return (one.what, name_of(names[one.owner_organization_id], place.language).text, to, due)


def dates_of(several: Sequence[Meeting], place: Place) -> tuple[tuple[str, str, str, str], ...]:
    """Address, title, time and state of each."""
    _ = place._
    words = {"planned": _("planned"), "held": _("held"), "cancelled": _("cancelled")}
    return tuple(
        (f"{place.address}/meetings/{one.id}", one.title, when(place, one), words[one.state]) for one in several
    )
