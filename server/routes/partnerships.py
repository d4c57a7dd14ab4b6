"""The facilitator's first page, and the overview of one partnership: members, rounds, and the ways on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server import drawings
from server.concern_words import acknowledged_lines
from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for
from server.dossiers import Dossier, latest_rounds, open_dossier, open_dossiers, overdue_counts
from server.languages import format_day
from server.pages import Page, Words, language_of, render
from server.reading import IndexLine, attention, headline_targets, index_lines, response_words
from server.sheets import name_of, title_of
from server.states import state_words
from server.wording import Wording
from surveys import accounts, key_locks, partnerships, rounds
from surveys.key_locks import Waiting
from surveys.models import Membership, Organization, Partnership, Round

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PartnershipCard:
    """One partnership in the list: the latest headline indices, and what is going on now."""

    address: str
    title: Words
    about: str
    lines: tuple[IndexLine, ...]
    glance: str
    response: str
    last: str
    now: str
    attention: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListPage(Page):
    template = "partnerships/list.html"
    partnerships: tuple[PartnershipCard, ...]


@dataclass(frozen=True, slots=True)
class MemberLine:
    name: Words
    side: str
    role: str


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round as a line of a table; `state` in words, with the time of what comes next."""

    address: str
    label: str
    state: str
    opens_on: date
    closes_on: date
    invited: int
    brief: str | None


@dataclass(frozen=True, slots=True)
class OverviewPage(Page):
    template = "partnerships/overview.html"
    title: Words
    address: str
    purpose: str
    facts: tuple[tuple[str, str], ...]
    attention: tuple[str, ...]
    members: tuple[MemberLine, ...]
    rounds: tuple[RoundLine, ...]
    has_releases: bool
    acknowledged: tuple[tuple[str, str, str], ...]  # what was said about concerns that came through rounds
    may_run: bool


@router.get("/partnerships")
def list_page(request: Request, session: SessionDep, account: AccountDep, now: ClockDep) -> Response:
    language = language_of(request)
    several = accounts.partnerships_of(session, account)
    ids = [one.id for one in several]
    latest, overdue = latest_rounds(session, ids), overdue_counts(session, ids, now.date())
    states = {one.partnership_id: (one, key_locks.find_waiting(session, one)) for one in latest.values()}
    cards = [
        _card(dossier, states.get(dossier.partnership.id), overdue[dossier.partnership.id], now)
        for dossier in open_dossiers(session, account, several, language)
    ]
    return render(request, ListPage(tuple(sorted(cards, key=lambda card: card.title.text.casefold()))))


def _card(
    dossier: Dossier, latest: tuple[Round, Waiting | None] | None, overdue: int, now: datetime
) -> PartnershipCard:
    wording, series = dossier.wording, dossier.series
    targets = headline_targets(wording)
    return PartnershipCard(
        address=dossier.address,
        title=dossier.title,
        about=dossier.partnership.sector or dossier.partnership.goal,
        lines=index_lines(series[-1], targets, wording) if series else (),
        glance=_glance(dossier, targets[0]) if targets else "",
        response=response_words(series[-1], wording) if series else "",
        last=last_words(dossier),
        now=now_words(latest, dossier, now),
        attention=attention(series[-1], overdue, wording) if series else (),
    )


def _glance(dossier: Dossier, target: str) -> str:
    """A small drawing, where there is anything to draw."""
    levels = (release.find("level", target) for release in dossier.series)
    is_drawn = any(cell is not None and (cell.value is not None or cell.low is not None) for cell in levels)
    return drawings.glance(drawings.subject_of(dossier), target) if is_drawn else ""


def last_words(dossier: Dossier) -> str:
    _ = dossier.wording._
    if not dossier.series:
        return _("No round has been released yet.")
    last = dossier.series[-1]
    return _("{round}, answers until {day}").format(
        round=dossier.wording.label(last.round_label), day=format_day(last.closed_on, dossier.wording.language)
    )


def now_words(latest: tuple[Round, Waiting | None] | None, dossier: Dossier, now: datetime) -> str:
    """What the newest round is doing or waiting for, unless it is the one already shown."""
    if latest is None or latest[0].state == "released":
        return ""
    round_, waiting = latest
    wording = dossier.wording
    state = state_words(round_, dossier.partnership.time_zone, wording.language, now, waiting)
    return wording.about(wording.label(round_.label), state)


@router.get("/partnerships/{partnership_id}")
def overview_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    overdue = overdue_counts(session, [partnership.id], now.date())[partnership.id]
    page = OverviewPage(
        title=title_of(partnership, dossier.wording.language),
        address=dossier.address,
        purpose=partnership.purpose,
        facts=_facts(partnership, dossier.wording),
        attention=attention(dossier.series[-1], overdue, dossier.wording) if dossier.series else (),
        members=_member_lines(partnerships.members_on(session, partnership.id, now.date()), dossier.wording),
        rounds=_round_lines(session, rounds.of_partnership(session, partnership.id), dossier, now),
        has_releases=bool(dossier.series),
        acknowledged=acknowledged_lines(session, dossier),
        may_run=may_run(session, account, partnership.id) and partnership.phase not in ("imported", "closed"),
    )
    return render(request, page)


def _facts(partnership: Partnership, wording: Wording) -> tuple[tuple[str, str], ...]:
    _ = wording._
    named = ((_("Goal"), partnership.goal), (_("Sector"), partnership.sector), (_("Level"), partnership.level))
    rhythm = _("a round every {count} months").format(count=partnership.rhythm_months)
    return (*(fact for fact in named if fact[1]), (_("Rhythm"), rhythm))


def _member_lines(members: Sequence[tuple[Membership, Organization]], wording: Wording) -> tuple[MemberLine, ...]:
    _ = wording._
    sides = {True: _("national"), False: _("external")}
    roles = {"lead": _("lead partner"), "external_lead": _("external lead partner"), "member": _("member")}
    return tuple(
        MemberLine(name_of(organization, wording.language), sides[organization.is_national], roles[membership.role])
        for membership, organization in members
    )


def _round_lines(session: Session, several: Sequence[Round], dossier: Dossier, now: datetime) -> tuple[RoundLine, ...]:
    """The newest first, with the days as the partnership's clocks have them."""
    zone = ZoneInfo(dossier.partnership.time_zone)
    return tuple(
        RoundLine(
            address=f"{dossier.address}/rounds/{one.number}",
            label=dossier.wording.label(one.label),
            state=state_words(
                one, dossier.partnership.time_zone, dossier.wording.language, now, key_locks.find_waiting(session, one)
            ),
            opens_on=one.opens_at.astimezone(zone).date(),
            closes_on=one.closes_at.astimezone(zone).date(),
            invited=sum(one.invited.values()),
            brief=f"{dossier.address}/rounds/{one.number}/brief" if dossier.has_release(one.number) else None,
        )
        for one in sorted(several, key=lambda one: one.number, reverse=True)
    )
