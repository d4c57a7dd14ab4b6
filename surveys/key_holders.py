"""The people whose codes open the rounds of a partnership, where the server alone may not."""

from __future__ import annotations

import hmac
import secrets
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from surveys import key_codes
from surveys.invitations import ALPHABET, LETTERS, token_hash
from surveys.models import KeyHolder, KeyLock, KeyShare, Partnership, Rehearsal, Round
from surveys.problems import InvalidInput, KeyHoldersNotReady, LinkNotOpen, NotFound, WrongCode

FEWEST_NEEDED, MOST_HOLDERS = 2, 7


def of_partnership(session: Session, partnership_id: UUID) -> list[KeyHolder]:
    """Its present holders, by name."""
    query = select(KeyHolder).where(KeyHolder.partnership_id == partnership_id, col(KeyHolder.is_removed).is_(False))
    return sorted(session.exec(query).all(), key=lambda one: (one.person, one.id.hex))


def get_holder(session: Session, partnership_id: UUID, holder_id: UUID) -> KeyHolder:
    found = session.get(KeyHolder, holder_id)
    if found is None or found.partnership_id != partnership_id or found.is_removed:
        raise NotFound("there is no such key holder")
    return found


def redeem(session: Session, secret: str) -> KeyHolder:
    """Whose link this is; a removed holder keeps it while a lock made with the old code waits."""
    found = session.exec(select(KeyHolder).where(KeyHolder.token_hash == token_hash(secret))).first()
    if found is None:
        raise LinkNotOpen("this link is not open")
    return found


def add(session: Session, partnership: Partnership, person: str) -> tuple[KeyHolder, str]:
    """A new holder and the secret of the personal link, which is not kept."""
    name = " ".join(person.split())
    if not name or not name.isprintable():
        raise InvalidInput("a key holder needs a name")
    present = of_partnership(session, partnership.id)
    if name.casefold() in {one.person.casefold() for one in present}:
        raise InvalidInput(f"{name} is a key holder already")
    if len(present) >= MOST_HOLDERS:
        raise InvalidInput(f"a partnership has at most {MOST_HOLDERS} key holders")
    holder = KeyHolder(partnership_id=partnership.id, person=name, token_hash="")
    session.add(holder)
    _ask_again(session, partnership)
    return holder, new_link(holder)


def new_link(holder: KeyHolder) -> str:
    """Another secret for the personal link; the one before stops working."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    secret = "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))
    holder.token_hash = token_hash(secret)
    return secret


def start_over(session: Session, partnership: Partnership, holder: KeyHolder) -> None:
    """The holder gets another code for the rounds to come; locks made before still want the old one."""
    holder.public_key, holder.is_confirmed, holder.tested_on = b"", False, None
    _ask_again(session, partnership)


def remove(session: Session, partnership: Partnership, holder: KeyHolder) -> None:
    """No longer a holder for the rounds to come."""
    holder.is_removed = True
    _ask_again(session, partnership)
    session.flush()  # the ones that are left are counted
    if partnership.keys_needed > max(len(of_partnership(session, partnership.id)), FEWEST_NEEDED):
        partnership.keys_needed -= 1


def set_needed(session: Session, partnership: Partnership, needed: int) -> None:
    """How many codes open the rounds to come; 0 gives the opening back to the server. Begun rounds keep theirs."""
    holders = len(of_partnership(session, partnership.id))
    if needed != 0 and not FEWEST_NEEDED <= needed <= max(holders, FEWEST_NEEDED):
        raise InvalidInput(f"with {holders} key holders between {FEWEST_NEEDED} and {holders} codes can be needed")
    if needed != partnership.keys_needed:
        partnership.keys_needed = needed
        _ask_again(session, partnership)


def _ask_again(session: Session, partnership: Partnership) -> None:
    """Who approved a round in preparation approved its key holders too."""
    query = select(Round).where(Round.partnership_id == partnership.id, Round.state == "prepared")
    for round_ in session.exec(query):
        round_.approved_by = ""


# The code of one holder -----------------------------------------------------------------------------------------------


def make_code(holder: KeyHolder) -> str:
    """A new code, to be shown once; only its public key is kept. Refused once a code was confirmed."""
    if holder.is_confirmed:
        raise InvalidInput("this holder has confirmed a code; the facilitator can let the holder start over")
    code = key_codes.new_code()
    holder.public_key = bytes(key_codes.private_key(code).public_key)
    return code


def is_code_of(public_key: bytes, typed: str) -> bool:
    """Whether this code is the one; raises CodeMistyped when it cannot be any."""
    return hmac.compare_digest(bytes(key_codes.private_key(typed).public_key), public_key)


def confirm(holder: KeyHolder, typed: str, today: date) -> None:
    """The holder typed the code back: it was written down right. Also the test at any later time."""
    if not is_code_of(holder.public_key, typed):
        raise WrongCode("this is a code, but not the one of this holder")
    holder.is_confirmed, holder.tested_on = True, today


# Ready for a round ----------------------------------------------------------------------------------------------------


def last_rehearsal(session: Session, partnership_id: UUID) -> tuple[KeyLock, Rehearsal] | None:
    """The rehearsal of this partnership, waiting or ended: there is one at a time."""
    query = select(KeyLock, Rehearsal).join(Rehearsal, col(Rehearsal.lock_id) == col(KeyLock.id))
    return session.exec(query.where(KeyLock.partnership_id == partnership_id)).first()


def is_rehearsed(session: Session, partnership: Partnership) -> bool:
    """Whether the last rehearsal passed with exactly the present holders, their present codes and number needed."""
    found = last_rehearsal(session, partnership.id)
    if found is None or found[1].outcome != "passed" or found[0].needed != partnership.keys_needed:
        return False
    shares = session.exec(select(KeyShare).where(KeyShare.lock_id == found[0].id)).all()
    rehearsed = {(one.holder_id, one.public_key) for one in shares}
    return rehearsed == {(one.id, one.public_key) for one in of_partnership(session, partnership.id)}


def check_ready(session: Session, partnership: Partnership) -> None:
    """Raises KeyHoldersNotReady while the codes are not proved."""
    check_codes(session, partnership)
    if not is_rehearsed(session, partnership):
        raise KeyHoldersNotReady("the key holders must pass a rehearsal with their present codes first")


def check_codes(session: Session, partnership: Partnership) -> None:
    """Raises KeyHoldersNotReady while there are too few holders, or one of them has not confirmed a code."""
    holders = of_partnership(session, partnership.id)
    if not FEWEST_NEEDED <= partnership.keys_needed <= len(holders):
        raise KeyHoldersNotReady(f"{partnership.keys_needed} codes are needed and there are {len(holders)} key holders")
    if any(not one.is_confirmed for one in holders):
        raise KeyHoldersNotReady("every key holder must write down and confirm a code first")
