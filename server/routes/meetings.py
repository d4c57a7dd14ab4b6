"""Meetings: plan one with the questions it takes up, its agenda for projector and phone, who was there, its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server import brief_pdf
from server.briefing import ground_rules
from server.csv_files import download
from server.deps import FormDep
from server.fields import Fields, Typed, seen_version
from server.ical import ical_download
from server.languages import LANGUAGES
from server.meeting_pages import (
    ItemLine,
    Sitting,
    calendar_event,
    dates_of,
    item_lines,
    minutes_of,
    quorum_words,
    sitting,
    when,
)
from server.pages import LANGUAGE_NAMES, Page, Words, environment, see_other
from server.places import Place, PlaceDep
from surveys import discussions, dispute_parties, disputes, meetings
from surveys.models import Discussion, Dispute
from surveys.problems import ChangedMeanwhile, NotFound

router = APIRouter()
USUAL_MINUTES = 90


@dataclass(frozen=True, slots=True)
class MeetingsPage(Page):
    template = "meetings/list.html"
    title: Words
    address: str
    meetings: tuple[tuple[str, str, str, str], ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class PlanPage(Page):
    template = "meetings/plan.html"
    title: Words
    address: str
    dispute: str
    about: str
    questions: tuple[tuple[str, str], ...]
    chosen: frozenset[str]
    typed: Typed
    zone: str
    most: int


@dataclass(frozen=True, slots=True)
class AgendaPage(Page):
    template = "meetings/agenda.html"
    title: Words
    address: str
    meeting_address: str
    name: str
    when: str
    minutes: int
    location: str
    state: str
    is_about_dispute: bool
    ground_rules: tuple[str, ...]
    items: tuple[ItemLine, ...]
    quorum: str
    may_record: bool
    partners: tuple[tuple[str, Words], ...]  # of a dispute: its parties
    present: frozenset[str]
    typed: Typed
    version: int
    changed: bool


@dataclass(frozen=True, slots=True)
class MinutesPage(Page):
    template = "meetings/minutes.html"
    title: str
    meeting_address: str
    name: str
    body: str
    files: tuple[tuple[str, str, str], ...]


@router.get("/partnerships/{partnership_id}/meetings")
def list_page(place: PlaceDep) -> Response:
    several = meetings.of_partnership(place.session, place.partnership.id)
    return place.show(MeetingsPage(place.title, place.address, dates_of(several, place), place.may_run))


def _dispute_to_lead(place: Place, raw: object) -> Dispute | None:
    """The dispute a meeting is about; only its facilitator calls one."""
    if not raw:
        place.require_facilitator()
        return None
    try:
        dispute = disputes.get(place.session, UUID(str(raw)), place.partnership.id)
    except ValueError:
        raise NotFound("there is no such dispute") from None
    if dispute_parties.role_in(place.session, dispute, place.seat) != "facilitator":
        raise HTTPException(404)
    return dispute


@router.get("/partnerships/{partnership_id}/meetings/new")
def plan_page(place: PlaceDep, dispute: Annotated[UUID | None, Query()] = None) -> Response:
    about = _dispute_to_lead(place, dispute)
    entries = [] if about else _open_entries(place)
    chosen = frozenset(str(one.id) for one in entries[: meetings.MOST_ITEMS])
    typed = Typed({"minutes": str(USUAL_MINUTES), "title": place._("Meeting of the partners") if about is None else ""})
    return place.show(_plan_page(place, about, entries, chosen, typed))


def _open_entries(place: Place) -> list[Discussion]:
    found = discussions.of_partnership(place.session, place.partnership.id)
    return discussions.in_order(one for one in found if one.status == discussions.OPEN)


def _plan_page(
    place: Place, about: Dispute | None, entries: Sequence[Discussion], chosen: frozenset[str], typed: Typed
) -> PlanPage:
    return PlanPage(
        title=place.title,
        address=place.address,
        dispute=str(about.id) if about else "",
        about=about.title if about else "",
        questions=tuple((str(one.id), one.question) for one in entries),
        chosen=chosen,
        typed=typed,
        zone=place.partnership.time_zone,
        most=meetings.MOST_ITEMS,
    )


@router.post("/partnerships/{partnership_id}/meetings")
def plan(place: PlaceDep, form: FormDep) -> Response:
    about = _dispute_to_lead(place, form.get("dispute"))
    entries = [] if about else _open_entries(place)
    fields = Fields(form, place._)
    title, location = fields.line("title", required=True), fields.line("location")
    starts_at = fields.moment("starts_at", place.partnership.time_zone, earliest=place.now)
    minutes = fields.number("minutes", low=5, high=meetings.LONGEST_MEETING)
    topics = [line.strip() for line in fields.text("topics").splitlines() if line.strip()]
    chosen = frozenset(map(str, form.getlist("question")))
    items = [one for one in entries if str(one.id) in chosen]
    if not 1 <= len(items) + len(topics) <= meetings.MOST_ITEMS:
        fields.faults["topics"] = place._("A meeting has one to {most} items.").format(most=meetings.MOST_ITEMS)
    if fields.faults or starts_at is None:
        return place.show(_plan_page(place, about, entries, chosen, fields.typed), status=422)
    several = meetings.of_partnership(place.session, place.partnership.id, dispute_id=about.id if about else None)
    meeting = next((one for one in several if (one.title, one.starts_at) == (title, starts_at)), None)
    if meeting is None:  # sent twice it is one meeting
        meeting = meetings.plan(
            place.session,
            partnership_id=place.partnership.id,
            dispute_id=about.id if about else None,
            title=title,
            location=location,
            starts_at=starts_at,
            minutes=minutes,
            items=items,
            topics=topics,
            now=place.now,
        )
        place.record("planned a meeting", f"meeting {meeting.id}")
    return see_other(f"{place.address}/meetings/{meeting.id}")


@router.get("/partnerships/{partnership_id}/meetings/{meeting_id}")
def agenda_page(place: PlaceDep, meeting_id: UUID) -> Response:
    return place.show(_agenda_page(place, sitting(place, meeting_id)))


def _agenda_page(
    place: Place,
    sits: Sitting,
    typed: Typed | None = None,
    present: frozenset[str] | None = None,
    *,
    changed: bool = False,
) -> AgendaPage:
    meeting = sits.meeting
    return AgendaPage(
        title=place.title,
        address=place.address,
        meeting_address=sits.address,
        name=meeting.title,
        when=when(place, meeting),
        minutes=meeting.minutes,
        location=meeting.location,
        state=meeting.state,
        is_about_dispute=meeting.dispute_id is not None,
        ground_rules=ground_rules(place.language),
        items=item_lines(place, sits),
        quorum=quorum_words(place, meeting),
        may_record=sits.may_record and meeting.state != "cancelled",
        partners=_invited(place, sits),
        present=frozenset(map(str, meeting.present)) if present is None else present,
        typed=typed or Typed({"chaired_by": meeting.chaired_by or place.account.name, "others": meeting.others}),
        version=meeting.version,
        changed=changed,
    )


def _invited(place: Place, sits: Sitting) -> tuple[tuple[str, Words], ...]:
    """Whose presence is recorded: all partners, or the parties to the dispute."""
    if sits.meeting.dispute_id is None:
        return place.choices()
    parties = dispute_parties.parties_of(place.session, sits.meeting.dispute_id)
    return tuple(one for one in place.choices() if one[0] in {str(party.organization_id) for party in parties})


def _to_record(place: Place, meeting_id: UUID) -> Sitting:
    sits = sitting(place, meeting_id, to_change=True)
    if not sits.may_record:
        raise HTTPException(404)
    return sits


@router.post("/partnerships/{partnership_id}/meetings/{meeting_id}/present")
def say_who_is_there(place: PlaceDep, form: FormDep, meeting_id: UUID) -> Response:
    sits = _to_record(place, meeting_id)
    fields = Fields(form, place._)
    chaired_by, others = fields.line("chaired_by", required=True), fields.text("others")
    members = {str(key): key for key in place.members()}
    chosen = frozenset(one for one in map(str, form.getlist("present")) if one in members)
    if fields.faults:
        return place.show(_agenda_page(place, sits, fields.typed, chosen), status=422)
    try:
        meetings.close(
            sits.meeting,
            chaired_by=chaired_by,
            present=[members[one] for one in sorted(chosen)],
            others=others,
            members=members.values(),
            seen=seen_version(form),
        )
    except ChangedMeanwhile:
        return place.show(_agenda_page(place, sits, fields.typed, chosen, changed=True), status=409)
    place.record("recorded who was at a meeting", f"meeting {meeting_id}")
    return see_other(sits.address)


@router.post("/partnerships/{partnership_id}/meetings/{meeting_id}/cancel")
def cancel(place: PlaceDep, meeting_id: UUID) -> Response:
    sits = _to_record(place, meeting_id)
    if sits.meeting.state == "planned":
        meetings.cancel(sits.meeting)
        place.record("cancelled a meeting", f"meeting {meeting_id}")
    return see_other(sits.address)


@router.get("/partnerships/{partnership_id}/meetings/{meeting_id}/calendar.ics")
def calendar_file(place: PlaceDep, meeting_id: UUID) -> Response:
    meeting = sitting(place, meeting_id).meeting
    return ical_download(calendar_event(place, meeting), f"meeting {place.partnership.code} {meeting.starts_at.date()}")


@router.get("/partnerships/{partnership_id}/meetings/{meeting_id}/minutes")
def minutes_page(place: PlaceDep, meeting_id: UUID) -> Response:
    sits = sitting(place, meeting_id)
    files = tuple((code, LANGUAGE_NAMES[code], f"{sits.address}/minutes.pdf?language={code}") for code in LANGUAGES)
    body = environment(place.language).get_template("brief/_body.html").render(brief=minutes_of(place, sits))
    return place.show(MinutesPage(str(place.title), sits.address, sits.meeting.title, body, files))


@router.get("/partnerships/{partnership_id}/meetings/{meeting_id}/minutes.pdf")
def minutes_file(
    place: PlaceDep, meeting_id: UUID, language: Annotated[Literal["en", "km", "fr"] | None, Query()] = None
) -> Response:
    spoken = place.speaking(language or place.language)
    sits = sitting(spoken, meeting_id)
    made = brief_pdf.to_pdf(minutes_of(spoken, sits))
    name = f"minutes {place.partnership.code} {sits.meeting.starts_at.date()} {spoken.language}.pdf"
    return download(made, name, "application/pdf")
