"""Upgrades with data: a proved backup first, an open round untouched byte for byte, a cut in the middle harmless."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from alembic import command
from sqlalchemy import MetaData, select
from sqlmodel import Session

from server import backup, upgrading
from server.backup import BackupDamaged, restore, verify
from server.settings import Settings
from surveys import rounds
from surveys.database import alembic_config, is_current, make_engine, transaction, upgrade
from surveys.models import Round
from tests.factories import NOW, cast_all, make_round
from tests.faults.test_opening_faults import PowerCut, cut_at

BEFORE = "0008"  # the schema an open round is carried over from


@pytest.fixture
def settings(tmp_path, fresh_url):
    return Settings(var_dir=tmp_path / "var", database_url=fresh_url)


@pytest.fixture
def old(fresh_engine, fresh_url, keystore):
    """A database of an older version, with a round open and answered."""
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore)
        cast_all(session, keystore, round_, R1=7)
    command.downgrade(alembic_config(fresh_url), f"{BEFORE}")
    make_old(fresh_engine)
    return round_


def make_old(engine):
    """Where no migration has followed yet, only the number is set back: the upgrade is the same act."""
    if is_current(engine):
        command.downgrade(alembic_config(engine.url.render_as_string(hide_password=False)), "-1")


def sealed(engine, like=None):
    """Everything of the open round, as the database has it; only the columns there were before."""
    held = MetaData()
    with engine.connect() as connection:
        held.reflect(connection, only=["ballot", "invitation", "round"], resolve_fks=False)
        columns = {name: like[name][0] if like else [c.name for c in t.columns] for name, t in held.tables.items()}
        return {
            name: (columns[name], sorted(map(repr, connection.execute(select(*(table.c[c] for c in columns[name]))))))
            for name, table in held.tables.items()
        }


class TestUpgrade:
    def test_open_round_is_untouched(self, settings, fresh_engine, old, keystore):
        before = sealed(fresh_engine)
        made = upgrading.upgrade_safely(settings, now=NOW)
        assert made is not None
        assert is_current(fresh_engine)
        assert sealed(fresh_engine, before) == before
        with Session(fresh_engine) as session:
            round_ = session.get_one(Round, old.id)
            assert rounds.close(session, round_, keystore, now=round_.closes_at) == "closed"

    def test_backup_before_it_restores(self, settings, old, tmp_path):
        made = upgrading.upgrade_safely(settings, now=NOW)
        found = restore(made, f"sqlite:///{tmp_path / 'again.db'}")
        assert found.rows["ballot"] == 8
        assert verify(made).rows == found.rows

    def test_nothing_to_do(self, settings):
        assert upgrading.upgrade_safely(settings) is None
        assert not (settings.var_dir / "backups").exists()

    def test_empty_database_needs_no_backup(self, tmp_path):
        settings = Settings(var_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'new.db'}")
        assert upgrading.upgrade_safely(settings) is None
        assert is_current(settings.database_url)

    @pytest.mark.parametrize("fault", ["disk", "damaged"])
    def test_refuses_without_a_verified_backup(self, settings, fresh_engine, old, monkeypatch, fault):
        def full(*_args):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(upgrading, "sync" if fault == "disk" else "_counts", full if fault == "disk" else id)
        with pytest.raises(BackupDamaged, match="not changed"):
            upgrading.upgrade_safely(settings, now=NOW)
        assert not is_current(fresh_engine)


class TestCutShort:
    @pytest.mark.parametrize("point", ["copied", "verified", "named"])
    def test_backup(self, fresh_engine, keystore, tmp_path, point):
        with transaction(fresh_engine) as session:
            make_round(session, keystore)
        with pytest.raises(PowerCut):
            backup.back_up(fresh_engine, tmp_path / "b", now=NOW, reached=cut_at(point))
        assert all(verify(path) for path in (tmp_path / "b").glob("rapport-*.db"))  # none that is not whole
        backup.back_up(fresh_engine, tmp_path / "b", now=NOW)
        assert list((tmp_path / "b").glob("*.part")) == []

    def test_kill_in_the_middle_of_a_migration(self, tmp_path, keystore):
        """SIGKILL while the last migration runs: the file is of the old or the new schema, and upgrades again."""
        url = f"sqlite:///{tmp_path / 'killed.db'}"
        upgrade(url)
        engine = make_engine(url)
        with transaction(engine) as session:
            cast_all(session, keystore, make_round(session, keystore), R1=3)
        make_old(engine)
        before = sealed(engine)
        engine.dispose()
        code = (
            "import os, signal, alembic.op as op, alembic.operations as o; from surveys.database import upgrade\n"
            "from sqlalchemy import event, Engine\n"
            "@event.listens_for(Engine, 'before_cursor_execute')\n"
            "def cut(c, k, statement, *_):\n"
            "    if statement.lstrip().upper().startswith('UPDATE ALEMBIC_VERSION'):\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            f"upgrade({url!r})"
        )
        done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert sqlite3.connect(tmp_path / "killed.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
        upgrade(url)
        engine = make_engine(url)
        assert is_current(engine)
        assert sealed(engine, before) == before
        engine.dispose()
