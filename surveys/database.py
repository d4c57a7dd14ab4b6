"""The engine and the transaction: what SQLite and PostgreSQL need to keep every acknowledged row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an acknowledged answer has reached the disk
    "foreign_keys=ON",
    "busy_timeout=10000",
    "secure_delete=ON",  # deleted boxes are overwritten, not only forgotten
    "trusted_schema=OFF",
)
WRITER = "rapport_writer"
BEGUN = "rapport_begun"  # a connection whose transactions are begun and ended by hand
DRIVER = "rapport_driver"  # in the info of a session: the driver's connection that its plain SQL uses

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = NAMING


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite drops zones, so they are put back, and a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def make_engine(url: str) -> Engine:
    """An engine for this address; a file of SQLite is created with its folder. Its errors never quote a row."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN leaks savepoints; ours is issued below
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    """Writers take the lock at once: a read that turns into a write would fail whatever the timeout."""
    options = connection.get_execution_options()
    if not options.get(BEGUN, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITER, False) else "BEGIN")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One act, one transaction: committed at the end, rolled back on any error."""
    with Session(_writing(engine), expire_on_commit=False) as session, session.begin():
        yield session


@lru_cache(maxsize=32)  # made once for an engine: making it costs as much as a query
def _writing(engine: Engine) -> Engine:
    return engine.execution_options(**{WRITER: True})


def writing_session(engine: Engine) -> Session:
    """A session on a connection of SQLite of its own, for one thread that keeps it; see `kept_transaction`."""
    connection = engine.connect().execution_options(**{BEGUN: True})
    return Session(connection, info={DRIVER: connection.connection.driver_connection}, expire_on_commit=False)


@contextmanager
def kept_transaction(session: Session) -> Iterator[Session]:
    """As `transaction`, in a session that is kept: making one for each act costs more than a plain act does."""
    driver: Any = session.info[DRIVER]
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield session
        session.flush()
        driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        emptied(session)


def reading_session(engine: Engine) -> Session:
    """A session of SQLite in which each plain question is a snapshot of its own; that way nothing can be written."""
    connection = sqlite3.connect(str(engine.url.database), check_same_thread=False)
    _prepare_sqlite(connection, None)
    connection.execute("PRAGMA query_only=ON")
    return Session(engine, info={DRIVER: connection})


def emptied(session: Session) -> None:
    """Nothing of one act in the next, where the mapper was used at all."""
    if session.in_transaction() or session.new:
        session.close()


CLOCK = 0x7261_7070  # the name of the lock of the clock's work among PostgreSQL's advisory locks


@contextmanager
def its_turn(engine: Engine) -> Iterator[bool]:
    """Whether this process does the clock's work now. The lock is the connection's: a server that dies lets it go.

    On SQLite each step guards itself, and there is one machine: always true.
    """
    if engine.dialect.name != "postgresql":
        yield True
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": CLOCK}).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": CLOCK})


def plain(session: Session, sql: str, *values: Any) -> Any:
    """Plain SQL in the transaction of this session, `?` for each value; the mapper costs ten times as much.

    For the respondent's path only, where each millisecond counts ten thousand times. Returns the driver's cursor:
    identifiers come back as it gives them (see `as_uuid`).
    """
    if session.new or (session.in_transaction() and (session.dirty or session.deleted)):
        session.flush()  # what the mapper holds back must be seen
    connection = _driver(session)
    if isinstance(connection, sqlite3.Connection):
        return connection.execute(sql, [value.hex if isinstance(value, UUID) else value for value in values])
    return connection.execute(sql.replace("?", "%s"), values)


def _driver(session: Session) -> Any:
    """The driver's connection of this session, looked up once in a transaction, or the one it was given to read."""
    if DRIVER in session.info:
        return session.info[DRIVER]
    begun = session.get_transaction()
    held: tuple[Any, Any] | None = session.info.get("driver")
    if held is not None and begun is not None and held[0] is begun:
        return held[1]
    connection = session.connection().connection.driver_connection
    session.info["driver"] = (session.get_transaction(), connection)
    return connection


def as_uuid(value: str | UUID) -> UUID:
    """An identifier as plain SQL returns it: PostgreSQL has a type for it, SQLite keeps the digits."""
    return value if isinstance(value, UUID) else UUID(hex=value)


def alembic_config(url: str) -> Config:
    from alembic.config import (
        Config as AlembicConfig,  # half a second that a service at the newest schema does not need
    )

    config = AlembicConfig(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "surveys" / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at this address to the newest schema."""
    if revision == "head" and is_current(url):
        return
    from alembic import command

    command.upgrade(alembic_config(url), revision)


def is_current(database: str | Engine) -> bool:
    """Whether the database says it has the schema of the last migration; doubt is left to the migrations."""
    newest = max(
        path.stem.partition("_")[0] for path in (ROOT / "surveys" / "migrations" / "versions").glob("[0-9]*.py")
    )
    engine = make_engine(database) if isinstance(database, str) else database
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]
    except DBAPIError:
        return False
    finally:
        if engine is not database:
            engine.dispose()
