"""What the API answers with: the document at /api/v1/openapi.json is made from these."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class PartnershipShape(BaseModel):
    """A partnership the token opens."""

    id: str
    code: str
    title: str
    titles: dict[str, str] = Field(description="By language, where there are several")
    sector: str
    level: str
    phase: str
    role: str = Field(description="Your seat: facilitator, representative, trustee or reader")
    audience: str = Field(description="The section of releases, beside everybody's, that is meant for this seat")


class RoundShape(BaseModel):
    """One round; nothing here says who answered or how many."""

    number: int
    label: str
    state: str
    opens_at: str
    closes_at: str
    is_released: bool


class CellShape(BaseModel):
    """One released number, or the flag that says why there is none."""

    estimate: str
    construct_code: str = Field(alias="construct")  # pydantic keeps the plain name for itself
    construct_name: str
    population: str
    audience: str
    segment: int = Field(description="Compare numbers of one construct within one segment only")
    value: float | None
    low: float | None
    high: float | None
    n_band: str | None = Field(description="How many people stand behind it, as a band")
    flag: str
    word: str | None
    notes: list[str]
    p: float | None
    question: str | None
    method: str


class PointShape(CellShape):
    """A number of a series, with its round."""

    round: int
    round_label: str
    closed_on: str
    instrument: str
    version: int


class ReleaseShape(BaseModel):
    """A release without its numbers, which stand at /cells."""

    partnership: str
    partnership_code: str
    round: int
    round_label: str
    closed_on: str
    revision: int
    digest: str
    imported: bool
    instrument: str
    version: int
    instrument_digest: str
    dyadic_mode: str
    disclosure_level: str
    partners: list[dict[str, Any]]
    agenda: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    markers: list[dict[str, Any]]
    annotations: list[str]
    provenance: dict[str, Any]


class PageShape(BaseModel, Generic[T]):
    """Some of a list, and where the next ones are."""

    items: list[T]
    total: int
    next: str | None = Field(description="The address of the next page; null on the last")
