"""Who is logged in where: one row for each browser, found by the fingerprint of a secret that only its cookie holds."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, delete, select

from surveys.models import Account, Login
from surveys.problems import NotFound

LASTS = timedelta(hours=8)


def fingerprint(token: str) -> str:
    """What is stored of 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, account: Account, now: datetime, *, device: str = "", is_full: bool = True) -> str:
    """A new login; the secret for its cookie. What has run out is cleared away on the way."""
    session.exec(delete(Login).where(col(Login.began_at) < now - LASTS))
    token = secrets.token_urlsafe(32)
    session.add(
        Login(account_id=account.id, token_hash=fingerprint(token), began_at=now, device=device, is_full=is_full)
    )
    session.flush()  # the next request of this browser finds it
    return token


def find(session: Session, token: str, now: datetime) -> tuple[Account, Login] | None:
    """Whose browser this is; None once it was ended, ran out, or the account was closed."""
    query = select(Account, Login).join(Account, col(Login.account_id) == col(Account.id))
    found = session.exec(query.where(Login.token_hash == fingerprint(token))).first()
    if found is None or found[0].is_closed or not now - LASTS <= found[1].began_at:
        return None
    return found[0], found[1]


def of_account(session: Session, account: Account, now: datetime) -> list[Login]:
    """The newest first."""
    query = select(Login).where(Login.account_id == account.id, col(Login.began_at) >= now - LASTS)
    return sorted(session.exec(query).all(), key=lambda one: one.began_at, reverse=True)


def end(session: Session, account: Account, login_id: UUID) -> None:
    """End one login of this account; another account's does not exist."""
    found = session.get(Login, login_id)
    if found is None or found.account_id != account.id:
        raise NotFound("there is no such login")
    session.delete(found)


def end_all(session: Session, account_id: UUID, *, but: UUID | None = None) -> None:
    """After a new password, a lost role, a closed account."""
    query = delete(Login).where(col(Login.account_id) == account_id)
    session.exec(query.where(col(Login.id) != but) if but is not None else query)
