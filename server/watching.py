"""What the log says of accounts that fail to log in or ask for what is not theirs; of respondents nothing, ever.

The number of the account, the pattern of the address and the status: no address of mail or network, no name, no
identifier of what was asked for. Respondents and key holders have no account, so nothing of them can get here.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from starlette.requests import Request

from server.pages import RECEIPT_COOKIE, VISIT_COOKIE
from server.security import Attempts

log = logging.getLogger("rapport.access")
lines = Attempts(limit=120, window=timedelta(minutes=1))  # a stranger who tries all day must not fill the disk
NOBODY = "none"
What = Literal["password", "code", "door shut", "code door shut"]


def login_failed(what: What, account_id: UUID | None) -> None:
    """A wrong password or code, and when the limit of guesses is reached."""
    _write("login failed: %s, account %s", what, account_id or NOBODY)


def refused(request: Request, status: int) -> None:
    """An account asked for what it may not have, or sent what no page of ours sends."""
    account = getattr(request.state, "account", None)
    if account is not None and 400 <= status < 500:
        route = getattr(request.scope.get("route"), "path", NOBODY)
        _write("refused: %d, %s %s, account %s", status, request.method, route, account.id)


def refused_token() -> None:
    """A program came with a token that is unknown, revoked or has run out."""
    _write("refused: 401, token unknown")


def refused_site(request: Request, session_cookie: str) -> None:
    """Another site sent a form with somebody's login. Whoever answers in the same browser leaves nothing."""
    held = request.cookies
    if session_cookie in held and VISIT_COOKIE not in held and RECEIPT_COOKIE not in held:
        _write("refused: 403, sent by another site")


def _write(sentence: str, *values: object) -> None:
    now = datetime.now(UTC)
    if lines.may_try("", now):
        lines.note("", now)
        log.warning(sentence, *values)
