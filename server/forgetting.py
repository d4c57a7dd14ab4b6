"""`rapport forget`: erase names, overwrite what was left in the files, and, where asked, in the backups."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import col, select

from server.backup import back_up
from server.settings import Settings
from server.shredding import clean
from surveys import audit, erasure
from surveys.database import transaction
from surveys.models import Organization
from surveys.problems import NotFound


def forget(
    engine: Engine,
    settings: Settings,
    *,
    email: str,
    organization: str,
    now: datetime,
    also_backups: bool,
    person: str = "",
) -> Counter[str]:
    """Erase one person, or the contacts of an organization; what was erased, counted by kind.

    A person without an address is found by `person`, the name, in the organization.
    """
    with transaction(engine) as session:
        if email:
            done = erasure.forget_person(session, email)
        else:
            found = session.exec(select(Organization).where(col(Organization.name) == organization)).all()
            if len(found) != 1:
                raise NotFound(f"{len(found)} organizations are called “{organization}”; nothing was changed")
            if person:
                done = erasure.forget_unaddressed(session, found[0].id, person)
            else:
                done = erasure.forget_organization(session, found[0].id)
        if done:
            audit.record(
                session, "command line", "erased", "a person" if email or person else "contacts of an organization", now
            )
    if done:
        clean(engine)
        if also_backups:
            _replace_backups(engine, settings, now)
    return done


def _replace_backups(engine: Engine, settings: Settings, now: datetime) -> None:
    """First a new one that was proved, then the old ones go."""
    folder = settings.var_dir / "backups"
    kept = back_up(engine, folder, now=now)
    for old in folder.glob("*.db"):
        if old != kept:
            old.unlink()
