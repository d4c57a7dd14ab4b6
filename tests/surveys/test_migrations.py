"""One head, there and back, and a schema that is what the models say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Uuid, event, inspect
from sqlmodel import Session, select

from surveys import contacts, rounds
from surveys.database import alembic_config, metadata, upgrade
from surveys.models import Account, Commitment, Contact, Discussion, Invitation, Seat
from tests.factories import make_round


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


def test_people_without_mail_there_and_back(fresh_url, fresh_engine, keystore):
    """0016: back in the schema before, people without an address keep their place, with one no mail can reach."""
    with Session(fresh_engine) as session:
        round_ = make_round(session, keystore)
        without = list(rounds.invitations_of(session, round_))[:2]
        for one in without:
            one.email = None
            contacts.put(session, round_.partnership_id, [contacts.Named(one.person, "", one.organization_id)])
        session.commit()
        ids = {one.id for one in without}
    command.downgrade(alembic_config(fresh_url), "0015")
    upgrade(fresh_url)
    with Session(fresh_engine) as session:
        emails = {one.id: one.email for one in session.exec(select(Invitation))}
        assert len(emails) == 8
        assert {id_ for id_, email in emails.items() if email == f"{id_.hex}@paper.invalid"} == ids
        assert sorted(one.person for one in session.exec(select(Contact))) == sorted(
            one.person for one in session.exec(select(Invitation)) if one.id in ids
        )


def test_agreements_become_commitments(fresh_url, fresh_engine):
    """0009: what had an owner is a commitment with the words, date and outcome it had; the question stays."""
    command.downgrade(alembic_config(fresh_url), "0008")
    partnership, version, round_, owner = uuid4(), uuid4(), uuid4(), uuid4()
    at = datetime(2026, 6, 15, 9, tzinfo=UTC)
    with fresh_engine.begin() as connection:
        old = MetaData()
        event.listen(old, "column_reflect", _read_uuids)
        old.reflect(connection)
        add = {name: old.tables[name].insert() for name in ("partnership", "organization", "round", "discussion")}
        columns = old.tables["partnership"].columns
        given = {"code": "water", "title": "Water", "titles": {}, "pairing": True, "keys_needed": 0, "phase": "pilot"}
        given |= {"instrument_code": "pti-1", "dyadic_mode": "positions", "disclosure_level": "B", "rhythm_months": 6}
        given |= {"time_zone": "UTC", "is_demonstration": False}
        texts = {one.name: "" for one in columns if not one.nullable and one.server_default is None}
        connection.execute(add["partnership"], {**texts, **given, "id": partnership})
        connection.execute(
            add["organization"],
            {"id": owner, "name": "M", "names": {}, "short_name": "", "kind": "local_government", "is_national": True},
        )
        connection.execute(
            old.tables["instrument_version"].insert(),
            {"id": version, "code": "x", "version": 1, "digest": "d", "body": {}},
        )
        made = {"id": round_, "partnership_id": partnership, "instrument_version_id": version, "number": 1}
        made |= {"label": "Round 1", "state": "released", "opens_at": at, "closes_at": at + timedelta(days=1)}
        made |= {"extended": False, "approved_by": "", "invited": {}, "seed": "", "public_key": b"", "box_size": 0}
        made |= {"wrapped_private_key": b"", "keys_state": "none", "frozen": b"", "dyadic_mode": "positions"}
        known = set(old.tables["round"].columns.keys())
        made |= {"disclosure_level": "B"}
        connection.execute(add["round"], {name: value for name, value in made.items() if name in known})
        for status, has_owner in (("open", False), ("agreed", True), ("done", True), ("dropped", True)):
            entry = {"id": uuid4(), "partnership_id": partnership, "round_id": round_, "release_digest": "d"}
            entry |= {"target": "item:T1", "question": status, "status": status, "opened_at": at, "changed_at": at}
            entry |= {"agreed_action": "Share" if has_owner else "", "outcome": "", "due_on": date(2026, 9, 30)}
            connection.execute(add["discussion"], {**entry, "owner_organization_id": owner if has_owner else None})
    upgrade(fresh_url)
    with Session(fresh_engine) as session:
        entries = {one.id: one for one in session.exec(select(Discussion))}
        found = {entries[one.discussion_id].question: one for one in session.exec(select(Commitment))}
        assert {name: one.status for name, one in found.items()} == {
            "agreed": "agreed",
            "done": "done",
            "dropped": "dropped",
        }
        assert {one.question: one.status for one in entries.values()} == {
            "open": "open",
            "agreed": "agreed",
            "done": "agreed",
            "dropped": "dropped",
        }
        done = found["done"]
        assert (done.what, done.due_on, done.done_on, done.agreed_on) == (
            "Share",
            date(2026, 9, 30),
            at.date(),
            at.date(),
        )
    command.downgrade(alembic_config(fresh_url), "0008")
    with fresh_engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT question, status, agreed_action FROM discussion").all()
    assert sorted(tuple(row) for row in rows) == [
        ("agreed", "agreed", "Share"),
        ("done", "done", "Share"),
        ("dropped", "dropped", "Share"),
        ("open", "open", ""),
    ]
