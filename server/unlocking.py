"""Opening a round with the codes of its key holders, one by one; the last one needed starts the opening job.

Neither function runs inside a request's own transaction: the opening job commits by itself.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from server.crash_points import Reached, unnoticed
from surveys import audit, ballots, key_locks
from surveys.database import transaction
from surveys.key_locks import Waiting
from surveys.keystore import Keystore
from surveys.models import KeyHolder, Round
from surveys.problems import NotFound, TooEarly
from surveys.rounds import OPENING_AFTER


def enter_code(
    engine: Engine,
    keystore: Keystore,
    round_id: UUID,
    holder_id: UUID,
    typed: str,
    *,
    now: datetime,
    reached: Reached = unnoticed,
) -> str:
    """Take one holder's code; returns "waiting", or what the round became with the last code needed.

    A crash before the release is stored loses the last code only: its holder enters it again. Raises CodeMistyped,
    WrongCode, TooEarly, and what the opening raises.
    """
    with transaction(engine) as session:
        round_ = _round(session, round_id)
        if round_.state in ("released", "not_opened"):
            return round_.state  # another holder was faster
        if round_.state != "closed" or now < round_.closes_at + OPENING_AFTER:
            raise TooEarly("a round is opened two hours after its announced closing time, not before")
        unlocked = key_locks.enter_for_round(session, round_, holder_id, typed, keystore.load(round_id))
        _record(session, holder_id, "entered a key code", round_id, now)
    reached("code_entered")
    if unlocked is None:
        return "waiting"
    from server.opening import open_round  # the tools of analysis, half a second at the start of the service

    return open_round(engine, keystore, round_id, now=now, unlocked=unlocked, reached=reached)


def lose_code(engine: Engine, round_id: UUID, holder_id: UUID, *, now: datetime) -> Waiting:
    """A holder has lost the code. With too few left the round is lost: its boxes are destroyed unread."""
    with transaction(engine) as session:
        round_ = _round(session, round_id)
        lock = key_locks.find_lock(session, round_id)
        if lock is None or round_.state not in ("open", "closed"):
            raise NotFound("this round waits for no codes")
        left = key_locks.lose(session, lock, holder_id)
        _record(session, holder_id, "lost a key code", round_id, now)
        if left.is_lost:
            _cancel(session, round_, now)
    return left


def _round(session: Session, round_id: UUID) -> Round:
    """Its row locked: codes come one by one."""
    found = session.get(Round, round_id, with_for_update=True)
    if found is None:
        raise NotFound("there is no such round")
    return found


def _cancel(session: Session, round_: Round, now: datetime) -> None:
    ballots.destroy(session, round_.id)
    key_locks.drop_of_round(session, round_)
    round_.state, round_.keys_state = "cancelled", "shred_pending"
    audit.record(session, "the clock", "round lost: too few key codes are left", str(round_.id), now)


def _record(session: Session, holder_id: UUID, act: str, round_id: UUID, now: datetime) -> None:
    holder = session.get_one(KeyHolder, holder_id)
    audit.record(session, f"key holder {holder.person}", act, f"round {round_id}", now)
