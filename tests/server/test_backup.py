"""Backups hold everything that may be held, and are refused when they are not whole."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from server.backup import KEPT, BackupDamaged, back_up, boxes_in, restore, verify
from server.opening import open_round
from surveys.database import make_engine
from surveys.models import ReleaseRow, Round
from tests.factories import NOW
from tests.server.test_opening import CLOSED, close_with


def test_it_works(fresh_engine, keystore, tmp_path):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    path = back_up(fresh_engine, tmp_path, now=NOW)
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    found = restore(path, url)
    assert found.rows["release"] == 1
    with Session(make_engine(url)) as session, Session(fresh_engine) as original:
        assert session.exec(select(ReleaseRow)).one().digest == original.exec(select(ReleaseRow)).one().digest
        assert session.get(Round, round_.id).closes_at == original.get(Round, round_.id).closes_at
    assert boxes_in(path, [round_.id]) == 0


def test_sealed_boxes_are_counted(fresh_engine, keystore, tmp_path):
    round_ = close_with(fresh_engine, keystore)
    assert boxes_in(back_up(fresh_engine, tmp_path, now=NOW), [round_.id]) == 16


def test_damage_is_found(fresh_engine, keystore, tmp_path):
    close_with(fresh_engine, keystore)
    path = back_up(fresh_engine, tmp_path, now=NOW)
    body = bytearray(path.read_bytes())
    body[8192:20000] = b"\xff" * (20000 - 8192)
    path.write_bytes(body)
    with pytest.raises(BackupDamaged):
        verify(path)


def test_a_full_database_is_not_overwritten(fresh_engine, fresh_url, keystore, tmp_path):
    close_with(fresh_engine, keystore)
    path = back_up(fresh_engine, tmp_path, now=NOW)
    with pytest.raises(BackupDamaged, match="not empty"):
        restore(path, fresh_url)


def test_old_backups_are_removed(fresh_engine, tmp_path):
    from datetime import timedelta

    for day in range(KEPT + 3):
        back_up(fresh_engine, tmp_path, now=NOW + timedelta(days=day))
    assert len(list(tmp_path.glob("rapport-*.db"))) == KEPT
