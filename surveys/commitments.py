"""Commitments: who does what for whom until when, said to be done with evidence, and verified by the other side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.discussions import check_seen
from surveys.models import Commitment, Discussion, Organization
from surveys.problems import InvalidInput, NotAllowedNow, NotFound
from surveys.texts import checked

DUE_SOON = timedelta(days=14)
OPEN = ("draft", "agreed", "done")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a form says of a commitment."""

    what: str
    owner_id: UUID | None
    to_id: UUID | None
    due_on: date | None
    target: str = ""


def make(
    session: Session,
    partnership_id: UUID,
    promise: Promise,
    *,
    members: Sequence[UUID],
    by: str,
    now: datetime,
    discussion_id: UUID | None = None,
    dispute_id: UUID | None = None,
    is_open_to_all: bool = True,
) -> Commitment:
    """A new commitment. It needs an owner among the partners; without a date it is a draft."""
    if promise.owner_id is None or promise.owner_id not in members:
        raise InvalidInput("a commitment needs an owner, who is a partner of this partnership")
    if promise.to_id is not None and (promise.to_id not in members or promise.to_id == promise.owner_id):
        raise InvalidInput("a commitment is made to another partner, or to all")
    if promise.due_on is not None and promise.due_on < now.date():
        raise InvalidInput("the date of a new commitment lies in the past")
    made = Commitment(
        partnership_id=partnership_id,
        discussion_id=discussion_id,
        dispute_id=dispute_id,
        what=checked(promise.what, "commitment", required=True),
        owner_organization_id=promise.owner_id,
        to_organization_id=promise.to_id,
        due_on=promise.due_on,
        target=promise.target,
        status="agreed" if promise.due_on else "draft",
        agreed_on=now.date(),
        is_open_to_all=is_open_to_all,
        changed_by=by,
        changed_at=now,
    )
    session.add(made)
    session.flush()  # its id is the address of its page
    return made


def find_same(
    session: Session,
    partnership_id: UUID,
    promise: Promise,
    *,
    discussion_id: UUID | None = None,
    dispute_id: UUID | None = None,
) -> Commitment | None:
    """The same promise made before: a form sent twice makes one."""
    wanted = (promise.what.strip(), promise.owner_id, promise.to_id, promise.due_on, discussion_id, dispute_id)
    for one in of_partnership(session, partnership_id):
        found = (one.what, one.owner_organization_id, one.to_organization_id, one.due_on)
        if (*found, one.discussion_id, one.dispute_id) == wanted:
            return one
    return None


def set_date(commitment: Commitment, due_on: date, *, seen: int, by: str, now: datetime) -> None:
    """A draft becomes an agreement with its date; a date once agreed moves only forward in the open, with a note."""
    _expect(commitment, ("draft", "agreed"), seen)
    if due_on < now.date():
        raise InvalidInput("the date of a new commitment lies in the past")
    if commitment.status == "agreed" and commitment.due_on != due_on:
        commitment.note = f"{commitment.due_on} → {due_on}"
    commitment.due_on, commitment.status, commitment.reminded = due_on, "agreed", ""
    _saved(commitment, by, now)


def report_done(commitment: Commitment, evidence: str, done_on: date, *, seen: int, by: str, now: datetime) -> None:
    """The owner says it is done, and how anybody can see that."""
    _expect(commitment, ("agreed",), seen)
    if done_on > now.date():
        raise InvalidInput("what is done was not done in the future")
    if done_on < commitment.agreed_on:
        raise InvalidInput("it cannot have been done before it was agreed")
    commitment.evidence = checked(evidence, "evidence", required=True)
    commitment.done_on, commitment.status = done_on, "done"
    _saved(commitment, by, now)


def verify(
    commitment: Commitment, organization: Organization, *, owner: Organization, person: str, seen: int, now: datetime
) -> None:
    """Somebody of the other side has seen that it is done."""
    _expect(commitment, ("done",), seen)
    if not may_verify(commitment, organization, owner):
        raise InvalidInput("a commitment is verified by the other side, never by its owner")
    commitment.verified_for_id, commitment.verified_by = organization.id, checked(person, "name", required=True)
    commitment.verified_on, commitment.status, commitment.note = now.date(), "verified", ""
    _saved(commitment, person, now)


def may_verify(commitment: Commitment, organization: Organization, owner: Organization) -> bool:
    """The partner it was promised to; where it was promised to all, any partner of the other side."""
    if organization.id == owner.id:
        return False
    if commitment.to_organization_id is not None:
        return organization.id == commitment.to_organization_id
    return organization.is_national != owner.is_national


def give_back(commitment: Commitment, note: str, *, seen: int, by: str, now: datetime) -> None:
    """The other side does not see it done: it is open again, with the reason."""
    _expect(commitment, ("done",), seen)
    commitment.note, commitment.status, commitment.done_on = checked(note, "reason", required=True), "agreed", None
    _saved(commitment, by, now)


def drop(commitment: Commitment, note: str, *, seen: int, by: str, now: datetime) -> None:
    _expect(commitment, ("draft", "agreed"), seen)
    commitment.note, commitment.status = checked(note, "reason", required=True), "dropped"
    _saved(commitment, by, now)


def _expect(commitment: Commitment, states: Sequence[str], seen: int) -> None:
    check_seen(commitment, seen)
    if commitment.status not in states:
        raise NotAllowedNow(f"a commitment that is {commitment.status} does not take this step")


def _saved(commitment: Commitment, by: str, now: datetime) -> None:
    commitment.version, commitment.changed_by, commitment.changed_at = commitment.version + 1, by, now


def is_overdue(commitment: Commitment, today: date) -> bool:
    return commitment.status == "agreed" and commitment.due_on is not None and commitment.due_on < today


def get(session: Session, commitment_id: UUID, partnership_id: UUID, *, to_change: bool = False) -> Commitment:
    found = session.get(Commitment, commitment_id, with_for_update=to_change or None)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such commitment")
    return found


def of_partnership(session: Session, partnership_id: UUID) -> list[Commitment]:
    """All commitments of a partnership, the earliest due first, drafts last."""
    return sort(session.exec(select(Commitment).where(Commitment.partnership_id == partnership_id)).all())


def of_dispute(session: Session, dispute_id: UUID) -> list[Commitment]:
    return sort(session.exec(select(Commitment).where(Commitment.dispute_id == dispute_id)).all())


def sort(found: Iterable[Commitment]) -> list[Commitment]:
    return sorted(found, key=lambda one: (one.due_on or date.max, one.agreed_on, str(one.id)))


def overdue(session: Session, partnership_ids: Sequence[UUID], today: date) -> list[Commitment]:
    """What everybody in these partnerships may see overdue."""
    query = select(Commitment).where(
        col(Commitment.partnership_id).in_(partnership_ids),
        col(Commitment.status) == "agreed",
        col(Commitment.due_on) < today,
        col(Commitment.is_open_to_all),
    )
    return sort(session.exec(query).all())


def linked_targets(session: Session, partnership_id: UUID, before: date) -> dict[str, date]:
    """What the commitments made before a day should move: target -> the day of the latest agreement on it."""
    found: dict[str, date] = {}
    for one in of_partnership(session, partnership_id):
        if one.target and one.status != "dropped" and one.agreed_on <= before:
            found[one.target] = max(one.agreed_on, found.get(one.target, one.agreed_on))
    return found


def agreed_days(session: Session, partnership_id: UUID, before: datetime) -> list[date]:
    """Days on which something was agreed openly: what a round closing `before` can say something about."""
    entries = select(Discussion).where(Discussion.partnership_id == partnership_id, Discussion.status == "agreed")
    days = {one.opened_at.date() for one in session.exec(entries) if one.opened_at < before}
    for one in of_partnership(session, partnership_id):
        if one.discussion_id is None and one.is_open_to_all and one.status not in ("draft", "dropped"):
            days.add(one.agreed_on)
    return sorted(day for day in days if day <= before.date())


@dataclass(frozen=True, slots=True)
class Closure:
    """Counts for formula 50: due by today, of these done and verified, done alone, and by how many days late."""

    n_due: int
    n_verified: int
    n_done: int
    days_overdue: tuple[int, ...]
    n_items: int
    n_items_owned: int


def closure(several: Sequence[Commitment], entries: Sequence[Discussion], today: date) -> Closure:
    """days_overdue: of every commitment past its date, until it was done or until today."""
    due = [
        one for one in several if one.status in ("agreed", "done", "verified") and one.due_on and one.due_on <= today
    ]
    late = [((one.done_on or today) - one.due_on).days for one in due if one.due_on]
    owned = {one.discussion_id for one in several if one.discussion_id and one.due_on and one.status != "dropped"}
    agenda = [entry for entry in entries if entry.status != "dropped"]
    return Closure(
        n_due=len(due),
        n_verified=sum(one.status == "verified" for one in due),
        n_done=sum(one.status in ("done", "verified") for one in due),
        days_overdue=tuple(days for days in late if days > 0),
        n_items=len(agenda),
        n_items_owned=sum(entry.id in owned for entry in agenda),
    )


def reminders(session: Session, today: date) -> list[tuple[Commitment, str]]:
    """Open commitments whose owner has not been told yet that they are due soon, due, or late."""
    query = select(Commitment).where(col(Commitment.status) == "agreed", col(Commitment.due_on) <= today + DUE_SOON)
    found = []
    for one in sort(session.exec(query).all()):
        assert one.due_on is not None  # asked for above
        stage = "late" if one.due_on < today else "due" if one.due_on == today else "soon"
        if one.reminded != stage and not (one.reminded == "due" and stage == "soon"):
            found.append((one, stage))
    return found
