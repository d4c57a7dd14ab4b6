"""Logging in and out, the second factor at the door, and a forgotten password: for accounts, never for respondents."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server import known_browsers, letters, watching
from server.deps import (
    SECOND_FACTOR,
    ClockDep,
    ReadingDep,
    SealerDep,
    SecondFactorDep,
    SessionDep,
    SettingsDep,
    find_login,
    is_https,
    log_in,
    log_out,
    needs_second_factor,
)
from server.pages import Page, render, see_other
from server.respondents import GoTo
from server.second_factor import is_right_code
from server.security import Attempts, Sealer
from surveys import account_links, accounts, audit, logins, second_factor
from surveys.models import Account

router = APIRouter()
WINDOW = timedelta(minutes=15)
# by address, and by browser where the address logged in with it before: no header of a request takes part in counting
attempts = Attempts(limit=10, window=WINDOW)
code_attempts = Attempts(limit=5, window=WINDOW)  # by account, and by browser in the same way
link_attempts = Attempts(limit=3, window=timedelta(hours=1))  # by address: nobody's mailbox is flooded
HALF_WAY = "half_way"
HALF_WAY_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LoginPage(Page):
    template = "account/login.html"
    email: str
    was_wrong: bool
    must_wait: bool


@dataclass(frozen=True, slots=True)
class CodePage(Page):
    template = "account/code.html"
    was_wrong: bool
    must_wait: bool


@dataclass(frozen=True, slots=True)
class ForgottenPage(Page):
    template = "account/forgotten.html"
    is_sent: bool
    has_mail: bool


@router.get("/login")
def login_page(request: Request) -> Response:
    return render(request, LoginPage("", was_wrong=False, must_wait=False))


@router.post("/login")
def login(
    request: Request,
    session: SessionDep,
    reading: ReadingDep,
    sealer: SealerDep,
    now: ClockDep,
    required: SecondFactorDep,
    email: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    """The password is checked before the transaction begins: a flood of guesses holds up nobody who writes."""
    key = known_browsers.count_of(request, reading, email, now) or email.strip().casefold()
    if not attempts.may_try(key, now):
        return render(request, LoginPage(email, was_wrong=False, must_wait=True), block="form", status=429)
    proved = accounts.check_password(reading, email, password)
    account = session.get(Account, proved.id) if proved else None
    if account is None or proved is None or account.password_hash != proved.password_hash:  # changed meanwhile
        _count_failure(session, email, key, now)
        return render(request, LoginPage(email, was_wrong=True, must_wait=False), block="form", status=422)
    if account.totp_secret:
        logins.count_failure(session, account)  # taken back when the code follows: else somebody knows the password
        return _half_way(request, sealer, account, now)
    return let_in(request, session, account, now, required=required)


def _count_failure(session: Session, email: str, key: str, now: datetime) -> None:
    """For the limit, for the log, and for the account's owner."""
    attempts.note(key, now)
    meant = accounts.find_account(session, email)
    meant = None if meant is None or meant.is_closed else meant
    logins.count_failure(session, meant)
    watching.login_failed("password" if attempts.may_try(key, now) else "door shut", meant.id if meant else None)


def let_in(request: Request, session: Session, account: Account, now: datetime, *, required: bool) -> Response:
    """A new login, in a browser known from now on; without a second factor that is needed it leads only to that."""
    is_full = bool(account.totp_secret) or not (required and needs_second_factor(session, account))
    response = see_other("/partnerships" if is_full else SECOND_FACTOR)
    log_in(response, request, session, account, now, is_full=is_full)
    known_browsers.remember(response, request, account, now)
    audit.record(session, account.email, "logged in", f"account {account.id}", now)
    return response


def _half_way(request: Request, sealer: Sealer, account: Account, now: datetime) -> Response:
    """The password was right: for five minutes this browser may add the code."""
    held = {"account": str(account.id), "since": now.isoformat(), "stamp": known_browsers.stamp_of(account)}
    response = see_other("/login/code")
    response.set_cookie(
        HALF_WAY,
        sealer.seal(HALF_WAY, held),
        max_age=int(HALF_WAY_LASTS.total_seconds()),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return response


def _who_is_half_way(request: Request, session: Session, sealer: Sealer, now: datetime) -> Account:
    held = sealer.unseal(HALF_WAY, request.cookies.get(HALF_WAY))
    if held is None or not timedelta() <= now - datetime.fromisoformat(held["since"]) <= HALF_WAY_LASTS:
        raise GoTo("/login")
    account = session.get(Account, UUID(held["account"]))
    stamp = known_browsers.stamp_of(account) if account else ""
    if account is None or account.is_closed or not hmac.compare_digest(held["stamp"], stamp):
        raise GoTo("/login")
    return account


@router.get("/login/code")
def code_page(request: Request, session: SessionDep, sealer: SealerDep, now: ClockDep) -> Response:
    _who_is_half_way(request, session, sealer, now)
    return render(request, CodePage(was_wrong=False, must_wait=False))


@router.post("/login/code")
def enter_code(
    request: Request,
    session: SessionDep,
    sealer: SealerDep,
    now: ClockDep,
    required: SecondFactorDep,
    code: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Six digits of the telephone, or one of the recovery codes."""
    account = _who_is_half_way(request, session, sealer, now)
    key = known_browsers.count_of(request, session, account.email, now) or str(account.id)
    if not code_attempts.may_try(key, now):
        return render(request, CodePage(was_wrong=False, must_wait=True), status=429)
    is_right = is_right_code(session, sealer, account, code, now)
    if not is_right and not second_factor.use_recovery_code(session, account, code):
        code_attempts.note(key, now)
        logins.count_failure(session, account)
        is_open = code_attempts.may_try(key, now)
        watching.login_failed("code" if is_open else "code door shut", account.id)
        return render(request, CodePage(was_wrong=True, must_wait=False), status=422)
    account.failed_logins = max(0, account.failed_logins - 1)
    response = let_in(request, session, account, now, required=required)
    response.delete_cookie(HALF_WAY, httponly=True, samesite="lax")
    return response


@router.post("/logout")
def logout(request: Request, session: SessionDep, now: ClockDep) -> Response:
    """The row goes too: a copy of the cookie opens nothing any more."""
    if found := find_login(request, session, now):
        session.delete(found[1])
    response = see_other("/")
    log_out(response)
    return response


@router.get("/login/forgotten")
def forgotten_page(request: Request, settings: SettingsDep) -> Response:
    return render(request, ForgottenPage(is_sent=False, has_mail=letters.has_mail(settings)))


@router.post("/login/forgotten")
def send_link(
    request: Request,
    session: SessionDep,
    settings: SettingsDep,
    now: ClockDep,
    email: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """The same answer after the same work, whether there is an account or not."""
    key = email.strip().casefold()
    if link_attempts.may_try(key, now):
        link_attempts.note(key, now)
        account = accounts.find_account(session, email)
        if account is not None and not account.is_closed:
            secret = account_links.make_reset(session, account, now)
            letters.send_reset(session, settings, account, secret)
        else:
            account_links.make(session, "reset", now)  # opens nothing: it costs what a real one costs
    return render(request, ForgottenPage(is_sent=True, has_mail=letters.has_mail(settings)))
