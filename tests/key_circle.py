"""Key holders with their codes, as a test needs them: confirmed, and rehearsed where a round is to begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from surveys import key_holders, rehearsals
from surveys.keystore import Keystore
from surveys.models import KeyHolder, Partnership

NAMES = ("Amina, facilitator", "Dara, trustee", "Sokha, trustee", "Vanna, trustee", "Wade, trustee")
TODAY = date(2026, 6, 15)


@dataclass
class Hand:
    """A holder, the secret of the personal link, and what stands on the sheet of paper."""

    holder: KeyHolder
    secret: str
    code: str


def make_hand(session: Session, partnership: Partnership, name: str) -> Hand:
    holder, secret = key_holders.add(session, partnership, name)
    code = key_holders.make_code(holder)
    key_holders.confirm(holder, code, TODAY)
    session.flush()
    return Hand(holder, secret, code)


def make_circle(session: Session, partnership: Partnership, *, needed: int = 2, holders: int = 3) -> list[Hand]:
    """Confirmed holders, of whom `needed` open a round; without a rehearsal."""
    hands = [make_hand(session, partnership, name) for name in NAMES[:holders]]
    key_holders.set_needed(session, partnership, needed)
    session.flush()
    return hands


def rehearse(session: Session, partnership: Partnership, keystore: Keystore, hands: list[Hand]) -> str:
    lock = rehearsals.begin(session, partnership, keystore)
    outcome = "waiting"
    for hand in hands:
        outcome = rehearsals.enter(session, lock, hand.holder.id, hand.code, keystore, today=TODAY)
    session.flush()
    return outcome


def ready_circle(
    session: Session, partnership: Partnership, keystore: Keystore, *, needed: int = 2, holders: int = 3
) -> list[Hand]:
    """Holders who have passed their rehearsal."""
    hands = make_circle(session, partnership, needed=needed, holders=holders)
    assert rehearse(session, partnership, keystore, hands) == "passed"
    return hands
