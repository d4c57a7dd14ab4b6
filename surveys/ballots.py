"""The sealed ballot box. On submit one row is written, the draft is deleted, and nothing else is touched.

Identifiers are HMACs under the round's pepper, which is not in the database; boxes of one round all have one size.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.exceptions import TypeError as NaClTypeError
from nacl.exceptions import ValueError as NaClValueError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from surveys.database import plain
from surveys.keystore import RoundKeys
from surveys.models import Ballot, Draft, Invitation, Round
from surveys.problems import AnswersTooLong, CodesNeeded, OpeningFailed

Payload = dict[str, Any]
Table = Literal["ballot", "draft"]
LENGTH = 4  # bytes that hold the payload's length before the padding
STAMP = 32  # bytes at the end of the fixed size that prove who sealed it
WRAP = SecretBox.NONCE_SIZE + SecretBox.MACBYTES + 32  # a device secret, locked by link and resume code


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Everything that was handed in, in no order that means anything, and the digest of the sealed boxes."""

    personal: list[Payload]
    positions: list[Payload]
    input_digest: str


def new_round_key(keys: RoundKeys, lock: bytes | None = None) -> tuple[bytes, bytes]:
    """A key pair for a round: public, and private locked under the shred key, and under the holders' lock if any."""
    private = PrivateKey.generate()
    inner = bytes(private) if lock is None else SecretBox(lock).encrypt(bytes(private))
    return bytes(private.public_key), SecretBox(keys.shred_key).encrypt(inner)


def opener(wrapped: bytes, keys: RoundKeys, lock: bytes | None = None) -> SealedBox[PrivateKey]:
    """What opens the boxes of a round. Raises CodesNeeded where several keys are needed and these are not all."""
    try:
        inner = SecretBox(keys.shred_key).decrypt(wrapped)
        return SealedBox(PrivateKey(inner if lock is None else SecretBox(lock).decrypt(inner)))
    except (CryptoError, NaClTypeError, NaClValueError) as problem:
        raise CodesNeeded("these keys do not open the round: it stays sealed") from problem


def identifier(keys: RoundKeys, kind: str, owner: UUID) -> bytes:
    """Where a ballot or draft lies; without the pepper it cannot be told whose it is."""
    return hmac.digest(keys.pepper, kind.encode() + b"|" + owner.bytes, "sha256")[:16]


def padded(payload: Payload, size: int) -> bytes:
    """The payload in exactly `size` bytes. Raises AnswersTooLong when it does not fit."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    if len(body) + LENGTH > size:
        raise AnswersTooLong(f"the answers are {len(body)} bytes long; {size - LENGTH} fit", limit=size - LENGTH)
    return len(body).to_bytes(LENGTH, "big") + body + b"\0" * (size - LENGTH - len(body))


def unpadded(block: bytes) -> Payload:
    length = int.from_bytes(block[:LENGTH], "big")
    content: Payload = json.loads(block[LENGTH : LENGTH + length])
    return content


def take_turn(session: Session, keys: RoundKeys, organization_id: UUID) -> None:
    """Let writers of one organization pass one by one, until this transaction ends: two tabs must not lose a page.

    SQLite has one writer anyway. A row lock would leave a mark on the row: this lock lives in memory only, and its
    name says nothing without the pepper.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(identifier(keys, "turn", organization_id)[:8], "big", signed=True)
        plain(session, "SELECT pg_advisory_xact_lock(?)", number)


def _upsert(session: Session, table: Table, id_: bytes, round_id: UUID, box: bytes) -> None:
    sql = f"INSERT INTO {table} (id, round_id, box) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET box = excluded.box"  # noqa: S608 - one of two names
    plain(session, sql, id_, round_id, box)


def _box(session: Session, table: Table, id_: bytes) -> bytes | None:
    row = plain(session, f"SELECT box FROM {table} WHERE id = ?", id_).fetchone()  # noqa: S608 - one of two names
    return bytes(row[0]) if row else None


def _delete(session: Session, table: Table, id_: bytes) -> bool:
    return bool(plain(session, f"DELETE FROM {table} WHERE id = ?", id_).rowcount)  # noqa: S608 - one of two names


def _hand_in(session: Session, round_: Round, keys: RoundKeys, kind: str, owner: UUID, payload: Payload) -> None:
    id_, block = identifier(keys, kind, owner), padded(payload, round_.box_size - STAMP)
    box = SealedBox(PublicKey(round_.public_key)).encrypt(block + _stamp(keys, id_, block))
    _upsert(session, "ballot", id_, round_.id, box)
    _delete(session, "draft", identifier(keys, f"draft-{kind}", owner))


def _stamp(keys: RoundKeys, id_: bytes, block: bytes) -> bytes:
    """Inside the box: whoever writes to the database has the public key, but cannot make a ballot that counts."""
    return hmac.digest(keys.pepper, b"stamp" + id_ + block, "sha256")


def cast(session: Session, round_: Round, keys: RoundKeys, invitation_id: UUID, payload: Payload) -> str:
    """Seal a person's answers; the last hand-in counts. Returns the receipt."""
    _hand_in(session, round_, keys, "ballot", invitation_id, payload)
    return receipt(keys, invitation_id)


def has_cast(session: Session, keys: RoundKeys, invitation_id: UUID) -> bool:
    return _box(session, "ballot", identifier(keys, "ballot", invitation_id)) is not None


def withdraw(session: Session, keys: RoundKeys, invitation_id: UUID) -> bool:
    """Take the answers back until closing; whether there were any."""
    return _delete(session, "ballot", identifier(keys, "ballot", invitation_id))


def receipt(keys: RoundKeys, invitation_id: UUID) -> str:
    """Proof of handing in; independent of the answers, stored nowhere."""
    digest = hmac.digest(keys.link_key, b"receipt" + invitation_id.bytes, "sha256")
    letters = base64.b32encode(digest)[:12].decode()
    return "-".join(letters[at : at + 4] for at in range(0, 12, 4))


def answered(session: Session, round_: Round, keys: RoundKeys) -> int:
    """How many people handed in, counted in memory."""
    return len(who_cast(session, round_, keys))


def who_cast(session: Session, round_: Round, keys: RoundKeys) -> set[UUID]:
    """Who handed in, known only while the pepper is; for reminders, never for a page."""
    invitations = session.exec(select(Invitation.id).where(Invitation.round_id == round_.id)).all()
    held = set(session.exec(select(Ballot.id).where(Ballot.round_id == round_.id)).all())
    return {one for one in invitations if identifier(keys, "ballot", one) in held}


# Drafts ---------------------------------------------------------------------------------------------------------------


def new_device_secret() -> bytes:
    return secrets.token_bytes(32)


def resume_code(device_secret: bytes) -> str:
    """Six digits shown while answering; with the link they open the draft on another device."""
    return f"{int.from_bytes(hashlib.sha256(b'resume' + device_secret).digest()[:8], 'big') % 1_000_000:06d}"


def _draft_key(secret: str, device_secret: bytes) -> bytes:
    return hmac.digest(device_secret, b"draft" + secret.encode(), "sha256")


def _code_key(keys: RoundKeys, secret: str, code: str) -> bytes:
    return hmac.digest(keys.link_key, f"resume|{secret}|{code}".encode(), "sha256")


def save_draft(
    session: Session,
    round_: Round,
    keys: RoundKeys,
    invitation_id: UUID,
    secret: str,
    device_secret: bytes,
    content: Payload,
    before: bytes | None = None,
) -> None:
    """`before`: the box as this device opened it just now, whose first part stays as it is."""
    if before is None:
        wrapped = bytes(SecretBox(_code_key(keys, secret, resume_code(device_secret))).encrypt(device_secret))
    else:
        wrapped = before[:WRAP]
    body = SecretBox(_draft_key(secret, device_secret)).encrypt(padded(content, round_.box_size))
    _upsert(session, "draft", identifier(keys, "draft-ballot", invitation_id), round_.id, wrapped + body)


def load_draft(
    session: Session, keys: RoundKeys, invitation_id: UUID, secret: str, device_secret: bytes
) -> Payload | None:
    """The draft this device may read, if there is one; another device needs the resume code."""
    box = draft_box(session, keys, invitation_id)
    return None if box is None else open_draft(box, secret, device_secret)


def draft_box(session: Session, keys: RoundKeys, invitation_id: UUID) -> bytes | None:
    """The sealed draft of this person, whatever device sealed it."""
    return _box(session, "draft", identifier(keys, "draft-ballot", invitation_id))


def open_draft(box: bytes, secret: str, device_secret: bytes) -> Payload | None:
    """What lies in a draft; None for a device that did not seal it."""
    try:
        return unpadded(SecretBox(_draft_key(secret, device_secret)).decrypt(box[WRAP:]))
    except CryptoError:
        return None


def has_draft(session: Session, keys: RoundKeys, invitation_id: UUID) -> bool:
    return draft_box(session, keys, invitation_id) is not None


def device_secret_from_code(
    session: Session, keys: RoundKeys, invitation_id: UUID, secret: str, code: str
) -> bytes | None:
    """The device secret of the draft, for whoever has both the link and the code; the caller limits the guesses."""
    box = draft_box(session, keys, invitation_id)
    if box is None:
        return None
    try:
        return SecretBox(_code_key(keys, secret, code)).decrypt(box[:WRAP])
    except CryptoError:
        return None


# Positions of organizations -------------------------------------------------------------------------------------------


def _position_key(keys: RoundKeys, organization_id: UUID) -> bytes:
    return hmac.digest(keys.link_key, b"position" + organization_id.bytes, "sha256")


def save_position(session: Session, round_: Round, keys: RoundKeys, organization_id: UUID, content: Payload) -> None:
    """The draft of an organization's position; its invitees share it."""
    box = SecretBox(_position_key(keys, organization_id)).encrypt(padded(content, round_.box_size))
    _upsert(session, "draft", identifier(keys, "draft-position", organization_id), round_.id, b"\0" * WRAP + box)


def load_position(session: Session, keys: RoundKeys, organization_id: UUID) -> Payload | None:
    box = _box(session, "draft", identifier(keys, "draft-position", organization_id))
    return None if box is None else unpadded(SecretBox(_position_key(keys, organization_id)).decrypt(box[WRAP:]))


def cast_position(session: Session, round_: Round, keys: RoundKeys, organization_id: UUID, payload: Payload) -> None:
    _hand_in(session, round_, keys, "position", organization_id, payload)


def position_is_cast(session: Session, keys: RoundKeys, organization_id: UUID) -> bool:
    return _box(session, "ballot", identifier(keys, "position", organization_id)) is not None


# Opening --------------------------------------------------------------------------------------------------------------


def unseal(session: Session, round_: Round, keys: RoundKeys, lock: bytes | None = None) -> Unsealed:
    """Open every box of a round. The digest is taken over the sealed boxes, never over opened answers."""
    box_opener = opener(round_.wrapped_private_key, keys, lock)
    rows = session.exec(select(Ballot.id, Ballot.box).where(Ballot.round_id == round_.id)).all()
    opened = [_opened(box_opener, keys, id_, box) for id_, box in rows]
    boxes = [box for _, box in rows]
    positions = [payload for payload in opened if "ratings" in payload]
    return Unsealed([payload for payload in opened if "ratings" not in payload], positions, digest_of(boxes))


def _opened(box_opener: SealedBox[PrivateKey], keys: RoundKeys, id_: bytes, box: bytes) -> Payload:
    try:
        content = bytes(box_opener.decrypt(box))
    except CryptoError as problem:
        raise OpeningFailed("a box is damaged or was not put in by this server; the round stays sealed") from problem
    block, stamp = content[:-STAMP], content[-STAMP:]
    if not hmac.compare_digest(stamp, _stamp(keys, id_, block)):
        raise OpeningFailed("a box was not put in by this server; the round stays closed and sealed")
    return unpadded(block)


def digest_of(boxes: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for digest in sorted(hashlib.sha256(box).digest() for box in boxes):
        total.update(digest)
    return total.hexdigest()


def count(session: Session, round_id: UUID) -> int:
    return session.exec(select(func.count()).select_from(Ballot).where(Ballot.round_id == round_id)).one()


def destroy(session: Session, round_id: UUID) -> None:
    """Delete all boxes and drafts of a round and make its links unknown."""
    session.execute(delete(Ballot).where(col(Ballot.round_id) == round_id))
    session.execute(delete(Draft).where(col(Draft.round_id) == round_id))
    for invitation in session.exec(select(Invitation).where(Invitation.round_id == round_id)):
        invitation.token_hash = None
        session.add(invitation)
