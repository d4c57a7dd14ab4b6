"""What was fixed when a round began, under a seal of its keys: changed in the database, it does not close or open."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, timedelta

from sqlmodel import Session, select

from surveys.keystore import RoundKeys
from surveys.models import InstrumentVersion, Invitation, Round
from surveys.problems import RoundChanged

EXTENSION = timedelta(days=14)


def seal_of(session: Session, round_: Round, keys: RoundKeys) -> bytes:
    """The seal over list, dates, questionnaire, modes and seed; not over addresses or who was declared gone."""
    listed = session.exec(select(Invitation.id, Invitation.organization_id).where(Invitation.round_id == round_.id))
    closes_at = round_.closes_at - (EXTENSION if round_.extended else timedelta(0))
    fixed = {
        "list": sorted([invitation.hex, organization.hex] for invitation, organization in listed),
        "invited": round_.invited,
        "partnership": round_.partnership_id.hex,
        "number": round_.number,
        "closes_at": closes_at.astimezone(UTC).isoformat(),
        "instrument": session.get_one(InstrumentVersion, round_.instrument_version_id).digest,
        "dyadic_mode": round_.dyadic_mode,
        "disclosure_level": round_.disclosure_level,
        "public_key": round_.public_key.hex(),
        "seed": round_.seed,
    }
    return hmac.digest(keys.pepper, b"frozen" + json.dumps(fixed, sort_keys=True).encode(), "sha256")


def check(session: Session, round_: Round, keys: RoundKeys) -> None:
    """Raises RoundChanged when anything of it is not as it was when the round began."""
    if not hmac.compare_digest(seal_of(session, round_, keys), round_.frozen):
        raise RoundChanged(
            f"round {round_.number}: list, dates or settings were changed in the database after the start; "
            "it stays as it is, restore a backup",
            round_id=round_.id,
        )
