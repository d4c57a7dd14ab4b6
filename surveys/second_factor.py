"""The second factor: six digits that a telephone shows for half a minute, and codes for when it is gone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import pyotp
from sqlmodel import Session, col, delete, select, update

from surveys.invitations import ALPHABET, FORGIVEN, LETTERS
from surveys.models import Account, RecoveryCode

ISSUER = "Rapport"
SLACK = timedelta(seconds=10)  # for a code typed while it changed, and for clocks that differ a little; no older one
RECOVERY_CODES = 10


def new_secret() -> str:
    """160 bits, as authenticator programs take them."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    """What the square picture says to an authenticator program."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The half minute this code belongs to; None when it is wrong, too old, or not later than the one used last."""
    clock = pyotp.TOTP(secret)
    for moment in (now, now - SLACK, now + SLACK):
        step = int(clock.timecode(moment))
        if step > after and hmac.compare_digest(clock.generate_otp(step), code):
            return step
    return None


def use_step(session: Session, account: Account, step: int) -> bool:
    """Whether this half minute is not used up yet; of two servers that ask in the same moment one is told so."""
    later = update(Account).where(col(Account.id) == account.id, col(Account.totp_step) < step)
    return session.exec(later.values(totp_step=step)).rowcount == 1


def new_recovery_codes(session: Session, account: Account) -> tuple[str, ...]:
    """Ten codes, told once; those told before stop working."""
    forget_recovery_codes(session, account.id)
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    for code in codes:
        session.add(RecoveryCode(account_id=account.id, code_hash=_hash(account.id, code)))
    return codes


def use_recovery_code(session: Session, account: Account, typed: str) -> bool:
    """Whether this was one of the codes; it works once, also where two servers are asked in the same moment."""
    known = delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id)
    return session.exec(known.where(col(RecoveryCode.code_hash) == _hash(account.id, typed))).rowcount == 1


def count_recovery_codes(session: Session, account: Account) -> int:
    return len(session.exec(select(RecoveryCode.id).where(RecoveryCode.account_id == account.id)).all())


def forget(session: Session, account: Account) -> None:
    """The account has no second factor any more, and must set one up again where one is needed."""
    account.totp_secret, account.totp_step = "", 0
    forget_recovery_codes(session, account.id)


def forget_recovery_codes(session: Session, account_id: UUID) -> None:
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))


def _new_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))


def _hash(account_id: UUID, code: str) -> str:
    """120 random bits need no slow hash; the account in it keeps equal codes of two people apart."""
    plain = "".join(code.upper().translate(FORGIVEN).replace("-", "").split())
    return hashlib.sha256(account_id.bytes + plain.encode()).hexdigest()
