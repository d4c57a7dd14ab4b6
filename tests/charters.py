"""A charter that says enough to be signed, and its signatures, for partnerships that need one to go on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from surveys import charter as agreed
from surveys import charter_versions, partnerships, registers, signing
from surveys.models import Charter, Partnership, RegisterEntry
from surveys.standing import modality_of

SIGNED_ON = date(2024, 1, 15)
ENTERED_AT = datetime(2024, 1, 15, 9, tzinfo=UTC)
VISION = {"vision": "Safe water in every village, kept running by those who drink it."}
DECISIONS = {"rule": "consensus", "quorum": 60}
ENGAGEMENT = {"meetings": "every quarter", "notice_days": 10}
CLAUSE = {
    "code": "openness",
    "en": "We tell each other bad news first.",
    "fr": "Nous disons d’abord les mauvaises nouvelles.",
}
DISPUTES = {
    "contact": "The partnership’s ombudsperson",
    "acknowledge_days": 5,
    "direct_talks_days": 14,
    "facilitated_days": 30,
    "steering_group_days": 30,
    "external_days": 60,
    "mediator": "National mediation centre",
    "adjudicator": "A judge chosen by both sides",
    "is_existence_public": True,
    "confidentiality": "What is said in talks stays there.",
}


def write_charter(session: Session, partnership: Partnership, *, on: date = SIGNED_ON, **sections: Any) -> Charter:
    """A draft with everything that is needed; `sections` says otherwise."""
    draft = charter_versions.begin_draft(session, partnership, reason="so that a test can go on")
    given = {"vision": VISION, "decisions": DECISIONS, "engagement": ENGAGEMENT, "disputes": DISPUTES, **sections}
    for code, values in given.items():
        charter_versions.write_section(session, draft, code, values, today=on)
    if not draft.body.get("clauses"):
        charter_versions.write_entry(session, draft, "clauses", None, CLAUSE, today=on)
    return draft


def sign_everywhere(session: Session, charter: Charter, *, on: date = SIGNED_ON) -> None:
    """Every partner of this day signs."""
    for organization in signing.unsigned(session, charter, on):
        person = f"Head of {organization.name[:150]}"
        signing.sign_by_account(session, charter, organization.id, person=person, on=on)


def add_contributions(session: Session, partnership: Partnership, *, on: date = SIGNED_ON) -> None:
    """Every partner names one, and the form of the partnership is confirmed."""
    members = [one for _, one in partnerships.members_on(session, partnership.id, on)]
    named = {one.body["partner"] for one in registers.of_register(session, partnership.id, "contributions")}
    for one in members:
        if str(one.id) in named:
            continue
        body = {"partner": str(one.id), "kind": "staff", "what": "Two people"}
        given = {"register_code": "contributions", "body": body, "entered_at": ENTERED_AT, "changed_at": ENTERED_AT}
        session.add(RegisterEntry(partnership_id=partnership.id, **given))
    partnership.modality = modality_of(members)


def sign_charter(session: Session, partnership: Partnership, *, on: date = SIGNED_ON) -> Charter:
    """A charter in force, and what else the founding text demands before a round."""
    add_contributions(session, partnership, on=on)
    draft = write_charter(session, partnership, on=on)
    signing.put_to_signature(session, draft, on=on)
    sign_everywhere(session, draft, on=on)
    session.flush()
    return draft


def welcome_newcomers(session: Session, partnership: Partnership, *, on: date) -> None:
    """Whoever joined since signs the text in force and contributes something."""
    add_contributions(session, partnership, on=on)
    charter = agreed.in_force(session, partnership.id)
    assert charter is not None
    sign_everywhere(session, charter, on=on)
    session.flush()


def agree_settings(session: Session, partnership: Partnership, *, on: date = SIGNED_ON, **settings: Any) -> None:
    """The partners amend what their code of conduct says about answers, before a series begins."""
    draft = charter_versions.begin_draft(session, partnership, reason="so that a test can go on")
    conduct = {**draft.body["conduct"], **settings}
    if conduct == draft.body["conduct"]:
        session.delete(draft)
        session.flush()
        return
    charter_versions.write_section(session, draft, "conduct", conduct, today=on)
    signing.put_to_signature(session, draft, on=on)
    sign_everywhere(session, draft, on=on)
    session.flush()
