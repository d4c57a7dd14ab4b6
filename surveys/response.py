"""How many people of a whole round have answered, counted once a day: a live counter beside a door would tell who."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from surveys import ballots, mailings
from surveys.keystore import Keystore
from surveys.models import Partnership, Round, RoundPlan


@dataclass(frozen=True, slots=True)
class Response:
    """The count of the last day on which the clock looked."""

    answered: int
    invited: int
    counted_on: date


def due_to_count(session: Session, now: datetime) -> list[Round]:
    """Open rounds that were not counted yet on this day of their partnership."""
    found = session.exec(select(Round).where(Round.state == "open", Round.opens_at <= now)).all()
    return [one for one in found if _day(session, one, now) != mailings.plan_of(session, one).answered_on]


def count_today(session: Session, round_: Round, keystore: Keystore, now: datetime) -> None:
    plan = mailings.plan_of(session, round_)
    plan.answered = ballots.answered(session, round_, keystore.load(round_.id))
    plan.answered_on = _day(session, round_, now)
    session.add(plan)


def find(session: Session, round_: Round) -> Response | None:
    plan = session.get(RoundPlan, round_.id)
    if plan is None or plan.answered is None or plan.answered_on is None:
        return None
    return Response(plan.answered, sum(round_.invited.values()), plan.answered_on)


def _day(session: Session, round_: Round, now: datetime) -> date:
    zone = session.get_one(Partnership, round_.partnership_id).time_zone
    return now.astimezone(ZoneInfo(zone)).date()
