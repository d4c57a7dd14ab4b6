"""Accounts of facilitators: passwords by argon2id, and which partnerships an account may see."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from surveys.models import Account, AccountPartnership, Partnership
from surveys.problems import InvalidInput

SHORTEST_PASSWORD = 12


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache  # made once per process: checking an unknown address must take as long as a known one
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def create_account(
    session: Session, *, email: str, name: str, password: str, language: str = "en", role: str = "facilitator"
) -> Account:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(f"a password needs at least {SHORTEST_PASSWORD} characters")
    address = email.strip().lower()
    if session.exec(select(Account).where(Account.email == address)).first():
        raise InvalidInput(f"there is an account for {address} already; nothing was changed")
    account = Account(email=address, name=name, password_hash=_hasher().hash(password), language=language, role=role)
    session.add(account)
    session.flush()  # its id is needed to connect partnerships
    return account


def check_password(session: Session, email: str, password: str) -> Account | None:
    """The account, or None; unknown addresses cost as much time as wrong passwords."""
    account = session.exec(select(Account).where(Account.email == email.strip().lower())).first()
    try:
        _hasher().verify(account.password_hash if account else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return None
    return account


def entrust(session: Session, account: Account, partnership_id: UUID) -> None:
    """Let this account run this partnership."""
    session.add(AccountPartnership(account_id=account.id, partnership_id=partnership_id))


def facilitates(session: Session, account: Account, partnership_id: UUID) -> bool:
    return session.get(AccountPartnership, (account.id, partnership_id)) is not None


def partnerships_of(session: Session, account: Account) -> list[Partnership]:
    """The partnerships this account may see, by title."""
    query = (
        select(Partnership)
        .join(AccountPartnership, col(AccountPartnership.partnership_id) == col(Partnership.id))
        .where(AccountPartnership.account_id == account.id)
        .order_by(col(Partnership.title))
    )
    return list(session.exec(query).all())
