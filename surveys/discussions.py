"""From a finding to an agreement: a question, an action, an owner, a date, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import Discussion, ReleaseRow
from surveys.problems import InvalidInput, NotFound

LONGEST = 4_000
OPEN, AGREED = "open", "agreed"


def open_entry(
    session: Session, *, partnership_id: UUID, round_id: UUID, target: str, question: str, now: datetime
) -> Discussion:
    """Take up a finding of a released round; the entry keeps the digest of the release it cites."""
    cited = session.exec(
        select(ReleaseRow).where(ReleaseRow.round_id == round_id).order_by(col(ReleaseRow.revision).desc()).limit(1)
    ).first()
    if cited is None:
        raise InvalidInput("only findings of a released round can be discussed")
    entry = Discussion(
        partnership_id=partnership_id,
        round_id=round_id,
        release_digest=cited.digest,
        target=target,
        question=_checked(question, "question", required=True),
        opened_at=now,
        changed_at=now,
    )
    session.add(entry)
    session.flush()  # its id is the address of its page
    return entry


def update_entry(
    entry: Discussion,
    *,
    agreed_action: str,
    owner_organization_id: UUID | None,
    due_on: date | None,
    status: str,
    outcome: str,
    members: Sequence[UUID],
    now: datetime,
) -> None:
    """Record what was agreed or what became of it. An agreement needs an action, an owner and a date."""
    if status not in ("open", "agreed", "done", "dropped"):
        raise InvalidInput("the state of an entry is one of: open, agreed, done, dropped")
    if owner_organization_id is not None and owner_organization_id not in members:
        raise InvalidInput("the owner must be a partner of this partnership")
    action = _checked(agreed_action, "agreed action")
    if status != OPEN and status != "dropped" and not (action and owner_organization_id and due_on):
        raise InvalidInput("an agreement needs an action, an owner and a date")
    if status == AGREED and due_on is not None and entry.status == OPEN and due_on < now.date():
        raise InvalidInput("the date of a new agreement lies in the past")
    entry.agreed_action, entry.owner_organization_id, entry.due_on = action, owner_organization_id, due_on
    entry.status, entry.outcome, entry.changed_at = status, _checked(outcome, "outcome"), now


def _checked(text: str, name: str, *, required: bool = False) -> str:
    clean = text.strip()
    if required and not clean:
        raise InvalidInput(f"the {name} is empty")
    if len(clean) > LONGEST:
        raise InvalidInput(f"the {name} has {len(clean)} characters; {LONGEST} fit, nothing was cut or saved")
    return clean


def get_entry(session: Session, entry_id: UUID, partnership_id: UUID) -> Discussion:
    found = session.get(Discussion, entry_id)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such entry")
    return found


def of_partnership(session: Session, partnership_id: UUID) -> list[Discussion]:
    """All entries of a partnership, the latest first."""
    query = select(Discussion).where(Discussion.partnership_id == partnership_id)
    return sorted(session.exec(query).all(), key=lambda entry: (entry.opened_at, str(entry.id)), reverse=True)


def overdue(entries: Sequence[Discussion], today: date) -> list[Discussion]:
    return [entry for entry in entries if entry.status == AGREED and entry.due_on is not None and entry.due_on < today]
