"""The chained record of facilitators' and administrators' acts; a respondent's act is never in it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import Session, col, select

from surveys.models import AuditEntry

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
