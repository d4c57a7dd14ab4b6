"""What the tests of the seed map share: a partnership as an idea and an active one, and ways to fill and ask it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.ratios import ratios_of
from surveys import (
    facts,
    lessons,
    musts,
    partnerships,
    phases,
    registers,
    shoulds,
)
from surveys.instruments import standard_instrument
from surveys.models import Partnership
from surveys.principles import read_principles
from surveys.problems import RuleBroken
from surveys.standing import look
from surveys.tallies import tallies
from tests.charters import SIGNED_ON, sign_charter
from tests.factories import CAST, NOW, make_organization

TODAY = NOW.date()
ENTERED = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def idea(session):
    """The cast with a goal, and nothing else yet."""
    made = partnerships.create_partnership(session, code="idea", title="Idea", goal="Safe water for all")
    for place, (name, kind) in enumerate(CAST):
        role = {0: "lead", 1: "external_lead"}.get(place, "member")
        partnerships.join(session, made, make_organization(session, name, kind), role=role, on=date(2024, 1, 1))
    session.flush()
    return made


@pytest.fixture
def active(session, idea):
    sign_charter(session, idea)
    phases.move(session, idea, "pilot", on=SIGNED_ON)
    session.flush()
    return idea


def ids(session, partnership: Partnership, *, national: bool) -> list[str]:
    members = partnerships.members_on(session, partnership.id, TODAY)
    return [str(one.id) for _, one in members if one.is_national is national]


def keep(session, partnership: Partnership, code: str, **given: Any) -> dict[str, Any]:
    return registers.enter(session, partnership, code, given, now=ENTERED).body


def warned(session, partnership: Partnership) -> set[str]:
    session.flush()
    return {one.rule.code for one in shoulds.warnings(look(session, partnership, TODAY))}


def broken(session, partnership: Partnership, act: str = "round") -> set[str]:
    session.flush()
    return {one.rule.code for one in musts.broken(look(session, partnership, TODAY), act)}


def refused(session, partnership: Partnership, to: str) -> str:
    """The sentence with which a move is refused."""
    session.flush()
    with pytest.raises(RuleBroken) as problem:
        phases.move(session, partnership, to, on=TODAY)
    return problem.value.message


def learn(session, partnership: Partnership) -> str:
    given = {"context": "Two districts", "tried": "Fees first", "learned_on": TODAY}
    return str(lessons.create(session, partnership_id=partnership.id, title="Fees first", **given).id)


def check_measured(row: str, items: str, fact: str = "", given: Mapping[str, Any] | None = None) -> float | None:
    """The questionnaire asks for the row, and its fact, if it has one, gives a ratio."""
    asked = {one.code for one in standard_instrument().items} | {one.code for one in standard_instrument().dyadic.items}
    described = read_principles()[0][row]
    assert set(items.split()) <= asked
    assert set(items.split()) <= set(described.items)
    if not fact:
        return None
    assert fact in described.facts
    checked = facts.check_facts({fact: {**(given or {}), "source": "Secretariat"}})
    return ratios_of(checked, {})[fact].get("value")


def tallied(session, partnership: Partnership) -> dict[str, tuple[float, int]]:
    """What the registers measure: so many of so many."""
    session.flush()
    return {one.code: (one.part, one.whole) for one in tallies(session, look(session, partnership, TODAY))}
