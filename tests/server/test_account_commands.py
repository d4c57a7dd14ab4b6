"""`rapport account`, `rapport audit`, and the link that `rapport serve` prints on an empty installation."""

from __future__ import annotations

import re
import sys

import pytest
from sqlmodel import Session, select

from server import cli
from server.commands_service import print_setup_link
from server.settings import Settings
from surveys import accounts, audit
from surveys.database import make_engine, transaction, upgrade
from surveys.models import AuditEntry, Seat
from tests.factories import NOW, make_partnership

WORDS = ("account", "amina@example.org", "--name", "Amina", "--password", "correct horse battery")


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["rapport", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code or 0, capsys.readouterr()

    return command


@pytest.fixture
def engine_here(run, tmp_path):
    """The database that the commands find, with one partnership."""
    (tmp_path / "var").mkdir()
    upgrade(f"sqlite:///{tmp_path}/var/rapport.db")
    engine = make_engine(f"sqlite:///{tmp_path}/var/rapport.db")
    with transaction(engine) as session:
        make_partnership(session, code="water")
    yield engine
    engine.dispose()


def test_it_works(run, engine_here):
    code, said = run(*WORDS, "--partnership", "water", "--role", "trustee", "--administrator")
    assert (code, said.out.strip()) == (0, "amina@example.org may log in now.")
    with Session(engine_here) as session:
        account = accounts.find_account(session, "amina@example.org")
        assert account.is_administrator
        assert session.exec(select(Seat.role)).all() == ["trustee"]
        assert audit.verify_chain(session) is None


@pytest.mark.parametrize(
    ("more", "words"),
    [(("--partnership", "nowhere"), "no partnership with the code nowhere; no account was created")],
)
def test_all_or_nothing(run, engine_here, more, words):
    code, said = run(*WORDS, *more)
    assert code == 2
    assert words in said.err
    with Session(engine_here) as session:
        assert accounts.find_account(session, "amina@example.org") is None


def test_weak_password(run, engine_here):
    code, said = run("account", "amina@example.org", "--name", "Amina", "--password", "aaaaaaaaaaaaaaaaaa")
    assert code == 2
    assert "anybody would try" in said.err


def test_audit(run, engine_here):
    with transaction(engine_here) as session:
        for at in range(3):
            audit.record(session, "amina@example.org", f"act {at}", "", NOW)
    code, said = run("audit", "--lines", "2")
    assert code == 0
    assert "3 entries" in said.out
    assert "act 2" in said.out
    assert "act 0" not in said.out


@pytest.mark.parametrize("change", ["act", "remove"])
def test_audit_finds_a_change(run, engine_here, change):
    with transaction(engine_here) as session:
        entries = [audit.record(session, "amina@example.org", f"act {at}", "", NOW) for at in range(3)]
        session.flush()
        if change == "act":
            entries[1].act = "something else"
        else:
            session.delete(session.get(AuditEntry, entries[1].id))
    code, said = run("audit")
    assert code == 1
    assert "was changed at entry" in said.err


def test_empty_installation_prints_a_link(run, engine_here, capsys, tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path}/var/rapport.db")
    print_setup_link(settings)
    first = re.search(r"http://127\.0\.0\.1:8000/join#([0-9A-Z-]{29})", capsys.readouterr().out)
    assert first
    with transaction(engine_here) as session:
        accounts.create_account(session, email="a@b.org", name="Sina", password="correct horse battery")
    print_setup_link(settings)
    assert "/join#" not in capsys.readouterr().out
