"""Questionnaires of a partnership's own: a draft until it is confirmed, then a version that never changes."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class OwnQuestionnaire(SQLModel, table=True):
    """One upload of a facilitator. While it is a draft `body` holds it; confirmed, it is an instrument version."""

    __tablename__ = "own_questionnaire"
    __table_args__ = (
        UniqueConstraint("partnership_id", "instrument_version_id"),
        CheckConstraint("(instrument_version_id IS NULL) = (confirmed_on IS NULL)", name="confirmed_is_a_version"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    instrument_version_id: UUID | None = Field(default=None, foreign_key="instrument_version.id", index=True)
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    uploaded_by: str
    uploaded_on: date
    confirmed_on: date | None = None
    is_in_use: bool = False  # asked in the next round; where none is, the standard questionnaire is
