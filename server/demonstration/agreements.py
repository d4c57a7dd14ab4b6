"""What the partners of the demonstration made of their findings: invented, but entered as a facilitator would."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from surveys import discussions
from surveys.database import transaction
from surveys.models import Membership, Organization, Partnership, Round

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


def agree(engine: Engine, now: datetime) -> None:
    """Enter the agreements, dated shortly after the rounds they cite."""
    with transaction(engine) as session:
        for code, number, target, question, action, owner, days, status, outcome in ENTRIES:
            partnership = session.exec(select(Partnership).where(Partnership.code == code)).one()
            round_ = session.exec(
                select(Round).where(Round.partnership_id == partnership.id, Round.number == number)
            ).one()
            opened = min(round_.closes_at + timedelta(days=14), now)
            entry = discussions.open_entry(
                session, partnership_id=partnership.id, round_id=round_.id, target=target, question=question, now=opened
            )
            if status == "open":
                continue
            members = _members(session, partnership)
            discussions.update_entry(
                entry,
                agreed_action=action,
                owner_organization_id=next(one.id for one in members if one.name == owner),
                due_on=(opened + timedelta(days=days)).date(),
                status=status,
                outcome=outcome,
                members=[one.id for one in members],
                now=opened,
            )


def _members(session: Session, partnership: Partnership) -> list[Organization]:
    query = (
        select(Organization)
        .join(Membership, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == partnership.id)
    )
    return list(session.exec(query).all())
