"""The way of a new partnership to its first round, read from what is there: nothing is ticked by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from surveys import charter, charter_versions, contacts, musts, partnerships, rounds
from surveys.models import Partnership, Round
from surveys.principles import Breach
from surveys.rounds import FEWEST_ORGANIZATIONS, FEWEST_PEOPLE
from surveys.standing import look

STEPS = ("partners", "charter", "signatures", "contacts", "round", "list", "approval", "start")
SIGNATURES = {"charter", "same_version", "code_signed"}  # what only the partners themselves can do


@dataclass(frozen=True, slots=True)
class Way:
    """How far it is: the steps that are done, and the first round once there is one."""

    done: frozenset[str]
    signed: int
    partners: int
    first: Round | None
    open_rules: tuple[Breach, ...]  # what the founding text still asks for, signatures apart

    @property
    def is_over(self) -> bool:
        return "start" in self.done

    @property
    def waits_for_signatures_only(self) -> bool:
        """Everything that is the facilitator's part has been done."""
        own_part = {"partners", "charter", "contacts", "round", "list"} <= self.done
        return own_part and not self.open_rules and not self.is_over


def way_of(session: Session, partnership: Partnership, today: date) -> Way:
    members = partnerships.members_on(session, partnership.id, today)
    agreed = charter.current(session, partnership.id) or charter_versions.find_draft(session, partnership.id)
    signed = charter.signed_by(session, agreed) if agreed else set()
    named = contacts.of_partnership(session, partnership.id)
    several = rounds.of_partnership(session, partnership.id)
    first = several[0] if several else None
    counts = rounds.head_counts(session, first) if first else {}
    reached = {
        "partners": len(members) >= FEWEST_ORGANIZATIONS and any(one.role == "lead" for one, _ in members),
        "charter": agreed is not None and agreed.state in ("signing", "in_force"),
        "signatures": charter.in_force(session, partnership.id) is not None,
        "contacts": _is_enough(len(named), len({one.organization_id for one in named})) or bool(counts),
        "round": first is not None,
        "list": _is_enough(sum(counts.values()), len(counts)),
        "approval": bool(first and first.approved_by),
        "start": bool(first and first.state != "prepared"),
    }
    broken = musts.broken(look(session, partnership, today), "round")
    open_rules = tuple(one for one in broken if one.rule.code not in SIGNATURES)
    done = frozenset(code for code, is_reached in reached.items() if is_reached)
    return Way(done, len(signed), len(members), first, open_rules)


def _is_enough(people: int, organizations: int) -> bool:
    return people >= FEWEST_PEOPLE and organizations >= FEWEST_ORGANIZATIONS
