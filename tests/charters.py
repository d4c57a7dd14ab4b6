"""A charter that says enough to be signed, and its signatures, for partnerships that need one to go on."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlmodel import Session

from surveys import charter_versions, partnerships, signing
from surveys.models import Charter, Partnership

SIGNED_ON = date(2024, 1, 15)
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
    for _, organization in partnerships.members_on(session, charter.partnership_id, on):
        person = f"Head of {organization.name[:150]}"
        signing.sign_by_account(session, charter, organization.id, person=person, on=on)


def sign_charter(session: Session, partnership: Partnership, *, on: date = SIGNED_ON) -> Charter:
    """A charter in force."""
    draft = write_charter(session, partnership, on=on)
    signing.put_to_signature(session, draft, on=on)
    sign_everywhere(session, draft, on=on)
    session.flush()
    return draft
