"""What the registers themselves measure: so many of so many, the objective twins of what people think."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from surveys.models import RegisterEntry
from surveys.standing import Standing


@dataclass(frozen=True, slots=True)
class Tally:
    """part of whole; for `days_per_mission` the part is a number of days, the whole a number of missions."""

    row: str
    code: str
    part: float
    whole: int


def tallies(session: Session, now: Standing) -> list[Tally]:
    """Only what there is something to count of."""
    return [one for one in (*_counted(now), _reused(session, now)) if one.whole]


def _counted(now: Standing) -> Iterator[Tally]:
    today = now.today.isoformat()
    rule = now.body().get("decisions", {}).get("rule", "")
    allowed = ("consensus", "majority", rule) if rule == "consensus_then_majority" else (rule,)
    decisions = now.lines("decisions")
    yield _of("P2", "by_agreed_rule", [one["rule"] in allowed for one in decisions])
    due = [one for one in now.lines("documents") if one["due_on"] <= today]
    yield _of("P2", "published_on_time", [one.get("published_on", "9999") <= one["due_on"] for one in due])
    yield _of("P3", "shared_systems", [one["state"] != "own" for one in now.lines("harmonization")])
    yield _of("P3", "joint_events", [len(one["partners"]) > 1 for one in now.lines("calendar")])
    relevant = [one for one in now.lines("mechanisms") if one["state"] != "not_relevant"]
    yield _of("P5", "mechanisms_in_place", [one["state"] == "fully" for one in relevant])
    settled = [one for one in now.commitments if one.due_on and one.status in ("agreed", "done", "verified")]
    past = [one for one in settled if one.status == "verified" or (one.due_on and one.due_on < now.today)]
    kept = [bool(one.status == "verified" and one.done_on and one.due_on and one.done_on <= one.due_on) for one in past]
    yield _of("P5", "commitments_on_time", kept)
    yield _of("S1", "gaps_closed", [one["status"] == "closed" for one in now.lines("capacity_gaps")])
    yield _of("S5", "nationally_executed", [one["execution"] == "national" for one in now.lines("activities")])
    hindering = [one for one in now.lines("own_rules") if one["status"] != "none"]
    yield _of("S6", "rules_resolved", [one["status"] in ("waived", "changed") for one in hindering])
    yield from _load(now)


def _load(now: Standing) -> Iterator[Tally]:
    """Staff days that a mission took, over the quarters for which days were entered."""
    days = sum(one["days"] for one in now.lines("staff_load") if one["kind"] == "missions")
    missions = [one for one in now.lines("calendar") if one["kind"] == "mission"]
    if days:
        yield Tally("S7", "days_per_mission", days, len(missions))


def _of(row: str, code: str, each: Sequence[bool]) -> Tally:
    return Tally(row, code, sum(each), len(each))


def _reused(session: Session, now: Standing) -> Tally:
    """Lessons of this partnership that another one took over."""
    own = {str(one.id) for one in now.lessons}
    query = select(RegisterEntry).where(
        RegisterEntry.register_code == "replications",
        RegisterEntry.partnership_id != now.partnership.id,
        col(RegisterEntry.is_withdrawn).is_(False),
    )
    used = {one.body["lesson"] for one in session.exec(query)} if own else set()
    return Tally("P4", "lessons_reused", len(own & used), len(own))
