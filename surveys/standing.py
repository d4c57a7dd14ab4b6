"""Everything about a partnership that the rules of the founding text look at, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys import charter as agreed
from surveys import lessons, partnerships, registers
from surveys.models import (
    Account,
    Charter,
    Commitment,
    Lesson,
    Membership,
    Organization,
    Partnership,
    RegisterEntry,
    Seat,
)
from surveys.models.partnerships import EXTERNAL_DONORS, NGOS


@dataclass(frozen=True, slots=True)
class Standing:
    """charter: the version whose signatures count. entries: lines of registers, withdrawn ones left out."""

    partnership: Partnership
    today: date
    members: Sequence[tuple[Membership, Organization]]
    charter: Charter | None
    in_force: Charter | None
    signed: frozenset[UUID]
    entries: Mapping[str, Sequence[RegisterEntry]]
    lessons: Sequence[Lesson]
    facilitators: frozenset[str]  # names and addresses, folded
    commitments: Sequence[Commitment]  # those that every partner may read

    @property
    def partners(self) -> list[Organization]:
        return [one for _, one in self.members]

    @property
    def national(self) -> list[Organization]:
        return [one for one in self.partners if one.is_national]

    @property
    def external(self) -> list[Organization]:
        return [one for one in self.partners if not one.is_national]

    def with_role(self, role: str) -> list[Organization]:
        return [one for member, one in self.members if member.role == role]

    def lines(self, register: str) -> list[dict[str, Any]]:
        return [one.body for one in self.entries.get(register, ())]

    def body(self) -> Mapping[str, Any]:
        """The text in force, else the one that is being signed."""
        text = self.in_force or self.charter
        return text.body if text else {}

    def organization(self, id_: str) -> Organization | None:
        return next((one for one in self.partners if str(one.id) == id_), None)


def look(session: Session, partnership: Partnership, today: date) -> Standing:
    """The partnership as it stands on this day."""
    current = agreed.current(session, partnership.id)
    return Standing(
        partnership=partnership,
        today=today,
        members=partnerships.members_on(session, partnership.id, today),
        charter=current,
        in_force=agreed.in_force(session, partnership.id),
        signed=frozenset(agreed.signed_by(session, current)) if current else frozenset(),
        entries=registers.of_partnership(session, partnership.id),
        lessons=lessons.of_partnership(session, partnership.id),
        facilitators=_facilitators(session, partnership.id),
        commitments=_commitments(session, partnership.id),
    )


def _facilitators(session: Session, partnership_id: UUID) -> frozenset[str]:
    query = (
        select(Account)
        .join(Seat, col(Seat.account_id) == col(Account.id))
        .where(Seat.partnership_id == partnership_id, Seat.role == "facilitator")
    )
    return frozenset(text.strip().casefold() for one in session.exec(query) for text in (one.name, one.email))


def _commitments(session: Session, partnership_id: UUID) -> list[Commitment]:
    query = select(Commitment).where(
        Commitment.partnership_id == partnership_id, col(Commitment.is_open_to_all).is_(True)
    )
    return sorted(session.exec(query).all(), key=lambda one: (one.agreed_on, str(one.id)))


def modality_of(organizations: Sequence[Organization]) -> str:
    """The form of a partnership follows from its members: national, or involving external partners."""
    return "national" if all(one.is_national for one in organizations) else "external"


def needs_national_lead(organizations: Sequence[Organization]) -> bool:
    """The text says “external donors and NGOs”; either of them is enough here, which is the safer reading."""
    return any(one.kind in EXTERNAL_DONORS + NGOS for one in organizations)
