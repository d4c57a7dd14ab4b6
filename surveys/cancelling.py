"""Two people together may cancel a round: a facilitator proposes, a second person confirms; then all is destroyed."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlmodel import Session, select

from surveys import audit, ballots, key_locks, mailings
from surveys.models import Account, Cancellation, Round
from surveys.problems import InvalidInput, LinkNotOpen, NotAllowedNow, RoundNotOpen

STATES = ("open", "closed")  # before the start nothing is promised to anybody yet; after the opening it is too late
LONGEST_REASON = 1_000
MAY_CONFIRM = ("trustee", "representative")


def propose(
    session: Session, round_: Round, *, by: Account, reason: str, second_person: str, with_link: bool, now: datetime
) -> str:
    """Note the proposal of a facilitator; a later one replaces it. Returns the secret of the second person's link.

    The link is for the second person alone: it is sent to them and shown to nobody else. Without one, only somebody
    with a seat as trustee or representative can confirm.
    """
    _require(round_)
    why, who = reason.strip(), " ".join(second_person.split())
    if not why or len(why) > LONGEST_REASON:
        raise InvalidInput(f"everybody invited is told the reason: 1 to {LONGEST_REASON} characters")
    if who.casefold() in (by.name.casefold(), by.email.casefold()):
        raise InvalidInput("a second person confirms, not the one who proposes")
    secret = secrets.token_urlsafe(24) if with_link else ""
    withdraw(session, round_)
    session.flush()  # the old proposal goes before the new one comes
    session.add(
        Cancellation(
            round_id=round_.id,
            proposed_by=by.email,
            reason=why,
            second_person=who or "a trustee or representative",
            token_hash=_hash(secret) if secret else "",
            proposed_at=now,
        )
    )
    return secret


def withdraw(session: Session, round_: Round) -> None:
    found = session.get(Cancellation, round_.id)
    if found is not None:
        session.delete(found)


def find(session: Session, round_: Round) -> Cancellation | None:
    """The proposal that waits for its second person."""
    return session.get(Cancellation, round_.id) if round_.state in STATES else None


def redeem(session: Session, secret: str) -> tuple[Cancellation, Round]:
    """The proposal this link belongs to. Raises LinkNotOpen alike for unknown, used and withdrawn ones."""
    query = select(Cancellation).where(Cancellation.token_hash == _hash(secret))
    found = session.exec(query).first() if secret else None
    round_ = session.get(Round, found.round_id) if found else None
    if found is None or round_ is None or round_.state not in STATES:
        raise LinkNotOpen("this link is not open")
    return found, round_


def confirm(session: Session, round_: Round, *, by: str, now: datetime) -> None:
    """Destroy ballots, drafts and links, give the keys to the shredder, and tell everybody why.

    by: who confirms, a name or an address; the one who proposed cannot. Confirmed twice, it is cancelled once.
    """
    session.refresh(round_, with_for_update=True)
    _require(round_)
    proposal = session.get(Cancellation, round_.id)
    if proposal is None:
        raise NotAllowedNow("nobody has proposed to cancel this round")
    if by.casefold() == proposal.proposed_by.casefold():
        raise NotAllowedNow("a second person confirms, not the one who proposes")
    ballots.destroy(session, round_.id)
    mailings.drop_links(session, round_.id)
    key_locks.drop_of_round(session, round_)
    round_.state, round_.keys_state = "cancelled", "shred_pending"
    mailings.announce(session, round_, "cancelled", due_at=now, details={"reason": proposal.reason})
    audit.record(
        session, by, f"cancelled a round that {proposal.proposed_by} proposed to cancel", f"round {round_.id}", now
    )
    session.delete(proposal)


def _require(round_: Round) -> None:
    if round_.state not in STATES:
        raise RoundNotOpen(f"round {round_.number} is {round_.state}", round_id=round_.id)


def _hash(secret: str) -> str:
    return hashlib.sha256(b"cancel|" + secret.encode()).hexdigest()
