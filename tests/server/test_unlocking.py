"""Several keys: who opens a round, when, with what is handed on to the next, and what is never possible."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from server.opening import open_round
from server.ticker import tick
from server.unlocking import enter_code, lose_code
from surveys import audit, ballots, key_holders, key_locks, rounds
from surveys.database import transaction
from surveys.key_codes import new_code
from surveys.models import AuditEntry, Ballot, CarryOver, KeyLock, KeyShare, Partnership, Round
from surveys.problems import CodesNeeded, NotFound, TooEarly, WrongCode
from tests.factories import make_partnership, make_round, payload_of
from tests.key_circle import TODAY, make_hand, ready_circle, rehearse
from tests.server.test_opening import CLOSED, INSTRUMENT, answers_of, close_with, positions, release_of


def closed_circle(engine, keystore, **circle):
    """A partnership whose first round is closed, and the hands that open it."""
    with transaction(engine) as session:
        partnership = make_partnership(session)
        hands = ready_circle(session, partnership, keystore, **circle)
    return close_with(engine, keystore, partnership=partnership), hands


def enter(engine, keystore, round_, hand, now=CLOSED, **given):
    return enter_code(engine, keystore, round_.id, hand.holder.id, hand.code, now=now, **given)


def state_of(engine, round_):
    with Session(engine) as session:
        return session.get(Round, round_.id).state


def test_it_works(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    assert enter(fresh_engine, keystore, round_, hands[2]) == "waiting"
    assert state_of(fresh_engine, round_) == "closed"
    assert enter(fresh_engine, keystore, round_, hands[0]) == "released"
    assert release_of(fresh_engine, round_).find("level", "construct:T").value is not None
    with Session(fresh_engine) as session:
        assert audit.verify_chain(session) is None
        acts = [one.act for one in session.exec(select(AuditEntry)) if one.actor == "key holder Sokha, trustee"]
        assert acts == ["entered a key code"]


def test_nothing_of_the_lock_outlives_the_opening(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, round_, hand)
    with Session(fresh_engine) as session:
        assert not key_locks.is_locked(session, round_.id)
        assert {one.purpose for one in session.exec(select(KeyLock))} == {"rehearsal", "carry_over"}
        assert {one.entered for one in session.exec(select(KeyShare))} == {b""}


def test_the_clock_waits_for_the_codes(fresh_engine, keystore, tmp_path):
    round_, _ = closed_circle(fresh_engine, keystore)
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED + timedelta(days=30))
    assert (report.opened, report.problems) == (0, [])
    assert state_of(fresh_engine, round_) == "closed"


def test_the_server_alone_opens_nothing(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    enter(fresh_engine, keystore, round_, hands[0])
    with pytest.raises(CodesNeeded, match="stays sealed"):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    assert state_of(fresh_engine, round_) == "closed"


def test_removing_the_lock_from_the_database_opens_nothing(fresh_engine, keystore, tmp_path):
    round_, _ = closed_circle(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        key_locks.drop_of_round(session, session.get(Round, round_.id))
        session.get(Partnership, round_.partnership_id).keys_needed = 0
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert (report.opened, report.problems) == (0, ["these keys do not open the round: it stays sealed"])
    with Session(fresh_engine) as session:
        assert ballots.count(session, round_.id) == 16


def test_codes_come_too_early(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    with pytest.raises(TooEarly):
        enter(fresh_engine, keystore, round_, hands[0], now=round_.closes_at + timedelta(minutes=119))
    with transaction(fresh_engine) as session:
        session.get(Round, round_.id).state = "open"
    with pytest.raises(TooEarly):
        enter(fresh_engine, keystore, round_, hands[0])


def test_a_third_code_after_the_opening_changes_nothing(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    found = [enter(fresh_engine, keystore, round_, hand) for hand in hands]
    assert found == ["waiting", "released", "released"]


def test_a_wrong_code_leaves_no_trace(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    with pytest.raises(WrongCode):
        enter_code(fresh_engine, keystore, round_.id, hands[0].holder.id, new_code(), now=CLOSED)
    with Session(fresh_engine) as session:
        assert key_locks.waiting(session, key_locks.find_lock(session, round_.id)).entered == 0
        assert not any(one.act == "entered a key code" for one in session.exec(select(AuditEntry)))


def test_too_few_answers_still_need_the_codes(fresh_engine, keystore):
    with transaction(fresh_engine) as session:
        partnership = make_partnership(session)
        hands = ready_circle(session, partnership, keystore)
        round_ = make_round(session, keystore, instrument=INSTRUMENT, partnership=partnership)
        (somebody, *_) = rounds.invitations_of(session, round_)
        ballots.cast(session, round_, keystore.load(round_.id), somebody.id, payload_of(somebody, **answers_of(1)))
        positions(session, round_, keystore)
        after = timedelta(hours=2)
        assert rounds.close(session, round_, keystore, now=round_.closes_at + after) == "extended"
        assert rounds.close(session, round_, keystore, now=round_.closes_at + after) == "closed"
    now = CLOSED + rounds.EXTENSION
    with pytest.raises(TooEarly):
        enter(fresh_engine, keystore, round_, hands[0])
    assert [enter(fresh_engine, keystore, round_, hand, now=now) for hand in hands[:2]] == ["waiting", "not_opened"]


# Paired change --------------------------------------------------------------------------------------------------------


def two_rounds(engine, keystore, first_by, second_by, between=None):
    """The change of a construct between two rounds, opened by these holders."""
    first, hands = closed_circle(engine, keystore)
    for at in first_by:
        enter(engine, keystore, first, hands[at])
    with transaction(engine) as session:
        partnership = session.get(Partnership, first.partnership_id)
        if between:
            between(session, partnership, hands)
    second = close_with(engine, keystore, partnership=partnership, shift=-2, later=180)
    later = CLOSED + timedelta(days=180)
    found = [enter(engine, keystore, second, hands[at], now=later) for at in second_by]
    assert found[-1] == "released"
    return release_of(engine, second).find("change_last", "construct:V")


@pytest.mark.parametrize(("first_by", "second_by"), [((0, 1), (0, 1)), ((0, 1), (1, 2))])
def test_change_is_paired_through_the_box(fresh_engine, keystore, first_by, second_by):
    change = two_rounds(fresh_engine, keystore, first_by, second_by)
    assert change.value < 0


def test_the_box_opens_with_codes_only(fresh_engine, keystore):
    from server.carry_over import read_box

    round_, hands = closed_circle(fresh_engine, keystore)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, round_, hand)
    with Session(fresh_engine) as session:
        assert session.get(CarryOver, round_.partnership_id) is not None
        assert keystore.load_carry_over(round_.id)
        assert read_box(session, keystore, session.get(Round, round_.id)) == []


def test_a_new_code_between_rounds_keeps_the_pairing_of_the_others(fresh_engine, keystore):
    def renew(session, partnership, hands):
        key_holders.start_over(session, partnership, hands[0].holder)
        holder = session.merge(hands[0].holder)
        hands[0].code = key_holders.make_code(holder)
        key_holders.confirm(holder, hands[0].code, TODAY)
        rehearse(session, partnership, keystore, hands)

    assert two_rounds(fresh_engine, keystore, (0, 1), (1, 2), renew).value < 0


def test_other_holders_lose_the_pairing_not_the_answers(fresh_engine, keystore):
    def replace(session, partnership, hands):
        for hand in hands[:2]:
            key_holders.remove(session, partnership, session.merge(hand.holder))
        hands[:2] = [make_hand(session, partnership, name) for name in ("New one", "Another")]
        rehearse(session, partnership, keystore, hands)

    assert two_rounds(fresh_engine, keystore, (0, 1), (0, 1), replace) is None


# Lost codes -----------------------------------------------------------------------------------------------------------


def test_one_of_three_lost_is_no_loss(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    assert not lose_code(fresh_engine, round_.id, hands[0].holder.id, now=CLOSED).is_lost
    assert [enter(fresh_engine, keystore, round_, hand) for hand in hands[1:]] == ["waiting", "released"]


def test_too_few_left_destroys_the_round_unread(fresh_engine, keystore, tmp_path):
    round_, hands = closed_circle(fresh_engine, keystore, holders=2)
    assert lose_code(fresh_engine, round_.id, hands[0].holder.id, now=CLOSED).is_lost
    with Session(fresh_engine) as session:
        found = session.get(Round, round_.id)
        assert (found.state, found.keys_state) == ("cancelled", "shred_pending")
        assert session.exec(select(Ballot)).all() == []
    tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert not keystore.holds(round_.id)


def test_after_a_lost_round_the_next_one_is_paired_with_the_one_before(fresh_engine, keystore):
    first, hands = closed_circle(fresh_engine, keystore)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, first, hand)
    with Session(fresh_engine) as session:
        partnership = session.get(Partnership, first.partnership_id)
    lost = close_with(fresh_engine, keystore, partnership=partnership, later=90)
    enter(fresh_engine, keystore, lost, hands[0], now=CLOSED + timedelta(days=90))
    for hand in hands[1:]:
        lose_code(fresh_engine, lost.id, hand.holder.id, now=CLOSED + timedelta(days=90))
    assert state_of(fresh_engine, lost) == "cancelled"
    third = close_with(fresh_engine, keystore, partnership=partnership, shift=-2, later=180)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, third, hand, now=CLOSED + timedelta(days=180))
    assert release_of(fresh_engine, third).find("change_last", "construct:V").value < 0


def test_a_released_round_cannot_be_lost(fresh_engine, keystore):
    round_, hands = closed_circle(fresh_engine, keystore)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, round_, hand)
    with pytest.raises(NotFound):
        lose_code(fresh_engine, round_.id, hands[2].holder.id, now=CLOSED)
