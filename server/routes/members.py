"""Who belongs to a partnership, from when to when and in which role; and what an organization becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for, partnership_to_run
from server.dossiers import address_of
from server.kinds import KINDS, ROLES
from server.languages import translator
from server.pages import Page, Words, language_of, render, see_other
from server.refusals import Refusal, refusals_of
from server.sheets import name_of, title_of
from surveys import accounts, audit, organizations, partnerships, signing
from surveys.models import Account, Membership, Organization, Partnership
from surveys.models.partnerships import EXTERNAL_KINDS, NATIONAL_KINDS
from surveys.problems import InvalidInput, SurveyProblem

router = APIRouter()
Short = Annotated[str, Form(max_length=500)]
Long = Annotated[str, Form(max_length=3000)]
ORGANIZATION_ACTS = {"rename": "renamed", "merge": "merged", "split": "split"}


@dataclass(frozen=True, slots=True)
class MemberView:
    id: str
    name: Words
    kind: str
    side: str
    role: str
    role_code: str
    joined_on: date
    left_on: date | None
    before: tuple[str, ...]  # the names it had, and what became part of it


@dataclass(frozen=True, slots=True)
class MembersPage(Page):
    template = "partnerships/members.html"
    title: Words
    address: str
    members: tuple[MemberView, ...]
    former: tuple[MemberView, ...]
    kinds: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]
    known: tuple[tuple[str, Words], ...]
    may_run: bool
    refusals: tuple[Refusal, ...]
    today: date


@dataclass(frozen=True, slots=True)
class OrganizationPage(Page):
    template = "partnerships/organization.html"
    title: Words
    address: str
    member: MemberView
    names: dict[str, str]
    kinds: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, Words], ...]
    today: date


@router.get("/partnerships/{partnership_id}/members")
def members_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    return _show(request, session, account, partnership, now.date())


def _show(
    request: Request,
    session: Session,
    account: Account,
    partnership: Partnership,
    today: date,
    problem: SurveyProblem | None = None,
) -> Response:
    language = language_of(request)
    rows = _ever(session, partnership)
    views = [_view(session, member, one, language) for member, one in rows]
    present = tuple(one for one in views if one.left_on is None or one.left_on >= today)
    runs = may_run(session, account, partnership.id)
    page = MembersPage(
        title=title_of(partnership, language),
        address=address_of(partnership),
        members=present,
        former=tuple(one for one in views if one not in present),
        kinds=_kinds(language),
        roles=tuple((code, translator(language).gettext(words)) for code, words in ROLES.items()),
        known=_known(session, account, {one.id for _, one in rows}, language) if runs else (),
        may_run=runs,
        refusals=refusals_of(problem, language) if problem else (),
        today=today,
    )
    return render(request, page, status=422 if problem else 200)


def _ever(session: Session, partnership: Partnership) -> list[tuple[Membership, Organization]]:
    query = (
        select(Membership, Organization)
        .join(Organization, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == partnership.id)
    )
    found = session.exec(query).all()
    return sorted(found, key=lambda row: (row[0].role != "lead", not row[1].is_national, row[1].name, row[0].joined_on))


def _view(session: Session, member: Membership, organization: Organization, language: str) -> MemberView:
    _ = translator(language).gettext
    return MemberView(
        id=str(organization.id),
        name=name_of(organization, language),
        kind=_(KINDS[organization.kind]),
        side=_("national") if organization.is_national else _("external"),
        role=_(ROLES[member.role]),
        role_code=member.role,
        joined_on=member.joined_on,
        left_on=member.left_on,
        before=tuple(_past(session, organization, language)),
    )


def _past(session: Session, organization: Organization, language: str) -> list[str]:
    """What happened to the organization, as far as its name does not say it."""
    _ = translator(language).gettext
    said = []
    for one in organizations.history(session, organization.id):
        name = str(one.before.get(language) or one.before["en"])
        if one.kind == "renamed":
            said.append(_("until {year} called {name}").format(year=one.day.year, name=name))
        elif one.kind == "merged" and one.other_id == organization.id:
            said.append(_("{name} became part of it in {year}").format(year=one.day.year, name=name))
        elif one.kind == "split" and one.other_id == organization.id:
            said.append(_("was part of {name} until {year}").format(year=one.day.year, name=name))
    return said


def _kinds(language: str) -> tuple[tuple[str, str], ...]:
    _ = translator(language).gettext
    return tuple((code, _(KINDS[code])) for code in NATIONAL_KINDS + EXTERNAL_KINDS)


def _known(session: Session, account: Account, here: set[UUID], language: str) -> tuple[tuple[str, Words], ...]:
    """Organizations of the account's other partnerships: who is known already is not created a second time."""
    seats = list(accounts.seats_of(session, account))
    query = (
        select(Organization)
        .join(Membership, col(Membership.organization_id) == col(Organization.id))
        .where(col(Membership.partnership_id).in_(seats))
        .order_by(col(Organization.name))
    )
    found = {one.id: one for one in session.exec(query) if one.id not in here}
    return tuple((str(id_), name_of(one, language)) for id_, one in found.items())


@router.post("/partnerships/{partnership_id}/members")
def join(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    name: Short = "",
    kind: Short = "",
    known: Short = "",
    role: Short = "member",
    on: Short = "",
) -> Response:
    """A known organization, or a new one, becomes a partner."""
    partnership = partnership_to_run(session, account, partnership_id)

    def act() -> None:
        day = _day(on, now.date())
        if known:
            organization = _find_known(session, account, known)
        else:
            organization = organizations.found(session, name=name, kind=kind)
        partnerships.join(session, partnership, organization, role=role, on=day)

    return _done(request, session, account, partnership, now, act, "added a partner")


def _find_known(session: Session, account: Account, known: str) -> Organization:
    ids = {code for code, _ in _known(session, account, set(), "en")}
    if known not in ids:
        raise HTTPException(404)
    return session.get_one(Organization, UUID(known))


@router.post("/partnerships/{partnership_id}/members/{organization_id}/{act}")
def act_on_member(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    organization_id: UUID,
    act: Annotated[str, Path(pattern=r"^(leave|lead|role|rename|merge|split)$")],
    on: Short = "",
    reason: Long = "",
    role: Short = "",
    name: Short = "",
    name_km: Short = "",
    name_fr: Short = "",
    kind: Short = "",
    into: Annotated[UUID | None, Form()] = None,
) -> Response:
    partnership, today = partnership_to_run(session, account, partnership_id), now.date()

    def run() -> None:
        day = _day(on, today)
        _, organization = partnerships.get_member(session, partnership.id, organization_id, today)
        match act:
            case "leave":
                partnerships.leave(session, partnership, organization_id, on=day)
                if day <= today:
                    signing.settle(session, partnership.id, day + timedelta(days=1))
            case "lead":
                partnerships.change_lead(session, partnership, organization_id, reason=reason, on=day)
            case "role":
                partnerships.set_role(session, partnership, organization_id, role, on=day)
            case "rename":
                names = {"km": name_km, "fr": name_fr}
                organizations.rename(session, organization, name=name, names=names, reason=reason, on=day)
            case "merge":
                _, other = partnerships.get_member(session, partnership.id, into or organization_id, today)
                organizations.merge(session, organization, other, reason=reason, on=day)
                signing.settle(session, partnership.id, day)
            case _:
                organizations.split(session, organization, name=name, kind=kind, reason=reason, on=day)

    return _done(request, session, account, partnership, now, run, f"{act} of a partner")


def _done(
    request: Request,
    session: Session,
    account: Account,
    partnership: Partnership,
    now: datetime,
    act: Callable[[], None],
    said: str,
) -> Response:
    """Do it whole or not at all; a refusal is told on the page."""
    try:
        with session.begin_nested():
            act()
    except SurveyProblem as problem:
        return _show(request, session, account, partnership, now.date(), problem)
    audit.record(session, account.email, said, f"partnership {partnership.code}", now)
    return see_other(f"{address_of(partnership)}/members")


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        raise InvalidInput("this is not a date", why="not_a_date") from None
    if not 1990 <= day.year < 2200:
        raise InvalidInput("this is not a date", why="not_a_date")
    return day


@router.get("/partnerships/{partnership_id}/members/{organization_id}")
def organization_page(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    organization_id: UUID,
) -> Response:
    partnership, language = partnership_to_run(session, account, partnership_id), language_of(request)
    member, organization = partnerships.get_member(session, partnership.id, organization_id, now.date())
    others = partnerships.members_on(session, partnership.id, now.date())
    page = OrganizationPage(
        title=title_of(partnership, language),
        address=f"{address_of(partnership)}/members",
        member=_view(session, member, organization, language),
        names={"en": organization.name, **organization.names},
        kinds=_kinds(language),
        others=tuple((str(one.id), name_of(one, language)) for _, one in others if one.id != organization.id),
        today=now.date(),
    )
    return render(request, page)
