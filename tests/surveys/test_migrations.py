"""One head, there and back, and a schema that is what the models say."""

from __future__ import annotations

from uuid import uuid4

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Uuid, event, inspect
from sqlmodel import Session, select

from surveys.database import alembic_config, metadata, upgrade
from surveys.models import Account, Seat


def test_one_head(fresh_url):
    assert len(ScriptDirectory.from_config(alembic_config(fresh_url)).get_heads()) == 1


def test_models_and_migrations_agree(fresh_url):
    command.check(alembic_config(fresh_url))


def test_there_and_back(fresh_url, fresh_engine):
    command.downgrade(alembic_config(fresh_url), "base")
    assert set(inspect(fresh_engine).get_table_names()) <= {"alembic_version"}
    upgrade(fresh_url)
    assert set(metadata.tables) <= set(inspect(fresh_engine).get_table_names())


def test_every_foreign_key_is_indexed(engine):
    look = inspect(engine)
    for table in metadata.tables:
        led = {index["column_names"][0] for index in look.get_indexes(table)}
        led |= {look.get_pk_constraint(table)["constrained_columns"][0]}
        led |= {unique["column_names"][0] for unique in look.get_unique_constraints(table)}
        for key in look.get_foreign_keys(table):
            assert key["constrained_columns"][0] in led, f"{table}.{key['constrained_columns'][0]}"


def _read_uuids(_inspector, _table, column):
    """SQLite keeps them as text of 32 signs."""
    if getattr(column["type"], "length", None) == 32:
        column["type"] = Uuid()


def test_accounts_keep_their_places(fresh_url, fresh_engine):
    """0004: facilitators and administrators run what they ran, readers read, and an administrator stays one."""
    command.downgrade(alembic_config(fresh_url), "0003")
    ids = {role: uuid4() for role in ("administrator", "facilitator", "reader")}
    partnership = uuid4()
    with fresh_engine.begin() as connection:
        old = MetaData()
        event.listen(old, "column_reflect", _read_uuids)
        old.reflect(connection)
        given = {"title": "Water", "titles": {}, "purpose": "", "sector": "", "level": "", "goal": "", "phase": "pilot"}
        given |= {"code": "water", "instrument_code": "pti-1", "dyadic_mode": "positions", "disclosure_level": "B"}
        given |= {"pairing": True, "keys_needed": 0, "rhythm_months": 6, "time_zone": "UTC", "is_demonstration": False}
        connection.execute(old.tables["partnership"].insert(), {"id": partnership, **given})
        for role, key in ids.items():
            person = {"id": key, "email": f"{role}@example.org", "name": role, "password_hash": "x", "language": "en"}
            connection.execute(old.tables["account"].insert(), {**person, "role": role})
            place = {"account_id": key, "partnership_id": partnership}
            connection.execute(old.tables["account_partnership"].insert(), place)
    upgrade(fresh_url)
    with Session(fresh_engine) as session:
        seats = {one.account_id: one.role for one in session.exec(select(Seat))}
        administrators = {one.id for one in session.exec(select(Account)) if one.is_administrator}
    assert seats == {
        ids["administrator"]: "facilitator",
        ids["facilitator"]: "facilitator",
        ids["reader"]: "reader",
    }
    assert administrators == {ids["administrator"]}
