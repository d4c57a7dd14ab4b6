"""The first steps of a partnership in words, each with the page where it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from server.dossiers import address_of
from server.languages import translator
from surveys import first_steps
from surveys.first_steps import STEPS, Way
from surveys.models import Partnership


@dataclass(frozen=True, slots=True)
class StepLine:
    words: str
    address: str
    is_done: bool
    note: str


def step_lines(session: Session, partnership: Partnership, language: str, today: date) -> tuple[StepLine, ...]:
    """All steps until the first round has begun; afterwards none."""
    way = first_steps.way_of(session, partnership, today)
    return () if way.is_over else lines_of(partnership, way, language)


def lines_of(partnership: Partnership, way: Way, language: str) -> tuple[StepLine, ...]:
    _, home = translator(language).gettext, address_of(partnership)
    round_at = f"{home}/rounds/{way.first.number}" if way.first else f"{home}/rounds/new"
    words = {
        "partners": (_("Add at least three partners, one of them the national lead"), f"{home}/members"),
        "charter": (_("Write the charter and put it to signature"), f"{home}/first-steps"),
        "signatures": (_("Every partner signs the charter"), f"{home}/charter"),
        "contacts": (_("Name the people of each partner"), f"{home}/contacts"),
        "round": (_("Prepare the first round"), round_at),
        "list": (_("Save the invitation list"), f"{round_at}/list" if way.first else round_at),
        "approval": (_("A second person approves the list"), round_at),
        "start": (_("The round begins"), round_at),
    }
    signed = _("{signed} of {all} have signed").format(signed=way.signed, all=way.partners)
    notes = {"signatures": signed if "charter" in way.done else ""}
    return tuple(StepLine(*words[code], code in way.done, notes.get(code, "")) for code in STEPS)
