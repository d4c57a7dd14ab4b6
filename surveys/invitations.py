"""Personal links: a secret derived from a key that is not in the database: sent again at will, never read there."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote
from uuid import UUID

from sqlmodel import Session

from surveys.database import as_uuid, plain
from surveys.keystore import RoundKeys
from surveys.models import Invitation, Organization, Partnership, Round
from surveys.problems import LinkNotOpen

if TYPE_CHECKING:
    from surveys.asking import Asking

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
LETTERS = 24  # 120 bits
GRACE = timedelta(minutes=60)  # announced: whoever was writing at closing time may finish


BY_LINK = """
SELECT i.id, i.round_id, i.organization_id, i.person, i.email, i.language, i.gone, r.state, r.opens_at, r.closes_at
FROM invitation i JOIN round r ON r.id = i.round_id WHERE i.token_hash = ?"""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a link was sent to: an invitation as it is read, never written."""

    id: UUID
    round_id: UUID
    organization_id: UUID
    person: str
    email: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a valid link leads."""

    invitation: Invited | Invitation
    round_: Round
    partnership: Partnership
    organization: Organization
    asking: Asking | None = None  # what the round asks, where the link was redeemed just now


def personal_secret(keys: RoundKeys, invitation_id: UUID) -> str:
    """The secret of one invitation, 24 letters in groups of four; the same each time it is asked for."""
    digest = hmac.digest(keys.link_key, b"link" + invitation_id.bytes, "sha256")
    number = int.from_bytes(digest[:15], "big")
    letters = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(LETTERS)))
    return "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def normalize_secret(text: str) -> str | None:
    """A secret as it was meant: spaces, case, look-alike letters and what mail programs append are forgiven."""
    plain = unquote(text[:2000]).rpartition("#")[2].partition("&")[0].upper()  # "&": what a mail filter wraps around
    letters = re.sub(r"[\s\-.,;:<>()\[\]\"'\u2010-\u2015\u2018-\u201d]+", "", plain).translate(FORGIVEN)
    if len(letters) != LETTERS or any(letter not in ALPHABET for letter in letters):
        return None
    return "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def token_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def redeem(session: Session, secret: str, *, now: datetime) -> Visit:
    """Where this secret leads now. Raises LinkNotOpen alike for unknown, closed, cancelled and withdrawn links."""
    from surveys.asking import asking_of  # it knows rounds, and rounds know links

    row = plain(session, BY_LINK, token_hash(secret)).fetchone()
    if row is None or row[6]:
        raise LinkNotOpen("this link is not open")
    id_, round_id, organization_id, person, email, language, _, *times = row
    asking = asking_of(session, as_uuid(round_id), tuple(times))
    organization = asking.organizations.get(as_uuid(organization_id))
    if organization is None or not accepts_answers(asking.round_, now):
        raise LinkNotOpen("this link is not open")
    invitation = Invited(as_uuid(id_), asking.round_.id, organization.id, person, email, language)
    return Visit(invitation, asking.round_, asking.partnership, organization, asking)


def accepts_answers(round_: Round, now: datetime) -> bool:
    """Open, and not later than the announced hour of grace."""
    return round_.state == "open" and round_.opens_at <= now <= round_.closes_at + GRACE
