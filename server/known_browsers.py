"""Browsers that logged in before: their wrong guesses are counted apart, so that strangers shut nobody out.

Whoever knows an address can use up the guesses for it. The owner's browser holds a sealed cookie from its last login,
and with it a count of its own. It opens nothing; a new password or telephone makes it worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import get_sealer, is_https
from surveys import accounts
from surveys.models import Account

COOKIE = "known_browser"
LASTS = timedelta(days=180)


def stamp_of(account: Account) -> str:
    """Changes with the password and the second factor: whoever had one of them has no more guesses at the other."""
    return hashlib.sha256(f"{account.password_hash}\n{account.totp_secret}".encode()).hexdigest()


def remember(response: Response, request: Request, account: Account, now: datetime) -> None:
    held = {
        "account": str(account.id),
        "stamp": stamp_of(account),
        "since": now.isoformat(),
        "browser": secrets.token_hex(16),
    }
    response.set_cookie(
        COOKIE,
        get_sealer(request).seal(COOKIE, held),
        max_age=int(LASTS.total_seconds()),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def count_of(request: Request, session: Session, email: str, now: datetime) -> str | None:
    """What guesses of this browser are counted under; None where this address never logged in with it."""
    held = get_sealer(request).unseal(COOKIE, request.cookies.get(COOKIE))
    account = accounts.find_account(session, email) if held else None
    if held is None or account is None or account.is_closed or held["account"] != str(account.id):
        return None
    if not hmac.compare_digest(held["stamp"], stamp_of(account)):
        return None
    is_recent = timedelta() <= now - datetime.fromisoformat(held["since"]) <= LASTS
    return f"browser {held['browser']}" if is_recent else None
