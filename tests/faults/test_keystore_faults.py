"""A copy of the keys is damaged, missing or away: commands say so, the round still opens, and no path prints a key."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from server import cli
from server.ticker import tick
from surveys.database import upgrade
from surveys.keystore import Keystore
from tests.server.test_opening import CLOSED, close_with
from tests.surveys.test_keystore import flip_a_bit


def damage(path):
    flip_a_bit(path)
    return "damaged"


def lose(path):
    path.unlink()
    return "missing"


spoilt = pytest.mark.parametrize("spoil", [damage, lose])


def file_of(keystore, replica, round_id):
    return keystore.replicas[replica] / f"{round_id.hex}.key"


@spoilt
@pytest.mark.parametrize("replica", [0, 1])
def test_one_bad_copy_is_reported_and_the_round_opens(fresh_engine, keystore, tmp_path, spoil, replica):
    round_ = close_with(fresh_engine, keystore)
    fault = spoil(file_of(keystore, replica, round_.id))
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=round_.closes_at)
    assert report.problems == [f"keys {round_.id.hex[:8]}: one replica is {fault}"]
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert (report.opened, report.shredded) == (1, 1)
    assert not keystore.holds(round_.id)


def test_all_copies_bad_leaves_the_round_closed(fresh_engine, keystore, tmp_path):
    round_ = close_with(fresh_engine, keystore)
    shutil.copytree(keystore.replicas[0], tmp_path / "in the safe")
    for replica in (0, 1):
        flip_a_bit(file_of(keystore, replica, round_.id))
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert (report.opened, len(report.problems)) == (0, 3)
    shutil.copytree(tmp_path / "in the safe", keystore.replicas[0], dirs_exist_ok=True)
    assert tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED).opened == 1


@spoilt
def test_verify_shows_it(monkeypatch, tmp_path, capsys, spoil):
    monkeypatch.chdir(tmp_path)
    upgrade("sqlite:///var/rapport.db")
    keystore = Keystore([Path("var/keys-a"), Path("var/keys-b")])
    round_id = uuid4()
    keys = keystore.create(round_id)
    fault = spoil(file_of(keystore, 1, round_id))
    monkeypatch.setattr(sys, "argv", ["rapport", "verify"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert left.value.code == 1
    assert f"keys {round_id.hex[:8]}: var/keys-b is {fault}" in said.err
    assert keys.pepper.hex() not in said.err + said.out
