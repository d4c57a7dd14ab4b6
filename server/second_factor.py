"""The second factor as the service keeps it: its secret sealed under the server's own key, its picture as SVG."""

from __future__ import annotations

import io
import re
from datetime import datetime

import segno
from sqlmodel import Session

from server.security import Sealer
from surveys import second_factor
from surveys.models import Account

PURPOSE = "second factor"


def seal_secret(sealer: Sealer, secret: str) -> str:
    return sealer.seal(PURPOSE, {"secret": secret})


def is_right_code(session: Session, sealer: Sealer, account: Account, typed: str, now: datetime) -> bool:
    """Whether this is the code of this half minute; it is used up by asking."""
    held = sealer.unseal(PURPOSE, account.totp_secret)
    code = "".join(typed.split())
    if held is None or not re.fullmatch(r"[0-9]{6}", code):
        return False
    step = second_factor.step_of(held["secret"], code, now, after=account.totp_step)
    return step is not None and second_factor.use_step(session, account, step)


def picture(secret: str, email: str) -> str:
    """The square picture for an authenticator program: paths only, no style, no script, as the policy wants it."""
    file = io.BytesIO()
    segno.make(second_factor.address(secret, email), error="m").save(
        file, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, dark="#000", light="#fff", nl=False
    )
    return file.getvalue().decode()
