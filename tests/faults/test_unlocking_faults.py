"""A crash while a round of several keys is opened: at most the last code is entered again."""

from __future__ import annotations

import threading

import pytest
from sqlmodel import Session, select

from server.shredding import shred
from server.unlocking import enter_code
from surveys import key_locks
from surveys.models import Ballot, ReleaseRow, Response, Round
from tests.faults.test_opening_faults import OPENING, SHREDDING, PowerCut, cut_at
from tests.server.test_opening import CLOSED
from tests.server.test_unlocking import closed_circle, enter


@pytest.mark.parametrize("point", ["code_entered", *OPENING])
def test_opening_with_codes_converges(fresh_engine, keystore, point):
    round_, hands = closed_circle(fresh_engine, keystore)
    enter(fresh_engine, keystore, round_, hands[0])
    with pytest.raises(PowerCut):
        enter(fresh_engine, keystore, round_, hands[1], reached=cut_at(point))
    with Session(fresh_engine) as session:
        before = session.get(Round, round_.id).state
        assert before == ("released" if point == "committed" else "closed")
        if before == "closed":
            lock = key_locks.find_lock(session, round_.id)
            assert key_locks.waiting(session, lock).entered == 1, "the last code is nowhere"
    assert enter(fresh_engine, keystore, round_, hands[1]) == "released"
    with Session(fresh_engine) as session:
        assert len(session.exec(select(ReleaseRow)).all()) == 1
        assert len(session.exec(select(Response)).all()) == 12 * 7
        assert session.exec(select(Ballot)).all() == []


def test_a_crash_after_the_first_code_keeps_it(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    with pytest.raises(PowerCut):
        enter(fresh_engine, keystore, round_, hands[0], reached=cut_at("code_entered"))
    assert enter(fresh_engine, keystore, round_, hands[2]) == "released"


@pytest.mark.parametrize("point", SHREDDING)
def test_shredding_converges(fresh_engine, keystore, tmp_path, point):
    round_, hands = closed_circle(fresh_engine, keystore)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, round_, hand)
    with pytest.raises(PowerCut):
        shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED, reached=cut_at(point))
    assert keystore.holds(round_.id) == (point in ("cleaned", "backed_up"))
    shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert not keystore.holds(round_.id)
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).keys_state == "destroyed"


def test_codes_entered_at_the_same_moment(fresh_engine, keystore):
    """Of two holders at once one waits and one opens: never two shares at rest, never two releases."""
    round_, hands = closed_circle(fresh_engine, keystore)
    found: list[str] = []

    def come(hand):
        found.append(enter_code(fresh_engine, keystore, round_.id, hand.holder.id, hand.code, now=CLOSED))

    threads = [threading.Thread(target=come, args=(hand,)) for hand in hands[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["released", "waiting"]
    with Session(fresh_engine) as session:
        assert len(session.exec(select(ReleaseRow)).all()) == 1


def test_keys_on_a_medium_that_is_away_are_not_called_destroyed(fresh_engine, keystore, tmp_path):
    round_, hands = closed_circle(fresh_engine, keystore)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, round_, hand)
    away = keystore.replicas[1].rename(tmp_path / "in the safe")
    assert shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED) == 0
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).keys_state == "shred_pending"
    away.rename(keystore.replicas[1])
    assert keystore.holds(round_.id), "it came back with the medium"
    assert shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED) == 1
    assert not keystore.holds(round_.id)
