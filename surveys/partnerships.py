"""Partnerships and their members on a given day; the founding text's first rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from surveys.models import Membership, Organization, Partnership, PartnershipEvent
from surveys.models.partnerships import EXTERNAL_DONORS, EXTERNAL_KINDS, NATIONAL_KINDS, NGOS, ROLES
from surveys.principles import breach, refuse
from surveys.problems import InvalidInput, NotFound
from surveys.releases import Partner

LONGEST_REASON = 2_000


def create_organization(
    session: Session, *, name: str, kind: str, names: Mapping[str, str] | None = None, short_name: str = ""
) -> Organization:
    """A new organization; its side follows from its kind."""
    if kind not in NATIONAL_KINDS + EXTERNAL_KINDS:
        raise InvalidInput(
            f"“{kind}” is not a kind of organization; known are {', '.join(NATIONAL_KINDS + EXTERNAL_KINDS)}",
            why="no_kind",
        )
    made = Organization(
        name=name, names=dict(names or {}), short_name=short_name, kind=kind, is_national=kind in NATIONAL_KINDS
    )
    session.add(made)
    session.flush()  # its id is needed for memberships
    return made


def create_partnership(session: Session, *, code: str, title: str, **given: Any) -> Partnership:
    """A new partnership, which begins as an idea; `given` names further columns. See phases.move for what follows."""
    if given.get("phase", "idea") not in ("idea", "imported"):
        raise InvalidInput("a partnership begins as an idea; it is activated when its charter is signed")
    made = Partnership(code=code, title=title, **given)
    session.add(made)
    session.flush()  # its id is needed for members and rounds
    return made


def join(
    session: Session, partnership: Partnership, organization: Organization, *, role: str = "member", on: date
) -> Membership:
    """An organization becomes a member, in a role that the founding text allows (S4)."""
    if role not in ROLES:
        raise InvalidInput(f"a role is one of {', '.join(ROLES)}")
    members = members_on(session, partnership.id, on)
    if organization.id in {one.id for _, one in members}:
        raise InvalidInput(f"{organization.name} is a partner already; nothing was changed", why="joined_already")
    _check_roles([(one.role, other) for one, other in members] + [(role, organization)])
    member = Membership(partnership_id=partnership.id, organization_id=organization.id, role=role, joined_on=on)
    session.add(member)
    return member


def _check_roles(members: Sequence[tuple[str, Organization]]) -> None:
    """At most one lead; a national one where an external donor or an NGO takes part; an external lead is external."""
    leads = [one for role, one in members if role == "lead"]
    if len(leads) > 1:
        refuse([breach("one_lead")])
    takes_part = any(one.kind in EXTERNAL_DONORS + NGOS for _, one in members)
    if takes_part and leads and not leads[0].is_national:
        refuse([breach("lead_national", organizations=leads)])
    wrong = [one for role, one in members if role == "external_lead" and one.is_national]
    if wrong:
        refuse([breach("external_lead_external", organizations=wrong)])


def leave(session: Session, partnership: Partnership, organization_id: UUID, *, on: date) -> None:
    """The last day of a partner. The lead hands over first: a partnership is never without one."""
    member, organization = get_member(session, partnership.id, organization_id, on)
    if member.role == "lead":
        raise InvalidInput(f"{organization.name} leads this partnership; name another lead first", why="leads")
    if on < member.joined_on:
        raise InvalidInput("nobody leaves before joining", why="dates")
    member.left_on = on


def change_lead(session: Session, partnership: Partnership, organization_id: UUID, *, reason: str, on: date) -> None:
    """Another partner leads from this day, for a reason that is kept."""
    if not reason.strip():
        refuse([breach("lead_reason")])
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"a reason has at most {LONGEST_REASON} characters", why="needs_reason")
    members = members_on(session, partnership.id, on)
    before = next((pair for pair in members if pair[0].role == "lead"), None)
    _, organization = get_member(session, partnership.id, organization_id, on)
    if before is not None and before[1].id == organization_id:
        raise InvalidInput(f"{organization.name} leads this partnership already", why="leads_already")
    roles = [
        ("lead" if one.id == organization_id else "member" if member.role == "lead" else member.role, one)
        for member, one in members
    ]
    _check_roles(roles)
    if before is not None:
        set_role(session, partnership, before[1].id, "member", on=on)
    set_role(session, partnership, organization_id, "lead", on=on)
    names = {"from": _names(before[1]) if before else {}, "to": _names(organization)}
    detail = {"from": before[1].name if before else "", "to": organization.name, "names": names}
    session.add(
        PartnershipEvent(
            partnership_id=partnership.id, day=on, kind="lead_changed", detail=detail, reason=reason.strip()
        )
    )


def _names(organization: Organization) -> dict[str, str]:
    return {"en": organization.name, **organization.names}


def set_role(session: Session, partnership: Partnership, organization_id: UUID, role: str, *, on: date) -> None:
    """Another role from this day: the time under the old one stays in the record."""
    if role not in ROLES:
        raise InvalidInput(f"a role is one of {', '.join(ROLES)}")
    members = members_on(session, partnership.id, on)
    member, _ = get_member(session, partnership.id, organization_id, on)
    if member.role == role:
        return
    _check_roles([(role if one.id == organization_id else other.role, one) for other, one in members])
    if member.joined_on == on:
        member.role = role
        return
    member.left_on = on - timedelta(days=1)
    session.add(Membership(partnership_id=partnership.id, organization_id=organization_id, role=role, joined_on=on))
    session.flush()  # the next role is checked against this one


def get_member(
    session: Session, partnership_id: UUID, organization_id: UUID, on: date
) -> tuple[Membership, Organization]:
    found = next((pair for pair in members_on(session, partnership_id, on) if pair[1].id == organization_id), None)
    if found is None:
        raise NotFound("there is no such partner")
    return found


def set_above(session: Session, partnership: Partnership, parent: Partnership | None) -> None:
    """Its place in the tree of programmes; a tree has no circles."""
    above = parent
    while above is not None:
        if above.id == partnership.id:
            raise InvalidInput("a partnership cannot stand below itself", why="circle")
        above = session.get(Partnership, above.parent_id) if above.parent_id else None
    partnership.parent_id = parent.id if parent else None


def below(session: Session, partnership_id: UUID) -> list[Partnership]:
    """The partnerships directly below this one, by title."""
    query = select(Partnership).where(Partnership.parent_id == partnership_id).order_by(col(Partnership.title))
    return list(session.exec(query).all())


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
