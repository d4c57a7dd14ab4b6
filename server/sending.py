"""Takes what is due out of the outbox and hands it to the mail server: each mail once, whoever crashes when.

Three commits a mail: the claim, the mark just before the body, and what became of it. Between the mark and the last one
a crash leaves the mail unclear: it may have arrived, so it is reported and not sent again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from server.crash_points import Reached, unnoticed
from server.mail import Answer, Letter, Outcome, Post
from server.settings import Settings
from surveys import mailings, outbox
from surveys.database import transaction
from surveys.keystore import Keystore
from surveys.mailings import Due
from surveys.models import Mailing, OutboxRow, PlainMail
from surveys.outbox import Claimed
from surveys.problems import SurveyProblem

log = logging.getLogger("rapport.mail")
Compose = Callable[[Session, Due], Letter]


@dataclass
class Sent:
    """What one turn did."""

    sent: int = 0
    refused: int = 0
    later: int = 0
    unclear: int = 0


@dataclass(frozen=True)
class Office:
    """Where rows are, what opens them, who writes the words and who carries them."""

    engine: Engine
    keystore: Keystore
    settings: Settings
    compose: Compose
    post: Post
    now: datetime
    reached: Reached = unnoticed


def ignore(_session: Session, _mailing: Mailing) -> None:
    """Nothing goes with it."""


def fill_outbox(
    engine: Engine, keystore: Keystore, *, now: datetime, also: Callable[[Session, Mailing], None] = ignore
) -> int:
    """Put the rows of every mailing that is due into the outbox; how many mailings. A missing key holds up one only.

    `also` is what goes with a mailing, in the same transaction.
    """
    filled = 0
    with Session(engine) as session:
        waiting = mailings.due(session, now)
    for mailing_id in waiting:
        try:
            with transaction(engine) as session:
                if mailings.fill(session, keystore, mailing_id, now):
                    also(session, session.get_one(Mailing, mailing_id))
                    filled += 1
        except SurveyProblem as problem:
            log.error("problem=%s mailing=%s", type(problem).__name__, mailing_id)
    return filled


def send_due(office: Office, *, limit: int) -> Sent:
    """Send at most `limit` mails, ordinary ones first; stop early when the mail server is in trouble."""
    done = Sent()
    with office.post:
        for send_one in (_send_plain, _send_sealed):
            while done.sent + done.refused + done.later + done.unclear < limit:
                answer = send_one(office)
                if answer is None:
                    break
                _count(done, answer)
                if answer.is_trouble:
                    return done
    return done


def _count(done: Sent, answer: Answer) -> None:
    name = answer.outcome.value
    if name in ("sent", "refused", "later", "unclear"):
        setattr(done, name, getattr(done, name) + 1)


def _send_plain(office: Office) -> Answer | None:
    with transaction(office.engine) as session:
        claimed = outbox.claim(session, PlainMail, office.now)
        if claimed is None:
            return None
        if claimed.was_handed_over:
            outbox.finish_plain(session, claimed, "unclear")
            return Answer(Outcome.UNCLEAR)
        mail = session.get_one(PlainMail, claimed.id)
        letter = Letter(mail.recipient, mail.subject, mail.text, f"plain.{mail.id.hex}")
    answer = _deliver(office, claimed, letter)
    with transaction(office.engine) as session:
        if answer.outcome is Outcome.LATER and (answer.is_trouble or not outbox.is_last_attempt(claimed)):
            outbox.put_back(session, claimed, office.now, is_trouble=answer.is_trouble)
        elif answer.outcome is not Outcome.NOT_OURS:
            state = "refused" if answer.outcome is Outcome.LATER else answer.outcome.value
            outbox.finish_plain(session, claimed, state, answer.code)
    return answer


def _send_sealed(office: Office) -> Answer | None:
    """One mail of a mailing; rows of people who do not get it are consumed on the way."""
    while True:
        with transaction(office.engine) as session:
            claimed = outbox.claim(session, OutboxRow, office.now)
        if claimed is None:
            return None
        try:
            answer = _send_row(office, claimed)
        except SurveyProblem as problem:  # for instance keys that are not in their place: nothing is lost by waiting
            log.error("problem=%s", type(problem).__name__)
            with transaction(office.engine) as session:
                outbox.let_rest(session, claimed, office.now)
            continue
        if answer is not None:
            return answer


def _send_row(office: Office, claimed: Claimed) -> Answer | None:
    with transaction(office.engine) as session:
        due = _find_due(session, office, claimed)
        if due is None:
            return None  # the round was opened or cancelled meanwhile: its rows are gone
        if claimed.was_handed_over:
            _finish(session, claimed, due, Answer(Outcome.UNCLEAR))
            return Answer(Outcome.UNCLEAR)
        if not due.wanted:
            outbox.finish_sealed(session, claimed, due.mailing.id, was_sent=False)
            return None
        letter = office.compose(session, due)
    answer = _deliver(office, claimed, letter)
    with transaction(office.engine) as session:
        if answer.outcome is Outcome.LATER and (answer.is_trouble or not outbox.is_last_attempt(claimed)):
            outbox.put_back(session, claimed, office.now, is_trouble=answer.is_trouble)
        elif answer.outcome is not Outcome.NOT_OURS and (due := _find_due(session, office, claimed)):
            _finish(session, claimed, due, answer)
    return answer


def _find_due(session: Session, office: Office, claimed: Claimed) -> Due | None:
    row = session.get(OutboxRow, claimed.id)
    return mailings.look_into(session, office.keystore, row, office.now) if row else None


def _finish(session: Session, claimed: Claimed, due: Due, answer: Answer) -> None:
    outcome = "refused" if answer.outcome is Outcome.LATER else answer.outcome.value
    if outbox.finish_sealed(session, claimed, due.mailing.id, was_sent=outcome == "sent"):
        mailings.note_delivery(session, due.mailing, due.invitation, outcome, answer.code)


def _deliver(office: Office, claimed: Claimed, letter: Letter) -> Answer:
    office.reached("claimed")

    def before_body() -> bool:
        with transaction(office.engine) as session:
            is_ours = outbox.hand_over(session, claimed)
        office.reached("handed_over")
        return is_ours

    answer = office.post.send(letter, before_body)
    office.reached("answered")
    return answer


def message_id(due: Due) -> str:
    """The same at every try. That of an invitation names it, so that its return is recognized; others name nothing."""
    if due.mailing.kind in ("invitation", "again"):
        return f"invitation.{due.mailing.number}.{due.invitation.id.hex}"
    secret = due.keys.pepper if due.keys else b"everybody"
    return hashlib.sha256(secret + due.mailing.id.bytes + due.invitation.id.bytes).hexdigest()[:32]


def read_message_id(text: str) -> UUID | None:
    """The invitation that a message id names, if it names one."""
    parts = text.strip().strip("<>").partition("@")[0].split(".")
    if len(parts) != 3 or parts[0] != "invitation":
        return None
    try:
        return UUID(parts[2])
    except ValueError:
        return None
