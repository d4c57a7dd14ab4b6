"""Accounts: passwords by argon2id, and the seats that say which partnerships an account may see, and as what."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import object_session
from sqlmodel import Session, col, delete, select

from surveys import logins
from surveys.models import Account, AccountLink, ApiToken, Partnership, RecoveryCode, Seat
from surveys.passwords import check_new
from surveys.problems import InvalidInput, LastOfItsKind


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache  # made once per process: checking an unknown address must take as long as a known one
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def create_account(
    session: Session, *, email: str, name: str, password: str, language: str = "en", is_administrator: bool = False
) -> Account:
    address = email.strip().lower()
    check_new(password, address, name, *_partnerships_of_invited(session, address))
    if find_account(session, address):
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


def find_account(session: Session, email: str) -> Account | None:
    """The account of this address, closed or not."""
    return session.exec(select(Account).where(Account.email == email.strip().lower())).first()


def _partnerships_of_invited(session: Session, address: str) -> list[str]:
    """What the partnerships are called that an invitation leads to; the seat comes after the password."""
    query = select(Partnership.title).join(AccountLink, col(AccountLink.partnership_id) == col(Partnership.id))
    return list(session.exec(query.where(AccountLink.email == address)).all())


def _check(account: Account, password: str, name: str) -> None:
    session = object_session(account)
    assert isinstance(session, Session)  # an account that was read or made there
    around = [one.title for one in partnerships_of(session, account)]
    check_new(password, account.email, name, *around, *_partnerships_of_invited(session, account.email))


def set_password(account: Account, password: str) -> None:
    _check(account, password, account.name)
    account.password_hash = _hasher().hash(password)


def reopen(account: Account, *, name: str, password: str, language: str) -> None:
    """A closed account, taken up again by an invitation; with a password that is not taken it stays closed."""
    _check(account, password, name)
    account.name, account.language, account.is_closed = name, language, False
    account.password_hash = _hasher().hash(password)


def check_password(session: Session, email: str, password: str) -> Account | None:
    """The account, or None; unknown addresses cost as much time as wrong passwords."""
    account = find_account(session, email)
    is_known = account is not None and not account.is_closed
    try:
        _hasher().verify(account.password_hash if account and is_known else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return None
    return account if is_known else None


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


def seats_in(session: Session, partnership_id: UUID) -> list[tuple[Seat, Account]]:
    """Who sits in a partnership: facilitators first, then by name."""
    query = select(Seat, Account).join(Account, col(Seat.account_id) == col(Account.id))
    found = session.exec(query.where(Seat.partnership_id == partnership_id)).all()
    return sorted(found, key=lambda pair: (pair[0].role != "facilitator", pair[1].name.casefold(), pair[1].email))


def give_seat(
    session: Session, account: Account, partnership_id: UUID, *, role: str, organization_id: UUID | None = None
) -> Seat:
    """The seat of this account, in place of another it may have there; with a new role every login begins anew."""
    seat = find_seat(session, account, partnership_id)
    if seat is None:
        return entrust(session, account, partnership_id, role=role, organization_id=organization_id)
    if (seat.role, seat.organization_id) != (role, organization_id):
        if seat.role == "facilitator":
            _require_another_facilitator(session, seat)
        seat.role, seat.organization_id = role, organization_id
        logins.end_all(session, account.id)
    return seat


def remove_seat(session: Session, seat: Seat) -> None:
    """No longer in this partnership; every login of the account ends. The last facilitator hands over first."""
    if seat.role == "facilitator":
        _require_another_facilitator(session, seat)
    session.delete(seat)
    logins.end_all(session, seat.account_id)
    session.flush()  # who is left is counted


def _require_another_facilitator(session: Session, seat: Seat) -> None:
    query = select(Seat.account_id).where(Seat.partnership_id == seat.partnership_id, Seat.role == "facilitator")
    if len(session.exec(query).all()) < 2:
        raise LastOfItsKind("a partnership keeps at least one facilitator: hand it over first")


def set_administrator(session: Session, account: Account, *, is_administrator: bool) -> None:
    """Give or take the care of accounts and machine; the last administrator keeps it."""
    if account.is_administrator == is_administrator:
        return
    if not is_administrator:
        _require_another_administrator(session)
        logins.end_all(session, account.id)
    account.is_administrator = is_administrator


def _require_another_administrator(session: Session) -> None:
    query = select(Account.id).where(col(Account.is_administrator).is_(True), col(Account.is_closed).is_(False))
    if len(session.exec(query).all()) < 2:
        raise LastOfItsKind("an installation keeps at least one administrator")


def close_account(session: Session, account: Account) -> None:
    """No more logins, seats or links. Its name and address stay readable where it acted."""
    if account.is_administrator:
        _require_another_administrator(session)
    seats = seats_of(session, account).values()
    for seat in seats:
        if seat.role == "facilitator":  # of all, before the first is gone: a refusal changes nothing
            _require_another_facilitator(session, seat)
    for seat in seats:
        remove_seat(session, seat)
    logins.end_all(session, account.id)
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))
    session.exec(delete(AccountLink).where(col(AccountLink.account_id) == account.id))
    session.exec(delete(ApiToken).where(col(ApiToken.account_id) == account.id))
    account.password_hash, account.totp_secret, account.is_administrator, account.is_closed = "", "", False, True


def everybody(session: Session) -> list[Account]:
    """All accounts, by name; closed ones last."""
    return sorted(session.exec(select(Account)).all(), key=lambda one: (one.is_closed, one.name.casefold(), one.email))


def facilitates(session: Session, account: Account) -> bool:
    return any(one.role == "facilitator" for one in seats_of(session, account).values())
