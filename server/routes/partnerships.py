"""The facilitator's first page, and the overview of one partnership: members, rounds, and the ways on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.brief_orders import readable_rounds
from server.cards import Card, Cards
from server.concern_words import acknowledged_lines
from server.deps import AccountDep, ClockDep, SessionDep, may_keep_keys, may_run, partnership_for, seat_for
from server.dossiers import Dossier, open_dossier, overdue_counts
from server.filters import Choices, Filter, FilterDep, choices_of
from server.first_steps import StepLine, step_lines
from server.pages import Page, Words, language_of, render
from server.reading import attention
from server.sheets import name_of, title_of
from server.states import state_words
from server.wording import Wording
from surveys import accounts, key_locks, partnerships, rounds
from surveys.models import Account, Membership, Organization, Partnership, Round

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ListPage(Page):
    template = "partnerships/list.html"
    may_found: bool
    partnerships: tuple[Card, ...]
    total: int
    chosen: Filter
    choices: Choices


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
    card: Card
    number: int | None  # of the latest released round
    facts: tuple[tuple[str, str], ...]
    attention: tuple[str, ...]
    members: tuple[MemberLine, ...]
    rounds: tuple[RoundLine, ...]
    has_brief: bool
    has_releases: bool
    first_steps: tuple[StepLine, ...]  # until the first round has begun
    acknowledged: tuple[tuple[str, str, str], ...]  # what was said about concerns that came through rounds
    may_run: bool


@router.get("/partnerships")
def list_page(request: Request, session: SessionDep, account: AccountDep, now: ClockDep, chosen: FilterDep) -> Response:
    language = language_of(request)
    several = accounts.partnerships_of(session, account)
    cards = Cards(session, chosen.among(several), language, now)
    page = ListPage(
        may_found=may_keep_keys(session, account),
        partnerships=tuple(card for card in cards.sorted() if not chosen.attention or card.attention),
        total=len(several),
        chosen=chosen,
        choices=choices_of(several, language),
    )
    return render(request, page, block="cards")


@router.get("/partnerships/{partnership_id}")
def overview_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    overdue = overdue_counts(session, [partnership.id], now.date())[partnership.id]
    with_brief = readable_rounds(session, seat_for(session, account, partnership.id))
    readable = {number for number in with_brief if dossier.has_release(number)}
    (card,) = Cards(session, [partnership], dossier.wording.language, now).sorted()
    page = OverviewPage(
        title=title_of(partnership, dossier.wording.language),
        address=dossier.address,
        purpose=partnership.purpose,
        card=card,
        number=dossier.series[-1].round_number if dossier.series else None,
        facts=_facts(partnership, dossier.wording),
        attention=attention(dossier.series[-1], overdue, dossier.wording) if dossier.series else (),
        members=_member_lines(partnerships.members_on(session, partnership.id, now.date()), dossier.wording),
        rounds=_round_lines(session, rounds.of_partnership(session, partnership.id), dossier, now, readable),
        has_brief=bool(dossier.series) and dossier.series[-1].round_number in readable,
        has_releases=bool(dossier.series),
        first_steps=_first_steps(session, account, partnership, dossier.wording.language, now.date()),
        acknowledged=acknowledged_lines(session, dossier),
        may_run=may_run(session, account, partnership.id) and partnership.phase not in ("imported", "closed"),
    )
    return render(request, page)


def _facts(partnership: Partnership, wording: Wording) -> tuple[tuple[str, str], ...]:
    _ = wording._
    named = ((_("Goal"), partnership.goal), (_("Sector"), partnership.sector), (_("Level"), partnership.level))
    rhythm = _("a round every {count} months").format(count=partnership.rhythm_months)
    return (*(fact for fact in named if fact[1]), (_("Rhythm"), rhythm))


def _first_steps(
    session: Session, account: Account, partnership: Partnership, language: str, today: date
) -> tuple[StepLine, ...]:
    """What a facilitator of a partnership without a history does next."""
    runs = may_run(session, account, partnership.id) and partnership.phase not in ("imported", "closed")
    return step_lines(session, partnership, language, today) if runs else ()


def _member_lines(members: Sequence[tuple[Membership, Organization]], wording: Wording) -> tuple[MemberLine, ...]:
    _ = wording._
    sides = {True: _("national"), False: _("external")}
    roles = {"lead": _("lead partner"), "external_lead": _("external lead partner"), "member": _("member")}
    return tuple(
        MemberLine(name_of(organization, wording.language), sides[organization.is_national], roles[membership.role])
        for membership, organization in members
    )


def _round_lines(
    session: Session, several: Sequence[Round], dossier: Dossier, now: datetime, readable: Collection[int]
) -> tuple[RoundLine, ...]:
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
            brief=f"{dossier.address}/rounds/{one.number}/brief" if one.number in readable else None,
        )
        for one in sorted(several, key=lambda one: one.number, reverse=True)
    )
