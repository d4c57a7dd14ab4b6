"""Answering without a connection: asked for by the respondent, explained, and taken back on leaving.

The browser keeps pages and waiting answers under a key that only this server can give again, to whoever holds the
link in this browser and only until the round closes. Docs: docs/answering.md, "Without a connection".
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from server.assets import STATIC
from server.deps import ClockDep, is_https
from server.pages import OFFLINE_COOKIE, Page, render, see_other
from server.respondents import AFTER_CLOSING, Respondent, RespondentDep

router = APIRouter()
WORKER = (STATIC / "offline" / "worker.js").read_bytes()


@dataclass(frozen=True, slots=True)
class OfflinePage(Page):
    template = "offline/choose.html"
    is_on: bool
    is_offered: bool


@dataclass(frozen=True, slots=True)
class NoLinePage(Page):
    """Kept on the device in clear: it says nothing about anybody."""

    template = "offline/none.html"


@dataclass(frozen=True, slots=True)
class LeftPage(Page):
    """Finished while there was no connection."""

    template = "offline/left.html"


def may_be_offered(request: Request) -> bool:
    """Browsers keep workers from plain http, except on this machine itself."""
    host = request.url.hostname or ""
    try:
        return is_https(request) or ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def key_of(respondent: Respondent) -> bytes:
    """What seals waiting answers in this browser: made of the link and this browser's secret, stored nowhere."""
    return hmac.digest(respondent.device, b"offline|" + respondent.secret.encode(), "sha256")


@router.get("/offline")
def offline_page(request: Request, _respondent: RespondentDep) -> Response:
    return render(request, OfflinePage(OFFLINE_COOKIE in request.cookies, may_be_offered(request)))


@router.post("/offline")
def choose_offline(
    request: Request, respondent: RespondentDep, now: ClockDep, wanted: Annotated[str, Form()] = ""
) -> Response:
    response = see_other("/offline")
    if wanted == "on" and may_be_offered(request):
        lasts = respondent.visit.round_.closes_at + AFTER_CLOSING - now
        response.set_cookie(
            OFFLINE_COOKIE,
            "on",
            max_age=max(int(lasts.total_seconds()), 60),
            secure=is_https(request),
            httponly=True,
            samesite="lax",
        )
    else:
        response.delete_cookie(OFFLINE_COOKIE, httponly=True, samesite="lax")
        response.headers["Clear-Site-Data"] = '"storage"'
    return response


@router.post("/offline/key")
def offline_key(request: Request, respondent: RespondentDep) -> Response:
    """Only to a browser in which this was asked for."""
    if OFFLINE_COOKIE not in request.cookies:
        raise HTTPException(404)
    return PlainTextResponse(key_of(respondent).hex())


@router.get("/offline/none")
def no_line_page(request: Request) -> Response:
    return render(request, NoLinePage())


@router.get("/offline/left")
def left_page(request: Request) -> Response:
    return render(request, LeftPage())


@router.get("/worker.js")
def worker(_request: Request) -> Response:
    return Response(WORKER, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})
