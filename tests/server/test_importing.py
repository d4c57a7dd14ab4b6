"""History from files: whole or not at all, protected, and never a respondent's row."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from server.importing import Imported, Placing, import_history
from server.local import Wanted, analyse
from surveys import accounts, releases, rounds
from surveys.database import transaction
from surveys.models import (
    AccountPartnership,
    AuditEntry,
    Ballot,
    Invitation,
    Organization,
    Partnership,
    ReleaseRow,
    Response,
    Round,
)
from surveys.problems import InvalidInput, NotFound, RoundNotPrepared
from surveys.releases import Release
from tests.server.exchange.samples import written
from tests.server.test_local import EXAMPLES, table, three
from tests.server.test_local_scores import random_file

REFERENCE = Path(os.environ["RAPPORT_REFERENCE"])
real = pytest.mark.skipif(not REFERENCE.exists(), reason="NOT COMPARED: RAPPORT_REFERENCE names no folder")
KEPT_EMPTY = (Response, Ballot, Invitation)


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    return Wanted(random_file(tmp_path), instrument=str(three(tmp_path)))


def imported(engine: Engine, wanted: Wanted, now: datetime, **given: str) -> Imported:
    return import_history(engine, wanted, Placing(**given), actor="test", now=now)


def everything(engine: Engine) -> dict[str, int]:
    tables = (Partnership, Round, ReleaseRow, Organization, AuditEntry, *KEPT_EMPTY)
    with Session(engine) as session:
        return {one.__name__: session.exec(select(func.count()).select_from(one)).one() for one in tables}


def series(engine: Engine, code: str) -> list[Release]:
    with Session(engine) as session:
        found = session.exec(select(Partnership).where(Partnership.code == code)).one()
        return releases.series(session, found.id, audience="facilitator")


def test_it_works(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    made = imported(fresh_engine, wanted, now, prefix="x-")
    assert (made.partnerships, made.rounds, made.without_scores) == (3, 9, 3)
    counts = everything(fresh_engine)
    assert (counts["Partnership"], counts["Round"], counts["ReleaseRow"]) == (3, 9, 9)
    assert all(counts[one.__name__] == 0 for one in KEPT_EMPTY)
    with Session(fresh_engine) as session:
        assert set(session.exec(select(Partnership.code))) == {"x-p1", "x-p2", "x-p3"}
        assert set(session.exec(select(Partnership.phase))) == {"imported"}
        assert set(session.exec(select(Round.state))) == {"released"}
        assert set(session.exec(select(Round.keys_state))) == {"none"}
        assert all(releases.verify(row) for row in session.exec(select(ReleaseRow)))


def test_the_same_numbers_as_local_analysis(
    fresh_engine: Engine, wanted: Wanted, now: datetime, tmp_path: Path
) -> None:
    imported(fresh_engine, wanted, now)
    analyse(wanted, tmp_path / "out")
    rows = table(tmp_path / "out/indices.csv")
    compared = 0
    for release in series(fresh_engine, "p3"):
        for cell in release.cells:
            key = ("p3", str(release.round_number), "level", cell.target, "all")
            if cell.estimate == "level" and cell.population == "all" and key in rows and cell.value is not None:
                compared += 1
                assert cell.value == pytest.approx(float(rows[key]["value"]), abs=0.5 + 1e-9)
    assert compared >= 8


def test_below_the_floors_says_so(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    imported(fresh_engine, wanted, now)
    for release in series(fresh_engine, "p1"):
        levels = [cell for cell in release.cells if cell.estimate == "level"]
        assert levels
        assert all(cell.value is None and cell.low is None and cell.reason == "too_few" for cell in levels)


def test_it_can_be_read_not_opened(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    imported(fresh_engine, wanted, now)
    with Session(fresh_engine) as session:
        found = session.exec(select(Partnership).where(Partnership.code == "p3")).one()
        instrument = rounds.instrument_of(session, rounds.of_partnership(session, found.id)[0])
        with pytest.raises(RoundNotPrepared):
            rounds.prepare(session, found, instrument, opens_at=now, closes_at=now.replace(day=20))
        assert rounds.due_to_open(session, now.replace(year=2030)) == []
        assert rounds.due_to_close(session, now.replace(year=2030)) == []


def test_history_is_not_mixed_into_live_rounds(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    imported(fresh_engine, wanted, now)
    with Session(fresh_engine) as session:
        found = session.exec(select(Partnership).where(Partnership.code == "p3")).one()
        instrument = rounds.instrument_of(session, rounds.of_partnership(session, found.id)[0])
        found.phase = "pilot"
        about = {"number": 9, "closed_on": now.date(), "invited": {}, "seed": ""}
        with pytest.raises(RoundNotPrepared):
            rounds.import_round(session, found, instrument, **about)  # type: ignore[arg-type]  # Type ignore: by name


def test_twice_is_refused(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    imported(fresh_engine, wanted, now)
    before = everything(fresh_engine)
    with pytest.raises(InvalidInput, match="this file was imported on 2026-06-15 already; nothing was imported"):
        imported(fresh_engine, wanted, now, prefix="other-")
    assert everything(fresh_engine) == before


def test_a_code_in_use_is_refused(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    with transaction(fresh_engine) as session:
        session.add(Partnership(code="p2", title="Another"))
    before = everything(fresh_engine)
    with pytest.raises(InvalidInput, match=r"a partnership with the code p2 already; .*nothing was imported"):
        imported(fresh_engine, wanted, now)
    assert everything(fresh_engine) == before


def test_a_fault_at_the_end_leaves_nothing(
    fresh_engine: Engine, wanted: Wanted, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(fresh_engine)
    stored = releases.store
    calls = iter(range(9))

    def failing(*arguments: object, **named: object) -> object:
        if next(calls) == 8:
            raise RuntimeError("the disk is full")
        return stored(*arguments, **named)  # type: ignore[arg-type]  # Type ignore: passed on as they came

    monkeypatch.setattr(releases, "store", failing)
    with pytest.raises(RuntimeError):
        imported(fresh_engine, wanted, now)
    assert everything(fresh_engine) == before


def test_bad_input_imports_nothing(fresh_engine: Engine, now: datetime, tmp_path: Path) -> None:
    path = written(tmp_path, "partnership,organization,round,respondent,T1", "w,M,1,a,5", "w,M,1,b,11")
    before = everything(fresh_engine)
    with pytest.raises(InvalidInput) as caught:
        imported(fresh_engine, Wanted(path), now)
    assert caught.value.message == (
        "answers.csv, line 3, column T1: 11 is outside the scale 0 to 10; nothing was imported"
    )
    assert everything(fresh_engine) == before


def test_who_may_read(fresh_engine: Engine, wanted: Wanted, now: datetime) -> None:
    with transaction(fresh_engine) as session:
        account = accounts.create_account(session, email="amina@example.org", name="Amina", password="x" * 16)
    with pytest.raises(NotFound, match=r"nobody has an account with the address nobody@example\.org; nothing was"):
        imported(fresh_engine, wanted, now, facilitator="nobody@example.org")
    imported(fresh_engine, wanted, now, facilitator="Amina@example.org")
    with Session(fresh_engine) as session:
        of = col(AccountPartnership.account_id) == account.id
        assert session.exec(select(func.count()).select_from(AccountPartnership).where(of)).one() == 3


def test_organizations_are_shared(fresh_engine: Engine, now: datetime, tmp_path: Path) -> None:
    header = "partnership,organization,round,respondent,side,T1"
    for number, name in enumerate(("one", "two"), start=1):
        rows = [f"{name},Ministry,1,a{number},national,5", f"{name},Fund,1,b{number},external,5"]
        imported(fresh_engine, Wanted(written(tmp_path, header, *rows)), now)
    assert everything(fresh_engine)["Organization"] == 2


@real
def test_teams_are_imported(fresh_engine: Engine, now: datetime) -> None:
    wanted = Wanted(None, REFERENCE / "real/teams/dyads.csv", str(EXAMPLES / "teams.toml"))
    made = imported(fresh_engine, wanted, now, level="C")
    assert (made.partnerships, made.rounds, made.without_scores) == (66, 132, 0)
    first = series(fresh_engine, "team-01")[0]
    name = {one.id: one.name for one in first.partners}
    received = {
        name[c.target[8:]]: c.value for c in first.cells if c.estimate == "received" and c.target[:8] == "partner:"
    }
    assert received == {"person-001": 65.0, "person-002": 78.0, "person-003": 85.0, "person-004": 83.0}
    assert any(cell.estimate == "asymmetry" and cell.target.startswith("pair:") for cell in first.cells)
    pooled = first.find("srm_variance", "component:rater", "programme")
    assert pooled is not None
    assert pooled.value == round(0.841 * (100 / 6) ** 2)
    assert pooled.n == 64


@real
def test_units_are_imported(fresh_engine: Engine, now: datetime) -> None:
    wanted = Wanted(REFERENCE / "real/units/answers.csv", instrument=str(EXAMPLES / "units.toml"))
    made = imported(fresh_engine, wanted, now, prefix="army-")
    assert (made.partnerships, made.rounds) == (16, 48)
    last = series(fresh_engine, "army-battalion-3066")[-1]
    level = last.find("level", "construct:JSAT")
    assert level is not None
    assert level.value == 59.0
    assert last.find("change_first", "construct:JSAT") is not None
