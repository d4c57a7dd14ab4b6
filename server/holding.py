"""What a key holder has to do: which rounds wait for the code, and whether a rehearsal does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from server.languages import label_in
from surveys import key_holders, key_locks
from surveys.models import KeyHolder, KeyLock, KeyShare, Round
from surveys.rounds import OPENING_AFTER


@dataclass(frozen=True, slots=True)
class HeldRound:
    """A round that this holder's code helps to open."""

    id: UUID
    label: str
    opens_from: datetime
    can_enter: bool
    entered: bool
    is_lost: bool
    needed: int
    holders: int
    n_entered: int


def held_rounds(session: Session, holder: KeyHolder, language: str, now: datetime) -> tuple[HeldRound, ...]:
    """The rounds that wait, or will wait, for the code of this holder; the earliest first."""
    query = (
        select(Round, KeyLock, KeyShare)
        .join(KeyLock, col(KeyLock.round_id) == col(Round.id))
        .join(KeyShare, col(KeyShare.lock_id) == col(KeyLock.id))
        .where(KeyLock.purpose == "round", KeyShare.holder_id == holder.id, col(Round.state).in_(("open", "closed")))
    )
    found = sorted(session.exec(query).all(), key=lambda row: row[0].closes_at)
    return tuple(_held(session, *row, language, now) for row in found)


def _held(session: Session, round_: Round, lock: KeyLock, share: KeyShare, language: str, now: datetime) -> HeldRound:
    waiting, opens_from = key_locks.waiting(session, lock), round_.closes_at + OPENING_AFTER
    return HeldRound(
        id=round_.id,
        label=label_in(round_.label, language),
        opens_from=opens_from,
        can_enter=round_.state == "closed" and now >= opens_from,
        entered=bool(share.entered),
        is_lost=share.is_lost,
        needed=waiting.needed,
        holders=waiting.holders,
        n_entered=waiting.entered,
    )


def rehearsal_of(session: Session, holder: KeyHolder) -> str:
    """Whether a rehearsal waits for this holder ("mine") or for others only; "" when none waits."""
    found = key_holders.last_rehearsal(session, holder.partnership_id)
    if found is None or found[1].outcome != "waiting":
        return ""
    share = key_locks.find_share(session, found[0].id, holder.id)
    if share is None:
        return ""
    return "others" if share.entered else "mine"
