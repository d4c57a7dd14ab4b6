"""The outbox: what is to be sent, exactly once, also across crashes and several processes.

A row is claimed by pushing its time forward (the lease). Just before the body of a mail goes out the row is marked; who
crashes after that leaves it unclear, and an unclear mail is reported and never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, delete, func, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from surveys.models import Mailing, OutboxRow, PlainMail
from surveys.problems import InvalidInput

LEASE = timedelta(minutes=30)  # longer than the slowest mail server takes with one mail
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 30, 60, 120, 240, 480, 720, 720))  # some 40 hours
LONGEST_SUBJECT, LONGEST_TEXT = 300, 200_000
Table = type[OutboxRow] | type[PlainMail]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this process holds until `until`; `was_handed_over` when an earlier process died with it."""

    table: Table
    id: bytes | UUID
    until: datetime
    attempts: int
    was_handed_over: bool


def post(session: Session, *, to: str, subject: str, text: str, key: str, due_at: datetime | None = None) -> bool:
    """Put an ordinary mail (to an account, a representative, a member) into the outbox, in the caller's transaction.

    It goes out within a minute after the commit, or never if the transaction is rolled back. `key` says what the mail
    is about, once and for all: "reset|<id of the request>", "due|<commitment>|<date>". A second mail with the same key
    is not written, so posting again after a crash or a double click is safe; the answer says whether it was new.
    Words are the caller's: translate them into the reader's language, plain text, links as whole addresses. Subject
    and address are refused (InvalidInput) when they hold signs that could forge a header. The text is forgotten as
    soon as a mail server took it. Without a mail server in the settings it waits. Never use it for respondents:
    their mails go through `surveys.mailings`, where rows are sealed and do not tell who gets one.
    """
    check_address(to)
    check_header(subject)
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise InvalidInput("the text of a mail is too long or holds signs that cannot be sent")
    row = {
        "id": uuid4(),
        "key": key,
        "recipient": to.strip(),
        "subject": subject,
        "text": text,
        "due_at": due_at or datetime(2000, 1, 1, tzinfo=UTC),  # at once, whatever the caller's clock says
        "attempts": 0,
        "handed_over": False,
        "state": "waiting",
        "code": "",
    }
    new = inserting(session, PlainMail).values(row).on_conflict_do_nothing().returning(col(PlainMail.id))
    return session.execute(new).first() is not None


def changed_rows(session: Session, statement: Any) -> int:
    """How many rows a write touched: whoever touched none was not the first."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def inserting(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT of this database, which can leave alone what is there already."""
    insert: Callable[..., Any] = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def is_line(text: str) -> bool:
    """Whether text holds only what can be seen, the no-break spaces of French and the invisible signs of Khmer."""
    return all(sign.isprintable() or sign in "\u00a0\u202f\u200b\u200c\u200d" for sign in text)


def check_header(text: str) -> None:
    """Raises InvalidInput for what could end a header or start another: control signs, encoded words, endless lines."""
    if not text.strip() or not is_line(text) or "=?" in text or len(text) > LONGEST_SUBJECT:
        raise InvalidInput("a line of a mail's head is empty, too long, or holds signs that are not allowed there")


def check_address(text: str) -> None:
    """Raises InvalidInput unless this is one address and nothing that a mail server would read as more."""
    check_header(text)
    name, at, domain = text.strip().rpartition("@")
    if not (name and at and domain) or any(sign in text.strip() for sign in ' \t<>()[]\\,;:"') or "@" in name:
        raise InvalidInput("this is not an e-mail address")


def find_state(session: Session, key: str) -> tuple[str, str] | None:
    """What became of the ordinary mail with this key, and the code a mail server gave; None when there is none."""
    return session.exec(select(PlainMail.state, PlainMail.code).where(PlainMail.key == key)).first()


def count_waiting(session: Session) -> int:
    """Mails and sealed rows that are still to be dealt with."""
    plain = select(func.count()).select_from(PlainMail).where(PlainMail.state == "waiting")
    sealed = select(func.count()).select_from(OutboxRow)
    return session.exec(plain).one() + session.exec(sealed).one()


def doubt_all(session: Session) -> None:
    """After a backup was restored: what waited in it may have been sent since, so it is reported and not sent again."""
    session.execute(update(OutboxRow).values(handed_over=True))
    session.execute(
        update(PlainMail)
        .where(col(PlainMail.state) == "waiting")
        .values(state="unclear", recipient="", subject="", text="")
    )


# Sending --------------------------------------------------------------------------------------------------------------


def claim(session: Session, table: Table, now: datetime) -> Claimed | None:
    """Take one row that is due, in no order; nobody else gets it before the lease is over."""
    due = [col(table.due_at) <= now]
    if table is PlainMail:
        due.append(col(PlainMail.state) == "waiting")
    query = select(table.id).where(*due).order_by(func.random()).limit(1)
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    found = session.exec(query).first()
    if found is None:
        return None
    until = now + LEASE
    taken = session.execute(
        update(table)
        .where(col(table.id) == found, *due)
        .values(due_at=until, attempts=col(table.attempts) + 1)
        .returning(col(table.attempts), col(table.handed_over))
    ).first()
    return None if taken is None else Claimed(table, found, until, taken[0], taken[1])


def hand_over(session: Session, claimed: Claimed) -> bool:
    """Mark that the body goes out now. False when the lease ran out and somebody else has the row: then do not send."""
    return _changed(session, claimed, handed_over=True)


def put_back(session: Session, claimed: Claimed, now: datetime, *, is_trouble: bool = False) -> None:
    """Certainly not sent: try again after a pause that grows with the attempts; half an hour at most in a trouble of
    the mail server itself, which says nothing about this mail."""
    pause = PAUSES[min(claimed.attempts, 3 if is_trouble else len(PAUSES)) - 1]
    _changed(session, claimed, handed_over=False, due_at=now + pause)


def let_rest(session: Session, claimed: Claimed, now: datetime) -> None:
    """Something of ours was in the way: look again later; what was marked stays marked."""
    _changed(session, claimed, due_at=now + PAUSES[0])


def is_last_attempt(claimed: Claimed) -> bool:
    return claimed.attempts > len(PAUSES)


def finish_plain(session: Session, claimed: Claimed, state: str, code: str = "") -> None:
    """Keep the key and what became of it; forget the words and the address."""
    _changed(session, claimed, state=state, code=code, recipient="", subject="", text="", handed_over=False)


def finish_sealed(session: Session, claimed: Claimed, mailing_id: UUID, *, was_sent: bool) -> bool:
    """Consume a row, whether it was due or not; only a mail that was handed over counts."""
    gone = changed_rows(session, delete(OutboxRow).where(col(OutboxRow.id) == claimed.id, _held(claimed)))
    if gone and was_sent:
        counted = update(Mailing).where(col(Mailing.id) == mailing_id).values(sent=col(Mailing.sent) + 1)
        session.execute(counted)
    return bool(gone)


def _held(claimed: Claimed) -> Any:
    return col(claimed.table.due_at) == claimed.until


def _changed(session: Session, claimed: Claimed, **values: Any) -> bool:
    changed = update(claimed.table).where(col(claimed.table.id) == claimed.id, _held(claimed)).values(**values)
    return changed_rows(session, changed) == 1
