"""The cast and its props. Everything irrelevant has a sane value; what a test asserts, it writes itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlmodel import Session

from surveys import accounts, ballots, discussions, partnerships, rounds
from surveys.instruments import Instrument
from surveys.invitations import personal_secret
from surveys.keystore import Keystore
from surveys.models import Account, Discussion, Invitation, Organization, Partnership, Round
from tests.charters import sign_charter
from tests.sample_releases import INSTRUMENT

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
CAST = (
    ("Ministry of Rural Works", "central_government"),
    ("Northern Development Fund", "donor_country"),
    ("Village Water Network", "national_ngo"),
    ("Bank for Regional Growth", "lending_agency"),
)
_numbers = count(1)


def share_fonts(var_dir: Path) -> None:
    """Cut the fonts once for all test runs: it takes seconds."""
    shared = Path(__file__).resolve().parent.parent / "var" / "fonts"
    shared.mkdir(parents=True, exist_ok=True)
    (var_dir / "fonts").symlink_to(shared)


def make_account(session: Session, name: str = "amina", **given: Any) -> Account:
    return accounts.create_account(
        session, **{"email": f"{name}@example.org", "name": name.title(), "password": PASSWORD, **given}
    )


def make_organization(session: Session, name: str = "", kind: str = "central_government") -> Organization:
    return partnerships.create_organization(session, name=name or f"Organization {next(_numbers)}", kind=kind)


def make_partnership(
    session: Session, *, members: Sequence[Organization] | None = None, phase: str = "pilot", **given: Any
) -> Partnership:
    """A partnership of the cast (or of `members`), the first national organization leading, its charter signed."""
    number = next(_numbers)
    made = partnerships.create_partnership(
        session, **{"code": f"water-{number}", "title": f"Clean water {number}", "goal": "Safe water for all", **given}
    )
    chosen = members if members is not None else [make_organization(session, f"{n} {number}", k) for n, k in CAST]
    lead = next((one for one in chosen if one.is_national), None)
    for organization in chosen:
        role = "lead" if organization is lead else "member"
        partnerships.join(session, made, organization, role=role, on=date(2024, 1, 1))
    session.flush()
    sign_charter(session, made)
    made.phase = phase
    return made


def make_round(
    session: Session,
    keystore: Keystore,
    *,
    partnership: Partnership | None = None,
    state: str = "open",
    people: int = 2,
    instrument: Instrument = INSTRUMENT,
    opens_at: datetime = NOW - timedelta(days=3),
    closes_at: datetime = NOW + timedelta(days=11),
    kind: str = "full",
) -> Round:
    """A round with `people` invited from every member; "prepared" or "open"."""
    partnership = partnership or make_partnership(session)
    round_ = rounds.prepare(session, partnership, instrument, opens_at=opens_at, closes_at=closes_at, kind=kind)
    members = partnerships.members_on(session, partnership.id, opens_at.date())
    invitees = [
        rounds.Invitee(f"Person {at} of {organization.name}", f"p{next(_numbers)}@example.org", organization.id)
        for _, organization in members
        for at in range(1, people + 1)
    ]
    rounds.set_list(session, round_, invitees)
    if state == "open":
        rounds.approve(session, round_, by="Dara, trustee")
        rounds.start(session, round_, keystore)
        session.flush()
    return round_


def make_entry(
    session: Session, round_: Round, *, question: str = "What would help us to hear earlier?", now: datetime = NOW
) -> Discussion:
    """A question about trust that was taken up from a released round."""
    about = {"partnership_id": round_.partnership_id, "round_id": round_.id, "target": "item:T1"}
    return discussions.open_entry(session, **about, question=question, now=now)


def secret_of(keystore: Keystore, round_: Round, invitation: Invitation) -> str:
    return personal_secret(keystore.load(round_.id), invitation.id)


def payload_of(invitation: Invitation, **answers: Any) -> dict[str, Any]:
    """A ballot with these answers and nothing else."""
    return {
        "answers": answers,
        "importance": {},
        "background": {},
        "dyads": {},
        "comments": [],
        "organization": str(invitation.organization_id),
        "language": invitation.language,
    }


def cast_all(session: Session, keystore: Keystore, round_: Round, **answers: Any) -> list[Invitation]:
    """Everybody invited hands in the same answers."""
    keys = keystore.load(round_.id)
    everybody = list(rounds.invitations_of(session, round_))
    for invitation in everybody:
        ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, **answers))
    session.flush()
    return everybody
