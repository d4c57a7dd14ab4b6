"""Entrances for people without a login: a personal link opens one, a sealed cookie keeps it open for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, SessionDep, get_sealer, is_https
from server.pages import Page, render, see_other
from server.respondents import GoTo
from surveys.invitations import normalize_secret
from surveys.problems import LinkNotOpen

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Entrance(Generic[Found]):
    """Where links of one kind are entered, where they lead, and for how long a browser keeps them.

    page: asks for the link, and says when it was not open. redeem: what a secret leads to; raises LinkNotOpen alike for
    all that lead nowhere. greet: what else the answer brings to somebody who enters.
    """

    cookie: str
    entry: str
    inside: str
    page: Callable[[bool], Page]
    redeem: Callable[[Session, str, datetime], Found]
    greet: Callable[[Request, Response, Found], None] | None = None
    lasts: timedelta = timedelta(hours=2)

    @property
    def minutes(self) -> int:
        """How long, as it is said on the page about cookies."""
        return int(self.lasts.total_seconds() // 60)

    def open_on(self, router: APIRouter, *, exit_: str = "") -> None:
        """The routes that every entrance has; exit_: where people say themselves that they leave."""
        router.get(self.entry)(self.show)
        router.post(self.entry)(self.enter)
        if exit_:
            router.post(exit_)(self.leave)

    def show(self, request: Request) -> Response:
        return render(request, self.page(False))

    def enter(
        self,
        request: Request,
        session: SessionDep,
        now: ClockDep,
        secret: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        """Looking uses nothing up: a mail scanner that posts the link only comes to the page behind it."""
        normal = normalize_secret(secret) or ""
        try:
            found = self.redeem(session, normal, now)
        except LinkNotOpen:
            return render(request, self.page(True), status=410)
        response = see_other(self.inside)
        response.set_cookie(
            self.cookie,
            get_sealer(request).seal(self.cookie, {"secret": normal}),
            max_age=int(self.lasts.total_seconds()),
            secure=is_https(request),
            httponly=True,
            samesite="lax",
        )
        if self.greet is not None:
            self.greet(request, response, found)
        return response

    def who_is_inside(self, request: Request, session: SessionDep, now: ClockDep) -> Found:
        """What the link of this browser leads to; without one, or when it was closed meanwhile, to the entry."""
        held = get_sealer(request).unseal(self.cookie, request.cookies.get(self.cookie))
        try:
            return self.redeem(session, held["secret"] if held else "", now)
        except LinkNotOpen as unknown:
            raise GoTo(self.entry) from unknown

    def leave(self) -> Response:
        return self.forget(see_other(self.entry))

    def forget(self, response: Response) -> Response:
        """This answer takes the link out of the browser."""
        response.delete_cookie(self.cookie, httponly=True, samesite="lax")
        return response
