"""Who belongs to a partnership, from when to when and in which role; and what an organization becomes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path
from sqlmodel import col, select
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.kinds import KINDS, ROLES
from server.pages import Page, Words, see_other
from server.places import ChairDep, Place, PlaceDep
from server.refusals import Refusal, refusals_of
from server.sheets import name_of
from surveys import accounts, organizations, partnerships, signing
from surveys.models import Membership, Organization
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
def members_page(place: PlaceDep) -> Response:
    return _show(place)


def _show(place: Place, problem: SurveyProblem | None = None) -> Response:
    rows = _ever(place)
    views = [_view(place, member, one) for member, one in rows]
    present = tuple(one for one in views if one.left_on is None or one.left_on >= place.today)
    page = MembersPage(
        title=place.title,
        address=place.address,
        members=present,
        former=tuple(one for one in views if one not in present),
        kinds=_kinds(place),
        roles=tuple((code, place._(words)) for code, words in ROLES.items()),
        known=_known(place, {one.id for _, one in rows}) if place.may_run else (),
        may_run=place.may_run,
        refusals=refusals_of(problem, place.language) if problem else (),
        today=place.today,
    )
    return place.show(page, status=422 if problem else 200)


def _ever(place: Place) -> list[tuple[Membership, Organization]]:
    query = (
        select(Membership, Organization)
        .join(Organization, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == place.partnership.id)
    )
    found = place.session.exec(query).all()
    return sorted(found, key=lambda row: (row[0].role != "lead", not row[1].is_national, row[1].name, row[0].joined_on))


def _view(place: Place, member: Membership, organization: Organization) -> MemberView:
    _ = place._
    return MemberView(
        id=str(organization.id),
        name=name_of(organization, place.language),
        kind=_(KINDS[organization.kind]),
        side=_("national") if organization.is_national else _("external"),
        role=_(ROLES[member.role]),
        role_code=member.role,
        joined_on=member.joined_on,
        left_on=member.left_on,
        before=tuple(_past(place, organization)),
    )


def _past(place: Place, organization: Organization) -> list[str]:
    """What happened to the organization, as far as its name does not say it."""
    _, said = place._, []
    for one in organizations.history(place.session, organization.id):
        name = str(one.before.get(place.language) or one.before["en"])
        if one.kind == "renamed":
            said.append(_("until {year} called {name}").format(year=one.day.year, name=name))
        elif one.kind == "merged" and one.other_id == organization.id:
            said.append(_("{name} became part of it in {year}").format(year=one.day.year, name=name))
        elif one.kind == "split" and one.other_id == organization.id:
            said.append(_("was part of {name} until {year}").format(year=one.day.year, name=name))
    return said


def _kinds(place: Place) -> tuple[tuple[str, str], ...]:
    return tuple((code, place._(KINDS[code])) for code in NATIONAL_KINDS + EXTERNAL_KINDS)


def _known(place: Place, here: Collection[UUID] = ()) -> tuple[tuple[str, Words], ...]:
    """Organizations of the account's other partnerships: who is known already is not created a second time."""
    seats = list(accounts.seats_of(place.session, place.account))
    query = (
        select(Organization)
        .join(Membership, col(Membership.organization_id) == col(Organization.id))
        .where(col(Membership.partnership_id).in_(seats))
        .order_by(col(Organization.name))
    )
    found = {one.id: one for one in place.session.exec(query) if one.id not in here}
    return tuple((str(id_), name_of(one, place.language)) for id_, one in found.items())


@router.post("/partnerships/{partnership_id}/members")
def join(
    place: ChairDep, name: Short = "", kind: Short = "", known: Short = "", role: Short = "member", on: Short = ""
) -> Response:
    """A known organization, or a new one, becomes a partner."""

    def act() -> None:
        day = _day(on, place.today)
        organization = _find_known(place, known) if known else organizations.found(place.session, name=name, kind=kind)
        partnerships.join(place.session, place.partnership, organization, role=role, on=day)

    return _done(place, act, "added a partner")


def _find_known(place: Place, known: str) -> Organization:
    if known not in {code for code, _ in _known(place)}:
        raise HTTPException(404)
    return place.session.get_one(Organization, UUID(known))


@router.post("/partnerships/{partnership_id}/members/{organization_id}/{act}")
def act_on_member(
    place: ChairDep,
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
    session, partnership, today = place.session, place.partnership, place.today

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

    return _done(place, run, f"{act} of a partner")


def _done(place: Place, act: Callable[[], None], said: str) -> Response:
    if problem := place.attempt(act):
        return _show(place, problem)
    place.record(said, f"partnership {place.partnership.code}")
    return see_other(f"{place.address}/members")


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        raise InvalidInput("this is not a date", why="not_a_date") from None
    if not 1990 <= day.year < 2200:
        raise InvalidInput("this is not a date", why="not_a_date")
    return day


@router.get("/partnerships/{partnership_id}/members/{organization_id}")
def organization_page(place: ChairDep, organization_id: UUID) -> Response:
    member, organization = partnerships.get_member(place.session, place.partnership.id, organization_id, place.today)
    page = OrganizationPage(
        title=place.title,
        address=f"{place.address}/members",
        member=_view(place, member, organization),
        names={"en": organization.name, **organization.names},
        kinds=_kinds(place),
        others=place.choices(without=organization.id),
        today=place.today,
    )
    return place.show(page)
