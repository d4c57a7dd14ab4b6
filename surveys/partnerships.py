"""Partnerships and their members on a given day; the founding text's first rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from surveys.models import Membership, Organization, Partnership
from surveys.models.partnerships import EXTERNAL_KINDS, NATIONAL_KINDS
from surveys.problems import InvalidInput, NotFound
from surveys.releases import Partner


def create_organization(
    session: Session, *, name: str, kind: str, names: Mapping[str, str] | None = None, short_name: str = ""
) -> Organization:
    """A new organization; its side follows from its kind."""
    if kind not in NATIONAL_KINDS + EXTERNAL_KINDS:
        raise InvalidInput(
            f"“{kind}” is not a kind of organization; known are {', '.join(NATIONAL_KINDS + EXTERNAL_KINDS)}"
        )
    made = Organization(
        name=name, names=dict(names or {}), short_name=short_name, kind=kind, is_national=kind in NATIONAL_KINDS
    )
    session.add(made)
    session.flush()  # its id is needed for memberships
    return made


def create_partnership(session: Session, *, code: str, title: str, **given: Any) -> Partnership:
    """A new partnership; `given` names further columns."""
    made = Partnership(code=code, title=title, **given)
    session.add(made)
    session.flush()  # its id is needed for members and rounds
    return made


def join(
    session: Session, partnership: Partnership, organization: Organization, *, role: str = "member", on: date
) -> Membership:
    """An organization becomes a member. The lead must be national, the external lead external (S4)."""
    if role == "lead" and not organization.is_national:
        raise InvalidInput(
            f"{organization.name} cannot lead: the lead partner is a national organization (paragraph S4)"
        )
    if role == "external_lead" and organization.is_national:
        raise InvalidInput(f"{organization.name} is national and cannot be the external lead partner (paragraph S4)")
    member = Membership(partnership_id=partnership.id, organization_id=organization.id, role=role, joined_on=on)
    session.add(member)
    return member


def members_on(session: Session, partnership_id: UUID, day: date) -> list[tuple[Membership, Organization]]:
    """Members on this day: lead first, then the national side, then by name."""
    query = (
        select(Membership, Organization)
        .join(Organization, col(Membership.organization_id) == col(Organization.id))
        .where(
            Membership.partnership_id == partnership_id,
            col(Membership.joined_on) <= day,
            or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= day),
        )
    )
    found = session.exec(query).all()
    return sorted(found, key=lambda pair: (pair[0].role != "lead", not pair[1].is_national, pair[1].name))


def partner_of(membership: Membership, organization: Organization) -> Partner:
    """The organization as a release names it."""
    return Partner(
        id=str(organization.id),
        name=organization.name,
        kind=organization.kind,
        side="national" if organization.is_national else "external",
        role=membership.role,
        names=organization.names,
    )


def find_by_code(session: Session, code: str) -> Partnership | None:
    return session.exec(select(Partnership).where(Partnership.code == code)).first()


def get_partnership(session: Session, partnership_id: UUID) -> Partnership:
    found = session.get(Partnership, partnership_id)
    if found is None:
        raise NotFound("there is no such partnership")
    return found
