"""Undeliverable mail that came back: which invitations did not arrive. Of any other mail nothing is noted.

Whoever runs the machine reads the mailbox named in RAPPORT_MAIL_RETURNS and hands its messages in here; a facilitator
must not read it, as a returned reminder tells who had not answered.
"""

from __future__ import annotations

import email
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

from sqlmodel import Session

from server.sending import read_message_id
from surveys.mailings import note_returned
from surveys.models import Invitation, Round

STATUS = re.compile(r"^\d\.\d{1,3}\.\d{1,3}$")
LONGEST = 5_000_000  # bytes of one message


@dataclass
class Counted:
    """What was found; names of people are no part of it."""

    returned: int = 0
    passed_over: int = 0


def read_returned(session: Session, paths: list[Path]) -> Counted:
    """Note every invitation that came back for good. Read twice, it says the same."""
    counted = Counted()
    for message in _messages(paths):
        invitation, status = _invitation_of(session, message), _status_of(message)
        if invitation is None or not status.startswith("5"):
            counted.passed_over += 1
            continue
        note_returned(session, invitation, status)
        counted.returned += 1
    return counted


def _messages(paths: list[Path]) -> Iterator[Message]:
    """From files of single messages, folders of them (also a Maildir), or mailbox files."""
    for path in paths:
        if path.is_dir():
            yield from _messages(sorted(one for one in path.rglob("*") if one.is_file()))
            continue
        content = path.read_bytes()
        if content.startswith(b"From "):
            box = mailbox.mbox(path, create=False)
            try:
                for kept in box:
                    yield email.message_from_bytes(kept.as_bytes(), policy=default)
            finally:
                box.close()
        elif len(content) <= LONGEST:
            yield email.message_from_bytes(content, policy=default)


def _invitation_of(session: Session, message: Message) -> Invitation | None:
    """The invitation of an open round that this report speaks of."""
    for part in message.walk():
        text = part.get_payload() if part.get_content_type() == "text/rfc822-headers" else ""
        inner = email.message_from_string(text, policy=default) if isinstance(text, str) and text else part
        id_ = read_message_id(str(inner.get("Message-ID", ""))) if inner is not message else None
        found = session.get(Invitation, id_) if id_ else None
        if found is not None and session.get_one(Round, found.round_id).state == "open":
            return found
    return None


def _status_of(message: Message) -> str:
    """The status of a failed delivery, such as 5.1.1; empty where nothing failed for good."""
    for part in message.walk():
        if isinstance(part, EmailMessage) and str(part.get("Action", "")).strip().lower() == "failed":
            status = str(part.get("Status", "")).strip()
            return status if STATUS.match(status) else "5.0.0"
    return ""
