"""A crash at any named point of opening and shredding: the next run converges, nothing lost, nothing twice."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from server.backup import BackupDamaged
from server.opening import open_round
from server.shredding import shred
from surveys.database import transaction
from surveys.models import Ballot, ReleaseRow, Response, Round
from tests.server.test_opening import CLOSED, close_with

OPENING = ("unsealed", "estimated", "stored", "committed")
SHREDDING = ("cleaned", "backed_up", "key_destroyed", "recorded")


class PowerCut(Exception):
    """The machine stopped."""


def cut_at(point: str):
    def reached(name: str) -> None:
        if name == point:
            raise PowerCut(name)

    return reached


@pytest.mark.parametrize("point", OPENING)
def test_opening_converges(fresh_engine, keystore, point):
    round_ = close_with(fresh_engine, keystore)
    with pytest.raises(PowerCut):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED, reached=cut_at(point))
    with Session(fresh_engine) as session:
        before = session.get(Round, round_.id).state
        assert before == ("released" if point == "committed" else "closed")
        assert (len(session.exec(select(Ballot)).all()) == 0) == (before == "released")
    assert open_round(fresh_engine, keystore, round_.id, now=CLOSED) == "released"
    with Session(fresh_engine) as session:
        assert len(session.exec(select(ReleaseRow)).all()) == 1
        assert len(session.exec(select(Response)).all()) == 12 * 7
        assert session.exec(select(Ballot)).all() == []


@pytest.mark.parametrize("point", SHREDDING)
def test_shredding_converges(fresh_engine, keystore, tmp_path, point):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    with pytest.raises(PowerCut):
        shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED, reached=cut_at(point))
    assert keystore.holds(round_.id) == (point in ("cleaned", "backed_up"))
    shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert not keystore.holds(round_.id)
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).keys_state == "destroyed"


def test_no_key_dies_without_a_verified_backup(fresh_engine, keystore, tmp_path, monkeypatch):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)

    def damaged(*_args: object, **_named: object) -> None:
        raise BackupDamaged("the disk is full")

    monkeypatch.setattr("server.backup.verify", damaged)
    with pytest.raises(BackupDamaged):
        shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert keystore.holds(round_.id)


def test_no_key_dies_while_a_backup_holds_answers(fresh_engine, keystore, tmp_path):
    round_ = close_with(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        session.get_one(Round, round_.id).keys_state = "shred_pending"  # as if the boxes had not been deleted
    with pytest.raises(BackupDamaged, match="still holds answers"):
        shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert keystore.holds(round_.id)
