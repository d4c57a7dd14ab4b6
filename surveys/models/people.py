"""Accounts of those who run rounds, and the chained record of their acts. Respondents have no account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

SEAT_ROLES = ("facilitator", "representative", "trustee", "reader")


class Account(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("email"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str
    name: str
    password_hash: str
    language: str = "en"
    is_administrator: bool = False  # looks after accounts and the machine; reads only what a seat lets it read
    totp_secret: str = ""  # sealed under the server's own key; "" while there is no second factor
    totp_step: int = 0  # the half minute whose code was used last: no code works twice
    failed_logins: int = 0  # since the last login; a number only, told to its owner
    is_closed: bool = False  # can no longer log in; the name stays readable in the record of acts


class Seat(SQLModel, table=True):
    """An account's place in a partnership; a representative sits there for one organization."""

    __table_args__ = (
        one_of("role", SEAT_ROLES),
        CheckConstraint("(role = 'representative') = (organization_id IS NOT NULL)", name="representative_of_somebody"),
    )

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", primary_key=True, index=True)
    role: str = "facilitator"
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)


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
