"""What routes ask for: the session, the clock, and rows that are fetched and permitted in one call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.keystore_alarm import alarm_of
from server.pages import LANGUAGE_COOKIE
from server.security import SAFE_METHODS, Sealer
from server.settings import Settings
from surveys import accounts
from surveys.database import transaction
from surveys.keystore import Keystore
from surveys.models import Account, Partnership, Seat

SESSION_COOKIE = "session"
FIELDS_AT_MOST = 400
SESSION_LASTS = timedelta(hours=8)


def open_session(request: Request) -> Iterator[Session]:
    """One request, one transaction; what GET and HEAD might write is thrown away."""
    engine = request.app.state.engine
    if request.method in SAFE_METHODS:
        with Session(engine) as session:
            yield session
    else:
        with transaction(engine) as session:
            yield session


def read_clock() -> datetime:
    return datetime.now(UTC)


def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def get_keystore(request: Request) -> Keystore:
    keystore: Keystore = request.app.state.keystore
    return keystore


def get_sealer(request: Request) -> Sealer:
    sealer: Sealer = request.app.state.sealer
    return sealer


async def read_form(request: Request) -> FormData:
    """The posted form, without files; text that no keyboard makes is refused."""
    form = await request.form(max_files=0, max_fields=FIELDS_AT_MOST)
    for name, value in form.multi_items():
        if not isinstance(value, str) or "\x00" in value or "\x00" in name:
            raise HTTPException(422)
    return form


def find_account(request: Request, session: Session, sealer: Sealer, now: datetime) -> Account | None:
    """Who is logged in. A changed password, a removed account or eight hours end every session of it."""
    held = sealer.unseal(SESSION_COOKIE, request.cookies.get(SESSION_COOKIE))
    if held is None or now - datetime.fromisoformat(held["since"]) > SESSION_LASTS:
        return None
    account = session.get(Account, UUID(held["account"]))
    return account if account and held["stamp"] == _stamp(account) else None


def _stamp(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]


def log_in(response: Response, request: Request, sealer: Sealer, account: Account, now: datetime) -> None:
    held = {"account": str(account.id), "since": now.isoformat(), "stamp": _stamp(account)}
    response.set_cookie(
        SESSION_COOKIE, sealer.seal(SESSION_COOKIE, held), secure=is_https(request), httponly=True, samesite="lax"
    )


def log_out(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


# scope="function": commit before the answer leaves; FastAPI's default commits after the browser was told it worked
SessionDep = Annotated[Session, Depends(open_session, scope="function")]
ClockDep = Annotated[datetime, Depends(read_clock)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
KeystoreDep = Annotated[Keystore, Depends(get_keystore)]
SealerDep = Annotated[Sealer, Depends(get_sealer)]
FormDep = Annotated[FormData, Depends(read_form)]


class NotLoggedIn(Exception):
    """A facilitator's page was asked for by nobody we know; answered with the way to the login."""


def get_account(
    request: Request, session: SessionDep, sealer: SealerDep, now: ClockDep, keystore: KeystoreDep
) -> Account:
    account = find_account(request, session, sealer, now)
    if account is None:
        raise NotLoggedIn
    request.state.account = account  # base.html shows the facilitator's links, and the red banner of the keys
    alarm = alarm_of(keystore)
    request.state.keys_alarm = alarm if alarm and may_keep_keys(session, account) else ""
    return account


AccountDep = Annotated[Account, Depends(get_account)]


def seat_for(session: Session, account: Account, partnership_id: UUID) -> Seat:
    """The seat of this account in the partnership; to whoever has none, the partnership does not exist."""
    seat = accounts.find_seat(session, account, partnership_id)
    if seat is None:
        raise HTTPException(404)
    return seat


def partnership_for(session: Session, account: Account, partnership_id: UUID) -> Partnership:
    """The partnership, if this account has a seat in it; to all others it does not exist."""
    seat_for(session, account, partnership_id)
    return session.get_one(Partnership, partnership_id)


def may_run(session: Session, account: Account, partnership_id: UUID) -> bool:
    """Whether this account runs the rounds of a partnership and reads what is meant for its facilitator."""
    seat = accounts.find_seat(session, account, partnership_id)
    return seat is not None and seat.role == "facilitator"


def may_keep_keys(session: Session, account: Account) -> bool:
    """Whether this account sees how the copies of the keys are: administrators, and whoever runs rounds."""
    return account.is_administrator or any(
        one.role == "facilitator" for one in accounts.seats_of(session, account).values()
    )


def audience_of(seat: Seat) -> str:
    """The section of a release, beside what everybody may read, that is meant for this seat."""
    if seat.role == "facilitator":
        return "facilitator"
    return f"partner:{seat.organization_id}" if seat.role == "representative" else "all"


def partnership_to_run(session: Session, account: Account, partnership_id: UUID) -> Partnership:
    """The partnership, if this account may change its rounds; to all others the page does not exist."""
    if not may_run(session, account, partnership_id):
        raise HTTPException(404)
    return session.get_one(Partnership, partnership_id)


def is_https(request: Request) -> bool:
    return get_settings(request).https


def set_language(response: Response, request: Request, language: str) -> None:
    """Remember the language of the pages; it says nothing about who reads them."""
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=365 * 86400, secure=is_https(request), httponly=True, samesite="lax"
    )
