"""The dispute of the demonstration: over a pooled fund, led up the ladder, settled, kept, one promise of two late.

Invented, but entered by the same rules as a real one: every step is one that somebody may take in that state.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from surveys import commitments, concerns, dispute_papers, dispute_parties, disputes, lessons, meetings
from surveys.commitments import Promise
from surveys.dispute_states import Role
from surveys.ladder import ladder_of
from surveys.models import Dispute, Organization, Partnership

CHAIR, RAISER, OTHER = "Amina (invented)", "Yuki Sato (invented)", "Sokha Chan (invented)"
TITLE = "Withdrawals from the pooled fund without notice"
HAPPENED = (
    "In the second quarter 40 % of the pooled fund was moved to other provinces. "
    "Partners who pay into it heard of it six weeks later, from the quarterly report."
)
HOPED_FOR = "Notice before money is moved, and the reasons in writing."
AGREEMENT = (
    "Money of the pooled fund is moved after 14 days’ notice to all partners, with the reasons. "
    "In an emergency notice is given on the same day."
)
NOTES = (
    "We do not ask for the money back. We ask to hear before it moves.",
    "Two provinces had a measles outbreak. We moved the money in three days and wrote the letter too late.",
)
# what, days from the closing of the round until due, until done, evidence
PROMISES = (
    ("Publish the rules of withdrawal on the shared drive.", 105, 98, "On the shared drive since the second week."),
    (
        "Send every partner notice 14 days before money is moved.",
        120,
        132,
        "Two notices were sent, the first late.",
    ),
)
LESSON = {
    "title": "Notice before money moves",
    "context": "A pooled fund of government and donors, where needs change between quarterly reports.",
    "tried": "Fourteen days’ notice with reasons, and an exception for emergencies that is told on the same day.",
    "evidence": "Trust had fallen by more than 20 points and was back within two rounds; both promises were verified.",
    "audience": "everybody",
}


def live_on(
    session: Session, partnership: Partnership, members: Mapping[str, Organization], number: int, closed_at: datetime
) -> None:
    """What happened in this dispute after round `number`, which closed at `closed_at`."""
    if number == 3:
        _settle(session, partnership, members, closed_at)
    elif number in (4, 5):
        (dispute,) = disputes.of_partnership(session, partnership.id)
        third = dispute.raised_at - timedelta(days=20)
        if number == 4:
            _keep(session, dispute, members, third)
        else:
            _step(session, dispute, "closed", closed_at + timedelta(days=20))
            lessons.create(
                session, partnership_id=partnership.id, learned_on=(closed_at + timedelta(days=20)).date(), **LESSON
            )


def _settle(
    session: Session, partnership: Partnership, members: Mapping[str, Organization], closed_at: datetime
) -> None:
    def after(days: int) -> datetime:
        return closed_at + timedelta(days=days)

    ladder = ladder_of(session, partnership.id)
    japan, ministry = members["Japan"].id, members["Ministry of Health"].id
    cited = concerns.cite(session, partnership.id, 3, "headline:trust")
    concern = concerns.raise_concern(
        session,
        partnership_id=partnership.id,
        organization_id=japan,
        principle="P5",
        acknowledge_within_days=ladder.acknowledge_within_days,
        now=after(10),
        happened=HAPPENED,
        hoped_for=HOPED_FOR,
        cited=cited,
        by=RAISER,
    )
    concerns.acknowledge(concern, by=CHAIR, now=after(13))
    dispute = disputes.raise_dispute(
        session,
        partnership_id=partnership.id,
        raised_for=japan,
        against=[ministry],
        members=[one.id for one in members.values()],
        title=TITLE,
        ladder=ladder,
        concern=concern,
        now=after(20),
        happened=HAPPENED,
        hoped_for=HOPED_FOR,
        cited=cited,
        by=RAISER,
    )
    for to, days in (("acknowledged", 23), ("direct_talks", 24), ("facilitated", 48)):
        _step(session, dispute, to, after(days))
    for organization_id, author, text in ((japan, RAISER, NOTES[0]), (ministry, OTHER, NOTES[1])):
        dispute_papers.write_note(
            session,
            dispute,
            audience="all",
            text=text,
            author=author,
            organization_id=organization_id,
            now=after(50),
        )
    dispute_papers.add_document(
        session,
        dispute,
        name="Proposal for notices.txt",
        content=AGREEMENT.encode(),
        audience="all",
        author=OTHER,
        organization_id=ministry,
        now=after(55),
    )
    _meet(session, dispute, after(60))
    _step(session, dispute, "agreed", after(75), agreement=AGREEMENT)
    for party, person in ((japan, RAISER), (ministry, OTHER)):
        disputes.confirm(session, dispute, party, person=person, today=after(76).date())
    for what, due, _done, _evidence in PROMISES:
        promise = Promise(what, ministry, japan, after(due).date(), "headline:trust")
        commitments.make(
            session,
            partnership.id,
            promise,
            members=[japan, ministry],
            by=CHAIR,
            now=after(76),
            dispute_id=dispute.id,
        )


def _meet(session: Session, dispute: Dispute, now: datetime) -> None:
    """A facilitated meeting of the parties, with what was said and decided."""
    meeting = meetings.plan(
        session,
        partnership_id=dispute.partnership_id,
        dispute_id=dispute.id,
        title="Facilitated talks on the pooled fund",
        location="Ministry of Health, room 3",
        starts_at=now + timedelta(days=14),
        minutes=120,
        items=[],
        topics=["What each side needs to know before money is moved", "What is an emergency"],
        now=now,
    )
    first, second = meetings.items_of(session, meeting.id)
    said = (
        (first, "Six weeks are too long; three days are too short to ask the provinces.", AGREEMENT, ""),
        (second, "Outbreaks and floods.", "Outbreaks and floods, named in the notice.", "Japan would list them all."),
    )
    held = now + timedelta(days=14)
    for item, notes, decision, dissent in said:
        meetings.record(
            session,
            meeting,
            item,
            notes=notes,
            decision=decision,
            rule="consensus",
            dissent=dissent,
            seen=item.version,
            by=CHAIR,
            now=held,
        )
    parties = [party.organization_id for party in dispute_parties.parties_of(session, dispute.id)]
    meetings.close(meeting, chaired_by=CHAIR, present=parties, others="", members=parties, seen=meeting.version)


def _keep(session: Session, dispute: Dispute, members: Mapping[str, Organization], third: datetime) -> None:
    """Both promises were kept, one of them twelve days late; the other side verified them."""
    japan, ministry = members["Japan"], members["Ministry of Health"]
    _step(session, dispute, "monitoring", third + timedelta(days=140))
    made = {one.what: one for one in commitments.of_dispute(session, dispute.id)}
    for what, _due, done, evidence in PROMISES:
        one, day = made[what], third + timedelta(days=done)
        commitments.report_done(one, evidence, day.date(), seen=one.version, by=OTHER, now=day)
        later = day + timedelta(days=9)
        commitments.verify(one, japan, owner=ministry, person=RAISER, seen=one.version, now=later)


def _step(session: Session, dispute: Dispute, to: str, now: datetime, agreement: str = "") -> None:
    role: Role = "facilitator"
    disputes.move(
        session,
        dispute,
        to,
        role,
        ladder=ladder_of(session, dispute.partnership_id),
        reason="",
        agreement=agreement,
        by=CHAIR,
        seen=dispute.version,
        now=now,
    )
