"""Tokens for reading by programs: made, shown once, revoked, each by the account it belongs to."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.api.app import ADDRESS
from server.deps import AccountDep, ClockDep, SealerDep, SessionDep, SettingsDep
from server.languages import is_readable, translator
from server.pages import Page, Words, language_of, render, see_other
from server.sheets import title_of
from surveys import accounts, api_tokens, audit
from surveys.api_tokens import BEGIN, LASTING, LONGEST_NAME, MOST
from surveys.models import Account

router = APIRouter()
PURPOSE = "api token"


@dataclass(frozen=True, slots=True)
class TokenLine:
    id: UUID
    name: str
    opens: Words | None  # None: every seat
    created_on: date
    ends_on: date
    has_ended: bool


@dataclass(frozen=True, slots=True)
class TokensPage(Page):
    """The account's tokens; `secret` once, right after it was made."""

    template = "account/tokens.html"
    tokens: tuple[TokenLine, ...]
    choices: tuple[tuple[UUID, Words], ...]
    lasting: tuple[int, ...]
    name: str
    chosen: str
    days: int
    begun: str
    secret: str
    address: str
    fault: str


@router.get("/account/tokens")
def tokens_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, settings: SettingsDep
) -> Response:
    address = _address(settings.base_url)
    return render(request, _page(request, session, account, now.date(), address))


@router.post("/account/tokens")
def create_token(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    sealer: SealerDep,
    settings: SettingsDep,
    begun: Annotated[str, Form(min_length=16, max_length=64)],
    name: Annotated[str, Form(max_length=1000)] = "",
    opens: Annotated[str, Form(max_length=40)] = "",
    days: Annotated[int, Form()] = 90,
) -> Response:
    """The form carries a number of its own, from which the token is made: sent twice, it shows the one token again."""
    today, address = now.date(), _address(settings.base_url)
    partnership_id = next((key for key in accounts.seats_of(session, account) if str(key) == opens), None)
    secret = BEGIN + base64.urlsafe_b64encode(sealer.derive(PURPOSE, f"{account.id} {begun}")).decode().rstrip("=")
    if fault := _fault(request, session, account, secret, name, opens, partnership_id, days):
        page = _page(request, session, account, today, address, name=name, chosen=opens, days=days, fault=fault)
        return render(request, page, status=422)
    made, is_new = api_tokens.create(
        session, account, secret, name=" ".join(name.split()), partnership_id=partnership_id, today=today, days=days
    )
    if is_new:
        audit.record(session, account.email, "made an API token", f"token {made.id}", now)
    return render(request, _page(request, session, account, today, address, secret=secret))


def _fault(
    request: Request,
    session: Session,
    account: Account,
    secret: str,
    name: str,
    opens: str,
    partnership_id: UUID | None,
    days: int,
) -> str:
    _ = translator(language_of(request)).gettext
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not is_readable(plain):
        return _("Give the token a name of at most {count} characters; nothing was made.").format(count=LONGEST_NAME)
    if (opens and partnership_id is None) or days not in LASTING:
        return _("Choose what the token opens and how long it lasts; nothing was made.")
    known = api_tokens.of_account(session, account)
    if len(known) >= MOST and api_tokens.hash_of(secret) not in {one.token_hash for one in known}:
        return _("You have {count} tokens. Revoke one first; nothing was made.").format(count=MOST)
    return ""


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(session: SessionDep, account: AccountDep, now: ClockDep, token_id: UUID) -> Response:
    api_tokens.revoke(session, account, token_id)
    audit.record(session, account.email, "revoked an API token", f"token {token_id}", now)
    return see_other("/account/tokens")


def _address(base_url: str) -> str:
    return base_url.rstrip("/") + ADDRESS


def _page(
    request: Request,
    session: Session,
    account: Account,
    today: date,
    address: str,
    *,
    name: str = "",
    chosen: str = "",
    days: int = 90,
    secret: str = "",
    fault: str = "",
) -> TokensPage:
    language = language_of(request)
    titles = {one.id: title_of(one, language) for one in accounts.partnerships_of(session, account)}
    lines = (
        TokenLine(
            one.id,
            one.name,
            titles.get(one.partnership_id, Words("", language)) if one.partnership_id else None,
            one.created_on,
            one.ends_on,
            one.ends_on <= today,
        )
        for one in api_tokens.of_account(session, account)
    )
    return TokensPage(
        tokens=tuple(lines),
        choices=tuple(titles.items()),
        lasting=LASTING,
        name=name,
        chosen=chosen,
        days=days,
        begun=secrets.token_urlsafe(24),
        secret=secret,
        address=address,
        fault=fault,
    )
