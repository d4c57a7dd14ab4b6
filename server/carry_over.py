"""The box that carries organization means from one opening to the next. Its key is new at every opening."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from nacl.secret import SecretBox
from sqlmodel import Session

from analysis.published import Hidden, Population, ProtectedRelease, Shown, Term
from server.measurement import EarlierRound
from surveys import key_locks
from surveys.key_locks import Unlocked
from surveys.keystore import Keystore
from surveys.models import CarryOver, Round
from surveys.problems import CodesNeeded, KeysDamaged, KeysMissing


def read_box(
    session: Session, keystore: Keystore, round_: Round, unlocked: Unlocked | None = None
) -> list[EarlierRound]:
    """The rounds before this one, oldest first; none when the key is lost: the pairing goes with it, no answer does."""
    row = session.get(CarryOver, round_.partnership_id)
    if row is None:
        return []
    try:
        body = SecretBox(keystore.load_carry_over(row.round_id)).decrypt(row.box)
        if key_locks.find_lock(session, row.round_id, "carry_over"):
            if unlocked is None or unlocked.carry_over_key is None:
                return []
            body = key_locks.through(unlocked.carry_over_key, body)
    except (KeysMissing, KeysDamaged, CodesNeeded):
        return []
    return [_earlier(one) for one in json.loads(body)]


def write_box(session: Session, keystore: Keystore, round_: Round, rounds: Sequence[EarlierRound]) -> None:
    """Seal the rounds so far under a key of this opening, and under a lock of the key holders where there are any."""
    row = session.get(CarryOver, round_.partnership_id)
    before = row and key_locks.find_lock(session, row.round_id, "carry_over")
    if before:
        key_locks.drop(session, before)
    key = keystore.create_carry_over(round_.id)
    body = json.dumps(list(rounds), default=_plain).encode()
    lock = key_locks.make_carry_over_lock(session, round_)
    box = bytes(SecretBox(key).encrypt(body if lock is None else SecretBox(lock).encrypt(body)))
    if row is None:
        session.add(CarryOver(partnership_id=round_.partnership_id, round_id=round_.id, box=box))
    else:
        row.round_id, row.box = round_.id, box


def _plain(part: Any) -> Any:
    if isinstance(part, date):
        return part.isoformat()
    return {one.name: getattr(part, one.name) for one in fields(part)}


def _earlier(body: dict[str, Any]) -> EarlierRound:
    published = body.pop("published")
    fields = body | {"closed_on": date.fromisoformat(body["closed_on"]), "invited": tuple(body["invited"])}
    return EarlierRound(**fields, published=None if published is None else _published(published))


def _published(body: dict[str, Any]) -> ProtectedRelease:
    return ProtectedRelease(
        round_key=body["round_key"],
        populations={key: _population(one) for key, one in body["populations"].items()},
        shown=tuple(Shown(**{**one, "terms": tuple(Term(**term) for term in one["terms"])}) for one in body["shown"]),
        hidden=tuple(Hidden(**one) for one in body["hidden"]),
    )


def _population(body: dict[str, Any]) -> Population:
    return Population(body["code"], tuple((organization, int(n)) for organization, n in body["members"]))
