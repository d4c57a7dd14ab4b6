"""Who is answering in this request: the personal link, kept sealed in a cookie; no row remembers a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from server.deps import ClockDep, KeystoreDep, SealerDep, SessionDep, is_https
from server.desk import Call
from server.pages import OFFLINE_COOKIE, VISIT_COOKIE
from server.security import SAFE_METHODS, Sealer
from surveys import ballots, invitations
from surveys.invitations import Visit
from surveys.keystore import RoundKeys
from surveys.problems import LinkNotOpen, SurveyProblem

COOKIE = VISIT_COOKIE
AFTER_CLOSING = timedelta(
    days=1
)  # the cookie outlives its round a little: "too late" is a better page than "who are you"


class NotEntered(SurveyProblem):
    """A page of answers was asked for without a personal link."""

    kind = "forbidden"


class TooLate(SurveyProblem):
    """Answers were sent after the hour of grace, or with a link that was withdrawn meanwhile."""

    kind = "gone"


class GoTo(Exception):
    """The page asked for is not the one this person should see now."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class Respondent:
    """One invited person, the keys of the round, and what opens the draft of this device."""

    visit: Visit
    keys: RoundKeys
    secret: str
    device: bytes


def find_respondent(
    request: Request, session: SessionDep, keystore: KeystoreDep, sealer: SealerDep, now: ClockDep
) -> Respondent | None:
    """The person whose link this browser holds, if it holds one.

    Raises LinkNotOpen when the round has closed, TooLate when something was sent then.
    """
    held = sealer.unseal(COOKIE, request.cookies.get(COOKIE))
    if held is None:
        return None
    try:
        visit = invitations.redeem(session, held["secret"], now=now)
    except LinkNotOpen as closed:
        if request.method in SAFE_METHODS:
            raise
        raise TooLate("this came after closing and was not stored") from closed
    keys = keystore.load(visit.round_.id)
    if request.method not in SAFE_METHODS:
        ballots.take_turn(session, keys, visit.organization.id)
    return Respondent(visit, keys, held["secret"], bytes.fromhex(held["device"]))


AnyoneDep = Annotated[Respondent | None, Depends(find_respondent)]


def get_respondent(respondent: AnyoneDep) -> Respondent:
    if respondent is None:
        raise NotEntered("a page of answers was asked for without a personal link")
    return respondent


RespondentDep = Annotated[Respondent, Depends(get_respondent)]


def anyone_of(call: Call) -> Respondent | None:
    """The person whose link the browser behind this call holds, if it holds one."""
    return find_respondent(call.request, call.session, call.keystore, call.sealer, call.now)


def respondent_of(call: Call) -> Respondent:
    return get_respondent(anyone_of(call))


def remember(response: Response, request: Request, sealer: Sealer, respondent: Respondent, now: datetime) -> None:
    """Keep the link in this browser until the round has closed."""
    value = sealer.seal(COOKIE, {"secret": respondent.secret, "device": respondent.device.hex()})
    lasts = respondent.visit.round_.closes_at + AFTER_CLOSING - now
    response.set_cookie(
        COOKIE,
        value,
        max_age=max(int(lasts.total_seconds()), 60),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def forget(response: Response) -> None:
    """Leave nothing of this person in the browser: the link, and pages and answers kept for times without a line."""
    for name in (COOKIE, OFFLINE_COOKIE):
        response.delete_cookie(name, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"storage"'
