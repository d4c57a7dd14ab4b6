"""Accounts: passwords by argon2id, and the seats that say which partnerships an account may see, and as what."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, select

from surveys.models import Account, Partnership, Seat
from surveys.problems import InvalidInput

SHORTEST_PASSWORD = 12


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache  # made once per process: checking an unknown address must take as long as a known one
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def create_account(
    session: Session, *, email: str, name: str, password: str, language: str = "en", is_administrator: bool = False
) -> Account:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(f"a password needs at least {SHORTEST_PASSWORD} characters")
    address = email.strip().lower()
    if session.exec(select(Account).where(Account.email == address)).first():
        raise InvalidInput(f"there is an account for {address} already; nothing was changed")
    account = Account(
        email=address,
        name=name,
        password_hash=_hasher().hash(password),
        language=language,
        is_administrator=is_administrator,
    )
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


def entrust(
    session: Session,
    account: Account,
    partnership_id: UUID,
    *,
    role: str = "facilitator",
    organization_id: UUID | None = None,
) -> Seat:
    """Give this account a seat in this partnership; a representative's seat names the organization."""
    seat = Seat(account_id=account.id, partnership_id=partnership_id, role=role, organization_id=organization_id)
    session.add(seat)
    return seat


def find_seat(session: Session, account: Account, partnership_id: UUID) -> Seat | None:
    return session.get(Seat, (account.id, partnership_id))


def seats_of(session: Session, account: Account) -> dict[UUID, Seat]:
    """The seats of this account by partnership."""
    return {one.partnership_id: one for one in session.exec(select(Seat).where(Seat.account_id == account.id))}


def partnerships_of(session: Session, account: Account) -> list[Partnership]:
    """The partnerships this account may see, by title."""
    query = (
        select(Partnership)
        .join(Seat, col(Seat.partnership_id) == col(Partnership.id))
        .where(Seat.account_id == account.id)
        .order_by(col(Partnership.title))
    )
    return list(session.exec(query).all())
