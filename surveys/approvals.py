"""A second person looks at the list and the dates of a round, by a personal link; whoever wrote them cannot."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from sqlmodel import Session, col, select

from surveys import rounds
from surveys.account_links import new_secret
from surveys.invitations import token_hash
from surveys.models import AuditEntry, Invitation, ListApproval, Round
from surveys.problems import InvalidInput, LinkNotOpen

WRITING = ("set the list", "changed the dates", "prepared a round", "asked for an approval")
LONGEST_REASON = 1000


def digest_of(session: Session, round_: Round) -> str:
    """What is approved: everybody on the list, and the times. Another digest needs another approval."""
    query = select(Invitation.person, Invitation.email, Invitation.organization_id)
    people = session.exec(query.where(Invitation.round_id == round_.id)).all()
    lines = sorted([person, email or "", str(organization)] for person, email, organization in people)
    times = [round_.opens_at.isoformat(), round_.closes_at.isoformat(), round_.label]
    return hashlib.sha256(json.dumps([lines, times]).encode()).hexdigest()


def authors(session: Session, round_: Round) -> set[str]:
    """Addresses of those who wrote the list or the dates."""
    query = select(AuditEntry.actor, AuditEntry.act).where(AuditEntry.subject == f"round {round_.id}")
    return {actor.casefold() for actor, act in session.exec(query) if act.startswith(WRITING)}


def ask(
    session: Session, round_: Round, *, person: str, email: str, office: str, asked_by: str
) -> tuple[ListApproval, str]:
    """A link for this person; the ones before stop working: one second person at a time."""
    if email.casefold() in authors(session, round_) | {asked_by.casefold()}:
        raise InvalidInput("the list is approved by a second person, not by who wrote it")
    rounds.check_list(rounds.head_counts(session, round_))
    forget_waiting(session, round_)
    secret = new_secret()
    asked = ListApproval(
        round_id=round_.id,
        person=person,
        email=email,
        office=office,
        asked_by=asked_by,
        token_hash=token_hash(secret),
        digest=digest_of(session, round_),
    )
    session.add(asked)
    session.flush()  # the page that shows the link lists it too
    return asked, secret


def forget_waiting(session: Session, round_: Round) -> None:
    query = select(ListApproval).where(ListApproval.round_id == round_.id, ListApproval.decision == "waiting")
    for old in session.exec(query):
        old.decision = "void"


def redeem(session: Session, secret: str) -> tuple[ListApproval, Round]:
    """What is to be approved. Raises LinkNotOpen alike for unknown, void and for a round that has begun."""
    query = select(ListApproval, Round).join(Round, col(ListApproval.round_id) == col(Round.id))
    found = session.exec(query.where(ListApproval.token_hash == token_hash(secret))).first()
    if found is None or found[0].decision == "void":
        raise LinkNotOpen("this link is not open")
    return found[0], found[1]


def is_current(session: Session, asked: ListApproval, round_: Round) -> bool:
    """Whether the list and the dates are still what this person was asked about."""
    return round_.state == "prepared" and asked.digest == digest_of(session, round_)


def decide(session: Session, asked: ListApproval, round_: Round, *, approves: bool, reason: str, on: date) -> None:
    """Once. Sent back, the round waits for a better list."""
    if asked.decision != "waiting" or not is_current(session, asked, round_):
        raise LinkNotOpen("this was decided, or the list has changed since")
    asked.decision, asked.reason, asked.decided_on = "approved" if approves else "sent_back", reason, on
    if approves:
        rounds.approve(session, round_, by=", ".join(filter(None, (asked.person, asked.office))))


def latest(session: Session, round_: Round) -> ListApproval | None:
    """Who was asked last and what became of it; None before anybody was asked."""
    found = session.exec(select(ListApproval).where(ListApproval.round_id == round_.id)).all()
    current = [one for one in found if one.decision != "void"]
    return max(current, key=lambda one: (one.decision == "waiting", one.decided_on or date.min), default=None)
