"""Registers: lines of account, each checked against the description of its register. One table for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from surveys import lessons
from surveys.descriptions import Description, Known, check_entry, read_catalog
from surveys.models import Membership, Organization, Partnership, RegisterEntry
from surveys.problems import InvalidEntry, InvalidInput, NotFound

MOST_ENTRIES = 2_000  # of one register: more is a mistake of a script


def describe(code: str) -> Description:
    found = read_catalog("registers").get(code)
    if found is None:
        raise NotFound("there is no such register")
    return found


def known_to(session: Session, partnership: Partnership) -> Known:
    """Everybody who was ever a partner, and the lessons that its partners may read."""
    query = select(Organization).join(Membership, Membership.organization_id == Organization.id)  # type: ignore[arg-type]  # Type ignore: columns compare to clauses
    found = session.exec(query.where(Membership.partnership_id == partnership.id)).all()
    readable = lessons.visible(session, [partnership.id])
    return Known(
        partners={str(one.id): one.is_national for one in found}, lessons=frozenset(str(one.id) for one in readable)
    )


def enter(
    session: Session, partnership: Partnership, code: str, given: Mapping[str, Any], *, now: datetime
) -> RegisterEntry:
    """A new line; what the description does not allow is refused with every fault. Sent twice, it is one line."""
    description = describe(code)
    body = _checked(known_to(session, partnership), description, given)
    existing = of_register(session, partnership.id, code)
    for one in existing:
        if one.body == body:
            return one
    if len(existing) >= MOST_ENTRIES:
        raise InvalidInput(f"this register has {MOST_ENTRIES} lines; nothing was added")
    made = RegisterEntry(partnership_id=partnership.id, register_code=code, body=body, entered_at=now, changed_at=now)
    session.add(made)
    session.flush()  # its id is the address of its page
    return made


def enter_many(
    session: Session, partnership: Partnership, several: Iterable[tuple[str, Mapping[str, Any]]], *, now: datetime
) -> None:
    """Many new lines at once, each checked like a single one; the first that is refused refuses all."""
    known = known_to(session, partnership)
    for code, given in several:
        body = _checked(known, describe(code), given)
        session.add(
            RegisterEntry(partnership_id=partnership.id, register_code=code, body=body, entered_at=now, changed_at=now)
        )


def change(
    session: Session, partnership: Partnership, entry: RegisterEntry, given: Mapping[str, Any], *, now: datetime
) -> None:
    entry.body = _checked(known_to(session, partnership), describe(entry.register_code), given)
    entry.changed_at = now


def withdraw(entry: RegisterEntry, *, now: datetime) -> None:
    """A line that was a mistake: it stays in the database and is no longer shown or counted."""
    entry.is_withdrawn, entry.changed_at = True, now


def get_entry(session: Session, partnership_id: UUID, code: str, entry_id: UUID) -> RegisterEntry:
    found = session.get(RegisterEntry, entry_id)
    if found is None or found.partnership_id != partnership_id or found.register_code != code or found.is_withdrawn:
        raise NotFound("there is no such entry")
    return found


def of_register(session: Session, partnership_id: UUID, code: str) -> list[RegisterEntry]:
    """Its lines, the oldest first."""
    return of_partnership(session, partnership_id)[code]


def of_partnership(session: Session, partnership_id: UUID) -> dict[str, list[RegisterEntry]]:
    """All lines by register, the oldest first."""
    query = select(RegisterEntry).where(RegisterEntry.partnership_id == partnership_id)
    found: dict[str, list[RegisterEntry]] = defaultdict(list)
    for one in sorted(session.exec(query).all(), key=lambda one: (one.entered_at, str(one.id))):
        if not one.is_withdrawn:
            found[one.register_code].append(one)
    return found


def _checked(known: Known, description: Description, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        body = check_entry(description, given, known)
    except InvalidEntry as problem:
        raise _with_rule(description, problem) from problem
    faults = {
        code: "not_a_number"
        for code, lowest, highest in (("quorum", 1, 100), ("year", 1990, 2199))
        if code in body and not lowest <= body[code] <= highest
    }
    if faults:
        raise InvalidEntry(f"{description.title['en']}: please look at {', '.join(faults)}", faults=faults)
    return body


def _with_rule(description: Description, problem: InvalidEntry) -> InvalidEntry:
    """Where the founding text demands something of every line, the refusal says which row does."""
    if not description.rule:
        return problem
    return InvalidEntry(f"{problem.message}. {description.rule['en']} ({description.row})", **problem.details)
