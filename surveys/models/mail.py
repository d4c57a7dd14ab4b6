"""Mailings of rounds and ordinary mail. Nothing here says who answered: no flag, no date, no size, no order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.ballots import UNORDERED
from surveys.models.partnerships import one_of

MAILING_KINDS = ("invitation", "again", "reminder", "extension", "not_opened", "cancelled", "results", "agreed")
OUTCOMES = ("refused", "returned", "unclear")
MAIL_STATES = ("waiting", "sent", "refused", "unclear")


class RoundPlan(SQLModel, table=True):
    """What the facilitator set around a round before its start, and the daily count of answers of the whole round."""

    __tablename__ = "round_plan"

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    reminders: list[int] = Field(default_factory=list, sa_type=JSON)  # days before closing
    everybody: bool = False  # reminders go to everybody, whether they answered or not
    by_mail: bool = True  # otherwise the invitations are handed out on paper
    answered: int | None = None
    answered_on: date | None = None


class Mailing(SQLModel, table=True):
    """One mailing of a round. `sent` is empty until its rows are in the outbox, then counts the mails handed over."""

    __table_args__ = (UniqueConstraint("round_id", "kind", "number"), one_of("kind", MAILING_KINDS))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    round_id: UUID = Field(foreign_key="round.id", index=True)
    kind: str
    number: int = 1
    due_at: datetime = Field(sa_type=UtcDateTime)
    sent: int | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class OutboxRow(SQLModel, table=True):
    """One sealed row per invitee and mailing, due or not, all of one size; found only with the round's pepper."""

    __tablename__ = "outbox"
    __table_args__ = (UNORDERED,)

    id: bytes = Field(primary_key=True)
    mailing_id: UUID = Field(foreign_key="mailing.id", index=True)
    box: bytes
    due_at: datetime = Field(sa_type=UtcDateTime)  # not to be touched before: a lease, or a pause after a trouble
    attempts: int = 0
    handed_over: bool = False  # the body was on its way: after a crash nobody knows, and it is not sent again


class Delivery(SQLModel, table=True):
    """What a mail server said of an invitation; never of a mail that only some people get."""

    __table_args__ = (one_of("outcome", OUTCOMES),)

    invitation_id: UUID = Field(foreign_key="invitation.id", primary_key=True)
    outcome: str
    code: str = ""  # such as "550 5.1.1", never the server's own words


class PlainMail(SQLModel, table=True):
    """An ordinary mail to an account or a representative; its text is forgotten when it was handed over."""

    __tablename__ = "plain_mail"
    __table_args__ = (UniqueConstraint("key"), one_of("state", MAIL_STATES))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    key: str
    recipient: str
    subject: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    handed_over: bool = False
    state: str = "waiting"
    code: str = ""


class MailText(SQLModel, table=True):
    """A partnership's own wording of a mail."""

    __tablename__ = "mail_text"
    __table_args__ = (one_of("kind", MAILING_KINDS),)

    partnership_id: UUID = Field(foreign_key="partnership.id", primary_key=True)
    kind: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    subject: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class Cancellation(SQLModel, table=True):
    """A facilitator's proposal to cancel a round; it counts when a second person confirms it."""

    __table_args__ = (CheckConstraint("second_person <> ''", name="second_person_named"),)

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    proposed_by: str
    reason: str = Field(sa_type=Text)
    second_person: str
    token_hash: str = Field(default="", index=True)
    proposed_at: datetime = Field(sa_type=UtcDateTime)
