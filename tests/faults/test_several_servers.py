"""Two servers, one proxy, one PostgreSQL: a server is killed, a replica of the keys lost, the database restarted."""

from __future__ import annotations

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session

from server.settings import Settings
from server.ticker import tick
from surveys import rounds
from surveys.database import CLOCK, its_turn, make_engine, transaction, upgrade
from surveys.keystore import Keystore
from surveys.models import Round
from tests.databases import postgresql_binaries, restart_postgresql, running_postgresql
from tests.factories import cast_all, make_round
from tests.faults._field import ask, life, people
from tests.faults._proxy import proxy

MACHINES = (("127.0.0.2", "keys-a", "keys-b"), ("127.0.0.3", "keys-b", "keys-a"))  # its own replica first
TIMES = 15  # each of ten people hands in: long enough to be hurt in the middle of it
NOTHING = {"lost": 0, "twice": 0, "never sent": 0, "gave up": 0}


@pytest.fixture
def url():
    if postgresql_binaries() is None and os.environ.get("CI") != "true":
        pytest.skip("NO POSTGRESQL on this machine: several servers were not tested")
    with running_postgresql() as address:
        yield address


def test_killed_robbed_and_restarted(tmp_path, url):
    """Two machines on loopback addresses of their own, each with its replica; people notice nothing but a pause."""
    ledger = ask(tmp_path, 10, url)
    places = {host: f'["{tmp_path / mine}", "{tmp_path / other}"]' for host, mine, other in MACHINES}
    shared = {"RAPPORT_DATABASE_URL": url}
    with (
        life(tmp_path, host="127.0.0.2", RAPPORT_KEYSTORE=places["127.0.0.2"], **shared) as one,
        life(tmp_path, host="127.0.0.3", RAPPORT_KEYSTORE=places["127.0.0.3"], **shared) as two,
        proxy([one.address, two.address]) as line,
        people(ledger, lambda: line.address, times=TIMES, pause=0.1) as done,
    ):
        time.sleep(0.5)
        one.kill()
        time.sleep(0.5)
        shutil.rmtree(tmp_path / "keys-a")
        time.sleep(0.3)
        restart_postgresql(url)
        hurt_while_working = not done()
        two.kill()
    assert hurt_while_working
    assert ledger.replies == 10 * TIMES
    Keystore([tmp_path / "keys-a", tmp_path / "keys-b"]).repair()
    assert ledger.compare(tmp_path, url) == NOTHING


def test_clock_s_work_is_done_once(tmp_path, url):
    """Four servers tick in the same moment: one round is closed once, and one of them does it."""
    upgrade(url)
    keystore = Keystore([tmp_path / "keys-a", tmp_path / "keys-b"])
    engines = [make_engine(url) for _ in range(4)]
    with transaction(engines[0]) as session:
        round_ = make_round(session, keystore)
        cast_all(session, keystore, round_, R1=5)
    late = round_.closes_at + rounds.GRACE
    settings = Settings(var_dir=tmp_path)
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(tick, one, keystore, tmp_path / "b", now=late, settings=settings) for one in engines]
        reports = [one.result() for one in work]
    assert sum(report.closed for report in reports) == 1
    assert [problem for report in reports for problem in report.problems] == []
    with Session(engines[0]) as session:
        assert session.get_one(Round, round_.id).state == "closed"
    for engine in engines:
        engine.dispose()


def test_turn_of_a_dead_server_passes_on(url):
    first, second = make_engine(url), make_engine(url)
    dying = first.raw_connection()
    dying.cursor().execute("SELECT pg_try_advisory_lock(%s)", (CLOCK,))
    with its_turn(second) as theirs:
        assert not theirs
    dying.invalidate()  # the line breaks; the database notices when it next looks
    for _ in range(100):
        with its_turn(second) as theirs:
            if theirs:
                break
        time.sleep(0.05)
    assert theirs
    first.dispose()
    second.dispose()
