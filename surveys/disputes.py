"""Disputes: raised by people, led up the charter's ladder by people, settled on a text, watched until it is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlmodel import Session, select

from surveys import commitments
from surveys.concerns import Cited
from surveys.discussions import check_seen
from surveys.dispute_parties import parties_of, role_in
from surveys.dispute_states import ENDED, RUNGS, Moves, Role, moves_from
from surveys.ladder import Ladder, ladder_of
from surveys.models import Concern, Dispute, Party, Seat, Step
from surveys.problems import InvalidInput, NotAllowedNow, NotFound
from surveys.texts import LONGEST_LINE, checked


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a dispute stands: its steps, the limit of the present one, and what may follow when it runs out."""

    steps: tuple[Step, ...]
    settled_on: str
    is_over: bool
    is_alone: bool  # one party is left
    proposed: str | None  # the next rung, once the time is over; people decide

    @property
    def due_on(self) -> date | None:
        return self.steps[-1].due_on


def raise_dispute(
    session: Session,
    *,
    partnership_id: UUID,
    raised_for: UUID,
    against: Sequence[UUID],
    members: Collection[UUID],
    title: str,
    happened: str,
    hoped_for: str,
    by: str,
    ladder: Ladder,
    now: datetime,
    cited: Cited | None = None,
    concern: Concern | None = None,
) -> Dispute:
    """A partner raises it against one or more others. Nothing but a person's act ever calls this."""
    others = [one for one in dict.fromkeys(against) if one != raised_for]
    if not others or not {raised_for, *others} <= set(members):
        raise InvalidInput("a dispute has at least two parties, partners of this partnership")
    if concern is not None and (concern.state in ("taken_up", "withdrawn") or concern.organization_id != raised_for):
        raise NotAllowedNow("a dispute is made of a concern by the partner that raised it, once")
    made = Dispute(
        partnership_id=partnership_id,
        concern_id=concern.id if concern else None,
        raised_for_id=raised_for,
        title=checked(title, "title", required=True, limit=LONGEST_LINE),
        happened=checked(happened, "text about what happened", required=True),
        hoped_for=checked(hoped_for, "text about what is hoped for", required=True),
        round_id=cited.round_id if cited else None,
        release_digest=cited.digest if cited else "",
        release_revision=cited.revision if cited else None,
        target=cited.target if cited else "",
        raised_at=now,
    )
    session.add(made)
    session.flush()  # parties and steps need its id
    session.add_all(Party(dispute_id=made.id, organization_id=one) for one in (raised_for, *others))
    if concern is not None:
        concern.state = "taken_up"
    _begin(session, made, "raised", ladder, by=by, reason="", now=now)
    return made


def standing(session: Session, dispute: Dispute, ladder: Ladder, today: date) -> Standing:
    steps = steps_of(session, dispute.id)
    rungs = [step.state for step in steps if step.state in RUNGS]
    due_on = steps[-1].due_on
    is_over = due_on is not None and due_on < today and dispute.state not in ENDED
    follows = {"raised": "acknowledged", "acknowledged": next(iter(ladder.rungs), None)}
    proposed = follows.get(dispute.state, ladder.after(dispute.state) if dispute.state in RUNGS else None)
    is_alone = len(parties_of(session, dispute.id, present=True)) < 2
    return Standing(tuple(steps), rungs[-1] if rungs else "", is_over, is_alone, proposed if is_over else None)


def moves_of(dispute: Dispute, stands: Standing, ladder: Ladder) -> Moves:
    """Where this dispute may go now, and who may take it there."""
    return moves_from(
        dispute.state,
        ladder.rungs,
        settled_on=stands.settled_on,
        is_over=stands.is_over,
        is_alone=stands.is_alone,
    )


def move(
    session: Session,
    dispute: Dispute,
    to: str,
    role: Role,
    *,
    ladder: Ladder,
    reason: str,
    by: str,
    seen: int,
    now: datetime,
    agreement: str = "",
) -> None:
    """One step of the ladder, by somebody who may take it."""
    check_seen(dispute, seen)
    stands = standing(session, dispute, ladder, now.date())
    if role not in moves_of(dispute, stands, ladder).get(to, frozenset()):
        raise NotAllowedNow(f"a dispute that is {dispute.state} is not taken to {to} by the {role}")
    _check_step(session, dispute, to)
    if to == "agreed":
        dispute.agreement = checked(agreement, "agreement", required=True)
    if dispute.state in ("agreed", "monitoring", "closed") and to in (*RUNGS, "acknowledged"):
        for party in parties_of(session, dispute.id):
            party.confirmed_by, party.confirmed_on = "", None
    stands.steps[-1].ended_at = now
    _begin(session, dispute, to, ladder, by=by, reason=checked(reason, "reason"), now=now)
    dispute.state, dispute.version = to, seen + 1


def _check_step(session: Session, dispute: Dispute, to: str) -> None:
    present = parties_of(session, dispute.id, present=True)
    if len(present) < 2 and to not in ENDED:
        raise NotAllowedNow("only one party is left: the dispute can be withdrawn, or closed once it was agreed")
    if to == "monitoring" and not all(party.confirmed_on for party in present):
        raise NotAllowedNow("every party confirms the agreement before it is watched")
    if to == "closed" and any(one.status in commitments.OPEN for one in commitments.of_dispute(session, dispute.id)):
        raise NotAllowedNow("a commitment of this dispute is still open")


def _begin(
    session: Session, dispute: Dispute, state: str, ladder: Ladder, *, by: str, reason: str, now: datetime
) -> None:
    place = len(steps_of(session, dispute.id)) + 1
    due_on = ladder.due(state, now.date())
    session.add(
        Step(dispute_id=dispute.id, place=place, state=state, began_at=now, due_on=due_on, reason=reason, by=by)
    )
    session.flush()  # the next step counts this one


def confirm(session: Session, dispute: Dispute, organization_id: UUID, *, person: str, today: date) -> None:
    """A party says that it stands by the agreement."""
    party = session.get(Party, (dispute.id, organization_id))
    if dispute.state != "agreed" or party is None or party.left_on is not None:
        raise NotAllowedNow("there is no agreement for this party to confirm")
    party.confirmed_by, party.confirmed_on = checked(person, "name", required=True, limit=LONGEST_LINE), today


def get(session: Session, dispute_id: UUID, partnership_id: UUID, *, to_change: bool = False) -> Dispute:
    found = session.get(Dispute, dispute_id, with_for_update=to_change or None)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such dispute")
    return found


def of_partnership(session: Session, partnership_id: UUID) -> list[Dispute]:
    query = select(Dispute).where(Dispute.partnership_id == partnership_id)
    return sorted(session.exec(query).all(), key=lambda one: (one.raised_at, str(one.id)), reverse=True)


def steps_of(session: Session, dispute_id: UUID) -> list[Step]:
    query = select(Step).where(Step.dispute_id == dispute_id)
    return sorted(session.exec(query).all(), key=lambda step: step.place)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that charts mark. title: only for those who may read the dispute."""

    kind: str  # dispute, dispute_settled, agreement
    on: date
    title: str = ""


def events(session: Session, partnership_id: UUID, seat: Seat | None = None) -> list[Event]:
    """Disputes opened and settled, agreements reached, oldest first: what this seat, or with None anybody, may know."""
    ladder = ladder_of(session, partnership_id)
    found = []
    for one in of_partnership(session, partnership_id):
        is_mine = seat is not None and role_in(session, one, seat) is not None
        if not (is_mine or ladder.is_existence_public):
            continue
        title = one.title if is_mine else ""
        found.append(Event("dispute", one.raised_at.date(), title))
        settled = [step for step in steps_of(session, one.id) if step.state == "agreed"]
        found += [Event("dispute_settled", step.began_at.date(), title) for step in settled]
    last = datetime.max.replace(tzinfo=UTC)
    found += [Event("agreement", day) for day in commitments.agreed_days(session, partnership_id, last)]
    return sorted(found, key=lambda event: (event.on, event.kind))


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Counts for formula 51: stages with a limit that ended, and of them in time; disputes settled, and reopened."""

    n_stages: int
    n_in_time: int
    n_settled: int
    n_reopened: int


def timeliness(session: Session, several: Sequence[Dispute]) -> Timeliness:
    ended, settled, reopened = [], 0, 0
    for one in several:
        steps = steps_of(session, one.id)
        ended += [step for step in steps if step.due_on is not None and step.ended_at is not None]
        states = [step.state for step in steps]
        settled += "agreed" in states
        reopened += any(states[at] in RUNGS and "agreed" in states[:at] for at in range(len(states)))
    in_time = [step for step in ended if step.ended_at and step.due_on and step.ended_at.date() <= step.due_on]
    return Timeliness(len(ended), len(in_time), settled, reopened)
