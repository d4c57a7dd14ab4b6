"""Logging in and out: for facilitators, never for respondents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, SealerDep, SessionDep, log_in, log_out
from server.pages import Page, render, see_other
from server.security import Attempts
from surveys import accounts

router = APIRouter()
attempts = Attempts(limit=10, window=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class LoginPage(Page):
    template = "account/login.html"
    email: str
    was_wrong: bool
    must_wait: bool


@router.get("/login")
def login_page(request: Request) -> Response:
    return render(request, LoginPage("", was_wrong=False, must_wait=False))


@router.post("/login")
def login(
    request: Request,
    session: SessionDep,
    sealer: SealerDep,
    now: ClockDep,
    email: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    key = email.strip().casefold()
    if not attempts.may_try(key, now):
        return render(request, LoginPage(email, was_wrong=False, must_wait=True), block="form", status=429)
    account = accounts.check_password(session, email, password)
    if account is None:
        attempts.note(key, now)
        return render(request, LoginPage(email, was_wrong=True, must_wait=False), block="form", status=422)
    response = see_other("/partnerships")
    log_in(response, request, sealer, account, now)
    return response


@router.post("/logout")
def logout() -> Response:
    response = see_other("/")
    log_out(response)
    return response
