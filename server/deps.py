"""What routes ask for: the session, the clock, and rows that are fetched and permitted in one call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import BackgroundTasks, Depends
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.keystore_alarm import alarm_of
from server.pages import LANGUAGE_COOKIE
from server.security import SAFE_METHODS, Sealer
from server.settings import Settings
from surveys import accounts, logins
from surveys.database import transaction
from surveys.keystore import Keystore
from surveys.models import Account, Login, Partnership, Seat

log = logging.getLogger("rapport")
SESSION_COOKIE = "session"
FIELDS_AT_MOST = 400
UNCHOSEN_LANGUAGE = "en"  # what accounts have when nobody chose: then the language of the browser stands
SESSION_LASTS = logins.LASTS
SECOND_FACTOR = "/account/second-factor"


def open_session(request: Request) -> Iterator[Session]:
    """One request, one transaction; what GET and HEAD might write is thrown away."""
    engine = request.app.state.engine
    if request.method in SAFE_METHODS:
        with Session(engine) as session:
            yield session
    else:
        with transaction(engine) as session:
            yield session


def open_reading(request: Request) -> Iterator[Session]:
    """For what takes its time in a request that will write: nobody else who writes waits meanwhile."""
    with Session(request.app.state.engine) as session:
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


def find_login(request: Request, session: Session, now: datetime) -> tuple[Account, Login] | None:
    """Who is logged in with this browser."""
    token = request.cookies.get(SESSION_COOKIE)
    return logins.find(session, token, now) if token else None


def get_note_use(request: Request) -> Callable[[UUID, datetime], None]:
    """Writes down that a login was used: in a transaction of its own, since whatever is read writes nothing."""
    engine = request.app.state.engine

    def note(login_id: UUID, now: datetime) -> None:
        try:
            with transaction(engine) as session:
                logins.note_use(session, login_id, now)
        except DBAPIError as busy:  # a full or locked database: the page was shown, the login ends a little earlier
            log.warning("problem=%s while noting a use", type(busy).__name__)

    return note


def log_in(
    response: Response, request: Request, session: Session, account: Account, now: datetime, *, is_full: bool = True
) -> None:
    """A new login, never one that the browser brought with it, which ends: nobody can plant a cookie beforehand."""
    if before := find_login(request, session, now):
        session.delete(before[1])
    device = device_of(request.headers.get("user-agent", ""))
    token = logins.begin(session, account, now, device=device, is_full=is_full)
    response.set_cookie(SESSION_COOKIE, token, secure=is_https(request), httponly=True, samesite="lax")
    if LANGUAGE_COOKIE not in request.cookies and account.language != UNCHOSEN_LANGUAGE:
        set_language(response, request, account.language)


def log_out(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """Enough to tell one's own browsers apart: no version, no address."""
    named = (next((name for sign, name in signs if sign in agent), "") for signs in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, named))


# scope="function": commit before the answer leaves; FastAPI's default commits after the browser was told it worked
SessionDep = Annotated[Session, Depends(open_session, scope="function")]
ReadingDep = Annotated[Session, Depends(open_reading, scope="function")]
ClockDep = Annotated[datetime, Depends(read_clock)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
KeystoreDep = Annotated[Keystore, Depends(get_keystore)]
SealerDep = Annotated[Sealer, Depends(get_sealer)]
FormDep = Annotated[FormData, Depends(read_form)]


class NotLoggedIn(Exception):
    """A facilitator's page was asked for by nobody we know; answered with the way to the login."""


class SecondFactorMissing(Exception):
    """Somebody who must have a second factor has none yet; answered with the way to set it up."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What base.html shows of whoever is logged in. No row: a page of refusal is made when its row is gone."""

    id: UUID
    is_administrator: bool


def get_account(
    request: Request,
    session: SessionDep,
    now: ClockDep,
    keystore: KeystoreDep,
    note_use: Annotated[Callable[[UUID, datetime], None], Depends(get_note_use)],
    afterwards: BackgroundTasks,
) -> Account:
    found = find_login(request, session, now)
    if found is None:
        raise NotLoggedIn
    account, login = found
    if not login.is_full and not request.url.path.startswith(SECOND_FACTOR):
        raise SecondFactorMissing
    if logins.is_to_note(login, now):
        afterwards.add_task(note_use, login.id, now)
    request.state.login = login.id
    request.state.account = Shown(account.id, account.is_administrator)
    alarm = alarm_of(keystore)
    request.state.keys_alarm = alarm if alarm and may_keep_keys(session, account) else ""
    return account


AccountDep = Annotated[Account, Depends(get_account)]


def is_second_factor_required(settings: SettingsDep) -> bool:
    """The demonstration prints its login on the screen: a telephone would keep visitors out and protect nothing."""
    return not settings.demonstration


SecondFactorDep = Annotated[bool, Depends(is_second_factor_required)]


def needs_second_factor(session: Session, account: Account) -> bool:
    """Administrators and facilitators: their accounts open what others wrote in confidence."""
    return account.is_administrator or accounts.facilitates(session, account)


def get_administrator(account: AccountDep) -> Account:
    """Whoever looks after accounts and the machine; to all others the page does not exist."""
    if not account.is_administrator:
        raise HTTPException(404)
    return account


AdministratorDep = Annotated[Account, Depends(get_administrator)]


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
    return account.is_administrator or accounts.facilitates(session, account)


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
