"""Concerns: a principle was not kept, somebody says. Only people raise them, only people make disputes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.discussions import latest_release
from surveys.models import Acknowledgement, Concern, Round
from surveys.problems import InvalidInput, NotAllowedNow, NotFound
from surveys.texts import LONGEST_LINE, checked

PRINCIPLES = ("P1", "P2", "P3", "P4", "P5", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "clause")


@dataclass(frozen=True, slots=True)
class Cited:
    """The finding a concern or dispute rests on, as the release said it then."""

    round_id: UUID
    digest: str
    revision: int
    target: str


def cite(session: Session, partnership_id: UUID, number: int, target: str) -> Cited:
    query = select(Round).where(Round.partnership_id == partnership_id, Round.number == number)
    round_ = session.exec(query).first()
    release = latest_release(session, round_.id) if round_ else None
    if round_ is None or release is None:
        raise InvalidInput("only findings of a released round can be cited")
    return Cited(round_.id, release.digest, release.revision, target)


def raise_concern(
    session: Session,
    *,
    partnership_id: UUID,
    organization_id: UUID,
    by: str,
    principle: str,
    happened: str,
    hoped_for: str,
    acknowledge_within_days: int,
    now: datetime,
    clause: str = "",
    cited: Cited | None = None,
) -> Concern:
    if principle not in PRINCIPLES:
        raise InvalidInput(f"the principle is one of {', '.join(PRINCIPLES)}")
    if principle == "clause" and not clause.strip():
        raise InvalidInput("which clause of the code of conduct?")
    made = Concern(
        partnership_id=partnership_id,
        organization_id=organization_id,
        raised_by=by,
        principle=principle,
        clause=checked(clause, "clause", limit=LONGEST_LINE) if principle == "clause" else "",
        happened=checked(happened, "text about what happened", required=True),
        hoped_for=checked(hoped_for, "text about what is hoped for", required=True),
        round_id=cited.round_id if cited else None,
        release_digest=cited.digest if cited else "",
        release_revision=cited.revision if cited else None,
        target=cited.target if cited else "",
        raised_at=now,
        due_on=now.date() + timedelta(days=acknowledge_within_days),
    )
    session.add(made)
    session.flush()  # its id is the address of its page
    return made


def acknowledge(concern: Concern, *, by: str, now: datetime) -> None:
    _expect(concern, "raised")
    concern.state, concern.acknowledged_at, concern.answered_by = "acknowledged", now, by


def answer(concern: Concern, text: str, *, by: str, now: datetime) -> None:
    """The concern ends with an answer. Who raised it may still make a dispute of it."""
    _expect(concern, "raised", "acknowledged")
    concern.answer, concern.answered_by, concern.state = checked(text, "answer", required=True), by, "answered"
    concern.acknowledged_at = concern.acknowledged_at or now


def withdraw(concern: Concern) -> None:
    _expect(concern, "raised", "acknowledged", "answered")
    concern.state = "withdrawn"


def _expect(concern: Concern, *states: str) -> None:
    if concern.state not in states:
        raise NotAllowedNow(f"a concern that is {concern.state} does not take this step")


def is_late(concern: Concern, today: date) -> bool:
    return concern.state == "raised" and concern.due_on < today


def get(session: Session, concern_id: UUID, partnership_id: UUID, *, to_change: bool = False) -> Concern:
    found = session.get(Concern, concern_id, with_for_update=to_change or None)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such concern")
    return found


def of_partnership(session: Session, partnership_id: UUID) -> list[Concern]:
    query = select(Concern).where(Concern.partnership_id == partnership_id)
    return sorted(session.exec(query).all(), key=lambda one: (one.raised_at, str(one.id)), reverse=True)


def acknowledge_round(session: Session, round_id: UUID, text: str, *, by: str, now: datetime) -> Acknowledgement:
    """Say in public that concerns came through a round, and what happens with them. Writing again replaces it."""
    clean = checked(text, "text", required=True)
    found = session.get(Acknowledgement, round_id)
    if found is None:
        found = Acknowledgement(round_id=round_id, text=clean, written_by=by, written_at=now)
        session.add(found)
    found.text, found.written_by, found.written_at = clean, by, now
    return found


def acknowledgements(session: Session, partnership_id: UUID) -> list[tuple[Round, Acknowledgement]]:
    """The latest round first."""
    query = (
        select(Round, Acknowledgement)
        .join(Acknowledgement, col(Acknowledgement.round_id) == col(Round.id))
        .where(Round.partnership_id == partnership_id)
        .order_by(col(Round.number).desc())
    )
    return [(round_, one) for round_, one in session.exec(query)]
