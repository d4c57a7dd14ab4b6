"""One account's place in one partnership while a request lasts: who it is, what it may do, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, seat_for
from server.dossiers import Dossier, address_of, open_dossier, organizations_by_id
from server.languages import translator
from server.pages import Page, Words, language_of, render
from server.sheets import name_of, title_of
from surveys import audit, partnerships
from surveys.models import Account, Organization, Partnership, Seat
from surveys.problems import SurveyProblem


@dataclass(frozen=True)
class Place:
    """What the pages of a partnership start from. Its releases are read when a page asks for the dossier."""

    request: Request
    session: Session
    account: Account
    seat: Seat
    partnership: Partnership
    language: str
    now: datetime

    @cached_property
    def dossier(self) -> Dossier:
        return open_dossier(self.session, self.account, self.partnership, self.language)

    @property
    def address(self) -> str:
        return address_of(self.partnership)

    @property
    def title(self) -> Words:
        return title_of(self.partnership, self.language)

    @property
    def _(self) -> Callable[[str], str]:
        return translator(self.language).gettext

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
        return replace(self, language=language)

    def require_facilitator(self) -> None:
        if not self.may_run:
            raise HTTPException(404)

    def attempt(self, act: Callable[[], object]) -> SurveyProblem | None:
        """Do it whole, or say why not: what is refused leaves no trace."""
        try:
            with self.session.begin_nested():
                act()
        except SurveyProblem as problem:
            return problem
        return None

    def record(self, act: str, subject: str) -> None:
        audit.record(self.session, self.account.email, act, subject, self.now)

    def show(self, page: Page, *, block: str | None = None, status: int = 200) -> Response:
        return render(self.request, page, block=block, status=status)


def get_place(request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID) -> Place:
    """To whoever has no seat in it, nothing of a partnership exists."""
    seat = seat_for(session, account, partnership_id)
    partnership = session.get_one(Partnership, partnership_id)
    return Place(request, session, account, seat, partnership, language_of(request), now)


def get_chair(place: Annotated[Place, Depends(get_place)]) -> Place:
    place.require_facilitator()
    return place


PlaceDep = Annotated[Place, Depends(get_place)]
ChairDep = Annotated[Place, Depends(get_chair)]  # only for whoever facilitates the partnership
