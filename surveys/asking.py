"""What one open round asks, and of whom: read once, kept for two seconds, the same for everybody invited.

Nothing of a respondent is kept here. Whether a link is open (state, times, "gone") is read anew for each request.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session, SQLModel, col, select

from surveys import rounds
from surveys.answers import Circumstances
from surveys.instruments import Instrument
from surveys.models import (
    Charter,
    InstrumentVersion,
    Invitation,
    Membership,
    Organization,
    Partnership,
    Round,
    RoundPlan,
)

KEPT_FOR = 2.0  # seconds: a name corrected by another server process shows after that time
KEPT = 100  # rounds
MADE_AT_MOST = 300  # pages and sections of one round
CHANGED = "rapport_asked_otherwise"
Times = tuple[Any, ...]  # state, opening and closing as the database gives them
Made = TypeVar("Made")
Row = TypeVar("Row", bound=SQLModel)
CHANGES = (Round, Partnership, Organization, Membership, InstrumentVersion, Invitation, RoundPlan, Charter)


@dataclass(frozen=True, slots=True)
class Asking:
    """One round with everything its pages say. The rows are copies: they belong to no session and are never written."""

    round_: Round
    partnership: Partnership
    organizations: dict[UUID, Organization]  # the invited ones, by name
    instrument: Instrument
    circumstances: Circumstances
    people: dict[UUID, list[UUID]]  # invitations of each organization, in an order that is always the same
    times: Times
    read_at: float
    made: dict[Any, Any] = field(default_factory=dict)  # pages and sections made of it, as long as it holds
    beside: dict[Any, Any] = field(default_factory=dict)  # what other tables say of the round; read anew with it

    def keep(self, key: Any, make: Callable[[], Made]) -> Made:
        """What was made of this round before, or make it now. Never anything that tells respondents apart."""
        found: Made | None = self.made.get(key)
        if found is None:
            if len(self.made) >= MADE_AT_MOST:
                self.made.clear()
            found = self.made[key] = make()
        return found

    def keep_beside(self, key: Any, read: Callable[[], Made]) -> Made:
        """What another table says of this round, for the two seconds that the round itself is kept."""
        if key not in self.beside:
            self.beside[key] = read()
        found: Made = self.beside[key]
        return found


# Shared by all requests of the process, as ten thousand people are asked the same; by database, as tests use several.
_kept: OrderedDict[tuple[int, UUID], Asking] = OrderedDict()


def asking_of(session: Session, round_id: UUID, times: Times) -> Asking:
    """What this round asks. `times` are read for each request: a round that was closed or extended is read anew."""
    key = (id(session.get_bind().engine.pool), round_id)
    found = _kept.get(key)
    if found is None or found.times != times or time.monotonic() - found.read_at > KEPT_FOR:
        found = _read(session, round_id, times, found)
        _kept.pop(key, None)
        _kept[key] = found
        with suppress(KeyError):  # another thread may empty it meanwhile
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
    return found


def _read(session: Session, round_id: UUID, times: Times, before: Asking | None) -> Asking:
    round_ = session.get_one(Round, round_id, populate_existing=True)  # as the times were read: from the database
    partnership = session.get_one(Partnership, round_.partnership_id)
    invited = [UUID(one) for one in round_.invited]
    organizations = session.exec(select(Organization).where(col(Organization.id).in_(invited))).all()
    roles = session.exec(select(Membership.role).where(Membership.partnership_id == partnership.id)).all()
    made = Asking(
        round_=_copy(round_),
        partnership=_copy(partnership),
        organizations={one.id: _copy(one) for one in sorted(organizations, key=lambda one: one.name)},
        instrument=before.instrument if before else rounds.instrument_of(session, round_),
        circumstances=Circumstances(
            round_number=round_.number,
            has_external_lead="external_lead" in roles,
            n_external=sum(not one.is_national for one in organizations),
            rhythm_months=partnership.rhythm_months,
            form=rounds.form_of(session, partnership.id),
        ),
        people=before.people if before else _people(session, round_id),
        times=times,
        read_at=time.monotonic(),
    )
    if before is not None and _says_the_same(before, made):
        made.made.update(before.made)
    return made


def _people(session: Session, round_id: UUID) -> dict[UUID, list[UUID]]:
    """The list is frozen while a round is open."""
    found: dict[UUID, list[UUID]] = {}
    query = select(Invitation.organization_id, Invitation.id).where(Invitation.round_id == round_id)
    for organization_id, invitation_id in session.exec(query):
        found.setdefault(organization_id, []).append(invitation_id)
    return {organization_id: sorted(people) for organization_id, people in found.items()}


def _says_the_same(one: Asking, other: Asking) -> bool:
    """Whether pages made of the one may be shown for the other."""

    def words(asking: Asking) -> tuple[Any, ...]:
        rows = (asking.round_, asking.partnership, *asking.organizations.values())
        return (asking.circumstances, [row.model_dump() for row in rows])

    return words(one) == words(other)


def _copy(row: Row) -> Row:
    return type(row)(**{name: getattr(row, name) for name in type(row).model_fields})


@event.listens_for(Session, "after_flush")
def _forget(session: Session, _context: object) -> None:
    """What this process changes shows at once."""
    if any(isinstance(row, CHANGES) for changed in (session.new, session.dirty, session.deleted) for row in changed):
        session.info[CHANGED] = True
        _kept.clear()


@event.listens_for(Session, "after_commit")
def _forget_again(session: Session) -> None:
    """Who read between the change and its commit kept what was before."""
    if session.info.pop(CHANGED, False):
        _kept.clear()
