"""Sealed ballots, sealed drafts, and what is left of them after opening. No dates, no persons, no order."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from surveys.models.partnerships import one_of

UNORDERED = {"sqlite_with_rowid": False}  # a hidden row number would tell the order of arrival


class Ballot(SQLModel, table=True):
    """A sealed submission; its identifier can be found only with the round's pepper."""

    __table_args__ = (UNORDERED,)

    id: bytes = Field(primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    box: bytes


class Draft(SQLModel, table=True):
    """A sealed draft, opened only by the link and the device (or the resume code) together."""

    __table_args__ = (UNORDERED,)

    id: bytes = Field(primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    box: bytes


class Response(SQLModel, table=True):
    """What one person answered about one construct: never a whole profile, never an organization."""

    __table_args__ = (UNORDERED,)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    construct_code: str = Field(sa_column_kwargs={"name": "construct"})
    answers: dict[str, Any] = Field(sa_type=JSON)


class CommentRow(SQLModel, table=True):
    """An open answer with the audience its author chose; no key to anything else."""

    __tablename__ = "comment"
    __table_args__ = (one_of("audience", ("all", "facilitator")), UNORDERED)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    topic: str
    kind: str
    text: str
    audience: str


class CarryOver(SQLModel, table=True):
    """Organization means of earlier rounds, sealed; opened only inside the next opening, for paired change."""

    __tablename__ = "carry_over"

    partnership_id: UUID = Field(foreign_key="partnership.id", primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)  # whose opening sealed it: names its key
    box: bytes
