"""The life of a partnership: idea, pilot, review, scale-up, sustained, closed. It starts gradually."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from surveys import musts
from surveys.models import Partnership, PartnershipEvent
from surveys.principles import breach, refuse
from surveys.problems import InvalidInput

MOVES = {
    "idea": ("pilot", "closed"),
    "pilot": ("review", "scale_up", "closed"),
    "review": ("pilot", "scale_up", "closed"),
    "scale_up": ("sustained", "closed"),
    "sustained": ("closed",),
}
LONGEST = 2_000


def next_phases(partnership: Partnership) -> tuple[str, ...]:
    return MOVES.get(partnership.phase, ())


def move(session: Session, partnership: Partnership, to: str, *, reason: str = "", on: date) -> None:
    """Into the next phase, if the rules of the founding text allow it. Leaving the idea is the activation."""
    if to not in next_phases(partnership):
        refuse([breach("phase")])
    if len(reason.strip()) > LONGEST:
        raise InvalidInput(f"a reason has at most {LONGEST} characters; nothing was saved", why="needs_reason")
    for act in _acts(partnership.phase, to):
        musts.check(session, partnership, act, on)
    detail = {"from": partnership.phase, "to": to}
    session.add(
        PartnershipEvent(
            partnership_id=partnership.id, day=on, kind="phase_changed", detail=detail, reason=reason.strip()
        )
    )
    partnership.phase = to


def _acts(phase: str, to: str) -> tuple[str, ...]:
    if phase == "idea" and to == "pilot":
        return ("activation",)
    if to == "scale_up":
        return ("activation", "scale_up", "pilot_end")
    if phase in ("pilot", "review") and to == "closed":
        return ("pilot_end",)
    return ("activation",) if to in ("pilot", "sustained") else ()
