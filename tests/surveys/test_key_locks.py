"""Holders, rehearsals and locks: what opens, what does not, and what rests in the database meanwhile."""

from __future__ import annotations

import pytest
from sqlmodel import select

from surveys import ballots, key_holders, key_locks, rehearsals, rounds
from surveys.key_codes import new_code
from surveys.models import KeyLock, KeyShare, Partnership
from surveys.problems import (
    CodeMistyped,
    CodesNeeded,
    InvalidInput,
    KeyHoldersNotReady,
    LinkNotOpen,
    NotFound,
    WrongCode,
)
from tests.factories import make_partnership, make_round
from tests.key_circle import TODAY, make_circle, make_hand, ready_circle, rehearse


@pytest.fixture
def partnership(session) -> Partnership:
    return make_partnership(session)


def locked_round(session, keystore, partnership, **circle):
    hands = ready_circle(session, partnership, keystore, **circle)
    return make_round(session, keystore, partnership=partnership), hands


def open_by(session, keystore, round_, hands, codes=None):
    """What the last of these holders' codes gives."""
    for hand, code in zip(hands, codes or [one.code for one in hands], strict=True):
        found = key_locks.enter_for_round(session, round_, hand.holder.id, code, keystore.load(round_.id))
    return found


@pytest.mark.parametrize(
    ("needed", "holders", "who"), [(2, 3, (0, 2)), (2, 3, (2, 1)), (2, 2, (0, 1)), (3, 5, (4, 0, 2))]
)
def test_enough_codes_open_a_round(session, keystore, partnership, needed, holders, who):
    round_, hands = locked_round(session, keystore, partnership, needed=needed, holders=holders)
    unlocked = open_by(session, keystore, round_, [hands[at] for at in who])
    keys = keystore.load(round_.id)
    assert ballots.unseal(session, round_, keys, unlocked.round_key).personal == []
    assert ballots.opener(round_.wrapped_private_key, keys, unlocked.round_key)


def test_one_code_too_few_opens_nothing(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership, needed=3, holders=4)
    assert open_by(session, keystore, round_, hands[:2]) is None
    assert open_by(session, keystore, round_, hands[:2]) is None, "entered twice counts once"
    assert key_locks.waiting(session, key_locks.find_lock(session, round_.id)).entered == 2


def test_neither_database_nor_keystore_opens_it_alone(session, keystore, partnership):
    round_, _ = locked_round(session, keystore, partnership)
    keys = keystore.load(round_.id)
    with pytest.raises(CodesNeeded):
        ballots.opener(round_.wrapped_private_key, keys)
    with pytest.raises(CodesNeeded):
        ballots.opener(round_.wrapped_private_key, keys, b"\0" * 32)


def test_codes_without_the_keystore_open_nothing(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    unlocked = open_by(session, keystore, round_, hands[:2])
    other = keystore.create(partnership.id)
    with pytest.raises(CodesNeeded):
        ballots.opener(round_.wrapped_private_key, other, unlocked.round_key)


def test_the_last_code_is_never_stored(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    open_by(session, keystore, round_, hands)
    lock = key_locks.find_lock(session, round_.id)
    assert key_locks.waiting(session, lock).entered == 1


def test_what_rests_is_sealed(session, keystore, partnership):
    """Without the keystore the shares that were entered are noise."""
    round_, hands = locked_round(session, keystore, partnership)
    open_by(session, keystore, round_, hands[:1])
    other = keystore.create(partnership.id)
    with pytest.raises(CodesNeeded):
        key_locks.enter_for_round(session, round_, hands[1].holder.id, hands[1].code, other)


def test_no_code_is_stored(session, keystore, partnership):
    _, hands = locked_round(session, keystore, partnership)
    stored = repr([one.model_dump() for one in session.exec(select(KeyShare))])
    stored += repr([one.model_dump() for one in key_holders.of_partnership(session, partnership.id)])
    for hand in hands:
        assert hand.secret not in stored
        assert not any(spelled in stored for spelled in (hand.code, hand.code.replace(" ", "")))


def test_secrets_are_not_shown_in_errors(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    unlocked = open_by(session, keystore, round_, hands[:2])
    assert repr(unlocked.round_key) not in repr(unlocked)


def test_lowering_the_number_in_the_database_opens_nothing(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership, needed=3, holders=3)
    key_locks.find_lock(session, round_.id).needed = 2
    unlocked = open_by(session, keystore, round_, hands[:2])
    with pytest.raises(CodesNeeded, match="stays sealed"):
        ballots.opener(round_.wrapped_private_key, keystore.load(round_.id), unlocked.round_key)


def test_a_swapped_share_opens_nothing(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    share = key_locks.find_share(session, key_locks.find_lock(session, round_.id).id, hands[0].holder.id)
    share.sealed = b"\0" * len(share.sealed)
    with pytest.raises(CodesNeeded):
        open_by(session, keystore, round_, hands[:1])


@pytest.mark.parametrize(
    ("code", "problem"), [(new_code(), WrongCode), ("12345 67890", CodeMistyped)], ids=["wrong", "mistyped"]
)
def test_wrong_codes_are_refused(session, keystore, partnership, code, problem):
    round_, hands = locked_round(session, keystore, partnership)
    with pytest.raises(problem):
        open_by(session, keystore, round_, hands[:1], [code])


def test_a_stranger_cannot_enter(session, keystore, partnership):
    round_, _ = locked_round(session, keystore, partnership)
    stranger = make_hand(session, make_partnership(session), "Stranger")
    with pytest.raises(NotFound):
        open_by(session, keystore, round_, [stranger])


# Losing a code --------------------------------------------------------------------------------------------------------


def test_one_of_three_may_lose_the_code(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    left = key_locks.lose(session, key_locks.find_lock(session, round_.id), hands[0].holder.id)
    assert (left.lost, left.is_lost) == (1, False)
    assert open_by(session, keystore, round_, hands[1:]) is not None


def test_two_of_three_lost_is_a_lost_round(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    lock = key_locks.find_lock(session, round_.id)
    key_locks.lose(session, lock, hands[0].holder.id)
    assert key_locks.lose(session, lock, hands[1].holder.id).is_lost


def test_a_code_that_was_found_again_counts(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    lock = key_locks.find_lock(session, round_.id)
    key_locks.lose(session, lock, hands[0].holder.id)
    open_by(session, keystore, round_, hands[:1])
    assert key_locks.waiting(session, lock).lost == 0


def test_a_new_code_does_not_open_an_old_lock(session, keystore, partnership):
    round_, hands = locked_round(session, keystore, partnership)
    key_holders.start_over(session, partnership, hands[0].holder)
    code = key_holders.make_code(hands[0].holder)
    with pytest.raises(WrongCode):
        open_by(session, keystore, round_, hands[:1], [code])
    assert open_by(session, keystore, round_, hands[:2]) is not None, "the codes the round began with open it"


# Ready for a round ----------------------------------------------------------------------------------------------------


def test_a_round_needs_a_rehearsal(session, keystore, partnership):
    hands = make_circle(session, partnership)
    with pytest.raises(KeyHoldersNotReady, match="rehearsal"):
        make_round(session, keystore, partnership=partnership)
    round_ = next(iter(rounds.of_partnership(session, partnership.id)))
    assert rehearse(session, partnership, keystore, hands) == "passed"
    rounds.approve(session, round_, by="Dara")
    rounds.start(session, round_, keystore)
    assert key_locks.is_locked(session, round_.id)


def test_a_changed_circle_needs_another_rehearsal(session, keystore, partnership):
    hands = ready_circle(session, partnership, keystore)
    assert key_holders.is_rehearsed(session, partnership)
    key_holders.start_over(session, partnership, hands[0].holder)
    assert not key_holders.is_rehearsed(session, partnership)
    key_holders.confirm(hands[0].holder, key_holders.make_code(hands[0].holder), TODAY)
    assert not key_holders.is_rehearsed(session, partnership)


@pytest.mark.parametrize("change", ["add", "remove", "needed"])
def test_every_change_asks_for_rehearsal_and_approval(session, keystore, partnership, change):
    hands = ready_circle(session, partnership, keystore)
    round_ = make_round(session, keystore, partnership=partnership, state="prepared")
    rounds.approve(session, round_, by="Dara")
    match change:
        case "add":
            key_holders.add(session, partnership, "A fourth")
        case "remove":
            key_holders.remove(session, partnership, hands[0].holder)
        case "needed":
            key_holders.set_needed(session, partnership, 3)
    session.flush()
    assert round_.approved_by == ""
    assert not key_holders.is_rehearsed(session, partnership)


def test_a_rehearsal_wants_everybody(session, keystore, partnership):
    hands = make_circle(session, partnership)
    assert rehearse(session, partnership, keystore, hands[:2]) == "waiting"
    assert not key_holders.is_rehearsed(session, partnership)


def test_a_rehearsal_leaves_no_key(session, keystore, partnership):
    ready_circle(session, partnership, keystore)
    lock, rehearsal = key_holders.last_rehearsal(session, partnership.id)
    assert rehearsal.outcome == "passed"
    assert not keystore.holds(lock.id)
    assert {one.entered for one in key_locks.shares_of(session, lock.id)} == {b""}


def test_a_rehearsal_finds_a_broken_box(session, keystore, partnership):
    hands = make_circle(session, partnership)
    lock = rehearsals.begin(session, partnership, keystore)
    _, rehearsal = key_holders.last_rehearsal(session, partnership.id)
    rehearsal.digest = "0" * 64
    outcomes = [rehearsals.enter(session, lock, one.holder.id, one.code, keystore, today=TODAY) for one in hands]
    assert outcomes == ["waiting", "waiting", "failed"]


def test_a_rehearsal_finds_lost_keys(session, keystore, partnership):
    hands = make_circle(session, partnership)
    lock = rehearsals.begin(session, partnership, keystore)
    keystore.destroy(lock.id)
    assert rehearsals.enter(session, lock, hands[0].holder.id, hands[0].code, keystore, today=TODAY) == "failed"


def test_a_new_rehearsal_replaces_the_old(session, keystore, partnership):
    hands = ready_circle(session, partnership, keystore)
    assert rehearse(session, partnership, keystore, hands) == "passed"
    assert len(session.exec(select(KeyLock).where(KeyLock.partnership_id == partnership.id)).all()) == 1


# Holders --------------------------------------------------------------------------------------------------------------


def test_links_lead_to_their_holder(session, partnership):
    holder, secret = key_holders.add(session, partnership, "  Dara   Chan ")
    session.flush()
    assert key_holders.redeem(session, secret).person == "Dara Chan"
    key_holders.new_link(holder)
    session.flush()
    with pytest.raises(LinkNotOpen):
        key_holders.redeem(session, secret)


@pytest.mark.parametrize("name", ["", "   ", "a\x07b", "amina, FACILITATOR"])
def test_names_are_checked(session, partnership, name):
    make_circle(session, partnership)
    with pytest.raises(InvalidInput):
        key_holders.add(session, partnership, name)


@pytest.mark.parametrize("needed", [-1, 1, 4])
def test_impossible_numbers_are_refused(session, partnership, needed):
    make_circle(session, partnership)
    with pytest.raises(InvalidInput):
        key_holders.set_needed(session, partnership, needed)


def test_a_confirmed_code_is_not_replaced_by_its_link(session, partnership):
    """Whoever finds the link later cannot make the written code worthless."""
    hand = make_hand(session, partnership, "Dara")
    with pytest.raises(InvalidInput):
        key_holders.make_code(hand.holder)


def test_confirming_wants_the_same_code(session, partnership):
    holder, _ = key_holders.add(session, partnership, "Dara")
    first = key_holders.make_code(holder)
    second = key_holders.make_code(holder)
    with pytest.raises(WrongCode):
        key_holders.confirm(holder, first, TODAY)
    assert not holder.is_confirmed
    key_holders.confirm(holder, second, TODAY)
    assert holder.is_confirmed


def test_fewer_holders_lower_an_impossible_number(session, partnership):
    hands = make_circle(session, partnership, needed=3)
    key_holders.remove(session, partnership, hands[0].holder)
    assert partnership.keys_needed == 2
