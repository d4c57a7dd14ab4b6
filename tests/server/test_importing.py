"""History from files: whole or not at all, protected, and never a respondent's row."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select
from typer.testing import CliRunner, Result

from server.commands_data import register
from server.importing import OUTCOME, Imported, Placing, digest_of, import_history, store_history
from server.local import Wanted, analyse, read
from surveys import accounts, releases, rounds
from surveys.database import transaction
from surveys.models import (
    AuditEntry,
    Ballot,
    Invitation,
    Organization,
    Partnership,
    ReleaseRow,
    Response,
    Round,
    Seat,
)
from surveys.problems import InvalidInput, NotFound, RoundNotPrepared
from surveys.releases import Release
from tests.server.exchange.samples import written
from tests.server.test_local import EXAMPLES, table, three
from tests.server.test_local_scores import random_file

REFERENCE = Path(os.environ["RAPPORT_REFERENCE"])
real = pytest.mark.skipif(not REFERENCE.exists(), reason="NOT COMPARED: RAPPORT_REFERENCE names no folder")
KEPT_EMPTY = (Response, Ballot, Invitation)
SHORT = "partnership,organization,round,respondent,side,T1"


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    return Wanted(random_file(tmp_path, sizes=(1, 5)), instrument=str(three(tmp_path)))


@pytest.fixture
def small(tmp_path: Path) -> Wanted:
    sides = {"M": "national", "F": "external"}
    rows = [f"{name},{who},1,{who},{side},5" for name in ("one", "two") for who, side in sides.items()]
    return Wanted(written(tmp_path, SHORT, *rows))


def imported(session: Session, wanted: Wanted, now: datetime, **given: str) -> Imported:
    found = read(wanted, outcome=OUTCOME)
    return store_history(session, found, digest_of(wanted), Placing(**given), actor="test", now=now)


def everything(session: Session) -> dict[str, int]:
    tables = (Partnership, Round, ReleaseRow, Organization, AuditEntry, *KEPT_EMPTY)
    return {one.__name__: session.exec(select(func.count()).select_from(one)).one() for one in tables}


def partnership(session: Session, code: str) -> Partnership:
    return session.exec(select(Partnership).where(Partnership.code == code)).one()


def series(session: Session, code: str) -> list[Release]:
    return releases.series(session, partnership(session, code).id, audience="facilitator")


def test_it_works(session: Session, wanted: Wanted, now: datetime) -> None:
    made = imported(session, wanted, now, prefix="x-")
    assert (made.partnerships, made.rounds, made.without_scores) == (2, 6, 3)
    counts = everything(session)
    assert (counts["Partnership"], counts["Round"], counts["ReleaseRow"]) == (2, 6, 6)
    assert all(counts[one.__name__] == 0 for one in KEPT_EMPTY)
    assert set(session.exec(select(Partnership.code))) == {"x-p1", "x-p2"}
    assert set(session.exec(select(Partnership.phase))) == {"imported"}
    assert set(session.exec(select(Round.state))) == {"released"}
    assert set(session.exec(select(Round.keys_state))) == {"none"}
    assert all(releases.verify(row) for row in session.exec(select(ReleaseRow)))


def test_the_same_numbers_as_analyse(session: Session, wanted: Wanted, now: datetime, tmp_path: Path) -> None:
    imported(session, wanted, now)
    analyse(wanted, tmp_path / "out")
    rows, compared = table(tmp_path / "out/indices.csv"), 0
    for release in series(session, "p2"):
        for cell in release.cells:
            key = ("p2", str(release.round_number), "level", cell.target, "all")
            if cell.estimate == "level" and cell.population == "all" and key in rows and cell.value is not None:
                compared += 1
                assert cell.value == pytest.approx(float(rows[key]["value"]), abs=0.5 + 1e-9)
    assert compared >= 8


def test_below_the_floors_says_so(session: Session, wanted: Wanted, now: datetime) -> None:
    imported(session, wanted, now)
    for release in series(session, "p1"):
        levels = [cell for cell in release.cells if cell.estimate == "level"]
        assert levels
        assert all(cell.value is None and cell.low is None and cell.reason == "too_few" for cell in levels)


def test_it_can_be_read_not_opened(session: Session, small: Wanted, now: datetime) -> None:
    imported(session, small, now)
    found = partnership(session, "one")
    instrument = rounds.instrument_of(session, rounds.of_partnership(session, found.id)[0])
    with pytest.raises(RoundNotPrepared):
        rounds.prepare(session, found, instrument, opens_at=now, closes_at=now.replace(day=20))
    assert rounds.due_to_open(session, now.replace(year=2030)) == []
    assert rounds.due_to_close(session, now.replace(year=2030)) == []


def test_history_is_not_mixed_into_live_rounds(session: Session, small: Wanted, now: datetime) -> None:
    imported(session, small, now)
    found = partnership(session, "one")
    instrument = rounds.instrument_of(session, rounds.of_partnership(session, found.id)[0])
    found.phase = "pilot"
    with pytest.raises(RoundNotPrepared):
        rounds.import_round(session, found, instrument, number=9, closed_on=now.date(), invited={}, seed="")


def test_twice_is_refused(session: Session, small: Wanted, now: datetime) -> None:
    imported(session, small, now)
    before = everything(session)
    with pytest.raises(InvalidInput, match="this file was imported on 2026-06-15 already; nothing was imported"):
        imported(session, small, now, prefix="other-")
    assert everything(session) == before


def test_organizations_are_shared(session: Session, now: datetime, tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two"), start=1):
        rows = [f"{name},Ministry,1,a{number},national,5", f"{name},Fund,1,b{number},external,5"]
        imported(session, Wanted(written(tmp_path, SHORT, *rows)), now)
    assert everything(session)["Organization"] == 2


def test_who_may_read(session: Session, small: Wanted, now: datetime) -> None:
    given = {"name": "Amina", "password": "correct horse battery"}
    account = accounts.create_account(session, email="amina@example.org", **given)
    with pytest.raises(NotFound, match=r"nobody has an account with the address nobody@example\.org; nothing was"):
        imported(session, small, now, facilitator="nobody@example.org")
    imported(session, small, now, facilitator="Amina@example.org")
    of = col(Seat.account_id) == account.id
    assert session.exec(select(func.count()).select_from(Seat).where(of)).one() == 2


def count(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return everything(session)


def test_a_code_in_use_leaves_nothing(fresh_engine: Engine, small: Wanted, now: datetime) -> None:
    with transaction(fresh_engine) as session:
        session.add(Partnership(code="two", title="Another"))
    before = count(fresh_engine)
    with pytest.raises(InvalidInput, match=r"a partnership with the code two already; .*nothing was imported"):
        import_history(fresh_engine, small, Placing(), actor="test", now=now)
    assert count(fresh_engine) == before


def test_a_failure_at_the_end_leaves_nothing(
    fresh_engine: Engine, small: Wanted, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, stored, calls = count(fresh_engine), releases.store, iter(range(2))

    def failing(*arguments: object, **named: object) -> object:
        if next(calls) == 1:
            raise RuntimeError("the disk is full")
        return stored(*arguments, **named)  # type: ignore[arg-type]  # Type ignore: passed on as they came

    monkeypatch.setattr(releases, "store", failing)
    with pytest.raises(RuntimeError):
        import_history(fresh_engine, small, Placing(), actor="test", now=now)
    assert count(fresh_engine) == before
    monkeypatch.undo()
    assert import_history(fresh_engine, small, Placing(), actor="test", now=now).partnerships == 2
    assert count(fresh_engine)["ReleaseRow"] == 2


def test_bad_input_imports_nothing(fresh_engine: Engine, now: datetime, tmp_path: Path) -> None:
    path = written(tmp_path, "partnership,organization,round,respondent,T1", "w,M,1,a,5", "w,M,1,b,11")
    before = count(fresh_engine)
    with pytest.raises(InvalidInput) as caught:
        import_history(fresh_engine, Wanted(path), Placing(), actor="test", now=now)
    assert caught.value.message == (
        "answers.csv, line 3, column T1: 11 is outside the scale 0 to 10; nothing was imported"
    )
    assert count(fresh_engine) == before


def later(folder: Path, name: str = "one", number: int = 2, day: str = "2021-06-30") -> Wanted:
    rows = [f"{name},{who},{number},{who},{side},6,{day}" for who, side in (("M", "national"), ("F", "external"))]
    return Wanted(written(folder, SHORT + ",closed_on", *rows, name=f"{name}-{number}.csv"))


def test_later_rounds_of_the_same(fresh_engine: Engine, small: Wanted, now: datetime, tmp_path: Path) -> None:
    import_history(fresh_engine, small, Placing(), actor="test", now=now)
    more = Placing(existing=True)
    made = import_history(fresh_engine, later(tmp_path), more, actor="test", now=now)
    assert (made.partnerships, made.rounds) == (1, 1)
    with Session(fresh_engine) as session:
        assert [one.round_number for one in series(session, "one")] == [1, 2]
        assert everything(session)["Organization"] == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "tow"}, "tow-2.csv has 2 faults; nothing was imported:\n  line 2, column partnership: there is no"),
        ({"number": 1}, "one: round 1, closed on 2021-06-30, does not follow round 1, closed on 2000-06-30; nothing"),
        ({"day": "1999-01-01"}, "one: round 2, closed on 1999-01-01, does not follow round 1, closed on 2000-06-30"),
    ],
)
def test_what_does_not_continue(
    fresh_engine: Engine, small: Wanted, now: datetime, tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    import_history(fresh_engine, small, Placing(), actor="test", now=now)
    before = count(fresh_engine)
    with pytest.raises(InvalidInput) as caught:
        import_history(fresh_engine, later(tmp_path, **given), Placing(existing=True), actor="test", now=now)
    assert caught.value.message.startswith(sentence)
    assert count(fresh_engine) == before


def at_the_terminal(*arguments: object) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["import", *(str(one) for one in arguments)])


def test_the_command(
    fresh_url: str, small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_engine: Engine
) -> None:
    monkeypatch.setenv("RAPPORT_DATABASE_URL", fresh_url)
    monkeypatch.setenv("RAPPORT_VAR_DIR", str(tmp_path / "var"))
    done = at_the_terminal(small.answers, "--partnership-prefix", "x-")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "2 partnerships imported, 2 rounds, each with its release." in done.stdout
    assert "2 rounds have too few answers to show" in done.stdout
    again = at_the_terminal(small.answers, "--partnership-prefix", "y-")
    assert again.exit_code == 2
    assert again.stderr.endswith("already; nothing was imported\n")
    assert count(fresh_engine)["Partnership"] == 2


@real
def test_teams_are_imported(session: Session, now: datetime) -> None:
    wanted = Wanted(None, REFERENCE / "real/teams/dyads.csv", str(EXAMPLES / "teams.toml"))
    made = imported(session, wanted, now, level="C")
    assert (made.partnerships, made.rounds, made.without_scores) == (66, 132, 0)
    first = series(session, "team-01")[0]
    name = {one.id: one.name for one in first.partners}
    cells = [cell for cell in first.cells if cell.estimate == "received" and cell.target.startswith("partner:")]
    received = {name[cell.target.removeprefix("partner:")]: cell.value for cell in cells}
    assert received == {"person-001": 65.0, "person-002": 78.0, "person-003": 85.0, "person-004": 83.0}
    assert any(cell.estimate == "asymmetry" and cell.target.startswith("pair:") for cell in first.cells)
    pooled = first.find("srm_variance", "component:rater", "programme")
    assert pooled is not None
    assert pooled.value == pytest.approx(0.841 * (100 / 6) ** 2, abs=0.7)
    assert pooled.n == 64
    share = first.find("srm_share", "component:rater", "programme")
    assert share is not None
    assert share.value == pytest.approx(0.841 / (0.841 + 0.018 + 0.236), abs=0.01)


@real
def test_units_are_imported(session: Session, now: datetime) -> None:
    wanted = Wanted(REFERENCE / "real/units/answers.csv", instrument=str(EXAMPLES / "units.toml"))
    made = imported(session, wanted, now, prefix="army-")
    assert (made.partnerships, made.rounds) == (16, 48)
    last = series(session, "army-battalion-3066")[-1]
    level = last.find("level", "construct:JSAT")
    assert level is not None
    assert level.value == 59.0
    change = last.find("change_first", "construct:JSAT")
    assert change is not None
    assert change.value == pytest.approx(3.7, abs=0.6)
