"""Whom an organization names for the partnership's rounds, and who is asked to approve a list."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.models.partnerships import one_of

DECISIONS = ("waiting", "approved", "sent_back", "void")


class Contact(SQLModel, table=True):
    """A person a member organization names; the list of a round is proposed from these."""

    __table_args__ = (UniqueConstraint("partnership_id", "email"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    person: str
    email: str | None = None
    function: str = ""  # the person's office, in free words
    language: str = "en"


class ListApproval(SQLModel, table=True):
    """A second person is asked to look at the list and the dates of a round; void when either changes."""

    __tablename__ = "list_approval"
    __table_args__ = (one_of("decision", DECISIONS), UniqueConstraint("token_hash"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    person: str
    email: str
    office: str = ""  # as what: "trustee", the organization represented, or in free words
    asked_by: str
    token_hash: str
    digest: str  # of the list and the dates as they were when the person was asked
    decision: str = "waiting"
    reason: str = ""
    decided_on: date | None = None
