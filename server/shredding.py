"""Shredding: a backup without the answers is made, restored and verified; only then are keys destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from server.backup import BackupDamaged, back_up, boxes_in
from server.crash_points import Reached, unnoticed
from surveys import audit
from surveys.database import transaction
from surveys.keystore import Keystore
from surveys.models import CarryOver, Round

VACUUMED = ("ballot", "draft", "invitation", "carry_over", "response", "comment", "key_share", "outbox")


def shred(engine: Engine, keystore: Keystore, backups: Path, *, now: datetime, reached: Reached = unnoticed) -> int:
    """Destroy the keys of every opened round whose answers are gone from a verified backup; how many rounds.

    A round counts when every replica of the keystore confirms; until then it stays pending.
    """
    with Session(engine) as session:
        waiting = session.exec(select(Round.id).where(Round.keys_state == "shred_pending")).all()
    if not waiting:
        return 0
    clean(engine)
    reached("cleaned")
    backup = back_up(engine, backups, now=now)
    if boxes_in(backup, list(waiting)):
        raise BackupDamaged("the backup still holds answers of an opened round; no key was destroyed")
    reached("backed_up")
    confirmed = []
    for round_id in waiting:
        if keystore.destroy(round_id):
            confirmed.append(round_id)
        reached("key_destroyed")
    _destroy_old_boxes(engine, keystore)
    with transaction(engine) as session:
        for round_ in session.exec(select(Round).where(col(Round.id).in_(confirmed))):
            round_.keys_state = "destroyed"
            audit.record(session, "the clock", "keys destroyed", str(round_.id), now)
    reached("recorded")
    return len(confirmed)


def clean(engine: Engine) -> None:
    """Overwrite what deleted rows left in the files of the database."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                raw.cursor().execute(statement)  # the driver opens no transaction of its own
        finally:
            raw.close()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in VACUUMED:
            connection.execute(text(f"VACUUM FULL {table}"))


def _destroy_old_boxes(engine: Engine, keystore: Keystore) -> None:
    """Carry-over keys that no box needs any more."""
    with Session(engine) as session:
        needed = set(session.exec(select(CarryOver.round_id)).all())
        known = session.exec(select(Round.id).where(col(Round.keys_state).in_(("shred_pending", "destroyed")))).all()
    for round_id in _unneeded(known, needed):
        keystore.destroy_carry_over(round_id)


def _unneeded(known: Iterable[UUID], needed: set[UUID]) -> list[UUID]:
    return [round_id for round_id in known if round_id not in needed]
