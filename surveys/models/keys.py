"""Who holds the keys where several are needed. Codes are never stored: only what is sealed to them."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.models.partnerships import one_of

PURPOSES = ("rehearsal", "round", "carry_over")
OUTCOMES = ("waiting", "passed", "failed")


class KeyHolder(SQLModel, table=True):
    """A person whose code helps to open the rounds of a partnership; no account is needed, a personal link is."""

    __tablename__ = "key_holder"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    person: str
    token_hash: str = Field(index=True)
    public_key: bytes = b""  # of the code that was shown last
    is_confirmed: bool = False  # the code was typed back
    is_removed: bool = False
    tested_on: date | None = None


class KeyLock(SQLModel, table=True):
    """Something that opens with the codes of `needed` holders: a rehearsal, a round, or a carry-over box."""

    __tablename__ = "key_lock"
    __table_args__ = (one_of("purpose", PURPOSES), CheckConstraint("needed >= 2", name="several_needed"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    round_id: UUID | None = Field(default=None, foreign_key="round.id", index=True)
    purpose: str
    needed: int


class KeyShare(SQLModel, table=True):
    """One holder's share of a lock, sealed to the code that holder had when the lock was made."""

    __tablename__ = "key_share"
    __table_args__ = (UniqueConstraint("lock_id", "holder_id"), UniqueConstraint("lock_id", "place"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    lock_id: UUID = Field(foreign_key="key_lock.id", index=True)
    holder_id: UUID = Field(foreign_key="key_holder.id", index=True)
    place: int
    public_key: bytes
    sealed: bytes
    entered: bytes = b""  # under the round's own key, from one holder's code until the last one needed
    is_lost: bool = False


class Rehearsal(SQLModel, table=True):
    """A box of made-up answers behind the same locks as a round; nothing of it is ever released."""

    lock_id: UUID = Field(foreign_key="key_lock.id", primary_key=True)
    public_key: bytes
    wrapped_private_key: bytes
    boxes: bytes
    digest: str  # of the made-up answers: opened, they must be what was sealed
    outcome: str = "waiting"
    ended_on: date | None = None

    __table_args__ = (one_of("outcome", OUTCOMES),)
