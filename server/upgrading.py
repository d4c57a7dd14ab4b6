"""Upgrades: a backup of the database as it is, proved by restoring it, and only then the new schema.

The old schema is read as the database describes it: the models of this version do not fit it yet.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, MetaData, func, inspect, select, text

from server.backup import BackupDamaged, set_aside, sync
from server.settings import Settings
from surveys.database import is_current, make_engine, upgrade

Counts = dict[str, int]


def upgrade_safely(settings: Settings, *, now: datetime | None = None) -> Path | None:
    """Bring the database to the newest schema; the backup that was made before, where there was something to lose.

    Raises BackupDamaged, with the database as it was, when that backup cannot be written, restored or verified.
    """
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    if is_current(settings.database_url):
        return None
    engine = make_engine(settings.database_url)
    try:
        made = None
        if inspect(engine).has_table("alembic_version"):
            made = back_up_as_is(engine, settings.var_dir / "backups", now=now or datetime.now(UTC))
    except OSError as problem:
        raise BackupDamaged(
            f"the backup before the upgrade could not be written ({problem.strerror}); the database was not changed"
        ) from problem
    finally:
        engine.dispose()
    upgrade(settings.database_url)
    return made


def back_up_as_is(engine: Engine, folder: Path, *, now: datetime) -> Path:
    """A backup of whatever schema the database has, named for it, restored and counted before it is believed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"before-upgrade-{now:%Y%m%dT%H%M%S%f}.db"
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    expected = _copy_sqlite(engine, part) if engine.dialect.name == "sqlite" else _copy_postgresql(engine, part)
    sync(part)
    _verify(part, expected)
    part.replace(path)
    return path


def _copy_sqlite(engine: Engine, path: Path) -> Counts:
    with engine.connect() as connection:
        raw, copy = connection.connection.driver_connection, sqlite3.connect(path)
        try:
            assert isinstance(raw, sqlite3.Connection)
            raw.backup(copy)
        finally:
            copy.close()
    set_aside(path)
    return _counts(path)


def _copy_postgresql(engine: Engine, path: Path) -> Counts:
    """Every row of every table, read in one snapshot, into a file with the schema of the same revision."""
    with engine.execution_options(isolation_level="REPEATABLE READ").begin() as source:
        revision = source.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        upgrade(f"sqlite:///{path}", revision)
        tables = MetaData()
        tables.reflect(source)
        copy = sqlite3.connect(path)
        try:
            expected = {}
            for table in tables.sorted_tables:
                if table.name != "alembic_version":
                    expected[table.name] = _copy_table(source, table, copy)
            copy.commit()
        finally:
            copy.close()
    set_aside(path)
    return {**expected, "alembic_version": 1}


def _copy_table(source: Connection, table: Any, copy: sqlite3.Connection) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    places = ", ".join("?" * len(table.columns))
    into = f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608 - names the database gave itself
    result = source.execution_options(yield_per=1000).execute(select(table))
    for rows in result.partitions(1000):
        copy.executemany(into, [[_as_stored(value) for value in row] for row in rows])
    return int(source.execute(select(func.count()).select_from(table)).scalar_one())


def _as_stored(value: Any) -> Any:
    """A value of PostgreSQL as SQLAlchemy keeps it in SQLite."""
    for kind, convert in _STORED:
        if isinstance(value, kind):
            return convert(value)
    return value


_STORED: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (UUID, lambda value: value.hex),
    ((dict, list), lambda value: json.dumps(value, ensure_ascii=False)),
    (datetime, lambda value: f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"),
    (date, lambda value: value.isoformat()),
    (bool, int),
)


def _verify(path: Path, expected: Counts) -> None:
    """Restore into an empty place and count."""
    with TemporaryDirectory(prefix="rapport-restore-") as place:
        restored = Path(place) / "restored.db"
        source, target = sqlite3.connect(f"file:{path}?mode=ro", uri=True), sqlite3.connect(restored)
        try:
            source.backup(target)
            whole = target.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError as problem:
            raise BackupDamaged(f"the backup before the upgrade cannot be restored: {problem}") from problem
        finally:
            source.close()
            target.close()
        if not whole or _counts(restored) != expected:
            raise BackupDamaged("the backup before the upgrade is not whole; the database was not changed")


def _counts(path: Path) -> Counts:
    connection = sqlite3.connect(path)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of its own
            for (name,) in names.fetchall()
        }
    finally:
        connection.close()
