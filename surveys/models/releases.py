"""Releases, immutable once stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime


class ReleaseRow(SQLModel, table=True):
    """One revision of the protected set published for a round."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("round_id", "revision"),
        Index("ix_release_named", "round_id", "revision", "digest"),  # a body is long: digests are read beside it
        CheckConstraint("revision >= 1", name="revision_counts"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    revision: int = 1
    body: str = Field(sa_type=Text)
    digest: str
    previous_digest: str = ""
    stored_at: datetime = Field(sa_type=UtcDateTime)


class ReleaseMain(SQLModel, table=True):
    """The levels and changes of the indices of a release once more: long series are read from here."""

    __tablename__ = "release_main"

    release_id: UUID = Field(foreign_key="release.id", primary_key=True)
    body: str = Field(sa_type=Text)
