"""Mails about commitments: the owner is told two weeks before the date, on the day, and once when it has passed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from server.languages import format_day, translator
from server.mail_texts import safe_subject
from server.settings import Settings
from server.sheets import title_of
from surveys import commitments, outbox
from surveys.models import Account, Commitment, Partnership, Seat


def remind(session: Session, settings: Settings, today: date) -> int:
    """Post what is due; each stage of a commitment once, however often this runs. Returns how many mails were new."""
    sent = 0
    for one, stage in commitments.reminders(session, today):
        for account in _readers(session, one, stage):
            sent += _post(session, settings, one, stage, account)
        one.reminded = stage
    return sent


def _readers(session: Session, one: Commitment, stage: str) -> list[Account]:
    """Whoever represents the owner; once it is late also whoever facilitates, unless it belongs to a dispute."""
    who: ColumnElement[bool] = (col(Seat.role) == "representative") & (
        col(Seat.organization_id) == one.owner_organization_id
    )
    if stage == "late" and one.dispute_id is None:
        who = or_(who, col(Seat.role) == "facilitator")
    query = select(Account).join(Seat, col(Seat.account_id) == col(Account.id))
    return list(session.exec(query.where(Seat.partnership_id == one.partnership_id, who)).all())


def _post(session: Session, settings: Settings, one: Commitment, stage: str, account: Account) -> bool:
    _ = translator(account.language).gettext
    title = title_of(session.get_one(Partnership, one.partnership_id), account.language).text
    assert one.due_on is not None  # what has no date is never due
    said = {
        "soon": _("A commitment of your organization is due soon, on {day}:"),
        "due": _("A commitment of your organization is due today, {day}:"),
        "late": _("A commitment is past its date, {day}:"),
    }[stage].format(day=format_day(one.due_on, account.language))
    way_on = _("When it is done, say so and how anybody can see it, at:")
    address = f"{settings.base_url.rstrip('/')}/partnerships/{one.partnership_id}/commitments/{one.id}"
    return outbox.post(
        session,
        to=account.email,
        subject=safe_subject(_("{partnership}: a commitment").format(partnership=title)),
        text=f"{said}\n\n{one.what}\n\n{way_on}\n\n{address}\n",
        key=f"due|{one.id}|{one.due_on}|{stage}|{account.id}",
    )
