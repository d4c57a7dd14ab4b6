"""Locks that several codes open together. What lies behind one is sealed under a key that nobody holds alone.

A lock's secret is shared out among the holders, each share sealed to the holder's code; neither secret nor shares are
kept. While a round waits, at most one code fewer than needed has been entered: those shares rest under the round's own
key, which is in the keystore; the last one is used in memory and never stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from sqlmodel import Session, col, select

from surveys import key_codes, key_holders, sharing
from surveys.key_holders import is_code_of
from surveys.keystore import RoundKeys
from surveys.models import CarryOver, KeyHolder, KeyLock, KeyShare, Partnership, Rehearsal, Round
from surveys.problems import CodesNeeded, NotFound, WrongCode


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a lock still waits for; names of holders, never how often or when they came."""

    needed: int
    holders: int
    entered: int
    lost: int

    @property
    def is_lost(self) -> bool:
        """Whether too few codes remain for it ever to open."""
        return self.holders - self.lost < self.needed


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The keys that the codes gave back, for one opening; in memory only, and never shown."""

    round_key: bytes = field(repr=False)
    carry_over_key: bytes | None = field(default=None, repr=False)


def make_lock(
    session: Session, partnership: Partnership, purpose: str, round_id: UUID | None = None
) -> tuple[KeyLock, bytes]:
    """A new lock for the present holders, and its key, which the caller uses and forgets."""
    key_holders.check_codes(session, partnership)
    hands = [(one.id, one.public_key) for one in key_holders.of_partnership(session, partnership.id)]
    lock = KeyLock(partnership_id=partnership.id, round_id=round_id, purpose=purpose, needed=partnership.keys_needed)
    return lock, _share_out(session, lock, hands)


def make_carry_over_lock(session: Session, round_: Round) -> bytes | None:
    """A lock for what this round hands on: the same people as for its answers, with their present codes."""
    lock = find_lock(session, round_.id)
    if lock is None:
        return None
    hands = []
    for share in shares_of(session, lock.id):
        holder = session.get_one(KeyHolder, share.holder_id)
        is_present = holder.is_confirmed and not holder.is_removed
        hands.append((holder.id, holder.public_key if is_present else share.public_key))
    carried = KeyLock(
        partnership_id=round_.partnership_id, round_id=round_.id, purpose="carry_over", needed=lock.needed
    )
    return _share_out(session, carried, hands)


def _share_out(session: Session, lock: KeyLock, hands: Sequence[tuple[UUID, bytes]]) -> bytes:
    """Store the lock with one sealed share per hand; its key is returned and kept nowhere."""
    session.add(lock)
    session.flush()  # shares refer to it
    secret = sharing.new_secret()
    shares = sharing.split(secret, needed=lock.needed, holders=len(hands))
    for (holder_id, public_key), (place, value) in zip(hands, shares.items(), strict=True):
        sealed = bytes(SealedBox(PublicKey(public_key)).encrypt(value.to_bytes(sharing.SIZE, "big")))
        share = KeyShare(lock_id=lock.id, holder_id=holder_id, place=place, public_key=public_key, sealed=sealed)
        session.add(share)
    session.flush()  # they are read back from the database
    return lock_key(secret)


def lock_key(secret: int) -> bytes:
    return hashlib.blake2b(secret.to_bytes(sharing.SIZE, "big"), digest_size=32, person=b"rapport lock").digest()


def find_lock(session: Session, round_id: UUID, purpose: str = "round") -> KeyLock | None:
    """The lock of a round, or of the carry-over box sealed at its opening."""
    return session.exec(select(KeyLock).where(KeyLock.round_id == round_id, KeyLock.purpose == purpose)).first()


def is_locked(session: Session, round_id: UUID) -> bool:
    """Whether this round opens only with the codes of its key holders."""
    return find_lock(session, round_id) is not None


def shares_of(session: Session, lock_id: UUID) -> list[KeyShare]:
    return list(session.exec(select(KeyShare).where(KeyShare.lock_id == lock_id).order_by(col(KeyShare.place))).all())


def find_share(session: Session, lock_id: UUID, holder_id: UUID) -> KeyShare | None:
    query = select(KeyShare).where(KeyShare.lock_id == lock_id, KeyShare.holder_id == holder_id)
    return session.exec(query).first()


def waiting(session: Session, lock: KeyLock) -> Waiting:
    shares = shares_of(session, lock.id)
    entered, lost = sum(bool(one.entered) for one in shares), sum(one.is_lost for one in shares)
    return Waiting(lock.needed, len(shares), entered, lost)


def find_waiting(session: Session, round_: Round) -> Waiting | None:
    """What this round waits for; None where the server opens it by itself."""
    lock = find_lock(session, round_.id) if round_.state == "closed" else None
    return None if lock is None else waiting(session, lock)


def lose(session: Session, lock: KeyLock, holder_id: UUID) -> Waiting:
    """This holder has lost the code. A share that was entered already is not lost."""
    share = find_share(session, lock.id, holder_id)
    if share is None:
        raise NotFound("this person holds no key of it")
    share.is_lost = not share.entered
    session.flush()  # what is left is counted
    return waiting(session, lock)


def drop(session: Session, lock: KeyLock) -> None:
    """Forget a lock whose box is gone."""
    for share in shares_of(session, lock.id):
        session.delete(share)
    rehearsal = session.get(Rehearsal, lock.id)
    if rehearsal is not None:
        session.delete(rehearsal)
    session.flush()  # what refers to the lock goes before it
    session.delete(lock)


def drop_of_round(session: Session, round_: Round) -> None:
    """Forget the lock of a round that is over, and what its holders had entered for the carry-over box."""
    lock = find_lock(session, round_.id)
    if lock is None:
        return
    drop(session, lock)
    row = session.get(CarryOver, round_.partnership_id)
    carried = row and find_lock(session, row.round_id, "carry_over")
    for share in shares_of(session, carried.id) if carried else ():
        share.entered = b""


# Entering codes -------------------------------------------------------------------------------------------------------


def enter(
    session: Session, lock: KeyLock, holder_id: UUID, typed: str, keys: RoundKeys, *, wanted: int
) -> dict[int, int] | None:
    """The shares by place once `wanted` codes are there; until then this one is kept and None returned.

    Raises CodeMistyped, WrongCode, or NotFound for who holds no key of this lock.
    """
    share = find_share(session, lock.id, holder_id)
    if share is None:
        raise NotFound("this person holds no key of it")
    if not is_code_of(share.public_key, typed):
        raise WrongCode("this is a code, but not the one of this holder")
    return _entered(session, lock, share, typed, keys, wanted)


def _entered(
    session: Session, lock: KeyLock, share: KeyShare, typed: str, keys: RoundKeys, wanted: int
) -> dict[int, int] | None:
    value = _decrypted(SealedBox(key_codes.private_key(typed)), share.sealed)
    box = _resting_box(keys)
    others = [one for one in shares_of(session, lock.id) if one.entered and one.id != share.id]
    found = {one.place: int.from_bytes(_decrypted(box, one.entered), "big") for one in others}
    found[share.place] = int.from_bytes(value, "big")
    if len(found) >= wanted:
        return found
    share.entered, share.is_lost = bytes(box.encrypt(value)), False
    session.flush()
    return None


def _resting_box(keys: RoundKeys) -> SecretBox:
    return SecretBox(hashlib.blake2b(b"entered", key=keys.shred_key, digest_size=32).digest())


def enter_for_round(session: Session, round_: Round, holder_id: UUID, typed: str, keys: RoundKeys) -> Unlocked | None:
    """What the codes so far open: None while the round waits for more. Locks the lock's row: codes come one by one."""
    lock = find_lock(session, round_.id)
    if lock is None:
        raise NotFound("this round is not opened with codes")
    session.refresh(lock, with_for_update=True)
    carried = _carried(session, round_, holder_id, typed, keys)
    shares = enter(session, lock, holder_id, typed, keys, wanted=lock.needed)
    return None if shares is None else Unlocked(lock_key(sharing.combine(shares)), carried)


def _carried(session: Session, round_: Round, holder_id: UUID, typed: str, keys: RoundKeys) -> bytes | None:
    """The key of the carry-over box, if this code completes it. Other holders, another code: the pairing is lost."""
    row = session.get(CarryOver, round_.partnership_id)
    lock = None if row is None else find_lock(session, row.round_id, "carry_over")
    if lock is None:
        return None
    share = find_share(session, lock.id, holder_id)
    if share is None or not is_code_of(share.public_key, typed):
        return None
    shares = _entered(session, lock, share, typed, keys, lock.needed)
    return None if shares is None else lock_key(sharing.combine(shares))


def combined(shares: Mapping[int, int], places: Sequence[int]) -> bytes:
    """The key that these places of the shares give."""
    return lock_key(sharing.combine({place: shares[place] for place in places}))


def through(lock: bytes, sealed: bytes) -> bytes:
    """What lies behind a lock. Raises CodesNeeded when this is not its key."""
    return _decrypted(SecretBox(lock), sealed)


def _decrypted(box: SecretBox | SealedBox[PrivateKey], sealed: bytes) -> bytes:
    try:
        return bytes(box.decrypt(sealed))
    except (CryptoError, ValueError) as problem:
        raise CodesNeeded("the codes do not open it: it stays sealed") from problem
