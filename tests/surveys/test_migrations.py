"""One head, there and back, and a schema that is what the models say."""

from __future__ import annotations

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from surveys.database import alembic_config, metadata, upgrade


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
