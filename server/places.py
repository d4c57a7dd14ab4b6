"""One account's place in one partnership while a request lasts: who it is, what it may do, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, partnership_for, seat_for
from server.dossiers import Dossier, open_dossier, organizations_by_id
from server.pages import Page, Words, language_of, render
from server.sheets import name_of
from surveys import audit, partnerships
from surveys.models import Account, Organization, Partnership, Seat


@dataclass(frozen=True, slots=True)
class Place:
    """What every page about findings, meetings, commitments, concerns and disputes starts from."""

    request: Request
    session: Session
    account: Account
    seat: Seat
    dossier: Dossier
    now: datetime

    @property
    def partnership(self) -> Partnership:
        return self.dossier.partnership

    @property
    def address(self) -> str:
        return self.dossier.address

    @property
    def language(self) -> str:
        return self.dossier.wording.language

    @property
    def _(self) -> Callable[[str], str]:
        return self.dossier.wording._

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def may_run(self) -> bool:
        return self.seat.role == "facilitator"

    @property
    def organization_id(self) -> UUID | None:
        """Whom this account represents; facilitators, trustees and readers represent nobody."""
        return self.seat.organization_id if self.seat.role == "representative" else None

    def members(self) -> dict[UUID, Organization]:
        """The partners of today, lead first."""
        return {one.id: one for _, one in partnerships.members_on(self.session, self.partnership.id, self.today)}

    def organizations(self) -> dict[UUID, Organization]:
        """Everybody who is or was a partner."""
        return organizations_by_id(self.session, self.partnership.id)

    def choices(self, *, without: UUID | None = None) -> tuple[tuple[str, Words], ...]:
        return tuple((str(one.id), name_of(one, self.language)) for one in self.members().values() if one.id != without)

    def speaking(self, language: str) -> Place:
        """The same place with words of another language, for files."""
        return replace(self, dossier=open_dossier(self.session, self.account, self.partnership, language))

    def require_facilitator(self) -> None:
        if not self.may_run:
            raise HTTPException(404)

    def record(self, act: str, subject: str) -> None:
        audit.record(self.session, self.account.email, act, subject, self.now)

    def show(self, page: Page, *, block: str | None = None, status: int = 200) -> Response:
        return render(self.request, page, block=block, status=status)


def get_place(request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID) -> Place:
    """To whoever has no seat in it, nothing of a partnership exists."""
    partnership = partnership_for(session, account, partnership_id)
    seat = seat_for(session, account, partnership_id)
    return Place(
        request, session, account, seat, open_dossier(session, account, partnership, language_of(request)), now
    )


def get_chair(place: Annotated[Place, Depends(get_place)]) -> Place:
    place.require_facilitator()
    return place


PlaceDep = Annotated[Place, Depends(get_place)]
ChairDep = Annotated[Place, Depends(get_chair)]  # only for whoever facilitates the partnership
