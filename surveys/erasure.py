"""Names and addresses go: a set time after a release by themselves, and before when a person asks for it.

Answers cannot be erased for one person, because nobody can find them. The record of acts is chained and stays; it names
accounts, never respondents.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from surveys.contacts import name_key
from surveys.models import Account, CharterSignature, Contact, Delivery, Invitation, PlainMail, Round, Seat

OVER = ("released", "not_opened", "cancelled")
ERASED = "(erased)"


def due(session: Session, now: datetime, after: timedelta) -> list[UUID]:
    """Rounds that ended so long ago that nobody needs to know any more who was invited."""
    query = select(Round.id).where(
        col(Round.state).in_(OVER),
        col(Round.keys_state).in_(("none", "destroyed")),
        col(Round.closes_at) <= now - after,
        select(Invitation.id).where(Invitation.round_id == Round.id).exists(),
    )
    return list(session.exec(query).all())


def delete_names(session: Session, round_id: UUID) -> int:
    """Delete the invitation list of a round that is over; how many people stood on it. Head-counts stay."""
    listed = select(Invitation.id).where(Invitation.round_id == round_id)
    n_people = session.exec(select(func.count()).select_from(listed.subquery())).one()
    session.execute(delete(Delivery).where(col(Delivery.invitation_id).in_(listed)))
    session.execute(delete(Invitation).where(col(Invitation.round_id) == round_id))
    return n_people


def delete_old_mail(session: Session, now: datetime, after: timedelta) -> None:
    """Addresses of ordinary mails that were handed over long ago."""
    session.execute(delete(PlainMail).where(col(PlainMail.state) != "waiting", col(PlainMail.due_at) <= now - after))


def forget_person(session: Session, email: str) -> Counter[str]:
    """Erase what is stored of the person with this address; what was erased, counted by kind.

    In a round that is not over the place on the list stays, without name and address, and the link is refused: the list
    is sealed, and an answer handed in before cannot be found.
    """
    address = email.strip().lower()
    done: Counter[str] = Counter()
    done.update(_forget_invitations(session, session.exec(select(Invitation).where(Invitation.email == address))))
    done.update(_forget_contacts(session, session.exec(select(Contact).where(Contact.email == address))))
    for account in session.exec(select(Account).where(Account.email == address)):
        _forget_account(session, account)
        done["account"] += 1
    for signature in session.exec(select(CharterSignature).where(CharterSignature.email == address)):
        signature.email = ""
        done["address beside a signature"] += 1
    for mail in session.exec(select(PlainMail).where(PlainMail.recipient == address)):
        session.delete(mail)
        done["mail"] += 1
    return done


def forget_unaddressed(session: Session, organization_id: UUID, person: str) -> Counter[str]:
    """Erase somebody who has no address by the name in an organization, where such people have different names."""

    def meant(one: Invitation | Contact) -> bool:
        return one.email is None and name_key(one.person) == name_key(person)

    invited = session.exec(select(Invitation).where(Invitation.organization_id == organization_id)).all()
    named = session.exec(select(Contact).where(Contact.organization_id == organization_id)).all()
    done = _forget_invitations(session, filter(meant, invited))
    done.update(_forget_contacts(session, filter(meant, named)))
    return done


def forget_organization(session: Session, organization_id: UUID) -> Counter[str]:
    """Erase the contacts of an organization: everybody invited for it, whoever represents it, and addresses."""
    invited = session.exec(select(Invitation).where(Invitation.organization_id == organization_id))
    done = Counter(_forget_invitations(session, invited))
    named = session.exec(select(Contact).where(Contact.organization_id == organization_id))
    done.update(_forget_contacts(session, named))
    for seat in session.exec(select(Seat).where(Seat.organization_id == organization_id)):
        session.delete(seat)
        done["seat"] += 1
    signed = select(CharterSignature).where(
        CharterSignature.organization_id == organization_id, CharterSignature.email != ""
    )
    for signature in session.exec(signed):
        signature.email = ""
        done["address beside a signature"] += 1
    return done


def _forget_invitations(session: Session, invitations: Iterable[Invitation]) -> Counter[str]:
    done: Counter[str] = Counter()
    for invitation in list(invitations):
        session.execute(delete(Delivery).where(col(Delivery.invitation_id) == invitation.id))
        if session.get_one(Round, invitation.round_id).state in OVER:
            session.delete(invitation)
            done["invitation"] += 1
        elif invitation.person != ERASED:
            invitation.person, invitation.email = ERASED, f"{invitation.id.hex}@erased.invalid"
            invitation.gone = True
            done["name on the list of a round that is not over"] += 1
    session.flush()
    return done


def _forget_contacts(session: Session, named: Iterable[Contact]) -> Counter[str]:
    """Whom a partner names for rounds to come."""
    done: Counter[str] = Counter()
    for contact in list(named):
        session.delete(contact)
        done["contact"] += 1
    return done


def _forget_account(session: Session, account: Account) -> None:
    """An account others refer to keeps its row, without anything of the person; nobody can log in with it."""
    account.name, account.email = ERASED, f"{account.id.hex}@erased.invalid"
    account.password_hash = f"!{secrets.token_hex(16)}"  # no password gives this, and it ends every session
    account.is_administrator = False
    session.execute(delete(Seat).where(col(Seat.account_id) == account.id))
