"""Personal links: a secret derived from a key that is not in the database: sent again at will, never read there."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote
from uuid import UUID

from sqlmodel import Session, select

from surveys.keystore import RoundKeys
from surveys.models import Invitation, Organization, Partnership, Round
from surveys.problems import LinkNotOpen

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
LETTERS = 24  # 120 bits
GRACE = timedelta(minutes=60)  # announced: whoever was writing at closing time may finish


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a valid link leads."""

    invitation: Invitation
    round_: Round
    partnership: Partnership
    organization: Organization


def personal_secret(keys: RoundKeys, invitation_id: UUID) -> str:
    """The secret of one invitation, 24 letters in groups of four; the same each time it is asked for."""
    digest = hmac.digest(keys.link_key, b"link" + invitation_id.bytes, "sha256")
    number = int.from_bytes(digest[:15], "big")
    letters = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(LETTERS)))
    return "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def normalize_secret(text: str) -> str | None:
    """A secret as it was meant: spaces, case, look-alike letters and what mail programs append are forgiven."""
    plain = unquote(text[:500]).rpartition("#")[2].upper()
    letters = re.sub(r"[\s\-.,;:<>()\[\]\"'\u2010-\u2015\u2018-\u201d]+", "", plain).translate(FORGIVEN)
    if len(letters) != LETTERS or any(letter not in ALPHABET for letter in letters):
        return None
    return "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def token_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def redeem(session: Session, secret: str, *, now: datetime) -> Visit:
    """Where this secret leads now. Raises LinkNotOpen alike for unknown, closed, cancelled and withdrawn links."""
    found = session.exec(
        select(Invitation, Round, Partnership, Organization)
        .join(Round, Invitation.round_id == Round.id)  # type: ignore[arg-type]  # Type ignore: columns compare to clauses
        .join(Partnership, Round.partnership_id == Partnership.id)  # type: ignore[arg-type]  # Type ignore: the same
        .join(Organization, Invitation.organization_id == Organization.id)  # type: ignore[arg-type]  # Type ignore: the same
        .where(Invitation.token_hash == token_hash(secret))
    ).first()
    if found is None or found[0].gone or not accepts_answers(found[1], now):
        raise LinkNotOpen("this link is not open")
    return Visit(*found)


def accepts_answers(round_: Round, now: datetime) -> bool:
    """Open, and not later than the announced hour of grace."""
    return round_.state == "open" and round_.opens_at <= now <= round_.closes_at + GRACE
