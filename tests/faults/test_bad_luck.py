"""Somebody with the database tries to see more: every change of what was fixed keeps the round closed and sealed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from nacl.public import PublicKey, SealedBox
from sqlmodel import Session, select

from server.opening import open_round
from server.ticker import tick
from surveys import ballots, invitations, rounds
from surveys.database import transaction
from surveys.models import Ballot, Invitation, ReleaseRow, Round
from surveys.problems import KeysMissing, OpeningFailed, RoundChanged, TooEarly
from tests.factories import NOW, cast_all, make_partnership, make_round
from tests.key_circle import ready_circle
from tests.server.test_opening import CLOSED, INSTRUMENT, close_with
from tests.server.test_unlocking import closed_circle, enter


def add_person(session, round_):
    """Somebody slipped into the frozen list, of the organization with the fewest."""
    organization = next(iter(round_.invited))
    session.add(Invitation(round_id=round_.id, organization_id=UUID(organization), person="X", email="x@example.org"))


def remove_person(session, round_):
    session.delete(session.exec(select(Invitation).where(Invitation.round_id == round_.id)).first())


def move_person(session, round_):
    invitation = session.exec(select(Invitation).where(Invitation.round_id == round_.id)).first()
    invitation.organization_id = next(UUID(one) for one in round_.invited if UUID(one) != invitation.organization_id)


def raise_head_counts(_session, round_):
    round_.invited = dict.fromkeys(round_.invited, 9)


def close_early(_session, round_):
    round_.closes_at = round_.closes_at - timedelta(days=5)


def open_the_matrix(_session, round_):
    round_.disclosure_level = "C"


def choose_the_mode(_session, round_):
    round_.dyadic_mode = "personal"


def choose_a_seed(_session, round_):
    round_.seed = "0" * 32


CHANGES = (
    add_person,
    remove_person,
    move_person,
    raise_head_counts,
    close_early,
    open_the_matrix,
    choose_the_mode,
    choose_a_seed,
)
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)


def sealed(engine, round_) -> bool:
    with Session(engine) as session:
        is_closed = session.get(Round, round_.id).state in ("open", "closed")
        return is_closed and session.exec(select(ReleaseRow)).all() == []


@every_change
def test_a_changed_round_is_not_opened(fresh_engine, keystore, tmp_path, change):
    round_ = close_with(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        change(session, session.get(Round, round_.id))
    with pytest.raises(RoundChanged):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    assert (report.opened, len(report.problems)) == (0, 1)
    assert "changed in the database after the start" in report.problems[0]
    assert sealed(fresh_engine, round_)


@every_change
def test_codes_do_not_open_a_changed_round(fresh_engine, keystore, change):
    round_, hands = closed_circle(fresh_engine, keystore)
    enter(fresh_engine, keystore, round_, hands[0])
    with transaction(fresh_engine) as session:
        change(session, session.get(Round, round_.id))
    with pytest.raises(RoundChanged):
        enter(fresh_engine, keystore, round_, hands[1])
    assert sealed(fresh_engine, round_)


@pytest.mark.parametrize("several", [False, True], ids=["one key", "several keys"])
def test_an_open_round_does_not_close_early(fresh_engine, keystore, tmp_path, several):
    with transaction(fresh_engine) as session:
        partnership = make_partnership(session)
        if several:
            ready_circle(session, partnership, keystore)
        round_ = make_round(session, keystore, instrument=INSTRUMENT, partnership=partnership)
        with pytest.raises(TooEarly):
            rounds.close(session, round_, keystore, now=NOW)
        round_.closes_at = NOW - timedelta(days=1)
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=NOW)
    assert (report.closed, report.extended, len(report.problems)) == (0, 0, 1)
    assert sealed(fresh_engine, round_)


def test_corrected_addresses_and_people_gone_do_not_matter(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        first, second, *_ = rounds.invitations_of(session, session.get(Round, round_.id))
        first.email, first.person, second.gone = "corrected@example.org", "Corrected", True
    assert open_round(fresh_engine, keystore, round_.id, now=CLOSED) == "released"


def test_stuffing_the_box_keeps_it_closed(fresh_engine, keystore):
    """Known answers around an unknown one would tell it; the public key alone makes no ballot that counts."""
    round_ = close_with(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        payload = {"answers": {}, "organization": next(iter(round_.invited)), "comments": []}
        box = SealedBox(PublicKey(round_.public_key)).encrypt(ballots.padded(payload, round_.box_size) + b"\0" * 32)
        session.add(Ballot(id=uuid4().bytes, round_id=round_.id, box=bytes(box)))
    with pytest.raises(OpeningFailed, match="not put in by this server"):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    assert sealed(fresh_engine, round_)


@pytest.mark.parametrize("spoil", ["swap", "flip"])
def test_exchanged_or_damaged_boxes_keep_it_closed(fresh_engine, keystore, spoil):
    round_ = close_with(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        one, other, *_ = session.exec(select(Ballot).where(Ballot.round_id == round_.id))
        one.box = other.box if spoil == "swap" else bytes([one.box[0] ^ 1]) + one.box[1:]
    with pytest.raises(OpeningFailed):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    assert sealed(fresh_engine, round_)


def test_reopening_a_closed_round_admits_nobody(fresh_engine, keystore):
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore, instrument=INSTRUMENT)
        somebody, *_ = cast_all(session, keystore, round_)
        after = round_.closes_at + timedelta(hours=2)
        assert rounds.close(session, round_, keystore, now=after) == "closed"
        round_.state = "open"
        assert invitations.accepts_answers(round_, round_.closes_at)
        assert not invitations.accepts_answers(round_, after)
        assert somebody.token_hash


def test_reopening_a_released_round_finds_nothing(fresh_engine, keystore, tmp_path):
    round_ = close_with(fresh_engine, keystore)
    tick(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    with transaction(fresh_engine) as session:
        session.get(Round, round_.id).state = "closed"
    with pytest.raises(KeysMissing):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    with Session(fresh_engine) as session:
        assert len(session.exec(select(ReleaseRow)).all()) == 1


@pytest.mark.parametrize("several", [False, True], ids=["one key", "several keys"])
def test_too_few_answers_are_extended_once_then_destroyed_unread(fresh_engine, keystore, tmp_path, several):
    with transaction(fresh_engine) as session:
        partnership = make_partnership(session)
        hands = ready_circle(session, partnership, keystore) if several else []
        round_ = make_round(session, keystore, instrument=INSTRUMENT, partnership=partnership)
    after = round_.closes_at + timedelta(hours=2)
    assert tick(fresh_engine, keystore, tmp_path / "backups", now=after).extended == 1
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=after + timedelta(days=13))
    assert (report.extended, report.closed, report.not_opened) == (0, 0, 0)
    report = tick(fresh_engine, keystore, tmp_path / "backups", now=after + timedelta(days=14))
    assert (report.closed, report.not_opened) == (1, 0 if several else 1)
    for hand in hands[:2]:
        enter(fresh_engine, keystore, round_, hand, now=after + timedelta(days=14))
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).state == "not_opened"
        assert session.exec(select(Ballot)).all() == []
