"""Tokens for reading by programs: shown once, recognized by a digest, ended by revoking or by their last day."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import Account, ApiToken
from surveys.problems import InvalidInput, NotFound

BEGIN = "rapport_"  # so that a token that strayed into a file is recognized for what it is
LASTING = (30, 90, 365)  # days
MOST = 20  # of one account at a time
LONGEST_NAME = 100


def hash_of(token: str) -> str:
    """Tokens have 256 bits of chance: a plain digest recognizes them and gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def create(
    session: Session,
    account: Account,
    token: str,
    *,
    name: str,
    partnership_id: UUID | None,
    today: date,
    days: int,
) -> tuple[ApiToken, bool]:
    """Store what recognizes a token; the same token of the same account again is the same row. True where new."""
    found = session.exec(select(ApiToken).where(ApiToken.token_hash == hash_of(token))).first()
    if found is not None:
        if found.account_id != account.id:
            raise InvalidInput("this token is in use; nothing was changed")
        return found, False
    if len(of_account(session, account)) >= MOST:
        raise InvalidInput(f"an account has at most {MOST} tokens; nothing was changed")
    made = ApiToken(
        account_id=account.id,
        partnership_id=partnership_id,
        name=name,
        token_hash=hash_of(token),
        created_on=today,
        ends_on=today + timedelta(days=days),
    )
    session.add(made)
    session.flush()  # its id is put on record
    return made, True


def of_account(session: Session, account: Account) -> list[ApiToken]:
    query = select(ApiToken).where(ApiToken.account_id == account.id).order_by(col(ApiToken.name), col(ApiToken.id))
    return list(session.exec(query).all())


def revoke(session: Session, account: Account, token_id: UUID) -> ApiToken:
    """From this moment it opens nothing."""
    found = session.get(ApiToken, token_id)
    if found is None or found.account_id != account.id:
        raise NotFound("there is no such token")
    session.delete(found)
    return found


def find_valid(session: Session, token: str, today: date) -> ApiToken | None:
    """The row of a token that opens something today."""
    found = session.exec(select(ApiToken).where(ApiToken.token_hash == hash_of(token))).first()
    return found if found is not None and today < found.ends_on else None
