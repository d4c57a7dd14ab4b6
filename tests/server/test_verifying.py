"""`rapport verify RELEASE`: whether a release is the one that was stored, and nothing more."""

from __future__ import annotations

import sys

import pytest
from sqlmodel import select

from server import cli
from server.verifying import check_release, faults_of_everything
from surveys.database import make_engine, transaction
from surveys.keystore import Keystore
from surveys.models import InstrumentVersion, ReleaseRow
from surveys.problems import NotFound
from tests.factories import make_partnership
from tests.server.conftest import make_released


def row_of(session, round_) -> ReleaseRow:
    return session.exec(select(ReleaseRow).where(ReleaseRow.round_id == round_.id)).one()


def test_it_works(session, partnership, released):
    (found,) = check_release(session, f"{partnership.code}:2")
    assert found.is_intact
    assert f"{partnership.code}, round 2, revision 1, digest {row_of(session, released[1]).digest}" == found.name
    assert len(found.checks) == 3


def test_by_the_beginning_of_its_digest(session, partnership, released):
    digest = row_of(session, released[2]).digest
    assert f"{partnership.code}, round 3" in [
        one.name[: len(partnership.code) + 9] for one in check_release(session, digest[:8])
    ]


def test_changed_number_is_noticed(session, partnership, released):
    row = row_of(session, released[1])
    row.body = row.body.replace('"value":51', '"value":61')
    (found,) = check_release(session, f"{partnership.code}:2")
    assert [holds for _, holds in found.checks] == [False, True]


def test_changed_number_with_a_new_digest_breaks_the_chain(session, partnership, released):
    from surveys.releases import digest_of

    row = row_of(session, released[0])
    row.body = row.body.replace('"value":62', '"value":82')
    row.digest = digest_of(row.body)
    session.flush()
    assert check_release(session, f"{partnership.code}:1")[0].is_intact
    assert not check_release(session, f"{partnership.code}:2")[0].is_intact


def test_another_questionnaire_is_noticed(session, partnership, released):
    version = session.get_one(InstrumentVersion, released[1].instrument_version_id)
    version.digest = "0" * 64
    (found,) = check_release(session, f"{partnership.code}:2")
    assert [holds for _, holds in found.checks] == [True, True, False]


@pytest.mark.parametrize(
    "named", ["x:1", "water", "abcdef", "0" * 64, "%", ":", "a:b", "' OR 1=1 --", "x" * 5000, "x:99999999"]
)
def test_unknown_release(session, released, named):
    with pytest.raises(NotFound, match="there is no release"):
        check_release(session, named)


def test_everything_at_once(session, keystore, partnership, released):
    assert list(faults_of_everything(session, keystore)) == []
    row_of(session, released[0]).body += " "
    assert list(faults_of_everything(session, keystore)) == [
        f"release {row_of(session, released[0]).digest[:12]} was changed"
    ]


@pytest.fixture
def run(monkeypatch, tmp_path, capsys, fresh_url):
    engine = make_engine(fresh_url)
    with transaction(engine) as session:
        partnership = make_partnership(session, instrument_code="sample", code="water")
        made = make_released(session, Keystore([tmp_path / "a", tmp_path / "b"]), partnership)
        digest = row_of(session, made[2]).digest
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAPPORT_DATABASE_URL", fresh_url)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["rapport", "verify", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code or 0, capsys.readouterr()

    def damage() -> None:
        with transaction(engine) as session:
            for row in session.exec(select(ReleaseRow)):
                row.body += " "

    yield command, digest, damage
    engine.dispose()


def test_command_says_what_it_checks(run):
    command, digest, damage = run
    code, said = command("water:3")
    assert code == 0
    assert digest in said.out.replace("\n", "")
    assert "This checks integrity, not the estimate" in said.out
    assert command(digest[:16])[0] == 0
    assert command()[0] == 0
    damage()
    code, said = command("water:3")
    assert (code, "NO: the stored text" in said.out) == (1, True)
    assert command()[0] == 1


def test_command_with_an_unknown_release(run):
    code, said = run[0]("nothing")
    assert code == 2
    assert "there is no release “nothing”" in said.err
