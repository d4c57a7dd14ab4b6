"""What the partners of the demonstration kept account of in their registers: invented, but as a secretariat would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.demonstration.agreed import SYSTEMS, Agreed
from surveys.models import Organization

Line = tuple[str, dict[str, Any]]
Before = Callable[[int], str]  # so many days ago; negative days lie ahead


@dataclass(frozen=True)
class Table:
    """Who sits at it, the external lead first; ids as entries name them."""

    partners: tuple[Organization, ...]

    def ids(self, *, national: bool) -> list[str]:
        return [str(one.id) for one in self.partners if one.is_national is national]


def lines_of(given: Agreed, table: Table, on: date, today: date) -> Iterator[Line]:
    """What the registers hold; days are counted from the beginning, or back from today."""
    national, external = table.ids(national=True), table.ids(national=False)

    def before(days: int) -> str:
        return (today - timedelta(days=days)).isoformat()

    for place, one in enumerate(table.partners):
        kind, what = (("staff", "Officers and rooms"), ("knowledge", "Experience of users"))[place % 2]
        if not one.is_national:
            kind, what = (("cash", "Contribution to the programme"), ("knowledge", "Advisers"))[place % 2]
        line: dict[str, Any] = {"partner": str(one.id), "kind": kind, "what": what}
        if kind == "cash":
            line |= {"amount": 250_000 + 50_000 * place, "currency": "USD"}
        yield "contributions", line
        brings, hopes = (
            "Knowledge of its field and people to carry the work.",
            "One plan, fewer reports, results that last.",
        )
        yield (
            "expectations",
            {"partner": str(one.id), "brings": brings, "expects": hopes, "reviewed_on": before(90 + 5 * place)},
        )
    for place, source in enumerate(["National budget", "Grants", "Loans"][: 2 + len(external) % 2]):
        amount = 1_200_000 - 300_000 * place
        yield (
            "budget",
            {"source": source, "amount": amount, "currency": "USD", "year": today.year, "on_budget": place != 1},
        )
    yield from _shared_lines(national, external, before)
    yield from _promised_lines()
    yield from _meeting_lines(national, external, before)
    yield from _capacity_lines(national, before)
    yield from _load_lines(given, national, external, before)
    yield from _joint_lines(national, external, before)
    yield from _pilot_lines(given, external, on)


def _shared_lines(national: list[str], external: list[str], before: Before) -> Iterator[Line]:
    yield (
        "decisions",
        {
            "proposal": "One reporting format for all partners from the next year.",
            "taken_on": before(160),
            "consulted": national[:2] + external[:2],
            "rule": "consensus",
            "quorum": 80,
            "outcome": "adopted",
            "reasons": "Four formats for the same activity cost the districts a week each quarter.",
        },
    )
    for name, due, published in (("Annual plan", 300, 310), ("Budget report", 120, 110), ("Audit report", 40, 0)):
        line = {
            "document": name,
            "kind": "audit" if published == 0 else "report",
            "due_on": before(due),
            "audience": "partners",
        }
        yield "documents", {**line, **({"published_on": before(published)} if published else {})}
    asked = {
        "asked": "Spending by district",
        "partner": external[-1],
        "asked_on": before(70),
        "answered_on": before(61),
    }
    yield "information_requests", {**asked, "outcome": "given"}


def _promised_lines() -> Iterator[Line]:
    for mechanism, state in zip(
        ("accountability", "decisions", "information", "reporting", "audit", "evaluation"),
        ("fully", "fully", "partly", "fully", "partly", "not"),
        strict=True,
    ):
        yield "mechanisms", {"mechanism": mechanism, "state": state}


def _meeting_lines(national: list[str], external: list[str], before: Before) -> Iterator[Line]:
    yield (
        "meetings",
        {
            "kind": "steering",
            "held_on": before(80),
            "notice_on": before(95),
            "attended": national + external,
            "record": "Secretariat",
        },
    )
    yield (
        "meetings",
        {
            "kind": "external",
            "held_on": before(50),
            "notice_on": before(64),
            "attended": external,
            "record": "External lead partner",
        },
    )


def _capacity_lines(national: list[str], before: Before) -> Iterator[Line]:
    yield (
        "capacity_gaps",
        {
            "partner": national[-1],
            "gap": "Nobody for accounts in three districts",
            "plan": "Train two people each",
            "due_on": before(-150),
            "status": "under_way",
        },
    )
    yield "activities", {"activity": "Training of district officers", "kind": "activity", "execution": "national"}
    yield (
        "activities",
        {
            "activity": "Information system",
            "kind": "project",
            "execution": "external",
            "reason": "No supplier in the country yet",
            "hand_over_on": before(-500),
        },
    )
    for partner in national:
        yield (
            "capacity_plans",
            {
                "partner": partner,
                "plan": "Own staff take over coordination step by step",
                "until": before(-400),
                "coordinator": "national" if partner == national[0] else "none",
            },
        )


def _load_lines(given: Agreed, national: list[str], external: list[str], before: Before) -> Iterator[Line]:
    for place, partner in enumerate(external):
        yield (
            "own_rules",
            {
                "partner": partner,
                "rule": given.hinders,
                "noted_on": before(200),
                "status": ("raised", "open", "changed")[place % 3],
            },
        )
    quarter = before(120)
    yield "staff_load", {"quarter": quarter, "kind": "missions", "partner": national[0], "days": 46}
    yield "staff_load", {"quarter": quarter, "kind": "reports", "partner": national[0], "days": 30}
    yield "staff_capacity", {"quarter": quarter, "days": 70, "reform": "Career plan for district officers"}


def _joint_lines(national: list[str], external: list[str], before: Before) -> Iterator[Line]:
    for place, function in enumerate(SYSTEMS):
        state = ("national", "common", "own")[place % 3]
        line = {"function": function, "partner": external[place % len(external)], "state": state, "since": before(700)}
        if state == "own":
            line |= {"reason": "Rules of its headquarters", "review_on": before(-200)}
        yield "harmonization", line
    yield (
        "calendar",
        {
            "kind": "review",
            "subject": "Joint annual review",
            "partners": national[:1] + external[:3],
            "begins_on": before(-60),
            "days": 5,
        },
    )
    yield (
        "calendar",
        {
            "kind": "mission",
            "subject": "Supervision visit",
            "partners": external[:1],
            "begins_on": before(-90),
            "days": 4,
        },
    )


def _pilot_lines(given: Agreed, external: list[str], on: date) -> Iterator[Line]:
    title, hypotheses = given.pilot
    yield (
        "pilots",
        {
            "title": title,
            "hypotheses": hypotheses,
            "goal": given.goal,
            "review_on": (on + timedelta(days=380)).isoformat(),
            "capacity": "District officers run it themselves",
        },
    )
    yield (
        "external_lead",
        {
            "partner": external[0],
            "roles": ["catalyst", "technical_adviser"],
            "presence": "office",
            "expertise": "Advisers who speak Khmer",
            "flexibility": "Half of the money can move between years",
        },
    )


def learned_lines(ids: list[str], on: date) -> Iterator[Line]:
    """A review with its lesson, and whom it was passed on to, before the partnership grows."""
    day = (on + timedelta(days=410)).isoformat()
    for id_ in ids:
        found = "The pilot showed what it was to show, with the changes the lesson names."
        yield "reviews", {"reviewed_on": day, "found": found, "lesson": id_, "recommendation": "scale_up"}
        yield (
            "dissemination",
            {"lesson": id_, "audience": "All sector working groups", "way": "Two pages and a visit", "told_on": day},
        )
