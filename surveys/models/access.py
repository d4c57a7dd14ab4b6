"""Ways in for accounts: who is logged in where, links that work once, what replaces a lost telephone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of
from surveys.models.people import SEAT_ROLES

LINK_PURPOSES = ("setup", "invitation", "reset")


class Login(SQLModel, table=True):
    """One browser of one account; the cookie's secret is known here by its fingerprint only."""

    __table_args__ = (UniqueConstraint("token_hash"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    token_hash: str
    began_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime = Field(sa_type=UtcDateTime)  # to five minutes
    device: str = ""  # "Firefox, Windows": no address, no version
    failed_before: int = 0  # attempts since the login before that one which led nowhere
    is_full: bool = True  # False while the second factor must still be set up


class AccountLink(SQLModel, table=True):
    """A link that works once: it makes the first account, invites somebody, or sets a new password."""

    __tablename__ = "account_link"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        one_of("purpose", LINK_PURPOSES),
        CheckConstraint(f"role IS NULL OR role IN ({', '.join(repr(role) for role in SEAT_ROLES)})", name="role_known"),
        CheckConstraint("(partnership_id IS NULL) = (role IS NULL)", name="seat_whole"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    purpose: str
    token_hash: str
    expires_at: datetime = Field(sa_type=UtcDateTime)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)  # whose password is set
    email: str = ""
    name: str = ""
    language: str = "en"
    is_administrator: bool = False
    partnership_id: UUID | None = Field(default=None, foreign_key="partnership.id", index=True)
    role: str | None = None
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    takes_over_from: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    invited_by: str = ""


class RecoveryCode(SQLModel, table=True):
    """Replaces the telephone once; deleted when used."""

    __tablename__ = "recovery_code"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    code_hash: str
