"""The right of reply: each partner may say something about a finding before it is discussed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.discussions import OPEN, in_order, of_partnership
from surveys.invitations import ALPHABET, LETTERS, normalize_secret, token_hash
from surveys.models import Discussion, Reply, ReplyLink
from surveys.problems import InvalidInput, LinkNotOpen
from surveys.texts import LONGEST_LINE, checked

LASTS = timedelta(days=30)


def write(
    session: Session, entry: Discussion, organization_id: UUID, *, author: str, text: str, now: datetime
) -> Reply | None:
    """This partner's comment, in place of an earlier one; an empty one takes it back. Closed once it was discussed."""
    if entry.status != OPEN:
        raise InvalidInput("this question has been discussed: it takes no more comments")
    clean = checked(text, "comment")
    found = find(session, entry.id, organization_id)
    if not clean:
        if found is not None:
            session.delete(found)
        return None
    if found is None:
        found = Reply(
            discussion_id=entry.id, organization_id=organization_id, author=author, text=clean, written_at=now
        )
        session.add(found)
    found.author, found.text, found.written_at = checked(author, "name", limit=LONGEST_LINE), clean, now
    return found


def find(session: Session, entry_id: UUID, organization_id: UUID) -> Reply | None:
    query = select(Reply).where(Reply.discussion_id == entry_id, Reply.organization_id == organization_id)
    return session.exec(query).first()


def of_entry(session: Session, entry_id: UUID) -> list[Reply]:
    query = select(Reply).where(Reply.discussion_id == entry_id)
    return sorted(session.exec(query).all(), key=lambda reply: (reply.written_at, str(reply.id)))


def make_link(
    session: Session, partnership_id: UUID, organization_id: UUID, *, person: str, now: datetime
) -> tuple[ReplyLink, str]:
    """A link for one use; only its fingerprint is kept. An earlier one of this organization stops working."""
    for old in session.exec(
        select(ReplyLink).where(
            ReplyLink.partnership_id == partnership_id,
            ReplyLink.organization_id == organization_id,
            col(ReplyLink.is_used).is_(False),
        )
    ):
        old.is_used = True
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    secret = "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))
    link = ReplyLink(
        partnership_id=partnership_id,
        organization_id=organization_id,
        person=checked(person, "name", required=True, limit=LONGEST_LINE),
        token_hash=token_hash(secret),
        expires_at=now + LASTS,
    )
    session.add(link)
    return link, secret


def redeem(session: Session, secret: str, *, now: datetime, to_change: bool = False) -> ReplyLink:
    normal = normalize_secret(secret) or ""
    query = select(ReplyLink).where(ReplyLink.token_hash == token_hash(normal))
    found = session.exec(query.with_for_update() if to_change else query).first() if normal else None
    if found is None or found.is_used or found.expires_at < now:
        raise LinkNotOpen("this link is not open")
    return found


def send(session: Session, link: ReplyLink, texts: Mapping[UUID, str], *, now: datetime) -> int:
    """Everything this partner has to say, at once; the link is spent. Returns how many comments were kept."""
    kept = 0
    for entry in open_entries(session, link.partnership_id):
        text = texts.get(entry.id, "")
        if text.strip():
            kept += write(session, entry, link.organization_id, author=link.person, text=text, now=now) is not None
    if not kept:
        raise InvalidInput("there is no comment to send; the link stays open")
    link.is_used = True
    return kept


def open_entries(session: Session, partnership_id: UUID) -> list[Discussion]:
    return in_order(entry for entry in of_partnership(session, partnership_id) if entry.status == OPEN)
