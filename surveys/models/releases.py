"""Releases, immutable once stored, and what people made of their findings."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

STATUSES = ("open", "agreed", "done", "dropped")


class ReleaseRow(SQLModel, table=True):
    """One revision of the protected set published for a round."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("round_id", "revision"),
        CheckConstraint("revision >= 1", name="revision_counts"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    revision: int = 1
    body: str = Field(sa_type=Text)
    digest: str
    previous_digest: str = ""
    stored_at: datetime = Field(sa_type=UtcDateTime)


class Discussion(SQLModel, table=True):
    """A finding taken up: the question, what was agreed, who owns it, until when, and what became of it."""

    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint(
            "status <> 'agreed' OR (agreed_action <> '' AND owner_organization_id IS NOT NULL AND due_on IS NOT NULL)",
            name="agreed_is_complete",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    release_digest: str  # the release that was cited, as it was then
    target: str
    question: str = Field(sa_type=Text)
    agreed_action: str = Field(default="", sa_type=Text)
    owner_organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    due_on: date | None = None
    status: str = "open"
    outcome: str = Field(default="", sa_type=Text)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
