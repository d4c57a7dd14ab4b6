"""A fault leaves its place and its kind in the log, never its words."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, text

from server.logs import drop_words, places
from server.ticker import tick
from surveys.database import make_engine
from surveys.keystore import Keystore

ANSWER = "the minister did not tell us"


@pytest.fixture(autouse=True)
def _held():
    drop_words()


def _fail():
    try:
        raise KeyError(ANSWER)
    except KeyError as problem:
        raise ValueError(f"cannot read {ANSWER!r}") from problem


@pytest.mark.parametrize("name", ["uvicorn.error", "rapport", "rapport.ticker", "asyncio"])
def test_words_of_a_fault_stay_out_of_the_log(name, caplog):
    try:
        _fail()
    except ValueError:
        logging.getLogger(name).exception("it failed")
    written = caplog.handler.format(caplog.records[0])
    assert ANSWER not in written
    assert "ValueError, after KeyError" in written
    assert "in _fail" in written


def test_place_without_a_cause():
    assert places(ValueError(ANSWER)) == "ValueError"


def test_an_error_of_the_database_quotes_no_row(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/one.db")
    with Session(engine) as session:
        session.execute(text("create table person (name text unique)"))
        insert = text("insert into person values (:name)")
        session.execute(insert, {"name": ANSWER})
        with pytest.raises(IntegrityError) as caught:
            session.execute(insert, {"name": ANSWER})
    assert ANSWER not in str(caught.value)
    engine.dispose()


def test_one_broken_round_does_not_hold_up_the_clock(session, engine, tmp_path, monkeypatch, caplog):
    def broken(*_given, **_named):
        raise ValueError(ANSWER)

    monkeypatch.setattr("server.ticker.shred", broken)
    from datetime import UTC, datetime

    report = tick(engine, Keystore((tmp_path / "a", tmp_path / "b")), tmp_path, now=datetime.now(UTC))
    assert report.problems[0] == "A step failed (ValueError) and changed nothing; it is tried again."
    assert ANSWER not in "".join(caplog.handler.format(record) for record in caplog.records)
