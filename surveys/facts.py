"""Facts of a round: what the secretariat counted, with source and doubts, stored with their ratios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.descriptions import Known, check_entry, read_catalog
from surveys.instruments import Texts
from surveys.models import FactSheet, Round
from surveys.problems import InvalidEntry

WITHIN = {"missions": ("joint", "total"), "analyses": ("joint", "total"), "documents": ("on_time", "due")}
WITHIN |= {"decisions": ("by_rule", "taken"), "actions": ("verified", "due"), "disputes": ("in_time", "opened")}
WITHIN |= {"pilots": ("reviewed", "scaled_up")}  # the part is never larger than the whole


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was counted. ratio: value, low, high, n, or with reason "no_data" nothing; see server.ratios.

    row: the passage of the founding text; items: the questions it stands beside.
    """

    code: str
    row: str
    items: tuple[str, ...]
    title: Texts
    about: Texts
    values: Mapping[str, Any]
    source: str
    doubts: str
    ratio: Mapping[str, Any]


def check_facts(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Facts as they are stored; what is empty is left out. Raises InvalidEntry with faults named fact.field."""
    checked: dict[str, dict[str, Any]] = {}
    faults: dict[str, str] = {}
    for code, description in read_catalog("facts").items():
        try:
            values = check_entry(description, given.get(code, {}), Known())
        except InvalidEntry as problem:
            faults |= {f"{code}.{name}": why for name, why in problem.details["faults"].items()}
            continue
        part, whole = (values.get(name) for name in WITHIN.get(code, ("", "")))
        if part is not None and whole is not None and part > whole:
            faults[f"{code}.{WITHIN[code][0]}"] = "above_whole"
        numbers = set(values) - {"source", "doubts"}
        if numbers and not values.get("source"):
            faults[f"{code}.source"] = "empty"
        if numbers:
            checked[code] = values
    faults |= {f"{code}.": "unknown" for code in set(given) - set(read_catalog("facts"))}
    if faults:
        raise InvalidEntry(f"facts: please look at {', '.join(faults)}; nothing was saved", faults=faults)
    return checked


def enter(
    session: Session,
    round_: Round,
    facts: Mapping[str, Mapping[str, Any]],
    ratios: Mapping[str, Mapping[str, Any]],
    *,
    by: str,
    now: datetime,
) -> FactSheet:
    """The one sheet of this round: entering it again replaces it. facts: as checked."""
    sheet = session.get(FactSheet, round_.id)
    if sheet is None:
        sheet = FactSheet(round_id=round_.id, entered_by=by, entered_at=now)
        session.add(sheet)
    sheet.facts, sheet.ratios = {k: dict(v) for k, v in facts.items()}, {k: dict(v) for k, v in ratios.items()}
    sheet.entered_by, sheet.entered_at = by, now
    return sheet


def of_round(session: Session, round_id: UUID) -> tuple[Fact, ...]:
    """What was counted for a round, in the order of the catalog."""
    sheet = session.get(FactSheet, round_id)
    if sheet is None:
        return ()
    return tuple(
        Fact(
            code=code,
            row=one.row,
            items=one.items,
            title=one.title,
            about=one.about,
            values={name: value for name, value in sheet.facts[code].items() if name not in ("source", "doubts")},
            source=sheet.facts[code].get("source", ""),
            doubts=sheet.facts[code].get("doubts", ""),
            ratio=sheet.ratios.get(code, {}),
        )
        for code, one in read_catalog("facts").items()
        if code in sheet.facts
    )


def first_ratios(session: Session, partnership_id: UUID, before: int) -> dict[str, Any]:
    """The ratios of the earliest sheet among the rounds before this number; empty when there is none."""
    query = (
        select(FactSheet)
        .join(Round, col(Round.id) == col(FactSheet.round_id))
        .where(Round.partnership_id == partnership_id, Round.number < before)
        .order_by(col(Round.number))
        .limit(1)
    )
    found = session.exec(query).first()
    return dict(found.ratios) if found else {}
