"""The ladder a dispute climbs: which stages a partnership has, and how long each may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from surveys import charter

RUNGS = ("direct_talks", "facilitated", "steering_group", "external")


@dataclass(frozen=True, slots=True)
class Ladder:
    """days: how long each rung may take, lowest first; a rung that the charter does not name is not there."""

    contact: str
    acknowledge_within_days: int
    days: dict[str, int]
    mediator: str = ""
    is_existence_public: bool = False

    @property
    def rungs(self) -> Sequence[str]:
        return [rung for rung in RUNGS if rung in self.days]

    def after(self, state: str) -> str | None:
        """The rung that follows this state; None on the last one."""
        above = RUNGS.index(state) + 1 if state in RUNGS else 0
        return next((rung for rung in RUNGS[above:] if rung in self.days), None)

    def due(self, state: str, began: date) -> date | None:
        """The last day of a stage; None where the charter sets no limit."""
        limit = self.acknowledge_within_days if state == "raised" else self.days.get(state)
        return None if limit is None else began + timedelta(days=limit)


# where the charter is silent: what UNGP 31 calls an indicative time frame for each stage
STANDARD = Ladder("", 7, {"direct_talks": 30, "facilitated": 30, "steering_group": 45, "external": 60})


def ladder_of(session: Session, partnership_id: UUID) -> Ladder:
    """The ladder of the charter in force, else the standard one: a concern must find a way also before the signing."""
    given = charter.dispute_mechanism(session, partnership_id)
    if given is None:
        return STANDARD
    return Ladder(
        contact=given.contact,
        acknowledge_within_days=given.acknowledge_within_days,
        days={stage.code: stage.days for stage in given.stages if stage.days},
        mediator=given.mediator,
        is_existence_public=given.is_existence_public,
    )
