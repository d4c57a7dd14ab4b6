"""One's own account: name and language, password, and where one is logged in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server import known_browsers, watching
from server.deps import AccountDep, ClockDep, SessionDep, SettingsDep, log_out, needs_second_factor, set_language
from server.languages import LANGUAGES, is_readable, translator
from server.pages import LANGUAGE_NAMES, Page, language_of, render, see_other
from server.passwords import weakness_words
from server.routes.joining import LONGEST_NAME
from server.security import Attempts
from surveys import accounts, audit, logins, second_factor
from surveys.models import Account
from surveys.problems import WeakPassword

router = APIRouter()
attempts = Attempts(limit=10, window=timedelta(minutes=15))
CLOCK = "UTC"
Said = Literal["", "saved", "password", "ended"]


@dataclass(frozen=True, slots=True)
class LoginLine:
    id: UUID
    device: str
    began_at: datetime
    used_at: datetime
    failed_before: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountPage(Page):
    template = "account/account.html"
    name: str
    email: str
    chosen: str
    choices: tuple[tuple[str, str], ...]
    is_administrator: bool
    has_factor: bool
    needs_factor: bool
    is_exempt: bool
    n_recovery: int
    logins: tuple[LoginLine, ...]
    n_failed: int  # since the last of them
    zone: str
    said: str
    problem: str


@dataclass(frozen=True, slots=True)
class Own:
    """An account and its own page."""

    request: Request
    session: Session
    account: Account
    now: datetime
    is_demonstration: bool

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    def record(self, act: str) -> None:
        audit.record(self.session, self.account.email, act, f"account {self.account.id}", self.now)

    def is_password(self, typed: str) -> bool:
        """Asked again before anything that would let a stranger at an open screen keep the account."""
        if not attempts.may_try(str(self.account.id), self.now):
            return False
        if accounts.check_password(self.session, self.account.email, typed) is None:
            attempts.note(str(self.account.id), self.now)
            watching.login_failed("password", self.account.id)
            return False
        return True

    def show(self, *, said: str = "", problem: str = "") -> Response:
        account, here = self.account, self.request.state.login
        found = logins.of_account(self.session, account, self.now)
        page = AccountPage(
            name=account.name,
            email=account.email,
            chosen=account.language,
            choices=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
            is_administrator=account.is_administrator,
            has_factor=bool(account.totp_secret),
            needs_factor=needs_second_factor(self.session, account),
            is_exempt=self.is_demonstration,
            n_recovery=second_factor.count_recovery_codes(self.session, account),
            logins=tuple(
                LoginLine(one.id, one.device, one.began_at, one.used_at, one.failed_before, one.id == here)
                for one in found
            ),
            n_failed=account.failed_logins,
            zone=CLOCK,
            said=said,
            problem=problem,
        )
        return render(self.request, page, status=422 if problem else 200)


def get_own(request: Request, session: SessionDep, account: AccountDep, now: ClockDep, settings: SettingsDep) -> Own:
    return Own(request, session, account, now, settings.demonstration)


OwnDep = Annotated[Own, Depends(get_own)]


@router.get("/account")
def account_page(own: OwnDep, said: Annotated[Said, Query()] = "") -> Response:
    return own.show(said=said)


@router.post("/account")
def change_account(
    own: OwnDep,
    name: Annotated[str, Form(max_length=1000)] = "",
    language: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME or not is_readable(wanted):
        return own.show(problem=own._("Please give your name, in letters that can be printed."))
    if language not in LANGUAGES:
        return own.show(problem=own._("Please choose a language."))
    own.account.name, own.account.language = wanted, language
    response = see_other("/account?said=saved")
    set_language(response, own.request, language)
    return response


@router.post("/account/password")
def change_password(
    own: OwnDep,
    old: Annotated[str, Form(max_length=2000)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
    again: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """A new password; every other login ends."""
    if not own.is_password(old):
        return own.show(problem=own._("This is not your present password. Nothing was changed."))
    if password != again:
        return own.show(problem=own._("The two passwords differ. Nothing was changed."))
    try:
        accounts.set_password(own.account, password)
    except WeakPassword as weak:
        return own.show(problem=weakness_words(weak, language_of(own.request)))
    logins.end_all(own.session, own.account.id, but=own.request.state.login)
    own.record("changed the password")
    response = see_other("/account?said=password")
    known_browsers.remember(response, own.request, own.account, own.now)  # what was known before is not any more
    return response


@router.post("/account/logins/{login_id}/end")
def end_login(own: OwnDep, login_id: UUID) -> Response:
    logins.end(own.session, own.account, login_id)
    own.record("ended a login")
    if login_id != own.request.state.login:
        return see_other("/account?said=ended")
    response = see_other("/")
    log_out(response)
    return response


@router.post("/account/logins/end-others")
def end_others(own: OwnDep) -> Response:
    logins.end_all(own.session, own.account.id, but=own.request.state.login)
    own.record("ended all other logins")
    return see_other("/account?said=ended")
