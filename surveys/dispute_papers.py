"""Notes and documents of a dispute, each for its readers: the own party, it and the facilitator, or everybody in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from surveys.dispute_states import ENDED, Role
from surveys.kept_files import plain_name, suffix_of
from surveys.models import Dispute, Document, Note
from surveys.models.disputes import AUDIENCES
from surveys.problems import InvalidInput, NotAllowedNow, NotFound
from surveys.texts import checked

MOST_DOCUMENTS = 30


def write_note(
    session: Session,
    dispute: Dispute,
    *,
    audience: str,
    text: str,
    author: str,
    organization_id: UUID | None,
    now: datetime,
) -> Note:
    """organization_id: whose note it is; None for facilitator and adjudicator, who write for the shared record only."""
    _check_audience(dispute, audience, organization_id)
    note = Note(
        dispute_id=dispute.id,
        organization_id=organization_id,
        audience=audience,
        author=author,
        text=checked(text, "note", required=True),
        written_at=now,
    )
    session.add(note)
    return note


def _check_audience(dispute: Dispute, audience: str, organization_id: UUID | None) -> None:
    if dispute.state in ENDED:
        raise NotAllowedNow("this dispute has ended")
    if audience not in AUDIENCES or (organization_id is None and audience != "all"):
        raise InvalidInput("a note is for the own party, for it and the facilitator, or for everybody in the dispute")


def may_read(paper: Note | Document, role: Role, organization_id: UUID | None) -> bool:
    """organization_id: the party the reader sits for; None for facilitator and adjudicator."""
    if paper.audience == "all" or (paper.organization_id is not None and paper.organization_id == organization_id):
        return True
    return paper.audience == "facilitator" and role == "facilitator"


def notes_for(session: Session, dispute: Dispute, role: Role, organization_id: UUID | None) -> list[Note]:
    found = session.exec(select(Note).where(Note.dispute_id == dispute.id)).all()
    read = [note for note in found if may_read(note, role, organization_id)]
    return sorted(read, key=lambda note: (note.written_at, str(note.id)))


def add_document(
    session: Session,
    dispute: Dispute,
    *,
    name: str,
    content: bytes,
    audience: str,
    author: str,
    organization_id: UUID | None,
    now: datetime,
) -> Document:
    """Keep a file, if it is what its name says. The same file sent twice is one."""
    _check_audience(dispute, audience, organization_id)
    plain = plain_name(name)
    digest, suffix = hashlib.sha256(content).hexdigest(), suffix_of(plain, content)
    kept = documents_of(session, dispute)
    for one in kept:
        if (one.digest, one.audience, one.author) == (digest, audience, author):
            return one
    if len(kept) >= MOST_DOCUMENTS:
        raise InvalidInput(f"a dispute holds at most {MOST_DOCUMENTS} documents; nothing was kept")
    document = Document(
        dispute_id=dispute.id,
        organization_id=organization_id,
        audience=audience,
        author=author,
        name=plain,
        suffix=suffix,
        digest=digest,
        size=len(content),
        content=content,
        added_at=now,
    )
    session.add(document)
    session.flush()  # its id is the address it is fetched from
    return document


def documents_of(session: Session, dispute: Dispute) -> Sequence[Document]:
    found = session.exec(select(Document).where(Document.dispute_id == dispute.id)).all()
    return sorted(found, key=lambda one: (one.added_at, str(one.id)))


def get_document(
    session: Session, dispute: Dispute, document_id: UUID, role: Role, organization_id: UUID | None
) -> Document:
    found = session.get(Document, document_id)
    if found is None or found.dispute_id != dispute.id or not may_read(found, role, organization_id):
        raise NotFound("there is no such document")
    return found
