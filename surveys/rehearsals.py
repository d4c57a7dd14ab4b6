"""The rehearsal: made-up answers behind the same kind of lock as a round's, opened with everybody's codes.

It passes when every choice of as many codes as needed opens the box and the answers are what was sealed. Its keys are
destroyed either way, and nothing of it is released.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import date
from itertools import combinations
from uuid import UUID

from nacl.public import PublicKey, SealedBox
from sqlmodel import Session

from surveys import ballots, key_holders, key_locks
from surveys.ballots import Payload, padded, unpadded
from surveys.keystore import Keystore
from surveys.models import KeyLock, Partnership, Rehearsal
from surveys.problems import CodesNeeded, KeysDamaged, KeysMissing, NotFound

PEOPLE, BOX_SIZE = 6, 1024
BOX = BOX_SIZE + 48  # what SealedBox adds to its content


def begin(session: Session, partnership: Partnership, keystore: Keystore) -> KeyLock:
    """Seal made-up answers behind a lock for the present holders; an earlier rehearsal gives way."""
    abandon(session, partnership, keystore)
    lock, key = key_locks.make_lock(session, partnership, "rehearsal")
    keys = keystore.create(lock.id)
    public, wrapped = ballots.new_round_key(keys, key)
    answers = [_made_up(number) for number in range(PEOPLE)]
    sealer = SealedBox(PublicKey(public))
    boxes = b"".join(sealer.encrypt(padded(one, BOX_SIZE)) for one in answers)
    session.add(
        Rehearsal(lock_id=lock.id, public_key=public, wrapped_private_key=wrapped, boxes=boxes, digest=_digest(answers))
    )
    session.flush()
    return lock


def abandon(session: Session, partnership: Partnership, keystore: Keystore) -> None:
    """Forget the last rehearsal, with its keys."""
    found = key_holders.last_rehearsal(session, partnership.id)
    if found is not None:
        keystore.destroy(found[0].id)
        key_locks.drop(session, found[0])


def enter(session: Session, lock: KeyLock, holder_id: UUID, typed: str, keystore: Keystore, *, today: date) -> str:
    """One holder's code; returns "waiting", or with the last one "passed" or "failed"."""
    rehearsal = session.get(Rehearsal, lock.id, with_for_update=True)
    if rehearsal is None or rehearsal.outcome != "waiting":
        raise NotFound("no rehearsal is waiting")
    try:
        keys = keystore.load(lock.id)
        everybody = len(key_locks.shares_of(session, lock.id))
        shares = key_locks.enter(session, lock, holder_id, typed, keys, wanted=everybody)
        if shares is None:
            return "waiting"
        choices = [key_locks.combined(shares, places) for places in combinations(sorted(shares), lock.needed)]
        passed = all(_opens(rehearsal, ballots.opener(rehearsal.wrapped_private_key, keys, one)) for one in choices)
    except (CodesNeeded, KeysDamaged, KeysMissing):
        passed = False
    rehearsal.outcome, rehearsal.ended_on = "passed" if passed else "failed", today
    keystore.destroy(lock.id)
    for share in key_locks.shares_of(session, lock.id):
        share.entered = b""
    return rehearsal.outcome


def _made_up(number: int) -> Payload:
    return {"answers": {f"X{at}": secrets.randbelow(11) for at in range(10)}, "organization": f"invented {number}"}


def _opens(rehearsal: Rehearsal, opener: SealedBox) -> bool:  # type: ignore[type-arg]  # Type ignore: of any kind of key
    boxes = [rehearsal.boxes[at : at + BOX] for at in range(0, len(rehearsal.boxes), BOX)]
    return _digest([unpadded(opener.decrypt(box)) for box in boxes]) == rehearsal.digest


def _digest(answers: list[Payload]) -> str:
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()
