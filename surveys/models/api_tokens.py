"""Rights to read through the API. A token itself is never stored, only what recognizes it."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class ApiToken(SQLModel, table=True):
    """Whoever holds the token reads what the account's seats let it read; revoked, the row is gone."""

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("token_hash"), CheckConstraint("ends_on > created_on", name="ends_later"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    partnership_id: UUID | None = Field(default=None, foreign_key="partnership.id", index=True)  # None: every seat
    name: str
    token_hash: str
    created_on: date
    ends_on: date
