"""Concerns, and the disputes people make of them: parties, steps of the ladder, notes, documents."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

CONCERN_STATES = ("raised", "acknowledged", "answered", "taken_up", "withdrawn")
DISPUTE_STATES = (
    "raised",
    "acknowledged",
    "direct_talks",
    "facilitated",
    "steering_group",
    "external",
    "agreed",
    "monitoring",
    "closed",
    "withdrawn",
)
AUDIENCES = ("own", "facilitator", "all")


class Concern(SQLModel, table=True):
    """What a partner says went against a principle, and what it hopes for."""

    __table_args__ = (one_of("state", CONCERN_STATES),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    raised_by: str
    principle: str  # P1-P5, S1-S7, or "clause"
    clause: str = ""  # which clause of the code of conduct
    happened: str = Field(sa_type=Text)
    hoped_for: str = Field(sa_type=Text)
    round_id: UUID | None = Field(default=None, foreign_key="round.id", index=True)  # of the finding it cites
    release_digest: str = ""
    release_revision: int | None = None
    target: str = ""
    state: str = "raised"
    answer: str = Field(default="", sa_type=Text)
    answered_by: str = ""
    raised_at: datetime = Field(sa_type=UtcDateTime)
    due_on: date  # to be acknowledged until
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Acknowledgement(SQLModel, table=True):
    """What the facilitator says publicly about concerns that came without a name through a round. No key to any."""

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    text: str = Field(sa_type=Text)
    written_by: str
    written_at: datetime = Field(sa_type=UtcDateTime)


class Dispute(SQLModel, table=True):
    """A difference that partners settle by the ladder of their charter."""

    __table_args__ = (
        one_of("state", DISPUTE_STATES),
        CheckConstraint("adjudicator_id IS NULL OR adjudicator_id <> facilitator_id", name="adjudicator_is_another"),
        CheckConstraint("state NOT IN ('agreed', 'monitoring', 'closed') OR agreement <> ''", name="agreed_on_a_text"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    concern_id: UUID | None = Field(default=None, foreign_key="concern.id", index=True)
    raised_for_id: UUID = Field(foreign_key="organization.id", index=True)
    title: str
    happened: str = Field(sa_type=Text)
    hoped_for: str = Field(sa_type=Text)
    round_id: UUID | None = Field(default=None, foreign_key="round.id", index=True)  # of the finding it cites
    release_digest: str = ""
    release_revision: int | None = None
    target: str = ""
    state: str = "raised"
    agreement: str = Field(default="", sa_type=Text)
    facilitator_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    adjudicator_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    version: int = 1
    raised_at: datetime = Field(sa_type=UtcDateTime)


class Party(SQLModel, table=True):
    """An organization in a dispute; one that left reads nothing of it any more."""

    dispute_id: UUID = Field(foreign_key="dispute.id", primary_key=True)
    organization_id: UUID = Field(foreign_key="organization.id", primary_key=True, index=True)
    left_on: date | None = None
    left_because: str = ""
    confirmed_by: str = ""  # who said for this party that the agreement stands
    confirmed_on: date | None = None


class Step(SQLModel, table=True):
    """A stage of a dispute: from when, until when at the latest, until when in fact, and why it began."""

    __tablename__ = "dispute_step"
    __table_args__ = (one_of("state", DISPUTE_STATES), UniqueConstraint("dispute_id", "place"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dispute_id: UUID = Field(foreign_key="dispute.id", index=True)
    place: int
    state: str
    began_at: datetime = Field(sa_type=UtcDateTime)
    due_on: date | None = None
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", sa_type=Text)
    by: str


class Note(SQLModel, table=True):
    """A note in a dispute: for the writer's own party, for it and the facilitator, or for the shared record."""

    __tablename__ = "dispute_note"
    __table_args__ = (one_of("audience", AUDIENCES),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dispute_id: UUID = Field(foreign_key="dispute.id", index=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)  # None: facilitator
    audience: str
    author: str
    text: str = Field(sa_type=Text)
    written_at: datetime = Field(sa_type=UtcDateTime)


class Document(SQLModel, table=True):
    """A file in a dispute, with the type its content has."""

    __tablename__ = "dispute_document"
    __table_args__ = (one_of("audience", AUDIENCES), UniqueConstraint("dispute_id", "digest", "audience", "author"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dispute_id: UUID = Field(foreign_key="dispute.id", index=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    audience: str
    author: str
    name: str
    suffix: str
    digest: str
    size: int
    content: bytes
    added_at: datetime = Field(sa_type=UtcDateTime)
