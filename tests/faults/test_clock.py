"""The clock of the machine jumps while the service runs: nothing that cannot be undone is done by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session

from server.settings import Settings
from server.ticker import Ticker, Watch, steady_seconds
from surveys import ballots
from surveys.database import transaction
from surveys.invitations import accepts_answers
from surveys.models import Round
from tests.factories import NOW, cast_all, make_round

MINUTE, HOUR, YEAR = 60.0, 3600.0, 365 * 86400.0


@pytest.fixture
def watch():
    return Watch(NOW, 1000.0)


def agrees(watch: Watch, *, steady: float, ahead: float = 0.0) -> bool:
    """So many seconds later, with a clock so many seconds ahead."""
    return watch.agrees(NOW + timedelta(seconds=steady + ahead), 1000.0 + steady)


class TestWatch:
    def test_it_works(self, watch):
        assert all(agrees(watch, steady=minute * MINUTE) for minute in range(200))

    @pytest.mark.parametrize("ahead", [YEAR, 120.0, -120.0, -YEAR])
    def test_a_jump_is_noticed_for_an_hour(self, watch, ahead):
        assert agrees(watch, steady=MINUTE)
        assert not any(agrees(watch, steady=(2 + minute) * MINUTE, ahead=ahead) for minute in range(60))
        assert agrees(watch, steady=63 * MINUTE, ahead=ahead)
        assert agrees(watch, steady=64 * MINUTE, ahead=ahead)

    def test_put_right_again(self, watch):
        assert not agrees(watch, steady=MINUTE, ahead=YEAR)
        assert agrees(watch, steady=2 * MINUTE)
        assert not agrees(watch, steady=3 * MINUTE, ahead=YEAR)  # its hour begins anew
        assert not agrees(watch, steady=62 * MINUTE, ahead=YEAR)

    def test_a_clock_that_jumps_again_and_again_is_never_believed(self, watch):
        assert not any(agrees(watch, steady=minute * MINUTE, ahead=minute * HOUR) for minute in range(1, 300))

    def test_slow_corrections_are_followed(self, watch):
        """A time service moves a clock by at most half a second in a thousand."""
        assert all(agrees(watch, steady=n * MINUTE, ahead=n * MINUTE / 2000) for n in range(5000))

    def test_a_pause_is_no_jump(self, watch):
        """A machine that slept, or a tick that took an hour: both clocks went on."""
        assert agrees(watch, steady=10 * HOUR)

    def test_the_steady_clock_goes_on(self):
        assert steady_seconds() <= steady_seconds()


@pytest.fixture
def ticking(fresh_engine, keystore, tmp_path):
    ticker = Ticker(fresh_engine, keystore, tmp_path / "backups", Settings(var_dir=tmp_path))
    ticker.watch = Watch(NOW, 0.0)
    return ticker


def round_and_boxes(engine, round_id) -> tuple[str, int]:
    with Session(engine) as session:
        return session.get_one(Round, round_id).state, ballots.count(session, round_id)


def test_a_year_ahead_closes_opens_and_destroys_nothing(fresh_engine, keystore, ticking):
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore)
        cast_all(session, keystore, round_)
    before = round_and_boxes(fresh_engine, round_.id)
    assert before[0] == "open"
    report = ticking.once(NOW + timedelta(days=365), MINUTE)
    assert "set to another time" in report.problems[0]
    assert (report.closed, report.opened, report.not_opened, report.names_deleted, report.mails) == (0, 0, 0, 0, 0)
    assert round_and_boxes(fresh_engine, round_.id) == before
    assert ticking.once(NOW + timedelta(minutes=2), 2 * MINUTE).problems == []
    with Session(fresh_engine) as session:
        assert accepts_answers(session.get_one(Round, round_.id), NOW + timedelta(minutes=2))


def test_a_day_behind_reopens_nothing(fresh_engine, keystore, ticking):
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore)
        cast_all(session, keystore, round_)
    late = round_.closes_at + timedelta(hours=3)
    ticking.watch = Watch(late, 0.0)
    assert ticking.once(late, 0.0).closed == 1
    closed = round_and_boxes(fresh_engine, round_.id)
    assert ticking.once(late - timedelta(days=1), MINUTE).problems
    assert round_and_boxes(fresh_engine, round_.id) == closed
    with Session(fresh_engine) as session:
        assert not accepts_answers(session.get_one(Round, round_.id), late - timedelta(days=1))
