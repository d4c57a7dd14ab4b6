"""The brief of a round on its way to the table: the facilitator's own words, and what partners say of it before."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

BRIEF_STATES = ("draft", "shared", "released")


class BriefWords(SQLModel, table=True):
    """What is said around the numbers of a release, and how far the brief has come."""

    __tablename__ = "brief_words"
    __table_args__ = (
        one_of("state", BRIEF_STATES),
        CheckConstraint("state = 'draft' OR reply_until IS NOT NULL", name="reply_has_an_end"),
    )

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    introduction: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # by language
    ground_rules: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # by language, one rule a line
    state: str = "draft"
    reply_until: date | None = None  # last day on which partners may comment
    frozen: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # by language, once released
    changed_at: datetime = Field(sa_type=UtcDateTime)


class BriefComment(SQLModel, table=True):
    """What one partner, through its representative, says of the brief before the meeting."""

    __tablename__ = "brief_comment"
    __table_args__ = (UniqueConstraint("round_id", "organization_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    author: str
    text: str = Field(sa_type=Text)
    language: str
    changed_at: datetime = Field(sa_type=UtcDateTime)
