"""Runs migrations; on SQLite foreign keys are off while tables are rebuilt, and no row may be lost by it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, inspect, text

import surveys.models  # noqa: F401 - fills the metadata
from surveys.database import make_engine, metadata


def count_rows(connection: Connection) -> dict[str, int]:
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}  # noqa: S608 - names come from the database


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = make_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # a rebuilt parent table would cascade its deletion to every child row
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]  # Type ignore: SQLite always has one
        before = count_rows(connection)
        migrate(connection)
        after = count_rows(connection)
        lost = {name: rows for name, rows in before.items() if name in after and after[name] < rows}
        if lost:
            connection.rollback()
            raise RuntimeError(f"the migration would have lost rows of {', '.join(sorted(lost))}: nothing was changed")
        connection.commit()
        if connection.dialect.name == "sqlite":
            faults = connection.execute(text("PRAGMA foreign_key_check")).all()
            if faults:
                raise RuntimeError(f"rows without their parent after the migration: {faults[:3]}")
    engine.dispose()


run()
