"""Mailings of a round: planned at its start, put into the outbox when due, one sealed row for every invitee.

A row holds nothing but an invitation; whether its person is to get the mail is decided when it is consumed, in memory.
So a reminder leaves no trace of who was reminded: rows for everybody come and go, and a number of mails remains.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from nacl.secret import SecretBox
from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from surveys import ballots
from surveys.keystore import Keystore, RoundKeys
from surveys.models import Delivery, Invitation, Mailing, OutboxRow, Round, RoundPlan
from surveys.outbox import changed_rows, inserting
from surveys.problems import InvalidInput

WHILE_OPEN = (
    "invitation",
    "again",
    "reminder",
    "extension",
)  # they hold or concern links: sealed under the round's keys
STATES = {"not_opened": "not_opened", "cancelled": "cancelled", "results": "released", "agreed": "released"}
USUAL_REMINDERS = (7, 2)
MOST_REMINDERS, EARLIEST_REMINDER = 5, 60  # mails, and days before closing
AFTER_ONE_DAY = timedelta(days=1)  # two mails on one day would be one too many


@dataclass(frozen=True, slots=True)
class Due:
    """A row of the outbox and whom it is about; `wanted` when this person is to get the mail now."""

    mailing: Mailing
    round_: Round
    invitation: Invitation
    keys: RoundKeys | None
    wanted: bool


def plan_of(session: Session, round_: Round) -> RoundPlan:
    """What was set around a round; the usual where nobody set anything."""
    return session.get(RoundPlan, round_.id) or RoundPlan(round_id=round_.id, reminders=list(USUAL_REMINDERS))


def set_plan(
    session: Session, round_: Round, *, reminders: Iterable[int], everybody: bool, by_mail: bool = True
) -> RoundPlan:
    """Choose reminders before the start: respondents are told them, so that they stand afterwards."""
    if round_.state != "prepared":
        raise InvalidInput("reminders are chosen before the start: everybody invited is told when they come")
    days = sorted(set(reminders), reverse=True)
    if len(days) > MOST_REMINDERS or any(not 1 <= one <= EARLIEST_REMINDER for one in days):
        raise InvalidInput(f"at most {MOST_REMINDERS} reminders, each 1 to {EARLIEST_REMINDER} days before closing")
    plan = session.get(RoundPlan, round_.id) or RoundPlan(round_id=round_.id)
    plan.reminders, plan.everybody, plan.by_mail = days, everybody, by_mail
    session.add(plan)
    return plan


def reminder_times(round_: Round, plan: RoundPlan, *, after: datetime) -> list[datetime]:
    """When reminders go out: at the hour of closing, so many days before it, and not right after another mail."""
    times = (round_.closes_at - timedelta(days=one) for one in plan.reminders)
    return sorted(one for one in times if one >= after + AFTER_ONE_DAY)


def plan_start(session: Session, round_: Round) -> None:
    """The mailings of a round that begins. Planned twice, they are planned once."""
    plan = plan_of(session, round_)
    if plan.by_mail:
        announce(session, round_, "invitation", due_at=round_.opens_at)
        plan_reminders(session, round_, after=round_.opens_at)


def plan_reminders(session: Session, round_: Round, *, after: datetime) -> None:
    for due_at in reminder_times(round_, plan_of(session, round_), after=after):
        announce(session, round_, "reminder", due_at=due_at, number=_last_number(session, round_, "reminder") + 1)


def announce(
    session: Session,
    round_: Round,
    kind: str,
    *,
    due_at: datetime,
    number: int = 1,
    details: dict[str, Any] | None = None,
) -> None:
    """Plan a mailing; the same kind and number is planned once only."""
    values = {
        "id": uuid4(),
        "round_id": round_.id,
        "kind": kind,
        "number": number,
        "due_at": due_at,
        "details": details or {},
    }
    session.execute(inserting(session, Mailing).values(values).on_conflict_do_nothing())


def announce_extension(session: Session, round_: Round, now: datetime) -> None:
    """Tell everybody of the new closing time, and remind again before it. Reminders of before are over."""
    if plan_of(session, round_).by_mail:
        announce(session, round_, "extension", due_at=now)
        plan_reminders(session, round_, after=now)


def send_again(session: Session, round_: Round, invitation: Invitation, now: datetime) -> None:
    """The invitation once more for one person whom the facilitator names; for all others the row is empty."""
    number = _last_number(session, round_, "again") + 1
    announce(session, round_, "again", due_at=now, number=number, details={"invitation": invitation.id.hex})


def announce_agreed(session: Session, round_: Round, now: datetime, entries: Sequence[str], stamp: str) -> None:
    """Tell everybody what was agreed; the stamp says of which agreements, so that nobody gets the same mail twice."""
    number, details = _last_number(session, round_, "agreed") + 1, {"entries": list(entries), "stamp": stamp}
    announce(session, round_, "agreed", due_at=now, number=number, details=details)


def _last_number(session: Session, round_: Round, kind: str) -> int:
    last = select(func.max(Mailing.number)).where(Mailing.round_id == round_.id, Mailing.kind == kind)
    return session.exec(last).one() or 0


def of_round(session: Session, round_: Round) -> list[Mailing]:
    query = select(Mailing).where(Mailing.round_id == round_.id)
    return sorted(session.exec(query).all(), key=lambda one: (one.due_at, one.kind, one.number))


def has_address(invitation: Invitation) -> bool:
    """Whether mail can reach this person; else a letter is printed."""
    return "@" in (invitation.email or "")


def drop_links(session: Session, round_id: UUID) -> None:
    """Before the keys go: what was still to be sent with a link has no meaning any more."""
    old = select(Mailing.id).where(Mailing.round_id == round_id, col(Mailing.kind).in_(WHILE_OPEN))
    session.execute(delete(OutboxRow).where(col(OutboxRow.mailing_id).in_(old)))
    session.execute(
        delete(Mailing).where(
            col(Mailing.round_id) == round_id, col(Mailing.kind).in_(WHILE_OPEN), col(Mailing.sent).is_(None)
        )
    )


# Rows -----------------------------------------------------------------------------------------------------------------


def due(session: Session, now: datetime) -> list[UUID]:
    """Mailings whose time has come and whose rows are not in the outbox yet."""
    query = select(Mailing.id).where(col(Mailing.sent).is_(None), col(Mailing.due_at) <= now)
    return list(session.exec(query.order_by(col(Mailing.due_at))).all())


def fill(session: Session, keystore: Keystore, mailing_id: UUID, now: datetime) -> int:
    """Put one row for every invitee into the outbox, due or not; how many. Whoever tries, it happens once."""
    begun = update(Mailing).where(col(Mailing.id) == mailing_id, col(Mailing.sent).is_(None)).values(sent=0)
    if not changed_rows(session, begun):
        return 0
    mailing = session.get_one(Mailing, mailing_id)
    round_ = session.get_one(Round, mailing.round_id)
    if not _makes_sense(mailing, round_) or _is_overtaken(session, mailing, now):
        return 0  # for instance a reminder after closing, because the service stood still
    keys = _keys_for(keystore, mailing)
    everybody = session.exec(select(Invitation.id).where(Invitation.round_id == round_.id))
    rows = [
        OutboxRow(
            id=_row_id(keys, mailing, invitation_id),
            mailing_id=mailing.id,
            box=bytes(SecretBox(_seal_key(keys, mailing)).encrypt(invitation_id.bytes)),
            due_at=now,
        )
        for invitation_id in everybody
    ]
    rows.sort(key=_row_order)
    session.add_all(rows)
    return len(rows)


def _row_order(row: OutboxRow) -> bytes:
    return row.id


def look_into(session: Session, keystore: Keystore, row: OutboxRow, now: datetime) -> Due:
    """Whom a row is about, and whether that person gets this mail; known in memory only."""
    mailing = session.get_one(Mailing, row.mailing_id)
    round_ = session.get_one(Round, mailing.round_id)
    keys = _keys_for(keystore, mailing)
    opened = SecretBox(_seal_key(keys, mailing)).decrypt(row.box)
    invitation = session.get_one(Invitation, UUID(bytes=opened))
    wanted = not invitation.gone and has_address(invitation) and _makes_sense(mailing, round_)
    if mailing.kind == "again":
        wanted = wanted and mailing.details["invitation"] == invitation.id.hex
    if mailing.kind == "reminder" and wanted and keys is not None:
        is_over = now >= round_.closes_at
        is_for = plan_of(session, round_).everybody or not ballots.has_cast(session, keys, invitation.id)
        wanted = is_for and not is_over
    return Due(mailing, round_, invitation, keys, wanted)


def _makes_sense(mailing: Mailing, round_: Round) -> bool:
    return round_.state == STATES.get(mailing.kind, "open")


def _is_overtaken(session: Session, mailing: Mailing, now: datetime) -> bool:
    """Where two reminders are due at once, because the service stood still, the later one is enough."""
    later = select(Mailing.id).where(
        Mailing.round_id == mailing.round_id, Mailing.kind == "reminder", col(Mailing.due_at) <= now
    )
    found = session.exec(later.where(col(Mailing.due_at) > mailing.due_at)).first()
    return mailing.kind == "reminder" and found is not None


def _keys_for(keystore: Keystore, mailing: Mailing) -> RoundKeys | None:
    """The round's keys while it is open; later mailings go to everybody and must outlive the keys."""
    return keystore.load(mailing.round_id) if mailing.kind in WHILE_OPEN else None


def _row_id(keys: RoundKeys | None, mailing: Mailing, invitation_id: UUID) -> bytes:
    secret = keys.pepper if keys else mailing.id.bytes
    name = f"{mailing.kind}|{mailing.number}|".encode()
    return hmac.digest(secret, name + invitation_id.bytes, "sha256")[:16]


def _seal_key(keys: RoundKeys | None, mailing: Mailing) -> bytes:
    """Without keys there is nothing to hide: everybody on the list gets the mail; the rows keep one form."""
    if keys is None:
        return hashlib.sha256(b"everybody" + mailing.id.bytes).digest()
    return hmac.digest(keys.pepper, b"outbox" + mailing.id.bytes, "sha256")


# What became of invitations -------------------------------------------------------------------------------------------


def note_delivery(session: Session, mailing: Mailing, invitation: Invitation, outcome: str, code: str = "") -> None:
    """Keep a trouble with an invitation, which everybody gets; of a reminder nothing: it would tell who gets them."""
    if mailing.kind not in ("invitation", "again"):
        return
    session.execute(delete(Delivery).where(col(Delivery.invitation_id) == invitation.id))
    if outcome != "sent":
        session.add(Delivery(invitation_id=invitation.id, outcome=outcome, code=code))


def note_returned(session: Session, invitation: Invitation, code: str) -> None:
    """The invitation came back as undeliverable."""
    session.execute(delete(Delivery).where(col(Delivery.invitation_id) == invitation.id))
    session.add(Delivery(invitation_id=invitation.id, outcome="returned", code=code))


def troubles(session: Session, round_: Round) -> dict[UUID, Delivery]:
    """Invitations that a mail server refused or returned, or whose fate is unclear."""
    query = select(Delivery).join(Invitation, col(Delivery.invitation_id) == col(Invitation.id))
    return {one.invitation_id: one for one in session.exec(query.where(Invitation.round_id == round_.id))}
