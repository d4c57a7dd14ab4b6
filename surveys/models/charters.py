"""What the partners agreed, version by version, who signed it, and what they keep account of since."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from surveys.database import UtcDateTime
from surveys.models.partnerships import one_of

CHARTER_STATES = ("draft", "signing", "in_force", "superseded", "withdrawn")
WAYS = ("", "link", "account", "paper")  # how somebody signed; "" has not signed yet
CHANGES = ("renamed", "merged", "split")
AUDIENCES = ("partnership", "everybody")


class Charter(SQLModel, table=True):
    """One version of a charter; once put to signature its body never changes."""

    __table_args__ = (
        UniqueConstraint("partnership_id", "version"),
        one_of("state", CHARTER_STATES),
        CheckConstraint("version >= 1", name="version_counts"),
        CheckConstraint("state = 'draft' OR digest <> ''", name="signed_text_is_fixed"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    version: int
    state: str = "draft"
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # section -> values, or list of values
    digest: str = ""
    reason: str = Field(default="", sa_type=Text)  # why it was amended
    put_on: date | None = None  # put to signature
    in_force_on: date | None = None


class CharterSignature(SQLModel, table=True):
    """A named representative who is asked to sign for an organization, and the signature."""

    __tablename__ = "charter_signature"
    __table_args__ = (
        UniqueConstraint("charter_id", "organization_id"),
        one_of("way", WAYS),
        CheckConstraint("(way = '') = (signed_on IS NULL)", name="signed_or_not"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    charter_id: UUID = Field(foreign_key="charter.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    person: str
    email: str = ""
    token_hash: str = Field(default="", index=True)  # of the personal link; forgotten once it was used
    way: str = ""
    signed_on: date | None = None
    digest: str = ""  # of the text that was signed
    note: str = Field(default="", sa_type=Text)  # where a signed paper is kept
    entered_by: str = ""  # the facilitator who entered a signed paper


class CharterScan(SQLModel, table=True):
    """The scan of a paper on which an organization signed, with the type its content has."""

    __tablename__ = "charter_scan"

    signature_id: UUID = Field(foreign_key="charter_signature.id", primary_key=True)
    name: str
    suffix: str
    digest: str
    content: bytes


class PartnershipEvent(SQLModel, table=True):
    """What changed in the life of a partnership, with its reason: phases, the lead, organizations."""

    __tablename__ = "partnership_event"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    day: date
    kind: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    reason: str = Field(default="", sa_type=Text)


class OrganizationChange(SQLModel, table=True):
    """An organization was renamed, merged into another or split: what came before stays what it was."""

    __tablename__ = "organization_change"
    __table_args__ = (one_of("kind", CHANGES),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)  # the one that changed or ended
    other_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)  # merged into, or split off
    day: date
    kind: str
    before: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # the names until then
    reason: str = Field(default="", sa_type=Text)


class RegisterEntry(SQLModel, table=True):
    """One line of a register; its fields are described in the catalog of registers."""

    __tablename__ = "register_entry"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    register_code: str = Field(index=True)
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    entered_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    is_withdrawn: bool = False


class RuleReason(SQLModel, table=True):
    """Why a partnership departs from something it should do; one reason for each warning and what it is about."""

    __tablename__ = "rule_reason"
    __table_args__ = (UniqueConstraint("partnership_id", "rule", "about"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    rule: str
    about: str = ""
    reason: str = Field(sa_type=Text)
    given_by: str
    given_on: date


class Lesson(SQLModel, table=True):
    """What was learned, so that another partnership can use it."""

    __table_args__ = (one_of("audience", AUDIENCES),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    title: str
    context: str = Field(default="", sa_type=Text)
    tried: str = Field(default="", sa_type=Text)
    evidence: str = Field(default="", sa_type=Text)
    audience: str = "partnership"
    source: str = ""  # "pilot", "review", "dispute": where it was learned
    learned_on: date


class FactSheet(SQLModel, table=True):
    """What the secretariat counted for one round; ratios are taken once, when the sheet is saved."""

    __tablename__ = "fact_sheet"

    round_id: UUID = Field(foreign_key="round.id", primary_key=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # code -> value, source, doubts
    ratios: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # code -> estimate
    entered_by: str
    entered_at: datetime = Field(sa_type=UtcDateTime)
