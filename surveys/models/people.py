"""Accounts of those who run rounds, and the chained record of their acts. Respondents have no account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

ACCOUNT_ROLES = ("administrator", "facilitator", "representative", "reader")


class Account(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("email"), one_of("role", ACCOUNT_ROLES))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str
    name: str
    password_hash: str
    language: str = "en"
    role: str = "facilitator"


class AccountPartnership(SQLModel, table=True):
    """Which partnerships an account may see."""

    __tablename__ = "account_partnership"

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", primary_key=True, index=True)


class AuditEntry(SQLModel, table=True):
    """One act of a facilitator or administrator; each entry carries the digest of the one before."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str
    act: str
    subject: str = ""
    previous: str
    digest: str
