"""Fixtures for everyone: a database built by the migrations, a session that leaves nothing behind, the cast."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from surveys.database import make_engine, upgrade
from surveys.keystore import Keystore
from tests.databases import postgresql_binaries, running_postgresql

os.environ.setdefault("RAPPORT_REFERENCE", str(Path(__file__).resolve().parent.parent.parent / "shared" / "reference"))
BY_DATABASE = {"database_url", "fresh_url"}
NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="which database to test on")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what asks for a database: the rest was tested beside SQLite."""
    if config.getoption("--database") == "sqlite":
        return
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for one in items:
        (kept if BY_DATABASE.intersection(getattr(one, "fixturenames", ())) else left).append(one)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not Path(os.environ["RAPPORT_REFERENCE"]).exists():
        terminalreporter.write_line("NOT COMPARED with the reference cases: RAPPORT_REFERENCE names no folder")


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An upgraded database of the kind asked for."""
    if request.config.getoption("--database") == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('db') / 'rapport.db'}"
        upgrade(url)
        yield url
        return
    if postgresql_binaries() is None and os.environ.get("CI") != "true":
        pytest.skip("NO POSTGRESQL on this machine: nothing was tested on it")
    with running_postgresql() as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session inside an outer transaction that is rolled back, whatever the test commits."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema, to be copied: going through all migrations takes its time."""
    path = tmp_path_factory.mktemp("upgraded") / "empty.db"
    upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def upgraded_template(database_url: str) -> str:
    """The same on PostgreSQL."""
    administer(database_url, "CREATE DATABASE empty_rapport")
    upgrade(database_url.replace("/postgres?", "/empty_rapport?"))
    return "empty_rapport"


def administer(server: str, statement: str) -> None:
    admin = make_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


@pytest.fixture
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of its own, for tests that commit for real."""
    if request.config.getoption("--database") == "sqlite":
        shutil.copy(request.getfixturevalue("upgraded_file"), tmp_path / "fresh.db")
        yield f"sqlite:///{tmp_path / 'fresh.db'}"
        return
    server = request.getfixturevalue("database_url")
    name = "t" + os.urandom(6).hex()
    administer(server, f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('upgraded_template')}")
    yield server.replace("/postgres?", f"/{name}?")
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fresh_engine(fresh_url: str) -> Iterator[Engine]:
    made = make_engine(fresh_url)
    yield made
    made.dispose()


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    return Keystore([tmp_path / "keys-a", tmp_path / "keys-b"])


@pytest.fixture
def now() -> datetime:
    return NOW
