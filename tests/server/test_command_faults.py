"""What the command line says when the surroundings are wrong: a sentence and a code, never a traceback."""

from __future__ import annotations

import sys

import pytest

from server import cli


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    def command(*words, **variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["rapport", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code or 0, capsys.readouterr()

    return command


@pytest.mark.parametrize("command", ["verify", "backup"])
def test_database_without_tables(run, command):
    code, said = run(command)
    assert code == 2
    assert "The database cannot be used: no such table" in said.err
    assert "rapport upgrade" in said.err


def test_database_that_does_not_run(run):
    code, said = run("tick", RAPPORT_DATABASE_URL="postgresql://amina:very-secret@127.0.0.1:1/x")
    assert code == 2
    assert "The database cannot be used" in said.err
    assert "very-secret" not in said.err


def test_address_that_is_none(run):
    code, said = run("tick", RAPPORT_DATABASE_URL="very-secret")
    assert (code, "RAPPORT_DATABASE_URL" in said.err, "very-secret" in said.err) == (2, True, False)


def test_setting_of_the_wrong_kind(run):
    code, said = run("tick", RAPPORT_PORT="many")
    assert (code, "RAPPORT_PORT" in said.err) == (2, True)


def test_second_account_of_one_address(run):
    words = ("account", "amina@example.org", "--name", "Amina", "--password", "correct horse battery")
    assert run(*words)[0] == 0
    code, said = run(*words)
    assert code == 2
    assert "there is an account for amina@example.org already" in said.err


def test_help_names_the_command_and_the_codes(run):
    code, said = run("--help")
    assert code == 0
    assert "Usage: rapport" in said.out
    assert "Exit codes" in said.out
