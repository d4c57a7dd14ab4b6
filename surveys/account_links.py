"""Links for accounts, each good for one use until it runs out: the first account, an invitation, a new password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, delete, select

from surveys import accounts, logins
from surveys.invitations import ALPHABET, LETTERS, token_hash
from surveys.models import Account, AccountLink, Seat
from surveys.problems import InvalidInput, LinkNotOpen, NotFound

LASTS = {"setup": timedelta(hours=24), "invitation": timedelta(days=14), "reset": timedelta(hours=2)}


def new_secret() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def make(session: Session, purpose: str, now: datetime, **given: object) -> tuple[AccountLink, str]:
    """A new link and its secret, which is not kept."""
    session.exec(delete(AccountLink).where(col(AccountLink.expires_at) < now))
    secret = new_secret()
    values = {"purpose": purpose, "token_hash": token_hash(secret), "expires_at": now + LASTS[purpose], **given}
    link = AccountLink.model_validate(values)
    session.add(link)
    session.flush()  # its id stands on the page that lists it
    return link, secret


def make_setup(session: Session, now: datetime) -> str | None:
    """The link that makes the first account; None once there is an account. An earlier one stops working."""
    if session.exec(select(Account.id).limit(1)).first() is not None:
        return None
    session.exec(delete(AccountLink).where(col(AccountLink.purpose) == "setup"))
    return make(session, "setup", now, is_administrator=True)[1]


def make_reset(session: Session, account: Account, now: datetime) -> str:
    """A link to set a new password; earlier ones of this account stop working."""
    query = delete(AccountLink).where(col(AccountLink.purpose) == "reset", col(AccountLink.account_id) == account.id)
    session.exec(query)
    return make(session, "reset", now, account_id=account.id, email=account.email, name=account.name)[1]


def invite(session: Session, now: datetime, *, email: str, **given: object) -> tuple[AccountLink, str]:
    """Invite somebody who has no account. An open invitation of this address to the same place is replaced."""
    query = select(AccountLink).where(AccountLink.purpose == "invitation", AccountLink.email == email)
    for old in session.exec(query.where(AccountLink.partnership_id == given.get("partnership_id"))):
        session.delete(old)
    return make(session, "invitation", now, email=email, **given)


def renew(link: AccountLink, now: datetime) -> str:
    """Another secret for an invitation that was lost; the one before stops working."""
    secret = new_secret()
    link.token_hash, link.expires_at = token_hash(secret), now + LASTS[link.purpose]
    return secret


def open_invitations(session: Session, now: datetime, partnership_id: UUID | None) -> Sequence[AccountLink]:
    """Who was invited to a partnership (None: to look after the machine) and has not come yet."""
    query = select(AccountLink).where(AccountLink.purpose == "invitation", col(AccountLink.expires_at) >= now)
    found = session.exec(query.where(AccountLink.partnership_id == partnership_id)).all()
    return sorted(found, key=lambda one: one.email)


def get_invitation(session: Session, partnership_id: UUID | None, link_id: UUID) -> AccountLink:
    found = session.get(AccountLink, link_id)
    if found is None or found.purpose != "invitation" or found.partnership_id != partnership_id:
        raise NotFound("there is no such invitation")
    return found


def redeem(session: Session, secret: str, now: datetime) -> AccountLink:
    """Where this secret leads. Raises LinkNotOpen alike for unknown, used and run out."""
    found = session.exec(select(AccountLink).where(AccountLink.token_hash == token_hash(secret))).first()
    if found is None or found.expires_at < now:
        raise LinkNotOpen("this link is not open")
    if found.purpose == "setup" and session.exec(select(Account.id).limit(1)).first() is not None:
        raise LinkNotOpen("there is an account already")
    return found


def accept(session: Session, link: AccountLink, *, email: str, name: str, password: str, language: str) -> Account:
    """The account of who came, with the seat that was kept. The link is used up."""
    account = accounts.find_account(session, email)
    if account is None:
        account = accounts.create_account(session, email=email, name=name, password=password, language=language)
    elif account.is_closed:
        accounts.reopen(account, name=name, password=password, language=language)
    else:
        raise InvalidInput(f"there is an account for {account.email} already; nothing was changed")
    take_place(session, link, account)
    session.delete(link)
    return account


def take_place(session: Session, link: AccountLink, account: Account) -> None:
    """What an invitation gives: the machine to look after, a seat, or the seat of who hands over. Logins begin anew."""
    logins.end_all(session, account.id)
    account.is_administrator = account.is_administrator or link.is_administrator
    if link.partnership_id is None or link.role is None:
        return
    accounts.give_seat(session, account, link.partnership_id, role=link.role, organization_id=link.organization_id)
    if link.takes_over_from is not None:
        leaving = session.get(Seat, (link.takes_over_from, link.partnership_id))
        if leaving is not None and leaving.account_id != account.id:
            accounts.remove_seat(session, leaving)


def set_password(session: Session, link: AccountLink, password: str) -> Account:
    """The new password of who asked for one; every login ends, the link is used up."""
    account = session.get(Account, link.account_id) if link.account_id else None
    if account is None or account.is_closed:
        raise LinkNotOpen("this link is not open")
    accounts.set_password(account, password)
    logins.end_all(session, account.id)
    session.delete(link)
    return account
