"""Notes and documents of a dispute, each for its readers: the own party, it and the facilitator, or everybody in it.

What a file is follows from its content; one that claims to be something else is refused.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from surveys.dispute_states import ENDED, Role
from surveys.models import Dispute, Document, Note
from surveys.models.disputes import AUDIENCES
from surveys.problems import InvalidInput, NotAllowedNow, NotFound
from surveys.texts import LONGEST_LINE, checked

LARGEST = 2 * 1024 * 1024
MOST_DOCUMENTS = 30
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
SAME = {"jpeg": "jpg", "text": "txt"}
OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}


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
    plain = checked(name.replace("\\", "/").rpartition("/")[2], "name of the file", required=True, limit=LONGEST_LINE)
    if not plain.isprintable():
        raise InvalidInput("the name of the file holds signs that cannot be shown; nothing was kept")
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


def suffix_of(name: str, content: bytes) -> str:
    """What the file is, by its content. Raises InvalidInput when that is not what its name says, or nothing we keep."""
    if not content:
        raise InvalidInput("the file is empty; nothing was kept")
    if len(content) > LARGEST:
        raise InvalidInput(f"the file has {len(content)} bytes; {LARGEST} fit, nothing was kept")
    claimed = name.rpartition(".")[2].lower() if "." in name else ""
    claimed = SAME.get(claimed, claimed)
    found = _kind_of(content)
    if found is None or claimed not in MEDIA_TYPES:
        raise InvalidInput(f"files of these kinds are kept: {', '.join(MEDIA_TYPES)}; nothing was kept")
    if found != claimed:
        raise InvalidInput(f"the file says it is {claimed}, its content is {found}; nothing was kept")
    return found


def _kind_of(content: bytes) -> str | None:
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and b"IHDR" in content[:32] and b"IEND" in content[-16:]:
        return "png"
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return "jpg"
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    return "txt" if _is_text(content) else None


def _kind_of_archive(content: bytes) -> str | None:
    """Office files by what they must hold, none with macros; nothing is unpacked but the line that names the kind."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any(name.lower().endswith(("vbaproject.bin", ".exe", ".js")) or "Scripts/" in name for name in names):
                return None
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 100:
                return OPEN_DOCUMENT.get(archive.read("mimetype").strip())
            if "[Content_Types].xml" in names:
                return next((kind for kind, part in OFFICE.items() if part in names), None)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    return None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(sign >= " " or sign in "\n\r\t" for sign in text)


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
