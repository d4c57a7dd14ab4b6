"""Backups: always one SQLite file, whatever the database is; restored and verified before anything relies on it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, Table, func, insert, select, text
from sqlalchemy.exc import DatabaseError

from server.crash_points import Reached, unnoticed
from surveys import outbox
from surveys.database import make_engine, metadata, transaction, upgrade
from surveys.models import Ballot, ReleaseRow
from surveys.problems import SurveyProblem
from surveys.releases import digest_of

KEPT = 14  # backups; older ones are removed
BATCH = 1000


class BackupDamaged(SurveyProblem):
    """A backup could not be restored, or is not what was saved; nothing was destroyed."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is counted before and after: rows by table."""

    rows: dict[str, int]


def back_up(engine: Engine, folder: Path, *, now: datetime, reached: Reached = unnoticed) -> Path:
    """Write a backup and verify it by restoring it. Raises BackupDamaged when the two differ."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"rapport-{now:%Y%m%dT%H%M%S%f}.db"
    part = path.with_suffix(".part")
    for old in folder.glob("*.part"):  # of a run that was cut short
        old.unlink()
    expected = _copy(engine, part)
    reached("copied")
    sync(part)
    verify(part, expected)
    reached("verified")
    part.replace(path)
    reached("named")
    _forget_old(folder)
    return path


def _copy(engine: Engine, path: Path) -> Content:
    if engine.dialect.name == "sqlite":
        return _copy_sqlite(engine, path)
    upgrade(f"sqlite:///{path}")
    target = make_engine(f"sqlite:///{path}")
    isolated = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with isolated.begin() as source, target.begin() as copy:
            return _copy_rows(source, copy)
    finally:
        target.dispose()
        set_aside(path)


def _copy_sqlite(engine: Engine, path: Path) -> Content:
    """The online backup; a plain copy of a live file loses acknowledged answers."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        copy = sqlite3.connect(path)
        try:
            assert isinstance(raw, sqlite3.Connection)
            raw.backup(copy)
        finally:
            copy.close()
    restored = make_engine(f"sqlite:///{path}")
    try:
        with restored.connect() as connection:
            return content_of(connection)
    finally:
        restored.dispose()
        set_aside(path)


def _copy_rows(source: Connection, copy: Connection) -> Content:
    for table in metadata.sorted_tables:
        for rows in _batches(source, table):
            copy.execute(insert(table), rows)
    return content_of(source)


def _batches(source: Connection, table: Table) -> Iterator[list[dict[str, object]]]:
    result = source.execution_options(yield_per=BATCH).execute(select(table))
    for part in result.mappings().partitions(BATCH):
        yield [dict(row) for row in part]


def content_of(connection: Connection) -> Content:
    return Content(
        {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in _tables()}
    )


def _tables() -> list[Table]:
    return list(metadata.sorted_tables)


def verify(path: Path, expected: Content | None = None) -> Content:
    """Restore into an empty place and look: whole, the same rows, every release as it was stored."""
    with TemporaryDirectory(prefix="rapport-restore-") as place:
        copy = Path(place) / "restored.db"
        source, target = sqlite3.connect(f"file:{path}?mode=ro", uri=True), sqlite3.connect(copy)
        try:
            source.backup(target)
        except sqlite3.DatabaseError as problem:
            raise BackupDamaged(f"{path.name} cannot be restored: {problem}") from problem
        finally:
            source.close()
            target.close()
        try:
            upgrade(f"sqlite:///{copy}")  # a backup of an older version, too
            return _verified(copy, path.name, expected)
        except DatabaseError as problem:
            raise BackupDamaged(f"{path.name} is damaged: {problem.orig}") from problem


def _verified(copy: Path, name: str, expected: Content | None) -> Content:
    engine = make_engine(f"sqlite:///{copy}")
    try:
        with engine.connect() as connection:
            if connection.execute(text("PRAGMA integrity_check")).scalar_one() != "ok":
                raise BackupDamaged(f"{name} is damaged")
            found = content_of(connection)
            if expected is not None and found != expected:
                raise BackupDamaged(f"{name} holds other rows than the database")
            table = ReleaseRow.__table__  # type: ignore[attr-defined]  # Type ignore: a table model has a table
            for body, digest in connection.execute(select(table.c.body, table.c.digest)):
                if digest_of(body) != digest:
                    raise BackupDamaged(f"{name} holds a release that was changed")
            return found
    finally:
        engine.dispose()


def boxes_in(path: Path, round_ids: list[object]) -> int:
    """How many sealed boxes of these rounds a backup still holds."""
    engine = make_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            table = Ballot.__table__  # type: ignore[attr-defined]  # Type ignore: a table model has a table
            query = select(func.count()).select_from(table).where(table.c.round_id.in_(round_ids))
            return int(connection.execute(query).scalar_one())
    finally:
        engine.dispose()


def restore(path: Path, url: str) -> Content:
    """Load a verified backup into an empty database. Raises BackupDamaged when it is not whole or not empty."""
    expected = verify(path)
    upgrade(url)
    with TemporaryDirectory(prefix="rapport-restore-") as place:
        copy = Path(place) / "restored.db"
        shutil.copyfile(path, copy)
        upgrade(f"sqlite:///{copy}")
        _load(copy, url)
    engine = make_engine(url)
    with transaction(engine) as session:
        outbox.doubt_all(session)
    engine.dispose()
    return expected


def _load(path: Path, url: str) -> None:
    target, source = make_engine(url), make_engine(f"sqlite:///{path}")
    try:
        with source.begin() as rows, target.begin() as copy:
            if any(content_of(copy).rows.values()):
                raise BackupDamaged("the database to restore into is not empty; nothing was changed")
            _copy_rows(rows, copy)
    finally:
        target.dispose()
        source.dispose()


def _forget_old(folder: Path) -> None:
    for old in sorted(folder.glob("rapport-*.db"))[:-KEPT]:
        old.unlink()


def set_aside(path: Path) -> None:
    """Leave one file behind, without a journal beside it."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
