"""Organizations, partnerships and who belongs to which, from when to when."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

NATIONAL_KINDS = ("central_government", "local_government", "national_ngo", "national_private", "national_academic")
EXTERNAL_KINDS = (
    "donor_country",
    "un_agency",
    "lending_agency",
    "international_ngo",
    "foreign_investor",
    "external_academic",
)
PHASES = ("idea", "pilot", "review", "scale_up", "sustained", "closed", "imported")
MODES, LEVELS = ("positions", "personal"), ("A", "B", "C")
ROLES = ("lead", "external_lead", "member")
EXTERNAL_DONORS = ("donor_country", "un_agency", "lending_agency")
NGOS = ("national_ngo", "international_ngo")
GOVERNMENT_LEVELS = ("central", "province", "district", "commune")
FOCUS = ("human_development", "poverty_reduction", "decentralization")
MODALITIES = ("national", "external")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """The database refuses any other word."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=f"{column}_known")


class Organization(SQLModel, table=True):
    """A legal body; its kind says on which side it stands."""

    __table_args__ = (one_of("kind", NATIONAL_KINDS + EXTERNAL_KINDS),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    names: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # by language
    short_name: str = ""
    kind: str
    is_national: bool


class Partnership(SQLModel, table=True):
    """Organizations that agreed to work together, and what they agreed on how to measure it."""

    __table_args__ = (
        UniqueConstraint("code"),
        one_of("phase", PHASES),
        one_of("dyadic_mode", MODES),
        one_of("disclosure_level", LEVELS),
        one_of("modality", ("", *MODALITIES)),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="above_another"),
        CheckConstraint("keys_needed = 0 OR keys_needed >= 2", name="one_key_or_several"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    title: str
    titles: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    purpose: str = ""
    sector: str = ""
    level: str = ""
    goal: str = ""  # the national goal it serves first
    further_goals: list[str] = Field(default_factory=list, sa_type=JSON)
    focus: list[str] = Field(default_factory=list, sa_type=JSON)
    modality: str = ""  # as the partners confirmed it; what it is follows from the members
    modality_note: str = ""  # its form in their own words, and why
    priority: int | None = None  # its place in the sequence of national priorities
    parent_id: UUID | None = Field(default=None, foreign_key="partnership.id", index=True)  # the programme above
    phase: str = "idea"
    instrument_code: str = "pti-1"
    dyadic_mode: str = "positions"
    disclosure_level: str = "B"
    pairing: bool = True  # change is paired through the carry-over box
    keys_needed: int = 0  # key holders whose codes open a round; with 0 the server opens it by itself
    rhythm_months: int = 6
    round_dates: list[str] = Field(default_factory=list, sa_type=JSON)  # closing days agreed ahead, instead of a rhythm
    time_zone: str = "Asia/Phnom_Penh"
    is_demonstration: bool = False


class Membership(SQLModel, table=True):
    """An organization as partner: its role, and from when to when."""

    __table_args__ = (
        UniqueConstraint("partnership_id", "organization_id", "joined_on"),
        one_of("role", ROLES),
        CheckConstraint("left_on IS NULL OR left_on >= joined_on", name="dates_in_order"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    partnership_id: UUID = Field(foreign_key="partnership.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    role: str = "member"
    joined_on: date
    left_on: date | None = None
