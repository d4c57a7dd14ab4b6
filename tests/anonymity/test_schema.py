"""Answer tables hold whitelisted columns only: nothing that ties a person to an answer, and no dates."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect

ALLOWED = {
    "ballot": {"id", "round_id", "box"},
    "draft": {"id", "round_id", "box"},
    "response": {"id", "round_id", "construct", "answers"},
    "comment": {"id", "round_id", "topic", "kind", "text", "audience"},
    "carry_over": {"partnership_id", "round_id", "box"},
    "outbox": {"id", "mailing_id", "box", "due_at", "attempts", "handed_over"},
    "mailing": {"id", "round_id", "kind", "number", "due_at", "sent", "details"},
    "delivery": {"invitation_id", "outcome", "code"},
    "round_plan": {"round_id", "reminders", "everybody", "by_mail", "answered", "answered_on"},
    "invitation": {"id", "round_id", "organization_id", "person", "email", "language", "token_hash", "gone"},
}


@pytest.mark.parametrize("table", sorted(ALLOWED))
def test_no_other_column(engine, table):
    assert {column["name"] for column in inspect(engine).get_columns(table)} == ALLOWED[table]


@pytest.mark.parametrize("table", ["ballot", "draft", "outbox", "response", "comment"])
def test_no_hidden_row_number(engine, table):
    if engine.dialect.name != "sqlite":
        return  # PostgreSQL has no rowid; its transaction numbers are attacked in the linking game
    with engine.connect() as connection:
        sql = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{table}'").scalar_one()
    assert "WITHOUT ROWID" in sql
