"""What the partners of the demonstration made of their findings: invented, but entered as a facilitator would."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from surveys import discussions
from surveys.database import transaction
from surveys.models import Discussion, Membership, Organization, Partnership, Round

# partnership, round, target, question, action, owner, days until due, status, outcome
ENTRIES = (
    (
        "health",
        3,
        "headline:trust",
        "What would strengthen trust in our partnership after the change in the pooled fund?",
        "Publish the rules of the pooled fund and every withdrawal, each month, to all partners.",
        "Ministry of Health",
        120,
        "done",
        "Published since the month after the meeting; checked in the next round.",
    ),
    (
        "health",
        6,
        "headline:harmonization",
        "What would help so that one report serves all partners?",
        "Agree one reporting format and drop the separate annual reports.",
        "World Health Organization",
        90,
        "agreed",
        "",
    ),
    (
        "water",
        6,
        "headline:transparency",
        "National and external partners see transparency differently: what does each side see?",
        "",
        "",
        0,
        "open",
        "",
    ),
    (
        "education",
        4,
        "headline:trust",
        "What would help partners to raise problems early?",
        "A monthly call of all partners, with problems first on the agenda.",
        "UNICEF",
        60,
        "agreed",
        "",
    ),
)


def agree(engine: Engine, partnership_code: str, number: int) -> None:
    """Enter what was agreed after this round, and what had become of the agreements of the round before."""
    with transaction(engine) as session:
        partnership = session.exec(select(Partnership).where(Partnership.code == partnership_code)).one()
        rounds = {one.number: one for one in session.exec(select(Round).where(Round.partnership_id == partnership.id))}
        for code, cited, target, question, action, owner, days, status, outcome in ENTRIES:
            if code != partnership_code:
                continue
            after = rounds[number].closes_at + timedelta(days=14)
            if number == cited + 1 and status == "done":
                _settle(session, partnership, question, outcome, after)
            if number != cited:
                continue
            id_, round_id = partnership.id, rounds[cited].id
            entry = discussions.open_entry(
                session, partnership_id=id_, round_id=round_id, target=target, question=question, now=after
            )
            if status != "open":
                members = _members(session, partnership)
                owner_id = next(one.id for one in members if one.name == owner)
                due_on = (after + timedelta(days=days)).date()
                _update(entry, members, action, owner_id, due_on, "agreed", "", after)


def _settle(session: Session, partnership: Partnership, question: str, outcome: str, now: datetime) -> None:
    found = discussions.of_partnership(session, partnership.id)
    entry = next(one for one in found if one.question == question)
    owner, due_on = entry.owner_organization_id, entry.due_on
    assert owner is not None
    assert due_on is not None
    _update(entry, _members(session, partnership), entry.agreed_action, owner, due_on, "done", outcome, now)


def _update(
    entry: Discussion,
    members: list[Organization],
    action: str,
    owner: UUID,
    due_on: date,
    status: str,
    outcome: str,
    now: datetime,
) -> None:
    discussions.update_entry(
        entry,
        agreed_action=action,
        owner_organization_id=owner,
        due_on=due_on,
        status=status,
        outcome=outcome,
        members=[one.id for one in members],
        now=now,
    )


def _members(session: Session, partnership: Partnership) -> list[Organization]:
    query = (
        select(Organization)
        .join(Membership, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == partnership.id)
    )
    return list(session.exec(query).all())
