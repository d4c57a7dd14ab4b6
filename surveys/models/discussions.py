"""Findings taken up as questions for the table, what partners reply to them, and the meetings that speak about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

STATUSES = ("open", "agreed", "dropped")
MEETING_STATES = ("planned", "held", "cancelled")


class Discussion(SQLModel, table=True):
    """A finding taken up: an open question, and what the partners concluded. It cites the release it saw."""

    __table_args__ = (one_of("status", STATUSES),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    release_digest: str  # the release that was cited, as it was then
    release_revision: int = 1
    target: str
    question: str = Field(sa_type=Text)
    place: int = 0  # on the agenda
    status: str = "open"
    conclusion: str = Field(default="", sa_type=Text)
    version: int = 1  # counts saves: two people at work on one item see each other
    changed_by: str = ""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Reply(SQLModel, table=True):
    """What one partner says about a finding before the meeting: its right of reply."""

    __table_args__ = (UniqueConstraint("discussion_id", "organization_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    discussion_id: UUID = Field(foreign_key="discussion.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    author: str
    text: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=UtcDateTime)


class ReplyLink(SQLModel, table=True):
    """A link by which somebody without an account replies once for an organization."""

    __tablename__ = "reply_link"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    person: str
    token_hash: str = Field(index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    is_used: bool = False


class Meeting(SQLModel, table=True):
    """A meeting of the partners, or of the parties to a dispute: when, where, who was there."""

    __table_args__ = (one_of("state", MEETING_STATES), CheckConstraint("minutes > 0", name="takes_time"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    dispute_id: UUID | None = Field(default=None, foreign_key="dispute.id", index=True)
    title: str
    location: str = ""
    starts_at: datetime = Field(sa_type=UtcDateTime)
    minutes: int = 90
    state: str = "planned"
    chaired_by: str = ""
    present: list[Any] = Field(default_factory=list, sa_type=JSON)  # ids of organizations
    others: str = Field(default="", sa_type=Text)  # who else was there
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)


class MeetingItem(SQLModel, table=True):
    """One item of a meeting, and the record of it: what was said, decided by which rule, and who disagreed."""

    __tablename__ = "meeting_item"
    __table_args__ = (
        UniqueConstraint("meeting_id", "discussion_id"),
        CheckConstraint("decision = '' OR rule <> ''", name="decided_by_a_rule"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    discussion_id: UUID | None = Field(default=None, foreign_key="discussion.id", index=True)
    place: int
    title: str = Field(sa_type=Text)
    notes: str = Field(default="", sa_type=Text)
    decision: str = Field(default="", sa_type=Text)
    rule: str = ""
    dissent: str = Field(default="", sa_type=Text)
    version: int = 1
    changed_by: str = ""
    changed_at: datetime = Field(sa_type=UtcDateTime)
