"""Questionnaires in use, rounds and the right to respond. An invitation never says whether it was used."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

STATES = ("prepared", "open", "closed", "released", "not_opened", "cancelled")
ROUND_KINDS = ("full", "pulse")
KEYS_STATES = ("none", "live", "shred_pending", "destroyed")


class InstrumentVersion(SQLModel, table=True):
    """A questionnaire as it was used: never changed, told apart by its digest."""

    __tablename__ = "instrument_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: int
    digest: str
    body: dict[str, Any] = Field(sa_type=JSON)


class Round(SQLModel, table=True):
    """One administration of an instrument to a partnership."""

    __table_args__ = (
        UniqueConstraint("partnership_id", "number"),
        one_of("state", STATES),
        one_of("keys_state", KEYS_STATES),
        one_of("kind", ROUND_KINDS),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    instrument_version_id: UUID = Field(foreign_key="instrument_version.id", index=True)
    number: int
    label: str
    kind: str = "full"  # or a pulse: three items between two rounds, never part of the trend
    state: str = "prepared"
    opens_at: datetime = Field(sa_type=UtcDateTime)
    closes_at: datetime = Field(sa_type=UtcDateTime)
    extended: bool = False
    approved_by: str = ""  # the second person who approved the list
    invited: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # organization -> people, frozen at the start
    seed: str = ""  # drawn when the round opens, so that nobody can shop for one at closing
    public_key: bytes = b""
    wrapped_private_key: bytes = b""
    box_size: int = 0
    keys_state: str = "none"
    frozen: bytes = b""  # seal over what was fixed at the start
    dyadic_mode: str = "positions"
    disclosure_level: str = "B"

    @property
    def closed_on(self) -> date:
        return self.closes_at.date()


class Invitation(SQLModel, table=True):
    """The right to respond. Nothing is ever written here when it is used."""

    __table_args__ = (UniqueConstraint("round_id", "email"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    person: str
    email: str | None = None  # without one a letter is printed
    language: str = "en"
    token_hash: str | None = Field(default=None, index=True)
    gone: bool = False
