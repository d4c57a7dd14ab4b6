"""What the partners of the demonstration made of their findings: invented, but entered as a facilitator would."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from server.demonstration.dispute import CHAIR, live_on
from surveys import commitments, discussions, meetings, replies
from surveys.commitments import Promise
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
        "health",
        6,
        "headline:transparency",
        "What would help so that all partners hear of decisions early enough to respond?",
        "",
        "",
        0,
        "open",
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


REPLIES = {
    True: "Decisions are sent on the day they are taken. We would like to know where they get stuck.",
    False: "We read of decisions in the minutes, a month later. A short notice on the day would do.",
}


def agree(engine: Engine, partnership_code: str, number: int) -> None:
    """Enter what was agreed after this round, and what had become of the agreements of the round before."""
    with transaction(engine) as session:
        partnership = session.exec(select(Partnership).where(Partnership.code == partnership_code)).one()
        rounds = {one.number: one for one in session.exec(select(Round).where(Round.partnership_id == partnership.id))}
        members = members_of(session, partnership)
        if partnership_code == "health":
            live_on(session, partnership, members, number, rounds[number].closes_at)
        for code, cited, target, question, action, owner, days, status, outcome in ENTRIES:
            if code != partnership_code:
                continue
            after = rounds[number].closes_at + timedelta(days=14)
            if number == cited + 1 and status == "done":
                _settle(session, partnership, action, outcome, after)
            if number != cited:
                continue
            id_, round_id = partnership.id, rounds[cited].id
            entry = discussions.open_entry(
                session, partnership_id=id_, round_id=round_id, target=target, question=question, now=after, by=CHAIR
            )
            if status == "open":
                _put_on_the_table(session, partnership, entry, members, after)
            else:
                discussions.conclude(entry, action, by=CHAIR, now=after)
                promise = Promise(action, members[owner].id, None, (after + timedelta(days=days)).date(), target)
                ids = [one.id for one in members.values()]
                commitments.make(session, id_, promise, members=ids, by=CHAIR, now=after, discussion_id=entry.id)


def _put_on_the_table(
    session: Session, partnership: Partnership, entry: Discussion, members: dict[str, Organization], now: datetime
) -> None:
    """A meeting ahead takes the question up; one partner of each side has commented."""
    for national in (True, False):
        speaker = next(one for one in members.values() if one.is_national == national)
        replies.write(session, entry, speaker.id, author="(invented)", text=REPLIES[national], now=now)
    meetings.plan(
        session,
        partnership_id=partnership.id,
        title="Half-yearly meeting of the partners",
        location="",
        starts_at=(now + timedelta(days=17)).replace(hour=2),
        minutes=120,
        items=[entry],
        topics=["What we do until the next round"],
        now=now,
    )


def _settle(session: Session, partnership: Partnership, action: str, outcome: str, now: datetime) -> None:
    """Done on its last day, and verified by a partner of the other side."""
    made = next(one for one in commitments.of_partnership(session, partnership.id) if one.what == action)
    members = {one.id: one for one in members_of(session, partnership).values()}
    owner = members[made.owner_organization_id]
    assert made.due_on is not None
    commitments.report_done(made, outcome, made.due_on, seen=made.version, by=owner.name, now=now)
    other = next(one for one in members.values() if commitments.may_verify(made, one, owner))
    commitments.verify(made, other, owner=owner, person="Naoko (invented)", seen=made.version, now=now)


def members_of(session: Session, partnership: Partnership) -> dict[str, Organization]:
    query = (
        select(Organization)
        .join(Membership, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == partnership.id)
    )
    return {one.name: one for one in session.exec(query)}
