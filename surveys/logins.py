"""Who is logged in where: one row for each browser, found by the fingerprint of a secret that only its cookie holds."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import Session, col, delete, select, update

from surveys.models import Account, Login
from surveys.problems import NotFound

LASTS = timedelta(hours=8)
IDLE = timedelta(hours=2)  # without use; what is written in a long meeting is sent more often
NOTED_EVERY = timedelta(minutes=5)  # a use is written down at most so often


def fingerprint(token: str) -> str:
    """What is stored of 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, account: Account, now: datetime, *, device: str = "", is_full: bool = True) -> str:
    """A new login; the secret for its cookie. What has run out is cleared away, what failed before is counted on it."""
    session.exec(delete(Login).where(or_(col(Login.began_at) < now - LASTS, col(Login.used_at) < now - IDLE)))
    token = secrets.token_urlsafe(32)
    session.add(
        Login(
            account_id=account.id,
            token_hash=fingerprint(token),
            began_at=now,
            used_at=now,
            device=device,
            failed_before=account.failed_logins,
            is_full=is_full,
        )
    )
    account.failed_logins = 0
    session.flush()  # the next request of this browser finds it
    return token


def count_failure(session: Session, account: Account | None) -> None:
    """One attempt more on the account it was meant for. For an address nobody has: the same work at any account, for
    nothing, so that an answer takes as long.
    """
    anyone = session.exec(select(Account.id).order_by(func.random()).limit(1)).first()
    counted = col(Account.failed_logins) + (1 if account else 0)
    chosen = account.id if account else anyone
    session.exec(update(Account).where(col(Account.id) == chosen).values(failed_logins=counted))


def find(session: Session, token: str, now: datetime) -> tuple[Account, Login] | None:
    """Whose browser this is; None once it was ended, ran out, lay idle, or the account was closed."""
    query = select(Account, Login).join(Account, col(Login.account_id) == col(Account.id))
    found = session.exec(query.where(Login.token_hash == fingerprint(token))).first()
    if found is None or found[0].is_closed or not _lives(found[1], now):
        return None
    return found[0], found[1]


def _lives(login: Login, now: datetime) -> bool:
    return now - LASTS <= login.began_at and now - IDLE <= login.used_at


def is_to_note(login: Login, now: datetime) -> bool:
    return now - login.used_at >= NOTED_EVERY


def note_use(session: Session, login_id: UUID, now: datetime) -> None:
    """Used just now. Never brings back one that was ended meanwhile, nor one that had run out."""
    mine = update(Login).where(col(Login.id) == login_id, col(Login.used_at) < now, col(Login.used_at) >= now - IDLE)
    session.exec(mine.values(used_at=now))


def of_account(session: Session, account: Account, now: datetime) -> list[Login]:
    """The newest first."""
    found = session.exec(select(Login).where(Login.account_id == account.id)).all()
    return sorted((one for one in found if _lives(one, now)), key=lambda one: one.began_at, reverse=True)


def end(session: Session, account: Account, login_id: UUID) -> None:
    """End one login of this account; another account's does not exist."""
    found = session.get(Login, login_id)
    if found is None or found.account_id != account.id:
        raise NotFound("there is no such login")
    session.delete(found)


def end_everybodys(session: Session, *, but: UUID) -> None:
    """Everybody logs in again, except in this one browser."""
    session.exec(delete(Login).where(col(Login.id) != but))


def end_all(session: Session, account_id: UUID, *, but: UUID | None = None) -> None:
    """After a new password, a lost role, a closed account."""
    query = delete(Login).where(col(Login.account_id) == account_id)
    session.exec(query.where(col(Login.id) != but) if but is not None else query)
