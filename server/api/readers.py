"""Who reads: the account behind a token, its seats, and how often it may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException
from starlette.requests import Request

from server import watching
from server.deps import ClockDep, SessionDep, Shown, audience_of
from server.dossiers import Dossier, read_dossiers
from server.security import Attempts
from surveys import accounts, api_tokens
from surveys.models import Account, Partnership, Seat

PER_MINUTE = 120
attempts = Attempts(limit=PER_MINUTE, window=timedelta(minutes=1))
bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token from the page of your account")
REFUSED = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True)
class Reader:
    """The seats a token opens."""

    session: Session
    account: Account
    seats: Mapping[UUID, Seat]

    def partnerships(self) -> list[Partnership]:
        """In the order of their codes, which never changes."""
        query = select(Partnership).where(col(Partnership.id).in_(list(self.seats))).order_by(col(Partnership.code))
        return list(self.session.exec(query).all())

    def partnership(self, partnership_id: UUID) -> Partnership:
        if partnership_id not in self.seats:
            raise HTTPException(404)
        return self.session.get_one(Partnership, partnership_id)

    def dossier(self, partnership_id: UUID, language: str) -> Dossier:
        """Everything released, as this seat may see it."""
        partnership = self.partnership(partnership_id)
        audiences = {partnership_id: audience_of(self.seats[partnership_id])}
        return read_dossiers(self.session, [partnership], language, audiences)[0]


def get_reader(
    request: Request,
    session: SessionDep,
    now: ClockDep,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None,
) -> Reader:
    """The reader behind the token. A token lives no longer than its account and its seats."""
    token = api_tokens.find_valid(session, given.credentials, now.date()) if given else None
    account = session.get(Account, token.account_id) if token else None
    if token is None or account is None or account.is_closed:
        if given is not None:
            watching.refused_token()
        raise HTTPException(401, headers=REFUSED)
    request.state.account = Shown(account.id, account.is_administrator)
    key = str(token.id)
    if not attempts.may_try(key, now):
        raise HTTPException(429, headers={"Retry-After": "60"})
    attempts.note(key, now)
    seats = accounts.seats_of(session, account)
    if token.partnership_id is not None:
        seats = {key: seat for key, seat in seats.items() if key == token.partnership_id}
    return Reader(session, account, seats)


ReaderDep = Annotated[Reader, Depends(get_reader)]
