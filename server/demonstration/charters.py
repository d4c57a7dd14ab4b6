"""Fills the demonstration with charters, registers and lessons: by the same rules as real ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from server.demonstration.agreed import AGREED, CLAUSES, CRITERIA, DISPUTES, MARK, Agreed
from server.demonstration.registers_kept import Line, Table, learned_lines, lines_of
from server.ratios import ratios_of
from surveys import charter, charter_versions, facts, lessons, partnerships, phases, registers, rounds, signing
from surveys.database import transaction
from surveys.models import Partnership
from surveys.standing import modality_of

AMENDED = "health"  # after its dispute over pooled funds the partners agreed a shorter time to answer


def agree_charter(session: Session, partnership: Partnership, *, on: date, today: date) -> None:
    """Everything the partners agreed at the beginning, and what they kept account of since."""
    given = AGREED[partnership.code]
    members = sorted(
        partnerships.members_on(session, partnership.id, on), key=lambda pair: pair[0].role != "external_lead"
    )
    table = Table(tuple(one for _, one in members))
    partnership.goal, partnership.level, partnership.focus = given.goal, given.level, list(given.focus)
    partnership.priority, partnership.modality = given.priority, modality_of(table.partners)
    _write(session, partnership, given, table, on)
    learned = [
        lessons.create(
            session,
            partnership_id=partnership.id,
            title=title,
            context=context,
            tried=tried,
            evidence=evidence,
            audience=audience,
            source="pilot",
            learned_on=on + timedelta(days=400),
        )
        for title, context, tried, evidence, audience in given.lessons
    ]
    lines = [one for one in lines_of(given, table, on, today) if one[0] not in given.left_open]
    lines += learned_lines([str(one.id) for one in learned], on)
    registers.enter_many(session, partnership, lines, now=datetime.combine(on, datetime.min.time(), UTC))
    session.flush()  # the rules look at what was entered
    for place, phase in enumerate(given.phases):
        phases.move(session, partnership, phase, reason=MARK, on=on + timedelta(days=30 + 400 * place))
    if partnership.code == AMENDED:
        _amend(session, partnership, on + timedelta(days=740))


def _write(session: Session, partnership: Partnership, given: Agreed, table: Table, on: date) -> None:
    draft = charter_versions.begin_draft(session, partnership)
    sections: dict[str, dict[str, Any]] = {
        "vision": {
            "vision": f"{partnership.purpose} {MARK}",
            "directions": f"In support of the national goal: {given.goal}.",
            "strategies": "Start with a pilot, review it together, and grow only with what was learned.",
        },
        "decisions": {
            "rule": "consensus_then_majority",
            "quorum": given.quorum,
            "consulted": "Whoever has to carry it out.",
            "dissent": "Reasons and dissent stand in the minutes under the name of the partner.",
        },
        "engagement": {
            "meetings": "Steering group every quarter",
            "notice_days": 10,
            "languages": "Khmer and English",
            "record": "The secretariat; minutes to all partners within a week",
            "reply_days": 15,
        },
        "disputes": DISPUTES,
        "criteria": {**dict.fromkeys(CRITERIA, "fully"), "rights_compatible": "partly", "learning": "partly"},
    }
    for code, values in sections.items():
        charter_versions.write_section(session, draft, code, values, today=on)
    for code, entry in _charter_entries(given, table, on):
        charter_versions.write_entry(session, draft, code, None, entry, today=on)
    signing.put_to_signature(session, draft, on=on)
    _sign_all(session, partnership, on)


def _charter_entries(given: Agreed, table: Table, on: date) -> Iterator[Line]:
    national, external = table.ids(national=True), table.ids(national=False)
    for objective in given.objectives:
        yield "objectives", {"objective": objective, "goal": given.goal}
    for result, indicator, baseline, target in given.results:
        answer = {"national": national[:1], "external": external[:1]}
        due = (on + timedelta(days=1800)).isoformat()
        known = {"result": result, "indicator": indicator, "baseline": baseline, "target": target, "due_on": due}
        yield "results", {**known, **answer}
    tasks = (
        ("Planning and budget", national[0]),
        ("Reviews and reports", external[0]),
        ("Contact with districts", national[-1]),
    )
    for task, lead in tasks:
        yield "roles", {"task": task, "lead": lead, "support": national[:2] + external[:1]}
    for clause in CLAUSES:
        yield "clauses", dict(clause)


def _sign_all(session: Session, partnership: Partnership, on: date) -> None:
    """By accounts, and the last partner on paper, as it goes."""
    version = charter.current(session, partnership.id)
    assert version is not None  # it was put to signature just now
    *others, last = signing.unsigned(session, version, on)
    for one in others:
        person = f"Representative of {one.name} (invented)"
        signing.sign_by_account(session, version, one.id, person=person, on=on)
    note = f"Secretariat, folder of signatures {MARK}"
    person = f"Representative of {last.name} (invented)"
    given = {"person": person, "note": note, "entered_by": f"Secretariat {MARK}"}
    signing.sign_on_paper(session, version, last.id, on=on, today=on, **given)


def _amend(session: Session, partnership: Partnership, on: date) -> None:
    reason = f"After the dispute over the pooled fund: faster answers and shorter talks. {MARK}"
    draft = charter_versions.begin_draft(session, partnership, reason=reason)
    disputes = {**DISPUTES, "acknowledge_days": 3, "direct_talks_days": 10}
    charter_versions.write_section(session, draft, "disputes", disputes, today=on)
    engagement = {**draft.body["engagement"], "reply_days": 7}
    charter_versions.write_section(session, draft, "engagement", engagement, today=on)
    signing.put_to_signature(session, draft, on=on)
    _sign_all(session, partnership, on)


def count_facts(engine: Engine, partnership_id: UUID, number: int, by: str) -> None:
    """The facts of a round: invented, moving a little from round to round."""
    with transaction(engine) as session:
        round_ = rounds.get_round(session, partnership_id, number)
        source = f"Secretariat {MARK}"
        given: dict[str, dict[str, Any]] = {
            "predictability": {"scheduled": 2_400_000, "disbursed": 1_700_000 + 90_000 * number},
            "on_budget": {"recorded": 900_000 + 110_000 * number, "disbursed": 1_700_000 + 90_000 * number},
            "national_systems": {"through": 500_000 + 60_000 * number, "total": 1_500_000},
            "missions": {"joint": 2 + number // 2, "total": 11},
            "analyses": {"joint": 3 + number // 3, "total": 7},
            "parallel_units": {"now": max(2, 7 - number), "base": 7},
            "documents": {"on_time": 5 + number // 2, "due": 9},
            "decisions": {"by_rule": 6, "taken": 7},
            "actions": {"verified": 2 + number // 2, "done": 4 + number // 2, "due": 8},
            "disputes": {"in_time": 1 if number > 3 else 0, "opened": 1 if number >= 3 else 0},
            "accountability": {
                "policy": True,
                "targets": number > 2,
                "joint_assessment": True,
                "inclusive": True,
                "public": False,
            },
        }
        checked = facts.check_facts({code: {**values, "source": source} for code, values in given.items()})
        ratios = ratios_of(checked, facts.first_ratios(session, partnership_id, number))
        facts.enter(session, round_, checked, ratios, by=by, now=round_.closes_at + timedelta(days=10))
