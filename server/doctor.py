"""`rapport doctor`: looks at this machine and says, for each matter, whether it is well and else what to do."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.settings import Settings
from surveys.database import is_current, make_engine
from surveys.keystore import Keystore

FREE_AT_LEAST = 500 * 1024 * 1024
OLDEST_BACKUP = timedelta(days=7)
MAKES_SNAPSHOTS = ("btrfs", "zfs", "bcachefs", "nilfs2")
State = Literal["well", "look", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One matter; `advice` is empty where nothing is to be done."""

    matter: str
    state: State
    found: str
    advice: str = ""


def examine(settings: Settings, *, now: datetime) -> list[Finding]:
    """Everything, also where one look fails: what cannot be looked at is bad."""
    looks: list[Callable[[Settings, datetime], Iterator[Finding]]] = [
        _database,
        _keystore,
        _media,
        _disk,
        _backups,
        _clock,
        _files,
        _fonts,
        _mail,
        _network,
    ]
    found: list[Finding] = []
    for look in looks:
        try:
            found += look(settings, now)
        except Exception as problem:
            matter = look.__name__.strip("_")
            found.append(Finding(matter, "bad", f"could not be looked at: {type(problem).__name__}", "See the log."))
    return found


def _database(settings: Settings, _now: datetime) -> Iterator[Finding]:
    engine = make_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                whole = connection.execute(text("PRAGMA quick_check")).scalar_one() == "ok"
                yield Finding(
                    "database",
                    "well" if whole else "bad",
                    f"SQLite {sqlite3.sqlite_version}",
                    "" if whole else "The file is damaged: stop the service and restore the last backup.",
                )
            else:
                yield Finding(
                    "database", "well", f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"
                )
                yield from _durable(
                    connection.execute(text("SHOW fsync")).scalar_one(),
                    connection.execute(text("SHOW synchronous_commit")).scalar_one(),
                )
        if not is_current(engine):
            yield Finding("schema", "bad", "older or newer than this version", "Run: rapport upgrade")
    except SQLAlchemyError as problem:
        yield Finding("database", "bad", f"does not answer ({type(problem).__name__})", "Check RAPPORT_DATABASE_URL.")
    finally:
        engine.dispose()


def _durable(fsync: str, commit: str) -> Iterator[Finding]:
    if fsync != "on" or commit == "off":
        yield Finding(
            "durability",
            "bad",
            f"fsync={fsync}, synchronous_commit={commit}",
            "Acknowledged answers can be lost in a power cut: set both to on.",
        )


def _keystore(settings: Settings, _now: datetime) -> Iterator[Finding]:
    keystore = Keystore(settings.keystore)
    if lost := keystore.lost():
        yield Finding("keys", "bad", f"{len(lost)} without an intact copy", "Bring back a replica from elsewhere.")
    elif faults := keystore.check():
        yield Finding("keys", "bad", f"{len(faults)} copies missing or damaged", "Repair them on the page /keystore.")
    elif keystore.absent():
        yield Finding("keys", "bad", "a replica is not in its place", "Mount it, or repair on the page /keystore.")
    else:
        yield Finding("keys", "well", f"{len(settings.keystore)} replicas agree")
    for replica in settings.keystore:
        if replica.exists() and replica.stat().st_mode & 0o077:
            yield Finding("keys", "bad", f"{replica} can be read by others", f"Run: chmod 700 {replica}")


def _media(settings: Settings, _now: datetime) -> Iterator[Finding]:
    present = [one for one in settings.keystore if one.exists()]
    if len(settings.keystore) < 2:
        yield Finding("media", "bad", "one replica only", "One dead disk loses the round: list a second place.")
    elif len({one.stat().st_dev for one in present}) < 2:
        yield Finding(
            "media",
            "look",
            "all replicas of the keys are on one disk",
            "A dead disk takes them all: move one to another disk or machine.",
        )
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    for replica in present:
        kind = _filesystem(replica)
        if kind in MAKES_SNAPSHOTS:
            yield Finding(
                "snapshots",
                "look",
                f"{replica} lies on {kind}",
                "A snapshot keeps keys that were destroyed: exclude this folder from snapshots and disk images.",
            )
        if settings.database_url.startswith("sqlite") and database.resolve().is_relative_to(replica.resolve()):
            yield Finding("media", "bad", "the database lies among the keys", "Keep them apart: one copy tells all.")
    if present and not settings.demonstration:
        yield Finding(
            "snapshots",
            "look",
            "cannot be seen from here",
            "Images of the machine made during a round keep its keys: exclude the keys' disk from them.",
        )


def _filesystem(path: Path) -> str:
    """The kind of file system a path lies on, by the longest mount point above it."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return ""
    above = [(point, kind) for _, point, kind, *_ in mounts if path.resolve().is_relative_to(point)]
    return max(above, key=lambda one: len(one[0]))[1] if above else ""


def _disk(settings: Settings, _now: datetime) -> Iterator[Finding]:
    for place in dict.fromkeys((settings.var_dir, *settings.keystore)):
        if not place.exists():
            continue
        free, inodes = shutil.disk_usage(place).free, os.statvfs(place)
        if free < FREE_AT_LEAST or (inodes.f_files and inodes.f_favail < 1000):
            yield Finding("disk", "bad", f"{place}: {free // 2**20} MB free", "Make room: answers cannot be stored.")
        elif not os.access(place, os.W_OK):
            yield Finding("disk", "bad", f"{place} cannot be written", "Give it to the user of the service.")
        else:
            yield Finding("disk", "well", f"{place}: {free // 2**20} MB free")


def _backups(settings: Settings, now: datetime) -> Iterator[Finding]:
    made = sorted((settings.var_dir / "backups").glob("rapport-*.db"))
    if not made:
        yield Finding("backups", "look", "none yet", "Run every night: rapport backup (docs/operating.md).")
        return
    age = now - datetime.fromtimestamp(made[-1].stat().st_mtime, UTC)
    old = age > OLDEST_BACKUP
    yield Finding(
        "backups",
        "look" if old else "well",
        f"{len(made)}, the last {age.days} days old",
        "Run every night: rapport backup; copy it to another machine." if old else "",
    )


def _clock(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Rounds close by this clock. Two clocks that need no network: the database's, and the newest file."""
    engine = make_engine(settings.database_url)
    try:
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            apart = abs((datetime.now(UTC) - theirs).total_seconds())
            if apart > 5:
                yield Finding("clock", "bad", f"{apart:.0f} s from the database's", "Run a time service on both.")
                return
    finally:
        engine.dispose()
    newest = max((one.stat().st_mtime for one in settings.var_dir.glob("*")), default=0.0)
    if newest > now.timestamp() + 60:
        yield Finding("clock", "bad", "files were written later than now", "The clock went back: set it right.")
    elif not any(Path(one).exists() for one in ("/run/systemd/timesync/synchronized", "/run/chrony", "/run/ntpd.pid")):
        yield Finding(
            "clock",
            "look",
            f"{now:%Y-%m-%d %H:%M} UTC; no time service was found",
            "Rounds close by it: run chrony or timesyncd.",
        )
    else:
        yield Finding("clock", "well", f"{now:%Y-%m-%d %H:%M} UTC, time zone of the machine {time.tzname[0]}")


def _files(settings: Settings, _now: datetime) -> Iterator[Finding]:
    key = settings.secret_key_file
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding("secret key", "bad", f"{key} can be read by others", f"Run: chmod 600 {key}")
    if os.geteuid() == 0 and not settings.demonstration:
        yield Finding("user", "look", "runs as root", "Make a user of its own for the service (docs/operating.md).")


def _fonts(_settings: Settings, _now: datetime) -> Iterator[Finding]:
    from matplotlib import ft2font

    shapes = bool(getattr(ft2font, "__libraqm_version__", ""))
    yield Finding(
        "fonts",
        "well" if shapes else "bad",
        "Khmer is drawn correctly" if shapes else "Khmer would be drawn wrong",
        "" if shapes else "Install the locked version of matplotlib: python3 run.py does.",
    )


def _mail(settings: Settings, _now: datetime) -> Iterator[Finding]:
    if not settings.mail_host:
        yield Finding("mail", "look", "no mail server is set", "Links are handed out on paper (RAPPORT_MAIL_HOST).")
        return
    try:
        socket.create_connection((settings.mail_host, settings.mail_port), timeout=5).close()
    except OSError as problem:
        yield Finding(
            "mail", "bad", f"{settings.mail_host} does not answer", f"{problem.strerror or type(problem).__name__}"
        )
    else:
        yield Finding("mail", "well", f"{settings.mail_host}:{settings.mail_port} answers")


def _network(settings: Settings, _now: datetime) -> Iterator[Finding]:
    if settings.https:
        yield Finding("address", "well", settings.base_url)
    else:
        yield Finding("address", "look", settings.base_url, "Only this machine: others need https and a proxy.")
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        yield Finding(
            "address",
            "look",
            f"listens on {settings.host}",
            "It speaks plain HTTP and has no timeouts of its own: only a proxy may reach it.",
        )
