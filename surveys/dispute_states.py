"""The state machine of a dispute: which step may be taken from where, and by whom. No rows, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from surveys.models.disputes import DISPUTE_STATES

Role = Literal["raiser", "party", "facilitator", "adjudicator"]
ROLES: tuple[Role, ...] = ("raiser", "party", "facilitator", "adjudicator")
PARTIES: frozenset[Role] = frozenset({"raiser", "party"})
RAISER: frozenset[Role] = frozenset({"raiser"})
LEADS: frozenset[Role] = frozenset({"facilitator"})
RUNGS = ("direct_talks", "facilitated", "steering_group", "external")
JUDGED = ("steering_group", "external")  # rungs on which an adjudicator may settle
ENDED = ("closed", "withdrawn")
STATES = DISPUTE_STATES
Moves = Mapping[str, frozenset[Role]]


def moves_from(
    state: str, ladder: Sequence[str], *, settled_on: str = "", is_over: bool = False, is_alone: bool = False
) -> Moves:
    """Where a dispute may go from here, and who may take it there.

    ladder: the rungs of this partnership, lowest first. settled_on: the rung on which it was agreed, to which it
    returns when it is opened again. is_over: whether the time of this stage has run out; a party may then escalate by
    itself, before that only the facilitator does. is_alone: whether only one party is left; the facilitator may then
    end it. Nothing here happens by the clock alone.
    """
    ends = RAISER | LEADS if is_alone else RAISER
    if state == "raised":
        return {"acknowledged": LEADS, "withdrawn": ends}
    if state == "acknowledged":
        first = {ladder[0]: LEADS | PARTIES} if ladder else {"agreed": LEADS}
        return {**first, "withdrawn": ends}
    if state in RUNGS:
        found: dict[str, frozenset[Role]] = {}
        if (above := _above(state, ladder)) is not None:
            found[above] = LEADS | PARTIES if is_over else LEADS
        found["agreed"] = LEADS | {"adjudicator"} if state in JUDGED else LEADS
        return {**found, "withdrawn": ends}
    again = settled_on or (ladder[0] if ladder else "acknowledged")
    if state == "agreed":
        return {"monitoring": LEADS, again: LEADS | PARTIES}
    if state == "monitoring":
        return {"closed": LEADS, again: LEADS | PARTIES}
    return {again: LEADS | PARTIES} if state == "closed" else {}


def _above(state: str, ladder: Sequence[str]) -> str | None:
    later = RUNGS[RUNGS.index(state) + 1 :]
    return next((rung for rung in later if rung in ladder), None)
