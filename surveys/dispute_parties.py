"""Who takes part in a dispute: its parties, the neutral people it is led by, and what each seat is in it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.discussions import check_seen
from surveys.dispute_states import ENDED, Role
from surveys.models import Account, Dispute, Party, Seat
from surveys.problems import InvalidInput, NotAllowedNow
from surveys.texts import checked


def parties_of(session: Session, dispute_id: UUID, *, present: bool = False) -> list[Party]:
    query = select(Party).where(Party.dispute_id == dispute_id)
    found = session.exec(query.where(col(Party.left_on).is_(None)) if present else query).all()
    return sorted(found, key=lambda party: str(party.organization_id))


def name_people(
    session: Session, dispute: Dispute, *, facilitator: Account | None, adjudicator: Account | None, seen: int
) -> None:
    """A neutral facilitator, and an adjudicator who is somebody else and does not run the partnership's rounds."""
    check_seen(dispute, seen)
    if dispute.state in ENDED:
        raise NotAllowedNow("this dispute has ended")
    if facilitator is not None and adjudicator is not None and facilitator.id == adjudicator.id:
        raise InvalidInput("the adjudicator is somebody else than the facilitator")
    eligible = neutral_accounts(session, dispute)
    for account in (facilitator, adjudicator):
        if account is not None and account.id not in eligible:
            raise InvalidInput("facilitator and adjudicator have a seat in the partnership and belong to no party")
    if adjudicator is not None and eligible[adjudicator.id][1].role == "facilitator":
        raise InvalidInput("who runs the rounds of a partnership does not adjudicate its disputes")
    dispute.facilitator_id = facilitator.id if facilitator else None
    dispute.adjudicator_id = adjudicator.id if adjudicator else None
    dispute.version = seen + 1


def neutral_accounts(session: Session, dispute: Dispute) -> dict[UUID, tuple[Account, Seat]]:
    """Whoever has a seat in the partnership and does not sit there for a party."""
    query = (
        select(Account, Seat)
        .join(Seat, col(Seat.account_id) == col(Account.id))
        .where(Seat.partnership_id == dispute.partnership_id)
    )
    involved = {party.organization_id for party in parties_of(session, dispute.id)}
    return {
        account.id: (account, seat) for account, seat in session.exec(query) if seat.organization_id not in involved
    }


def remove_party(
    session: Session, dispute: Dispute, organization_id: UUID, *, reason: str, seen: int, today: date
) -> None:
    """A party leaves in the middle: it reads nothing more, what it wrote into the shared record stays."""
    check_seen(dispute, seen)
    party = session.get(Party, (dispute.id, organization_id))
    if party is None or party.left_on is not None or dispute.state in ENDED:
        raise NotAllowedNow("this organization is not a party")
    party.left_on, party.left_because = today, checked(reason, "reason", required=True)
    dispute.version = seen + 1


def add_party(
    session: Session, dispute: Dispute, organization_id: UUID, *, members: Collection[UUID], seen: int
) -> None:
    check_seen(dispute, seen)
    if organization_id not in members or dispute.state in ENDED:
        raise InvalidInput("a party is a partner of this partnership")
    party = session.get(Party, (dispute.id, organization_id))
    if party is None:
        session.add(Party(dispute_id=dispute.id, organization_id=organization_id))
    else:
        party.left_on, party.left_because = None, ""
    dispute.version = seen + 1


def role_in(session: Session, dispute: Dispute, seat: Seat) -> Role | None:
    """What this seat is in this dispute; to None the dispute does not exist.

    Whoever runs the partnership's rounds stands in for the facilitator until a neutral one is named.
    """
    if dispute.adjudicator_id == seat.account_id:
        return "adjudicator"
    if dispute.facilitator_id == seat.account_id:
        return "facilitator"
    if seat.role == "facilitator":
        return "facilitator" if dispute.facilitator_id is None else None
    if seat.role != "representative" or seat.organization_id is None:
        return None
    party = session.get(Party, (dispute.id, seat.organization_id))
    if party is None or party.left_on is not None:
        return None
    return "raiser" if seat.organization_id == dispute.raised_for_id else "party"
