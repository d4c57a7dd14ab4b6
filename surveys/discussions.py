"""From a finding to an agreement: findings taken up as open questions, in the facilitator's words and order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import Discussion, ReleaseRow
from surveys.problems import ChangedMeanwhile, InvalidInput, NotFound
from surveys.texts import LONGEST, checked

OPEN, AGREED, DROPPED = "open", "agreed", "dropped"
STATUSES = (OPEN, AGREED, DROPPED)
__all__ = ["AGREED", "DROPPED", "LONGEST", "OPEN", "STATUSES"]


def open_entry(
    session: Session, *, partnership_id: UUID, round_id: UUID, target: str, question: str, now: datetime, by: str = ""
) -> Discussion:
    """Take up a finding of a released round; the entry keeps the digest and revision of the release it cites."""
    cited = latest_release(session, round_id)
    if cited is None:
        raise InvalidInput("only findings of a released round can be discussed")
    entry = Discussion(
        partnership_id=partnership_id,
        round_id=round_id,
        release_digest=cited.digest,
        release_revision=cited.revision,
        target=target,
        question=checked(question, "question", required=True),
        place=len(of_partnership(session, partnership_id)) + 1,
        changed_by=by,
        opened_at=now,
        changed_at=now,
    )
    session.add(entry)
    session.flush()  # its id is the address of its page
    return entry


def latest_release(session: Session, round_id: UUID) -> ReleaseRow | None:
    query = select(ReleaseRow).where(ReleaseRow.round_id == round_id).order_by(col(ReleaseRow.revision).desc()).limit(1)
    return session.exec(query).first()


def update_entry(
    entry: Discussion, *, question: str, status: str, conclusion: str, seen: int, by: str, now: datetime
) -> None:
    """Word the question anew, or say how the discussion of it stands. seen: the version the writer had before him."""
    check_seen(entry, seen)
    if status not in STATUSES:
        raise InvalidInput(f"the state of an entry is one of: {', '.join(STATUSES)}")
    if status == AGREED and not conclusion.strip():
        raise InvalidInput("an agreement needs words: what was agreed?")
    entry.question = checked(question, "question", required=True)
    entry.status, entry.conclusion = status, checked(conclusion, "conclusion")
    entry.version, entry.changed_by, entry.changed_at = seen + 1, by, now


def conclude(entry: Discussion, conclusion: str, *, by: str, now: datetime) -> None:
    """A meeting decided on it."""
    entry.status, entry.conclusion = AGREED, conclusion
    entry.version, entry.changed_by, entry.changed_at = entry.version + 1, by, now


def check_seen(row: object, seen: int) -> None:
    """Two people at work on one thing: the later one is shown what the earlier one saved."""
    version = getattr(row, "version", 0)
    if version != seen:
        raise ChangedMeanwhile(f"version {version} was saved after version {seen} was read", version=version)


def move(session: Session, entry: Discussion, *, up: bool) -> None:
    """One place up or down among the questions still open."""
    ordered = in_order(one for one in of_partnership(session, entry.partnership_id) if one.status == OPEN)
    at = ordered.index(entry) if entry in ordered else -1
    other = at - 1 if up else at + 1
    if at < 0 or not 0 <= other < len(ordered):
        return
    ordered[at], ordered[other] = ordered[other], ordered[at]
    for place, one in enumerate(ordered, start=1):
        one.place = place


def in_order(entries: Iterable[Discussion]) -> list[Discussion]:
    return sorted(entries, key=lambda entry: (entry.place, entry.opened_at, str(entry.id)))


def get_entry(session: Session, entry_id: UUID, partnership_id: UUID, *, to_change: bool = False) -> Discussion:
    found = session.get(Discussion, entry_id, with_for_update=to_change or None)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such entry")
    return found


def of_partnership(session: Session, partnership_id: UUID) -> list[Discussion]:
    """All entries of a partnership, the latest first."""
    query = select(Discussion).where(Discussion.partnership_id == partnership_id)
    return sorted(session.exec(query).all(), key=lambda entry: (entry.opened_at, str(entry.id)), reverse=True)


def revised_since(session: Session, entry: Discussion) -> int | None:
    """The revision that stands now, where the release was revised after it was cited."""
    latest = latest_release(session, entry.round_id)
    return latest.revision if latest and latest.revision > entry.release_revision else None
