"""Setting up the second factor: a picture for the telephone, a first code, and recovery codes, shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from server import known_browsers
from server.deps import SECOND_FACTOR, SealerDep, is_https, needs_second_factor
from server.pages import Page, render, see_other
from server.routes.account import Own, OwnDep
from server.second_factor import PURPOSE, is_right_code, picture, seal_secret
from server.security import Sealer
from surveys import logins, second_factor
from surveys.models import Login

router = APIRouter()
COOKIE = "new_factor"
LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class FactorPage(Page):
    """First the password, then the picture and the first code."""

    template = "account/factor.html"
    stage: str  # password, picture
    is_needed: bool
    has_factor: bool
    secret: str
    picture: Markup
    problem: str


@dataclass(frozen=True, slots=True)
class CodesPage(Page):
    """The recovery codes, this once."""

    template = "account/recovery.html"
    codes: tuple[str, ...]


def _page(own: Own, stage: str, secret: str = "", problem: str = "") -> Response:
    needed = needs_second_factor(own.session, own.account) and not own.is_demonstration
    drawn = Markup(picture(secret, own.account.email)) if secret else Markup("")  # noqa: S704 - made by segno from our text
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    page = FactorPage(stage, needed, bool(own.account.totp_secret), grouped, drawn, problem)
    return render(own.request, page, status=422 if problem else 200)


@router.get(SECOND_FACTOR)
def factor_page(own: OwnDep) -> Response:
    return _page(own, "password")


@router.get(f"{SECOND_FACTOR}/{{step}}")
def back_to_factor(own: OwnDep, step: str) -> Response:  # noqa: ARG001 - any of the steps below
    """Where the language was changed on the answer to a form."""
    return see_other(SECOND_FACTOR)


@router.post(f"{SECOND_FACTOR}/begin")
def begin(own: OwnDep, sealer: SealerDep, password: Annotated[str, Form(max_length=2000)] = "") -> Response:
    """A new secret, told once; the account keeps the old one until a first code proves the new."""
    if not own.is_password(password):
        return _page(own, "password", problem=own._("This is not your present password. Nothing was changed."))
    secret = second_factor.new_secret()
    response = _page(own, "picture", secret)
    held = {"sealed": seal_secret(sealer, secret), "account": str(own.account.id), "since": own.now.isoformat()}
    response.set_cookie(
        COOKIE,
        sealer.seal(COOKIE, held),
        max_age=int(LASTS.total_seconds()),
        secure=is_https(own.request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.post(f"{SECOND_FACTOR}/confirm")
def confirm(own: OwnDep, sealer: SealerDep, code: Annotated[str, Form(max_length=100)] = "") -> Response:
    """The first code: from now on it is asked at every login. Every other login ends."""
    sealed = _held(own.request, sealer, own, own.now)
    if sealed is None:
        return see_other(SECOND_FACTOR)
    before = own.account.totp_secret, own.account.totp_step
    own.account.totp_secret, own.account.totp_step = sealed, 0
    if not is_right_code(own.session, sealer, own.account, code, own.now):
        own.account.totp_secret, own.account.totp_step = before
        opened = sealer.unseal(PURPOSE, sealed) or {}
        wrong = own._("This code is not right. Please type the next one.")
        return _page(own, "picture", opened.get("secret", ""), wrong)
    own.session.get_one(Login, own.request.state.login).is_full = True
    logins.end_all(own.session, own.account.id, but=own.request.state.login)
    own.record("set up the second factor")
    response = render(own.request, CodesPage(second_factor.new_recovery_codes(own.session, own.account)))
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    known_browsers.remember(response, own.request, own.account, own.now)
    return response


def _held(request: Request, sealer: Sealer, own: Own, now: datetime) -> str | None:
    held = sealer.unseal(COOKIE, request.cookies.get(COOKIE))
    if held is None or held["account"] != str(own.account.id):
        return None
    return str(held["sealed"]) if now - datetime.fromisoformat(held["since"]) <= LASTS else None


@router.post(f"{SECOND_FACTOR}/codes")
def new_codes(own: OwnDep, password: Annotated[str, Form(max_length=2000)] = "") -> Response:
    """New recovery codes in place of those that are used or lost."""
    if not own.account.totp_secret:
        return see_other(SECOND_FACTOR)
    if not own.is_password(password):
        return _page(own, "password", problem=own._("This is not your present password. Nothing was changed."))
    own.record("made new recovery codes")
    return render(own.request, CodesPage(second_factor.new_recovery_codes(own.session, own.account)))
