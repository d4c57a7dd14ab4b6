"""The chained record of facilitators' and administrators' acts; a respondent's act is never in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from surveys.database import metadata
from surveys.models import AuditEntry, Round

BEGINNING = "0" * 64


def _digest(entry: AuditEntry) -> str:
    parts = (entry.previous, entry.at.isoformat(), entry.actor, entry.act, entry.subject)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def record(session: Session, actor: str, act: str, subject: str, now: datetime) -> AuditEntry:
    """Add one act to the chain."""
    last = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1)).first()
    entry = AuditEntry(
        at=now, actor=actor, act=act, subject=subject, previous=last.digest if last else BEGINNING, digest=""
    )
    entry.digest = _digest(entry)
    session.add(entry)
    session.flush()  # the next entry of this transaction needs this digest
    return entry


def verify_chain(session: Session) -> int | None:
    """The number of the first entry that was changed or follows a removed one; None when the chain holds."""
    previous = BEGINNING
    for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
        if entry.previous != previous or entry.digest != _digest(entry):
            return entry.id
        previous = entry.digest
    return None


# Reading -------------------------------------------------------------------------------------------------------------


def entries(session: Session) -> Sequence[AuditEntry]:
    """The whole record, the oldest first."""
    return session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()


SILENT = {"ballot", "draft", "response", "comment", "carry_over", "invitation", "release"}  # nobody acts on these by id


def of_partnership(session: Session, partnership_id: UUID) -> tuple[Sequence[AuditEntry], dict[str, str]]:
    """Acts on a partnership and what belongs to it, the newest first; and the labels of its rounds by subject."""
    rounds = session.exec(select(Round.id, Round.label).where(Round.partnership_id == partnership_id)).all()
    ids = _belongings(session, partnership_id, [one for one, _ in rounds])
    entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc())).all()
    labels = {f"round {one}": label for one, label in rounds} | {str(one): label for one, label in rounds}
    return [one for one in entries if one.subject.rpartition(" ")[2] in ids], labels


def _belongings(session: Session, partnership_id: UUID, rounds: Sequence[UUID]) -> set[str]:
    """Everything that can stand as a subject: the partnership, its rounds, and rows that name either."""
    ids = {str(partnership_id), *(str(one) for one in rounds)}
    for name, table in metadata.tables.items():
        if name in SILENT or "id" not in table.c:
            continue
        if "partnership_id" in table.c:
            ids |= {
                str(one)
                for one in session.scalars(sa_select(table.c.id).where(table.c.partnership_id == partnership_id))
            }
        elif "round_id" in table.c and rounds:
            ids |= {str(one) for one in session.scalars(sa_select(table.c.id).where(table.c.round_id.in_(rounds)))}
    return ids


def of_the_machine(session: Session) -> Sequence[AuditEntry]:
    """Acts on accounts and keys, the newest first."""
    query = select(AuditEntry).where(
        col(AuditEntry.subject).startswith("account ")
        | (col(AuditEntry.subject) == "")
        | (col(AuditEntry.subject) == "keystore")
    )
    return session.exec(query.order_by(col(AuditEntry.id).desc())).all()
