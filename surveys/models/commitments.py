"""Who promised what to whom until when, and who of the other side has seen that it was done."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

STATUSES = ("draft", "agreed", "done", "verified", "dropped")


class Commitment(SQLModel, table=True):
    """A promise with an owner; without a date it is a draft. Its owner never verifies it."""

    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("status IN ('draft', 'dropped') OR due_on IS NOT NULL", name="dated_unless_draft"),
        CheckConstraint("(status = 'verified') = (verified_for_id IS NOT NULL)", name="verified_by_somebody"),
        CheckConstraint(
            "verified_for_id IS NULL OR verified_for_id <> owner_organization_id", name="verified_by_another"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    discussion_id: UUID | None = Field(default=None, foreign_key="discussion.id", index=True)
    dispute_id: UUID | None = Field(default=None, foreign_key="dispute.id", index=True)
    what: str = Field(sa_type=Text)
    owner_organization_id: UUID = Field(foreign_key="organization.id", index=True)
    to_organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)  # None: to all
    due_on: date | None = None
    target: str = ""  # the item of the questionnaire it should move
    status: str = "draft"
    evidence: str = Field(default="", sa_type=Text)
    done_on: date | None = None
    verified_for_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    verified_by: str = ""
    verified_on: date | None = None
    note: str = Field(default="", sa_type=Text)  # why it was given back or dropped
    agreed_on: date
    reminded: str = ""  # the reminder sent last: "soon", "due" or "late"
    is_open_to_all: bool = True  # of a dispute: whether partners beside the parties may read it
    version: int = 1
    changed_by: str = ""
    changed_at: datetime = Field(sa_type=UtcDateTime)
