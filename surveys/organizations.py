"""Organizations that are renamed, merged or split. The one that goes on keeps its identity, and with it its series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from surveys import partnerships
from surveys.models import Membership, Organization, OrganizationChange, Partnership, PartnershipEvent
from surveys.problems import InvalidInput

LONGEST = 200


def found(session: Session, *, name: str, kind: str) -> Organization:
    """A new organization under a name that can be read."""
    return partnerships.create_organization(session, name=_checked(name), kind=kind)


def rename(
    session: Session, organization: Organization, *, name: str, names: Mapping[str, str], reason: str, on: date
) -> None:
    """Another name from this day; releases keep the name they were published with."""
    given = {code: _checked(text) for code, text in names.items() if text.strip()}
    new = _checked(name)
    before = {"en": organization.name, **organization.names}
    if (new, given) == (organization.name, dict(organization.names)):
        raise InvalidInput("this is the name it has; nothing was changed", why="same_name")
    _note(session, organization, "renamed", None, before, reason, on)
    organization.name, organization.names = new, given
    _tell(session, [organization], "organization_renamed", {"from": before, "to": {"en": new, **given}}, reason, on)


def merge(session: Session, ended: Organization, into: Organization, *, reason: str, on: date) -> None:
    """`ended` becomes part of `into`: its places pass on, its past answers stay its own.

    Raises RuleBroken where the organization that goes on cannot have a place that passes on to it.
    """
    if ended.id == into.id:
        raise InvalidInput("an organization does not merge into itself", why="itself")
    concerned = _partnerships_of(session, ended, on)
    for partnership in concerned:
        member, _ = partnerships.get_member(session, partnership.id, ended.id, on)
        role = member.role
        _end(session, member, on)
        here = {one.id for _, one in partnerships.members_on(session, partnership.id, on)}
        if into.id not in here:
            partnerships.join(session, partnership, into, role=role, on=on)
        elif role != "member":
            partnerships.set_role(session, partnership, into.id, role, on=on)
        session.flush()  # the next check sees who is a partner now
    _note(session, ended, "merged", into.id, {"en": ended.name, **ended.names}, reason, on)
    named = {"from": {"en": ended.name, **ended.names}, "to": {"en": into.name, **into.names}}
    _tell(session, [into], "organization_merged", named, reason, on, only=concerned)


def split(session: Session, organization: Organization, *, name: str, kind: str, reason: str, on: date) -> Organization:
    """A part becomes an organization of its own, a partner wherever the whole is one; the rest goes on as it was."""
    made = partnerships.create_organization(session, name=_checked(name), kind=kind)
    concerned = _partnerships_of(session, organization, on)
    for partnership in concerned:
        partnerships.join(session, partnership, made, on=on)
    _note(session, organization, "split", made.id, {"en": organization.name, **organization.names}, reason, on)
    named = {"from": {"en": organization.name, **organization.names}, "to": {"en": made.name}}
    _tell(session, [organization], "organization_split", named, reason, on, only=concerned)
    return made


def history(session: Session, organization_id: UUID) -> list[OrganizationChange]:
    """What happened to an organization, the earliest first."""
    query = select(OrganizationChange).where(
        (col(OrganizationChange.organization_id) == organization_id)
        | (col(OrganizationChange.other_id) == organization_id)
    )
    return sorted(session.exec(query).all(), key=lambda one: (one.day, str(one.id)))


def same_body(session: Session, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Under which organization the past of each of these is read today: itself, or what it was merged into."""
    query = select(OrganizationChange).where(OrganizationChange.kind == "merged")
    merged = {one.organization_id: one.other_id for one in session.exec(query) if one.other_id}
    found = {}
    for id_ in ids:
        seen, last = {id_}, id_
        while last in merged and merged[last] not in seen:
            last = merged[last]
            seen.add(last)
        found[id_] = last
    return found


def _end(session: Session, member: Membership, on: date) -> None:
    """The last day is the one before; who joined on this very day was never a partner."""
    if member.joined_on >= on:
        session.delete(member)
    else:
        member.left_on = on - timedelta(days=1)
    session.flush()  # the places that pass on are free


def _partnerships_of(session: Session, organization: Organization, on: date) -> list[Partnership]:
    query = (
        select(Partnership)
        .join(Membership, col(Membership.partnership_id) == col(Partnership.id))
        .where(
            Membership.organization_id == organization.id,
            col(Membership.joined_on) <= on,
            (col(Membership.left_on).is_(None)) | (col(Membership.left_on) >= on),
        )
        .order_by(col(Partnership.code))
    )
    return list(session.exec(query).unique().all())


def _note(
    session: Session,
    organization: Organization,
    kind: str,
    other_id: UUID | None,
    before: Mapping[str, str],
    reason: str,
    on: date,
) -> None:
    if not reason.strip() or len(reason) > 2_000:
        raise InvalidInput("a change of an organization needs a reason, of at most 2000 characters", why="needs_reason")
    session.add(
        OrganizationChange(
            organization_id=organization.id,
            other_id=other_id,
            day=on,
            kind=kind,
            before=dict(before),
            reason=reason.strip(),
        )
    )


def _tell(
    session: Session,
    several: Sequence[Organization],
    kind: str,
    names: Mapping[str, Mapping[str, str]],
    reason: str,
    on: date,
    only: Sequence[Partnership] | None = None,
) -> None:
    """An event in every partnership concerned, so that a trend can show it."""
    concerned = only if only is not None else [p for one in several for p in _partnerships_of(session, one, on)]
    detail = {
        **{role: said.get("en", "") for role, said in names.items()},
        "names": {k: dict(v) for k, v in names.items()},
    }
    for partnership in concerned:
        session.add(
            PartnershipEvent(partnership_id=partnership.id, day=on, kind=kind, detail=detail, reason=reason.strip())
        )


def _checked(name: str) -> str:
    text = " ".join(name.split())
    if not text or len(text) > LONGEST or not all(sign.isprintable() or sign in "\u200b\u200c\u200d" for sign in text):
        raise InvalidInput(f"an organization needs a name of at most {LONGEST} characters", why="no_name")
    return text
